"""The list of people, and one person with what an administrator asks about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from dingke.core import paging
from dingke.core.access import needs
from dingke.core.errors import NotVisible
from dingke.core.models import AuditEntry
from dingke.core.scope import Scope
from dingke.people.calc import REACH, Reach, Role
from dingke.people.models import Team, Territory, User
from dingke.people.queries import rights

SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryFilter:
    """Empty fields do not filter. `team` counts with the teams below it."""

    text: str = ""
    role: str = ""
    team: Team | None = None
    is_active: bool = True

    def without(self, field: str) -> DirectoryFilter:
        return replace(self, team=None) if field == "team" else replace(self, role="") if field == "role" else replace(self, text="")

    def params(self) -> dict[str, str]:
        found = {
            "text": self.text,
            "role": self.role,
            "team": str(self.team.pk) if self.team else "",
            "state": "" if self.is_active else "closed",
        }
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class PersonRow:
    user: User
    accounts: int
    leads: list[Team]

    @property
    def leads_in_vain(self) -> bool:
        """Leads a team, but the role does not reach it."""
        return bool(self.leads) and REACH[Role(self.user.role)] is Reach.OWN


@dataclass(frozen=True, slots=True)
class DirectoryPage:
    rows: list[PersonRow]
    next_cursor: str | None


def filter_from(scope: Scope, *, text: str = "", role: str = "", team: str = "", state: str = "") -> DirectoryFilter:
    """Reads the filters of an address; what does not exist is left out."""
    known = Team.objects.filter(pk=int(team)).first() if team.isascii() and team.isdigit() and len(team) < 18 else None
    return DirectoryFilter(
        text=" ".join(text.split())[:80], role=role if role in Role.__members__ else "", team=known, is_active=state != "closed"
    )


def _matching(filters: DirectoryFilter) -> QuerySet[User]:
    rows = User.objects.all()
    if filters.text:
        text = filters.text
        rows = rows.filter(
            Q(name__icontains=text)
            | Q(username__icontains=text)
            | Q(pinyin__startswith=text.lower().replace(" ", ""))
            | Q(email__icontains=text)
        )
    if filters.role:
        rows = rows.filter(role=filters.role)
    if filters.team:
        rows = rows.filter(team__path__startswith=filters.team.path)
    return rows


def account_counts(user_ids: Iterable[int]) -> dict[int, int]:
    """How many current accounts each person owns, in one query."""
    rows = (
        User.objects.filter(pk__in=list(user_ids))
        .order_by()
        .annotate(number=Count("accounts", filter=Q(accounts__archived_at__isnull=True)))
    )
    return dict(rows.values_list("pk", "number"))


def people_page(scope: Scope, filters: DirectoryFilter, *, cursor: str | None = None, size: int = SIZE) -> DirectoryPage:
    """One page of people in pinyin order, with their team, the teams they lead and how many accounts they own."""
    needs(scope, "people.edit").enforce()
    rows = _matching(filters).filter(is_active=filters.is_active).select_related("team").prefetch_related("led_teams")
    page = paging.keyset_page(rows, order=["pinyin"], size=size, cursor=cursor)
    numbers = account_counts(user.pk for user in page.items)
    return DirectoryPage([PersonRow(user, numbers.get(user.pk, 0), list(user.led_teams.all())) for user in page.items], page.next_cursor)


def people_counts(scope: Scope, filters: DirectoryFilter) -> tuple[int, int]:
    """How many active and closed people match."""
    needs(scope, "people.edit").enforce()
    found = (
        _matching(filters).order_by().aggregate(active=Count("pk", filter=Q(is_active=True)), closed=Count("pk", filter=Q(is_active=False)))
    )
    return found["active"], found["closed"]


def person_for(scope: Scope, user_id: int) -> User:
    """A person for whoever manages people, else only oneself. Raises `NotVisible`."""
    rows = User.objects.select_related("team").prefetch_related("led_teams", "territories")
    user = rows.filter(pk=user_id).first() if user_id == scope.user_id or needs(scope, "people.edit") else None
    if user is None:
        raise NotVisible(_("This person is not there."))
    return user


@dataclass(frozen=True, slots=True)
class Profile:
    """A person with what he or she sees and how many accounts are at stake."""

    user: User
    accounts: int
    sight: list[str]
    leads: list[Team]
    territories: list[Territory]
    history: list[AuditEntry]
    role_text: str


def profile(scope: Scope, user: User) -> Profile:
    history: list[AuditEntry] = []
    if needs(scope, "people.edit"):
        history = list(AuditEntry.objects.filter(target=user._meta.label_lower, target_id=user.pk).order_by("-at", "-id")[:8])
    return Profile(
        user=user,
        accounts=account_counts([user.pk]).get(user.pk, 0),
        sight=rights.sight_of(user),
        leads=[team for team in user.led_teams.all() if team.archived_at is None],
        territories=[row for row in user.territories.all() if row.archived_at is None],
        history=history,
        role_text=rights.role_text(Role(user.role)),
    )


def everybody(scope: Scope, *, with_closed: bool = False) -> QuerySet[User]:
    """People to choose from as leaders and members."""
    needs(scope, "people.edit").enforce()
    rows = User.objects.select_related("team").order_by("pinyin", "pk")
    return rows if with_closed else rows.filter(is_active=True)
