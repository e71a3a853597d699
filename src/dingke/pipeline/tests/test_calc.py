"""The method of deals: decision cycle, buying stages, probability, rules by product family."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.core.reasons import Label, Reason
from dingke.pipeline.calc import buying, rules
from dingke.pipeline.calc.cycle import FACTORS, Way, decided_on, decision_cycle
from dingke.pipeline.calc.gates import Condition, Finding, Judged, Met, blocking, is_open
from dingke.pipeline.calc.playbook import BUYING
from dingke.pipeline.calc.probability import Basis, Share, likelihood

FOUR = {"mind": 10, "levels": 20, "objections": 15, "relation": 5}


@pytest.mark.item("C-13")
@pytest.mark.parametrize(("way", "days"), [(Way.SUM, 50), (Way.MAX, 20)])
def test_the_decision_cycle_of_the_catalogue(way, days):
    cycle = decision_cycle(FOUR, way)
    assert (cycle.days, cycle.bottleneck) == (days, "levels")
    assert (decided_on(date(2026, 9, 1), cycle) - date(2026, 9, 1)).days == days


@pytest.mark.item("C-13")
@given(st.fixed_dictionaries({name: st.integers(0, 1000) for name in FACTORS}))
def test_side_by_side_is_never_longer_than_one_after_the_other(durations):
    assert decision_cycle(durations, Way.MAX).days <= decision_cycle(durations, Way.SUM).days
    assert durations[decision_cycle(durations, Way.SUM).bottleneck] == max(durations.values())


@pytest.mark.item("C-13")
@pytest.mark.parametrize("wrong", [{**FOUR, "mind": -1}, {**FOUR, "levels": 1001}, {"mind": 1}])
def test_a_duration_that_is_missing_or_out_of_range_is_refused(wrong):
    with pytest.raises(ValueError, match="duration"):
        decision_cycle(wrong, Way.SUM)


@pytest.mark.item("C-10")
@given(st.sampled_from(BUYING), st.sampled_from(BUYING))
def test_a_mismatch_says_whether_the_customer_is_behind_or_ahead(expected, theirs):
    reason = buying.mismatch(Label("Proposal", "提案"), expected, theirs)
    if expected == theirs:
        assert reason is None
    else:
        assert reason.code == ("CUSTOMER_BEHIND" if BUYING.index(theirs) < BUYING.index(expected) else "CUSTOMER_AHEAD")
        assert buying.SENTENCES.text(reason, "zh")
        assert buying.SENTENCES.text(reason, "en")


@pytest.mark.item("C-10")
def test_what_is_not_known_is_no_mismatch():
    assert buying.mismatch(Label("Proposal", "提案"), "COMPARE", "") is None
    assert buying.mismatch(Label("Proposal", "提案"), "", "SEARCH") is None


@given(st.integers(0, 100), st.integers(0, 50), st.integers(0, 50), st.none() | st.integers(0, 100), st.integers(1, 40))
def test_a_probability_stays_between_0_and_100_and_its_basis_holds(by_stage, won, lost, by_hand, least):
    found = likelihood(by_stage=by_stage, history=Share(won, won + lost), by_hand=by_hand, least_cases=least)
    assert 0 <= found.counts <= 100
    expected = Basis.HAND if by_hand is not None else Basis.HISTORY if won + lost >= least else Basis.STAGE
    assert found.basis is expected


@pytest.mark.parametrize("wrong", [{"by_stage": 101}, {"by_hand": -1}, {"history": Share(3, 2)}])
def test_figures_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError):
        likelihood(**{"by_stage": 10, "history": Share(0, 0), "by_hand": None, "least_cases": 20, **wrong})


@pytest.mark.item("F-06")
@pytest.mark.parametrize(
    ("family", "mode", "least", "most"),
    [("纯财务产品", "QUICK_KNIFE", 1, 1), ("商贸版", "QUICK_KNIFE", 2, 2), ("专业版", "PROCESS", 2, 2), ("旗舰版", "PROCESS", 2, 3), ("flagship", "PROCESS", 2, 3)],
)  # fmt: skip
def test_each_family_has_its_mode_and_its_visits(family, mode, least, most):
    rule = rules.PipelineRules().of(family)
    assert (rule.mode, rule.least, rule.most) == (mode, least, most)


@pytest.mark.item("F-06")
def test_what_leaves_the_usual_way_is_warned_of():
    rule = rules.PipelineRules().of("商贸版")
    assert rules.deviations(rule, mode="QUICK_KNIFE", visits=2) == ()
    found = rules.deviations(rule, mode="PROCESS", visits=3)
    assert [reason.code for reason in found] == ["OTHER_MODE", "OVER_VISITS"]
    assert "快刀式" in rules.SENTENCES.text(found[0], "zh")
    assert rules.deviations(None, mode="PROCESS", visits=99) == ()


@pytest.mark.item("F-06")
@pytest.mark.parametrize(
    "row", [{"family": "x", "mode": "NONE", "least": 1, "most": 2}, {"family": "x", "mode": "PROCESS", "least": 3, "most": 2}]
)
def test_rules_that_contradict_themselves_are_refused(row):
    with pytest.raises(ValueError):
        rules.PipelineRules(families=(row,))


@pytest.mark.item("F-18")
@given(st.lists(st.tuples(st.booleans(), st.sampled_from(list(Met))), max_size=12))
def test_a_gate_is_open_exactly_when_nothing_blocks(conditions):
    judged = tuple(
        Judged(Condition(f"C{number}", "X", must=must), Finding(met, Reason("X"))) for number, (must, met) in enumerate(conditions)
    )
    assert is_open(judged) == (blocking(judged) == ())
    if all(met in {Met.YES, Met.WAIVED} for _must, met in conditions):
        assert is_open(judged)
