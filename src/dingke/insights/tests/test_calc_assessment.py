"""Four dimensions to one level, weights that move, measures, and what makes an assessment due."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.insights.calc import assessment as calc
from dingke.insights.calc import assessment_due
from dingke.insights.calc.assessment import AssessmentSettings, PartInput
from dingke.insights.calc.assessment_due import DueFacts, Trigger
from dingke.insights.calc.assessment_parts import DIMENSIONS, GUIDES, PARTS, Dimension, parts_of

D = Decimal
POINTS = st.decimals(0, 100, places=1)
TODAY = date(2026, 9, 30)


@pytest.mark.item("A-11")
def test_the_worked_example():
    """80x0.40 + 70x0.25 + 90x0.20 + 60x0.15 = 32 + 17.5 + 18 + 9 = 76.5, level A."""
    scores = dict(zip(Dimension, map(D, (80, 70, 90, 60)), strict=True))
    total = calc.total_of(scores)
    assert [scores[one] * calc.DEFAULT_SETTINGS.weight_of(one) for one in Dimension] == [32, D("17.5"), 18, 9]
    assert total == D("76.5")
    assert calc.DEFAULT_SETTINGS.level_of(total) == "A"


@pytest.mark.item("A-11")
def test_four_dimensions_with_what_they_tell_in_both_languages():
    assert [guide.label.zh for guide in DIMENSIONS] == ["财务价值", "战略价值", "忠诚度价值", "口碑影响力"]
    for part in PARTS:
        assert part.label.en
        assert part.label.zh
        assert part.hint.en
        assert part.hint.zh
    measured = {part.code for part in PARTS if part.is_measured}
    assert {"PURCHASES", "ORDER_SIZE", "FREQUENCY", "MARGIN", "GROWTH", "RANGE", "REGULARITY", "RETURNS", "PAYMENT"} <= measured
    assert {"DEPTH", "POTENTIAL", "FUTURE", "COMPLAINTS", "REFERRALS", "REFERENCES", "MARKET_VOICE", "WILLINGNESS"} & measured == set()
    assert all(parts_of(guide.dimension) for guide in DIMENSIONS)


@pytest.mark.item("A-11")
@pytest.mark.parametrize(("total", "level"), [("100", "A"), ("75", "A"), ("74.9", "B"), ("60", "B"), ("59.9", "C"), ("0", "C")])
def test_levels(total, level):
    assert calc.DEFAULT_SETTINGS.level_of(D(total)) == level


@pytest.mark.item("A-12")
def test_fewer_than_four_dimensions_have_no_total_and_no_level():
    inputs = [PartInput("COST_TO_SERVE", rating=D(90)), PartInput("DEPTH", rating=D(90)), PartInput("COMMITMENT", rating=D(90))]
    result = calc.assess(inputs)
    assert (result.total, result.level) == (None, "")
    assert result.missing == (Dimension.WORD_OF_MOUTH,)
    assert calc.assess([]).missing == tuple(Dimension)


@pytest.mark.item("A-11")
def test_a_missing_part_gives_its_weight_to_the_others_and_says_so():
    both = calc.assess([PartInput("REFERRALS", rating=D(100)), PartInput("REFERENCES", rating=D(40))]).of("WORD_OF_MOUTH")
    shares = {part.guide.code: part.share for part in both.parts}
    assert shares["REFERRALS"] == D(35) / 60
    assert shares["REFERENCES"] == D(25) / 60
    assert both.score == (100 * D(35) + 40 * D(25)) / 60
    assert {part.guide.code for part in both.moved} == {"MARKET_VOICE", "WILLINGNESS"}
    assert {part.how.code for part in both.moved} == {"NOT_RATED"}


@pytest.mark.item("D-06")
def test_profit_counts_in_place_of_turnover_where_it_is_known():
    turnover = PartInput("PURCHASES", D(5_000_000), D("0.99"))
    poor = PartInput("PROFIT", D(1_000), D("0.05"))
    by_profit = calc.assess([turnover, poor]).of("FINANCIAL")
    assert by_profit.score == 5
    assert next(part for part in by_profit.parts if part.guide.code == "PURCHASES").how.code == "PROFIT_COUNTS"
    by_turnover = calc.assess([turnover]).of("FINANCIAL")
    assert by_turnover.score == 99
    assert next(part for part in by_turnover.parts if part.guide.code == "PROFIT").how.code == "COSTS_UNKNOWN"
    both = calc.assess([turnover, poor], AssessmentSettings(prefer_profit=False)).of("FINANCIAL")
    assert both.score == 52


@pytest.mark.item("A-11")
@pytest.mark.parametrize(
    ("code", "value", "place", "score", "how"),
    [
        ("MARGIN", "0.20", None, "50", "BY_SCALE_SHARE"),
        ("MARGIN", "0.90", None, "100", "BY_SCALE_SHARE"),
        ("MARGIN", "-0.10", None, "0", "BY_SCALE_SHARE"),
        ("RETURNS", "0.025", None, "75", "BY_SCALE_SHARE"),  # less is better
        ("MONEY_TIED", "30", None, "75", "BY_SCALE"),
        ("PURCHASES", "1", "0.8", "80", "BY_PLACE"),
        ("PURCHASES", "1", None, None, "NOT_MEASURED"),
        ("GROWTH", None, None, None, "NOT_MEASURED"),
    ],
)
def test_a_figure_becomes_points_by_its_scale(code, value, place, score, how):
    found, reason = calc.part_score(PartInput(code, D(value) if value else None, D(place) if place else None), calc.DEFAULT_SETTINGS)
    assert found == (D(score) if score else None)
    assert reason.code == how
    for language in ("en", "zh-hans"):
        assert calc.SENTENCES.text(reason, language)


@pytest.mark.item("A-11")
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"weight_financial": D("0.41")}, "add up to 100%"),
        ({"a_from": D(60)}, "level A begins above level B"),
        ({"c_months": 0}, "at least one month"),
        ({"part_weights": {"DEPTH": "-1"}}, "0 or more"),
        ({"part_weights": {"DEPTH": "much"}}, "no number"),
        ({"scales": {"MARGIN": "0.2:0.2"}}, "two different ends"),
        ({"part_weights": {part.code: "0" for part in parts_of(Dimension.LOYALTY)}}, "at least one part"),
    ],
)
def test_rules_that_do_not_fit_together_are_refused(values, words):
    with pytest.raises(ValueError, match=words):
        AssessmentSettings(**values)


@pytest.mark.item("A-11")
def test_rules_survive_storing():
    rules = AssessmentSettings(weight_financial=D("0.30"), weight_strategic=D("0.35"), part_weights={"DEPTH": "7"}, scales={"MARGIN": ""})
    assert AssessmentSettings.from_json(rules.as_json()) == rules
    assert AssessmentSettings.from_json({**rules.as_json(), "unknown": 1}) == rules
    assert rules.text("A", "tier", "en") == "Exclusive service"
    assert rules.text("C", "strategy", "zh-hans").startswith("经济维护")


@pytest.mark.item("A-11")
@given(st.lists(POINTS, min_size=4, max_size=4), st.integers(0, 3), POINTS)
def test_a_better_dimension_never_lowers_the_total(scores, place, other):
    before = dict(zip(Dimension, scores, strict=True))
    dimension = list(Dimension)[place]
    after = {**before, dimension: max(before[dimension], other)}
    low, high = calc.total_of(before), calc.total_of(after)
    assert low is not None
    assert high is not None
    assert 0 <= low <= high <= 100


@pytest.mark.item("A-11")
@given(st.dictionaries(st.sampled_from([part.code for part in PARTS if not part.is_measured]), POINTS))
def test_a_dimension_lies_between_its_worst_and_its_best_part(ratings):
    result = calc.assess(PartInput(code, rating=rating) for code, rating in ratings.items())
    for one in result.dimensions:
        known = [ratings[part.code] for part in parts_of(one.dimension) if part.code in ratings]
        if not known:
            assert one.score is None
            continue
        assert one.score is not None
        assert min(known) - D("1e-20") <= one.score <= max(known) + D("1e-20")
        assert abs(sum(part.share for part in one.parts) - 1) < D("1e-20")


# ---- loyalty indicators -----------------------------------------------------------------------------------------------------


@pytest.mark.item("N-17")
def test_return_rate_is_returned_by_sold():
    assert calc.return_rate(returned=D(30), sold=D(1000)) == D("0.03")
    assert calc.return_rate(returned=D(0), sold=D(0)) is None


@pytest.mark.item("N-17")
def test_complaint_frequency_is_complaints_per_period():
    assert calc.complaint_frequency(complaints=6, periods=D(4)) == D("1.5")
    assert calc.complaint_frequency(complaints=6, periods=D(0)) is None


@pytest.mark.item("N-17")
def test_purchase_cycle_and_its_steadiness():
    steady = [date(2026, 1, 1) + timedelta(days=30 * number) for number in range(6)]
    assert calc.cycle_days(steady) == 30
    assert calc.cycle_variation(steady) == 0
    uneven = [date(2026, 1, 1), date(2026, 1, 11), date(2026, 3, 1), date(2026, 3, 5), date(2026, 9, 1)]
    assert calc.cycle_variation(uneven) > D("0.8")
    assert calc.cycle_variation(steady[:3]) is None  # two gaps say nothing of a rhythm
    assert calc.cycle_days(steady[:1]) is None
    stable = calc.assess([PartInput("REGULARITY", D(0)), PartInput("RETURNS", D(0)), PartInput("COMPLAINTS", rating=D(100))])
    shaky = calc.assess([PartInput("REGULARITY", D(1)), PartInput("RETURNS", D("0.08")), PartInput("COMPLAINTS", rating=D(20))])
    assert stable.of("LOYALTY").score == 100  # a stable rhythm with few returns and complaints: stable cooperation
    assert shaky.of("LOYALTY").score < 30


@pytest.mark.item("D-06")
def test_money_tied_up_in_days_of_turnover():
    assert calc.money_tied_days(outstanding=D(100), revenue=D(365)) == 100
    assert calc.money_tied_days(outstanding=D(-5), revenue=D(365)) == 0
    assert calc.money_tied_days(outstanding=D(5), revenue=D(0)) is None


# ---- due ----------------------------------------------------------------------------------------------------------------------


def due(**facts):
    known = {"assessed_date": date(2026, 6, 1), "next_date": date(2026, 12, 1), "level": "B"}
    return {trigger for trigger, _reason in assessment_due.due_reasons(DueFacts(**{**known, **facts}), today=TODAY)}


@pytest.mark.item("A-15")
@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, set()),
        ({"next_date": TODAY}, {Trigger.CYCLE}),
        ({"next_date": TODAY + timedelta(days=14)}, {Trigger.SOON}),
        ({"next_date": TODAY + timedelta(days=15)}, set()),
        ({"assessed_date": None, "is_key": True}, {Trigger.NEVER}),
        ({"assessed_date": None}, set()),
        ({"revenue_then": D(100), "revenue_now": D(70)}, {Trigger.ORDER_DROP}),
        ({"revenue_then": D(100), "revenue_now": D(71)}, set()),
        ({"revenue_then": D(100), "revenue_now": D(140)}, set()),
        ({"quiet_now": True}, {Trigger.QUIET}),
        ({"quiet_now": True, "quiet_then": True}, set()),
        ({"class_then": "A", "class_now": "B"}, {Trigger.CLASS}),
        ({"class_then": "A", "class_now": ""}, set()),
        ({"competitor_date": date(2026, 6, 2)}, {Trigger.COMPETITOR}),
        ({"competitor_date": date(2026, 6, 1)}, set()),
        ({"market_date": date(2026, 8, 1), "situation_date": date(2026, 8, 1)}, {Trigger.MARKET, Trigger.SITUATION}),
    ],
)
def test_cycle_and_triggers(facts, expected):
    assert due(**facts) == expected


@pytest.mark.item("A-15")
def test_a_day_that_is_near_is_not_due_yet():
    reasons = assessment_due.due_reasons(DueFacts(assessed_date=TODAY, next_date=TODAY + timedelta(days=3), level="A"), today=TODAY)
    assert not assessment_due.is_due(reasons)
    for _trigger, reason in reasons:
        assert "A" in assessment_due.SENTENCES.text(reason, "en")
        assert "级" in assessment_due.SENTENCES.text(reason, "zh-hans")
    assert [calc.DEFAULT_SETTINGS.months(level) for level in "ABC"] == [3, 6, 12]


def test_every_hidden_figure_names_a_right():
    assert {part.right for part in PARTS} == {"", "amount", "cost"}
    assert GUIDES["MARGIN"].right == "cost"
