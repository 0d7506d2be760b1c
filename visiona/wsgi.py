"""The server's way in for pages and API."""

import os

from django.core.wsgi import get_wsgi_application

from visiona.checks import insist

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "visiona.settings")

insist()
application = get_wsgi_application()
