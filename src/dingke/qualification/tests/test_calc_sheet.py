"""E-02 to E-13, E-22: the ten elements, the score, the verdict, questions, budget, service cost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.core.reasons import Reason
from dingke.qualification.calc import sheet as calc
from dingke.qualification.calc.elements import CODES, ELEMENT_OF, ELEMENTS, Advice, Side
from dingke.qualification.calc.sheet import FlagNow, Verdict, judge, score

states = st.dictionaries(st.sampled_from(CODES), st.sampled_from(list(calc.POINTS)))


def all_of(state: str) -> dict[str, str]:
    return dict.fromkeys(CODES, state)


@pytest.mark.item("E-02")
def test_example_of_the_method() -> None:
    """6 confirmed + 2 partial + 2 unknown = 42."""
    given_states = dict(zip(CODES, ["CONFIRMED"] * 6 + ["PARTIAL"] * 2 + ["UNKNOWN"] * 2, strict=True))
    assert score(given_states) == 42
    assert score({}) == 0
    assert score(all_of("CONFIRMED")) == calc.MOST == 60


@pytest.mark.item("E-02")
def test_seven_and_three() -> None:
    assert [element.number for element in ELEMENTS] == list(range(1, 11))
    assert sum(element.side is Side.CUSTOMER for element in ELEMENTS) == 7
    assert sum(element.side is Side.OWN for element in ELEMENTS) == 3


@given(states)
def test_score_stays_in_range(given_states: dict[str, str]) -> None:
    assert 0 <= score(given_states) <= 60


@given(states, st.sampled_from(CODES))
def test_better_evidence_never_lowers_the_score(given_states: dict[str, str], code: str) -> None:
    steps = ["UNKNOWN", "PARTIAL", "CONFIRMED"]
    scores = [score({**given_states, code: state}) for state in steps]
    assert scores == sorted(scores)
    verdicts = [judge({**given_states, code: state}, []).verdict for state in steps]
    assert verdicts.count(Verdict.IDEAL) == 0 or verdicts[-1] is Verdict.IDEAL


@pytest.mark.parametrize("wrong", [{"NOTHING": "UNKNOWN"}, {"NEED": "SURE"}])
def test_unknown_codes_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="="):
        score(wrong)


@pytest.mark.item("E-22")
def test_ideal_only_when_all_is_confirmed_without_a_red_flag() -> None:
    assert judge(all_of("CONFIRMED"), []).verdict is Verdict.IDEAL
    assert judge({**all_of("CONFIRMED"), "BUDGET": "PARTIAL"}, []).verdict is Verdict.LEARN
    red = {**all_of("CONFIRMED"), "NEED": "RED_FLAG"}
    assert judge(red, [FlagNow("NEED", "NEED_UNCLEAR", decision="GO_ON")]).verdict is Verdict.LEARN


@pytest.mark.item("E-22")
@pytest.mark.parametrize(
    ("element", "code"),
    [("BASICS", "BAD_PAYER"), ("BUDGET", "BUDGET_TOO_LOW"), ("PRODUCT", "PRODUCT_MISFIT"), ("STRENGTH", "WISHES_BEYOND"),
     ("SERVICE", "TOO_FAR"), ("SERVICE", "CANNOT_DELIVER"), ("SERVICE", "WEAK_USERS")],
)  # fmt: skip
def test_what_speaks_for_dropping(element: str, code: str) -> None:
    flagged = {**all_of("CONFIRMED"), element: "RED_FLAG"}
    assert judge(flagged, [FlagNow(element, code)]).verdict is Verdict.DROP
    assert judge(flagged, [FlagNow(element, code, decision="GO_ON")]).verdict is Verdict.LEARN
    assert judge(flagged, [FlagNow(element, code, decision="DROP")]).verdict is Verdict.DROP


@pytest.mark.item("E-22")
@pytest.mark.parametrize("element", ["SCHEDULE", "KEY_PERSON", "DECISION"])
def test_unknown_schedule_key_person_or_process_asks_to_learn(element: str) -> None:
    judged = judge({**all_of("CONFIRMED"), element: "UNKNOWN"}, [])
    assert judged.verdict is Verdict.LEARN
    assert judged.causes == (Reason("NOT_KNOWN", {"element": ELEMENT_OF[element].label}),)


@given(
    states, st.lists(st.builds(FlagNow, st.sampled_from(CODES), st.just(""), st.text(max_size=9), st.sampled_from(["", "GO_ON", "DROP"])))
)
def test_every_cause_has_a_sentence(given_states: dict[str, str], flags: list[FlagNow]) -> None:
    judged = judge(given_states, flags)
    assert judged.causes
    for cause in judged.causes:
        assert calc.SENTENCES.text(cause, "zh-hans")
        assert calc.SENTENCES.text(cause, "en")


@pytest.mark.item("E-03", "E-04", "E-05", "E-06", "E-07", "E-08", "E-09", "E-11", "E-12", "E-13")
def test_each_element_has_its_red_flag_and_its_facts() -> None:
    facts = {element.code: {fact.key for fact in element.facts} for element in ELEMENTS}
    assert facts["BASICS"] == {"industry", "turnover", "headcount", "organisation", "credit"}
    assert {"start_date", "need_date", "demo_date", "decision_date", "live_date", "no_date_cause"} <= facts["SCHEDULE"]
    assert {"user_quality", "distance_km", "delivery_capacity"} <= facts["SERVICE"]
    assert all(element.flags for element in ELEMENTS)
    drops = {element.code for element in ELEMENTS if any(flag.advice is Advice.DROP for flag in element.flags)}
    assert drops == {"BASICS", "BUDGET", "STRENGTH", "PRODUCT", "SERVICE"}


@pytest.mark.item("E-04")
def test_a_schedule_without_a_date_needs_a_cause() -> None:
    assert calc.lacks_date_cause("PARTIAL", {})
    assert not calc.lacks_date_cause("UNKNOWN", {})
    assert not calc.lacks_date_cause("PARTIAL", {"no_date_cause": "NO_PLAN"})
    assert not calc.lacks_date_cause("CONFIRMED", {"live_date": "2026-12-01"})


@pytest.mark.item("C-03")
def test_empty_facts_become_questions() -> None:
    assert calc.question_for("NEED", "UNKNOWN", {}) == ELEMENT_OF["NEED"].question
    assert calc.question_for("BASICS", "PARTIAL", {"industry": "机械", "turnover": "2 亿"}) == ELEMENT_OF["BASICS"].facts[2].question
    assert calc.question_for("BASICS", "CONFIRMED", {}) is None


@pytest.mark.item("E-05", "K-04")
@pytest.mark.parametrize(
    ("low", "high", "amount", "entry", "advice"),
    [
        (None, None, "100", "10", "UNKNOWN"),
        ("10000", "20000", "120000", "30000", "TOO_LOW"),
        (None, "30000", "30000", "30000", "FITS"),
        ("150000", "200000", "120000", "30000", "AMPLE"),
        ("100000", "200000", "120000", None, "FITS"),
    ],
)
def test_budget(low: str | None, high: str | None, amount: str, entry: str | None, advice: str) -> None:
    def figure(text: str | None) -> Decimal | None:
        return None if text is None else Decimal(text)

    assert calc.budget_advice(low=figure(low), high=figure(high), amount=figure(amount), entry_price=figure(entry)) == advice


@pytest.mark.item("E-13")
def test_service_cost() -> None:
    assert calc.yearly_service_cost(visits_per_year=Decimal(6), cost_per_visit=Decimal(800)) == 4800
    assert calc.yearly_service_cost(visits_per_year=Decimal(6), cost_per_visit=None) is None
