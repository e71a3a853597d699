"""Verbs on second factors: who must have one, taking a lost one away, and the trail of what people do with their own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext as _

from dingke.core import access, audit, rules
from dingke.core.errors import Invalid, Refusal
from dingke.core.scope import Scope
from dingke.people.actions.sessions import end_sessions
from dingke.people.calc import SECOND_FACTOR_KEY, Role, SecondFactorRules
from dingke.people.models import User
from dingke.people.queries.second_factor import REAL


class UnableToResetSecondFactor(Refusal):
    """There is nothing to take away, or it is one's own."""


def set_forced_roles(*, roles: Iterable[str], by: Scope, now: datetime) -> SecondFactorRules:
    """The roles that need a second factor from the next click on; a new version of the rule. Raises `Invalid`."""
    access.needs(by, "people.edit").enforce()
    wanted = sorted(set(roles))
    if set(wanted) - set(Role):
        raise Invalid(_("This role does not exist."))
    return rules.store(key=SECOND_FACTOR_KEY, kind=SecondFactorRules, values={"roles": tuple(wanted)}, by=by, now=now)


@transaction.atomic
def reset_second_factor(*, user: User, by: Scope, now: datetime) -> None:
    """Takes away every second factor of a person who lost it, and ends the person's sign-ins. Raises `UnableToResetSecondFactor`."""
    access.needs(by, "people.edit").enforce()
    if user.pk == by.user_id:
        raise UnableToResetSecondFactor(_("Remove your own second factor on your page Account security."))
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    rows = Authenticator.objects.filter(user_id=user.pk)
    types = sorted(set(rows.order_by("type").values_list("type", flat=True)))
    if not types:
        raise UnableToResetSecondFactor(_("%(name)s has no second factor.") % {"name": user})
    rows.delete()
    audit.record(target=user, action="people.reset_second_factor", by=by, now=now, summary=user.name, changes={"factors": [types, []]})
    end_sessions(user=user, keep_key="", by=by, now=now)


def may_remove(*, user: User, authenticator: Authenticator, is_forced: bool) -> bool:
    """Whether a person may remove this one: not the last, while the role needs one."""
    if not is_forced or authenticator.type not in REAL:
        return True
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=REAL).exclude(pk=authenticator.pk).exists())


# what allauth tells when a person changed how he or she signs in -> how the audit trail calls it
OWN_CHANGES = {
    "mfa/email/totp_activated": "people.add_totp",
    "mfa/email/totp_deactivated": "people.remove_totp",
    "mfa/email/webauthn_added": "people.add_passkey",
    "mfa/email/webauthn_removed": "people.remove_passkey",
    "mfa/email/recovery_codes_generated": "people.make_recovery_codes",
    "account/email/password_changed": "people.change_password",
    "account/email/password_reset": "people.reset_password",
    "account/email/password_set": "people.change_password",
    "socialaccount/email/account_connected": "people.connect_identity",
    "socialaccount/email/account_disconnected": "people.disconnect_identity",
}


def record_own_change(*, user: User, told: str, by: Scope, now: datetime) -> None:
    """Keeps in the audit trail what a person changed about the own sign-in."""
    if action := OWN_CHANGES.get(told):
        audit.record(target=user, action=action, by=by, now=now, summary=user.name)
