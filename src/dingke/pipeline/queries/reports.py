"""The pipeline report: won, lost, open and the win rate, whole and by agent, manager, region, product, sector and quarter.

The page, the file and `dingke report pipeline` read it here, so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import ExtractQuarter, ExtractYear
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core.models import ListItem
from dingke.core.money import rounded
from dingke.core.periods import add_months
from dingke.core.scope import Scope
from dingke.ledger.models import Product
from dingke.people.models import Team, User
from dingke.pipeline.calc.reports import win_rate
from dingke.pipeline.models import Opportunity
from dingke.pipeline.queries.list_filter import NONE, DealFilter, filtered, first_product, groups_of

State = Opportunity.State
ENDED = (State.WON, State.LOST, State.DROPPED)
_ZERO = Decimal(0)


@dataclass(slots=True)
class Line:
    """One row of the report: a label, its figures, and the filter that opens the deals behind it."""

    label: str
    won: int = 0
    lost: int = 0
    dropped: int = 0
    open: int = 0
    won_value: Decimal | None = _ZERO
    open_value: Decimal | None = _ZERO
    wanted: DealFilter | None = None

    @property
    def win_rate(self) -> Decimal | None:
        return win_rate(self.won, self.lost)

    @property
    def average_won(self) -> Decimal | None:
        return None if self.won_value is None or not self.won else self.won_value / self.won

    def add(self, state: str, number: int, won_value: Decimal | None, open_value: Decimal | None) -> None:
        name = {State.WON: "won", State.LOST: "lost", State.DROPPED: "dropped", State.OPEN: "open"}[State(state)]
        setattr(self, name, getattr(self, name) + number)
        if self.won_value is not None and state == State.WON:
            self.won_value += rounded(won_value or _ZERO)
        if self.open_value is not None and state == State.OPEN:
            self.open_value += rounded(open_value or _ZERO)

    def opens(self, state: str) -> DealFilter | None:
        return None if self.wanted is None else replace(self.wanted, state=state)

    def plain(self) -> dict[str, Any]:
        return {
            "won": self.won, "lost": self.lost, "dropped": self.dropped, "open": self.open,
            "win_rate": None if self.win_rate is None else float(self.win_rate),
            "won_value": None if self.won_value is None else str(rounded(self.won_value)),
            "open_value": None if self.open_value is None else str(rounded(self.open_value)),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class PipelineReport:
    total: Line
    by_agent: list[Line] = field(default_factory=list)
    by_manager: list[Line] = field(default_factory=list)
    by_region: list[Line] = field(default_factory=list)
    by_product: list[Line] = field(default_factory=list)
    by_sector: list[Line] = field(default_factory=list)
    by_quarter: list[Line] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """As the command and the API tell it."""
        parts = ("by_agent", "by_manager", "by_region", "by_product", "by_sector", "by_quarter")
        return {**self.total.plain(), **{part: {line.label: line.plain() for line in getattr(self, part)} for part in parts}}

    def parts(self) -> list[tuple[str, str, list[Line]]]:
        return [
            ("agent", _("By owner"), self.by_agent),
            ("manager", _("By manager"), self.by_manager),
            ("region", _("By region"), self.by_region),
            ("product", _("By product"), self.by_product),
            ("sector", _("By industry"), self.by_sector),
            ("quarter", _("By quarter"), self.by_quarter),
        ]


@dataclass(frozen=True, slots=True)
class Seat:
    """Where an owner stands: the manager's name, the uppermost team, and their ids for filters."""

    name: str
    manager: str
    team_id: int | None
    region: str
    region_id: int | None


def seats(owner_ids: Iterable[int]) -> dict[int, Seat]:
    """Owner -> manager and region, in three queries: the manager leads the nearest team that somebody else leads, the region is the
    team at the root."""
    teams = {team.pk: team for team in Team.objects.prefetch_related("leaders").order_by("pk")}
    found = {}
    for user in User.objects.filter(pk__in=set(owner_ids)).order_by("pk"):
        way = [teams[int(part)] for part in (teams[user.team_id].path if user.team_id in teams else "").split("/") if part]
        manager, led = "", None
        for team in reversed(way):
            leader = next((one for one in sorted(team.leaders.all(), key=lambda one: one.pk) if one.pk != user.pk), None)
            if leader is not None:
                manager, led = str(leader), team.pk
                break
        found[user.pk] = Seat(str(user), manager, led, way[0].name if way else "", way[0].pk if way else None)
    return found


def rows_for(scope: Scope, wanted: DealFilter, *, today: date) -> QuerySet[Opportunity]:
    """The deals that a report is about: the filter's, in every state."""
    return filtered(scope, replace(wanted, state=""), today=today)


def _grouped(rows: QuerySet[Opportunity], *by: str) -> list[dict[str, Any]]:
    groups = rows.values("state", *by).annotate(
        number=Count("pk"),
        won_value=Sum("won_amount", filter=Q(state=State.WON)),
        open_value=Sum("amount", filter=Q(state=State.OPEN)),
    )
    return groups_of(groups.order_by("state", *by))


def pipeline_report(scope: Scope, wanted: DealFilter, *, today: date) -> PipelineReport:
    """The whole report in a fixed number of queries. Amounts are None for who does not see them."""
    rows = rows_for(scope, wanted, today=today)
    base = replace(wanted, state="")
    hides = scope.hides("amount")

    def fresh(label: str, aim: DealFilter | None) -> Line:
        return Line(label, won_value=None if hides else _ZERO, open_value=None if hides else _ZERO, wanted=aim)

    total = fresh(_("All"), base)
    owners = _grouped(rows, "owner_id")
    for group in owners:
        total.add(group["state"], group["number"], group["won_value"], group["open_value"])
    where = seats(group["owner_id"] for group in owners)

    def by_seat(label: Callable[[Seat], str], aim: Callable[[int, Seat], DealFilter | None], without: str) -> list[Line]:
        found: dict[str, Line] = {}
        for group in owners:
            seat = where[group["owner_id"]]
            name = label(seat) or without
            line = found.setdefault(name, fresh(name, aim(group["owner_id"], seat)))
            line.add(group["state"], group["number"], group["won_value"], group["open_value"])
        return ordered(found.values())

    def by_key(groups: Sequence[dict[str, Any]], key: str, names: dict[Any, str], without: str, aim: str) -> list[Line]:
        found: dict[Any, Line] = {}
        for group in groups:
            value = group[key]
            said = NONE if value is None else str(value)
            narrowed = replace(base, product=said) if aim == "product" else replace(base, sector=said)
            line = found.setdefault(value, fresh(names.get(value, without) if value is not None else without, narrowed))
            line.add(group["state"], group["number"], group["won_value"], group["open_value"])
        return ordered(found.values())

    products = _grouped(rows.annotate(product=first_product()), "product")
    sectors = _grouped(rows, "account__industry_id")
    return PipelineReport(
        total=total,
        by_agent=by_seat(lambda seat: seat.name, lambda pk, _seat: replace(base, owner=str(pk)), ""),
        by_manager=by_seat(
            lambda seat: seat.manager, lambda _pk, seat: replace(base, team=seat.team_id) if seat.team_id else None, _("Without a manager")
        ),
        by_region=by_seat(
            lambda seat: seat.region, lambda _pk, seat: replace(base, team=seat.region_id) if seat.region_id else None, _("Without a team")
        ),
        by_product=by_key(products, "product", _product_names(products), _("Without a product"), "product"),
        by_sector=by_key(sectors, "account__industry_id", _item_names(sectors, "account__industry_id"), _("Without an industry"), "sector"),
        by_quarter=_quarters(rows, base, fresh),
    )


def ordered(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (-(line.won_value or _ZERO), -line.won, line.label))


def _quarters(rows: QuerySet[Opportunity], base: DealFilter, fresh: Callable[[str, DealFilter | None], Line]) -> list[Line]:
    """Ended deals by the quarter they ended in; open ones have no quarter."""
    ended = rows.filter(state__in=ENDED, ended_date__isnull=False)
    groups = _grouped(ended.annotate(year=ExtractYear("ended_date"), quarter=ExtractQuarter("ended_date")), "year", "quarter")
    found: dict[tuple[int, int], Line] = {}
    for group in groups:
        key = (group["year"], group["quarter"])
        if key not in found:
            start = date(key[0], key[1] * 3 - 2, 1)
            last = date.fromordinal(add_months(start, 3).toordinal() - 1)
            narrowed = replace(base, ended_from=start, ended_to=last)
            found[key] = fresh(f"{key[0]}-Q{key[1]}", narrowed)
        found[key].add(group["state"], group["number"], group["won_value"], None)
    return [found[key] for key in sorted(found)]


def _product_names(groups: Sequence[dict[str, Any]]) -> dict[Any, str]:
    ids = {group["product"] for group in groups} - {None}
    return dict(Product.objects.filter(pk__in=ids).order_by("pk").values_list("pk", "name"))


def _item_names(groups: Sequence[dict[str, Any]], key: str) -> dict[Any, str]:
    ids = {group[key] for group in groups} - {None}
    chinese = (get_language() or "").startswith("zh")
    return {item.pk: item.label_zh if chinese else item.label_en for item in ListItem.objects.filter(pk__in=ids).order_by("pk")}


# --- why deals were won and lost ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cause:
    """A reason or a rival: how many deals it took, what they would have brought."""

    label: str
    number: int
    value: Decimal | None
    wanted: DealFilter


@dataclass(frozen=True, slots=True)
class WinLoss:
    """Lost and dropped deals by reason and by rival; against a rival also the won ones, with the win rate against it."""

    reasons: list[Cause]
    lost_to: list[Cause]
    rivals: list[Line]
    without_reason: int


def win_loss(scope: Scope, wanted: DealFilter, *, today: date) -> WinLoss:
    """Why deals end: a fixed number of queries."""
    hides = scope.hides("amount")
    base = replace(wanted, state="")
    rows = rows_for(scope, wanted, today=today)
    lost = rows.filter(state__in=[State.LOST, State.DROPPED])
    reasoned = lost.values("end_reason_id", "state").annotate(number=Count("pk"), value=Sum("amount"))
    by_reason = groups_of(reasoned.order_by("end_reason_id", "state"))
    names = _item_names(by_reason, "end_reason_id")
    reasons: dict[Any, Cause] = {}
    for group in by_reason:
        key = group["end_reason_id"]
        aim = replace(base, state=State.LOST.value, reason=NONE if key is None else str(key))
        before = reasons.get(key) or Cause(names.get(key, _("No reason given")), 0, None if hides else _ZERO, aim)
        value = None if before.value is None else before.value + (group["value"] or _ZERO)
        reasons[key] = replace(before, number=before.number + group["number"], value=value)
    lost_to = [
        Cause(
            group["lost_to__name"], group["number"], None if hides else group["value"] or _ZERO,
            replace(base, state=State.LOST.value, rival=str(group["lost_to_id"])),
        )
        for group in lost.filter(lost_to__isnull=False)
        .values("lost_to_id", "lost_to__name")
        .annotate(number=Count("pk"), value=Sum("amount"))
        .order_by("-number", "lost_to__name")
    ]  # fmt: skip
    rivals: dict[int, Line] = {}
    met = rows.filter(competitors__archived_at__isnull=True, competitors__isnull=False)
    against = met.values("state", rival=F("competitors__competitor_id"), rival_name=F("competitors__competitor__name"))
    for group in groups_of(against.annotate(number=Count("pk"), won_value=Sum("won_amount")).order_by("rival_name", "state")):
        line = rivals.setdefault(group["rival"], Line(group["rival_name"], won_value=None if hides else _ZERO, open_value=None))
        line.add(group["state"], group["number"], group["won_value"], None)
    return WinLoss(
        reasons=sorted(reasons.values(), key=lambda cause: (-cause.number, cause.label)),
        lost_to=lost_to,
        rivals=ordered(rivals.values()),
        without_reason=reasons[None].number if None in reasons else 0,
    )
