"""The step of a score run that values every customer for the time to come: CV = N x P (A-13), with what it rests on."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np

from dingke.insights.calc.continuing import YEAR, Continuing, Customers, State, continuing_value, fit_company
from dingke.insights.calc.figures import share
from dingke.insights.calc.told import Told, money_texts
from dingke.insights.columns import Columns, Floats, Ints
from dingke.insights.judging import Judged

SAID_ONCE = frozenset({"CV_IS_TURNOVER", "CV_IS_PROFIT", "CV_DISCOUNTED", "CV_NOT_DISCOUNTED"})
"""Sentences that follow from the settings: kept as two marks in the evidence, not as text with every account."""


def value_customers(columns: Columns, judged: Judged) -> None:
    """N by BG/NBD and P by Gamma-Gamma, fitted to this company's own customers; plans of the value card where they do not fit."""
    settings = judged.rules.continuing
    customers = customers_of(columns, judged)
    fit = fit_company(customers, settings)
    found = continuing_value(customers, fit, settings)
    judged.continuing = found
    concerned = columns.has_bought | (found.state != "NONE")
    judged.reasons["continuing"] = tuple(
        Told(one.code, one.where & concerned, one.params) for one in found.told if one.code not in SAID_ONCE
    )
    judged.evidence["continuing"] = partial(_evidence, found, np.flatnonzero(concerned), settings.by_profit, settings.discount)
    states, counts = np.unique(found.state[concerned], return_counts=True)
    judged.company["continuing"] = {
        **fit.as_json(),
        "value": money_texts(np.array([int(np.nansum(np.round(found.value)))]))[0],
        "states": dict(zip(states.tolist(), counts.tolist(), strict=True)),
        "horizon_days": settings.horizon_days,
    }


def year_at_stake(columns: Columns, judged: Judged) -> Floats | None:
    """In yuan: what each customer is expected to bring in twelve months if it stays; None before `value_customers`, NaN where nothing is
    known. As profit where the margin is known, so that it stands beside the profit of those who have no continuing value.

    The value of the model counts the chance that the customer is gone already, which the probability of a warning says again. So it
    is taken back: else the expected loss would be smallest where the customer is most surely leaving.
    """
    if judged.continuing is None:
        return None
    found = judged.continuing
    by_model = found.state == State.MODEL.value
    with np.errstate(divide="ignore", invalid="ignore"):
        staying = np.where(by_model, found.value / found.alive, found.value)
    settings = judged.rules.continuing
    in_a_year = np.where(found.state == State.PLANNED.value, 1.0, YEAR / settings.horizon_days)  # of a plan the time is not known
    margin = 1.0 if settings.by_profit else columns.margin
    value = staying * in_a_year * np.where(np.isnan(margin), 1.0, margin) / 100
    return np.where(np.isfinite(value), value, np.nan)


def customers_of(columns: Columns, judged: Judged) -> Customers:
    planned = np.full((2, len(columns)), np.nan)
    plans = judged.outside.plans
    places = columns.places(list(plans))
    for place, (purchases, average) in zip(places.tolist(), plans.values(), strict=True):
        if place >= 0:
            planned[:, place] = float(purchases), float(average * 100)
    with np.errstate(divide="ignore", invalid="ignore"):
        average = np.where(columns.has_bought, columns.revenue_total / (columns.frequency + 1.0), np.nan)
    return Customers(
        frequency=columns.frequency,
        recency_days=columns.recency_days,
        age_days=columns.age_days,
        repeat_value=columns.repeat_value,
        average_value=average,
        gaps_count=columns.gaps_count,
        log_gap_mean=columns.log_gap_mean,
        log_gap_sd=columns.log_gap_sd,
        purchases_now=columns.orders_count,
        purchases_before=columns.orders_before,
        margin=share(columns.gross_profit, columns.revenue),
        planned_purchases=planned[0],
        planned_average=planned[1],
    )


def _evidence(found: Continuing, places: Ints, by_profit: bool, discount: Decimal) -> tuple[Ints, list[str]]:
    marks = f'"by_profit":{"true" if by_profit else "false"},"discount":"{discount}"'
    rows = zip(
        found.state[places].tolist(),
        _numbers(found.purchases[places], 2),
        *(_amounts(column[places]) for column in (found.average, found.value, found.low, found.high, found.error)),
        _numbers(found.alive[places], 4),
        strict=True,
    )
    form = '{"state":"%s","purchases":%s,"average":%s,"value":%s,"low":%s,"high":%s,"error":%s,"alive":%s,'
    return places, [f"{form % row}{marks}}}" for row in rows]


def _numbers(column: Floats, places: int) -> list[str]:
    return ["null" if one != one else f"{one:.{places}f}" for one in column.tolist()]


def _amounts(cents: Floats) -> list[str]:
    known: Any = np.isfinite(cents)
    texts = money_texts(np.where(known, np.round(np.where(known, cents, 0)), 0).astype(np.int64))
    return [f'"{text}"' if is_known else "null" for text, is_known in zip(texts, known.tolist(), strict=True)]
