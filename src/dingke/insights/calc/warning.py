"""Early warning (D-08, D-11, D-17, O-18, O-19; risk categories of B-17): what a signal says, and what several say together.

Everything is in columns: arrays of one length, one row per account. Probabilities are 0..1 and mean "is lost, or has shrunk by
half, if nothing is done". Days are datetime64[D] (NaT: none), amounts float64 in yuan (NaN: unknown).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dingke.core.reasons import Label, Reason, Sentences
from dingke.insights.calc.weakening import WeakeningSettings

T = TypeVar("T")
Numbers = NDArray[np.float64]
Rows = NDArray[np.int64]


class Category(StrEnum):
    """B-17 风险预警类别."""

    CONTRACT = "CONTRACT"
    SERVICE = "SERVICE"
    MARKET = "MARKET"
    CREDIT = "CREDIT"


CATEGORY_LABELS: dict[Category, Label] = {
    Category.CONTRACT: Label("Contract risk", "合同风险"),
    Category.SERVICE: Label("Service risk", "服务风险"),
    Category.MARKET: Label("Market risk", "市场风险"),
    Category.CREDIT: Label("Credit risk", "信用风险"),
}


class ValueBasis(StrEnum):
    """What stands as the value at stake, best first."""

    CONTINUING = "CONTINUING"  # the next twelve months' continuing value, if it stays a customer
    PROFIT = "PROFIT"  # the last twelve months' gross profit
    TURNOVER = "TURNOVER"  # the last twelve months' turnover, or those before when it bought nothing


BASIS = "value_basis"
"""Where the facts of a warning say what its value at stake is."""

BASIS_LABELS: dict[str, Label] = {
    ValueBasis.CONTINUING: Label("continuing value of the next twelve months, if it stays", "客户留住时未来十二个月的持续价值"),
    ValueBasis.PROFIT: Label("gross profit of the last twelve months", "近十二个月毛利"),
    ValueBasis.TURNOVER: Label("turnover of a year", "一年的销售额"),
}


@dataclass(frozen=True)
class WarningSettings:
    """When a signal speaks, and when a loss counts as one. Design values; the backtest shows what they do on one's own orders.

    ``warn_from``: a broken rhythm is told from this probability; ``rare_from``: or when a customer that still buys is silent for so long
    in at most this share of cases. ``simple_times``: the simple rule of D-11, this many purchase
    cycles. ``stopped_days``: D-17. Contact limits in days by class; 0 asks for none. A loss: no order within ``loss_times`` own
    cycles and at least ``loss_days``, or turnover down by ``shrunk_by``. ``fixed_days``: the rule others use, to compare with.
    ``weight_*``: how far a signal alone counts as a loss; 0 silences it.
    """

    warn_from: Decimal = Decimal("0.40")
    rare_from: Decimal = Decimal("0.10")
    simple_times: Decimal = Decimal("1.5")
    stopped_days: int = 365
    contact_days_key: int = 30
    contact_days_a: int = 45
    contact_days_b: int = 90
    contact_days_c: int = 0
    dossier_days: int = 365
    fresh_days: int = 180
    payment_days: int = 10
    loss_times: Decimal = Decimal(2)
    loss_days: int = 180
    shrunk_by: Decimal = Decimal("0.50")
    fixed_days: int = 90
    weight_rhythm: Decimal = Decimal("1.00")
    weight_stopped: Decimal = Decimal("1.00")
    weight_value: Decimal = Decimal("0.50")
    weight_margin: Decimal = Decimal("0.30")
    weight_range: Decimal = Decimal("0.40")
    weight_person: Decimal = Decimal("0.40")
    weight_competitor: Decimal = Decimal("0.40")
    weight_payment: Decimal = Decimal("0.30")
    weight_contact: Decimal = Decimal("0.20")
    weight_dossier: Decimal = Decimal("0.10")
    weight_other: Decimal = Decimal("0.30")

    def __post_init__(self) -> None:
        if not Decimal("0.05") <= self.warn_from <= Decimal("0.99"):
            raise ValueError("a broken rhythm is told from a probability of 5% to 99%")
        if not 0 <= self.rare_from <= Decimal("0.20"):
            raise ValueError("a rare silence is one of at most 20% of cases")
        if not 1 <= self.simple_times <= 20 or not 1 <= self.loss_times <= 20:
            raise ValueError("purchase cycles are 1 to 20")
        if not 30 <= self.stopped_days <= 1825:
            raise ValueError("a customer is silent after 30 to 1825 days")
        if any(not 0 <= days <= 1825 for days in (self.contact_days_key, self.contact_days_a, self.contact_days_b, self.contact_days_c)):
            raise ValueError("days without contact are 0 to 1825")
        if any(not 1 <= days <= 1825 for days in (self.dossier_days, self.fresh_days, self.payment_days, self.loss_days, self.fixed_days)):
            raise ValueError("days are 1 to 1825")
        if not Decimal("0.05") <= self.shrunk_by <= Decimal("0.95"):
            raise ValueError("turnover that shrank is down by 5% to 95%")
        if any(not 0 <= getattr(self, name) <= 1 for name in self.__dataclass_fields__ if name.startswith("weight_")):
            raise ValueError("weights are 0% to 100%")

    def weight(self, signal: str) -> float:
        """Of the signal with this code; ``weight_other`` for one that came with its own domain."""
        return float(getattr(self, WEIGHT_FIELDS.get(signal, "weight_other")))


WEIGHT_FIELDS: dict[str, str] = {
    "RHYTHM_BROKEN": "weight_rhythm",
    "STOPPED": "weight_stopped",
    "VALUE_FALLING": "weight_value",
    "MARGIN_FALLING": "weight_margin",
    "RANGE_SHRINKING": "weight_range",
    "KEY_PERSON_GONE": "weight_person",
    "COMPETITOR_SEEN": "weight_competitor",
    "PAYMENT_LATE": "weight_payment",
    "CONTACT_GAP": "weight_contact",
    "DOSSIER_STALE": "weight_dossier",
}


@dataclass(frozen=True)
class Sign:
    """One signal at one account. ``facts``: the figures behind the sentence, ready for JSON."""

    account_id: int
    signal: str
    probability: float
    reasons: tuple[Reason, ...]
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Signs:
    """One signal across the company. ``rows``: positions in the columns where it speaks; ``probability`` and each array of
    ``params`` are as long. ``code`` is the sentence; ``params`` its figures (an array, or one value for all).
    """

    signal: str
    rows: Rows
    probability: Numbers
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def reason(self, at: int) -> Reason:
        return Reason(
            self.code, {name: plain(value[at]) if isinstance(value, np.ndarray) else value for name, value in self.params.items()}
        )

    def sign(self, at: int, account_ids: NDArray[np.int64]) -> Sign:
        reason = self.reason(at)
        return Sign(
            int(account_ids[self.rows[at]]),
            self.signal,
            float(self.probability[at]),
            (reason,),
            dict(reason.as_json()["params"]),  # type: ignore[call-overload]
        )


def found(signal: str, mask: NDArray[np.bool_], probability: Numbers, code: str, **params: Any) -> Signs:
    """Signs where ``mask`` holds; ``probability`` and the params are whole columns and are cut to those rows."""
    rows = np.flatnonzero(mask).astype(np.int64)
    cut = {name: value[rows] if isinstance(value, np.ndarray) else value for name, value in params.items()}
    return Signs(signal, rows, np.clip(probability[rows], 0.0, 1.0), code, cut)


def none(signal: str, code: str) -> Signs:
    return Signs(signal, np.empty(0, np.int64), np.empty(0, np.float64), code)


def days_between(start: NDArray[np.datetime64], end: np.datetime64 | NDArray[np.datetime64]) -> Numbers:
    """Whole days; NaN where a day is missing."""
    days = np.asarray(end - start, dtype="timedelta64[D]")
    return np.where(np.isnat(days), np.nan, days.astype(np.float64))


def plain(value: Any) -> Any:
    """A numpy value as Python knows it; NaN and NaT are None."""
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else value.astype("datetime64[D]").astype(object)
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and np.isnan(value) else value


@dataclass(frozen=True)
class Gaps:
    """Of the days between order days, two years, from three order days on: how many (else 0), and the mean and the standard
    deviation (n - 1) of their natural logarithms."""

    count: Numbers
    log_mean: Numbers
    log_sd: Numbers

    @classmethod
    def of(cls, columns: Any) -> Gaps:
        """From the columns of a score run."""
        return cls(columns.gaps_count.astype(np.float64), columns.log_gap_mean, columns.log_gap_sd)


@dataclass(frozen=True)
class SignalColumns:
    """What the orders say of every account, as the signals read it: arrays of one length.

    Twelve months up to the day and the twelve before. ``repeats``: order days after the first. ``quarter_margins``: accounts x
    whole calendar quarters, oldest first.
    ``families``: bought in the twelve months, and in those before. ``abc``: "A", "B", "C" or "". ``continuing_value``: of the
    next twelve months, if it stays a customer.
    """

    account_id: NDArray[np.int64]
    revenue: Numbers
    revenue_before: Numbers
    gross_profit: Numbers
    orders_count: Numbers
    orders_before: Numbers
    last_order: NDArray[np.datetime64]
    repeats: Numbers
    gaps: Gaps
    quarter_margins: Numbers
    families: Numbers
    families_before: Numbers
    is_key: NDArray[np.bool_]
    abc: NDArray[Any]
    continuing_value: Numbers

    def __len__(self) -> int:
        return len(self.account_id)

    @classmethod
    def of(cls, columns: Any, *, abc: NDArray[Any] | None = None, continuing_value: Numbers | None = None) -> SignalColumns:
        """From the columns of a score run (amounts in cents). ``continuing_value`` in yuan; classes and values that are not
        given are unknown."""
        size = len(columns)
        with np.errstate(divide="ignore", invalid="ignore"):
            margins = np.where(columns.quarter_revenue > 0, columns.quarter_profit / columns.quarter_revenue, np.nan)
        return cls(
            account_id=columns.account_id,
            revenue=columns.revenue / 100,
            revenue_before=columns.revenue_before / 100,
            gross_profit=columns.gross_profit / 100,
            orders_count=columns.orders_count.astype(np.float64),
            orders_before=columns.orders_before.astype(np.float64),
            last_order=columns.last_order_date,
            repeats=columns.frequency.astype(np.float64),
            gaps=Gaps.of(columns),
            quarter_margins=margins,
            families=columns.families.astype(np.float64),
            families_before=columns.families_before.astype(np.float64),
            is_key=columns.is_key,
            abc=np.full(size, "", dtype="<U1") if abc is None else abc,
            continuing_value=np.full(size, np.nan) if continuing_value is None else continuing_value,
        )


@dataclass
class Context:
    """What a signal judges by: the columns as of a day, the settings, and tables of other domains, loaded once when asked for."""

    as_of: date
    columns: SignalColumns
    settings: WarningSettings = field(default_factory=WarningSettings)
    weakening: WeakeningSettings = field(default_factory=WeakeningSettings)
    facts: dict[str, Any] = field(default_factory=dict)
    is_replay: bool = False

    def fact(self, name: str, load: Callable[[Context], T]) -> T:
        """The table ``name``, loaded at the first wish and kept for the other signals of the run."""
        if name not in self.facts:
            self.facts[name] = load(self)
        value: T = self.facts[name]
        return value

    @property
    def day(self) -> np.datetime64:
        return np.datetime64(self.as_of, "D")

    @property
    def days_silent(self) -> Numbers:
        """Days since the last order day; NaN for who never bought."""
        return days_between(self.columns.last_order, self.day)

    def rows_of(self, account_ids: Sequence[int] | NDArray[np.int64]) -> Rows:
        """The positions of these accounts; -1 for one that is not there."""
        wanted = np.asarray(account_ids, dtype=np.int64)
        ids = self.columns.account_id
        order = self.fact("_order", lambda _context: np.argsort(ids, kind="stable"))
        if not len(ids):
            return np.full(len(wanted), -1, np.int64)
        at = np.minimum(np.searchsorted(ids, wanted, sorter=order), len(ids) - 1)
        rows = order[at]
        return np.where(ids[rows] == wanted, rows, -1).astype(np.int64)


Judge = Callable[[Context], Signs]


@dataclass(frozen=True)
class Signal:
    """A kind of warning. ``replays``: it judges by orders alone, so that history can be replayed. ``tells``: what a role must
    see to read its sentences ("cost", "amount" or "")."""

    code: str
    label: Label
    action: Label
    category: Category
    sentences: Sentences
    judge: Judge
    replays: bool = True
    tells: str = ""


@dataclass(frozen=True)
class Combined:
    """All signals together, one row per account. ``strongest``: position in ``signs`` of the heaviest signal, -1 for none;
    ``count``: how many speak; ``expected_loss``: value at stake x probability, NaN without a known value."""

    account_id: NDArray[np.int64]
    probability: Numbers
    strongest: NDArray[np.int64]
    count: NDArray[np.int64]
    value: Numbers
    basis: NDArray[Any]
    expected_loss: Numbers
    signs: tuple[Signs, ...]
    codes: tuple[str, ...] = ()
    """Every signal that was asked and has a weight."""

    @property
    def is_warned(self) -> NDArray[np.bool_]:
        """Of whom a run opens a warning: at least one signal with a weight speaks. Runs and the backtest ask here."""
        return np.asarray(self.count > 0, dtype=np.bool_)

    def warned(self) -> Rows:
        """The rows of `is_warned`, the greatest expected loss first."""
        rows = np.flatnonzero(self.is_warned)
        loss = np.nan_to_num(self.expected_loss[rows], nan=0.0)
        return rows[np.lexsort((self.account_id[rows], -self.probability[rows], -loss))].astype(np.int64)

    def signs_of(self, rows: Rows, settings: WarningSettings) -> Iterator[tuple[int, list[Sign]]]:
        """(row, its signs with the heaviest first) for the rows asked: records are made only of those."""
        wanted: dict[int, list[tuple[float, Sign]]] = {int(row): [] for row in rows}
        for signs in self.signs:
            weight = settings.weight(signs.signal)
            for at in np.flatnonzero(np.isin(signs.rows, rows)):
                sign = signs.sign(int(at), self.account_id)
                wanted[int(signs.rows[at])].append((-weight * sign.probability, sign))
        for row, found_signs in wanted.items():
            yield row, [sign for _weight, sign in sorted(found_signs, key=lambda pair: (pair[0], pair[1].signal))]


def combine(columns: SignalColumns, all_signs: Sequence[Signs], settings: WarningSettings) -> Combined:
    """Noisy-or: each signal alone would lose the customer with weight x probability; 1 minus the chance that none does."""
    size = len(columns)
    keeps, best = np.ones(size), np.zeros(size)
    strongest, count = np.full(size, -1, np.int64), np.zeros(size, np.int64)
    codes = tuple(signs.signal for signs in all_signs if settings.weight(signs.signal) > 0)
    heard = tuple(signs for signs in all_signs if len(signs) and settings.weight(signs.signal) > 0)
    for position, signs in enumerate(heard):
        part = settings.weight(signs.signal) * signs.probability
        keeps[signs.rows] *= 1 - part
        count[signs.rows] += 1
        better = part > best[signs.rows]
        best[signs.rows[better]] = part[better]
        strongest[signs.rows[better]] = position
    probability = 1 - keeps
    value, basis = value_at_stake(columns)
    return Combined(columns.account_id, probability, strongest, count, value, basis, value * probability, heard, codes)


def value_at_stake(columns: SignalColumns) -> tuple[Numbers, NDArray[Any]]:
    """A year's value of each account and what it is: continuing value where known, else profit, else turnover; never below 0."""
    turnover = np.where(columns.revenue > 0, columns.revenue, columns.revenue_before)
    has_value, has_profit = ~np.isnan(columns.continuing_value), ~np.isnan(columns.gross_profit) & (columns.revenue > 0)
    value = np.where(has_value, columns.continuing_value, np.where(has_profit, columns.gross_profit, turnover))
    basis = np.where(has_value, ValueBasis.CONTINUING.value, np.where(has_profit, ValueBasis.PROFIT.value, ValueBasis.TURNOVER.value))
    return np.maximum(value, 0.0), basis
