"""D-02 to D-05: prospecting. What a screening says of a company, and how many go from column to column.

Pure: no Django, no clock. The rule and the figures of the examples are design values of the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dingke.accounts.calc.key_account import Answer
from dingke.accounts.calc.key_account_lists import CRITERIA, ENTRY_TESTS
from dingke.core.reasons import Reason, Sentences

TESTS_FOR_KEY = 3
RATING_FOR_KEY = Decimal(3)

SENTENCES = Sentences(
    {
        "SCREEN_KEY": (
            "{passed} of {tests} entry tests passed and an average rating of {average:.1f}: a possible key account.",
            "{tests} 项入围判断中有 {passed} 项为“是”，平均评分 {average:.1f}：可能成为关键客户。",
        ),
        "SCREEN_LOW_RATING": (
            "{passed} of {tests} entry tests passed, but the average {average:.1f} is under {least:.0f}: a possible ordinary customer.",
            "{tests} 项入围判断中有 {passed} 项为“是”，但平均评分 {average:.1f}，低于 {least:.0f}：可能成为普通客户。",
        ),
        "SCREEN_FEW_TESTS": (
            "{passed} of {tests} entry tests passed; a key account needs {needed}: a possible ordinary customer.",
            "{tests} 项入围判断中有 {passed} 项为“是”，关键客户需要 {needed} 项：可能成为普通客户。",
        ),
        "SCREEN_UNRATED": (
            "{passed} of {tests} entry tests passed, but no criterion is rated yet.",
            "{tests} 项入围判断中有 {passed} 项为“是”，但尚未评分。",
        ),
        "SCREEN_NO_TEST": ("No entry test is passed: drop.", "没有一项入围判断为“是”：放弃。"),
    }
)


class Outcome(StrEnum):
    KEY = "KEY"
    ORDINARY = "ORDINARY"
    DROP = "DROP"


@dataclass(frozen=True, slots=True)
class Screening:
    """`average` of the rated criteria 1-5; None when none is rated. `is_whole`: every test is answered and every criterion rated."""

    outcome: Outcome
    reason: Reason
    passed: int
    average: Decimal | None
    is_whole: bool


def screen(*, tests: Mapping[str, Answer], criteria: Mapping[str, int | None]) -> Screening:
    """D-04: key = at least 3 of the 4 entry tests (A-03) and an average of the criteria (A-04) of at least 3; ordinary = at least
    one test; else drop. Missing keys count as unknown. Four tests and 4, 3, 5, 2, 4: average 3.6, key.

    ValueError on an unknown key or a rating outside 1-5.
    """
    strangers = (set(tests) - {item.key for item in ENTRY_TESTS}) | (set(criteria) - {item.key for item in CRITERIA})
    if strangers:
        raise ValueError(f"not in the list: {', '.join(sorted(strangers))}")
    rated = [rating for rating in criteria.values() if rating is not None]
    if any(not 1 <= rating <= 5 for rating in rated):
        raise ValueError("a criterion is rated from 1 to 5")
    passed = sum(answer is Answer.YES for answer in tests.values())
    average = Decimal(sum(rated)) / len(rated) if rated else None
    answered = sum(answer is not Answer.UNKNOWN for answer in tests.values())
    is_whole = answered == len(ENTRY_TESTS) and len(rated) == len(CRITERIA)
    said: dict[str, object] = {"passed": passed, "tests": len(ENTRY_TESTS)}
    if passed == 0:
        return Screening(Outcome.DROP, Reason("SCREEN_NO_TEST"), passed, average, is_whole)
    if passed < TESTS_FOR_KEY:
        return Screening(Outcome.ORDINARY, Reason("SCREEN_FEW_TESTS", {**said, "needed": TESTS_FOR_KEY}), passed, average, is_whole)
    if average is None:
        return Screening(Outcome.ORDINARY, Reason("SCREEN_UNRATED", said), passed, average, is_whole)
    if average < RATING_FOR_KEY:
        reason = Reason("SCREEN_LOW_RATING", {**said, "average": average, "least": RATING_FOR_KEY})
        return Screening(Outcome.ORDINARY, reason, passed, average, is_whole)
    return Screening(Outcome.KEY, Reason("SCREEN_KEY", {**said, "average": average}), passed, average, is_whole)


@dataclass(frozen=True, slots=True)
class Conversion:
    """How many companies reached each column, whatever became of them. Rates are 0..1, None where nobody came from."""

    searched: int
    screened: int
    developed: int
    admitted: int

    @property
    def to_screened(self) -> Decimal | None:
        return _rate(self.screened, self.searched)

    @property
    def to_developed(self) -> Decimal | None:
        return _rate(self.developed, self.screened)

    @property
    def to_admitted(self) -> Decimal | None:
        return _rate(self.admitted, self.developed)


def _rate(part: int, whole: int) -> Decimal | None:
    """120 searched and 30 screened in: 0.25; 30 and 6: 0.2 (D-02)."""
    return Decimal(part) / Decimal(whole) if whole else None


@dataclass(frozen=True, slots=True)
class Profile:
    """What is looked for (D-03). An empty set asks for nothing."""

    industries: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    size_tiers: frozenset[str] = frozenset()


def fit(profile: Profile, *, industry: str, region: str, region_parent: str, size_tier: str) -> tuple[int, int]:
    """(how many of the profile's wishes the company meets, how many it states). Unknown facts meet nothing."""
    wishes = [
        (profile.industries, {industry}),
        (profile.regions, {region, region_parent}),
        (profile.size_tiers, {size_tier}),
    ]
    stated = [(wanted, given - {""}) for wanted, given in wishes if wanted]
    return sum(bool(wanted & given) for wanted, given in stated), len(stated)
