"""By what a person is recognised again, and what is redacted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.calc import privacy as calc

NAME, MOBILE, MAIL = "陈立群", "139 0000 0001", "Liqun.Chen@jiangzhou.example"


class TestCalc:
    @pytest.mark.parametrize(
        ("written", "mark"),
        [
            ("139 0000 0001", "13900000001"),
            ("+86 139-0000-0001", "13900000001"),
            ("008613900000001", "13900000001"),
            ("021-5555 0001", "02155550001"),
            ("8601", ""),
            ("", ""),
        ],
    )
    def test_a_phone_is_recognised_however_it_is_written(self, written, mark):
        assert calc.phone_mark(written) == mark

    def test_marks(self):
        marks = calc.marks_of(account=7, name=" 陈 立群", key=" K-1 ", ways=[MOBILE, MAIL, "", "chenliqun"])
        assert marks == ["key:K-1", "mail:liqun.chen@jiangzhou.example", "name:7:陈立群", "other:chenliqun", "phone:13900000001"]

    def test_a_digest_needs_the_secret(self):
        first, second = (calc.digest_of("phone:13900000001", secret=secret) for secret in (b"one", b"two"))
        assert first != second
        assert len(first) == 64
        assert "13900000001" not in first

    @given(st.text(max_size=60), st.lists(st.text(min_size=2, max_size=8), max_size=4))
    def test_none_of_the_words_is_left(self, text, words):
        found = calc.without_words(text, words, "\x00")
        assert not any(word in found for word in words if "\x00" not in word)

    def test_a_single_character_stays(self):
        assert calc.without_words("王总说王家湾", ["王"], "#") == "王总说王家湾"

    def test_a_change_keeps_its_shape(self):
        assert calc.redacted(["陈", None]) == [calc.REDACTED, None]
        assert calc.redacted([None, True]) == [None, True]
        assert calc.redacted([{"a": 1}, 5]) == [calc.REDACTED, 5]
        assert calc.value_without_words({"text": ["问陈立群", 3]}, [NAME], "#") == {"text": ["问#", 3]}
