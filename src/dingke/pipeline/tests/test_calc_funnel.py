"""The funnel against its needed profile, and the four symptoms: the catalogue's examples, limits, properties."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.core.reasons import Label
from dingke.pipeline.calc import funnel, reports, symptoms
from dingke.pipeline.calc.funnel import FunnelSettings, Level, fills
from dingke.pipeline.calc.reports import Stay
from dingke.pipeline.calc.symptoms import DealFacts, Symptom, SymptomLimits

NAMES = ("opportunities", "worked", "contracts")


def levels(actual, needed=(222, 93, 39)):
    return [Level(name, number, want) for name, number, want in zip(NAMES, actual, needed, strict=True)]


@pytest.mark.item("P-08")
def test_the_example_of_the_catalogue():
    judged = fills(levels((222, 60, 30)))
    assert [round(one.fill, 3) for one in judged] == [Decimal("1.000"), Decimal("0.645"), Decimal("0.769")]
    assert [(one.code, one.shortage) for one in judged if one.is_bottleneck] == [("worked", 33)]
    reason = funnel.verdict(judged, {"worked": Label("worked customers", "跟进中的客户")})
    assert funnel.SENTENCES.text(reason, "en") == "The bottleneck is “worked customers”: 64.5% filled, 33 missing. Refill it first."
    assert "33" in funnel.SENTENCES.text(reason, "zh-hans")


@pytest.mark.item("P-08")
def test_a_profile_that_is_filled_exactly_has_no_bottleneck():
    judged = fills(levels((222, 93, 39)))
    assert [one.fill for one in judged] == [1, 1, 1]
    assert not any(one.is_bottleneck for one in judged)
    assert funnel.verdict(judged, {}).code == "BALANCED"


@pytest.mark.item("F-12")
def test_without_needed_numbers_nothing_is_said_of_the_balance():
    judged = fills(levels((5, 3, 0), (None, None, None)))
    assert [one.fill for one in judged] == [None, None, None]
    assert funnel.verdict(judged, {}).code == "NO_PROFILE"


@pytest.mark.parametrize("stages", [{"A": -1}, {"A": True}, {"A": "3"}])
def test_a_profile_of_something_else_than_whole_numbers_is_refused(stages):
    with pytest.raises(ValueError, match="whole number"):
        FunnelSettings(needed={"MAIN": stages})


def test_a_level_of_less_than_nothing_is_refused():
    with pytest.raises(ValueError, match="less than nothing"):
        fills([Level("A", -1, 3)])


@pytest.mark.item("F-12")
@given(st.lists(st.tuples(st.integers(0, 1_000), st.one_of(st.none(), st.integers(0, 1_000))), min_size=1, max_size=9))
def test_the_bottleneck_is_the_level_with_the_lowest_fill(pairs):
    judged = fills([Level(str(place), actual, needed) for place, (actual, needed) in enumerate(pairs)])
    known = [one.fill for one in judged if one.fill is not None]
    marked = [one for one in judged if one.is_bottleneck]
    assert len(marked) == (1 if known and min(known) < 1 else 0)
    for one in marked:
        assert one.fill == min(known)
        assert one.shortage == one.needed - one.actual > 0
    assert all(one.shortage >= 0 for one in judged)


FACTS = DealFacts(contacts=4, filled=Decimal("0.5"), stage_days=91, has_date=False, overdue_amount=Decimal("10"), overdue_days=31)


@pytest.mark.item("E-01")
@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (FACTS, ["UNCLEAR", "STUCK", "UNPAID"]),
        (replace(FACTS, contacts=6), ["UNCLEAR", "STUCK", "COSTLY", "UNPAID"]),
        (replace(FACTS, contacts=3), ["STUCK", "UNPAID"]),
        (replace(FACTS, filled=Decimal("0.6")), ["STUCK", "UNPAID"]),
        (replace(FACTS, filled=None), ["STUCK", "UNPAID"]),
        (replace(FACTS, stage_days=90), ["UNCLEAR", "UNPAID"]),
        (replace(FACTS, stage_days=31, stage_limit=30), ["UNCLEAR", "STUCK", "UNPAID"]),
        (replace(FACTS, stage_days=100, stage_limit=120), ["UNCLEAR", "UNPAID"]),
        (replace(FACTS, contacts=6, has_date=True), ["UNCLEAR", "STUCK", "UNPAID"]),
        (replace(FACTS, overdue_days=30), ["UNCLEAR", "STUCK"]),
        (replace(FACTS, is_open=False), ["UNPAID"]),
        (DealFacts(), []),
    ],
)
def test_the_four_symptoms_and_their_limits(facts, expected):
    found = symptoms.symptoms(facts, SymptomLimits())
    assert [one.code for one in found] == expected
    for one in found:
        assert symptoms.SENTENCES.text(one, "en")
        assert symptoms.SENTENCES.text(one, "zh-hans")


@pytest.mark.item("E-01")
@given(contacts=st.integers(0, 30), days=st.integers(0, 500), filled=st.decimals(0, 1, places=2), more=st.decimals(0, 1, places=2))
def test_knowing_more_never_brings_a_symptom(contacts, days, filled, more):
    facts = DealFacts(contacts=contacts, filled=filled, stage_days=days, has_date=False)
    better = replace(facts, filled=max(filled, more), has_date=True)
    before = {one.code for one in symptoms.symptoms(facts, SymptomLimits())}
    assert {one.code for one in symptoms.symptoms(better, SymptomLimits())} <= before
    assert set(before) <= set(Symptom)


def test_limits_that_mean_nothing_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        SymptomLimits(visits=0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        SymptomLimits(filled=Decimal(0))


@pytest.mark.parametrize(("won", "lost", "rate"), [(4238, 2473, "0.6315"), (0, 0, None), (0, 3, "0.0000"), (1, 0, "1.0000")])
def test_win_rate(won, lost, rate):
    assert reports.win_rate(won, lost) == (None if rate is None else Decimal(rate))


def test_a_win_rate_of_less_than_nothing_is_refused():
    with pytest.raises(ValueError, match="not below zero"):
        reports.win_rate(-1, 2)


def test_figures_of_stages():
    stays = [
        Stay("A", 10, "FORWARD"),
        Stay("A", 20, "FORWARD"),
        Stay("A", 90, "LOST"),
        Stay("A", 5),
        Stay("B", 7, "BACK"),
        Stay("B", 9, "WON"),
        Stay("OLD", 1, "WON"),
    ]
    first, second = reports.stage_figures(stays, ["A", "B"])
    assert (first.entered, first.passed, first.back, first.lost, first.here) == (4, 2, 0, 1, 1)
    assert (first.pass_rate, first.median_days, first.median_here) == (Decimal("0.6667"), Decimal(20), Decimal(5))
    assert (second.passed, second.back, second.pass_rate, second.median_days) == (1, 1, Decimal("0.5000"), Decimal("8.0"))


@given(st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 400), st.sampled_from(["", "FORWARD", "BACK", "WON", "LOST", "DROPPED"]))))
def test_every_stay_is_counted_once(rows):
    figures = reports.stage_figures([Stay(*row) for row in rows], ["A", "B"])
    for one in figures:
        assert one.entered == one.passed + one.back + one.lost + one.here
        assert one.pass_rate is None or 0 <= one.pass_rate <= 1
