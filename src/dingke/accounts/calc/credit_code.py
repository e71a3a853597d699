"""统一社会信用代码, the 18-character company code of GB 32100-2015, and the organisation code of GB 11714 inside it.

Characters 1 authority, 2 kind, 3-8 region (digits), 9-17 organisation code, 18 check character (MOD 31, weights 3^i).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from dingke.core.reasons import Reason, Sentences

CODE_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 signs of the standard: no I, O, S, V, Z, which look like 1, 0, 5, U, 2."""

_LENGTH = 18
_REGION = range(2, 8)
_WEIGHTS = tuple(pow(3, place, 31) for place in range(_LENGTH - 1))
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_SEPARATORS = " -_.\t\r\n\u200b\ufeff"

SENTENCES = Sentences(
    {
        "CREDIT_CODE_LENGTH": (
            "A unified social credit code has 18 characters; this one has {length}.",
            "统一社会信用代码应为 18 位，当前为 {length} 位。",
        ),
        "CREDIT_CODE_CHARACTER": (
            "Character {position} ({character}) is not allowed there: digits and capitals without I, O, S, V, Z; "
            "positions 3 to 8 are digits.",
            "第 {position} 位“{character}”不合规则：只能是数字和大写字母（不含 I、O、S、V、Z），第 3 至 8 位只能是数字。",
        ),
        "CREDIT_CODE_CHECKSUM": (
            "The check character does not fit: {found} was given, {expected} follows from the first 17. Look for a typing slip.",
            "校验位不符：填写的是 {found}，按前 17 位应为 {expected}，请检查是否有录入错误。",
        ),
    }
)


class CreditCodeProblem(StrEnum):
    LENGTH = "LENGTH"
    CHARACTER = "CHARACTER"
    CHECKSUM = "CHECKSUM"


@dataclass(frozen=True)
class CreditCodeResult:
    """``normalised``: capitals, half width, no separators. ``organisation_code`` (8 + check) is given when its own
    check fits.
    """

    valid: bool
    normalised: str
    problem_code: CreditCodeProblem | None = None
    reason: Reason | None = None
    expected_check: str | None = None
    organisation_code: str | None = None


def normalise_credit_code(text: str) -> str:
    """Half width, capitals, without spaces and hyphens. Does not judge."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(sign for sign in plain if sign not in _SEPARATORS)


def check_credit_code(text: str) -> CreditCodeResult:
    """Judge a code as typed. Problems are told one at a time: length, then character, then checksum."""
    code = normalise_credit_code(text)
    if len(code) != _LENGTH:
        return CreditCodeResult(
            valid=False,
            normalised=code,
            problem_code=CreditCodeProblem.LENGTH,
            reason=Reason("CREDIT_CODE_LENGTH", {"length": len(code)}),
        )
    wrong = _first_wrong_sign(code)
    if wrong is not None:
        return CreditCodeResult(
            valid=False,
            normalised=code,
            problem_code=CreditCodeProblem.CHARACTER,
            reason=Reason("CREDIT_CODE_CHARACTER", {"position": wrong + 1, "character": code[wrong]}),
        )
    expected = _check_sign(code[:-1])
    if code[-1] != expected:
        return CreditCodeResult(
            valid=False,
            normalised=code,
            problem_code=CreditCodeProblem.CHECKSUM,
            reason=Reason("CREDIT_CODE_CHECKSUM", {"found": code[-1], "expected": expected}),
            expected_check=expected,
        )
    organisation = code[8:17]
    fits = organisation_check(organisation[:8]) == organisation[8]
    return CreditCodeResult(
        valid=True,
        normalised=code,
        expected_check=expected,
        organisation_code=f"{organisation[:8]}-{organisation[8]}" if fits else None,
    )


def complete_credit_code(body: str) -> str:
    """The 18-character code of a 17-character body. ValueError on another length or a wrong character."""
    code = normalise_credit_code(body)
    if len(code) != _LENGTH - 1:
        raise ValueError(f"17 characters are needed, {len(code)} were given")
    wrong = _first_wrong_sign(code)
    if wrong is not None:
        raise ValueError(f"character {wrong + 1} ({code[wrong]}) is not allowed in a credit code")
    return code + _check_sign(code)


def organisation_check(body: str) -> str:
    """The check character of an 8-character organisation code (GB 11714, MOD 11). ValueError on other input."""
    if len(body) != 8 or not all(sign in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" for sign in body):
        raise ValueError("an organisation code has 8 digits or capital letters before its check character")
    total = sum(weight * int(sign, 36) for weight, sign in zip(_ORGANISATION_WEIGHTS, body, strict=True))
    check = (11 - total % 11) % 11
    return "X" if check == 10 else str(check)


def _first_wrong_sign(code: str) -> int | None:
    for place, sign in enumerate(code):
        if sign not in CODE_SIGNS or (place in _REGION and sign not in "0123456789"):
            return place
    return None


def _check_sign(body: str) -> str:
    total = sum(weight * CODE_SIGNS.index(sign) for weight, sign in zip(_WEIGHTS, body, strict=True))
    return CODE_SIGNS[-total % 31]
