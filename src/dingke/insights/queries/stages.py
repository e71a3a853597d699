"""The stage report (D-01): customers per lifecycle stage, moves of a period, time in stage; always within the caller's reach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.calc.lifecycle import LifecycleStage
from dingke.accounts.models import Account, StageChange
from dingke.accounts.queries.stages import stage_guides
from dingke.core import rules
from dingke.core.periods import Period
from dingke.core.scope import Scope
from dingke.insights.calc import stages as method
from dingke.insights.calc.rules import key_of
from dingke.insights.calc.stages import Change, Spell, StageFlow, StageLimits, Step, What

SHOWN = 12
LISTED = 200


@dataclass(frozen=True)
class StageLine:
    """One stage; `revenue` None when the caller's role hides amounts, `limit` None when it has none."""

    stage: LifecycleStage
    label: str
    strategy: str
    number: int
    share: Decimal | None
    revenue: Decimal | None
    median_days: Decimal | None
    limit: int | None
    over: int
    flow: StageFlow


@dataclass(frozen=True)
class MoveLine:
    before: LifecycleStage
    before_label: str
    after: LifecycleStage
    after_label: str
    step: Step
    number: int


@dataclass(frozen=True)
class Standing:
    """A customer that stands in its stage for longer than the limit."""

    account_id: int
    name: str
    owner: str
    stage: LifecycleStage
    label: str
    since: date
    days: int
    limit: int
    revenue: Decimal | None


@dataclass(frozen=True)
class StageReport:
    period: Period
    lines: list[StageLine]
    moves: list[MoveLine]
    over: list[Standing]
    hides_amount: bool
    is_partial: bool

    @property
    def number(self) -> int:
        return sum(line.number for line in self.lines)

    @property
    def number_over(self) -> int:
        return sum(line.over for line in self.lines)

    @property
    def number_moved(self) -> int:
        return sum(move.number for move in self.moves)

    def line(self, stage: str) -> StageLine:
        return next(line for line in self.lines if line.stage == stage)


@dataclass(frozen=True)
class Stay:
    """A customer's stay in a stage, with names: a row of the lists behind the figures."""

    account_id: int
    name: str
    owner: str
    before_label: str
    label: str
    start: date
    end: date | None
    following_label: str
    days: int


def stage_label(stage: LifecycleStage | str) -> str:
    return str(Account.Stage(str(stage)).label)


def _accounts(scope: Scope) -> QuerySet[Account]:
    return Account.objects.visible_to(scope).current()


def stays(scope: Scope) -> list[Spell]:
    """Every stay of every customer that the caller sees."""
    rows = (
        StageChange.objects.filter(account__in=_accounts(scope).order_by().values("pk"), after__in=Account.Stage.values)
        .order_by("since_date", "pk")
        .values_list("account_id", "after", "since_date")
    )
    return method.spells(Change(account_id, LifecycleStage(after), day) for account_id, after, day in rows.iterator())


def stage_report(scope: Scope, *, period: Period, today: date) -> StageReport:
    """The whole page in a fixed number of queries."""
    limits = rules.load(key_of("stages"), StageLimits)
    hides = scope.hides("amount")
    numbers: dict[LifecycleStage, int] = dict.fromkeys(LifecycleStage, 0)
    revenues: dict[LifecycleStage, Decimal] = dict.fromkeys(LifecycleStage, Decimal(0))
    days: dict[LifecycleStage, dict[int, int]] = {stage: {} for stage in LifecycleStage}
    grouped = _accounts(scope).order_by().values_list("lifecycle_stage", "stage_since")
    for code, since, number, revenue in grouped.annotate(number=Count("pk"), turnover=Sum("standing__revenue")):
        stage = LifecycleStage(code)
        numbers[stage] += number
        revenues[stage] += revenue or 0
        if since is not None:
            lasts = max(0, (today - since).days)
            days[stage][lasts] = days[stage].get(lasts, 0) + number
    whole = sum(numbers.values())
    flows = method.flows(stays(scope), period)
    strategies = {guide.stage: guide.strategy.text(get_language() or "zh-hans") for guide in stage_guides()}
    lines = [
        StageLine(
            stage=flow.stage,
            label=stage_label(flow.stage),
            strategy=strategies[flow.stage],
            number=numbers[flow.stage],
            share=Decimal(numbers[flow.stage]) / whole if whole else None,
            revenue=None if hides else revenues[flow.stage],
            median_days=method.median_days(days[flow.stage]),
            limit=limits.of(flow.stage),
            over=method.number_over(days[flow.stage], limits.of(flow.stage)),
            flow=flow,
        )
        for flow in flows.stages
    ]
    moves = [
        MoveLine(before, stage_label(before), after, stage_label(after), method.step(before, after), number)
        for (before, after), number in sorted(flows.moves.items(), key=lambda item: (-item[1], method.PLACES[item[0][0]], item[0][1]))
    ]
    return StageReport(
        period=period,
        lines=lines,
        moves=moves,
        over=list(over_limit(scope, limits=limits, today=today, most=SHOWN)),
        hides_amount=hides,
        is_partial=not scope.sees_all,
    )


def over_limit(scope: Scope, *, limits: StageLimits | None = None, today: date, most: int | None = None) -> Iterable[Standing]:
    """Who stands in a stage for longer than its limit, the longest first."""
    limits = limits or rules.load(key_of("stages"), StageLimits)
    condition = Q(pk__in=[])
    for stage in LifecycleStage:
        if (limit := limits.of(stage)) is not None:
            condition |= Q(lifecycle_stage=stage.value, stage_since__lt=today - timedelta(days=limit))
    rows = (
        _accounts(scope)
        .filter(condition)
        .order_by("stage_since", "pk")
        .values_list("pk", "short_name", "name", "owner__name", "lifecycle_stage", "stage_since", "standing__revenue")
    )
    hides = scope.hides("amount")
    for account_id, short, name, owner, code, since, revenue in rows[:most] if most else rows.iterator():
        stage = LifecycleStage(code)
        assert since is not None
        limit = limits.of(stage) or 0
        turnover = None if hides else revenue
        yield Standing(account_id, short or name, owner or "", stage, stage_label(stage), since, (today - since).days, limit, turnover)


def stage_list(
    scope: Scope, *, stage: LifecycleStage, what: What, following: LifecycleStage | None, period: Period, today: date
) -> tuple[list[Stay], int]:
    """The newest stays behind a figure of the report, and how many there are."""
    found = [spell for spell in stays(scope) if spell.stage is stage and method.belongs(spell, what, period)]
    if following is not None:
        found = [spell for spell in found if spell.following is following]
    by_end = what in {What.LEFT, What.ON, What.BACK, What.DECLINED}
    found.sort(key=lambda spell: ((spell.end if by_end else None) or spell.start, spell.account_id), reverse=True)
    return named(scope, found[:LISTED], today=today), len(found)


def moves_of(scope: Scope, *, period: Period, today: date) -> list[Stay]:
    """Every move of the period, for the file."""
    found = [spell for spell in stays(scope) if method.belongs(spell, What.LEFT, period)]
    found.sort(key=lambda spell: (spell.end or spell.start, spell.account_id))
    return named(scope, found, today=today)


def named(scope: Scope, found: list[Spell], *, today: date) -> list[Stay]:
    names: dict[int, tuple[str, str]] = {}
    ids = sorted({spell.account_id for spell in found})
    for place in range(0, len(ids), 1_000):  # a list of parameters has an end
        rows = _accounts(scope).filter(pk__in=ids[place : place + 1_000]).order_by()
        for account_id, short, name, owner in rows.values_list("pk", "short_name", "name", "owner__name"):
            names[account_id] = (short or name, owner or "")
    return [
        Stay(
            account_id=spell.account_id,
            name=names[spell.account_id][0],
            owner=names[spell.account_id][1],
            before_label=stage_label(spell.before) if spell.before else _("recorded"),
            label=stage_label(spell.stage),
            start=spell.start,
            end=spell.end,
            following_label=stage_label(spell.following) if spell.following else "",
            days=spell.days(today),
        )
        for spell in found
        if spell.account_id in names
    ]
