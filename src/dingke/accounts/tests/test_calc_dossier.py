from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.calc.dossier import (
    DossierEntry,
    DossierSettings,
    QuestionCause,
    completeness,
    information_by_source,
    open_questions,
)
from dingke.accounts.calc.dossier_fields import FIELDS, GROUP_LABELS, SOURCES, FieldGroup

TODAY = date(2025, 6, 30)
REQUIRED = [field.key for field in FIELDS if field.required]


def entries(keys: list[str], *, age: int = 0) -> list[DossierEntry]:
    return [DossierEntry(key, "已了解", TODAY - timedelta(days=age)) for key in keys]


@pytest.mark.item("C-01", "C-02", "C-03")
@pytest.mark.parametrize(
    ("group", "required", "optional"),
    [(FieldGroup.BACKGROUND, 8, 0), (FieldGroup.COMPETITOR, 4, 2), (FieldGroup.PROJECT, 6, 0)],
)
def test_the_field_lists(group: FieldGroup, required: int, optional: int) -> None:
    of_group = [field for field in FIELDS if field.group is group]
    assert sum(field.required for field in of_group) == required
    assert sum(not field.required for field in of_group) == optional
    assert GROUP_LABELS[group].zh


@pytest.mark.item("C-01", "C-02", "C-03", "C-04")
def test_every_field_and_source_has_its_own_key_and_texts() -> None:
    assert len({field.key for field in FIELDS}) == len(FIELDS) == 20
    assert len({field.question.zh for field in FIELDS}) == 20
    assert all(field.question.zh.endswith("？") and field.question.en.endswith("?") for field in FIELDS)
    assert len({source.key for source in SOURCES}) == len(SOURCES) == 17
    assert [source.key for source in SOURCES if source.hint] == ["INSIDE_SUPPORTER"]


@pytest.mark.item("C-06")
def test_completeness_of_the_worked_example() -> None:
    result = completeness(entries(REQUIRED[:13]))
    assert (result.filled, result.required, result.percent) == (13, 18, 72)


@pytest.mark.item("C-06")
def test_optional_blank_and_repeated_entries_do_not_count() -> None:
    given_entries = [
        *entries(["RIVAL_PRICE", "BUDGET", "BUDGET"]),
        DossierEntry("PROBLEM", "  ", TODAY),
    ]
    assert completeness(given_entries).filled == 1
    assert completeness(given_entries, group=FieldGroup.PROJECT).required == 6


@pytest.mark.item("C-06")
def test_one_hundred_percent_only_when_full() -> None:
    assert completeness(entries(REQUIRED)).percent == 100
    assert completeness([]).percent == 0


@pytest.mark.item("C-06")
@given(st.lists(st.sampled_from(REQUIRED)), st.sampled_from(REQUIRED))
def test_a_further_entry_never_lowers_completeness(keys: list[str], further: str) -> None:
    before, after = completeness(entries(keys)), completeness(entries([*keys, further]))
    assert 0 <= before.ratio <= after.ratio <= 1
    assert 0 <= before.percent <= after.percent <= 100


@pytest.mark.item("C-03", "C-06")
def test_empty_and_stale_fields_become_questions() -> None:
    known = [*entries(REQUIRED[2:]), *entries(["SIZE_STRENGTH"], age=181), *entries(["RIVAL_PRICE"], age=180)]
    asked = open_questions(known, today=TODAY)
    assert [(question.field.key, question.cause, question.age_days) for question in asked] == [
        ("ORGANISATION", QuestionCause.EMPTY, None),
        ("SIZE_STRENGTH", QuestionCause.STALE, 181),
        ("RIVAL_RECOGNITION", QuestionCause.EMPTY, None),
    ]


@pytest.mark.item("C-03")
def test_an_empty_project_asks_its_six_questions() -> None:
    assert len(open_questions([], today=TODAY, group=FieldGroup.PROJECT)) == 6


@pytest.mark.item("C-06")
def test_a_newer_entry_refreshes_a_field() -> None:
    known = entries(["BUDGET"], age=400) + entries(["BUDGET"], age=10)
    asked = {question.field.key for question in open_questions(known, today=TODAY)}
    assert "BUDGET" not in asked


@pytest.mark.item("C-04")
def test_information_by_source_and_age() -> None:
    known = [
        DossierEntry("BUDGET", "80 万", TODAY - timedelta(days=200), "SITE_VISIT"),
        DossierEntry("PROBLEM", "产能不足", TODAY - timedelta(days=3), "SITE_VISIT"),
        DossierEntry("INDUSTRY", "增长放缓", TODAY - timedelta(days=9), "INDUSTRY_REPORT"),
        DossierEntry("BUSINESS", "出口为主", TODAY),
        DossierEntry("TIMETABLE", "", TODAY, "EMAIL"),
    ]
    rows = information_by_source(known, today=TODAY)
    assert [(row.source.key if row.source else None, row.entries, row.stale, row.oldest_days) for row in rows] == [
        ("SITE_VISIT", 2, 1, 200),
        (None, 1, 0, 0),
        ("INDUSTRY_REPORT", 1, 0, 9),
    ]


@pytest.mark.parametrize(("field", "source"), [("NO_FIELD", ""), ("BUDGET", "RUMOUR")])
def test_unknown_keys_are_refused(field: str, source: str) -> None:
    with pytest.raises(ValueError):
        DossierEntry(field, "x", TODAY, source)


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError):
        DossierSettings(stale_days=0)
