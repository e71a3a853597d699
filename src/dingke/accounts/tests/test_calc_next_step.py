"""What the facts of an account propose as its next step, and why."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.calc.masking import masked_phone
from dingke.accounts.calc.next_step import (
    SENTENCES,
    ComingDay,
    NextStepSettings,
    StepFacts,
    StepKind,
    proposals,
)

TODAY = date(2026, 9, 30)
KNOWN = date(2024, 1, 1)
IN_ORDER = {"known_since": KNOWN, "last_contact_on": TODAY, "people": 3, "has_main_contact": True}


def kinds(**facts):
    return [step.kind for step in proposals(StepFacts(**{**IN_ORDER, **facts}), today=TODAY)]


def test_nothing_is_proposed_when_everything_is_in_order():
    assert kinds() == []


def test_a_broken_rhythm_comes_first_and_says_both_figures():
    steps = proposals(
        StepFacts(
            **{**IN_ORDER, "last_contact_on": TODAY - timedelta(days=40)},
            last_order_on=TODAY - timedelta(days=97),
            usual_gap_days=Decimal("41"),
            is_quiet=True,
        ),
        today=TODAY,
    )
    assert [step.kind for step in steps] == [StepKind.RHYTHM, StepKind.SILENCE]
    assert SENTENCES.text(steps[0].why, "zh-hans") == "距上次下单 97 天，平时每 41 天一单。"
    assert SENTENCES.text(steps[0].why, "en") == "97 days since the last order; usually 41 days pass between two."


def test_who_is_quiet_is_said_by_the_score_run():
    ordered = {"last_order_on": TODAY - timedelta(days=400), "usual_gap_days": Decimal(10)}
    assert kinds(**ordered) == []
    assert kinds(**ordered, is_quiet=True) == [StepKind.RHYTHM]
    assert kinds(is_quiet=True) == []
    (step,) = proposals(StepFacts(**{**IN_ORDER, **ordered, "usual_gap_days": None, "is_quiet": True}), today=TODAY)
    assert SENTENCES.text(step.why, "en") == "400 days since the last order, on 2025-08-26."
    assert SENTENCES.text(step.why, "zh-hans") == "上次下单是在 2025-08-26，已过去 400 天。"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"last_contact_on": None}, [StepKind.FIRST_CONTACT]),
        ({"last_contact_on": None, "known_since": TODAY}, []),
        ({"last_contact_on": TODAY - timedelta(days=30)}, []),
        ({"last_contact_on": TODAY - timedelta(days=31)}, [StepKind.SILENCE]),
        ({"people": 0, "has_main_contact": False}, [StepKind.FIRST_PERSON]),
        ({"has_main_contact": False}, [StepKind.MAIN_CONTACT]),
        ({"stale_fields": 4}, [StepKind.STALE_DOSSIER]),
        ({"filled_fields": 10, "required_fields": 18}, [StepKind.THIN_DOSSIER]),
        ({"filled_fields": 11, "required_fields": 18}, []),
    ],
)
def test_each_gap_has_its_step(facts, expected):
    assert kinds(**facts) == expected


@pytest.mark.item("O-03")
def test_a_coming_day_is_prepared_the_day_before():
    steps = proposals(
        StepFacts(
            **IN_ORDER, coming_days=(ComingDay("陈立群生日", TODAY + timedelta(days=6)), ComingDay("later", TODAY + timedelta(days=60)))
        ),
        today=TODAY,
    )
    assert [step.due_on for step in steps] == [TODAY + timedelta(days=5)]
    assert SENTENCES.text(steps[0].title, "zh") == "为陈立群生日做准备"
    today = proposals(StepFacts(**IN_ORDER, coming_days=(ComingDay("today", TODAY),)), today=TODAY)
    assert SENTENCES.text(today[0].why, "en") == "It is today, 2026-09-30."


@given(
    silent=st.one_of(st.none(), st.integers(0, 900)), ordered=st.one_of(st.none(), st.integers(0, 900)), gap=st.one_of(st.none(), st.decimals(1, 400, places=1)),
    people=st.integers(0, 9), main=st.booleans(), filled=st.integers(0, 18), quiet=st.booleans(),
)  # fmt: skip
def test_every_proposal_can_be_said_in_both_languages_and_is_due_today_or_later(silent, ordered, gap, people, main, filled, quiet):
    facts = StepFacts(
        known_since=KNOWN, last_contact_on=None if silent is None else TODAY - timedelta(days=silent),
        last_order_on=None if ordered is None else TODAY - timedelta(days=ordered), usual_gap_days=gap, is_quiet=quiet, people=people,
        has_main_contact=main, filled_fields=filled, required_fields=18, stale_fields=filled,
    )  # fmt: skip
    for step in proposals(facts, today=TODAY):
        assert step.due_on >= TODAY
        for language in ("zh", "en"):
            assert SENTENCES.text(step.title, language)
            assert SENTENCES.text(step.why, language)


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="days"):
        NextStepSettings(silence_days=-1)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13812346688", "138****6688"),
        ("138 1234 6688", "138 **** 6688"),
        ("0755-28780808", "075*-****0808"),
        ("2878 0808", "28** **08"),
        ("12315", "*****"),
        ("wechat", "******"),
        ("", ""),
    ],
)
def test_masked_phone(number, shown):
    assert masked_phone(number) == shown
