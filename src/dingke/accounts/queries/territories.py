"""Which accounts fall into which territory by the rules, counted in the database: rows are only read when they move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import Count

from dingke.accounts.calc.territories import Place, TerritoryRule, fitting, regions_upwards, territory_of
from dingke.accounts.models import Account
from dingke.core.access import needs
from dingke.core.models import Job, ListItem
from dingke.core.scope import Scope
from dingke.people.models import Territory

KIND = "place_territories"


@dataclass(slots=True)
class TerritoryCount:
    """A territory with how many current accounts lie in it, and how many would by its rules."""

    territory: Territory
    now: int = 0
    by_rules: int = 0


@dataclass(slots=True)
class Preview:
    """What placing would do: accounts that would move, those in no territory afterwards, and the count of each territory."""

    moves: int = 0
    nowhere: int = 0
    total: int = 0
    territories: list[TerritoryCount] = field(default_factory=list)


@dataclass(slots=True)
class RuleCount:
    """How many accounts a rule that is being written fits, and how many of those go to a closer territory."""

    fits: int = 0
    elsewhere: Counter[str] = field(default_factory=Counter)

    @property
    def here(self) -> int:
        return self.fits - self.elsewhere.total()


def region_parents() -> dict[int, int]:
    """Region -> the part of the country it lies in, by ids."""
    rows = list(ListItem.objects.filter(list_code="regions").order_by("pk").values_list("pk", "code", "data"))
    by_code = {code: pk for pk, code, _data in rows}
    found = {pk: by_code.get(str((data or {}).get("parent", ""))) for pk, _code, data in rows}
    return {pk: parent for pk, parent in found.items() if parent is not None}


def rules() -> list[TerritoryRule]:
    """The rules of the current territories."""
    rows = Territory.objects.filter(archived_at__isnull=True).prefetch_related("regions", "industries").order_by("pk")
    return [
        TerritoryRule(
            row.pk, row.name, frozenset(item.pk for item in row.regions.all()), frozenset(item.pk for item in row.industries.all())
        )
        for row in rows
    ]


class Placer:
    """The rules with the regions as they are: answers for one region and industry after another."""

    def __init__(self, territory_rules: Iterable[TerritoryRule] | None = None) -> None:
        self.rules = list(rules() if territory_rules is None else territory_rules)
        self.parents = region_parents()
        self.by_hand = {rule.id for rule in self.rules if rule.is_empty}
        self._known: dict[tuple[int | None, int | None], int | None] = {}

    def place(self, region: int | None, industry: int | None) -> Place:
        return Place(regions_upwards(region, self.parents), industry)

    def wanted(self, region: int | None, industry: int | None, now: int | None) -> int | None:
        """The territory that the rules want. A territory without rules keeps what was put into it while no other fits."""
        key = (region, industry)
        if key not in self._known:
            self._known[key] = territory_of(self.place(region, industry), self.rules)
        found = self._known[key]
        return now if found is None and now in self.by_hand else found


Group = tuple[int | None, int | None, int | None, int]


def _groups() -> Iterator[Group]:
    rows = Account.objects.current().order_by().values_list("region_id", "industry_id", "territory_id").annotate(number=Count("pk"))
    yield from rows


def preview(scope: Scope) -> Preview:
    """What placing all accounts anew would change."""
    needs(scope, "people.edit").enforce()
    placer, found = Placer(), Preview()
    territories = {row.pk: TerritoryCount(row) for row in Territory.objects.filter(archived_at__isnull=True).order_by("name", "pk")}
    for region, industry, now, number in _groups():
        wanted = placer.wanted(region, industry, now)
        found.total += number
        found.moves += number if wanted != now else 0
        found.nowhere += number if wanted is None else 0
        if now in territories:
            territories[now].now += number
        if wanted in territories:
            territories[wanted].by_rules += number
    found.territories = list(territories.values())
    return found


def rule_count(scope: Scope, *, territory_id: int | None, name: str, regions: Iterable[int], industries: Iterable[int]) -> RuleCount:
    """What a rule that is being written would bring together, before it is saved."""
    needs(scope, "people.edit").enforce()
    draft = TerritoryRule(territory_id or 0, name, frozenset(regions), frozenset(industries))
    placer = Placer([draft, *(rule for rule in rules() if rule.id != draft.id)])
    found = RuleCount()
    for region, industry, _now, number in _groups():
        fits = fitting(placer.place(region, industry), placer.rules)
        if draft not in fits:
            continue
        found.fits += number
        if fits[0] != draft:
            found.elsewhere[fits[0].name] += number
    return found


def moving(placer: Placer) -> Iterator[tuple[int, int | None, int | None]]:
    """Accounts that lie elsewhere than the rules want: (account, territory now, territory wanted)."""
    rows = Account.objects.current().order_by("pk").values_list("pk", "region_id", "industry_id", "territory_id")
    for account_id, region, industry, now in rows.iterator(chunk_size=5_000):
        wanted = placer.wanted(region, industry, now)
        if wanted != now:
            yield account_id, now, wanted


def open_job() -> Job | None:
    """The placing that waits or runs."""
    return Job.objects.filter(kind=KIND, state__in=[Job.State.WAITING, Job.State.RUNNING]).order_by("-id").first()
