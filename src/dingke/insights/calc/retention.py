"""A-09, O-17 留住老客户的经济账: what keeping costs against winning, by either of the source's two claims or an own
figure.

The claims stand in the same source and disagree; both are kept and cited. keep-to-win ratio = cost of keeping / cost
of winning.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dingke.core.reasons import Label


class RetentionClaim(StrEnum):
    A = "A"
    B = "B"
    OWN = "OWN"


@dataclass(frozen=True)
class ClaimText:
    claim: RetentionClaim
    ratio: Decimal
    label: Label


CLAIMS: tuple[ClaimText, ...] = (
    ClaimText(
        RetentionClaim.A,
        Decimal("0.125"),
        Label(
            "Winning one new customer costs as much as keeping eight old ones.",
            "开发一个新客户的成本相当于维护八个老客户。",
        ),
    ),
    ClaimText(
        RetentionClaim.B,
        Decimal("0.2"),
        Label(
            "Keeping an old customer costs about 20 % of winning a new one.",
            "维护一个老客户的成本约为开发新客户的 20%。",
        ),
    ),
)

DISCREPANCY = Label(
    "The two claims disagree: 1 to 8 (12.5 %) against 1 to 5 (20 %). Choose one or enter your own figure.",
    "两种说法不一致：1 比 8（12.5%）与 1 比 5（20%），请选择其一或填写自己的数据。",
)


@dataclass(frozen=True)
class RetentionSettings:
    """Default: claim B, 20 %. ``own_ratio`` counts with the claim OWN."""

    claim: RetentionClaim = RetentionClaim.B
    own_ratio: Decimal | None = None

    def __post_init__(self) -> None:
        if self.claim is RetentionClaim.OWN and self.own_ratio is None:
            raise ValueError("an own figure needs its keep-to-win ratio")
        if self.own_ratio is not None and self.own_ratio <= 0:
            raise ValueError("the keep-to-win ratio is over 0")

    @property
    def keep_to_win_ratio(self) -> Decimal:
        """12.5 % with A, 20 % with B."""
        if self.claim is RetentionClaim.OWN and self.own_ratio is not None:
            return self.own_ratio
        return next(text.ratio for text in CLAIMS if text.claim is self.claim)


@dataclass(frozen=True)
class RetentionCost:
    """``kept``: how many old customers the budget keeps, whole ones."""

    cost_per_win: Decimal
    cost_per_keep: Decimal
    old_kept_per_new: Decimal
    kept: int


DEFAULT_SETTINGS = RetentionSettings()


def old_kept_per_new(keep_to_win_ratio: Decimal) -> Decimal:
    """How many old customers the cost of one new one keeps: 0.2 -> 5. ValueError unless over 0."""
    if keep_to_win_ratio <= 0:
        raise ValueError("the keep-to-win ratio is over 0")
    return 1 / keep_to_win_ratio


def keep_to_win(old_kept: Decimal) -> Decimal:
    """The ratio for "one new costs as much as keeping so many old": 8 -> 0.125. ValueError unless over 0."""
    if old_kept <= 0:
        raise ValueError("the number of customers kept is over 0")
    return 1 / old_kept


def retention_cost(
    *, cost_per_win: Decimal, budget: Decimal | None = None, settings: RetentionSettings = DEFAULT_SETTINGS
) -> RetentionCost:
    """O-17: n_keep = budget / cost per keep; without a budget, the cost of one win. 8,000: A keeps 8 at 1,000, B 5 at
    1,600.

    ValueError when the cost of a win is not over 0 or the budget is negative.
    """
    if cost_per_win <= 0:
        raise ValueError("the cost of winning a customer is over 0")
    if budget is not None and budget < 0:
        raise ValueError("a budget is 0 or more")
    ratio = settings.keep_to_win_ratio
    per_keep = cost_per_win * ratio
    return RetentionCost(
        cost_per_win=cost_per_win,
        cost_per_keep=per_keep,
        old_kept_per_new=old_kept_per_new(ratio),
        kept=int((cost_per_win if budget is None else budget) // per_keep),
    )
