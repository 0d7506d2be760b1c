"""The baseline of polling: everything under Django's own ASGI handler."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.asgi_settings"

from django.core.asgi import get_asgi_application

application = get_asgi_application()
