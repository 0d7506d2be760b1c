"""Production without TLS: its cookies would not be kept for an address of plain HTTP."""

from visiona.settings import *  # noqa: F403

SESSION_COOKIE_NAME = "sessionid"
CSRF_COOKIE_NAME = "csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
SECURE_SSL_REDIRECT = False
