"""What stands behind the scores of every account, as JSON texts made in bulk: figures, reasons with their thresholds, formula version."""

from __future__ import annotations

from json import dumps
from typing import Any

import numpy as np

from dingke.insights.calc.explanation import FORMULA_VERSION
from dingke.insights.calc.told import Told, money_texts
from dingke.insights.columns import Columns, Ints
from dingke.insights.judging import Judged

FAMILIES = 12
"""So many product families are kept, the largest first."""


def texts(columns: Columns, judged: Judged) -> list[str]:
    """The evidence of each account, in the order of the columns."""
    groups = {name: _joined(told, len(columns)) for name, told in judged.reasons.items()}
    parts = [""] * len(columns)
    _add_figures(parts, columns)
    _add_quarters(parts, columns)
    _add_families(parts, columns)
    _add_findings(parts, judged)
    for name, written in judged.evidence.items():
        places, values = written()
        _add(parts, places, [f",{dumps(name)}:{value}" for value in values])
    begin, names = f'{{"formula":{dumps(FORMULA_VERSION)},"reasons":{{', [f'"{name}":[' for name in groups]
    made = []
    for part, *cells in zip(parts, *groups.values(), strict=True):
        reasons = ",".join([f"{name}{cell}]" for name, cell in zip(names, cells, strict=True) if cell])
        made.append(f"{begin}{reasons}}}{part}}}")
    return made


def _joined(told: tuple[Told, ...], number: int) -> list[str]:
    """For each account what is told of it, separated by commas; "" where nothing is."""
    cells = [""] * number
    for one in told:
        places, values = one.as_json_texts()
        for place, value in zip(places.tolist(), values, strict=True):
            cells[place] = f"{cells[place]},{value}" if cells[place] else value
    return cells


def _add(parts: list[str], places: Ints, values: list[str]) -> None:
    for place, value in zip(places.tolist(), values, strict=True):
        parts[place] += value


def optional_money(cents: Any) -> list[str]:
    """Amounts as JSON texts; null where they are unknown."""
    known = ~np.isnan(cents)
    made = money_texts(np.where(known, cents, 0).astype(np.int64))
    return [f'"{text}"' if is_known else "null" for text, is_known in zip(made, known.tolist(), strict=True)]


def _add_figures(parts: list[str], columns: Columns) -> None:
    bought = np.flatnonzero(columns.has_bought)
    rows = zip(
        money_texts(columns.revenue[bought]),
        money_texts(columns.revenue_before[bought]),
        columns.orders_count[bought].tolist(),
        columns.orders_before[bought].tolist(),
        columns.orders_without_cost[bought].tolist(),
        optional_money(columns.gross_profit_before[bought]),
        money_texts(columns.incentives[bought]),
        money_texts(columns.incentives_before[bought]),
        np.datetime_as_string(columns.first_order_date[bought], unit="D").tolist(),
        strict=True,
    )
    form = (
        ',"figures":{"revenue":"%s","revenue_before":"%s","orders":%d,"orders_before":%d,"orders_without_cost":%d,'
        '"gross_profit_before":%s,"incentives":"%s","incentives_before":"%s","first_order":"%s"}'
    )
    _add(parts, bought, [form % row for row in rows])


def _add_quarters(parts: list[str], columns: Columns) -> None:
    """Eight quarters of every account that bought since the first of them; none of the others that ever bought."""
    since = columns.has_bought & (columns.last_order_date >= columns.quarter_days[0])
    long_silent = np.flatnonzero(columns.has_bought & ~since)
    _add(parts, long_silent, [',"quarters":[]'] * len(long_silent))
    shown = np.flatnonzero(since)
    width = len(columns.quarter_days)
    revenue = money_texts(columns.quarter_revenue[shown].reshape(-1))
    profit = optional_money(columns.quarter_profit[shown].reshape(-1))
    names = [f"{str(day)[2:4]}Q{(int(str(day)[5:7]) + 2) // 3}" for day in columns.quarter_days]
    form = ',"quarters":[' + ",".join(f'["{name}","%s",%s]' for name in names) + "]"
    pairs = [value for pair in zip(revenue, profit, strict=True) for value in pair]
    _add(parts, shown, [form % tuple(pairs[at * 2 * width : (at + 1) * 2 * width]) for at in range(len(shown))])


def _add_families(parts: list[str], columns: Columns) -> None:
    """The largest families of the period first."""
    order = np.lexsort((columns.family_name, -columns.family_before, -columns.family_revenue, columns.family_place))
    labels: dict[str, str] = {}
    lists: dict[int, list[str]] = {}
    for place, name, now, before in zip(
        columns.family_place[order].tolist(),
        columns.family_name[order].tolist(),
        money_texts(columns.family_revenue[order]),
        money_texts(columns.family_before[order]),
        strict=True,
    ):
        if name not in labels:
            labels[name] = dumps(name, ensure_ascii=False)
        listed = lists.setdefault(place, [])
        if len(listed) < FAMILIES:
            listed.append(f'[{labels[name]},"{now}","{before}"]')
    bought = np.flatnonzero(columns.has_bought)
    _add(parts, bought, [f',"families":[{",".join(lists.get(place, ()))}]' for place in bought.tolist()])


def _add_findings(parts: list[str], judged: Judged) -> None:
    candidates = np.flatnonzero(judged.is_candidate)
    _add(parts, candidates, [f',"candidate_score":{score:.4f}' for score in judged.candidate_score[candidates].tolist()])
    weak = judged.weak
    shown = np.flatnonzero(weak.is_weak)
    rows = zip(money_texts(weak.at_stake[shown]), weak.is_quiet[shown].tolist(), judged.newly_quiet[shown].tolist(), strict=True)
    flag = {True: "true", False: "false"}
    _add(
        parts,
        shown,
        [f',"at_stake":"{stake}","is_quiet":{flag[quiet]},"newly_quiet":{flag[new]}' for stake, quiet, new in rows],
    )
