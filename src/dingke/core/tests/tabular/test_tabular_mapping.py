"""Proposals: headers to fields, misspelt values to known ones; nothing proposed on a weak likeness."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.core.tabular.mapping import Candidate, Field, nearest, normal, propose

FIELDS = (
    Field("name", ("Account name", "客户名称"), ("account", "company", "公司名称", "客户")),
    Field("phone", ("Phone", "电话"), ("telephone", "联系电话", "手机")),
    Field("amount", ("Amount", "金额"), ("close_value", "合同金额")),
    Field("close_date", ("Close date", "成交日期"), ("date",)),
)


class TestPropose:
    @pytest.mark.parametrize(
        ("header", "key"),
        [
            ("客户名称", "name"),
            ("客 户 名 称", "name"),
            ("客户名称*", "name"),
            ("Account_Name", "name"),
            ("ACCOUNT", "name"),
            ("ｐｈｏｎｅ", "phone"),
            ("金额（元）", "amount"),
            ("Amount (CNY)", "amount"),
            ("【必填】联系电话", "phone"),
            ("Telephon", "phone"),
            ("close value", "amount"),
            ("客户编号", None),
            ("金客", None),
            ("", None),
        ],
    )
    def test_a_header_by_name_synonym_bracket_or_slip(self, header, key):
        assert propose([header], FIELDS) == {header: key}

    def test_no_field_twice_and_the_exact_name_first(self):
        assert propose(["手机", "电话", "Telephone"], FIELDS) == {"手机": "phone", "电话": None, "Telephone": None}
        assert propose(["金额（元）", "金额"], FIELDS) == {"金额（元）": None, "金额": "amount"}

    def test_a_name_that_two_fields_claim_is_left_open(self):
        fields = (Field("a", ("Owner",), ("负责人",)), Field("b", ("Contact",), ("负责人",)))
        assert propose(["负责人", "Owner"], fields) == {"负责人": None, "Owner": "a"}


class TestNearest:
    @pytest.mark.parametrize(
        ("value", "choices", "wanted"),
        [
            ("GTXPro", ("GTX Basic", "GTX Pro", "GTX Plus Pro", "MG Special"), "GTX Pro"),
            ("technolgy", ("technology", "telecommunications", "medical"), "technology"),
            ("Philipines", ("Philippines", "Poland"), "Philippines"),
            ("ＧＴＸ　pro", ("GTX Pro",), "GTX Pro"),
            ("retial", ("retail", "medical"), "retail"),
            ("北京华为技术有限公", ("北京华为技术有限公司",), "北京华为技术有限公司"),
        ],
    )
    def test_a_slip_is_understood(self, value, choices, wanted):
        found = nearest(value, choices)
        assert found is not None
        assert found.value == wanted
        assert 0.8 <= found.score < 1

    @pytest.mark.parametrize(
        ("value", "choices"),
        [
            ("Model A", ("Model B",)),
            ("Series II", ("Series III",)),
            ("GTX 100", ("GTX 200",)),
            ("GTX 1000", ("GTX 100",)),
            ("GTK 500", ("GTX 500B",)),
            ("北京华为技术有限公司", ("北京华威技术有限公司",)),
            ("华为", ("华威",)),
            ("red", ("rod",)),
            ("retail", ("medical", "finance")),
            ("", ("a",)),
            ("！！", ("a",)),
        ],
    )
    def test_a_likeness_is_not_enough(self, value, choices):
        assert nearest(value, choices) is None

    def test_two_equally_near_are_none(self):
        assert nearest("staton", ("station", "statons")) is None
        assert nearest("gtxpro", ("GTX Pro", "GT XPro")) is None

    def test_the_same_text_is_certain(self):
        assert nearest("GTX Pro", ("GTX Pro", "GTXPro")) == Candidate("GTX Pro", 1.0)

    @given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=6))
    def test_only_ever_answers_with_a_choice(self, value, choices):
        found = nearest(value, choices)
        assert found is None or (found.value in choices and 0 < found.score <= 1)

    @given(st.text(alphabet="abcdefgh ", min_size=1, max_size=20))
    def test_a_known_value_finds_itself(self, value):
        found = nearest(value, [value])
        assert found is None if not normal(value) else found.score == 1.0
