from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from dingke.core.reasons import Label, Reason, Sentences

TABLE = Sentences({"TOP": ("{name} holds {share:.1%}", "{name} 占 {share:.1%}")})


def test_a_sentence_in_both_languages() -> None:
    reason = Reason("TOP", {"name": Label("East", "华东"), "share": Decimal("0.25")})
    assert TABLE.text(reason, "en") == "East holds 25.0%"
    assert TABLE.text(reason, "zh-hans") == "华东 占 25.0%"


def test_a_sequence_is_joined_in_the_language() -> None:
    table = Sentences({"ALL": ("{names}", "{names}")})
    reason = Reason("ALL", {"names": (Label("a", "甲"), Label("b", "乙"))})
    assert table.text(reason, "en") == "a, b"
    assert table.text(reason, "zh") == "甲、乙"


def test_a_reason_survives_json() -> None:
    reason = Reason(
        "X",
        {"d": Decimal("0.10"), "on": date(2025, 1, 2), "l": Label("a", "甲"), "n": None, "ids": (1, "two")},
    )
    assert Reason.from_json(json.loads(json.dumps(reason.as_json()))) == reason


@pytest.mark.parametrize("reason", [Reason("OTHER"), Reason("TOP", {"name": "x"})], ids=["unknown code", "missing param"])
def test_a_wrong_reason_is_refused(reason: Reason) -> None:
    with pytest.raises(ValueError, match=reason.code):
        TABLE.text(reason, "en")


def test_languages_must_use_the_same_fields() -> None:
    with pytest.raises(ValueError, match="different fields"):
        Sentences({"A": ("{x}", "{y}")})


def test_merging_refuses_two_meanings() -> None:
    with pytest.raises(ValueError, match="two meanings"):
        TABLE | Sentences({"TOP": ("a", "甲")})
    assert len(TABLE | Sentences({"LOW": ("a", "甲")})) == 2


@pytest.mark.parametrize("stored", [{}, {"code": "A"}, {"code": "A", "params": {"x": {"odd": 1}}}])
def test_foreign_json_is_refused(stored: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="stored reason"):
        Reason.from_json(stored)


def test_an_object_is_not_a_param() -> None:
    with pytest.raises(ValueError, match="cannot carry"):
        Reason("A", {"x": object()}).as_json()
