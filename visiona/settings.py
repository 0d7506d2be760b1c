"""Every setting, read from the environment: safe on a laptop with no keys, strict in production."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.templatetags.static import static
from django.utils.csp import CSP
from environs import Env, validate

from visiona.embedded.location import database_url, redis_url
from visiona.embedded.secrets import secret_key
from visiona.lib.db.actor import NOBODY, OWNER

env = Env()
env.read_env()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("DATA_DIR", str(BASE_DIR / ".data"))).resolve()

# --- Core ---------------------------------------------------------------------------------------

ENVIRONMENT = env.str("ENVIRONMENT", "development")
PRODUCTION = ENVIRONMENT == "production"
DEBUG = env.bool("DEBUG", default=False)
MAINTENANCE = env.bool("MAINTENANCE", default=False)
HOST = env.str("HOST", "127.0.0.1")
PORT = env.int("PORT", 8000)
PUBLIC_URL = (env.str("PUBLIC_URL", "") or f"http://{HOST}:{PORT}").rstrip("/")
SECRET_KEY = env.str("SECRET_KEY", "") or ("" if PRODUCTION else secret_key(DATA_DIR))
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", [], subcast=str)
# Some addresses are made from the host of the request, so it is never taken on trust; only who
# opens a development server to a network says with HOST that its names are unknown.
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS",
    ["*"]
    if HOST in {"0.0.0.0", "::"} and not PRODUCTION  # noqa: S104
    else [urlsplit(PUBLIC_URL).hostname or HOST, HOST, "localhost", "127.0.0.1", "[::1]"],
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", [PUBLIC_URL])
ROOT_URLCONF = "visiona.urls"
WSGI_APPLICATION = "visiona.wsgi.application"

INSTALLED_APPS = [
    "visiona",
    "visiona.webhooks",
    "accounts",
    "credits",
    "billing",
    "generation",
    "gallery",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "unfold.apps.BasicAppConfig",  # before the admin, whose templates it replaces
    "visiona.apps.ReadOnlyAdminConfig",
    "visiona.apps.ServedFilesConfig",
    "django_htmx",
    "lucide",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "visiona.lib.request_id.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "visiona.compression.PageCompressionMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "visiona.handlers.PlannedErrorMiddleware",
    "visiona.lib.slashes.ApiSlashMiddleware",
    "visiona.body_limit.BodyLimitMiddleware",
    "visiona.lib.throttling.RateLimitHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.ActorMiddleware",
    "accounts.middleware.PrivatePagesMiddleware",
    "visiona.maintenance.MaintenanceMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SessionTrailMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

MIGRATION_MODULES = {"admin": None}  # it has no table: see visiona.apps.ReadOnlyAdminConfig

# Streams pass only these: a synchronous middleware would cost each of them a thread.
STREAM_MIDDLEWARE = ["visiona.lib.request_id.RequestIdMiddleware"]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "credits.context_processors.wallet",
                "billing.context_processors.payment_problem",
                "visiona.pages.theme",
            ],
        },
    }
]

# --- Database, Redis, files ---------------------------------------------------------------------

DATABASE_URL = env.str("DATABASE_URL", "") or database_url(DATA_DIR)
REDIS_URL = env.str("REDIS_URL", "") or redis_url(DATA_DIR)

DATABASES = {"default": dict[str, Any](dj_database_url.parse(DATABASE_URL, conn_max_age=60))}
DATABASES["default"] |= {
    "ENGINE": "visiona.lib.db",
    "ATOMIC_REQUESTS": True,
    "CONN_HEALTH_CHECKS": True,
    "DISABLE_SERVER_SIDE_CURSORS": True,
}
# The product's two logins act as nobody until a person is known; a hand-run command acts as owner.
DATABASES["default"]["OPTIONS"] = DATABASES["default"].get("OPTIONS", {}) | {
    "server_side_binding": True,
    "connect_timeout": 5,
    # What a connection asks for the third time is planned once for all; old poolers cannot.
    "prepare_threshold": env.int("DATABASE_PREPARE_AFTER", 2) or None,
    "actor": NOBODY if DATABASES["default"]["USER"] in {"visiona_web", "visiona_jobs"} else OWNER,
}

# A process whose threads ask the database seldom and wait for others most of the time, as those who
# write answers do, shares so many connections among all of them.
DATABASE_POOL = env.int("DATABASE_POOL", 0)
if DATABASE_POOL:
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    shared = {"min_size": 1, "max_size": DATABASE_POOL, "timeout": 10}
    DATABASES["default"]["OPTIONS"] |= {"pool": shared}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.25},
    }
}

FILES_DIR = DATA_DIR / "files"
FILE_ADDRESS_SECONDS = 900
# A bucket that speaks S3 keeps the files as soon as one is named; else the disk does.
S3_BUCKET = env.str("S3_BUCKET", "")
S3_REGION = env.str("S3_REGION", "us-east-1")
S3_ENDPOINT_URL = env.str("S3_ENDPOINT_URL", "") or f"https://s3.{S3_REGION}.amazonaws.com"
S3_ADDRESSING = env.str("S3_ADDRESSING", "path" if env.str("S3_ENDPOINT_URL", "") else "virtual")
STORAGES = {
    "default": {
        "BACKEND": "visiona.lib.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": S3_ENDPOINT_URL,
            "region_name": S3_REGION,
            "addressing_style": S3_ADDRESSING,
            "access_key": env.str("S3_ACCESS_KEY_ID", "") or None,
            "secret_key": env.str("S3_SECRET_ACCESS_KEY", "") or None,
        },
    }
    if S3_BUCKET
    else {
        "BACKEND": "visiona.lib.storage.LocalStorage",
        "OPTIONS": {"location": str(FILES_DIR), "base_url": "/files/", "allow_overwrite": True},
    },
    "staticfiles": {
        "BACKEND": "visiona.lib.storage.StaticStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not PRODUCTION

CLAMD_ADDRESS = env.str("CLAMD_ADDRESS", "")
MAX_PHOTO_BYTES = 20 * 1024 * 1024
MAX_PHOTOS = env.int("MAX_PHOTOS", 200)  # what one person may keep
MAX_PHOTO_STORAGE_BYTES = env.int("MAX_PHOTO_STORAGE_BYTES", 2**30)
MAX_UNFINISHED_UPLOADS = 200
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- People -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "generation:studio"
LOGOUT_REDIRECT_URL = "home"

ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"  # it must not stand between a person and the first picture
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)

# People come in by Clerk as soon as its issuer and one way to its keys are set; docs/identity.md.
CLERK_ISSUER = env.str("CLERK_ISSUER", "").rstrip("/")
CLERK_JWT_KEY = env.str("CLERK_JWT_KEY", "").replace("\\n", "\n").strip()
CLERK_JWKS_URL = env.str("CLERK_JWKS_URL", "")
CLERK_AUTHORIZED_PARTIES = env.list("CLERK_AUTHORIZED_PARTIES", [], subcast=str)
CLERK_PUBLISHABLE_KEY = env.str("CLERK_PUBLISHABLE_KEY", "")
CLERK_SECRET_KEY = env.str("CLERK_SECRET_KEY", "")
CLERK_API_BASE = (env.str("CLERK_API_BASE", "") or "https://api.clerk.com").rstrip("/")
# Several, separated by commas, while one takes the place of another.
CLERK_WEBHOOK_SECRET = list(filter(None, env.list("CLERK_WEBHOOK_SECRET", [], subcast=str)))

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "visiona.pages.csrf_failure"

mail_server = env.str("EMAIL_HOST", "")
MAILERS = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": mail_server,
            "port": env.int("EMAIL_PORT", 587),
            "username": env.str("EMAIL_USER", ""),
            "password": env.str("EMAIL_PASSWORD", ""),
            "use_tls": env.bool("EMAIL_TLS", default=True),
            "timeout": 10,
        },
    }
    if mail_server
    else {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
}
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Visiona <hello@localhost>")

# --- Browser security ---------------------------------------------------------------------------

# Where a bucket is used, pages show its files and send theirs to it.
bucket = urlsplit(S3_ENDPOINT_URL)
bucket_host = f"{S3_BUCKET}.{bucket.netloc}" if S3_ADDRESSING == "virtual" else bucket.netloc
BUCKET_ORIGINS = [f"{bucket.scheme}://{bucket_host}"] if S3_BUCKET else []

SECURE_CSP: dict[str, list[str]] = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:", "blob:", *BUCKET_ORIGINS],
    "media-src": [CSP.SELF, "blob:", *BUCKET_ORIGINS],
    "connect-src": [CSP.SELF, *BUCKET_ORIGINS],
    "font-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF, *BUCKET_ORIGINS],
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"

# --- The admin, for staff -------------------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": "Visiona",
    "SITE_HEADER": "Visiona",
    "SITE_SUBHEADER": "Read only",
    "SITE_URL": "/studio/",
    "SITE_ICON": lambda _request: static("icon.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "href": lambda _request: static("icon.svg")}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SIDEBAR": {"navigation": "visiona.lib.admin.navigation"},
    "BORDER_RADIUS": "8px",
    "COLORS": {  # the grays and the accent of static/src/app.css, made a scale
        "base": {
            "50": "oklch(0.985 0.003 85)",
            "100": "oklch(0.966 0.004 85)",
            "200": "oklch(0.895 0.007 85)",
            "300": "oklch(0.85 0.006 85)",
            "400": "oklch(0.71 0.01 85)",
            "500": "oklch(0.5 0.01 60)",
            "600": "oklch(0.4 0.012 60)",
            "700": "oklch(0.31 0.012 60)",
            "800": "oklch(0.27 0.009 55)",
            "900": "oklch(0.215 0.007 55)",
            "950": "oklch(0.178 0.006 55)",
        },
        "primary": {
            "50": "oklch(0.97 0.016 40)",
            "100": "oklch(0.94 0.035 40)",
            "200": "oklch(0.88 0.07 40)",
            "300": "oklch(0.82 0.11 40)",
            "400": "oklch(0.76 0.15 40)",
            "500": "oklch(0.72 0.17 40)",
            "600": "oklch(0.55 0.19 36)",
            "700": "oklch(0.48 0.165 36)",
            "800": "oklch(0.41 0.14 36)",
            "900": "oklch(0.35 0.115 36)",
            "950": "oklch(0.25 0.08 36)",
        },
    },
}

# --- API ----------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["visiona.lib.envelope.EnvelopeRenderer"],
    "DEFAULT_PARSER_CLASSES": ["visiona.lib.parsers.StrictJsonParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.BearerAuthentication",
        "accounts.authentication.CookieAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["visiona.lib.throttling.RuleThrottle"],
    "DEFAULT_PAGINATION_CLASS": "visiona.lib.pagination.NewestFirst",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "visiona.lib.problem.answer",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Visiona",
    "DESCRIPTION": "A studio that makes pictures from words and photos, paid for with credits.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "AspectRatioEnum": "generation.api.serializers.orders.ASPECT_RATIOS",
        "AnswerStatusEnum": "generation.models.chat.Message.Status",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "visiona.lib.envelope.describe_envelope",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- Jobs ---------------------------------------------------------------------------------------

JOB_LEASE_SECONDS = env.int("JOB_LEASE_SECONDS", 30)
LOCAL_WORK_IS_FREE = env.bool("LOCAL_WORK_IS_FREE", default=False)
STREAM_SECONDS = env.int("STREAM_SECONDS", 900)
STREAMS_PER_PERSON = env.int("STREAMS_PER_PERSON", 30)
WHOLE_ANSWERS_AT_ONCE = env.int("WHOLE_ANSWERS_AT_ONCE", 8)

CELERY = {
    "broker_url": REDIS_URL.replace("unix://", "redis+socket://", 1),
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "broker_connection_timeout": 1,
    "broker_transport_options": {
        "visibility_timeout": 600,  # longer than any task may run
        "socket_timeout": 2,
        "socket_connect_timeout": 1,
        "global_keyprefix": "celery:",
    },
    "task_ignore_result": True,
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_default_queue": "chores",  # of the timetable; who draws has queues of their own
    "task_soft_time_limit": 270,
    "task_time_limit": 300,
    "worker_prefetch_multiplier": 1,
    "worker_max_memory_per_child": 1_000_000,  # kB
    "worker_soft_shutdown_timeout": 5,
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "worker_hijack_root_logger": False,
    # Celery's own way closes each connection after each task; ours are kept while they are sound.
    "CELERY_DB_REUSE_MAX": 2**62,
    "timezone": "UTC",
    "beat_schedule": {
        "sweep-jobs": {
            "task": "generation.tasks.sweep_jobs",
            "schedule": 5,
            "options": {"expires": 5},
        },
        "poll-providers": {
            "task": "generation.tasks.poll_providers",
            "schedule": 4,
            "options": {"expires": 4},
        },
        "put-away-leftovers": {
            "task": "generation.tasks.put_away_leftovers",
            "schedule": 300,
            "options": {"expires": 300},
        },
        "handle-events": {
            "task": "visiona.webhooks.tasks.handle_events",
            "schedule": 10,
            "options": {"expires": 10},
        },
        "erase-old-bodies": {
            "task": "visiona.webhooks.tasks.erase_old_bodies",
            "schedule": 24 * 3600,
            "options": {"expires": 3600},
        },
        "sweep-uploads": {
            "task": "generation.tasks.sweep_uploads",
            "schedule": 10,
            "options": {"expires": 10},
        },
        "send-notices": {
            "task": "generation.tasks.send_notices",
            "schedule": 5,
            "options": {"expires": 5},
        },
        "release-expired": {
            "task": "credits.tasks.release_expired",
            "schedule": 60,
            "options": {"expires": 60},
        },
        "lapse-lots": {
            "task": "credits.tasks.lapse_lots",
            "schedule": 300,
            "options": {"expires": 300},
        },
        "post-adjustments": {
            "task": "credits.tasks.post_adjustments",
            "schedule": 15,
            "options": {"expires": 15},
        },
        "look-after-checkouts": {
            "task": "billing.tasks.look_after_checkouts",
            "schedule": 15,
            "options": {"expires": 15},
        },
        "cancel-for-the-gone": {
            "task": "billing.tasks.cancel_for_the_gone",
            "schedule": 60,
            "options": {"expires": 60},
        },
        "end-grace": {
            "task": "billing.tasks.end_grace",
            "schedule": 60,
            "options": {"expires": 60},
        },
        "warn-of-failures": {
            "task": "billing.tasks.warn_of_failures",
            "schedule": 15,
            "options": {"expires": 15},
        },
        "reconcile-payments": {
            "task": "billing.tasks.reconcile_payments",
            "schedule": 3600,
            "options": {"expires": 3600},
        },
        "check-books": {
            "task": "credits.tasks.check_books",
            "schedule": 24 * 3600,
            "options": {"expires": 3600},
        },
        "forget-idempotency-keys": {
            "task": "accounts.tasks.forget_idempotency_keys",
            "schedule": 3600,
            "options": {"expires": 3600},
        },
        "erase-deleted-assets": {
            "task": "generation.tasks.erase_deleted_assets",
            "schedule": 3600,
            "options": {"expires": 3600},
        },
        "finish-removals": {
            "task": "generation.tasks.finish_removals",
            "schedule": 5,
            "options": {"expires": 5},
        },
        "sweep-answers": {
            "task": "generation.tasks.sweep_answers",
            "schedule": 5,
            "options": {"expires": 5},
        },
        "erase-conversations": {
            "task": "generation.tasks.erase_conversations",
            "schedule": 3600,
            "options": {"expires": 3600},
        },
        "delete-old-photos": {
            "task": "generation.tasks.delete_old_photos",
            "schedule": 3600,
            "options": {"expires": 3600},
        },
        "erase-leftovers": {
            "task": "generation.tasks.erase_leftovers",
            "schedule": 3600,
            "options": {"expires": 3600},
        },
        "erase-old-events": {
            "task": "accounts.tasks.erase_old_events",
            "schedule": 24 * 3600,
            "options": {"expires": 3600},
        },
        "clear-sessions": {
            "task": "accounts.tasks.clear_sessions",
            "schedule": 24 * 3600,
            "options": {"expires": 3600},
        },
    },
}

# --- Providers: other people's AI, each in use as soon as its key is set --------------------------

REPLICATE_API_TOKEN = env.str("REPLICATE_API_TOKEN", "")
REPLICATE_BASE_URL = env.str("REPLICATE_BASE_URL", "").rstrip("/")
REPLICATE_OWNER = env.str("REPLICATE_OWNER", "")  # of trained models; else the token's account
GEMINI_API_KEY = env.str("GEMINI_API_KEY", "")
GEMINI_BASE_URL = env.str("GEMINI_BASE_URL", "").rstrip("/")
OPENAI_API_KEY = env.str("OPENAI_API_KEY", "")
OPENAI_BASE_URL = env.str("OPENAI_BASE_URL", "").rstrip("/")
# A server that merely speaks OpenAI's language may not know its newer words.
OPENAI_COMPATIBLE = env.bool("OPENAI_COMPATIBLE", default=bool(OPENAI_BASE_URL))

CAPABILITIES = ("text", "vision", "image", "video", "training")
PROVIDERS = {name: env.str(f"{name.upper()}_PROVIDER", "") for name in CAPABILITIES}
# Whether the scenes of films are painted by whoever makes pictures, and filmed here.
PROVIDERS_PAINT_FILMS = env.bool("PROVIDERS_PAINT_FILMS", default=False)
PROVIDER_MODELS = {name: env.str(f"{name.upper()}_MODEL", "") for name in CAPABILITIES}
# Several, separated by commas, while one takes the place of another.
REPLICATE_WEBHOOK_SECRET = list(filter(None, env.list("REPLICATE_WEBHOOK_SECRET", [], subcast=str)))
# How long one call may take in all, from its name's look-up to the last byte of its answer.
PROVIDER_SECONDS = {
    "text": 30.0,
    "chat": 120.0,  # an answer that comes word by word; each word may take as long as a text
    "vision": 30.0,
    "image": 120.0,
    "video": 30.0,
    "training": 30.0,
    "read": 15.0,
    "download": 120.0,
}
# After this, and after twice as long again, it is ordered once more what a provider could not do.
PROVIDER_PAUSE_SECONDS = 5.0

# --- Payments: Stripe as soon as its key is set, else a till of our own that takes no money -----

STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", "")
# Several, separated by commas, while one takes the place of another.
STRIPE_WEBHOOK_SECRET = list(filter(None, env.list("STRIPE_WEBHOOK_SECRET", [], subcast=str)))
STRIPE_API_BASE = env.str("STRIPE_API_BASE", "").rstrip("/")
# Everybody gets what they like at the till: in production it is there only for who says so.
TEST_TILL = env.bool("TEST_TILL", default=not PRODUCTION)
if STRIPE_SECRET_KEY:  # forms of ours are answered by the way there
    SECURE_CSP["form-action"] += ["https://checkout.stripe.com", "https://billing.stripe.com"]

# --- Limits -------------------------------------------------------------------------------------

# How often one person, sender or address may; visiona/lib/ratelimit.py says what each is about.
RATE_LIMITS = {
    name: env.str(
        f"{name.upper()}_RATE",
        rate,
        validate=validate.Regexp(
            r"^[1-9]\d*/(second|minute|hour|day)$", error="Write a number and a unit: 20/day."
        ),
    )
    for name, rate in {
        "chat": "20/day",
        "enhance": "60/hour",
        "jobs": "120/hour",
        "uploads": "600/hour",
        "sign_in": "30/minute",
        "sign_up": "60/hour",
        "webhooks": "600/minute",
        "api": "1200/minute",
        "anonymous": "60/minute",
    }.items()
}
CONCURRENT_JOBS = env.int("CONCURRENT_JOBS", 10)  # of one person, unless the plan says otherwise
# What all providers together may cost us on one day (UTC); nothing said is no limit.
DAILY_PROVIDER_BUDGET_USD = (
    env.decimal("DAILY_PROVIDER_BUDGET_USD") if env.str("DAILY_PROVIDER_BUDGET_USD", "") else None
)

# --- Telling what happens -----------------------------------------------------------------------

SENTRY_DSN = env.str("SENTRY_DSN", "")
LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
LOGGING_CONFIG = "visiona.lib.logging.configure"
LOGGING = {"level": LOG_LEVEL}
METRICS_TOKEN = env.str("METRICS_TOKEN", "")  # of whoever reads /metrics from another machine

# --- Language and time --------------------------------------------------------------------------

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
