"""The backtest of early warning (O-19, D-11): history replayed at cut dates, each seen with what was
known that day, judged by what came after.

A customer is at risk at a cut with three order days or more and a silence that is no loss yet. It is lost when the days without
an order reach ``max(loss_times x own cycle, loss_days)``: that is the loss date. A warning is right when the customer then has no
order for so long after the cut (lost), or its turnover after the cut is below ``1 - shrunk_by`` of the same length of time before
(shrunk). Shares are 0..1, days are days.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dingke.core.periods import add_months
from dingke.insights.calc import rhythm
from dingke.insights.calc.history import History, columns_at
from dingke.insights.calc.warning import Combined, Context, Numbers, Rows, SignalColumns, WarningSettings, plain
from dingke.insights.calc.weakening import WeakeningSettings

TOGETHER, FIXED, SIMPLE, AS_MANY = "TOGETHER", "FIXED_DAYS", "SIMPLE_RULE", "AS_MANY_AS_FIXED"
RIGHT, FALSE_ALARM, CAUGHT, MISSED = "RIGHT", "FALSE_ALARM", "CAUGHT", "MISSED"
BUDGETS = (5, 10, 20, 50, 100, 200, 500, 1_000)
BINS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)
CASES_PER_NUMBER = 500
Flags = NDArray[np.bool_]
Judge = Callable[[Context], Combined]


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float] | None:
    """The 95% interval of a share; None of nothing. 8 of 10: 0.49 to 0.94."""
    if of <= 0:
        return None
    share, spread = hits / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = z * np.sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return float(max(middle - half, 0.0)), float(min(middle + half, 1.0))


@dataclass
class RuleResult:
    """``warnings``: new ones with a known outcome; ``right`` of them, ``lost`` of these outright. ``losses``: customers at risk that
    were lost; ``caught``: warned of before; ``lead``: days from the first warning to the loss date."""

    code: str
    warnings: int = 0
    right: int = 0
    lost: int = 0
    losses: int = 0
    caught: int = 0
    lead: list[int] = field(default_factory=list)

    @property
    def precision(self) -> float | None:
        return self.right / self.warnings if self.warnings else None

    @property
    def recall(self) -> float | None:
        return self.caught / self.losses if self.losses else None

    def as_json(self) -> dict[str, Any]:
        quarters = [float(value) for value in np.percentile(self.lead, [25, 50, 75])] if self.lead else None
        return {
            "code": self.code,
            "warnings": self.warnings,
            "right": self.right,
            "lost": self.lost,
            "precision": self.precision,
            "precision_interval": wilson(self.right, self.warnings),
            "losses": self.losses,
            "caught": self.caught,
            "recall": self.recall,
            "recall_interval": wilson(self.caught, self.losses),
            "lead_days": quarters,
        }


@dataclass(frozen=True)
class Case:
    """One customer behind a number: ``what`` is RIGHT or FALSE_ALARM at the cut of the warning, CAUGHT or MISSED at a loss date."""

    rule: str
    what: str
    account_id: int
    day: date
    lead: int | None = None


@dataclass
class Budget:
    """The top ``k`` at every cut: how many were right, of how many. By expected loss, by probability, by longest silence."""

    k: int
    of: int = 0
    by_loss: int = 0
    by_probability: int = 0
    by_silence: int = 0
    value: float = 0.0
    value_by_loss: float = 0.0
    value_by_silence: float = 0.0


@dataclass
class Backtest:
    """What a replay found. ``judged``: pairs of a customer at risk and a cut with a known outcome, ``bad`` of them lost or
    shrunk, ``lost`` of these lost; ``open``: not known yet."""

    cuts: list[date]
    customers: int = 0
    at_risk: int = 0
    judged: int = 0
    bad: int = 0
    lost: int = 0
    open: int = 0
    rules: dict[str, RuleResult] = field(default_factory=dict)
    budgets: list[Budget] = field(default_factory=list)
    bins: list[tuple[int, float, int]] = field(default_factory=list)
    ranks: list[tuple[int, float, float]] = field(default_factory=list)
    kept: dict[tuple[str, str], deque[Case]] = field(default_factory=dict)
    """The newest customers behind each number."""

    @property
    def cases(self) -> list[Case]:
        return [case for kept in self.kept.values() for case in kept]

    def as_json(self) -> dict[str, Any]:
        weight = sum(one[0] for one in self.ranks)
        auc = [sum(one[0] * one[place] for one in self.ranks) / weight if weight else None for place in (1, 2)]
        return {
            "cuts": [day.isoformat() for day in self.cuts],
            "customers": self.customers,
            "at_risk": self.at_risk,
            "judged": self.judged,
            "bad": self.bad,
            "lost": self.lost,
            "base_rate": self.bad / self.judged if self.judged else None,
            "open": self.open,
            "rules": [rule.as_json() for rule in self.rules.values()],
            "budgets": [vars(budget) for budget in self.budgets if budget.of],
            "calibration": [{"count": count, "told": told / count, "seen": seen / count} for count, told, seen in self.bins if count],
            "auc": {"probability": auc[0], "silence": auc[1]},
        }


def monthly_cuts(history: History, *, months: int, settings: WarningSettings) -> list[date]:
    """The last days of the latest ``months`` months that have history before them (a year, or a third of what there is) and
    enough days after them to know how it ended."""
    first, last = history.first_day, history.last_day
    if first is None or last is None:
        return []
    earliest = first + min(timedelta(days=365), (last - first) / 3)
    cuts: list[date] = []
    month = (last - timedelta(days=settings.loss_days) + timedelta(days=1)).replace(day=1)
    while len(cuts) < months and (day := month - timedelta(days=1)) >= earliest:
        cuts.append(day)
        month = add_months(month, -1)
    return cuts[::-1]


@dataclass(frozen=True)
class _Seen:
    """One cut: who is at risk, how it ended where that is known, and on which day the silence becomes a loss."""

    at_risk: Flags
    known: Flags
    lost: Flags
    bad: Flags
    loss_day: NDArray[np.datetime64]
    horizon: NDArray[np.timedelta64]


def outcomes(history: History, columns: SignalColumns, cut: date, settings: WarningSettings) -> _Seen:
    """How every customer went on after the cut; the only place that looks at later orders."""
    day = np.datetime64(cut, "D")
    end = np.datetime64(history.last_day or cut, "D")
    horizon = rhythm.loss_horizon(columns.gaps, times=float(settings.loss_times), days=settings.loss_days).astype("timedelta64[D]")
    silent = np.where(np.isnat(columns.last_order), np.timedelta64(10**6, "D"), day - columns.last_order)
    at_risk = rhythm.has_rhythm(columns.gaps) & (silent <= horizon)
    known = at_risk & (day + horizon <= end)
    here = np.full(len(history), day)
    after, orders_after = history.turnover(here, here + horizon)
    before, _count = history.turnover(here - horizon, here)
    lost = known & (orders_after == 0)
    shrunk = known & (before > 0) & (after < (1 - float(settings.shrunk_by)) * before)
    return _Seen(at_risk, known, lost, lost | shrunk, columns.last_order + horizon, horizon)


def replay(
    history: History,
    *,
    cuts: Sequence[date],
    judge: Judge,
    settings: WarningSettings,
    weakening: WeakeningSettings,
    tell: Callable[[int, int], None] | None = None,
) -> Backtest:
    """Judges every cut by what was known that day and lays it beside what came after."""
    result = Backtest(list(cuts), customers=len(history), budgets=[Budget(k) for k in BUDGETS])
    result.bins = [(0, 0.0, 0) for _low in BINS[:-1]]
    since: dict[str, NDArray[np.datetime64]] = {}
    for at, cut in enumerate(cuts):
        if tell is not None:
            tell(at, len(cuts))
        columns = columns_at(history, cut)
        context = Context(cut, columns, settings, weakening, is_replay=True)
        combined = judge(context)
        seen = outcomes(history, columns, cut, settings)
        result.at_risk += int(seen.at_risk.sum())
        result.judged += int(seen.known.sum())
        result.bad += int(seen.bad.sum())
        result.lost += int(seen.lost.sum())
        result.open += int((seen.at_risk & ~seen.known).sum())
        until = cuts[at + 1] if at + 1 < len(cuts) else history.last_day or cut
        gone = _lost_until(history, seen, cut, until)
        learned: rhythm.Rhythms | None = context.facts.get(rhythm.FACT)  # there when the judge asked for the rhythm
        score = combined.probability if learned is None else np.maximum(combined.probability, np.nan_to_num(learned.probability_lost))
        for code, fired in _fired(context, combined, seen, score).items():
            rule = result.rules.setdefault(code, RuleResult(code))
            _count_rule(result, rule, fired=fired, seen=seen, gone=gone, cut=cut, since=since, ids=history.account_id)
        _count_ranking(result, combined, context, seen, score)
    return result


def _fired(context: Context, combined: Combined, seen: _Seen, score: Numbers) -> dict[str, Flags]:
    """Which customers at risk each rule warns of."""
    settings, silent = context.settings, context.days_silent
    size = len(context.columns)
    fired: dict[str, Flags] = {}
    for code in combined.codes:
        fired[code] = np.zeros(size, np.bool_)
    for signs in combined.signs:
        mask = np.zeros(size, np.bool_)
        mask[signs.rows] = True
        fired[signs.signal] = mask & seen.at_risk
    fired[TOGETHER] = combined.is_warned & seen.at_risk
    fired[SIMPLE] = (
        rhythm.beyond_simple_limit(silent, rhythm.typical_gap(context.columns.gaps), float(settings.simple_times)) > 0
    ) & seen.at_risk
    with np.errstate(invalid="ignore"):
        fired[FIXED] = (silent >= settings.fixed_days) & seen.at_risk
    fired[AS_MANY] = np.zeros(size, np.bool_)
    fired[AS_MANY][_top(score, np.flatnonzero(seen.at_risk), int(fired[FIXED].sum()))] = True
    return fired


def _top(score: Numbers, rows: Rows, k: int) -> Rows:
    return rows[np.lexsort((rows, -score[rows]))][:k]


def _lost_until(history: History, seen: _Seen, cut: date, until: date) -> Flags:
    """At risk at the cut, and lost on a day up to ``until``: no order after the cut up to the loss date."""
    here = np.full(len(history), np.datetime64(cut, "D"))
    falls = seen.at_risk & (seen.loss_day > here) & (seen.loss_day <= np.datetime64(until, "D"))
    end = np.where(falls, seen.loss_day, here)
    _cents, number = history.turnover(here, end)
    return np.asarray(falls & (number == 0), dtype=np.bool_)


def _count_rule(
    result: Backtest,
    rule: RuleResult,
    *,
    fired: Flags,
    seen: _Seen,
    gone: Flags,
    cut: date,
    since: dict[str, NDArray[np.datetime64]],
    ids: NDArray[np.int64],
) -> None:
    """A warning that stands at the next cut is the same one; it is new again after it was silent."""
    day = np.datetime64(cut, "D")
    standing = since.get(rule.code, np.full(len(fired), np.datetime64("NaT"), dtype="datetime64[D]"))
    new = fired & np.isnat(standing)
    since[rule.code] = begun = np.where(fired, np.where(new, day, standing), np.datetime64("NaT"))
    told = new & seen.known
    rule.warnings += int(told.sum())
    rule.right += int((told & seen.bad).sum())
    rule.lost += int((told & seen.lost).sum())
    caught = gone & fired
    lead = (seen.loss_day - begun)[caught].astype("timedelta64[D]").astype(np.int64)
    rule.losses += int(gone.sum())
    rule.caught += int(caught.sum())
    rule.lead.extend(lead.tolist())
    if rule.code in {SIMPLE, AS_MANY}:
        return
    for what, mask in ((RIGHT, told & seen.bad), (FALSE_ALARM, told & ~seen.bad), (CAUGHT, caught), (MISSED, gone & ~fired)):
        kept = result.kept.setdefault((rule.code, what), deque(maxlen=CASES_PER_NUMBER))
        for row in np.flatnonzero(mask)[-CASES_PER_NUMBER:]:
            on = cut if what in {RIGHT, FALSE_ALARM} else plain(seen.loss_day[row])
            days = int((seen.loss_day[row] - begun[row]).astype(np.int64)) if what == CAUGHT else None
            kept.append(Case(rule.code, what, int(ids[row]), on, days))


def _count_ranking(result: Backtest, combined: Combined, context: Context, seen: _Seen, score: Numbers) -> None:
    rows = np.flatnonzero(seen.known)
    if not len(rows):
        return
    silent, bad = context.days_silent[rows], seen.bad[rows]
    value = np.nan_to_num(combined.value[rows])
    loss = value * score[rows]
    orders = {
        "loss": np.lexsort((rows, -score[rows], -loss)),
        "probability": np.lexsort((rows, -score[rows])),
        "silence": np.lexsort((rows, -silent)),
    }
    at_stake = float(value[bad].sum())
    for budget in result.budgets:
        if budget.k > len(rows):
            continue
        top = {name: order[: budget.k] for name, order in orders.items()}
        budget.of += budget.k
        budget.by_loss += int(bad[top["loss"]].sum())
        budget.by_probability += int(bad[top["probability"]].sum())
        budget.by_silence += int(bad[top["silence"]].sum())
        budget.value += at_stake
        budget.value_by_loss += float((value * bad)[top["loss"]].sum())
        budget.value_by_silence += float((value * bad)[top["silence"]].sum())
    if 0 < bad.sum() < len(bad):
        result.ranks.append((len(bad), area(score[rows], bad), area(silent, bad)))
    told = combined.probability[rows]
    for place, (low, high) in enumerate(zip(BINS, BINS[1:], strict=False)):
        within = (told >= low) & (told < high)
        count, sum_told, sum_seen = result.bins[place]
        result.bins[place] = (count + int(within.sum()), sum_told + float(told[within].sum()), sum_seen + int(bad[within].sum()))


def area(score: Numbers, bad: Flags) -> float:
    """The chance that a bad one stands above a good one (area under the ROC curve); 0.5 is a coin."""
    from scipy.stats import rankdata  # many megabytes that only the worker needs

    ranks = rankdata(score)
    many, few = int(bad.sum()), int((~bad).sum())
    return float((ranks[bad].sum() - many * (many + 1) / 2) / (many * few))
