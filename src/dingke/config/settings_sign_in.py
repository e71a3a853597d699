"""How people come in: password, second factor, single sign-on, the directory, and what stops those who guess."""

from __future__ import annotations

from typing import Any

from dingke.config.environment import env_bool, env_int, env_list, env_text

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
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = env_bool("DINGKE_DEBUG", False)

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
