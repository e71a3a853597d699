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


DEFAULT_SETTINGS = ParetoSettings()


def pareto(figures: Iterable[AccountFigure], settings: ParetoSettings = DEFAULT_SETTINGS) -> Pareto:
    """The Pareto list, largest first. Without a figure over 0 all shares are 0 and all accounts class C."""
    ordered = sorted(figures, key=lambda figure: (-figure.value, figure.account_id))
    total = _positive_total(figure.value for figure in ordered)
    rows: list[ParetoRow] = []
    running = _ZERO
    for rank, figure in enumerate(ordered, start=1):
        before = running
        running += max(figure.value, _ZERO)
        rows.append(
            ParetoRow(
                account_id=figure.account_id,
                value=figure.value,
                rank=rank,
                share=max(figure.value, _ZERO) / total if total else _ZERO,
                cumulative_share=running / total if total else _ZERO,
                accounts_share=Decimal(rank) / len(ordered),
                abc=_class_of(figure.value, before=before, total=total, settings=settings),
            )
        )
    losses = sum((figure.value for figure in ordered if figure.value < 0), _ZERO)
    return Pareto(rows=tuple(rows), total=total, losses=losses)


def smallest_count_for_share(values: Iterable[Decimal], share: Decimal) -> int:
    """How many of the largest reach ``share`` (0..1) of the total; 0 when there is no figure over 0. ValueError on
    another share.
    """
    refuse_ratio("a share", share)
    ordered = sorted((value for value in values if value > 0), reverse=True)
    wanted = sum(ordered, _ZERO) * share
    running, count = _ZERO, 0
    while running < wanted:
        running += ordered[count]
        count += 1
    return count


def top_share(values: Iterable[Decimal], count: int) -> Decimal:
    """The share 0..1 of the total that the ``count`` largest bring; 0 without a figure over 0. ValueError on a
    negative count.
    """
    if count < 0:
        raise ValueError("a count is 0 or more")
    ordered = sorted((value for value in values if value > 0), reverse=True)
    total = sum(ordered, _ZERO)
    return sum(ordered[:count], _ZERO) / total if total else _ZERO


def _positive_total(values: Iterable[Decimal]) -> Decimal:
    return sum((value for value in values if value > 0), _ZERO)


def _class_of(value: Decimal, *, before: Decimal, total: Decimal, settings: ParetoSettings) -> AbcClass:
    # The account that crosses a cut-off still belongs to the better class: without it the share is not reached.
    if value <= 0:
        return AbcClass.C
    if before < total * settings.a_until:
        return AbcClass.A
    return AbcClass.B if before < total * settings.b_until else AbcClass.C
