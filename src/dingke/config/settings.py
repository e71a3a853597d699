"""All settings, from the environment, each with a working default.

`DINGKE_HOME` is the one folder that holds everything the system writes; `DINGKE_DATABASE_URL` names the database.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext_lazy as _

PACKAGE = Path(__file__).resolve().parent.parent
CHECKOUT = PACKAGE.parent.parent


def env_text(name: str, default: str = "") -> str:
    """The text of an environment variable, or of the file that NAME_FILE points at (for secrets)."""
    if file := os.environ.get(f"{name}_FILE"):
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default)


def env_bool(name: str, default: bool) -> bool:
    value = os.environ.get(name)
    return default if value is None else value.strip().lower() in {"1", "true", "yes", "on"}


def env_int(name: str, default: int) -> int:
    return int(os.environ.get(name, default))


def env_list(name: str, default: str) -> list[str]:
    return [item.strip() for item in env_text(name, default).split(",") if item.strip()]


def _home() -> Path:
    if named := os.environ.get("DINGKE_HOME"):
        return Path(named).expanduser().resolve()
    if (CHECKOUT / "pyproject.toml").exists() and (CHECKOUT / "src" / "dingke").exists():
        return CHECKOUT / "var"
    return Path.home() / ".dingke"


HOME = _home()
HOME.mkdir(parents=True, exist_ok=True)
UPLOADS = HOME / "uploads"
SNAPSHOTS = HOME / "snapshots"


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
            for folder in ("config", "workspace", "insights", "ledger", "accounts", "approvals", "notices", "people", "core")
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

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": env_int("DINGKE_PASSWORD_LENGTH", 10)},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "/sign-in/login/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_ADAPTER = "dingke.people.views.ClosedSignUp"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
# axes counts wrong passwords, in the database, with its own answer; this line counts wrong one-time codes of a person
ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key", "reset_password": env_text("DINGKE_RESET_MAILS", "20/m/ip,5/h/key")}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
MFA_ADAPTER = "dingke.people.views.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # people are added by an administrator, nobody can take somebody else's address
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = "Dingke"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG

# Single sign-on: each way is there when its client id is set
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, Any]] = {}
if env_text("DINGKE_OIDC_CLIENT_ID"):
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "APPS": [
            {
                "provider_id": "company",
                "name": env_text("DINGKE_OIDC_NAME", "SSO"),
                "client_id": env_text("DINGKE_OIDC_CLIENT_ID"),
                "secret": env_text("DINGKE_OIDC_CLIENT_SECRET"),
                "settings": {"server_url": env_text("DINGKE_OIDC_URL").rstrip("/"), "oauth_pkce_enabled": True},
            }
        ]
    }
for _provider, _id, _secret in (
    ("feishu", env_text("DINGKE_FEISHU_ID"), env_text("DINGKE_FEISHU_SECRET")),
    ("dingtalk", env_text("DINGKE_DINGTALK_ID"), env_text("DINGKE_DINGTALK_SECRET")),
    ("weixin", env_text("DINGKE_WECHAT_ID"), env_text("DINGKE_WECHAT_SECRET")),
):
    if _id:
        SOCIALACCOUNT_PROVIDERS[_provider] = {"APPS": [{"client_id": _id, "secret": _secret}]}
# SAML: the other side by its metadata (an address or a file), or by entity id, sign-on address and certificates
SAML: dict[str, Any] = {
    "metadata": env_text("DINGKE_SAML_METADATA"),
    "entity_id": env_text("DINGKE_SAML_ENTITY_ID"),
    "sign_on_url": env_text("DINGKE_SAML_SIGN_ON_URL"),
    "certificates": env_text("DINGKE_SAML_CERTIFICATE"),
    "own_entity_id": env_text("DINGKE_SAML_OWN_ENTITY_ID"),
    "own_key": env_text("DINGKE_SAML_OWN_KEY"),
    "own_certificate": env_text("DINGKE_SAML_OWN_CERTIFICATE"),
    "next_certificate": env_text("DINGKE_SAML_NEXT_CERTIFICATE"),
    "unasked": env_bool("DINGKE_SAML_UNASKED", False),
    "uid": env_list("DINGKE_SAML_UID", "urn:oasis:names:tc:SAML:attribute:subject-id"),
    "mail": env_list(
        "DINGKE_SAML_MAIL",
        "mail,email,urn:oid:0.9.2342.19200300.100.1.3,http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    ),
    "name": env_list(
        "DINGKE_SAML_NAME",
        "displayName,name,cn,urn:oid:2.16.840.1.113730.3.1.241,http://schemas.microsoft.com/identity/claims/displayname",
    ),
}
if SAML["metadata"] or SAML["sign_on_url"]:
    SOCIALACCOUNT_PROVIDERS["saml"] = {
        "provider_class": "dingke.people.views.saml.CompanySaml",
        "APPS": [{"provider_id": "company-saml", "client_id": "company", "name": env_text("DINGKE_SAML_LABEL", "SAML")}],
    }
SOCIALACCOUNT_ADAPTER = "dingke.people.views.IdentityAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True  # a form may not lead to another site (content policy); connecting asks for more, see the adapter
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # the adapter matches by verified address itself
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
SSO_CREATE_ROLE = env_text("DINGKE_SSO_CREATE").upper()

# the organisation's directory, from which people and teams come; there when its address is set
LDAP: dict[str, object] = {
    "url": env_text("DINGKE_LDAP_URL"),
    "kind": env_text("DINGKE_LDAP_KIND", "openldap").lower(),
    "bind": env_text("DINGKE_LDAP_BIND"),
    "password": env_text("DINGKE_LDAP_PASSWORD"),
    "base": env_text("DINGKE_LDAP_BASE"),
    "filter": env_text("DINGKE_LDAP_FILTER"),
    "attributes": env_text("DINGKE_LDAP_ATTRIBUTES"),
    "teams": env_text("DINGKE_LDAP_TEAMS", "ou").lower(),
    "groups_base": env_text("DINGKE_LDAP_GROUPS_BASE"),
    "team_groups": env_text("DINGKE_LDAP_TEAM_GROUPS"),
    "roles": env_text("DINGKE_LDAP_ROLES"),
    "role": env_text("DINGKE_LDAP_ROLE", "REP").upper(),
    "starttls": env_bool("DINGKE_LDAP_STARTTLS", True),
    "check_certificate": env_bool("DINGKE_LDAP_CHECK_CERTIFICATE", True),
    "ca": env_text("DINGKE_LDAP_CA"),
    "timeout": env_int("DINGKE_LDAP_TIMEOUT", 10),
    "page": env_int("DINGKE_LDAP_PAGE", 500),
}
LDAP_AT = env_text("DINGKE_LDAP_AT")  # when the nightly synchronisation is made; empty: none by the clock

AXES_FAILURE_LIMIT = env_int("DINGKE_SIGN_IN_TRIES", 5)
AXES_COOLOFF_TIME = 0.25  # hours
AXES_ENABLE_ACCESS_FAILURE_LOG = True  # the sign-in log tells refused tries too; the newest thousand of a name are kept
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "dingke.people.views.locked_out"
AXES_CLIENT_IP_CALLABLE = "dingke.core.addresses.client_address"
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False

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
