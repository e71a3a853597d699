"""A-08 五大误区守则, guards 1, 2 and 5: return of incentives, volume without margin, concentration. Guards 3 and 4 and the second half of
guard 5 watch what people do, not what figures say: `care_guards`.

Amounts of one currency and one period; shares 0..1. The thresholds are design values. A guard warns and leaves the
decision, its owner and its reason to people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

import numpy as np

from dingke.core.reasons import Reason, Sentences
from dingke.insights.calc.figures import AccountFigure, refuse_ratio

_ZERO = Decimal(0)

SENTENCES = Sentences(
    {
        "RETURN_TOO_LOW": (
            "{extra_incentive:,.0f} more incentive brought {extra_profit:,.0f} more gross profit: "
            "{ratio:.2f} per yuan, under {limit:.2f}. A director has to approve.",
            "增加优惠 {extra_incentive:,.0f} 元，毛利增加 {extra_profit:,.0f} 元，每元回报 {ratio:.2f}，低于 {limit:.2f}，需总监审批。",
        ),
        "RETURN_GOOD": (
            "{extra_incentive:,.0f} more incentive brought {extra_profit:,.0f} more gross profit: {ratio:.2f} per yuan.",
            "增加优惠 {extra_incentive:,.0f} 元，毛利增加 {extra_profit:,.0f} 元，每元回报 {ratio:.2f}。",
        ),
        "INCENTIVE_UNCHANGED": (
            "The incentive has not changed; gross profit changed by {extra_profit:+,.0f}.",
            "优惠未变，毛利变化 {extra_profit:+,.0f} 元。",
        ),
        "INCENTIVE_CUT": (
            "The incentive was cut by {cut:,.0f}; gross profit changed by {extra_profit:+,.0f}.",
            "优惠减少 {cut:,.0f} 元，毛利变化 {extra_profit:+,.0f} 元。",
        ),
        "RETURN_UNKNOWN": (
            "The return cannot be told: an incentive or a gross profit is missing.",
            "缺少优惠或毛利数据，无法计算回报。",
        ),
        "VOLUME_WITHOUT_MARGIN": (
            "{count} key accounts have volume but no margin, and no face class.",
            "{count} 个大客户有销量无利润，且未归入脸谱分类。",
        ),
        "VOLUME_WITH_FACE": (
            "{count} key accounts have volume but no margin; all carry a face class.",
            "{count} 个大客户有销量无利润，均已归入脸谱分类。",
        ),
        "MARGIN_GOOD": ("Every key account with volume has margin.", "有销量的大客户均有利润。"),
        "MARGIN_UNKNOWN_FOR_SOME": (
            "The profit of {count} key accounts is not known.",
            "{count} 个大客户的利润未知。",
        ),
        "NO_KEY_VOLUME": ("No key account has volume in this period.", "本期没有产生销量的大客户。"),
        "ONE_ACCOUNT_SHARE": (
            "The largest account brings {share:.1%} of revenue; the limit is {limit:.0%}.",
            "最大客户占收入的 {share:.1%}，上限为 {limit:.0%}。",
        ),
        "TOP_ACCOUNTS_SHARE": (
            "The {count} largest accounts bring {share:.1%} of revenue; the limit is {limit:.0%}.",
            "前 {count} 大客户占收入的 {share:.1%}，上限为 {limit:.0%}。",
        ),
        "NO_REVENUE": ("There is no revenue in this period.", "本期没有收入。"),
    }
)


class Guard(StrEnum):
    """The five guards of the catalogue, the last in its three parts."""

    INCENTIVE_RETURN = "INCENTIVE_RETURN"
    VOLUME_WITHOUT_MARGIN = "VOLUME_WITHOUT_MARGIN"
    KEY_ACCOUNT_CARE = "KEY_ACCOUNT_CARE"
    CONTACT_COVERAGE = "CONTACT_COVERAGE"
    ONE_ACCOUNT = "ONE_ACCOUNT"
    TOP_ACCOUNTS = "TOP_ACCOUNTS"
    PROSPECTING = "PROSPECTING"


NUMBERS: dict[Guard, int] = {
    Guard.INCENTIVE_RETURN: 1,
    Guard.VOLUME_WITHOUT_MARGIN: 2,
    Guard.KEY_ACCOUNT_CARE: 3,
    Guard.CONTACT_COVERAGE: 4,
    Guard.ONE_ACCOUNT: 5,
    Guard.TOP_ACCOUNTS: 5,
    Guard.PROSPECTING: 5,
}
"""Under which number of the catalogue a guard stands."""


class Level(StrEnum):
    OK = "OK"
    WARN = "WARN"
    BREACH = "BREACH"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class GuardSettings:
    """``warn_from``: a share that reaches this part of its limit warns before it breaks it. ``least_team``: people who work on a key
    account, its owner counted; ``assessed_within_days``: how old its value assessment may be; ``least_coverage``: of the other customers,
    the share with a contact in a quarter; ``least_prospects``: new potential accounts in a quarter."""

    least_return: Decimal = Decimal(1)
    least_margin: Decimal = _ZERO
    one_account_limit: Decimal = Decimal("0.20")
    top_accounts_limit: Decimal = Decimal("0.50")
    top_accounts: int = 5
    warn_from: Decimal = Decimal("0.90")
    least_team: int = 2
    assessed_within_days: int = 365
    least_coverage: Decimal = Decimal("0.60")
    least_prospects: int = 10

    def __post_init__(self) -> None:
        if self.least_return < 0:
            raise ValueError("the least return is 0 or more")
        refuse_ratio("the least contact coverage", self.least_coverage)
        if self.least_team < 0 or self.assessed_within_days < 1 or self.least_prospects < 0:
            raise ValueError("a team, the age of an assessment and the quota of prospects are 0 or more, the age at least 1 day")
        refuse_ratio("the least margin", self.least_margin, low=Decimal(-1))
        refuse_ratio("the limit of one account", self.one_account_limit)
        refuse_ratio("the limit of the top accounts", self.top_accounts_limit)
        refuse_ratio("the part of the limit that warns", self.warn_from)
        if self.top_accounts < 1:
            raise ValueError("at least one account is counted as top")


@dataclass(frozen=True)
class GuardResult:
    """``figure`` against ``threshold``; figure None when it cannot be told. ``account_ids``: the accounts concerned."""

    guard: Guard
    level: Level
    figure: Decimal | None
    threshold: Decimal
    account_ids: tuple[int, ...]
    sentence: Reason


@dataclass(frozen=True)
class IncentiveChange:
    """Incentives and gross profit of the period before and of the one judged; None = unknown."""

    account_id: int
    incentive_before: Decimal | None
    incentive_after: Decimal | None
    profit_before: Decimal | None
    profit_after: Decimal | None


@dataclass(frozen=True)
class AccountProfit:
    """``gross_profit`` before incentives and service cost; None = unknown."""

    account_id: int
    volume: Decimal
    gross_profit: Decimal | None
    incentives: Decimal = _ZERO
    service_cost: Decimal = _ZERO
    is_key_account: bool = True
    has_face: bool = False

    @property
    def profit(self) -> Decimal | None:
        """After all incentives and service cost."""
        return None if self.gross_profit is None else self.gross_profit - self.incentives - self.service_cost


DEFAULT_SETTINGS = GuardSettings()


def incentive_return(change: IncentiveChange, settings: GuardSettings = DEFAULT_SETTINGS) -> GuardResult:
    """Guard 1: extra gross profit / extra incentive, below 1 needs a director. 50k -> 80k and 400k -> 410k: 0.33.

    An incentive that stays or falls asks nothing of a director and has no ratio.
    """

    def result(level: Level, figure: Decimal | None, sentence: Reason) -> GuardResult:
        account_ids = (change.account_id,)
        return GuardResult(Guard.INCENTIVE_RETURN, level, figure, settings.least_return, account_ids, sentence)

    if change.incentive_before is None or change.incentive_after is None or change.profit_before is None or change.profit_after is None:
        return result(Level.UNKNOWN, None, Reason("RETURN_UNKNOWN"))
    extra_incentive = change.incentive_after - change.incentive_before
    extra_profit = change.profit_after - change.profit_before
    if extra_incentive == 0:
        return result(Level.OK, None, Reason("INCENTIVE_UNCHANGED", {"extra_profit": extra_profit}))
    if extra_incentive < 0:
        return result(Level.OK, None, Reason("INCENTIVE_CUT", {"cut": -extra_incentive, "extra_profit": extra_profit}))
    ratio = extra_profit / extra_incentive
    told = {"extra_incentive": extra_incentive, "extra_profit": extra_profit, "ratio": ratio}
    if ratio < settings.least_return:
        return result(Level.BREACH, ratio, Reason("RETURN_TOO_LOW", {**told, "limit": settings.least_return}))
    return result(Level.OK, ratio, Reason("RETURN_GOOD", told))


def volume_without_margin(profits: Iterable[AccountProfit], settings: GuardSettings = DEFAULT_SETTINGS) -> GuardResult:
    """Guard 2: a key account with volume, whose margin after incentives and service cost is 0 or less, must have a
    face (A-10).

    BREACH names those without a face; WARN names those with one; the figure is their number and the threshold 0.
    """
    key = sorted((item for item in profits if item.is_key_account and item.volume > 0), key=lambda item: item.account_id)
    unknown = tuple(item.account_id for item in key if item.profit is None)
    poor = [item for item in key if item.profit is not None and item.profit <= item.volume * settings.least_margin]
    faceless = tuple(item.account_id for item in poor if not item.has_face)
    faced = tuple(item.account_id for item in poor if item.has_face)

    def result(level: Level, account_ids: tuple[int, ...], code: str, *, counted: bool = True) -> GuardResult:
        figure = Decimal(len(account_ids)) if level is not Level.UNKNOWN else None
        sentence = Reason(code, {"count": len(account_ids)} if counted else {})
        return GuardResult(Guard.VOLUME_WITHOUT_MARGIN, level, figure, _ZERO, account_ids, sentence)

    if faceless:
        return result(Level.BREACH, faceless, "VOLUME_WITHOUT_MARGIN")
    if unknown:
        return result(Level.UNKNOWN, unknown, "MARGIN_UNKNOWN_FOR_SOME")
    if faced:
        return result(Level.WARN, faced, "VOLUME_WITH_FACE")
    return result(Level.OK, (), "MARGIN_GOOD" if key else "NO_KEY_VOLUME", counted=False)


def concentration(revenues: Iterable[AccountFigure], settings: GuardSettings = DEFAULT_SETTINGS) -> tuple[GuardResult, GuardResult]:
    """Guard 5: one account over 20 % of revenue, the top five over 50 %; as two results. Negative revenue is left
    out.
    """
    listed = list(revenues)
    values = np.array([figure.value for figure in listed], dtype=object)
    return concentration_of(np.array([figure.account_id for figure in listed], dtype=np.int64), values, settings)


def concentration_of(account_ids: Any, revenues: Any, settings: GuardSettings = DEFAULT_SETTINGS) -> tuple[GuardResult, GuardResult]:
    """`concentration` for columns of ids and amounts in any one unit."""
    kept = revenues > 0
    ids, values = account_ids[kept], revenues[kept]
    order = np.lexsort((ids,))
    order = order[np.argsort(-values[order], kind="stable")][: settings.top_accounts]
    top = [AccountFigure(int(ids[place]), Decimal(values[place].item() if values.dtype != object else values[place])) for place in order]
    total = Decimal(values.sum().item() if values.dtype != object else sum(values, _ZERO))
    limits = (
        (Guard.ONE_ACCOUNT, 1, settings.one_account_limit),
        (Guard.TOP_ACCOUNTS, settings.top_accounts, settings.top_accounts_limit),
    )
    one, most = (_share_result(guard, top[:count], total, limit, settings) for guard, count, limit in limits)
    return one, most


def _share_result(guard: Guard, top: list[AccountFigure], total: Decimal, limit: Decimal, settings: GuardSettings) -> GuardResult:
    if not total:
        return GuardResult(guard, Level.UNKNOWN, None, limit, (), Reason("NO_REVENUE"))
    share = sum((figure.value for figure in top), _ZERO) / total
    near = Level.WARN if share >= limit * settings.warn_from else Level.OK
    level = Level.BREACH if share > limit else near
    told: dict[str, object] = {"share": share, "limit": limit}
    if guard is Guard.ONE_ACCOUNT:
        sentence = Reason("ONE_ACCOUNT_SHARE", told)
    else:
        sentence = Reason("TOP_ACCOUNTS_SHARE", {**told, "count": len(top)})
    return GuardResult(guard, level, share, limit, tuple(figure.account_id for figure in top), sentence)
