"""The method of the buying centre: worked examples of the catalogue, and what holds for every map."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.calc.size_tier import SizeTier, TierLimits, propose_tier
from dingke.core.reasons import Label
from dingke.stakeholders.calc import chain, factors, gaps, needs, personality, purchase, replay, roles, support
from dingke.stakeholders.calc.chain import Step, StepKind
from dingke.stakeholders.calc.gaps import MapRules, Person
from dingke.stakeholders.calc.support import Attitude, Voice, support_index

TODAY = date(2026, 9, 30)
RULES = MapRules()
voices = st.builds(Voice, influence=st.integers(1, 5), attitude=st.sampled_from(["", *(one.value for one in Attitude)]))


@pytest.mark.item("C-09")
class TestSupportIndex:
    def test_the_worked_example(self):
        assert support_index([Voice(5, "ACCEPT"), Voice(3, "DOUBT"), Voice(2, "RESIST")]) == Decimal("0.80")

    def test_nobody_known_is_unknown(self):
        assert support_index([]) is None
        assert support_index([Voice(5, "")]) is None

    def test_whoever_is_unknown_does_not_count(self):
        assert support_index([Voice(2, "ACCEPT"), Voice(5, "")]) == 2

    @pytest.mark.parametrize("wrong", [(0, "ACCEPT"), (6, "ACCEPT"), (3, "HAPPY")])
    def test_other_values_are_refused(self, wrong):
        with pytest.raises(ValueError, match="influence|attitude"):
            Voice(*wrong)

    @given(st.lists(voices, max_size=12))
    def test_it_stays_between_the_extremes(self, some):
        index = support_index(some)
        assert index is None or -2 <= index <= 2

    @given(st.lists(voices, min_size=1, max_size=8), st.integers(0, 7))
    def test_a_better_attitude_never_lowers_it(self, some, place):
        place %= len(some)
        if not some[place].attitude:
            return
        better = [*some[:place], Voice(some[place].influence, "ACCEPT"), *some[place + 1 :]]
        assert support_index(better) >= support_index(some)

    def test_every_attitude_has_a_reaction_in_both_languages(self):
        assert {guide.attitude for guide in support.GUIDES} == set(Attitude)
        assert all(guide.reaction.zh and guide.reaction.en and guide.meaning.zh for guide in support.GUIDES)


@pytest.mark.item("C-07")
class TestRoles:
    def test_eight_roles_two_of_them_outside(self):
        assert len(roles.ROLES) == 8
        assert [role.code for role in roles.ROLES if role.side == roles.Side.OUTSIDE] == ["DESIGN_INSTITUTE", "COMPETITOR"]

    def test_rank_is_that_of_the_highest_role(self):
        assert roles.height_of(("USER", "TOP_LEADER")) == roles.height_of(("TOP_LEADER",)) < roles.height_of(("USER",))

    @pytest.mark.parametrize(
        ("department", "level", "role", "influence"),
        [("PURCHASING", "MANAGER", "PURCHASER", 3), ("USING", "OPERATOR", "USER", 2), ("OTHER", "TOP", "TOP_LEADER", 5)],
    )
    def test_a_job_suggests_a_role(self, department, level, role, influence):
        assert roles.proposed_role(department=department, level=level) == role
        assert roles.proposed_influence(level=level) == influence


@pytest.mark.item("C-11", "E-08")
class TestChain:
    @pytest.mark.parametrize(
        ("code", "selection", "final"),
        [
            ("FINANCE", ["财务主管"], "财务主管"),
            ("TRADE", ["财务部"], "老板"),
            ("FLAGSHIP", ["财务部", "信息部", "生产部"], "老板审批"),
        ],
    )
    def test_the_three_families(self, code, selection, final):
        steps = chain.TEMPLATE_OF[code].steps
        assert [label.zh for kind, label in steps if kind == StepKind.SELECTION] == selection
        assert [label.zh for kind, label in steps if kind == StepKind.FINAL] == [final]

    @pytest.mark.parametrize(
        ("family", "code"),
        [
            ("财务产品", "FINANCE"),
            ("T3 专业版", "TRADE"),
            ("旗舰版", "FLAGSHIP"),
            ("数控机床", "GENERAL"),
            ("", "GENERAL"),
            ("flagship", "FLAGSHIP"),
        ],
    )
    def test_a_product_family_finds_its_template(self, family, code):
        assert chain.family_of(family) == code

    def test_unnamed_steps_and_the_final_decider(self):
        steps = [Step(StepKind.SELECTION, "财务部", 7), Step(StepKind.SELECTION, "信息部", None), Step(StepKind.FINAL, "老板", None)]
        assert [step.label for step in chain.unnamed(steps)] == ["信息部", "老板"]
        assert chain.final_decider(steps) is None
        assert chain.final_decider([*steps, Step(StepKind.FINAL, "董事会", 9)]) == 9


@pytest.mark.item("C-12")
class TestFactors:
    def test_the_worked_example(self):
        found = factors.weighted([80, 70, 90, 60])
        assert found.total == 77
        assert found.parts == (32, 21, 18, 6)

    @pytest.mark.parametrize(
        ("code", "first", "last"),
        [("FINANCE", "BRAND", "FUNCTION"), ("LOW_END", "PRICE", "PARTNER_SERVICE"), ("HIGH_END", "FUNCTION", "PRICE")],
    )
    def test_the_orders(self, code, first, last):
        order = factors.ORDER_OF[code].factors
        assert (order[0], order[-1]) == (first, last)
        assert sorted(order) == sorted(factors.FACTORS)

    def test_a_missing_score_leaves_the_total_open(self):
        assert factors.weighted([80, None, 90, 60]).total is None

    @pytest.mark.parametrize("wrong", [([101, 0, 0, 0], (40, 30, 20, 10)), ([1, 1, 1, 1], (40, 30, 20, 20)), ([1, 1], (40, 30, 20, 10))])
    def test_other_scores_and_weights_are_refused(self, wrong):
        with pytest.raises(ValueError, match="score|weight"):
            factors.weighted(*wrong)

    @given(st.lists(st.integers(0, 100), min_size=4, max_size=4), st.integers(0, 3))
    def test_the_total_stays_in_range_and_rises_with_a_score(self, scores, place):
        total = factors.weighted(scores).total
        assert 0 <= total <= 100
        if scores[place] < 100:
            assert factors.weighted([*scores[:place], scores[place] + 1, *scores[place + 1 :]]).total > total

    def test_where_we_lie_behind_most(self):
        order = factors.ORDER_OF["FINANCE"].factors
        ours, theirs = {"BRAND": 70, "PRICE": 50, "FUNCTION": 20}, {"BRAND": 75, "PRICE": 80, "FUNCTION": 90}
        assert factors.weakest(ours, theirs, order) == "PRICE"  # 30 x 30 > 5 x 40, 70 x 10
        assert factors.weakest(theirs, ours, order) is None


@pytest.mark.item("C-14", "C-15")
class TestPurchase:
    @pytest.mark.parametrize(
        ("tier", "code", "steps"),
        [
            (SizeTier.MICRO_LOW, "MICRO", 3),
            (SizeTier.MICRO_HIGH, "MICRO", 3),
            (SizeTier.SMALL_LOW, "SMALL_LOW", 3),
            (SizeTier.SMALL_HIGH, "SMALL_HIGH", 4),
        ],
    )
    def test_each_size_buys_in_its_way(self, tier, code, steps):
        found = purchase.process_for(tier)
        assert (found.code, len(found.steps)) == (code, steps)

    def test_forty_people_and_thirty_million_buy_like_a_small_firm(self):
        tier = propose_tier(headcount=40, revenue=Decimal(30_000_000), limits=TierLimits())
        assert purchase.process_for(tier).code == "SMALL_LOW"

    def test_above_the_table_and_unknown_have_none(self):
        assert purchase.process_for(SizeTier.ABOVE) is None
        assert purchase.process_for(None) is None


@pytest.mark.item("C-17", "C-05")
def test_personalities_and_forms_have_advice_in_both_languages():
    assert [one.code for one in personality.PERSONALITIES] == ["DRIVING", "EXPRESSIVE", "ANALYTICAL", "AMIABLE"]
    labels = [label for one in personality.PERSONALITIES for label in (one.label, one.signs, one.do, one.avoid)]
    assert all(label.zh and label.en for label in [*labels, *personality.STRUCTURES.values()])
    assert set(personality.STRUCTURES) == {"FUNCTIONAL", "DIVISIONAL", "GROUP", "MATRIX"}


@pytest.mark.item("C-18")
class TestNeeds:
    def test_five_ways_and_four_influences(self):
        assert len(needs.WAYS) == 5 == len(needs.HINTS)
        assert list(needs.INFLUENCES) == ["PRICE", "DELIVERY", "AFTER_SALES", "REPUTATION"]

    def test_the_weightiest_comes_first_and_rubbish_is_left_out(self):
        found = needs.influences_of(
            {"PRICE": {"rating": 9}, "DELIVERY": {"rating": 4, "note": "旺季"}, "OTHER": {"rating": 5}, "REPUTATION": 3}
        )
        assert [(one.code, one.rating) for one in found][0] == ("DELIVERY", 4)
        assert len(found) == 4

    def test_price_sensitive_when_nothing_counts_more(self):
        assert needs.is_price_sensitive(needs.influences_of({"PRICE": {"rating": 5}, "DELIVERY": {"rating": 4}}))
        assert not needs.is_price_sensitive(needs.influences_of({"PRICE": {"rating": 4}, "DELIVERY": {"rating": 5}}))
        assert not needs.is_price_sensitive(needs.influences_of({}))


# ---- gaps -----------------------------------------------------------------------------------------------------------------


def person(number=1, name="陈立群", roles=("PURCHASER",), **fields):
    fields.setdefault("attitude", "ACCEPT")
    fields.setdefault("last_contact", TODAY - timedelta(days=3))
    fields.setdefault("is_met", True)
    return Person(id=number, name=name, roles=tuple(roles), **fields)


def codes(people, steps=()):
    return [gap.code for gap in gaps.find_gaps(people, steps, today=TODAY, rules=RULES)]


def whole():
    """A map without a gap."""
    people = [
        person(number, name=f"人{number}", roles=[code], is_key=number == 1, competence_accepted=True, impression_good=True)
        for number, code in enumerate(roles.CUSTOMER_ROLES, start=1)
    ]
    return people, [Step(StepKind.SELECTION, "使用部门", 2), Step(StepKind.FINAL, "高层", 5)]


@pytest.mark.item("C-05", "C-07", "C-08", "C-09", "C-16", "E-07", "E-08")
class TestGaps:
    def test_a_whole_map_has_none(self):
        assert codes(*whole()) == []

    def test_an_empty_map_has_one(self):
        assert codes([]) == ["NOBODY"]

    def test_every_empty_role_of_the_customer_asks_its_question(self):
        people, steps = whole()
        found = gaps.find_gaps([one for one in people if one.roles != ("USER",)], steps, today=TODAY, rules=RULES)
        assert [(gap.code, gap.role) for gap in found] == [("ROLE_EMPTY", "USER")]
        assert gaps.SENTENCES.text(found[0].move, "en") == roles.ROLE_OF["USER"].question.en

    def test_no_chain_and_no_final_decider_are_red(self):
        people, _steps = whole()
        assert codes(people, []) == ["NO_CHAIN"]
        open_chain = [Step(StepKind.SELECTION, "信息部", None), Step(StepKind.FINAL, "老板", None)]
        assert codes(people, open_chain) == ["NO_FINAL_DECIDER", "STEP_UNNAMED"]

    def test_the_key_person_is_marked_met_and_ticked(self):
        people, steps = whole()

        def key(**fields):
            return codes([person(1, "人1", people[0].roles, **fields), *people[1:]], steps)

        assert key() == ["NO_KEY_PERSON"]
        assert key(is_key=True, is_met=False, last_contact=None) == ["KEY_NOT_MET"]
        assert key(is_key=True) == ["KEY_NOT_TICKED"]
        assert key(is_key=True, competence_accepted=True, impression_good=False) == ["KEY_NOT_WON"]

    @pytest.mark.parametrize(("days", "gap"), [(30, []), (31, ["QUIET"])])
    def test_nobody_is_left_alone_longer_than_the_setting(self, days, gap):
        people, steps = whole()
        assert codes([*people[:-1], person(6, "人6", people[-1].roles, last_contact=TODAY - timedelta(days=days))], steps) == gap

    def test_one_person_reached_is_a_single_thread(self):
        people, steps = whole()
        others = [person(one.id, one.name, one.roles, last_contact=TODAY - timedelta(days=91)) for one in people[1:]]
        assert "SINGLE_THREAD" in codes([people[0], *others], steps)
        assert "NO_THREAD" in codes(others, steps)

    @pytest.mark.parametrize(("attitude", "influence", "weight"), [("RESIST", 4, "RED"), ("RESIST", 3, "AMBER"), ("SABOTAGE", 1, "RED")])
    def test_somebody_against_us_needs_an_approach(self, attitude, influence, weight):
        people, steps = whole()
        against = person(7, "周衡", ("USER",), attitude=attitude, influence=influence)
        found = gaps.find_gaps([*people, against], steps, today=TODAY, rules=RULES)
        assert [(gap.code, gap.weight.value, gap.person) for gap in found] == [("AGAINST_WITHOUT_APPROACH", weight, 7)]
        assert codes([*people, person(7, "周衡", ("USER",), attitude=attitude, has_approach=True)], steps) == []

    def test_a_rival_or_institute_is_no_thread_and_never_quiet(self):
        people, steps = whole()
        assert codes([*people, person(8, "远科", ("COMPETITOR",), attitude="", last_contact=None, is_met=False, influence=5)], steps) == []

    def test_whoever_left_fills_no_role(self):
        people, steps = whole()
        gone = [person(one.id, one.name, one.roles, has_left=True) if one.roles == ("USER",) else one for one in people]
        assert codes(gone, steps) == ["HAS_LEFT", "ROLE_EMPTY"]

    def test_what_endangers_the_deal_comes_first(self):
        found = gaps.find_gaps([person(attitude="", influence=5, last_contact=None, is_met=False)], [], today=TODAY, rules=RULES)
        order = [list(gaps.Weight).index(gap.weight) for gap in found]
        assert order == sorted(order)
        assert found[0].weight is gaps.Weight.RED

    def test_every_sentence_speaks_both_languages(self):
        people = [
            person(1, is_key=True), person(2, attitude="RESIST"), person(3, attitude="", influence=5, last_contact=None, is_met=False),
            person(4, has_left=True),
        ]  # fmt: skip
        for gap in gaps.find_gaps(people, [Step(StepKind.REVIEW, "采购部", None)], today=TODAY, rules=RULES):
            for language in ("zh", "en"):
                assert gaps.SENTENCES.text(gap.what, language)
                assert gaps.SENTENCES.text(gap.move, language)

    @pytest.mark.parametrize("wrong", [{"quiet_days": 0}, {"thread_days": 2000}])
    def test_rules_out_of_range_are_refused(self, wrong):
        with pytest.raises(ValueError, match="quiet_days"):
            MapRules(**wrong)

    @given(st.lists(st.sampled_from(sorted(roles.ROLE_OF)), max_size=8), st.integers(0, 4), st.integers(0, 4))
    def test_coverage_stays_between_0_and_100(self, codes_, named, open_):
        people = [person(number, roles=[code]) for number, code in enumerate(codes_)]
        steps = [Step(StepKind.REVIEW, "x", 1)] * named + [Step(StepKind.REVIEW, "x", None)] * open_
        found = gaps.coverage(people, steps, today=TODAY, rules=RULES)
        assert 0 <= found.percent <= 100
        assert found.roles_filled == len(set(codes_) & set(roles.CUSTOMER_ROLES))

    def test_a_whole_map_is_covered(self):
        assert gaps.coverage(*whole(), today=TODAY, rules=RULES).percent == 100


@pytest.mark.item("C-09")
class TestReplay:
    def test_every_day_shows_what_was_known_then(self):
        day = date(2026, 3, 1)
        said = [
            replay.Said(1, day, "RESIST", 5),
            replay.Said(2, day + timedelta(days=10), "ACCEPT", 5),
            replay.Said(1, day + timedelta(days=40), "DOUBT", 5),
        ]
        frames = replay.frames(said)
        assert [(frame.attitudes, frame.index) for frame in frames] == [
            ({1: "RESIST"}, Decimal(-1)),
            ({1: "RESIST", 2: "ACCEPT"}, Decimal("0.5")),
            ({1: "DOUBT", 2: "ACCEPT"}, Decimal(1)),
        ]

    def test_a_late_entry_for_an_early_day_changes_nothing_that_holds(self):
        said = [replay.Said(1, TODAY, "ACCEPT", 3), replay.Said(1, TODAY - timedelta(days=9), "RESIST", 3)]
        assert replay.newest(said)[1].attitude == "ACCEPT"
        assert replay.frames(said)[-1].attitudes == {1: "ACCEPT"}

    def test_the_last_word_of_a_day_holds(self):
        said = [replay.Said(1, TODAY, "RESIST", 3), replay.Said(1, TODAY, "DOUBT", 3)]
        assert replay.newest(said)[1].attitude == "DOUBT" == replay.frames(said)[0].attitudes[1]


def test_a_label_of_a_gap_is_shown_in_the_language_of_the_reader():
    gap = gaps.find_gaps([person(attitude="RESIST")], [], today=TODAY, rules=RULES)
    told = next(one for one in gap if one.code == "AGAINST_WITHOUT_APPROACH")
    assert isinstance(told.what.params["attitude"], Label)
    assert "抵触" in gaps.SENTENCES.text(told.what, "zh-hans")
