from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dingke.core.search_keys import all_terms, code_terms, name_terms, pinyin_forms, query_terms


def found(name: str, query: str) -> bool:
    """What both databases answer: every asked term stored, as itself or as a prefix."""
    terms = set(all_terms([name], []).split())
    asked = query_terms(query)
    return bool(asked) and all(any(term.startswith(word) for term in terms) if prefix else word in terms for word, prefix in asked)


def test_a_chinese_name_is_found_by_characters_pinyin_and_initials():
    name = "华为技术有限公司"
    for query in ["华", "华为", "为技", "技术", "华为技", "hwjs", "hw", "huawei", "huaweijishu", "jishu", "js", "HWJS", "ｈｗ"]:
        assert found(name, query), query
    for query in ["为华", "hwsj", "中兴", ""]:
        assert not found(name, query), query


def test_a_latin_name_is_found_by_its_words_and_their_beginnings():
    for query in ["kan", "kan-code", "code", "Kan Code"]:
        assert found("Kan-code", query), query


def test_phones_are_found_without_separators_and_by_their_last_four():
    assert {"13800138000", "8000"} <= code_terms("138 0013-8000")
    assert query_terms("138 0013 8000") == [("13800138000", True)]
    assert "13800138000" in code_terms("+86 13800138000")


def test_pinyin_forms_join_syllables_and_initials():
    assert pinyin_forms("华为技术") == ("huaweijishu", "hwjs")


@given(name=st.text(alphabet="江州重工集团上海机电abcXYZ 12（）-", min_size=2, max_size=20))
def test_any_two_neighbouring_characters_of_a_name_find_it(name):
    pairs = [
        name[index : index + 2] for index in range(len(name) - 1) if all("\u4e00" <= char <= "\u9fff" for char in name[index : index + 2])
    ]
    assert all(found(name, pair) for pair in pairs)


@given(text=st.text(max_size=60))
def test_no_text_breaks_the_terms(text):
    assert all(" " not in term for term in name_terms(text))
    query_terms(text)
