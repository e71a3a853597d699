"""What hangs on a person before a hand-over, who can take over, and the hand-overs that were made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.calc.handover import AccountFacts
from dingke.accounts.models import Account, Handover, HandoverRow
from dingke.core import handover
from dingke.core.access import needs
from dingke.core.errors import NotVisible
from dingke.core.handover import Part, Thing
from dingke.core.models import ListItem
from dingke.core.paging import Page, keyset_page
from dingke.core.scope import Scope
from dingke.people import queries as people
from dingke.people.models import User

SHOWN = 8  # things of a part that the page names before it counts the rest
LEVELS = 12  # how far up a group of companies is followed


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One part of what hangs on the person. `is_mine`: the caller may hand it over."""

    part: Part
    number: int
    first: Sequence[Thing]
    is_mine: bool

    @property
    def more(self) -> int:
        return self.number - len(self.first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Accounts of one region or one group of companies."""

    id: int
    label: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """Everything that hangs on a person."""

    held: Sequence[Held]
    regions: Sequence[Slice]
    groups: Sequence[Slice]

    @property
    def number(self) -> int:
        return sum(row.number for row in self.held if row.part.hand)


def leaver_for(scope: Scope, user_id: int) -> User:
    """The person whose things are to be handed over. Raises `NotVisible` for people outside the caller's reach."""
    user = User.objects.select_related("team").filter(pk=user_id).first()
    if user is None or not (needs(scope, "people.edit") or scope.sees_all or user.pk in scope.user_ids):
        raise NotVisible(_("This person is not there."))
    access.can_hand_over(scope, user).enforce()
    return user


def _top_of(parents: dict[int, int | None]) -> dict[int, int]:
    """The uppermost company of each account; one query per level above."""
    known = dict(parents)
    for _level in range(LEVELS):
        missing = {above for above in known.values() if above is not None and above not in known}
        if not missing:
            break
        known |= dict(Account.objects.filter(pk__in=missing).order_by().values_list("pk", "parent_id"))
    top: dict[int, int] = {}
    for pk in parents:
        at, seen = pk, {pk}
        while (above := known.get(at)) is not None and above not in seen:
            at = above
            seen.add(at)
        top[pk] = at
    return top


def account_facts(ids: Iterable[int]) -> list[AccountFacts]:
    """Region and group of accounts, for deciding who gets which."""
    found: dict[int, tuple[int | None, int | None]] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), 500):
        rows = Account.objects.filter(pk__in=wanted[start : start + 500]).order_by().values_list("pk", "region_id", "parent_id")
        found |= {pk: (region, parent) for pk, region, parent in rows}
    top = _top_of({pk: parent for pk, (_region, parent) in found.items()})
    return [AccountFacts(id=pk, region=region or 0, group=top[pk]) for pk, (region, _parent) in found.items()]


def estate(scope: Scope, leaver: User) -> Estate:
    """What the page of a hand-over shows. The number of queries depends on the number of parts, not of things."""
    mine = {part.code for part in handover.movable(scope)}
    held = []
    account_ids: list[int] = []
    for part in handover.parts():
        things = part.things(leaver.pk)
        if part.code == handover.ACCOUNTS:
            account_ids = [thing.id for thing in things]
        held.append(Held(part=part, number=len(things), first=things[:SHOWN], is_mine=part.code in mine))
    facts = account_facts(account_ids)
    return Estate(held=held, regions=_regions(facts), groups=_groups(scope, facts))


def _regions(facts: Sequence[AccountFacts]) -> list[Slice]:
    numbers = Counter(row.region for row in facts)
    if len(numbers) < 2:
        return []
    labels = {item.pk: item.label for item in ListItem.objects.filter(pk__in=numbers).order_by("position", "pk")}
    rows = [Slice(id=pk, label=label, number=numbers[pk]) for pk, label in labels.items()]
    return [*rows, Slice(id=0, label=_("without a region"), number=numbers[0])] if numbers[0] else rows


def _groups(scope: Scope, facts: Sequence[AccountFacts]) -> list[Slice]:
    numbers = {pk: number for pk, number in Counter(row.group for row in facts).items() if number > 1}
    rows = Account.objects.visible_to(scope).filter(pk__in=numbers).order_by("pinyin", "pk").values_list("pk", "name")
    return [Slice(id=pk, label=name, number=numbers[pk]) for pk, name in rows]


def receivers(scope: Scope, leaver: User) -> list[User]:
    """Who can take over: active people in the caller's reach, those who sell first, the leaver's own team on top."""
    rows = people.colleagues(scope).exclude(pk=leaver.pk)
    if not scope.sees_all:
        rows = rows.filter(pk__in=scope.user_ids)
    selling = set(people.assignable(scope).order_by().values_list("pk", flat=True))
    return sorted(rows, key=lambda user: (user.pk not in selling, user.team_id != leaver.team_id, user.pinyin, user.pk))


def leavers(scope: Scope) -> list[User]:
    """Whose things the caller may hand over; closed sign-ins too, as long as accounts are still theirs."""
    rows = User.objects.select_related("team").exclude(pk=scope.me)
    if not (needs(scope, "people.edit") or scope.sees_all):
        rows = rows.filter(pk__in=scope.user_ids)
    return list(rows.filter(Q(is_active=True) | Q(accounts__isnull=False)).distinct().order_by("-is_active", "pinyin", "pk"))


def own_accounts(scope: Scope, leaver: User, *, text: str = "", cursor: str | None = None, size: int = 30) -> Page[Account]:
    """A page of the leaver's accounts, for naming receivers by hand."""
    rows = Account.objects.filter(owner=leaver).select_related("region")
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(pinyin__startswith=text.lower()))
    return keyset_page(rows, order=["pinyin"], cursor=cursor, size=size)


def _visible(scope: Scope) -> QuerySet[Handover]:
    rows = Handover.objects.select_related("leaver", "job")
    if needs(scope, "people.edit") or scope.sees_all:
        return rows
    return rows.filter(leaver_id__in=scope.user_ids)


def handovers(scope: Scope, *, cursor: str | None = None) -> Page[Handover]:
    return keyset_page(_visible(scope), order=["-pk"], cursor=cursor, size=20)


def handover_for(scope: Scope, handover_id: int) -> Handover:
    row = _visible(scope).filter(pk=handover_id).order_by("pk").first() if needs(scope, "accounts.assign") else None
    if row is None:
        raise NotVisible(_("There is no such hand-over, or it is not of your teams."))
    return row


def rows_of(row: Handover, *, part: str = "", cursor: str | None = None) -> Page[HandoverRow]:
    """What became of each thing; what stayed or was changed since comes first by its own filter on the page."""
    rows = HandoverRow.objects.filter(handover=row).select_related("receiver")
    return keyset_page(rows.filter(part=part) if part else rows, order=["pk"], cursor=cursor, size=50)


def exceptions_of(row: Handover) -> list[HandoverRow]:
    """What stayed, and what was not taken back because it was changed since."""
    kinds = [HandoverRow.State.STAYED, HandoverRow.State.KEPT]
    return list(HandoverRow.objects.filter(handover=row, state__in=kinds).select_related("receiver").order_by("pk")[:200])


def numbers_of(row: Handover) -> list[tuple[str, str, int]]:
    """Part, receiver, how many: what a hand-over gave to whom."""
    labels = {part.code: str(part.label) for part in handover.parts()}
    rows = HandoverRow.objects.filter(handover=row).exclude(state=HandoverRow.State.STAYED)
    counted = rows.order_by("part", "receiver__pinyin", "receiver_id").values_list("part", "receiver__name").annotate(number=Count("pk"))
    return [(labels.get(code, code), name or "", number) for code, name, number in counted]


def part_labels() -> list[tuple[str, str]]:
    return [(part.code, str(part.label)) for part in handover.parts()]
