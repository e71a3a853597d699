"""The forecast: what is committed, the best case, the weighted sum, and a range from history; by owner or team, month or quarter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Sum, Value, When
from django.utils.translation import gettext as _

from dingke.core import rules
from dingke.core.money import rounded
from dingke.core.periods import Period, add_months
from dingke.core.scope import Scope
from dingke.people.models import Team, User
from dingke.pipeline.calc import forecast as method
from dingke.pipeline.calc.forecast import ForecastSettings
from dingke.pipeline.models import Opportunity
from dingke.pipeline.queries.list_filter import DealFilter, filtered, first_product, groups_of, visible_deals
from dingke.pipeline.queries.playbooks import contents
from dingke.pipeline.queries.probability import history_shares

RULES = "pipeline_forecast"
YEARS_BACK = 3
MONTHS, QUARTERS = 6, 4
_ZERO = Decimal(0)
State, Forecast = Opportunity.State, Opportunity.Forecast


@dataclass(slots=True)
class Figures:
    """Amounts are None for who does not see them. `best` holds the committed ones too; `pipeline` is everything that is not left out."""

    number: int = 0
    won_number: int = 0
    won: Decimal | None = _ZERO
    commit: Decimal | None = _ZERO
    best: Decimal | None = _ZERO
    pipeline: Decimal | None = _ZERO
    weighted: Decimal | None = _ZERO
    without_amount: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """A row of the forecast: an owner or a team."""

    key: int
    label: str
    figures: list[Figures]
    wanted: DealFilter


@dataclass(frozen=True, slots=True)
class Span:
    label: str
    period: Period

    @property
    def last(self) -> date:
        return self.period.end - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ForecastReport:
    by: str
    spans: list[Span]
    groups: list[Group]
    totals: list[Figures]
    overdue: int
    undated: int
    wanted: DealFilter


def spans_of(unit: str, today: date) -> list[Span]:
    """The running month or quarter and those that follow."""
    if unit == "quarter":
        start = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
        starts = [add_months(start, 3 * index) for index in range(QUARTERS + 1)]
        return [Span(f"{a.year}-Q{(a.month + 2) // 3}", Period(a, b)) for a, b in zip(starts, starts[1:], strict=False)]
    start = today.replace(day=1)
    starts = [add_months(start, index) for index in range(MONTHS + 1)]
    return [Span(f"{a:%Y-%m}", Period(a, b)) for a, b in zip(starts, starts[1:], strict=False)]


def _place(field_name: str, spans: Sequence[Span]) -> Case:
    """Which span a day lies in; NULL outside of all."""
    cases = [
        When(**{f"{field_name}__gte": span.period.start, f"{field_name}__lt": span.period.end}, then=Value(index))
        for index, span in enumerate(spans)
    ]
    return Case(*cases, default=None, output_field=IntegerField())


def forecast(scope: Scope, wanted: DealFilter, *, by: str, unit: str, today: date) -> ForecastReport:
    """Sums by the database: open deals by their expected date, won ones by the day they ended."""
    spans = spans_of(unit, today)
    base = replace(wanted, state="", due="", expected_from=None, expected_to=None, ended_from=None, ended_to=None)
    rows = filtered(scope, base, today=today)
    counted = Q(forecast__in=[Forecast.COMMIT, Forecast.BEST_CASE, Forecast.PIPELINE])
    open_rows = rows.filter(state=State.OPEN)
    open_groups = (
        open_rows.annotate(span=_place("expected_date", spans))
        .filter(span__isnull=False)
        .values("owner_id", "span")
        .annotate(
            number=Count("pk", filter=counted),
            without=Count("pk", filter=counted & Q(amount__isnull=True)),
            commit=Sum("amount", filter=Q(forecast=Forecast.COMMIT)),
            best=Sum("amount", filter=Q(forecast__in=[Forecast.COMMIT, Forecast.BEST_CASE])),
            pipeline=Sum("amount", filter=counted),
            weighted=Sum(F("amount") * F("probability"), filter=counted),
        )
        .order_by("owner_id", "span")
    )
    won_groups = (
        rows.filter(state=State.WON)
        .annotate(span=_place("ended_date", spans))
        .filter(span__isnull=False)
        .values("owner_id", "span")
        .annotate(number=Count("pk"), won=Sum("won_amount"))
        .order_by("owner_id", "span")
    )
    found = _Collected(len(spans), hides=scope.hides("amount"))
    open_list, won_list = groups_of(open_groups), groups_of(won_groups)
    keys = _keys_of({group["owner_id"] for group in [*open_list, *won_list]}, by)
    for group in open_list:
        found.add_open(keys.get(group["owner_id"], 0), group)
    for group in won_list:
        found.add_won(keys.get(group["owner_id"], 0), group)
    labels = _labels(found.groups, by)
    groups = [Group(key, labels.get(key, _("Without a team")), figures, _narrowed(base, by, key)) for key, figures in found.groups.items()]
    groups.sort(key=lambda group: (-sum(((one.weighted or _ZERO) + (one.won or _ZERO)) for one in group.figures), group.label))
    late = open_rows.aggregate(
        overdue=Count("pk", filter=Q(expected_date__lt=spans[0].period.start)), undated=Count("pk", filter=Q(expected_date__isnull=True))
    )
    return ForecastReport(by, spans, groups, found.totals, late["overdue"], late["undated"], base)


class _Collected:
    """Figures by group and span, added up as they come."""

    def __init__(self, spans: int, *, hides: bool) -> None:
        self.spans, self.hides = spans, hides
        self.groups: dict[int, list[Figures]] = {}
        self.totals = self.fresh()

    def fresh(self) -> list[Figures]:
        nothing = dict.fromkeys(("won", "commit", "best", "pipeline", "weighted"), None if self.hides else _ZERO)
        return [Figures(**nothing) for _span in range(self.spans)]  # type: ignore[arg-type]

    def both(self, key: int, span: int) -> tuple[Figures, Figures]:
        return self.groups.setdefault(key, self.fresh())[span], self.totals[span]

    def add_open(self, key: int, group: dict[str, Any]) -> None:
        for figures in self.both(key, group["span"]):
            figures.number += group["number"]
            figures.without_amount += group["without"]
            if not self.hides:
                for name in ("commit", "best", "pipeline"):
                    setattr(figures, name, getattr(figures, name) + rounded(group[name] or _ZERO))
                figures.weighted = (figures.weighted or _ZERO) + rounded(Decimal(group["weighted"] or 0) / 100)

    def add_won(self, key: int, group: dict[str, Any]) -> None:
        for figures in self.both(key, group["span"]):
            figures.won_number += group["number"]
            if not self.hides:
                figures.won = (figures.won or _ZERO) + rounded(group["won"] or _ZERO)


def _keys_of(owner_ids: set[int], by: str) -> dict[int, int]:
    """Owner -> key of the group: the owner, or the owner's team (0: none)."""
    if by != "team":
        return {owner_id: owner_id for owner_id in owner_ids}
    rows = User.objects.filter(pk__in=owner_ids).order_by("pk").values_list("pk", "team_id")
    return {pk: team_id or 0 for pk, team_id in rows}


def _labels(keys: Any, by: str) -> dict[int, str]:
    if by == "team":
        return dict(Team.objects.filter(pk__in=list(keys)).order_by("pk").values_list("pk", "name"))
    return {user.pk: str(user) for user in User.objects.filter(pk__in=list(keys)).order_by("pk")}


def _narrowed(base: DealFilter, by: str, key: int) -> DealFilter:
    if by == "team":
        return replace(base, team=key) if key else base
    return replace(base, owner=str(key))


# --- the range -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Range:
    """What is likely to be won from today to the end of the period: eight of ten draws lie between `low` and `high`."""

    low: Decimal
    middle: Decimal
    high: Decimal
    won: Decimal = _ZERO

    @property
    def whole(self) -> tuple[Decimal, Decimal, Decimal]:
        """With what was won in the period already."""
        return self.low + self.won, self.middle + self.won, self.high + self.won


@dataclass(frozen=True, slots=True)
class RangeReport:
    """`basis`: HISTORY or STORED; `ended`: ended deals it learned from; `groups`: (key, ranges by span)."""

    basis: str
    ended: int
    deals: int
    spans: list[Span]
    totals: list[Range]
    groups: dict[int, list[Range]] = field(default_factory=dict)
    spread: float = 0.0


def settings_in_force() -> ForecastSettings:
    return rules.load(RULES, ForecastSettings)


def _columns(rows: QuerySet[Opportunity]) -> tuple[method.DealColumns, list[tuple[int, str]], list[int]]:
    """Deals as columns, with (playbook, stage) and the stored probability of each: one query."""
    read = (
        rows.annotate(product=first_product())
        .order_by("pk")
        .values_list(
            "opened_date", "ended_date", "state", "won_amount", "amount", "expected_date", "owner_id", "product", "stage",
            "playbook_version__playbook_id", "probability",
        )
    )  # fmt: skip
    made, places, stored = [], [], []
    for opened, ended, state, value, amount, expected, owner, product, stage, book, probability in read.iterator(chunk_size=5_000):
        won = state == State.WON
        made.append(
            (
                opened, ended if state != State.OPEN else None, won, float(value) if won and value is not None else None,
                None if amount is None else float(amount), expected, owner, product or 0, None,
            )
        )  # fmt: skip
        places.append((book, stage))
        stored.append(probability)
    return method.columns(made), places, stored


def history_columns(*, today: date) -> method.DealColumns:
    """Every deal of the company of the last years: what ended, and what has not."""
    rows = Opportunity.objects.filter(archived_at__isnull=True, opened_date__gte=add_months(today, -12 * YEARS_BACK))
    return _columns(rows)[0]


def _stage_shares(places: Sequence[tuple[int, str]], strength: int) -> list[float]:
    """Win share of each deal's stage: of the deals that had been in it, drawn towards what the playbook says."""
    shares = history_shares(places)
    known: dict[tuple[int, str], float] = {}
    books: dict[int, int] = {}
    for version, book in (
        Opportunity.objects.filter(playbook_version__playbook_id__in={book for book, _stage in places}, state=State.OPEN)
        .order_by("playbook_version_id")
        .values_list("playbook_version_id", "playbook_version__playbook_id")
        .distinct()
    ):
        books[version] = book
    for version, content in contents(books).items():
        for stage in content.stages:
            key = (books[version], stage.code)
            share = shares.get(key)
            known[key] = float(method.shrunk(share.won if share else 0, share.cases if share else 0, stage.probability / 100, strength))
    return [known.get(place, 0.5) for place in places]


def forecast_range(scope: Scope, wanted: DealFilter, *, by: str, unit: str, today: date) -> RangeReport | None:
    """The range for what the caller sees, learned from the whole company. None for who does not see amounts."""
    if scope.hides("amount"):
        return None
    settings = settings_in_force()
    spans = spans_of(unit, today)
    base = replace(wanted, state=State.OPEN.value, due="", expected_from=None, expected_to=None, ended_from=None, ended_to=None)
    rows = filtered(scope, base, today=today).exclude(forecast=Forecast.OMITTED)
    deals, places, stored = _columns(rows)
    history = history_columns(today=today)
    learned = method.learn(history, as_of=today, settings=settings)
    if learned is not None:
        learned = method.with_spread(learned, history, as_of=today, settings=settings)
        shares = np.array(_stage_shares(places, settings.strength), np.float64)
        deals = replace(deals, stage_share=shares)
    owners = {int(one) for one in deals.owner}
    fresh = _arrivals_of(scope, wanted, learned)
    keys = _keys_of(owners | fresh, by)
    order = {key: place for place, key in enumerate(sorted(set(keys.values())))}
    bounds = np.array([today, *(span.period.end for span in spans)], "datetime64[D]")
    told = method.simulate(
        learned, deals, bounds=bounds, group=np.array([order[keys[int(one)]] for one in deals.owner], np.int64), groups=max(len(order), 1),
        group_of_owner={owner: order[keys[owner]] for owner in fresh if owner in keys}, stored=np.array(stored, np.float64) / 100,
        settings=settings,
    )  # fmt: skip
    won = _won_so_far(scope, wanted, spans[0], by, today=today)
    totals = [
        _range(told.all_low[k], told.all_middle[k], told.all_high[k], sum(won.values(), _ZERO) if k == 0 else _ZERO)
        for k in range(len(spans))
    ]
    groups = {
        key: [
            _range(told.low[place, k], told.middle[place, k], told.high[place, k], won.get(key, _ZERO) if k == 0 else _ZERO)
            for k in range(len(spans))
        ]
        for key, place in order.items()
    }
    spread = learned.spread if learned else settings.spread
    return RangeReport(told.basis, learned.number if learned else 0, len(deals), spans, totals, groups, spread)


def _range(low: float, middle: float, high: float, won: Decimal) -> Range:
    return Range(_money(low), _money(middle), _money(high), won)


def _money(value: float) -> Decimal:
    return rounded(Decimal(str(float(value))))


def _arrivals_of(scope: Scope, wanted: DealFilter, learned: method.Learned | None) -> set[int]:
    """Owners whose new deals belong to what is looked at. A filter on anything but people says nothing of deals to come."""
    plain = replace(wanted, owner="", team=None, state=State.OPEN.value, due="", expected_from=None, expected_to=None)
    if learned is None or not plain.is_empty:
        return set()
    people = User.objects.filter(pk__in=list(learned.arrivals)).order_by("pk")
    if not scope.sees_all:
        people = people.filter(pk__in=scope.user_ids)
    if wanted.owner:
        people = people.filter(pk=scope.me if wanted.owner == "mine" else int(wanted.owner))
    if wanted.team is not None:
        team = Team.objects.filter(pk=wanted.team).order_by("pk").first()
        people = people.filter(team__path__startswith=team.path) if team else people.none()
    return set(people.values_list("pk", flat=True))


def _won_so_far(scope: Scope, wanted: DealFilter, span: Span, by: str, *, today: date) -> dict[int, Decimal]:
    base = replace(
        wanted, state=State.WON.value, due="", expected_from=None, expected_to=None, ended_from=span.period.start, ended_to=today
    )
    groups = filtered(scope, base, today=today).values("owner_id").annotate(won=Sum("won_amount")).order_by("owner_id")
    rows = {group["owner_id"]: rounded(group["won"] or _ZERO) for group in groups}
    keys = _keys_of(set(rows), by)
    found: dict[int, Decimal] = {}
    for owner, won in rows.items():
        found[keys.get(owner, 0)] = found.get(keys.get(owner, 0), _ZERO) + won
    return found


@dataclass(frozen=True, slots=True)
class BacktestLine:
    label: str
    low: Decimal
    middle: Decimal
    high: Decimal
    realised: Decimal
    learned_from: int
    is_inside: bool


def backtest(scope: Scope, *, today: date, most: int = 4) -> list[BacktestLine]:
    """The last finished quarters, each forecast on its first day from what was known then, beside what came. Of the whole company: for
    those who see all of it."""
    if not scope.sees_all or scope.hides("amount"):
        return []
    this = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    periods = [(add_months(this, -3 * back), add_months(this, -3 * back + 3)) for back in range(most, 0, -1)]
    told = method.backtest(history_columns(today=today), periods, settings=settings_in_force())
    return [
        BacktestLine(
            f"{one.start.year}-Q{(one.start.month + 2) // 3}", _money(one.low), _money(one.middle), _money(one.high), _money(one.realised),
            one.learned_from, one.is_inside,
        )
        for one in told
    ]  # fmt: skip


def visible_any(scope: Scope) -> bool:
    """Whether the caller sees any deal at all: empty pages teach the first step instead."""
    return visible_deals(scope).order_by().exists()


def group_names(keys: Iterable[int], by: str) -> dict[int, str]:
    """Names of owners or teams: one query."""
    return {0: _("Without a team"), **_labels(keys, by)}
