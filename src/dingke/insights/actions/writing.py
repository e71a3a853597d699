"""Columns as rows of scores and standings, in values as the database takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from dingke.insights.calc.figures import share
from dingke.insights.calc.told import money_texts
from dingke.insights.columns import Columns
from dingke.insights.judging import Judged

Rows = dict[str, list[Any]]


def scores(columns: Columns, judged: Judged, evidence: list[str], *, run_id: int, size: int) -> Iterator[Rows]:
    """Scores of customers and candidates, `size` at a time, by account id."""
    whole = np.flatnonzero((judged.rank > 0) | judged.is_candidate)
    for begin in range(0, len(whole), size):
        places = whole[begin : begin + size]
        yield {
            "run_id": [run_id] * len(places),
            "account_id": columns.account_id[places].tolist(),
            "revenue": money_texts(columns.revenue[places]),
            "gross_profit": _optional_money(columns.gross_profit[places]),
            "abc": judged.abc[places].tolist(),
            "rank": _optional_numbers(judged.rank[places]),
            "proposed_face": judged.proposed_face[places].tolist(),
            "evidence": [evidence[place] for place in places.tolist()],
        }


def standings(
    columns: Columns, judged: Judged, evidence: list[str], *, run_id: int, abc_before: Mapping[int, str], faces: Mapping[int, str]
) -> Rows:
    """One row per account."""
    ids = columns.account_id.tolist()
    number = len(ids)
    weak = judged.weak
    return {
        "account_id": ids,
        "as_of_date": [columns.as_of.isoformat()] * number,
        "run_id": [run_id] * number,
        "revenue": money_texts(columns.revenue),
        "revenue_before": money_texts(columns.revenue_before),
        "revenue_total": money_texts(columns.revenue_total),
        "gross_profit": _optional_money(columns.gross_profit),
        "margin": _shares(share(columns.gross_profit, columns.revenue)),
        "share": _shares(judged.share),
        "cumulative_share": _shares(judged.cumulative_share),
        "rank": _optional_numbers(judged.rank),
        "orders_count": columns.orders_count.tolist(),
        "last_order_date": [None if day == "NaT" else day for day in np.datetime_as_string(columns.last_order_date, unit="D").tolist()],
        "usual_gap_days": [None if gap != gap else f"{gap:.1f}" for gap in columns.usual_gap_days.tolist()],
        "abc": judged.abc.tolist(),
        "abc_before": [abc_before.get(one, "") for one in ids],
        "proposed_face": judged.proposed_face.tolist(),
        "face": [faces.get(one, "") for one in ids],
        "proposed_stage": judged.proposed_stage.tolist(),
        "at_stake": [stake if is_weak else None for stake, is_weak in zip(money_texts(weak.at_stake), weak.is_weak.tolist(), strict=True)],
        "is_quiet": weak.is_quiet.tolist(),
        "newly_quiet": judged.newly_quiet.tolist(),
        "is_candidate": judged.is_candidate.tolist(),
        "candidate_score": [None if score != score else score for score in judged.candidate_score.tolist()],
        "candidate_methods": _methods(judged, number),
        "evidence": evidence,
    }


def _methods(judged: Judged, number: int) -> list[str]:
    """The codes of the methods that found each account, in the order of the catalogue."""
    found = np.zeros(number, dtype=np.int64)
    order = list(judged.methods)
    for bit, method in enumerate(order):
        found |= judged.methods[method].astype(np.int64) << bit
    words = {}
    for value in np.unique(found).tolist():
        codes = [f'"{method.value}"' for method in type(order[0]) if method in order and value >> order.index(method) & 1] if order else []
        words[value] = f"[{', '.join(codes)}]"
    return [words[value] for value in found.tolist()]


def _optional_money(cents: Any) -> list[str | None]:
    known = ~np.isnan(cents)
    texts = money_texts(np.where(known, cents, 0).astype(np.int64))
    return [text if is_known else None for text, is_known in zip(texts, known.tolist(), strict=True)]


def _optional_numbers(column: Any) -> list[int | None]:
    return [one or None for one in column.tolist()]


def _shares(column: Any) -> list[str | None]:
    """As the tables store a share: six decimals, halves away from 0, within 999."""
    held = np.clip(column, -999, 999)
    rounded = np.sign(held) * np.floor(np.round(np.abs(held) * 1e6, 5) + 0.5) / 1e6
    return [None if one != one else f"{one:.6f}" for one in rounded.tolist()]
