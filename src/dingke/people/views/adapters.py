"""How allauth asks the product: who may sign up, where a request comes from, what is kept of one-time codes."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core.addresses import client_address
from dingke.people import queries
from dingke.people.actions import second_factor, sessions
from dingke.people.middleware import SEEN_KEY
from dingke.people.models import User
from dingke.people.queries import second_factor as second_factor_queries


class ClosedSignUp(DefaultAccountAdapter):
    """People are added by an administrator; nobody signs up by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Wrong passwords are counted by axes; allauth's own count is for one-time codes alone."""
        self._login_failed_rl_usage = None

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Who signed in a moment ago is not asked again."""
        request = context.request
        records = get_authentication_records(request, request.user) if request.user.is_authenticated else []
        fresh = any(time.time() - record["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT for record in records)
        return False if fresh else super().is_reauthentication_required(app=app, **kwargs)

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        request.session[SEEN_KEY] = timezone.now().isoformat()

    def set_password(self, user: User, password: str) -> None:
        """A new password ends every other sign-in of the person, here and everywhere."""
        super().set_password(user, password)
        sessions.end_sessions(user=user, keep_key=_session_key(), by=queries.scope_for(user), now=timezone.now())

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """allauth tells here whatever a person changed about the own sign-in: it goes into the audit trail."""
        second_factor.record_own_change(user=user, told=template_prefix, by=queries.scope_for(user), now=timezone.now())
        super().send_notification_mail(template_prefix, user, context, email)


def _session_key() -> str:
    request = context.request
    user = getattr(request, "user", None)
    return (request.session.session_key or "") if user is not None and user.is_authenticated else ""


class SecondFactorAdapter(DefaultMFAAdapter):
    """What allauth asks about second factors."""

    def get_totp_issuer(self) -> str:
        return str(_("Dingke"))

    def get_totp_label(self, user: User) -> str:
        return user.username

    def _get_site_name(self) -> str:
        return str(_("Dingke"))

    def encrypt(self, text: str) -> str:
        """Keys of one-time codes are kept sealed with the secret key of the installation: a copied database alone opens nothing."""
        return _seal().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _seal().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        user = authenticator.user
        return second_factor.may_remove(user=user, authenticator=authenticator, is_forced=second_factor_queries.is_forced(user.role))

    def generate_authenticator_name(self, user: User, type: str) -> str:
        number = len(second_factor_queries.factors_of(user).passkeys) + 1
        return _("Passkey") if number == 1 else _("Passkey %(number)s") % {"number": number}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        return {**super().get_public_key_credential_user_entity(user), "display_name": user.name, "name": user.username}


def _seal() -> MultiFernet:
    """Made from the secret key; the fallbacks open what was sealed with an older one."""
    keys: list[str] = [settings.SECRET_KEY, *map(str, settings.SECRET_KEY_FALLBACKS)]
    digests = [hashlib.sha256(f"dingke one-time codes {key}".encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
