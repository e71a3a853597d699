"""A-09 二八法则与集中度: cumulative share(k) = sum of the k largest / total, ABC classes, and how few bring how much.

Only figures over 0 make the total: a loss would let the shares pass 100 % and fall again. Zero adds nothing (class
C); losses are listed last with share 0 and summed apart. Equal figures go by account id, so a run always gives the
same list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dingke.insights.calc.figures import AccountFigure, refuse_ratio

_ZERO = Decimal(0)


class AbcClass(StrEnum):
    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True)
class ParetoSettings:
    """A: the accounts needed to reach ``a_until`` of the total; B: those needed from there to ``b_until``."""

    a_until: Decimal = Decimal("0.80")
    b_until: Decimal = Decimal("0.95")

    def __post_init__(self) -> None:
        if not 0 < self.a_until <= self.b_until <= 1:
            raise ValueError("the cut-offs are shares with 0 < A <= B <= 1")


@dataclass(frozen=True)
class ParetoRow:
    """``rank`` from 1; ``share`` and ``cumulative_share`` of the total, ``accounts_share`` = rank / number of
    accounts, all 0..1.
    """

    account_id: int
    value: Decimal
    rank: int
    share: Decimal
    cumulative_share: Decimal
    accounts_share: Decimal
    abc: AbcClass


@dataclass(frozen=True)
class Pareto:
    """``total``: of the figures over 0; ``losses``: sum of the negative ones (0 or less)."""

    rows: tuple[ParetoRow, ...]
    total: Decimal
    losses: Decimal

    def ids_of(self, abc: AbcClass) -> tuple[int, ...]:
        return tuple(row.account_id for row in self.rows if row.abc is abc)


@dataclass(frozen=True)
class Ranking:
    """For columns, each array as long as the accounts. ``rank`` from 1; ``cumulative``: what the accounts up to this one bring;
    ``abc``: "A", "B", "C"; ``total``: of the figures over 0.
    """

    rank: NDArray[np.int64]
    cumulative: Any
    abc: NDArray[np.str_]
    total: int


DEFAULT_SETTINGS = ParetoSettings()


def ranking(account_ids: Any, values: Any, settings: ParetoSettings = DEFAULT_SETTINGS, *, rest: int = 0) -> Ranking:
    """Ranks and classes of whole amounts (cents), largest first, equal ones by account id. ``rest``: what smaller ones that are not
    listed bring together."""
    order = np.lexsort((account_ids,)) if values.dtype == object else np.lexsort((account_ids, -values))
    if values.dtype == object:  # whole numbers beyond 64 bits
        order = order[np.argsort(-values[order], kind="stable")]
    sorted_values = values[order]
    running = np.cumsum(np.where(sorted_values > 0, sorted_values, 0)) if len(values) else sorted_values
    total = (int(running[-1]) if len(values) else 0) + rest
    before = running - np.where(sorted_values > 0, sorted_values, 0)
    # The account that crosses a cut-off still belongs to the better class: without it the share is not reached.
    until_a, until_b = (ceil(Fraction(cut) * total) for cut in (settings.a_until, settings.b_until))
    abc = np.where(before < until_b, "B", "C")
    abc = np.where(before < until_a, "A", abc)
    abc = np.where(sorted_values > 0, abc, "C")
    place = np.empty(len(values), dtype=np.int64)
    place[order] = np.arange(len(values))
    return Ranking(place + 1, running[place], abc[place], total)


def count_for_share(values: Any, share: Decimal) -> int:
    """`smallest_count_for_share` of whole amounts (cents)."""
    refuse_ratio("a share", share)
    ordered = -np.sort(-values[values > 0])
    running = np.cumsum(ordered)
    wanted = ceil(Fraction(share) * int(running[-1])) if len(running) else 0
    return int(np.searchsorted(running, wanted)) + 1 if wanted > 0 else 0


def pareto(figures: Iterable[AccountFigure], settings: ParetoSettings = DEFAULT_SETTINGS) -> Pareto:
    """The Pareto list, largest first. Without a figure over 0 all shares are 0 and all accounts class C."""
    listed = list(figures)
    cents, per_yuan = _whole([figure.value for figure in listed])
    ranked = ranking(np.array([figure.account_id for figure in listed], dtype=np.int64), cents, settings)
    total = Decimal(ranked.total) / per_yuan
    rows = sorted(
        (
            ParetoRow(
                account_id=figure.account_id,
                value=figure.value,
                rank=int(rank),
                share=max(figure.value, _ZERO) / total if total else _ZERO,
                cumulative_share=Decimal(int(cumulative)) / per_yuan / total if total else _ZERO,
                accounts_share=Decimal(int(rank)) / len(listed),
                abc=AbcClass(abc),
            )
            for figure, rank, cumulative, abc in zip(listed, ranked.rank, ranked.cumulative, ranked.abc, strict=True)
        ),
        key=lambda row: row.rank,
    )
    losses = sum((figure.value for figure in listed if figure.value < 0), _ZERO)
    return Pareto(rows=tuple(rows), total=total, losses=losses)


def _whole(values: list[Decimal]) -> tuple[Any, int]:
    """The amounts as whole numbers of their smallest part, and how many of these make one."""
    digits = max((-int(value.as_tuple().exponent) for value in values), default=0)
    parts = 10 ** max(digits, 2)
    whole = [int(value * parts) for value in values]
    fits = sum(abs(number) for number in whole) < 2**62
    return np.array(whole, dtype=np.int64 if fits else object), parts


def smallest_count_for_share(values: Iterable[Decimal], share: Decimal) -> int:
    """How many of the largest reach ``share`` (0..1) of the total; 0 when there is no figure over 0. ValueError on
    another share.
    """
    return count_for_share(_whole(list(values))[0], share)


def top_share(values: Iterable[Decimal], count: int) -> Decimal:
    """The share 0..1 of the total that the ``count`` largest bring; 0 without a figure over 0. ValueError on a
    negative count.
    """
    if count < 0:
        raise ValueError("a count is 0 or more")
    ordered = sorted((value for value in values if value > 0), reverse=True)
    total = sum(ordered, _ZERO)
    return sum(ordered[:count], _ZERO) / total if total else _ZERO
