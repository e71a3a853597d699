"""The table of rights read both ways: what one role may do and see, and who may do one thing. Searched in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dingke.core.scope import Scope
from dingke.people.calc import FIELD_RIGHTS, PERMISSIONS, REACH, SEES_POOL, Reach, Role
from dingke.people.models import ROLE_LABELS, User
from dingke.people.queries import rights

NAMES = 6  # of people in one cell; the rest is a number


@dataclass(frozen=True, slots=True)
class Right:
    """One thing that can be done or seen, in words, with the roles that carry it."""

    code: str
    group: str
    label: str
    hint: str
    roles: tuple[Role, ...]

    def fits(self, words: list[str]) -> bool:
        text = " ".join((self.code, self.group, self.label, self.hint)).casefold()
        return all(word in text for word in words)


@dataclass(frozen=True, slots=True)
class RoleLine:
    right: Right
    carried: bool


@dataclass(frozen=True, slots=True)
class RoleSheet:
    """One role, with everything it may and may not, in groups."""

    role: Role
    label: str
    text: str
    people: int
    groups: tuple[tuple[str, tuple[RoleLine, ...]], ...]


@dataclass(frozen=True, slots=True)
class WhoLine:
    """One right with its roles and the people who have one of them."""

    right: Right
    roles: tuple[tuple[Role, str], ...]
    names: tuple[str, ...]
    people: int

    @property
    def more(self) -> int:
        return self.people - len(self.names)


def every_right() -> list[Right]:
    """What is seen first, then what is done, from the one table in `people.calc`."""
    seeing, fields = _("Accounts seen"), _("Fields seen")
    found = [
        Right(f"reach.{reach.value.lower()}", seeing, str(label), "", tuple(role for role in Role if REACH[role] is reach))
        for reach, label in rights.REACH_LABELS.items()
    ]
    found.append(Right("reach.pool", seeing, _("Accounts of the public pool"), "", tuple(role for role in Role if role in SEES_POOL)))
    found += [
        Right(f"field.{code}", fields, str(rights.FIELD_LABELS[code][0]), str(rights.FIELD_LABELS[code][1]), _in_order(carriers))
        for code, carriers in FIELD_RIGHTS.items()
    ]
    done = [
        Right(code, str(rights.PERMISSION_LABELS[code][0]), str(rights.PERMISSION_LABELS[code][1]), "", _in_order(carriers))
        for code, carriers in PERMISSIONS.items()
    ]
    groups = list(dict.fromkeys(right.group for right in done))
    return found + sorted(done, key=lambda right: groups.index(right.group))


def _in_order(roles: Iterable[Role]) -> tuple[Role, ...]:
    carried = set(roles)
    return tuple(role for role in Role if role in carried)


def _words(text: str) -> list[str]:
    return text.casefold().split()[:8]


def _people() -> dict[Role, list[str]]:
    found: dict[Role, list[str]] = defaultdict(list)
    for role, name in User.objects.filter(is_active=True).order_by("pinyin", "pk").values_list("role", "name"):
        found[Role(role)].append(name)
    return found


def role_sheet(scope: Scope, role: str, *, text: str = "") -> RoleSheet:
    """What a role may do and see; without a known role the caller's own. A role is one of three reaches, so only its own is listed."""
    known = [code for code in (role, scope.role) if code in Role.__members__]
    chosen = Role(known[0] if known else Role.REP)
    words = _words(text)
    groups: dict[str, list[RoleLine]] = {}
    for right in every_right():
        is_other_reach = right.code.startswith("reach.") and right.code != "reach.pool" and chosen not in right.roles
        is_implied = right.code == "reach.pool" and REACH[chosen] is Reach.ALL
        if right.fits(words) and not is_other_reach and not is_implied:
            groups.setdefault(right.group, []).append(RoleLine(right, chosen in right.roles))
    return RoleSheet(
        role=chosen, label=str(ROLE_LABELS[chosen]), text=rights.role_text(chosen), people=len(_people()[chosen]),
        groups=tuple((group, tuple(rows)) for group, rows in groups.items()),
    )  # fmt: skip


def who_may(scope: Scope, *, text: str = "") -> list[WhoLine]:
    """Every right with its roles and people. Names and roles are known to every colleague; nobody else reads them here."""
    people = _people() if scope.user_id is not None or scope.sees_all else {}
    words, found = _words(text), []
    for right in every_right():
        if right.fits(words):
            names = [name for role in right.roles for name in people.get(role, [])]
            roles = tuple((role, str(ROLE_LABELS[role])) for role in right.roles)
            found.append(WhoLine(right, roles, tuple(names[:NAMES]), len(names)))
    return found
