"""The product's settings, with what tests have to change."""

import os
import tempfile

# Every run has servers of its own, in a folder of its own: it can touch nobody's data, and it can
# run beside `make run` (tests/conftest.py starts them; where they listen follows from DATA_DIR).
for name in ("DATABASE_URL", "REDIS_URL", "SENTRY_DSN", "ENVIRONMENT", "PUBLIC_URL"):
    os.environ.pop(name, None)
for name in ("S3_BUCKET", "CLAMD_ADDRESS"):
    os.environ.pop(name, None)
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="visiona-tests-")

from visiona.settings import *  # noqa: E402, F403
from visiona.settings import DATABASES  # noqa: E402

DATABASES["default"]["CONN_MAX_AGE"] = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
