"""A-10 红黑白脸分类: which face the figures propose for a key account. A person confirms; figures alone never decide.

Proposed thresholds: black if influence >= 70 and margin <= 3 %; white if volume in the top 20 % and margin below half
the average; red if profit in the top 20 %; tried in this order. Margins are ratios 0..1, influence 0-100.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dingke.core.reasons import Label, Reason, Sentences
from dingke.insights.calc.figures import Flags, refuse_ratio, rounded, unknown
from dingke.insights.calc.told import Told, reasons_at


class Face(StrEnum):
    RED = "RED"
    BLACK = "BLACK"
    WHITE = "WHITE"


@dataclass(frozen=True)
class FaceGuide:
    """What a face means and the extra step it asks for."""

    face: Face
    label: Label
    meaning: Label
    required_step: Label


FACE_GUIDES: tuple[FaceGuide, ...] = (
    FaceGuide(
        Face.RED,
        Label("Red face", "红脸"),
        Label("Earns large direct profit, but buys occasionally and at random.", "直接利润大，但采购偶然、随机。"),
        Label("Make an action plan to turn it into a long-term relation.", "制定行动计划，发展为长期合作关系。"),
    ),
    FaceGuide(
        Face.BLACK,
        Label("Black face", "黑脸"),
        Label(
            "No clear profit, but authority or far influence; serves the brand.",
            "没有明显利润，但具有权威性或深远影响，服务于品牌建设。",
        ),
        Label(
            "State the long-term goal and get the approval and support of top management before giving resources.",
            "投入资源前，明确长期目标，并取得高层的批准与支持。",
        ),
    ),
    FaceGuide(
        Face.WHITE,
        Label("White face", "白脸"),
        Label(
            "Large volume at a very low margin; steady need, market share, brand effect.",
            "销量大而利润率很低；需求稳定，带来市场份额和品牌效应。",
        ),
        Label("Watch the margin floor and keep the supply stable.", "守住利润底线，保持供货稳定。"),
    ),
)

FOLLOW_UPS: tuple[Label, ...] = (
    Label("Frequent contact", "经常沟通"),
    Label("Extended service", "延伸服务"),
    Label("Dynamic management", "动态管理"),
)

SENTENCES = Sentences(
    {
        "FACE_BLACK": (
            "Influence {influence} is at least {influence_from}, and the margin of {margin:.1%} is at most {margin_until:.1%}.",
            "影响力 {influence} 不低于 {influence_from}，利润率 {margin:.1%} 不高于 {margin_until:.1%}。",
        ),
        "FACE_WHITE": (
            "Volume is among the top {top:.0%}, and the margin of {margin:.1%} is below {part:.0%} of the average of {average:.1%}.",
            "销量位于前 {top:.0%}，利润率 {margin:.1%} 低于平均利润率 {average:.1%} 的 {part:.0%}。",
        ),
        "FACE_RED": ("Profit is among the top {top:.0%}.", "利润位于前 {top:.0%}。"),
        "FACE_NONE": ("No rule of a face applies.", "不符合任何一种脸谱的规则。"),
        "BUYS_OCCASIONALLY": (
            "It bought {orders} times in twelve months: occasional buying, as the red face means.",
            "近十二个月采购 {orders} 次，属偶然采购，符合红脸的含义。",
        ),
        "BUYS_REGULARLY": (
            "It bought {orders} times in twelve months: buying is regular, so look whether red fits.",
            "近十二个月采购 {orders} 次，采购较规律，请核实是否适用红脸。",
        ),
        "ORDERS_UNKNOWN": ("How often it buys is not known.", "采购频率未知。"),
        "INFLUENCE_UNKNOWN": (
            "Influence is not rated, so black could not be judged.",
            "影响力尚未评分，无法判断黑脸。",
        ),
        "MARGIN_UNKNOWN": (
            "The margin is not known, so black and white could not be judged.",
            "利润率未知，无法判断黑脸和白脸。",
        ),
        "AVERAGE_UNKNOWN": (
            "There is no average margin over 0, so white could not be judged.",
            "没有大于零的平均利润率，无法判断白脸。",
        ),
        "VOLUME_UNKNOWN": ("The volume is not known, so white could not be judged.", "销量未知，无法判断白脸。"),
        "PROFIT_UNKNOWN": ("The profit is not known, so red could not be judged.", "利润未知，无法判断红脸。"),
        "KEY_WITHOUT_FACE": (
            "The margin of {margin:.1%} is high and the volume small: key, but without a face.",
            "利润率 {margin:.1%} 较高而销量较小：属于大客户，但不归入脸谱。",
        ),
    }
)


@dataclass(frozen=True)
class FaceSettings:
    """``occasional_orders``: at most so many orders in twelve months are occasional. The last two define "high" and
    "small".
    """

    black_influence_from: Decimal = Decimal(70)
    black_margin_until: Decimal = Decimal("0.03")
    white_volume_top: Decimal = Decimal("0.20")
    white_part_of_average: Decimal = Decimal("0.50")
    red_profit_top: Decimal = Decimal("0.20")
    occasional_orders: int = 2
    high_margin_times_average: Decimal = Decimal("1.5")
    small_volume_from: Decimal = Decimal("0.50")

    def __post_init__(self) -> None:
        refuse_ratio("the influence limit", self.black_influence_from, high=Decimal(100))
        refuse_ratio("the margin limit of black", self.black_margin_until, low=Decimal(-1))
        refuse_ratio("the part of the average margin", self.white_part_of_average)
        refuse_ratio("the volume limit of white", self.white_volume_top)
        refuse_ratio("the profit limit of red", self.red_profit_top)
        refuse_ratio("the limit of a small volume", self.small_volume_from)
        if self.occasional_orders < 0:
            raise ValueError("a number of orders is 0 or more")
        if self.high_margin_times_average < 1:
            raise ValueError("a high margin is at least the average")


@dataclass(frozen=True)
class FaceFacts:
    """None = unknown. ``volume_above`` and ``profit_above``: the shares of accounts standing above
    (``figures.share_above``).
    """

    account_id: int
    influence: Decimal | None = None
    margin: Decimal | None = None
    average_margin: Decimal | None = None
    volume: Decimal | None = None
    volume_above: Decimal | None = None
    profit: Decimal | None = None
    profit_above: Decimal | None = None
    orders_in_year: int | None = None


@dataclass(frozen=True)
class FaceProposal:
    """``rule``: the one that applied; ``evidence``: what else is known, and what could not be judged."""

    account_id: int
    face: Face | None
    rule: Reason
    evidence: tuple[Reason, ...]


@dataclass(frozen=True)
class FaceColumns:
    """``face``: code or ""; ``rules``: one holds for each account that was judged; ``evidence``: as in `FaceProposal`."""

    face: NDArray[np.str_]
    rules: tuple[Told, ...]
    evidence: tuple[Told, ...]


DEFAULT_SETTINGS = FaceSettings()


def propose_face(facts: FaceFacts, settings: FaceSettings = DEFAULT_SETTINGS) -> FaceProposal:
    """A-10: black, then white, then red, else none; unknown figures are named. No profit or volume of 0 or less is
    "top".
    """
    names = ("influence", "margin", "volume", "volume_above", "profit", "profit_above")
    columns = {name: np.array([unknown(getattr(facts, name))]) for name in names}
    orders = np.array([unknown(facts.orders_in_year)])
    average = unknown(facts.average_margin)
    found = propose_faces(**columns, average_margin=average, orders_in_year=orders, among=np.ones(1, dtype=np.bool_), settings=settings)
    face = Face(str(found.face[0])) if found.face[0] else None
    return FaceProposal(facts.account_id, face, reasons_at(found.rules, 0)[0], reasons_at(found.evidence, 0))


def propose_faces(
    *,
    influence: Any,
    margin: Any,
    average_margin: float,
    volume: Any,
    volume_above: Any,
    profit: Any,
    profit_above: Any,
    orders_in_year: Any,
    among: Flags,
    settings: FaceSettings = DEFAULT_SETTINGS,
) -> FaceColumns:
    """A-10 for columns: `FaceFacts` as arrays, NaN = unknown, margins at twelve decimals; judged are the accounts ``among``."""
    margin, average = rounded(margin), float(average_margin)
    has_average = average > 0
    black = among & (influence >= float(settings.black_influence_from)) & (margin <= float(settings.black_margin_until))
    thin = margin < rounded(average * float(settings.white_part_of_average)) if has_average else np.zeros(len(among), dtype=np.bool_)
    white = among & ~black & (volume > 0) & (volume_above < float(settings.white_volume_top)) & thin
    red = among & ~black & ~white & (profit > 0) & (profit_above < float(settings.red_profit_top))
    none = among & ~black & ~white & ~red
    face = np.select([black, white, red], [Face.BLACK.value, Face.WHITE.value, Face.RED.value], "")
    rules = (
        Told(
            "FACE_BLACK",
            black,
            {
                "influence": _numbers(influence),
                "influence_from": settings.black_influence_from,
                "margin": margin,
                "margin_until": settings.black_margin_until,
            },
        ),
        Told(
            "FACE_WHITE",
            white,
            {
                "top": settings.white_volume_top,
                "margin": margin,
                "part": settings.white_part_of_average,
                "average": np.full(len(among), rounded(average)),
            },
        ),
        Told("FACE_RED", red, {"top": settings.red_profit_top}),
        Told("FACE_NONE", none),
    )
    evidence = (
        *_bought(orders_in_year, red, settings),
        *_small(margin, average, volume_above, none, settings),
        *_unknown(among, influence, margin, has_average, volume, volume_above, profit, profit_above),
    )
    return FaceColumns(face, rules, evidence)


def _numbers(column: Any) -> Any:
    """Whole numbers as such, so that a sentence shows 70, not 70.0."""
    whole = np.nan_to_num(column)
    return whole.astype(np.int64) if np.array_equal(whole, np.rint(whole)) else column


def _bought(orders: Any, red: Flags, settings: FaceSettings) -> tuple[Told, ...]:
    """How regularly an account with a red face buys."""
    number = np.nan_to_num(orders).astype(np.int64)
    is_known, occasional = ~np.isnan(orders), orders <= settings.occasional_orders
    return (
        Told("ORDERS_UNKNOWN", red & ~is_known),
        Told("BUYS_OCCASIONALLY", red & is_known & occasional, {"orders": number}),
        Told("BUYS_REGULARLY", red & is_known & ~occasional, {"orders": number}),
    )


def _small(margin: Any, average: float, volume_above: Any, none: Flags, settings: FaceSettings) -> tuple[Told, ...]:
    if not average > 0:
        return ()
    high = margin >= rounded(average * float(settings.high_margin_times_average))
    return (Told("KEY_WITHOUT_FACE", none & high & (volume_above >= float(settings.small_volume_from)), {"margin": margin}),)


def _unknown(
    among: Flags, influence: Any, margin: Any, has_average: bool, volume: Any, volume_above: Any, profit: Any, profit_above: Any
) -> tuple[Told, ...]:
    no_margin = np.isnan(margin)
    return (
        Told("INFLUENCE_UNKNOWN", among & np.isnan(influence)),
        Told("MARGIN_UNKNOWN", among & no_margin),
        Told("AVERAGE_UNKNOWN", among & ~no_margin & (not has_average)),
        Told("VOLUME_UNKNOWN", among & (np.isnan(volume) | np.isnan(volume_above))),
        Told("PROFIT_UNKNOWN", among & (np.isnan(profit) | np.isnan(profit_above))),
    )
