"""All settings; README's settings table lists those that come from the environment."""

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from imadmin import env

PACKAGE_DIR = Path(__file__).resolve().parent
CHECKOUT = PACKAGE_DIR.parent
IN_CHECKOUT = (CHECKOUT / "manage.py").exists()


def _shipped(name: str) -> Path:
    """Templates and static files: the checkout's, else those inside the wheel."""
    return CHECKOUT / name if IN_CHECKOUT else PACKAGE_DIR / f"_{name}"


BASE_DIR = CHECKOUT if IN_CHECKOUT else Path.cwd()
DATA_DIR = env.directory("IM_DATA_DIR", BASE_DIR / "var")

FROM_ENVIRONMENT = env.given()
DEBUG = env.flag("IM_DEBUG")
SECRET_KEY = env.secret_key(DATA_DIR)
SECRETS_KEY = env.text("IM_SECRETS_KEY")  # encrypts app secrets; derived from SECRET_KEY when empty
INSTANCE_ID = hashlib.sha256(b"instance:" + SECRET_KEY.encode()).hexdigest()[:10]

PORT = env.number("IM_PORT", 8000)
PUBLIC_URL = env.text("IM_PUBLIC_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
IS_PUBLIC_URL_GIVEN = bool(env.text("IM_PUBLIC_URL", ""))
# Where the server's own clients (scenarios) reach it; `up` fills in what it bound.
SELF_REST_URL = env.text("IM_SELF_REST_URL").rstrip("/")
SELF_WS_URL = env.text("IM_SELF_WS_URL").rstrip("/")
BOUND_HOST = "127.0.0.1"
# For tests of scenarios only: clients' one-to-one messages are acknowledged and go astray.
TEST_DROP_CHAT = env.flag("IM_TEST_DROP_CHAT")
_public = urlsplit(PUBLIC_URL)
PUBLIC_HOST = _public.hostname or ""
IS_HTTPS = _public.scheme == "https"

# REST, files and gateway take any Host, as phones come by any name; imadmin.console.middleware
# enforces CONSOLE_HOSTS where cookies count.
ALLOWED_HOSTS = ["*"]
CONSOLE_HOSTS = env.names("IM_ALLOWED_HOSTS")
TRUST_ANY_HOST = env.flag("IM_TRUST_ANY_HOST")
# Testers work on LANs and on one machine; a public instance switches this off.
WEBHOOKS_MAY_CALL_PRIVATE_ADDRESSES = env.flag("IM_WEBHOOK_PRIVATE", default=True)
TRUSTED_PROXIES = env.names("IM_TRUSTED_PROXIES")

INSTALLED_APPS = [
    "whitenoise.runserver_nostatic",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django_filters",
    "accounts",
    "chat",
    "imadmin.console",
]

# Sessions, operators, messages and languages exist under /console/ only.
MIDDLEWARE = [
    "chat.rest.attempts.AttemptsMiddleware",
    "accounts.rest.middleware.ApiMiddleware",
    "imadmin.console.middleware.request_id_middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "imadmin.console.middleware.ConsoleHostMiddleware",
    "imadmin.console.middleware.ConsolePolicyMiddleware",
    "imadmin.console.middleware.ConsoleSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "imadmin.console.middleware.ConsoleAuthenticationMiddleware",
    "imadmin.console.middleware.ConsoleMessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "imadmin.console.middleware.ConsoleLocaleMiddleware",
    "imadmin.console.middleware.SetupGateMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
CSRF_FAILURE_VIEW = "imadmin.console.views.errors.csrf_failure"

ROOT_URLCONF = "imadmin.urls"
ASGI_APPLICATION = "imadmin.asgi.application"
APPEND_SLASH = False  # never redirect an API call; the console's own 404 page names the right one

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_shipped("templates")],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "imadmin.console.lean.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "imadmin.console.shell.shell",
            ],
        },
    }
]

DATABASES = {"default": env.database(env.text("DATABASE_URL"), DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.text("REDIS_URL")
IS_SCALED_OUT = bool(REDIS_URL)

if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "imadmin",
        }
    }
    CHANNEL_LAYERS: dict[str, Any] = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {
                # redis-py pools 100 connections by default; a mass disconnect needs more.
                "hosts": [{"address": REDIS_URL, "max_connections": 1000}],
                "prefix": "imadmin",
            },
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CHANNEL_LAYERS = {}  # one process: the local registry is all there is

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [_shipped("static")]
MEDIA_ROOT = DATA_DIR / "media"  # no MEDIA_URL: stored files leave only through views
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "imadmin.console.static.ConsoleStaticFilesStorage"},
}

# argon2-cffi's parameters for IM users' passwords: about 20 ms on the machine of design.md §6.
# Memory is in KiB; operators' passwords take Django's hashers.
IM_ARGON2: dict[str, int] = {"time_cost": 2, "memory_cost": 19_456, "parallelism": 1}

AUTH_USER_MODEL = "accounts.Operator"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
     "OPTIONS": {"user_attributes": ("name",)}},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
     "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]  # fmt: skip
OPERATOR_PASSWORD = env.text("IM_OPERATOR_PASSWORD")  # for the command create_operator only
AUDIT_DAYS = env.number("IM_AUDIT_DAYS", 180)  # 0: kept for ever
LOGIN_URL = "console:login"
LOGIN_REDIRECT_URL = "console:home"

# Cookies ignore ports: two instances on one host must not sign each other out.
SESSION_COOKIE_NAME = f"im_session_{INSTANCE_ID}"
CSRF_COOKIE_NAME = f"im_csrf_{INSTANCE_ID}"
LIVE_COOKIE_NAME = f"im_live_{INSTANCE_ID}"  # the session's key again, for /ws/console/ only
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = False  # console.js reads it for htmx
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/console/"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_SSL_REDIRECT = False  # TLS ends at the proxy or in Daphne; an API call is never redirected
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
USE_X_FORWARDED_HOST = bool(TRUSTED_PROXIES)
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # SECURE_SSL_REDIRECT, see above

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "中文")]
LOCALE_PATHS = [PACKAGE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = f"im_lang_{INSTANCE_ID}"
LANGUAGE_COOKIE_PATH = "/console/"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# REST reads its own bodies, whatever the Content-Type says (rest.md 1.2).
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# Views read bodies and tokens themselves (accounts.rest.base): clients send any Content-Type.
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "accounts.rest.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "imadmin REST API",
    "DESCRIPTION": "Easemob-compatible server API.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",  # our own static files: the page works offline
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "SCHEMA_PATH_PREFIX": r"/\{org\}/\{app\}",
    "POSTPROCESSING_HOOKS": ["chat.rest.reference.document.complete"],
    "APPEND_COMPONENTS": {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
    },
}

# Daphne hands gateway sockets to a lean protocol in its own loop (chat.gateway.lane).
LANE = env.flag("IM_LANE", default=True)
# The few calls that backends make all the time pass Django's ASGI handler by (imadmin.hot_rest).
HOT_REST = env.flag("IM_HOT_REST", default=True)

# "writer" batches commits in a thread of its own; "direct" stores inside the caller's
# transaction (commands; tests that roll back).
ENTRY_STORE = "writer"
METRICS_TOKEN = env.text("IM_METRICS_TOKEN")  # without it /metrics answers loopback only
LOG_FORMAT = env.text("IM_LOG_FORMAT", "line")

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "imadmin.log_lines.JsonLines"},
    },
    "filters": {"links": {"()": "imadmin.log_masks.MaskLinks"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json" if LOG_FORMAT == "json" else "line",
            "filters": ["links"],
        }
    },
    "root": {"handlers": ["stderr"], "level": env.text("IM_LOG_LEVEL", "INFO").upper()},
    "loggers": {
        # Daphne's and autobahn's access lines carry query strings, which may hold secrets.
        "daphne": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
    },
}
