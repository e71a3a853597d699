"""The portfolio page: who carries the company, who weakens, who should be a key account; always within the caller's reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, Sum

from dingke.accounts.models import Account, Nomination
from dingke.accounts.models.standing import MOVED, WHITE
from dingke.core import rules
from dingke.core.reasons import Label
from dingke.core.scope import Scope
from dingke.insights import access
from dingke.insights.calc.guards import Guard, GuardSettings, Level
from dingke.insights.calc.identification import METHOD_LABELS, Method
from dingke.insights.calc.rules import key_of
from dingke.insights.models import GuardDecision, ScoreRun
from dingke.insights.queries.customer_list import POINTS, Cut, cut, standings_in_reach
from dingke.insights.queries.sentences import sentence, sentences

SHOWN = 12
CHANGES = 40


@dataclass(frozen=True)
class _Totals:
    """What is summed over the customers in reach; None: nobody has a known margin."""

    customers: int
    buying: int
    revenue: Decimal
    average_margin: Decimal | None
    margin_unknown: int
    weak: int
    at_stake: Decimal
    candidates: int
    found_twice: int


@dataclass(frozen=True)
class GuardLine:
    guard: str
    level: str
    figure: Decimal | None
    threshold: Decimal
    sentence: str
    accounts: list[tuple[int, str]]
    unseen: int
    details: list[tuple[int, str, str, str]]  # account, name, level, sentence
    decision: GuardDecision | None
    more: int = 0  # accounts within reach beside those listed


@dataclass(frozen=True)
class Weak:
    account_id: int
    name: str
    owner: str
    abc: str
    revenue: Decimal | None
    at_stake: Decimal | None
    reasons: list[str]
    is_quiet: bool


@dataclass(frozen=True)
class Found:
    account_id: int
    name: str
    owner: str
    methods: list[Label]
    reasons: list[str]
    is_nominated: bool
    is_pooled: bool


@dataclass(frozen=True)
class Changes:
    up: list[tuple[int, str, str, str]]  # account, name, class before, class now
    down: list[tuple[int, str, str, str]]
    new: list[tuple[int, str, str]]
    quiet: list[tuple[int, str, str]]

    def __bool__(self) -> bool:
        return bool(self.up or self.down or self.new or self.quiet)


@dataclass(frozen=True)
class Portfolio:
    run: ScoreRun | None
    previous: ScoreRun | None
    last: ScoreRun | None
    cut: Cut
    customers: int
    buying: int
    revenue: Decimal | None
    for_80: int
    average_margin: Decimal | None
    margin_unknown: int
    weak: list[Weak]
    weak_count: int
    at_stake: Decimal | None
    white: int
    candidates: list[Found]
    candidate_count: int
    found_twice: int
    guards: list[GuardLine]
    decisions: list[GuardDecision]
    changes: Changes
    is_partial: bool
    is_shortened: bool
    one_account_limit: Decimal
    can_score: bool
    can_decide: bool
    hides_cost: bool
    hides_amount: bool
    left_out: dict[str, int]


def _totals(scope: Scope, run: ScoreRun | None) -> _Totals:
    """As the run counted them for who sees the whole company; else summed here."""
    if scope.sees_all and run is not None and "found_twice" in run.summary:
        told = run.summary
        average = told["average_margin"]
        return _Totals(
            told["customers"],
            told["buying"],
            Decimal(told["revenue"]),
            None if average is None else Decimal(average),
            told["margin_unknown"],
            told["weakening"],
            Decimal(told["at_stake"]),
            told["candidates"],
            told["found_twice"],
        )
    summed = standings_in_reach(scope).aggregate(
        total_revenue=Sum("revenue"),
        total_at_stake=Sum("at_stake"),
        profit=Sum("gross_profit", filter=Q(revenue__gt=0)),
        known=Sum("revenue", filter=Q(gross_profit__isnull=False, revenue__gt=0)),
        customers=Count("pk", filter=Q(rank__isnull=False)),
        buying=Count("pk", filter=Q(revenue__gt=0)),
        unknown=Count("pk", filter=Q(rank__isnull=False, revenue__gt=0, gross_profit__isnull=True)),
        weak=Count("pk", filter=Q(at_stake__isnull=False)),
        candidates=Count("pk", filter=Q(is_candidate=True)),
        found_twice=Count("pk", filter=Q(is_candidate=True, candidate_methods__1__isnull=False)),
    )
    return _Totals(
        summed["customers"],
        summed["buying"],
        summed["total_revenue"] or Decimal(0),
        summed["profit"] / summed["known"] if summed["known"] else None,
        summed["unknown"],
        summed["weak"],
        summed["total_at_stake"] or Decimal(0),
        summed["candidates"],
        summed["found_twice"],
    )


def portfolio(scope: Scope, *, a_until: Decimal | None = None, b_until: Decimal | None = None) -> Portfolio:
    """Everything on the page, in a fixed number of queries whatever the number of accounts."""
    done = list(ScoreRun.objects.filter(state=ScoreRun.State.DONE).order_by("-id")[:2])
    last = ScoreRun.objects.order_by("-id").first()
    run = done[0] if done else None
    chosen = cut(scope, run, a_until=a_until, b_until=b_until)
    totals = _totals(scope, run)
    guard_rules = rules.load(key_of("guards"), GuardSettings)
    hides_amount, hides_cost = scope.hides("amount"), scope.hides("cost")
    decisions = list(GuardDecision.objects.select_related("owner").order_by("-at", "-id")[:30])
    return Portfolio(
        run=run,
        previous=done[1] if len(done) > 1 else None,
        last=last,
        cut=chosen,
        customers=totals.customers,
        buying=totals.buying,
        revenue=None if hides_amount else totals.revenue,
        for_80=chosen.for_80,
        average_margin=None if hides_cost else totals.average_margin,
        margin_unknown=totals.margin_unknown,
        weak=_weak(scope),
        weak_count=totals.weak,
        at_stake=None if hides_amount else totals.at_stake,
        white=standings_in_reach(scope).filter(WHITE).order_by().count(),
        candidates=_candidates(scope),
        candidate_count=totals.candidates,
        found_twice=totals.found_twice,
        guards=guard_lines(scope, run, decisions),
        decisions=decisions,
        changes=_changes(scope, has_previous=len(done) > 1),
        is_partial=not scope.sees_all,
        is_shortened=chosen.size == POINTS,
        one_account_limit=guard_rules.one_account_limit,
        can_score=bool(access.can_score(scope)),
        can_decide=bool(access.can_decide(scope)),
        hides_cost=hides_cost,
        hides_amount=hides_amount,
        left_out={name: run.summary.get("left_out", {}).get(name, 0) if run else 0 for name in ("not_counted", "other_currency", "later")},
    )


def _weak(scope: Scope) -> list[Weak]:
    rows = (
        standings_in_reach(scope)
        .filter(at_stake__isnull=False)
        .select_related("account__owner")
        .order_by("-at_stake", "account_id")[:SHOWN]
    )
    hides = scope.hides("amount")
    return [
        Weak(
            row.account_id,
            row.account.shown_name,
            row.account.owner.name if row.account.owner else "",
            row.abc,
            None if hides else row.revenue,
            None if hides else row.at_stake,
            sentences(scope, row.evidence.get("reasons", {}).get("weak", [])),
            row.is_quiet,
        )
        for row in rows
    ]


def _candidates(scope: Scope) -> list[Found]:
    """The strongest first; being found by several methods makes stronger."""
    rows = list(
        standings_in_reach(scope)
        .filter(is_candidate=True)
        .select_related("account__owner")
        .order_by(F("candidate_score").desc(), "account_id")[:SHOWN]
    )
    open_ones = set(
        Nomination.objects.visible_to(scope)
        .filter(account_id__in=[row.account_id for row in rows], state__in=[Nomination.State.PROPOSED, Nomination.State.DRAFT])
        .order_by()
        .values_list("account_id", flat=True)
    )
    return [
        Found(
            row.account_id,
            row.account.shown_name,
            row.account.owner.name if row.account.owner else "",
            [METHOD_LABELS[Method(code)] for code in row.candidate_methods],
            sentences(scope, row.evidence.get("reasons", {}).get("candidate", [])),
            row.account_id in open_ones,
            row.account.is_pooled,
        )
        for row in rows
    ]


def _changes(scope: Scope, *, has_previous: bool) -> Changes:
    """What moved since the run before. Nothing moved when there was none."""
    if not has_previous:
        return Changes([], [], [], [])
    rows = standings_in_reach(scope).filter(MOVED).order_by("rank", "account_id")
    names = ("account_id", "account__short_name", "account__name", "abc_before", "abc")
    moved = [
        (account_id, short or name, before, now)
        for account_id, short, name, before, now in rows.exclude(abc_before="").values_list(*names)[: 2 * CHANGES]
    ]
    new = [
        (account_id, short or name, now)
        for account_id, short, name, _before, now in rows.filter(abc_before="").values_list(*names)[:CHANGES]
    ]
    silent = standings_in_reach(scope).filter(newly_quiet=True).order_by("rank", "account_id")
    quiet = [(account_id, short or name, now) for account_id, short, name, _before, now in silent.values_list(*names)[:CHANGES]]
    return Changes(
        up=[item for item in moved if item[3] < item[2]][:CHANGES],
        down=[item for item in moved if item[3] > item[2]][:CHANGES],
        new=new,
        quiet=quiet,
    )


def guard_lines(scope: Scope, run: ScoreRun | None, decisions: Sequence[GuardDecision]) -> list[GuardLine]:
    """One line per guard. Company figures are for everybody who sees the page; accounts are named only to those who see them."""
    packed: list[dict[str, Any]] = run.summary.get("guards", []) if run else []
    ids = {account_id for one in packed for account_id in one["account_ids"]}
    names = {
        account_id: short or name
        for account_id, short, name in Account.objects.visible_to(scope)
        .filter(pk__in=ids)
        .order_by()
        .values_list("pk", "short_name", "name")
    }
    latest: dict[str, GuardDecision] = {}
    for decision in decisions:
        latest.setdefault(decision.guard, decision)
    lines = []
    for guard in Guard:  # in the order of the catalogue
        results = [one for one in packed if one["guard"] == guard.value]
        if not results:
            continue
        worst = min(results, key=lambda one: _ORDER[Level(one["level"])])
        if guard is Guard.INCENTIVE_RETURN:
            results = [one for one in results if one["account_ids"][0] in names]
            worst = min(
                results, key=lambda one: _ORDER[Level(one["level"])], default={**worst, "level": Level.UNKNOWN.value, "figure": None}
            )
        concerned = (
            worst["account_ids"]
            if guard is not Guard.INCENTIVE_RETURN
            else [one["account_ids"][0] for one in results if one["level"] == Level.BREACH]
        )
        lines.append(
            GuardLine(
                guard.value,
                worst["level"],
                _figure(worst["figure"]),
                Decimal(worst["threshold"]),
                "" if guard is Guard.INCENTIVE_RETURN else sentence(scope, worst["sentence"]),
                [(account_id, names[account_id]) for account_id in concerned if account_id in names][:SHOWN],
                sum(1 for account_id in concerned if account_id not in names),
                [(one["account_ids"][0], names[one["account_ids"][0]], one["level"], sentence(scope, one["sentence"])) for one in results][
                    :50
                ]
                if guard is Guard.INCENTIVE_RETURN
                else [],
                latest.get(guard.value),
                max(0, sum(1 for account_id in concerned if account_id in names) - SHOWN),
            )
        )
    return lines


_ORDER = {Level.BREACH: 0, Level.WARN: 1, Level.UNKNOWN: 2, Level.OK: 3}


def _figure(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def newest_run() -> ScoreRun | None:
    """The run whose scores are shown."""
    return ScoreRun.objects.filter(state=ScoreRun.State.DONE).order_by("-id").first()


def guards(scope: Scope) -> list[GuardLine]:
    """The guards as of the newest run, with their latest decisions."""
    return guard_lines(scope, newest_run(), list(GuardDecision.objects.select_related("owner").order_by("-at", "-id")[:30]))
