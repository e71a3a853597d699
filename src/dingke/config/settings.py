"""All settings, from the environment, each with a working default.

`DINGKE_HOME` is the one folder that holds everything the system writes; `DINGKE_DATABASE_URL` names the database.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from dingke.config.environment import env_bool, env_int, env_list, env_text
from dingke.config.settings_sign_in import *  # noqa: F403

PACKAGE = Path(__file__).resolve().parent.parent
CHECKOUT = PACKAGE.parent.parent


def _home() -> Path:
    if named := os.environ.get("DINGKE_HOME"):
        return Path(named).expanduser().resolve()
    if (CHECKOUT / "pyproject.toml").exists() and (CHECKOUT / "src" / "dingke").exists():
        return CHECKOUT / "var"
    return Path.home() / ".dingke"


HOME = _home()
HOME.mkdir(parents=True, exist_ok=True)
UPLOADS = HOME / "uploads"
SNAPSHOTS = Path(env_text("DINGKE_SNAPSHOTS") or HOME / "snapshots")
ENGINE = env_text("DINGKE_ENGINE", "duckdb")  # or spark://host:port
SPARK_OPTIONS = env_text("DINGKE_SPARK_OPTIONS")


def _secret_key() -> str:
    """From the environment, else made once and kept in the home folder, readable by the owner alone."""
    if given := env_text("DINGKE_SECRET_KEY"):
        return given
    file = HOME / "secret_key"
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return file.read_text().strip()


# Pages join many small tables by their keys, in the order that the query says: planning all orders of nine joins takes ten
# times as long as running one of them. Neither parallel workers nor compiled plans are worth their start for a page.
POSTGRESQL_OPTIONS = "-c join_collapse_limit=4 -c max_parallel_workers_per_gather=0 -c jit=off"


def database_from_url(url: str) -> dict[str, object]:
    """Django's database entry for `sqlite:///path` or `postgresql://user:password@host:port/name`."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path[1:]) or ":memory:",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000; PRAGMA mmap_size=134217728;",
            },
        }
    if parts.scheme in {"postgres", "postgresql"}:
        host = parts.hostname or ""
        query = dict(item.split("=", 1) for item in parts.query.split("&") if "=" in item)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path[1:]),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(query.pop("host", host)),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 300,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"connect_timeout": 5, "options": POSTGRESQL_OPTIONS, **query},
        }
    raise ValueError(f"DINGKE_DATABASE_URL: unknown scheme {parts.scheme!r}; use sqlite:///path or postgresql://…")


DATABASE_URL = env_text("DINGKE_DATABASE_URL") or f"sqlite:///{HOME / 'dingke.sqlite3'}"
DATABASES = {"default": database_from_url(DATABASE_URL)}

DEBUG = env_bool("DINGKE_DEBUG", False)
SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = env_text("DINGKE_OLD_SECRET_KEYS").split()  # open what was sealed and signed before the key was changed
ALLOWED_HOSTS = env_list("DINGKE_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("DINGKE_ORIGINS", "")
TRUSTED_PROXIES = env_list("DINGKE_TRUSTED_PROXIES", "")
BEHIND_HTTPS = env_bool("DINGKE_HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "dingke.core.failures.csrf_failed"

INSTALLED_APPS = [
    "dingke.config.apps.ConfigApp",
    "dingke.workspace",
    "dingke.insights",
    "dingke.qualification",
    "dingke.pipeline",
    "dingke.stakeholders",
    "dingke.library",
    "dingke.ledger",
    "dingke.accounts",
    "dingke.approvals",
    "dingke.notices",
    "dingke.people",
    "dingke.core",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_tasks",
    "django_tasks_db",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.feishu",
    "allauth.socialaccount.providers.dingtalk",
    "allauth.socialaccount.providers.weixin",
    "allauth.socialaccount.providers.saml",
    "axes",
]

MIDDLEWARE = [
    "dingke.config.life.proxy.ProxyMiddleware",
    "dingke.core.middleware.TraceMiddleware",
    "dingke.config.life.metrics.ObserveMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "dingke.core.middleware.ContentSecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dingke.people.middleware.ScopeMiddleware",
    "dingke.people.middleware.SignedInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "dingke.config.urls"
WSGI_APPLICATION = "dingke.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [
            PACKAGE / folder / "templates"
            for folder in (
                "config",
                "workspace",
                "insights",
                "qualification",
                "pipeline",
                "stakeholders",
                "library",
                "ledger",
                "accounts",
                "approvals",
                "notices",
                "people",
                "core",
            )
        ],
        "APP_DIRS": False,
        "OPTIONS": {"environment": "dingke.core.jinja.environment"},
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "people" / "allauth_templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dingke.people.views.sign_in_context",
            ],
        },
    },
]

EMAIL_BACKEND = env_text(
    "DINGKE_EMAIL_BACKEND",
    "django.core.mail.backends.smtp.EmailBackend"
    if os.environ.get("DINGKE_SMTP_HOST")
    else "django.core.mail.backends.filebased.EmailBackend",
)
EMAIL_FILE_PATH = HOME / "mail"
EMAIL_HOST = env_text("DINGKE_SMTP_HOST", "localhost")
EMAIL_PORT = env_int("DINGKE_SMTP_PORT", 25)
EMAIL_HOST_USER = env_text("DINGKE_SMTP_USER")
EMAIL_HOST_PASSWORD = env_text("DINGKE_SMTP_PASSWORD")
EMAIL_USE_TLS = env_bool("DINGKE_SMTP_TLS", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env_text("DINGKE_MAIL_FROM", "dingke@localhost")
SITE_URL = env_text("DINGKE_URL", "http://127.0.0.1:8000").rstrip("/")  # links in mails and messages begin with it
ALLOWED_PRIVATE_HOSTS = env_list("DINGKE_ALLOWED_PRIVATE_HOSTS", "")
INVITATION_DAYS = env_int("DINGKE_INVITATION_DAYS", 7)
INVITATION_MAILS_PER_MINUTE = env_int("DINGKE_INVITATION_MAILS", 20)  # of one administrator
NOTICES_KEEP_DAYS = env_int("DINGKE_NOTICES_KEEP_DAYS", 90)
OUTBOX_DAYS = env_int("DINGKE_OUTBOX_DAYS", 30)  # of events that were handed over; 0 keeps them

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LANGUAGE_COOKIE_NAME = "dingke_language"
TIME_ZONE = env_text("DINGKE_TIME_ZONE", "Asia/Shanghai")
USE_TZ = True
USE_I18N = True
DEFAULT_CURRENCY = env_text("DINGKE_CURRENCY", "CNY")

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS: list[Path] = []
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 31_536_000
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": UPLOADS}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_HANDLERS = ["dingke.core.uploads.LimitedUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
IMPORT_MAX_BYTES = env_int("DINGKE_IMPORT_MAX_MB", 200) * 1024 * 1024
CLOSE_AT_MOST = env_int("DINGKE_CLOSE_AT_MOST", 20)  # percent of the staff that a list may close unasked

# life: backups, where they go, when, how many are kept, and the passphrase that encrypts them
BACKUP_FOLDER = Path(env_text("DINGKE_BACKUP_FOLDER") or HOME / "backups")
BACKUP_AT = env_text("DINGKE_BACKUP_AT", "02:30")
BACKUP_KEEP = (env_int("DINGKE_BACKUP_KEEP_DAYS", 7), env_int("DINGKE_BACKUP_KEEP_WEEKS", 4), env_int("DINGKE_BACKUP_KEEP_MONTHS", 6))
BACKUP_PASSPHRASE = env_text("DINGKE_BACKUP_PASSPHRASE")
METRICS_TOKEN = env_text("DINGKE_METRICS_TOKEN")  # without it /metrics answers nobody, or this machine alone
METRICS_LOCAL = env_bool("DINGKE_METRICS", False)

# traces for OpenTelemetry, off until an endpoint is named; OpenTelemetry's own OTEL_… variables hold as well
OTEL_ENDPOINT = (
    ""
    if env_bool("OTEL_SDK_DISABLED", False)
    else env_text("DINGKE_OTEL_ENDPOINT") or env_text("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or env_text("OTEL_EXPORTER_OTLP_ENDPOINT")
)
OTEL_HEADERS = env_text("DINGKE_OTEL_HEADERS")
OTEL_NAMED = bool(env_text("OTEL_SERVICE_NAME")) or "service.name=" in env_text("OTEL_RESOURCE_ATTRIBUTES")
if OTEL_ENDPOINT:
    MIDDLEWARE.insert(MIDDLEWARE.index("dingke.core.middleware.TraceMiddleware") + 1, "dingke.config.life.tracing.SpanMiddleware")

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "dingke_cache", "OPTIONS": {"MAX_ENTRIES": 20_000}}
}
API_REQUESTS_PER_TOKEN = env_int("DINGKE_API_PER_TOKEN", 300)  # a minute
API_REQUESTS_PER_ADDRESS = env_int("DINGKE_API_PER_ADDRESS", 1200)
REQUEST_COUNT_SECONDS = 1  # how often a process tells the others what it counted of a caller

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SILENCED_SYSTEM_CHECKS: list[str] = []

LOG_FORMAT = env_text("DINGKE_LOG_FORMAT", "line")  # or json
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"trace": {"()": "dingke.config.life.logs.TraceFilter"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(trace)s %(message)s"},
        "json": {"()": "dingke.config.life.logs.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["trace"]}},
    "root": {"handlers": ["console"], "level": env_text("DINGKE_LOG_LEVEL", "WARNING")},
}
