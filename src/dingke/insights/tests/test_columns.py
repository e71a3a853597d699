"""Columns beside the same rules worked out one account at a time in exact decimals."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dingke.core.periods import last_twelve_months, twelve_months_before
from dingke.insights import evidence, judging
from dingke.insights.calc.faces import FaceSettings, propose_faces
from dingke.insights.calc.figures import share, shares_above
from dingke.insights.calc.identification import joined, steadiness_of
from dingke.insights.calc.pareto import ParetoSettings, count_for_share, ranking
from dingke.insights.calc.rules import Rules
from dingke.insights.calc.told import Money, Told, money_texts
from dingke.insights.calc.weakening import weakenings
from dingke.insights.columns import Columns, places_of
from dingke.insights.steps import STEPS

AS_OF = date(2026, 9, 30)
CENTS = st.one_of(st.integers(-(10**6), 10**6), st.integers(0, 10**13), st.sampled_from([0, 10_000, 20_000, 80_000]))


def columns(rows: list[tuple[int, int, int | None]]) -> Columns:
    """Accounts 1, 2, …: (revenue, revenue before, gross profit), in cents; all bought."""
    number = len(rows)
    zeros, unknown = np.zeros(number, dtype=np.int64), np.full(number, np.nan)
    day = np.full(number, np.datetime64("2026-09-15"), dtype="datetime64[D]")
    given: dict[str, Any] = {
        "account_id": np.arange(1, number + 1),
        "is_key": zeros > 0,
        "revenue": np.array([row[0] for row in rows], dtype=np.int64),
        "revenue_before": np.array([row[1] for row in rows], dtype=np.int64),
        "gross_profit": np.array([np.nan if row[2] is None else row[2] for row in rows], dtype=np.float64),
        "orders_total": zeros + 1,
        "orders_count": zeros + 1,
        "first_order_date": day,
        "last_order_date": day,
        "recency_days": zeros + 0.0,
        "age_days": zeros + 15.0,
        "quarter_days": np.array([f"202{4 + at // 4}-{1 + at % 4 * 3:02d}-01" for at in range(3, 11)], dtype="datetime64[D]"),
        "quarter_revenue": np.zeros((number, 8), dtype=np.int64),
        "quarter_profit": np.full((number, 8), np.nan),
        "family_place": zeros[:0],
        "family_name": np.array([], dtype="<U1"),
        "family_revenue": zeros[:0],
        "family_before": zeros[:0],
    }
    floats = {"influence", "annual_revenue", "gross_profit_before", "usual_gap_days", "log_gap_mean", "log_gap_sd"}
    floats.add("repeat_value")
    names = set(Columns.__dataclass_fields__) - {"as_of", "current", "before", "left_out"}
    for name in names - set(given):
        given[name] = unknown if name in floats else zeros
    current = last_twelve_months(AS_OF)
    return Columns(as_of=AS_OF, current=current, before=twelve_months_before(current), left_out={"later": 1}, **given)


@pytest.mark.item("A-09")
@given(st.lists(CENTS, max_size=40), st.sampled_from(["0.80", "0.5", "0.333", "1"]), st.sampled_from(["0.95", "1"]))
def test_classes_are_those_of_exact_decimals(cents: list[int], a_until: str, b_until: str) -> None:
    chosen = ParetoSettings(min(Decimal(a_until), Decimal(b_until)), Decimal(b_until))
    found = ranking(np.arange(len(cents)), np.array(cents, dtype=np.int64), chosen)
    total, running = sum((Decimal(value) for value in cents if value > 0), Decimal(0)), Decimal(0)
    for rank, place in enumerate(sorted(range(len(cents)), key=lambda at: (-cents[at], at)), start=1):
        value = Decimal(cents[place])
        inside = "A" if running < total * chosen.a_until else "B" if running < total * chosen.b_until else "C"
        assert (found.rank[place], found.abc[place]) == (rank, inside if value > 0 else "C")
        running += max(value, Decimal(0))
        assert found.cumulative[place] == running
    wanted, taken, ordered = total * chosen.a_until, Decimal(0), sorted((value for value in cents if value > 0), reverse=True)
    count = 0
    while taken < wanted:
        taken, count = taken + ordered[count], count + 1
    assert count_for_share(np.array(cents, dtype=np.int64), chosen.a_until) == count


@pytest.mark.item("A-10")
@given(
    st.lists(
        st.tuples(st.integers(1, 10**9), st.integers(-(10**8), 10**8), st.booleans(), st.sampled_from([None, 69, 70, 100])),
        min_size=1,
        max_size=25,
    )
)
def test_faces_on_the_limits_are_those_of_exact_decimals(rows: list[tuple[int, int, bool, int | None]]) -> None:
    revenue = np.array([row[0] * 100 if row[2] else row[0] for row in rows], dtype=np.int64)
    profit = np.array([row[0] * 3 if row[2] else row[1] for row in rows], dtype=np.float64)  # exactly 3 % where the flag says so
    influence = np.array([np.nan if row[3] is None else row[3] for row in rows])
    everybody = np.ones(len(rows), dtype=np.bool_)
    found = propose_faces(
        influence=influence,
        margin=share(profit, revenue),
        average_margin=float(profit.sum() / revenue.sum()),
        volume=revenue,
        volume_above=shares_above(revenue, among=everybody),
        profit=profit,
        profit_above=shares_above(profit, among=everybody),
        orders_in_year=np.ones(len(rows)),
        among=everybody,
        settings=FaceSettings(),
    )
    for at, (one, two, rated) in enumerate(zip(revenue.tolist(), profit.tolist(), influence.tolist(), strict=True)):
        is_black = rated >= 70 and Decimal(int(two)) <= Decimal(one) * Decimal("0.03")
        assert (found.face[at] == "BLACK") == is_black
        in_top = Decimal(int((profit > two).sum())) < Decimal("0.2") * len(rows) and two > 0
        assert found.face[at] != "RED" or in_top
        assert sum(bool(rule.where[at]) for rule in found.rules) == 1


@given(st.lists(st.tuples(CENTS, CENTS), min_size=1, max_size=30))
def test_a_drop_on_the_limit_is_a_drop(pairs: list[tuple[int, int]]) -> None:
    pairs = [*pairs, (80_000, 100_000), (80_001, 100_000)]
    now, then = (np.array([pair[at] for pair in pairs], dtype=np.int64) for at in (0, 1))
    found = weakenings(
        revenue=now,
        revenue_before=then,
        is_quiet=now <= 0,
        quarter_margins=np.full((len(pairs), 8), np.nan),
        families=np.zeros(len(pairs)),
        families_before=np.zeros(len(pairs)),
    )
    (less,) = [sign for sign in found.signs if sign.code == "BOUGHT_LESS"]
    for at, (one, two) in enumerate(pairs):
        drops = one > 0 and two > 0 and two > one and Decimal(two - one) / Decimal(two) >= Decimal("0.20")
        if two > 10**10 and not drops and abs(Decimal(two - one) / Decimal(two) - Decimal("0.20")) < Decimal("1e-12"):
            continue  # closer to the limit than twelve decimals
        assert bool(less.where[at]) == drops
        if drops:
            assert found.at_stake[at] == two - one


@given(st.lists(st.lists(st.integers(0, 10**8), min_size=4, max_size=4), min_size=1, max_size=10))
def test_steadiness_of_columns(rows: list[list[int]]) -> None:
    found = steadiness_of(np.array(rows, dtype=np.float64))
    for one, row in zip(found.tolist(), rows, strict=True):
        mean = Decimal(sum(row)) / 4
        if mean <= 0:
            assert np.isnan(one)
            continue
        deviation = (sum(((Decimal(value) - mean) ** 2 for value in row), Decimal(0)) / 4).sqrt()
        assert abs(Decimal(one) - max(Decimal(0), 1 - deviation / mean)) < Decimal("1e-9")


def test_scores_of_several_methods_strengthen_each_other() -> None:
    found = joined([np.array([0.5, np.nan, np.nan]), np.array([0.5, 0.25, np.nan])])
    assert found.tolist()[:2] == [0.75, 0.25]
    assert np.isnan(found[2])


@given(st.lists(st.integers(-(10**15), 10**15), max_size=20))
def test_cents_as_texts(cents: list[int]) -> None:
    assert [Decimal(text) for text in money_texts(np.array(cents, dtype=np.int64))] == [Decimal(value) / 100 for value in cents]


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 10**7), st.floats(-5, 5), st.integers(0, 9), st.booleans()), min_size=1, max_size=8))
def test_texts_in_bulk_are_what_the_record_packs(rows: list[tuple[int, float, int, bool]]) -> None:
    from json import loads

    told = Told(
        "X",
        np.array([row[3] for row in rows]),
        {
            "money": Money(np.array([row[0] for row in rows], dtype=np.int64)),
            "ratio": np.array([row[1] for row in rows]),
            "number": np.array([row[2] for row in rows], dtype=np.int64),
            "day": np.array(["2026-09-30"] * len(rows), dtype="datetime64[D]"),
            "thing": np.array([f"{row[2]} % “" for row in rows], dtype=object),
            "limit": Decimal("0.20"),
            "percent": "5 %",
        },
    )
    places, texts = told.as_json_texts()
    assert places.tolist() == [at for at, row in enumerate(rows) if row[3]]
    for place, text in zip(places, texts, strict=True):
        packed, made = told.reason_at(place).as_json(), loads(text)
        assert Decimal(made["params"].pop("money")["decimal"]) == Decimal(packed["params"].pop("money")["decimal"])  # type: ignore[attr-defined]
        assert Decimal(made["params"].pop("ratio")["decimal"]) == Decimal(packed["params"].pop("ratio")["decimal"])  # type: ignore[attr-defined]
        assert made == packed


def test_columns_are_kept_and_read_back(tmp_path: Path) -> None:
    kept = columns([(100, 50, None), (0, 70, 5)])
    kept.save(tmp_path / "kept.npz")
    again = Columns.load(tmp_path / "kept.npz")
    assert (again.as_of, again.current, again.before, again.left_out) == (kept.as_of, kept.current, kept.before, kept.left_out)
    for name in ("account_id", "revenue", "gross_profit", "last_order_date", "quarter_profit", "is_key"):
        assert np.array_equal(getattr(again, name), getattr(kept, name), equal_nan=name == "gross_profit" or name == "quarter_profit")
    assert kept.places([2, 9, 1]).tolist() == [1, -1, 0]
    assert places_of(np.array([], dtype=np.int64), np.array([3])).tolist() == [-1]


@pytest.mark.parametrize("rows", [[], [(0, 0, None)], [(100, 50, None), (900, 0, 5), (-5, 0, 1)]])
def test_every_step_takes_a_company_of_any_size(rows: list[tuple[int, int, int | None]]) -> None:
    one = columns(rows)
    judged = judging.unjudged(one, Rules(), judging.Outside())
    for step in STEPS:
        step.judge(one, judged)
    assert len(evidence.texts(one, judged)) == len(rows)
