from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.calc.key_account import (
    SENTENCES,
    Answer,
    Judgement,
    Purchase,
    Verdict,
    high_profit_share,
    nomination_verdict,
)
from dingke.accounts.calc.key_account_lists import (
    BENEFITS,
    COMPARISON,
    CRITERIA,
    CUSTOMER_TYPE_LABELS,
    DEFINING_TESTS,
    ENTRY_TESTS,
    FEATURES,
    FORMS,
    SYNONYMS,
    CustomerType,
    ListItem,
)

BENEFIT = {"RADIATION": "两年内行业新签客户数"}


def answers(items: tuple[ListItem, ...], *given_answers: Answer) -> dict[str, Judgement]:
    return {item.key: Judgement(answer, "依据") for item, answer in zip(items, given_answers, strict=False)}


def verdict(
    *,
    reason: str = "行业龙头",
    features: Mapping[str, Judgement] | None = None,
    tests: Mapping[str, Judgement] | None = None,
    criteria: Mapping[str, int | None] | None = None,
    benefits: Mapping[str, str] | None = None,
) -> Verdict:
    return nomination_verdict(
        reason=reason,
        features=answers(FEATURES, *[Answer.YES] * 5) if features is None else features,
        tests=answers(ENTRY_TESTS, *[Answer.YES] * 4) if tests is None else tests,
        criteria={item.key: 3 for item in CRITERIA} if criteria is None else criteria,
        benefits=BENEFIT if benefits is None else benefits,
    )


def codes(found: Verdict) -> tuple[list[str], list[str]]:
    for reason in (*found.reasons, *found.gaps):
        assert SENTENCES.text(reason, "en")
        assert SENTENCES.text(reason, "zh-hans")
    return [reason.code for reason in found.reasons], [reason.code for reason in found.gaps]


@pytest.mark.item("A-01", "A-02", "A-03", "A-04", "A-06", "A-07")
def test_the_lists_of_the_method() -> None:
    lists = (DEFINING_TESTS, FORMS, FEATURES, ENTRY_TESTS, CRITERIA, BENEFITS, COMPARISON, SYNONYMS)
    assert [len(items) for items in lists] == [5, 3, 5, 4, 5, 6, 4, 4]
    for items in (DEFINING_TESTS, FORMS, FEATURES, ENTRY_TESTS, CRITERIA, BENEFITS):
        assert len({item.key for item in items}) == len(items)
        assert all(item.label.zh and item.label.en and item.meaning.zh and item.meaning.en for item in items)
    assert set(CUSTOMER_TYPE_LABELS) == set(CustomerType)


@pytest.mark.item("A-01", "A-02", "A-03", "A-04", "A-07")
def test_a_full_nomination() -> None:
    found = verdict()
    assert codes(found) == ([], [])
    assert (found.can_nominate, found.feature_count, found.tests_passed) == (True, 5, 4)
    assert [bar.rating for bar in found.profile] == [3, 3, 3, 3, 3]
    assert found.benefits == ("RADIATION",)


@pytest.mark.item("A-03")
def test_failing_all_four_tests_refuses() -> None:
    found = verdict(tests=answers(ENTRY_TESTS, *[Answer.NO] * 4))
    assert not found.can_nominate
    assert codes(found)[0] == ["NOMINATION_ALL_TESTS_FAILED"]


@pytest.mark.item("A-03")
@pytest.mark.parametrize("place", range(4))
def test_one_passed_test_is_enough(place: int) -> None:
    given_answers = [Answer.NO] * 4
    given_answers[place] = Answer.YES
    assert verdict(tests=answers(ENTRY_TESTS, *given_answers)).can_nominate


@pytest.mark.item("A-03")
def test_unanswered_tests_are_gaps() -> None:
    found = verdict(tests=answers(ENTRY_TESTS, Answer.NO, Answer.NO, Answer.UNKNOWN))
    assert found.can_nominate
    assert codes(found) == ([], ["TEST_UNKNOWN", "TEST_UNKNOWN", "NO_TEST_PASSED"])


@pytest.mark.item("A-01", "A-07")
@pytest.mark.parametrize(
    ("reason", "benefits", "refused", "gaps"),
    [
        (" ", BENEFIT, ["NOMINATION_NO_REASON"], []),
        ("龙头", {}, ["NOMINATION_NO_BENEFIT"], []),
        ("龙头", {"WIN_WIN": " "}, ["NOMINATION_NO_BENEFIT"], ["BENEFIT_WITHOUT_MEASURE"]),
        ("龙头", {**BENEFIT, "WIN_WIN": ""}, [], ["BENEFIT_WITHOUT_MEASURE"]),
    ],
)
def test_reason_and_benefit(reason: str, benefits: dict[str, str], refused: list[str], gaps: list[str]) -> None:
    assert codes(verdict(reason=reason, benefits=benefits)) == (refused, gaps)


@pytest.mark.item("A-02", "A-04")
def test_unknown_features_and_unrated_criteria_are_gaps() -> None:
    features = {"STABILITY": Judgement(Answer.YES), "WIDE_INFLUENCE": Judgement(Answer.NO, "小众行业")}
    found = verdict(features=features, criteria={"QUANTITY": 5, "PARTNERSHIP": None})
    assert found.feature_count == 1
    gaps = codes(found)[1]
    assert [gaps.count(code) for code in ("FEATURE_UNKNOWN", "NO_EVIDENCE", "CRITERION_UNRATED")] == [3, 1, 4]


@pytest.mark.item("A-03")
@given(st.lists(st.sampled_from(Answer), min_size=4, max_size=4))
def test_only_four_noes_refuse(given_answers: list[Answer]) -> None:
    found = verdict(tests=answers(ENTRY_TESTS, *given_answers))
    assert found.can_nominate == (given_answers != [Answer.NO] * 4)
    assert found.tests_passed == given_answers.count(Answer.YES)


@pytest.mark.item("A-02", "A-04")
@pytest.mark.parametrize(
    "wrong",
    [
        {"criteria": {"QUANTITY": 0}},
        {"criteria": {"QUANTITY": 6}},
        {"criteria": {"LUCK": 3}},
        {"features": {"LUCK": Judgement(Answer.YES)}},
        {"benefits": {"LUCK": "x"}},
    ],
)
def test_wrong_input_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        verdict(**wrong)  # type: ignore[arg-type]


@pytest.mark.item("A-04")
def test_high_profit_share() -> None:
    bought = [Purchase(Decimal(300), True), Purchase(Decimal(100), False)]
    assert high_profit_share(bought) == Decimal("0.75")
    assert high_profit_share([]) is None
