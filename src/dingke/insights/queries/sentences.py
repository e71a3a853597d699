"""Stored reasons as sentences in the reader's language, without what the reader's role does not see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import get_language

from dingke.core.reasons import Reason
from dingke.core.scope import Scope
from dingke.insights import signals
from dingke.insights.calc import SENTENCES

# sentences that tell a margin or a profit, and those that tell an amount
COST_CODES = frozenset(
    {
        "FACE_BLACK",
        "FACE_WHITE",
        "FACE_RED",
        "KEY_WITHOUT_FACE",
        "MARGIN_FALLS",
        "RETURN_TOO_LOW",
        "RETURN_GOOD",
        "INCENTIVE_UNCHANGED",
        "INCENTIVE_CUT",
    }
)
AMOUNT_CODES = frozenset({"FOUND_HIGH_SPEND", "FOUND_POTENTIAL", "FOUND_POWER"})


def sentence(scope: Scope, stored: Mapping[str, object]) -> str:
    """The sentence of a stored reason; "" when the caller's role hides what it tells, or it is of an older method."""
    reason = Reason.from_json(stored)
    language = get_language() or "zh-hans"
    for one in signals.signals():
        if reason.code in one.sentences:
            return "" if one.tells and scope.hides(one.tells) else one.sentences.text(reason, language)
    hidden = (reason.code in COST_CODES and scope.hides("cost")) or (reason.code in AMOUNT_CODES and scope.hides("amount"))
    if hidden or reason.code not in SENTENCES:
        return ""
    return SENTENCES.text(reason, language)


def sentences(scope: Scope, stored: Iterable[Mapping[str, Any]]) -> list[str]:
    return [text for text in (sentence(scope, one) for one in stored) if text]
