"""What a nomination says, as one record: kept and read back without loss, old and broken entries tolerated; the words of A-01."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.calc.key_account import Answer, Judgement
from dingke.accounts.calc.key_account_lists import BENEFITS, CRITERIA, ENTRY_TESTS, FEATURES
from dingke.accounts.calc.nomination import (
    Answers,
    Rating,
    answers_from,
    found_in,
    means_key_account,
    rating_of_share,
    stored,
    verdict,
)


def keyed(items, values):
    return st.dictionaries(st.sampled_from([item.key for item in items]), values)


JUDGED = st.builds(Judgement, st.sampled_from(Answer), st.text(max_size=20))
ANSWERS = st.builds(
    Answers,
    reason=st.text(max_size=20),
    features=keyed(FEATURES, JUDGED),
    tests=keyed(ENTRY_TESTS, JUDGED),
    criteria=keyed(CRITERIA, st.builds(Rating, st.one_of(st.none(), st.integers(1, 5)), st.text(max_size=20))),
    benefits=keyed(BENEFITS, st.text(max_size=20)),
)


@pytest.mark.item("A-02", "A-03", "A-04", "A-07")
@given(ANSWERS)
def test_kept_and_read_back_without_loss(answers):
    assert answers_from(reason=answers.reason, **stored(answers)) == answers


@given(ANSWERS)
def test_more_of_a_benefit_never_takes_the_nomination_away(answers):
    before = verdict(answers)
    more = Answers(
        answers.reason, answers.features, answers.tests, answers.criteria, {**answers.benefits, "RADIATION": "三年内签下两家同行"}
    )
    assert verdict(more).can_nominate or not before.can_nominate
    assert len(verdict(more).reasons) <= len(before.reasons)


def test_entries_out_of_the_lists_and_broken_ones_are_read_as_unknown():
    read = answers_from(
        reason="", features={"STABILITY": {"answer": "PERHAPS"}, "GONE": {}}, tests={"TECHNOLOGY": "yes"},
        criteria={"QUANTITY": {"rating": 9}, "PARTNERSHIP": None, "CONCENTRATION": {"rating": True}}, benefits={"ASSET": None},
    )  # fmt: skip
    assert read.features == {"STABILITY": Judgement(Answer.UNKNOWN)}
    assert read.tests == {"TECHNOLOGY": Judgement(Answer.UNKNOWN)}
    assert {rating.rating for rating in read.criteria.values()} == {None}
    assert read.benefits == {"ASSET": ""}


@pytest.mark.item("A-04")
@pytest.mark.parametrize(("share", "rating"), [("0", 1), ("0.05", 2), ("0.2", 3), ("0.4", 4), ("0.6", 5), ("1", 5)])
def test_a_rating_is_proposed_from_the_share_of_high_profit_products(share, rating):
    assert rating_of_share(Decimal(share)) == rating


@pytest.mark.item("A-01")
@pytest.mark.parametrize(
    ("text", "is_word"),
    [("大客户", True), ("关键客户", True), ("重点客户", True), ("vip", True), (" Key  Account ", True), ("江州", False), ("", False)],
)
def test_the_words_for_a_key_account(text, is_word):
    assert means_key_account(text) is is_word


@pytest.mark.item("A-06")
def test_a_list_is_searched_in_both_languages():
    assert [item.key for item in found_in(FEATURES, "稳定")] == ["STABILITY"]
    assert [item.key for item in found_in(FEATURES, "trusts")] == ["STABILITY"]
    assert found_in(FEATURES, " ") == FEATURES
