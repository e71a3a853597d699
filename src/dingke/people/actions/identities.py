"""Verbs on identities from elsewhere (company sign-on, Feishu, DingTalk, WeChat): whom they sign in, and letting one go."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.utils.translation import gettext as _

from dingke.core import audit
from dingke.core.errors import Refusal
from dingke.core.scope import Scope
from dingke.people.actions import invitations
from dingke.people.actions.users import add_user, proposed_username
from dingke.people.calc import Role
from dingke.people.models import User


class UnableToSignOn(Refusal):
    """The identity is real, but it is nobody's here."""

    status = 403
    code = "unknown_identity"


class UnableToDisconnect(Refusal):
    """It is the only way left to sign in."""


@transaction.atomic
def person_for_identity(*, emails: Iterable[str], name: str, create_role: str, now: datetime) -> User:
    """Whom an identity signs in that was never here: the one person with its verified mail address.

    Where nobody has it, an open invitation to the address is taken up; else a person is added when `create_role` names a role.
    Without either, people come by an administrator only.
    Raises `UnableToSignOn` with what to do.
    """
    verified = [email.strip().lower() for email in emails if email.strip()]
    if not verified:
        raise UnableToSignOn(
            _("This identity comes without a verified mail address. Sign in with your password, then connect it under Account security.")
        )
    found = list(User.objects.filter(email__in=verified).order_by("pk")[:2]) or [
        user for email in verified for user in User.objects.filter(email__iexact=email).order_by("pk")[:2]
    ]
    if len(found) == 1:
        return found[0]
    if not found and (invited := invitations.accept_by_identity(emails=verified, name=name, now=now)):
        return invited
    if found or create_role not in Role.__members__:
        raise UnableToSignOn(
            _("Nobody here has the mail address %(mail)s. Ask your administrator to add you with this address.") % {"mail": verified[0]}
        )
    shown = name.strip() or verified[0].partition("@")[0]
    return add_user(username=proposed_username(shown), name=shown, email=verified[0], role=Role(create_role), by=Scope.system(), now=now)


@transaction.atomic
def disconnect_identity(*, identity: SocialAccount, by: Scope, now: datetime) -> None:
    """Lets an identity go. Raises `UnableToDisconnect` when the person could not sign in any more."""
    user = User.objects.select_for_update(of=("self",)).get(pk=identity.user_id)
    others = SocialAccount.objects.filter(user_id=user.pk).exclude(pk=identity.pk).exists()
    passkey = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.WEBAUTHN).exists()
    if not (user.has_usable_password() or others or passkey):
        raise UnableToDisconnect(_("This is the only way you can sign in. Set a password first, by the link on the sign-in page."))
    SocialAccount.objects.filter(pk=identity.pk).delete()
    audit.record(target=user, action="people.disconnect_identity", by=by, now=now, summary=f"{user.name} {identity.provider}")
