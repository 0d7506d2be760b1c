"""The product's settings, with what tests have to change."""

import os
import tempfile

# Every run has servers of its own, in a folder of its own: it can touch nobody's data, and it can
# run beside `make run` (tests/conftest.py starts them; where they listen follows from DATA_DIR).
# Nor may it ask anybody outside, whatever keys lie in the environment or in a .env file: a provider
# is a stand-in, where a test names one. An empty variable hides one of a .env file.
nowhere = ["DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "S3_BUCKET", "CLAMD_ADDRESS", "EMAIL_HOST"]
nobody = {
    "SENTRY": ("DSN",),
    "REPLICATE": ("API_TOKEN", "BASE_URL", "OWNER", "WEBHOOK_SECRET"),
    "CLERK": (
        "ISSUER",
        "JWT_KEY",
        "JWKS_URL",
        "AUTHORIZED_PARTIES",
        "PUBLISHABLE_KEY",
        "SECRET_KEY",
        "API_BASE",
        "WEBHOOK_SECRET",
    ),
    "STRIPE": ("SECRET_KEY", "WEBHOOK_SECRET", "API_BASE"),
    "GEMINI": ("API_KEY", "BASE_URL"),
    "OPENAI": ("API_KEY", "BASE_URL"),
    **dict.fromkeys(("TEXT", "VISION", "IMAGE", "VIDEO", "TRAINING"), ("PROVIDER", "MODEL")),
}
usual = {
    "ENVIRONMENT": "development",
    "DEBUG": "false",
    "MAINTENANCE": "false",
    "TEST_TILL": "true",
}
unpaid = {"LOCAL_WORK_IS_FREE": "false", "PROVIDERS_PAINT_FILMS": "false"}
os.environ |= dict.fromkeys(nowhere, "")
os.environ |= {f"{group}_{name}": "" for group, names in nobody.items() for name in names}
os.environ |= usual | unpaid
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="visiona-tests-")

from visiona.settings import *  # noqa: E402, F403
from visiona.settings import DATABASES  # noqa: E402

DATABASES["default"]["CONN_MAX_AGE"] = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
