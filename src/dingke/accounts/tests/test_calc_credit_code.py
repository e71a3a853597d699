from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.calc.credit_code import (
    CODE_SIGNS,
    SENTENCES,
    CreditCodeProblem,
    check_credit_code,
    complete_credit_code,
    organisation_check,
)

signs = st.sampled_from(CODE_SIGNS)
digits = st.sampled_from("0123456789")
bodies = st.tuples(*(digits if place in range(2, 8) else signs for place in range(17))).map("".join)


@pytest.mark.parametrize(
    ("text", "organisation"),
    [  # published codes of listed or well-known companies, as a check of the method from outside
        ("914403001922038216", "19220382-1"),
        ("9144030071526726XG", "71526726-X"),
        ("91330100799655058B", "79965505-8"),
        (" 9144 0300-7152 6726xg ", "71526726-X"),
        ("９１４４０３００１９２２０３８２１６", "19220382-1"),
    ],
)
def test_valid_codes(text: str, organisation: str) -> None:
    result = check_credit_code(text)
    assert result.valid
    assert result.problem_code is None
    assert result.organisation_code == organisation
    assert len(result.normalised) == 18


@pytest.mark.parametrize(
    ("text", "problem", "shown"),
    [
        ("", CreditCodeProblem.LENGTH, "has 0"),
        ("91440300192203821", CreditCodeProblem.LENGTH, "has 17"),
        ("91440300I922038216", CreditCodeProblem.CHARACTER, "Character 9 (I)"),
        ("91A403001922038216", CreditCodeProblem.CHARACTER, "Character 3 (A)"),
        ("914403001922038215", CreditCodeProblem.CHECKSUM, "5 was given, 6 follows"),
        ("914403001922038261", CreditCodeProblem.CHECKSUM, "1 was given"),
    ],
)
def test_problems(text: str, problem: CreditCodeProblem, shown: str) -> None:
    result = check_credit_code(text)
    assert not result.valid
    assert result.problem_code is problem
    assert result.reason is not None
    assert shown in SENTENCES.text(result.reason, "en")
    assert SENTENCES.text(result.reason, "zh-hans")


def test_the_expected_check_character_is_told() -> None:
    assert check_credit_code("914403001922038215").expected_check == "6"


@given(bodies)
def test_a_completed_code_is_valid(body: str) -> None:
    code = complete_credit_code(body)
    assert code[:17] == body
    assert check_credit_code(code).valid


@given(bodies, st.integers(0, 17), st.data())
def test_one_wrong_character_is_always_found(body: str, place: int, data: st.DataObject) -> None:
    code = complete_credit_code(body)
    other = data.draw(signs.filter(lambda sign: sign != code[place]))
    assert not check_credit_code(code[:place] + other + code[place + 1 :]).valid


@given(bodies, st.integers(0, 16))
def test_two_neighbours_swapped_are_always_found(body: str, place: int) -> None:
    code = complete_credit_code(body)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert swapped == code or not check_credit_code(swapped).valid


@given(st.text())
def test_any_text_gets_an_answer(text: str) -> None:
    result = check_credit_code(text)
    assert result.valid == (result.problem_code is None)


@pytest.mark.parametrize("body", ["", "9144030019220382", "9144030019220382I", "91A40300192203821"])
def test_a_wrong_body_is_refused(body: str) -> None:
    with pytest.raises(ValueError):
        complete_credit_code(body)


def test_the_organisation_code_is_left_out_when_its_own_check_fails() -> None:
    code = complete_credit_code("91440300" + "192203820")
    assert check_credit_code(code).valid
    assert check_credit_code(code).organisation_code is None


@pytest.mark.parametrize(("body", "check"), [("19220382", "1"), ("71526726", "X"), ("79965505", "8")])
def test_organisation_check(body: str, check: str) -> None:
    assert organisation_check(body) == check


@pytest.mark.parametrize("body", ["", "1922038", "1922038a"])
def test_a_wrong_organisation_body_is_refused(body: str) -> None:
    with pytest.raises(ValueError):
        organisation_check(body)
