"""The product's settings as plain Django ASGI needs them.

Each request has a thread of its own there, so a connection that is kept would never be used again.
"""

from visiona.settings import *  # noqa: F403
from visiona.settings import DATABASES

DATABASES["default"]["CONN_MAX_AGE"] = 0
