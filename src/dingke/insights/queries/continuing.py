"""What the last run says of the time to come with a customer (A-13), as its page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dingke.core.reasons import Label, Reason
from dingke.core.scope import Scope
from dingke.insights.calc.continuing import State
from dingke.insights.queries.sentences import sentences

LABELS = {
    State.MODEL: Label("by the model", "按模型"),
    State.RHYTHM: Label("by its own rhythm", "按自身节奏"),
    State.PLANNED: Label("as planned", "按计划"),
    State.NONE: Label("not known", "未知"),
}


@dataclass(frozen=True)
class ContinuingShown:
    """Amounts are None where the caller may not see them: turnover with the amounts, profit with the costs."""

    state: str
    label: Label
    purchases: Decimal | None
    average: Decimal | None
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    error: Decimal | None
    alive: Decimal | None
    reasons: list[str]

    @property
    def by_model(self) -> bool:
        return self.state == State.MODEL


def continuing_shown(scope: Scope, evidence: Mapping[str, Any]) -> ContinuingShown | None:
    """None when the last run said nothing of it."""
    told: Mapping[str, Any] | None = evidence.get("continuing")
    if told is None:
        return None
    by_profit, discount = bool(told.get("by_profit")), Decimal(str(told.get("discount", "0")))
    hides_value = scope.hides("cost") if by_profit else scope.hides("amount")
    reasons = list(evidence.get("reasons", {}).get("continuing", []))
    if told["state"] != State.NONE:
        reasons.append(Reason("CV_IS_PROFIT" if by_profit else "CV_IS_TURNOVER").as_json())
    if told["state"] in {State.MODEL, State.RHYTHM}:
        reasons.append((Reason("CV_DISCOUNTED", {"rate": discount}) if discount else Reason("CV_NOT_DISCOUNTED")).as_json())
    value, low, high, error = (_amount(told.get(name), hides_value) for name in ("value", "low", "high", "error"))
    return ContinuingShown(
        state=str(told["state"]),
        label=LABELS[State(told["state"])],
        purchases=None if (purchases := _amount(told.get("purchases"), False)) is None else purchases.quantize(Decimal("0.1")),
        average=_amount(told.get("average"), scope.hides("amount")),
        value=value,
        low=low,
        high=high,
        error=error,
        alive=_amount(told.get("alive"), False),
        reasons=sentences(scope, reasons),
    )


def _amount(stored: Any, is_hidden: bool) -> Decimal | None:
    return None if stored is None or is_hidden else Decimal(str(stored))
