"""Reads about second factors: who must have one, who has which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db.models import Count, Exists, Min, OuterRef, Q

from dingke.core import rules
from dingke.core.access import needs
from dingke.core.scope import Scope
from dingke.people.calc import SECOND_FACTOR_KEY, Role, SecondFactorRules
from dingke.people.models import ROLE_LABELS, User

REAL = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # recovery codes alone are no second factor


@dataclass(frozen=True, slots=True)
class Factor:
    id: int
    name: str
    created_at: datetime
    last_used_at: datetime | None
    signs_in_alone: bool = False


@dataclass(frozen=True, slots=True)
class Factors:
    """What a person has besides the password."""

    totp: Factor | None
    passkeys: list[Factor]
    recovery_left: int | None
    is_forced: bool

    @property
    def exist(self) -> bool:
        return self.totp is not None or bool(self.passkeys)

    @property
    def is_last(self) -> bool:
        """Whether the only one would go, though the role needs one."""
        return self.is_forced and (self.totp is not None) + len(self.passkeys) == 1


def forced_roles() -> frozenset[str]:
    return frozenset(rules.load(SECOND_FACTOR_KEY, SecondFactorRules).roles)


def is_forced(role: str) -> bool:
    return role in forced_roles()


def has_since(user: User) -> datetime | None:
    """When the oldest second factor that still stands was set up."""
    found = Authenticator.objects.filter(user_id=user.pk, type__in=REAL).order_by().aggregate(since=Min("created_at"))
    since: datetime | None = found["since"]
    return since


def is_due(user: User) -> bool:
    """Whether the person has to set one up before anything else."""
    return is_forced(user.role) and has_since(user) is None


def factors_of(user: User) -> Factors:
    totp, passkeys, left = None, [], None
    for row in Authenticator.objects.filter(user_id=user.pk).order_by("created_at", "pk"):
        if row.type == Authenticator.Type.RECOVERY_CODES:
            left = len(row.wrap().get_unused_codes())
        elif row.type == Authenticator.Type.TOTP:
            totp = Factor(row.pk, "", row.created_at, row.last_used_at)
        else:
            passkeys.append(Factor(row.pk, str(row), row.created_at, row.last_used_at, row.wrap().is_passwordless is True))
    return Factors(totp, passkeys, left, is_forced(user.role))


@dataclass(frozen=True, slots=True)
class RoleState:
    """A role in the rule: how many active people it has and how many of them have a second factor."""

    role: str
    label: str
    people: int
    ready: int
    is_forced: bool


def role_states(scope: Scope) -> list[RoleState]:
    """For the page of the rule: two queries."""
    needs(scope, "people.edit").enforce()
    forced = forced_roles()
    has_one = Exists(Authenticator.objects.filter(user_id=OuterRef("pk"), type__in=REAL))
    rows = User.objects.filter(is_active=True).annotate(has_one=has_one).order_by()
    counted = {
        row["role"]: (row["people"], row["ready"])
        for row in rows.values("role").annotate(people=Count("pk"), ready=Count("pk", filter=Q(has_one=True)))
    }
    return [RoleState(role.value, str(ROLE_LABELS[role]), *counted.get(role.value, (0, 0)), role.value in forced) for role in Role]
