"""Settings. Everything a deployment changes comes from the environment; business rules live in the database."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

import dj_database_url
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import embedded

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = embedded.data_dir()


def _secret_key() -> str:
    """LINLI_SECRET_KEY, or one made on first use and kept beside the data."""
    given = os.environ.get("LINLI_SECRET_KEY")
    if given:
        return given
    kept = DATA_DIR / "secret_key"
    try:
        return kept.read_text()
    except FileNotFoundError:
        DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=DATA_DIR) as file:  # mode 0600
            file.write(secrets.token_urlsafe(60))
            file.flush()
            with contextlib.suppress(FileExistsError):  # two first starts at once: the first one's key counts
                os.link(file.name, kept)
        return kept.read_text()


SECRET_KEY = _secret_key()
# Names, phones and addresses are sealed with these, see config.lib.sealed. `id:base64,...`, the current key first;
# without it a key is made on first use and kept in the file. `aes`, or `sm4` where OpenSSL knows SM3 and SM4.
FIELD_KEYS = os.environ.get("LINLI_FIELD_KEYS", "")
FIELD_KEYS_FILE = DATA_DIR / "field_keys"
FIELD_CIPHER = os.environ.get("LINLI_CIPHER", "aes")
DEBUG = os.environ.get("LINLI_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("LINLI_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
SECURE = os.environ.get("LINLI_HTTPS") == "1"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "import_export",
    "rest_framework",
    "rest_framework.authtoken",
    "template_partials",
    "config.apps.ConfigApp",
    "config.guard.apps.GuardApp",
    "planning.apps.PlanningApp",
    "supervision.apps.SupervisionApp",
    "complaints.apps.ComplaintsApp",
    "services.apps.ServicesApp",
    "staff.apps.StaffApp",
]

MIDDLEWARE = [
    "config.middleware.measure",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.language.ChosenLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.session_limits",
    "config.middleware.second_wall",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "config.pages.context",
                "supervision.telling.context.context",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Migrations run as the owner of the tables; everything else as a role that owns nothing and cannot edit history.
AS_OWNER = os.environ.get("LINLI_AS_OWNER") == "1"
_DATABASE_URL = os.environ.get("DATABASE_URL", "postgresql:///linli")
DATABASES = {
    "default": dj_database_url.parse(
        (os.environ.get("DATABASE_OWNER_URL") or _DATABASE_URL) if AS_OWNER else _DATABASE_URL,
        conn_max_age=60,
        conn_health_checks=True,
    )
}
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
# Pages show cases to whom they concern (complaints.wall); a process that acts for the office says so.
FOR_THE_OFFICE = os.environ.get("LINLI_REACH") == "office"
if FOR_THE_OFFICE:
    _own = DATABASES["default"]["OPTIONS"].get("options", "")
    DATABASES["default"]["OPTIONS"]["options"] = f"{_own} -c linli.case_reach=office".strip()
APP_ROLE = os.environ.get("LINLI_APP_ROLE", embedded.APP)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "config_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

AUTH_USER_MODEL = "staff.Person"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "staff.administration.AdministratorRights",
]
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "add"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "view"
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_ADAPTER = "staff.signin.Adapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/desk/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
# Failures count by account and address together (see staff.signin), so that nobody can lock a colleague out; the limit
# by address alone is wide, because a whole office shares one.
ACCOUNT_RATE_LIMITS = {"login": "300/m/ip", "login_failed": "10/5m/key,100/5m/ip"}
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("LINLI_PROXIES", "0"))
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Linli"
SESSION_COOKIE_AGE = SESSION_LONGEST = 12 * 3600
ACCOUNT_SESSION_REMEMBER = False  # office machines are shared: closing the browser signs out
SESSION_IDLE = 30 * 60
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "config.guard.csrf.refused"
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("LINLI_ORIGINS", "").split(",") if origin]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("zh-hant", _("Traditional Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static_build"
STATICFILES_DIRS = [BASE_DIR / "static", BASE_DIR / "static_vendor"]  # the second is laid out by tools/vendor.py
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = DATA_DIR / "media"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)"]  # probes come from inside, without TLS
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
if os.environ.get("LINLI_BEHIND_PROXY") == "1":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

METRICS_TOKEN = os.environ.get("LINLI_METRICS_TOKEN", "")

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 2, "socket_connect_timeout": 2}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Messages expire: after a pause the rows in PostgreSQL say what is due, not a queue of old wake-up calls.
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    "heartbeat": {"task": "config.tasks.heartbeat", "schedule": 60, "options": {"expires": 55}},
    "imports": {"task": "complaints.tasks.pick_up_imports", "schedule": 60, "options": {"expires": 55}},
    "sweep": {"task": "supervision.tasks.sweep_deadlines", "schedule": 60, "options": {"expires": 55}},
    "dispatch": {"task": "supervision.tasks.dispatch_alerts", "schedule": 60, "options": {"expires": 55}},
    "pin_history": {
        "task": "complaints.tasks.pin_history",
        "schedule": crontab(hour=0, minute=20),
        "options": {"expires": 12 * 3600},
    },
    "remind_to_rate": {
        "task": "complaints.tasks.remind_to_rate",
        "schedule": crontab(hour=9, minute=5),
        "options": {"expires": 12 * 3600},
    },
    "send_notices": {"task": "complaints.tasks.send_notices", "schedule": 60, "options": {"expires": 55}},
    "forget_residents": {
        "task": "complaints.tasks.forget_residents",
        "schedule": crontab(hour=3, minute=10),
        "options": {"expires": 12 * 3600},
    },
    "forget_conduct": {
        "task": "supervision.tasks.forget_conduct",
        "schedule": crontab(hour=3, minute=20),
        "options": {"expires": 12 * 3600},
    },
    "forget_watch": {
        "task": "supervision.tasks.forget_watch",
        "schedule": crontab(hour=3, minute=30),
        "options": {"expires": 12 * 3600},
    },
    "remind_of_the_week": {
        "task": "supervision.tasks.remind_of_the_week",
        "schedule": crontab(hour=14, minute=30),
        "options": {"expires": 3 * 3600},
    },
    "draft_bulletins": {
        "task": "supervision.tasks.draft_bulletins",
        # Promised for the 1st. Asked every day, so that a lost message or a street's trouble is made good the next morning.
        "schedule": crontab(hour=6, minute=0),
        "options": {"expires": 12 * 3600},
    },
}

# How residents hear that something happened: `console` writes to the log, see config.lib.channels.
NOTICE_CHANNEL = os.environ.get("LINLI_NOTICE_CHANNEL", "console")
NOTICE_URL = os.environ.get("LINLI_NOTICE_URL", "")
NOTICE_SECRET = os.environ.get("LINLI_NOTICE_SECRET", "")
NOTICE_MAIL_TO = os.environ.get("LINLI_NOTICE_MAIL_TO", "")
# Group robots and webhooks that may lie inside the own network and do without TLS, by the host in their address.
ROBOT_HOSTS = frozenset(host for host in os.environ.get("LINLI_ROBOT_HOSTS", "").split(",") if host)
PUBLIC_URL = os.environ.get("LINLI_PUBLIC_URL", "").rstrip("/")
EMAIL_HOST = os.environ.get("LINLI_MAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("LINLI_MAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("LINLI_MAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("LINLI_MAIL_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("LINLI_MAIL_TLS") == "1"
EMAIL_TIMEOUT = 3
DEFAULT_FROM_EMAIL = os.environ.get("LINLI_MAIL_FROM", "linli@localhost")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "config.tokens.Token",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "EXCEPTION_HANDLER": "config.api.refuse",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Linli",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    # Several models call a choice "kind" or "status"; in the schema each goes by its own name.
    "ENUM_NAME_OVERRIDES": {
        "CaseKind": "complaints.models.Case.Kind",
        "CaseStatus": "complaints.models.Case.Status",
        "EventKind": "complaints.models.Event.Kind",
        "ClockKind": "complaints.models.Clock.Kind",
        "UnitKind": "staff.models.Unit.Kind",
    },
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LINLI_LOG_LEVEL", "WARNING")},
    # Warnings about 404s would write addresses people ask for into the log.
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "WARNING"},
        "linli.notices": {"level": "INFO"},
    },
}
