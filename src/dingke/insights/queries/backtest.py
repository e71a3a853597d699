"""The newest replay of early warning as a person may see it, and the customers behind its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core.scope import Scope
from dingke.insights import signals
from dingke.insights.calc.backtest import AS_MANY, CASES_PER_NUMBER, FIXED, SIMPLE, TOGETHER
from dingke.insights.models import Backtest, BacktestCase

LISTED = 200


@dataclass(frozen=True)
class RuleLine:
    """One rule of the page. Shares 0..1, None when there was nothing; intervals hold 95 of 100 times. `lead`: quartiles, days."""

    code: str
    label: str
    is_signal: bool
    opens: bool
    warnings: int
    right: int
    lost: int
    precision: float | None
    precision_interval: tuple[float, float] | None
    losses: int
    caught: int
    recall: float | None
    recall_interval: tuple[float, float] | None
    lead: tuple[float, float, float] | None

    @property
    def false_alarms(self) -> int:
        return self.warnings - self.right

    @property
    def missed(self) -> int:
        return self.losses - self.caught


@dataclass(frozen=True)
class BacktestPage:
    at: Any
    by_name: str
    as_of_date: date
    cuts: list[date]
    customers: int
    judged: int
    base_rate: float | None
    open: int
    lines: list[RuleLine]
    signals: list[RuleLine]
    not_replayed: list[str]
    budgets: list[dict[str, Any]]
    calibration: list[dict[str, Any]]
    auc: dict[str, float | None]
    settings: dict[str, Any]
    hides_amount: bool
    hides_cost: bool

    @property
    def verdict(self) -> str:
        """Against the fixed rule at as many warnings: BETTER, WORSE or ALIKE (the intervals overlap), "" when nothing was told."""
        ours, fixed = self.line(AS_MANY), self.line(FIXED)
        if ours is None or fixed is None or ours.precision_interval is None or fixed.precision_interval is None:
            return ""
        if ours.precision_interval[0] > fixed.precision_interval[1]:
            return "BETTER"
        return "WORSE" if ours.precision_interval[1] < fixed.precision_interval[0] else "ALIKE"

    @property
    def found_value(self) -> tuple[int, float, float] | None:
        """Warnings read a month, and the share of the value lost or shrunk that they find: by expected loss, by longest silence."""
        usable = [one for one in self.budgets if one["value"] > 0]
        if not usable:
            return None
        one = min(usable, key=lambda budget: abs(budget["k"] - 20))
        return one["k"], one["value_by_loss"] / one["value"], one["value_by_silence"] / one["value"]

    def line(self, code: str) -> RuleLine | None:
        return next((line for line in self.lines + self.signals if line.code == code), None)


def newest() -> Backtest | None:
    return Backtest.objects.order_by("-id").first()


def rule_label(code: str, settings: dict[str, Any]) -> str:
    names = {
        TOGETHER: _("All signals together"),
        AS_MANY: _("Our ranking, as many as the fixed rule"),
        FIXED: _("Fixed rule: %(days)s days without an order") % {"days": settings.get("fixed_days", 90)},
        SIMPLE: _("Simple rule: %(times)s purchase cycles") % {"times": settings.get("simple_times", "1.5")},
    }
    if code in names:
        return names[code]
    found = signals.signal_of(code)
    return found.label.text(get_language() or "zh-hans") if found else code


def backtest(scope: Scope) -> BacktestPage | None:
    """None before the first replay. The numbers speak of the whole company."""
    stored = newest()
    if stored is None:
        return None
    result: dict[str, Any] = stored.result
    known = {one.code for one in signals.signals()}
    lines = [_line(one, stored.settings, known) for one in result["rules"]]
    language = get_language() or "zh-hans"
    hides_cost = scope.hides("cost")
    hidden = {one.code for one in signals.signals() if one.tells == "cost"} if hides_cost else set()
    order = [TOGETHER, AS_MANY, FIXED, SIMPLE]
    return BacktestPage(
        at=stored.at,
        by_name=stored.by_name,
        as_of_date=stored.as_of_date,
        cuts=[date.fromisoformat(day) for day in result["cuts"]],
        customers=result["customers"],
        judged=result["judged"],
        base_rate=result["base_rate"],
        open=result["open"],
        lines=[line for code in order for line in lines if line.code == code],
        signals=sorted(
            (line for line in lines if line.is_signal and line.code not in hidden), key=lambda line: (-line.warnings, line.code)
        ),
        not_replayed=[one.label.text(language) for one in signals.signals() if not one.replays],
        budgets=result["budgets"],
        calibration=result["calibration"],
        auc=result["auc"],
        settings=stored.settings,
        hides_amount=scope.hides("amount"),
        hides_cost=hides_cost,
    )


def _line(one: dict[str, Any], settings: dict[str, Any], known: set[str]) -> RuleLine:
    code = one["code"]
    return RuleLine(
        code=code,
        label=rule_label(code, settings),
        is_signal=code not in {TOGETHER, AS_MANY, FIXED, SIMPLE},
        opens=code not in {AS_MANY, SIMPLE},
        lead=one["lead_days"],
        **{
            name: one[name]
            for name in (
                "warnings",
                "right",
                "lost",
                "precision",
                "precision_interval",
                "losses",
                "caught",
                "recall",
                "recall_interval",
            )
        },
    )


@dataclass(frozen=True)
class Cases:
    rows: list[BacktestCase]
    number: int
    is_cut: bool
    """The replay keeps the newest of many."""


def cases(scope: Scope, *, rule: str, what: str) -> Cases:
    """The customers behind a number that the caller sees, the newest first."""
    stored = newest()
    if stored is None:
        return Cases([], 0, is_cut=False)
    hidden = scope.hides("cost") and (found := signals.signal_of(rule)) is not None and found.tells == "cost"
    rows = BacktestCase.objects.visible_to(scope).filter(backtest=stored, rule=rule, what=what)
    if hidden:
        rows = rows.none()
    listed = list(rows.select_related("account", "account__owner").order_by("-on_date", "id")[:LISTED])
    number = rows.order_by().count()
    kept = BacktestCase.objects.filter(backtest=stored, rule=rule, what=what).order_by().count()
    return Cases(listed, number, is_cut=kept >= CASES_PER_NUMBER)
