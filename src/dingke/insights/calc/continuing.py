"""A-13 客户持续价值: continuing value CV = N x P of every customer, N by BG/NBD and P by Gamma-Gamma, with what speaks against it.

Arrays in, arrays out, one row per customer; lengths of time in days, amounts in any one unit. CV is turnover within the horizon
unless the settings ask for profit or for discounting. Where the model does not fit a customer, its planned N x P of the value card
stands in, with the reason; a customer who orders like clockwork and has no plan is counted on by its own rhythm.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dingke.core.reasons import Reason
from dingke.insights.calc.buying import BetaGeoNBD
from dingke.insights.calc.continuing_words import SENTENCES, UNITS
from dingke.insights.calc.figures import Flags, Floats, refuse_ratio
from dingke.insights.calc.maximum import UnableToFit
from dingke.insights.calc.spending import GammaGamma
from dingke.insights.calc.told import Told
from dingke.insights.calc.uncertainty import moved, quantile, spread

__all__ = ["SENTENCES", "CompanyFit", "Continuing", "ContinuingSettings", "Customers", "State", "continuing_value", "fit_company"]

YEAR = 365.25
DAYS = {"DAY": 1.0, "WEEK": 7.0, "MONTH": YEAR / 12}


class State(StrEnum):
    """What the value of a customer rests on."""

    MODEL = "MODEL"
    RHYTHM = "RHYTHM"
    PLANNED = "PLANNED"
    NONE = "NONE"


@dataclass(frozen=True)
class ContinuingSettings:
    """``discount``: a year's rate, taken off in the middle of each month (or the like) of the horizon. ``by_profit``: times the margin.

    ``least_customers`` and ``least_repeaters``: below these nothing is fitted. ``least_repeats``: with fewer repeat purchases a plan
    is preferred. Contract business: over ``regular_gaps`` gaps or more the logarithms of the gaps spread less than ``regular_spread``
    (buying at random spreads 1.28); it is silent when ``rhythm_patience`` gaps have passed. ``most_correlation`` of frequency and
    value: above it P is the own average. A trend is broken when a year's purchases differ from those of the year before by
    ``trend_times`` or more and by ``trend_errors`` standard errors. ``confidence`` of the interval.
    """

    horizon: int = 12
    unit: str = "MONTH"
    discount: Decimal = Decimal(0)
    by_profit: bool = False
    least_customers: int = 50
    least_repeaters: int = 30
    least_repeats: int = 2
    regular_gaps: int = 6
    regular_spread: Decimal = Decimal("0.45")
    rhythm_patience: Decimal = Decimal(2)
    most_correlation: Decimal = Decimal("0.30")
    trend_times: Decimal = Decimal(2)
    trend_errors: Decimal = Decimal(3)
    confidence: Decimal = Decimal("0.80")

    def __post_init__(self) -> None:
        if self.unit not in DAYS:
            raise ValueError("the horizon is counted in DAY, WEEK or MONTH")
        if not 1 <= self.horizon_days <= 100 * YEAR:
            raise ValueError("the horizon lies between a day and 100 years")
        refuse_ratio("the discount rate", self.discount)
        refuse_ratio("the correlation", self.most_correlation)
        refuse_ratio("the confidence", self.confidence, low=Decimal("0.5"), high=Decimal("0.99"))
        if min(self.least_customers, self.least_repeaters) < 10:
            raise ValueError("the model needs 10 customers and 10 repeat customers")
        if self.least_repeats < 1 or self.regular_gaps < 2:
            raise ValueError("repeat purchases are 1 or more, gaps 2 or more")
        if self.regular_spread < 0 or self.rhythm_patience < 1 or self.trend_times <= 1 or self.trend_errors < 0:
            raise ValueError("spread and errors are 0 or more, patience 1 or more, the trend more than once")

    @property
    def horizon_days(self) -> float:
        return self.horizon * DAYS[self.unit]


@dataclass(frozen=True)
class Customers:
    """``frequency``: repeat purchases (days of purchase less one); ``recency_days``, ``age_days``: from the first purchase to the last
    and to the day of the figures, NaN for who never bought; ``repeat_value``: mean amount of a repeat purchase, ``average_value`` of all
    purchases, NaN when unknown. The rest may be left out: gaps between purchases (how many, mean and spread of their logarithms),
    purchases of the last twelve months and of those before, the margin (a share), and the plan of the value card.
    """

    frequency: Any
    recency_days: Floats
    age_days: Floats
    repeat_value: Floats
    average_value: Floats
    gaps_count: Any = 0
    log_gap_mean: Any = np.nan
    log_gap_sd: Any = np.nan
    purchases_now: Any = 0
    purchases_before: Any = 0
    margin: Any = np.nan
    planned_purchases: Any = np.nan
    planned_average: Any = np.nan

    def __len__(self) -> int:
        return len(self.age_days)

    @property
    def bought(self) -> Flags:
        found: Flags = ~np.isnan(self.age_days)
        return found

    @property
    def dated_wrongly(self) -> Flags:
        """Purchases that lie in the future of the day of the figures."""
        with np.errstate(invalid="ignore"):
            found: Flags = self.bought & ((self.age_days < 0) | (self.recency_days > self.age_days) | (self.recency_days < 0))
        return found

    def orders_regularly(self, settings: ContinuingSettings) -> Flags:
        with np.errstate(invalid="ignore"):
            regular: Flags = self.bought & (self.gaps_count >= settings.regular_gaps) & (self.log_gap_sd < float(settings.regular_spread))
        return regular


@dataclass(frozen=True)
class CompanyFit:
    """Both models of the company, None where one could not be fitted; why not, and what to know about them."""

    buying: BetaGeoNBD | None
    spending: GammaGamma | None
    problems: tuple[Reason, ...]
    customers: int
    repeaters: int

    def as_json(self) -> dict[str, object]:
        """Parameters with their standard errors and the sentences, for the summary of a run."""
        told: dict[str, object] = {"customers": self.customers, "repeaters": self.repeaters}
        told["problems"] = [reason.as_json() for reason in self.problems]
        for name, model, parameters in (("buying", self.buying, ("r", "alpha", "a", "b")), ("spending", self.spending, ("p", "q", "v"))):
            if model is not None:
                told[name] = {one: _number(getattr(model, f"{one}_")) for one in parameters}
                told[f"{name}_errors"] = {one: _number(error) for one, error in model.standard_errors_.items()}
                told[f"{name}_log_likelihood"] = model.log_likelihood_
        if self.spending is not None:
            told["correlation"] = self.spending.correlation_
        return told


@dataclass(frozen=True)
class Continuing:
    """``purchases`` N, ``average`` P and ``value`` = N x P (NaN in the state NONE); of the model ``low``..``high``, the interval of what
    will be bought, the ``error`` of the value that comes from the parameters, and the probability ``alive`` (NaN elsewhere)."""

    state: NDArray[np.str_]
    purchases: Floats
    average: Floats
    value: Floats
    low: Floats
    high: Floats
    error: Floats
    alive: Floats
    told: tuple[Told, ...]


def fit_company(customers: Customers, settings: ContinuingSettings | None = None) -> CompanyFit:
    """Both models, from all customers but those dated wrongly and those with contract business. Never raises for what the data are."""
    settings = settings or ContinuingSettings()
    usable = customers.bought & ~customers.dated_wrongly & ~customers.orders_regularly(settings)
    x, tx, t = (np.asarray(values)[usable] for values in (customers.frequency, customers.recency_days, customers.age_days))
    again = x > 0
    count, repeaters = len(x), int(again.sum())
    if count < settings.least_customers:
        return CompanyFit(None, None, (Reason("CV_FEW_CUSTOMERS", {"count": count, "least": settings.least_customers}),), count, repeaters)
    if repeaters < settings.least_repeaters:
        return CompanyFit(
            None, None, (Reason("CV_FEW_REPEATERS", {"count": repeaters, "least": settings.least_repeaters}),), count, repeaters
        )
    problems: list[Reason] = []
    try:
        buying: BetaGeoNBD | None = BetaGeoNBD().fit(x, tx, t)
    except UnableToFit:
        buying = None
    if buying is None or not (buying.converged_ or buying.hardly_leave_):
        return CompanyFit(None, None, (Reason("CV_NOT_CONVERGED"),), count, repeaters)
    if buying.hardly_leave_:
        problems.append(Reason("CV_HARDLY_LEAVE"))
    value = np.asarray(customers.repeat_value)[usable]
    paid = again & (value > 0)
    spending: GammaGamma | None = None
    if paid.sum() >= settings.least_repeaters:
        spending = GammaGamma().fit(x[paid], value[paid])
    if spending is None or not spending.converged_:
        spending = None
        problems.append(Reason("CV_SPENDING_NOT_FITTED"))
    elif spending.q_ <= 1:
        spending = None
        problems.append(Reason("CV_MEAN_UNBOUNDED"))
    elif abs(spending.correlation_) > float(settings.most_correlation):
        problems.append(
            Reason("CV_MONEY_NOT_INDEPENDENT", {"correlation": spending.correlation_, "most": float(settings.most_correlation)})
        )
    return CompanyFit(buying, spending, tuple(problems), count, repeaters)


def continuing_value(customers: Customers, fit: CompanyFit, settings: ContinuingSettings | None = None) -> Continuing:
    """CV of every customer, and why.

    The interval is that of the turnover within the horizon: with some probability nothing is bought; else the sum is taken as gamma
    distributed with its exact mean and variance under the models, the variance from the parameters added. Parameters are moved to the
    points (two for each) that have the covariance of the fit, in place of random draws. The interval needs the spending model.
    """
    settings = settings or ContinuingSettings()
    size = len(customers)
    unknown = np.full(size, np.nan)
    wrong, regular = customers.dated_wrongly, customers.orders_regularly(settings)
    own = np.broadcast_to(np.asarray(customers.average_value, dtype=np.float64), (size,))
    frequency = np.broadcast_to(np.asarray(customers.frequency, dtype=np.float64), (size,))
    with np.errstate(invalid="ignore"):
        odd = customers.bought & ~(own > 0)
        planned = np.asarray(customers.planned_purchases, dtype=np.float64) * np.asarray(customers.planned_average, dtype=np.float64)
    has_plan = np.broadcast_to(~np.isnan(planned), (size,))
    once = customers.bought & (frequency == 0)
    few = customers.bought & (frequency > 0) & (frequency < settings.least_repeats)
    broken, now, before = _broken(customers, settings)
    can = customers.bought & ~wrong & ~regular & ~odd if fit.buying is not None else np.zeros(size, dtype=np.bool_)
    by_model = can & ~(has_plan & (once | few | broken))
    middle, around = np.asarray(customers.log_gap_mean, dtype=np.float64), np.asarray(customers.log_gap_sd, dtype=np.float64)
    gap = np.broadcast_to(np.exp(middle + around**2 / 2), (size,))
    with np.errstate(invalid="ignore"):
        silent = regular & ((customers.age_days - customers.recency_days) > float(settings.rhythm_patience) * gap)
    by_rhythm = regular & ~wrong & ~odd & ~silent & ~has_plan
    by_plan = has_plan & ~by_model
    state = np.select([by_model, by_plan, by_rhythm], [State.MODEL.value, State.PLANNED.value, State.RHYTHM.value], State.NONE.value)
    purchases, average = unknown.copy(), unknown.copy()
    low, high, error, alive = (unknown.copy() for _turn in range(4))
    weight = _margin(customers, settings, size)
    if by_model.any():
        found = _modelled(customers, fit, settings, frequency, own, by_model)
        purchases[by_model], average[by_model], alive[by_model] = found["mean"], found["average"], found["alive"]
        low[by_model], high[by_model], error[by_model] = found["low"], found["high"], found["error"]
    purchases[by_rhythm], average[by_rhythm] = (settings.horizon_days / gap)[by_rhythm], own[by_rhythm]
    purchases[by_plan] = np.broadcast_to(customers.planned_purchases, (size,))[by_plan]
    average[by_plan] = np.broadcast_to(customers.planned_average, (size,))[by_plan]
    factor = weight
    if settings.discount:
        factor = factor * _discounts(customers, fit, settings, frequency, by_model, by_rhythm)
    thin = by_model | by_plan
    told: tuple[Told, ...] = (
        *(Told(reason.code, customers.bought & ~by_model, reason.params) for reason in fit.problems if fit.buying is None),
        *(Told(reason.code, by_model, reason.params) for reason in fit.problems if fit.buying is not None),
        Told("CV_NEVER_BOUGHT", ~customers.bought),
        Told("CV_DATED_WRONGLY", wrong),
        Told("CV_NOT_POSITIVE", odd & ~wrong),
        Told("CV_CONTRACT", regular & ~wrong, {"gap": gap, "gaps": _column(customers.gaps_count, size)}),
        Told("CV_CONTRACT_SILENT", silent, {"days": _column(customers.age_days - customers.recency_days, size)}),
        Told("CV_BOUGHT_ONCE", once & thin),
        Told("CV_FEW_PURCHASES", few & thin, {"count": _column(frequency, size)}),
        Told("CV_TREND_BROKEN", broken & thin, {"now": now, "before": before}),
        Told("CV_BY_MODEL", by_model, {"alive": alive, "horizon": settings.horizon, "unit": UNITS[settings.unit]}),
        Told("CV_BY_RHYTHM", by_rhythm, {"horizon": settings.horizon, "unit": UNITS[settings.unit]}),
        Told("CV_BY_PLAN", by_plan),
        Told("CV_NO_PLAN", ~(by_model | by_plan | by_rhythm)),
        Told("CV_IS_PROFIT" if settings.by_profit else "CV_IS_TURNOVER", state != State.NONE.value),
        Told("CV_DISCOUNTED", by_model | by_rhythm, {"rate": float(settings.discount)})
        if settings.discount
        else Told("CV_NOT_DISCOUNTED", by_model | by_rhythm),
    )
    return Continuing(
        state=state,
        purchases=purchases,
        average=average,
        value=purchases * average * factor,
        low=low * factor,
        high=high * factor,
        error=error * np.abs(factor),
        alive=alive,
        told=told,
    )


def _column(values: Any, size: int) -> NDArray[np.int64]:
    return np.nan_to_num(np.broadcast_to(np.asarray(values, dtype=np.float64), (size,))).astype(np.int64)


def _broken(customers: Customers, settings: ContinuingSettings) -> tuple[Flags, NDArray[np.int64], NDArray[np.int64]]:
    """Two whole years known, and one too unlike the other for a steady rate."""
    size = len(customers)
    now, before = _column(customers.purchases_now, size), _column(customers.purchases_before, size)
    larger, smaller = np.maximum(now, before), np.minimum(now, before)
    apart = (larger - smaller) >= float(settings.trend_errors) * np.sqrt(now + before)
    with np.errstate(invalid="ignore"):
        found: Flags = (
            (customers.age_days >= 2 * YEAR) & apart & (larger >= float(settings.trend_times) * smaller) & (now > 0) & (before > 0)
        )
    return found, now, before


def _margin(customers: Customers, settings: ContinuingSettings, size: int) -> Floats:
    """1 for turnover. For profit the own margin, and the mean margin where it is not known; NaN when nobody's is."""
    if not settings.by_profit:
        return np.ones(size)
    margin = np.broadcast_to(np.asarray(customers.margin, dtype=np.float64), (size,))
    known = ~np.isnan(margin)
    return np.where(known, margin, margin[known].mean() if known.any() else np.nan)


def _modelled(
    customers: Customers, fit: CompanyFit, settings: ContinuingSettings, frequency: Floats, own: Floats, rows: Flags
) -> dict[str, Floats]:
    """Of the customers in ``rows``, not yet discounted and as turnover."""
    assert fit.buying is not None
    x, tx, t, mean_value = frequency[rows], customers.recency_days[rows], customers.age_days[rows], customers.repeat_value[rows]
    horizon = settings.horizon_days
    look = fit.buying.outlook(horizon, x, tx, t)
    apart = fit.spending is not None and abs(fit.spending.correlation_) <= float(settings.most_correlation)
    if fit.spending is None:
        nothing = np.full(len(x), np.nan)
        return {**look, "average": own[rows], "low": nothing, "high": nothing, "error": nothing}
    with np.errstate(invalid="ignore"):
        seen = np.where(mean_value > 0, x, 0)
    average = fit.spending.expected_mean(seen, mean_value) if apart else own[rows]
    square, around = fit.spending.mean_square(seen, mean_value)
    if not apart:  # the spread of the model, around the own average
        ratio = (average / fit.spending.expected_mean(seen, mean_value)) ** 2
        square, around = square * ratio, around * ratio
    value = look["mean"] * average
    buying = (BetaGeoNBD.of(r=r, alpha=alpha, a=a, b=b) for r, alpha, a, b in moved(fit.buying.parameters_, fit.buying.covariance_))
    error_n = spread(look["mean"], (_purchases(model, horizon, x, tx, t) for model in buying))
    spending = (GammaGamma.of(p=p, q=q, v=v) for p, q, v in moved(fit.spending.parameters_, fit.spending.covariance_))
    error_p = spread(average, (model.expected_mean(seen, mean_value) for model in spending)) if apart else np.zeros(len(x))
    variance = (error_n * average) ** 2 + (error_p * look["mean"]) ** 2 + (error_n * error_p) ** 2
    whole = look["mean"] * around + look["square"] * square - value**2 + variance
    below = (1 - float(settings.confidence)) / 2
    low, high = (quantile(level, any_=look["any"], mean=value, variance=whole) for level in (below, 1 - below))
    return {**look, "average": average, "low": low, "high": high, "error": np.sqrt(variance)}


def _purchases(model: BetaGeoNBD, horizon: float, x: Floats, tx: Floats, t: Floats) -> Floats:
    """Unknown where a fit leaves so much open that its parameters, moved that far, give no number: then there is no interval."""
    try:
        with np.errstate(all="ignore"):
            return model.expected_purchases(horizon, x, tx, t)
    except ValueError:
        return np.full(len(x), np.nan)


def _discounts(
    customers: Customers, fit: CompanyFit, settings: ContinuingSettings, frequency: Floats, by_model: Flags, by_rhythm: Flags
) -> Floats:
    """What a unit of turnover spread over the horizon is worth today; 1 for plans, whose time is not known."""
    parts = max(1, round(settings.horizon_days / DAYS["MONTH"]))
    ends = settings.horizon_days * (np.arange(parts) + 1) / parts
    worth = (1 + float(settings.discount)) ** (-(ends - ends[0] / 2) / YEAR)
    factor = np.where(by_rhythm, worth.mean(), 1.0)
    if by_model.any() and fit.buying is not None:
        x, tx, t = frequency[by_model], customers.recency_days[by_model], customers.age_days[by_model]
        before, total = np.zeros(len(x)), np.zeros(len(x))
        for end, one in zip(ends, worth, strict=True):
            until = fit.buying.expected_purchases(float(end), x, tx, t)
            total += (until - before) * one
            before = until
        with np.errstate(divide="ignore", invalid="ignore"):
            factor[by_model] = np.where(before > 0, total / before, worth.mean())
    return factor


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
