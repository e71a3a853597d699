"""E-17 to E-20, P-11, P-12, K-02: three needs, next actions, the list of confirmed needs, FAB and FFAB."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dingke.core.reasons import Label


@dataclass(frozen=True, slots=True)
class NeedKind:
    code: str
    label: Label
    question: Label
    example: Label


THREE: tuple[NeedKind, ...] = (
    NeedKind(
        "ENTERPRISE",
        Label("Enterprise need", "企业需求"),
        Label("Which management problem is solved?", "解决了企业的什么管理问题？"),
        Label(
            "More than 60 customers and hundreds of transactions a month: checking receivables at month's end is tiresome",
            "60 多家客户、每月几百笔往来，月底核对应收很吃力",
        ),
    ),
    NeedKind(
        "PERSONAL",
        Label("Personal need", "个人需求"),
        Label("What does the key person need personally, and which standing has this person?", "关键人个人想要什么？在公司里地位如何？"),
        Label(
            "A hired general manager who started the project wants to build standing and fears failure",
            "职业经理人牵头立项，想建立威信，又怕失败",
        ),
    ),
    NeedKind(
        "SALES",
        Label("Sales need", "销售需求"),
        Label("Which amount and scale do we want?", "我们想要多大的金额和规模？"),
        Label("No fixed budget; ledger, receivables, sales and stock, about 30,000", "预算未定；总账、应收、销售、库存，约 3 万元"),
    ),
)
WAYS: tuple[tuple[str, Label], ...] = (
    ("FILL", Label("Fill a gap", "需要弥补")),
    ("KEEP", Label("Keep as it is", "保持现状")),
    ("RESOURCE", Label("Support with a resource", "资源支持")),
)
ADVICE_VISIT = Label("Key facts are not sure: visit once more", "关键信息还不确定：建议再拜访一次")


@dataclass(frozen=True, slots=True)
class ListedNeed:
    """A need of the confirmed list (E-17): `priority` NEED or WANT, `fit` STANDARD, CONFIGURABLE, CUSTOM, MISSING or "",
    `range` UNDECIDED, IN_SCOPE, OUT_OF_SCOPE or DROPPED (K-02)."""

    priority: str
    fit: str
    range: str
    confirmed_date: date | None
    effort_days: Decimal | None = None
    can_decline: bool | None = None


@dataclass(frozen=True, slots=True)
class ListState:
    total: int
    in_scope: int
    undecided: int
    unconfirmed: int  # in scope, but nobody of the customer confirmed it
    standard: int
    configurable: int
    custom: int
    missing: int
    unmapped: int
    custom_effort: Decimal
    cannot_decline: int  # custom or missing wishes that cannot be screened off (E-11)

    @property
    def is_confirmed(self) -> bool:
        """K-01, K-02: at least one need in scope, each of those confirmed with the customer, none undecided."""
        return self.in_scope > 0 and self.unconfirmed == 0 and self.undecided == 0


def state_of(needs: Iterable[ListedNeed]) -> ListState:
    """What the list of needs says. Needs out of scope or dropped count for nothing but the total."""
    listed = list(needs)
    live = [need for need in listed if need.range in {"IN_SCOPE", "UNDECIDED"}]
    scoped = [need for need in live if need.range == "IN_SCOPE"]

    def fitting(code: str) -> int:
        return sum(need.fit == code for need in live)

    beyond = [need for need in live if need.fit in {"CUSTOM", "MISSING"}]
    return ListState(
        total=len(listed),
        in_scope=len(scoped),
        undecided=len(live) - len(scoped),
        unconfirmed=sum(need.confirmed_date is None for need in scoped),
        standard=fitting("STANDARD"),
        configurable=fitting("CONFIGURABLE"),
        custom=fitting("CUSTOM"),
        missing=fitting("MISSING"),
        unmapped=fitting(""),
        custom_effort=sum((need.effort_days or Decimal(0) for need in beyond), Decimal(0)),
        cannot_decline=sum(need.can_decline is False for need in beyond),
    )


def may_carry_benefit(need: ListedNeed) -> bool:
    """E-18: a benefit quotes a need that the customer confirmed and that is in scope."""
    return need.confirmed_date is not None and need.range == "IN_SCOPE"


def missing_parts(*, method: str, feature: str, function: str, advantage: str, benefit: str) -> tuple[str, ...]:
    """E-18: parts that the method asks for and that are empty. FAB: feature, advantage, benefit; FFAB: function as well."""
    parts = {"feature": feature, "advantage": advantage, "benefit": benefit}
    if method == "FFAB":
        parts["function"] = function
    return tuple(name for name, text in parts.items() if not text.strip())
