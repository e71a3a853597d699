"""The portfolio page: who carries the company, who weakens, who should be a key account; always within the caller's reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from dingke.accounts.models import Account, Nomination, Standing
from dingke.core import rules
from dingke.core.reasons import Label
from dingke.core.scope import Scope
from dingke.insights import access
from dingke.insights.calc import pareto
from dingke.insights.calc.figures import AccountFigure
from dingke.insights.calc.guards import Guard, GuardSettings, Level
from dingke.insights.calc.identification import METHOD_LABELS, Method
from dingke.insights.calc.rules import key_of
from dingke.insights.models import GuardDecision, ScoreRun
from dingke.insights.queries.sentences import sentence, sentences

POINTS = 5_000  # drawn and listed; beyond it the curve is flat to the eye
SHOWN = 12
CHANGES = 40


@dataclass(frozen=True)
class Line:
    """One customer in the list; amounts None when the caller's role hides them."""

    account_id: int
    name: str
    owner: str
    rank: int
    abc: str
    revenue: Decimal | None
    share: Decimal
    cumulative: Decimal
    gross_profit: Decimal | None
    margin: Decimal | None
    face: str
    proposed_face: str
    is_key: bool


@dataclass(frozen=True)
class Cut:
    """The list cut at two shares, stated against what the caller sees."""

    lines: list[Line]
    a_until: Decimal
    b_until: Decimal
    is_own: bool  # the cut-offs are the caller's, not the rule
    for_80: int

    def count(self, abc: str) -> int:
        return sum(1 for line in self.lines if line.abc == abc)

    @property
    def largest(self) -> Line | None:
        return self.lines[0] if self.lines else None


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


def _standings(scope: Scope) -> QuerySet[Standing]:
    return Standing.objects.visible_to(scope).filter(account__archived_at__isnull=True)


def cut(scope: Scope, *, a_until: Decimal | None = None, b_until: Decimal | None = None) -> Cut:
    """Customers by revenue of the twelve months, with classes at the given cut-offs; else at the rule's."""
    settings = rules.load(key_of("pareto"), pareto.ParetoSettings)
    a = a_until if a_until is not None and 0 < a_until <= 1 else settings.a_until
    b = b_until if b_until is not None and a <= b_until <= 1 else max(a, settings.b_until)
    chosen = pareto.ParetoSettings(a, b)
    hides_amount, hides_cost = scope.hides("amount"), scope.hides("cost")
    rows = list(
        _standings(scope)
        .filter(rank__isnull=False)
        .order_by("rank", "account_id")
        .values_list(
            "account_id",
            "account__short_name",
            "account__name",
            "account__owner__name",
            "revenue",
            "gross_profit",
            "margin",
            "face",
            "proposed_face",
            "account__is_key",
        )[:POINTS]
    )
    ranked = {row.account_id: row for row in pareto.pareto((AccountFigure(row[0], row[4]) for row in rows), chosen).rows}
    lines = []
    for account_id, short_name, name, owner, revenue, profit, margin, face, proposed, is_key in rows:
        row = ranked[account_id]
        lines.append(
            Line(
                account_id,
                short_name or name,
                owner or "",
                row.rank,
                row.abc.value,
                None if hides_amount else revenue,
                row.share,
                row.cumulative_share,
                None if hides_cost else profit,
                None if hides_cost else margin,
                face,
                proposed,
                is_key,
            )
        )
    lines.sort(key=lambda line: line.rank)
    for_80 = pareto.smallest_count_for_share((row[4] for row in rows), Decimal("0.8"))
    return Cut(lines, a, b, is_own=(a, b) != (settings.a_until, settings.b_until), for_80=for_80)


def portfolio(scope: Scope, *, a_until: Decimal | None = None, b_until: Decimal | None = None) -> Portfolio:
    """Everything on the page, in a fixed number of queries whatever the number of accounts."""
    done = list(ScoreRun.objects.filter(state=ScoreRun.State.DONE).order_by("-id")[:2])
    last = ScoreRun.objects.order_by("-id").first()
    run = done[0] if done else None
    chosen = cut(scope, a_until=a_until, b_until=b_until)
    guard_rules = rules.load(key_of("guards"), GuardSettings)
    hides_amount, hides_cost = scope.hides("amount"), scope.hides("cost")
    totals = _standings(scope).aggregate(
        total_revenue=Sum("revenue"),
        total_at_stake=Sum("at_stake"),
        profit=Sum("gross_profit"),
        known=Sum("revenue", filter=Q(gross_profit__isnull=False)),
        customers=Count("pk", filter=Q(rank__isnull=False)),
        buying=Count("pk", filter=Q(revenue__gt=0)),
        weak=Count("pk", filter=Q(at_stake__isnull=False)),
        white=Count("pk", filter=Q(face="WHITE") | Q(face="", proposed_face="WHITE")),
    )
    methods_of = list(
        _standings(scope)
        .filter(is_candidate=True)
        .order_by(F("evidence__candidate_score").desc(), "account_id")
        .values_list("account_id", "candidate_methods")
    )
    found = _candidates(scope, methods_of)
    decisions = list(GuardDecision.objects.select_related("owner").order_by("-at", "-id")[:30])
    return Portfolio(
        run=run,
        previous=done[1] if len(done) > 1 else None,
        last=last,
        cut=chosen,
        customers=totals["customers"],
        buying=totals["buying"],
        revenue=None if hides_amount else totals["total_revenue"],
        for_80=chosen.for_80,
        average_margin=None if hides_cost or not totals["known"] else totals["profit"] / totals["known"],
        weak=_weak(scope),
        weak_count=totals["weak"],
        at_stake=None if hides_amount else totals["total_at_stake"],
        white=totals["white"],
        candidates=found,
        candidate_count=len(methods_of),
        found_twice=sum(1 for _account, methods in methods_of if len(methods) > 1),
        guards=_guards(scope, run, decisions),
        decisions=decisions,
        changes=_changes(scope, has_previous=len(done) > 1),
        is_partial=not scope.sees_all,
        is_shortened=len(chosen.lines) == POINTS,
        one_account_limit=guard_rules.one_account_limit,
        can_score=bool(access.can_score(scope)),
        can_decide=bool(access.can_decide(scope)),
        hides_cost=hides_cost,
        hides_amount=hides_amount,
        left_out={name: run.summary.get("left_out", {}).get(name, 0) if run else 0 for name in ("not_counted", "other_currency", "later")},
    )


def _weak(scope: Scope) -> list[Weak]:
    rows = _standings(scope).filter(at_stake__isnull=False).select_related("account__owner").order_by("-at_stake", "account_id")[:SHOWN]
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


def _candidates(scope: Scope, methods_of: Sequence[tuple[int, list[str]]]) -> list[Found]:
    """The strongest first; being found by several methods makes stronger."""
    chosen = [account_id for account_id, _methods in methods_of[:SHOWN]]
    rows = {
        row.account_id: row
        for row in _standings(scope).filter(account_id__in=chosen).select_related("account__owner").order_by("account_id")
    }
    open_ones = set(
        Nomination.objects.visible_to(scope)
        .filter(account_id__in=chosen, state__in=[Nomination.State.PROPOSED, Nomination.State.DRAFT])
        .order_by()
        .values_list("account_id", flat=True)
    )
    return [
        Found(
            account_id,
            rows[account_id].account.shown_name,
            rows[account_id].account.owner.name if rows[account_id].account.owner else "",  # type: ignore[union-attr]
            [METHOD_LABELS[Method(code)] for code in rows[account_id].candidate_methods],
            sentences(scope, rows[account_id].evidence.get("reasons", {}).get("candidate", [])),
            account_id in open_ones,
            rows[account_id].account.is_pooled,
        )
        for account_id in chosen
        if account_id in rows
    ]


def _changes(scope: Scope, *, has_previous: bool) -> Changes:
    """What moved since the run before. Nothing moved when there was none."""
    if not has_previous:
        return Changes([], [], [], [])
    rows = _standings(scope).filter(abc__gt="").order_by("rank", "account_id")
    names = ("account_id", "account__short_name", "account__name", "abc_before", "abc")
    moved = [
        (account_id, short or name, before, now)
        for account_id, short, name, before, now in rows.filter(abc_before__gt="")
        .exclude(abc=F("abc_before"))
        .values_list(*names)[: 2 * CHANGES]
    ]
    new = [
        (account_id, short or name, now)
        for account_id, short, name, _before, now in rows.filter(abc_before="").values_list(*names)[:CHANGES]
    ]
    quiet = [
        (account_id, short or name, now)
        for account_id, short, name, _before, now in rows.filter(is_quiet=True, evidence__newly_quiet=True).values_list(*names)[:CHANGES]
    ]
    return Changes(
        up=[item for item in moved if item[3] < item[2]][:CHANGES],
        down=[item for item in moved if item[3] > item[2]][:CHANGES],
        new=new,
        quiet=quiet,
    )


def _guards(scope: Scope, run: ScoreRun | None, decisions: Sequence[GuardDecision]) -> list[GuardLine]:
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
    for guard in (Guard.ONE_ACCOUNT, Guard.TOP_ACCOUNTS, Guard.VOLUME_WITHOUT_MARGIN, Guard.INCENTIVE_RETURN):
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
    return _guards(scope, newest_run(), list(GuardDecision.objects.select_related("owner").order_by("-at", "-id")[:30]))
