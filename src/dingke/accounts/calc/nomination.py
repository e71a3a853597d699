"""A-02, A-03, A-04, A-07: what a nomination says, as one record; how it is kept; A-01: the words for a key account.

The verdict is ``key_account.nomination_verdict``. Pure: no Django, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from dingke.accounts.calc.key_account import (
    HIGHEST_RATING,
    LOWEST_RATING,
    Answer,
    Judgement,
    Verdict,
    nomination_verdict,
)
from dingke.accounts.calc.key_account_lists import BENEFITS, CRITERIA, ENTRY_TESTS, FEATURES, SYNONYMS, ListItem

# The share of high-profit products from which a rating of criterion 1 is proposed; design values.
SHARE_OF_RATING: tuple[tuple[Decimal, int], ...] = ((Decimal("0.6"), 5), (Decimal("0.4"), 4), (Decimal("0.2"), 3), (Decimal("0.05"), 2))
_MORE_WORDS = ("key accounts", "ka", "vips", "大客戶")


@dataclass(frozen=True)
class Rating:
    """``rating`` 1-5, None = not rated."""

    rating: int | None
    note: str = ""


@dataclass(frozen=True)
class Answers:
    """Everything a nomination states; keys are those of the lists. ``benefits``: benefit -> its measure."""

    reason: str = ""
    features: Mapping[str, Judgement] = field(default_factory=dict)
    tests: Mapping[str, Judgement] = field(default_factory=dict)
    criteria: Mapping[str, Rating] = field(default_factory=dict)
    benefits: Mapping[str, str] = field(default_factory=dict)


def verdict(answers: Answers) -> Verdict:
    """A-01..A-04, A-07: may the account be nominated by these answers, and what is missing. ValueError on an unknown key."""
    return nomination_verdict(
        reason=answers.reason,
        features=answers.features,
        tests=answers.tests,
        criteria={key: rating.rating for key, rating in answers.criteria.items()},
        benefits=answers.benefits,
    )


def stored(answers: Answers) -> dict[str, Any]:
    """The answers as JSON columns keep them: features, tests, criteria, benefits. The reason is a column of its own."""
    return {
        "features": {key: {"answer": said.answer.value, "evidence": said.evidence} for key, said in answers.features.items()},
        "tests": {key: {"answer": said.answer.value, "justification": said.evidence} for key, said in answers.tests.items()},
        "criteria": {key: {"rating": given.rating, "note": given.note} for key, given in answers.criteria.items()},
        "benefits": dict(answers.benefits),
    }


def answers_from(
    *,
    reason: str,
    features: Mapping[str, Any],
    tests: Mapping[str, Any],
    criteria: Mapping[str, Any],
    benefits: Mapping[str, Any],
) -> Answers:
    """Reads what ``stored`` wrote; entries that are no longer in the lists are left out, unreadable ones count as unknown."""
    return Answers(
        reason=reason,
        features={item.key: _judgement(features[item.key], "evidence") for item in FEATURES if item.key in features},
        tests={item.key: _judgement(tests[item.key], "justification") for item in ENTRY_TESTS if item.key in tests},
        criteria={item.key: _rating(criteria[item.key]) for item in CRITERIA if item.key in criteria},
        benefits={item.key: str(benefits[item.key] or "") for item in BENEFITS if item.key in benefits},
    )


def rating_of_share(share: Decimal) -> int:
    """A-04 criterion 1: a rating proposed from the share 0..1 of high-profit products; a person confirms it."""
    return next((rating for least, rating in SHARE_OF_RATING if share >= least), LOWEST_RATING)


def means_key_account(text: str) -> bool:
    """A-01: whether a search text is one of the words for a key account: 大客户, 关键客户, 重点客户, VIP, key account …"""
    wanted = " ".join(text.lower().split())
    words = {word.lower() for label in SYNONYMS for word in (label.en, label.zh)} | set(_MORE_WORDS)
    return wanted in words


def found_in(items: tuple[ListItem, ...], text: str) -> tuple[ListItem, ...]:
    """The items of a method list that speak of ``text`` in either language; all of them when it is empty."""
    wanted = " ".join(text.lower().split())
    if not wanted:
        return items
    return tuple(
        item for item in items if any(wanted in part.lower() for part in (item.label.en, item.label.zh, item.meaning.en, item.meaning.zh))
    )


def _judgement(kept: Any, words: str) -> Judgement:
    if not isinstance(kept, Mapping):
        return Judgement(Answer.UNKNOWN)
    answer = str(kept.get("answer"))
    return Judgement(Answer(answer) if answer in Answer.__members__ else Answer.UNKNOWN, str(kept.get(words) or ""))


def _rating(kept: Any) -> Rating:
    if not isinstance(kept, Mapping):
        return Rating(None)
    given = kept.get("rating")
    is_rating = isinstance(given, int) and not isinstance(given, bool) and LOWEST_RATING <= given <= HIGHEST_RATING
    return Rating(given if is_rating else None, str(kept.get("note") or ""))
