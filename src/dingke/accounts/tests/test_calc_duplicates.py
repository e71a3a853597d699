from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.calc.duplicates import (
    SENTENCES,
    DuplicateRecord,
    DuplicateSettings,
    match_score,
    name_similarity,
    rank,
)

BASE = DuplicateRecord(id=1, name_key="海潮科技", pinyin="haichaokeji")
CODE, OTHER_CODE = "914403001922038216", "9144030071526726XG"

names = st.text("海潮科技鼎新abc", min_size=0, max_size=6)
records = st.builds(
    DuplicateRecord,
    id=st.integers(1, 99),
    name_key=names,
    pinyin=st.sampled_from(["", "haichao", "dingxin"]),
    credit_code=st.sampled_from(["", CODE, OTHER_CODE]),
    phones=st.frozensets(st.sampled_from(["075528780808", "13800138000"])),
    domain=st.sampled_from(["", "acme.cn", "haichao.cn"]),
    regions=st.sampled_from([(), ("上海",), ("北京",), ("上海", "北京")]),
)


@pytest.mark.parametrize(
    ("a", "b", "score", "codes"),
    [
        (replace(BASE, credit_code=CODE), DuplicateRecord(2, "另一个", credit_code=CODE), 1.0, ["SAME_CREDIT_CODE"]),
        (BASE, replace(BASE, id=2), 0.85, ["SAME_NAME"]),
        (BASE, DuplicateRecord(2, "海潮科技发展"), 0.55, ["NAME_CONTAINED"]),
        (BASE, DuplicateRecord(2, "海朝科技", "haichaokeji"), 0.60, ["SAME_PINYIN"]),
        (BASE, DuplicateRecord(2, "鼎新"), 0.0, []),
        (
            replace(BASE, phones=frozenset({"13800138000"}), domain="haichao.cn"),
            DuplicateRecord(2, "鼎新", phones=frozenset({"13800138000"}), domain="haichao.cn"),
            0.725,
            ["SAME_PHONE", "SAME_WEBSITE"],
        ),
        (
            replace(BASE, credit_code=CODE),
            replace(BASE, id=2, credit_code=OTHER_CODE),
            0.34,
            ["SAME_NAME", "OTHER_CREDIT_CODE"],
        ),
        (
            replace(BASE, regions=("深圳",)),
            replace(BASE, id=2, regions=("北京",)),
            0.68,
            ["SAME_NAME", "OTHER_REGION"],
        ),
        (DuplicateRecord(1, ""), DuplicateRecord(2, ""), 0.0, []),
    ],
)
def test_rule_table(a: DuplicateRecord, b: DuplicateRecord, score: float, codes: list[str]) -> None:
    match = match_score(a, b)
    assert match.score == pytest.approx(score)
    assert [reason.code for reason in match.reasons] == codes
    for reason in match.reasons:
        assert SENTENCES.text(reason, "en") != SENTENCES.text(reason, "zh-hans")


def test_similar_names() -> None:
    match = match_score(DuplicateRecord(1, "海潮电子科技"), DuplicateRecord(2, "海潮电气科技"))
    assert match.score == pytest.approx(0.7 * 0.6)
    assert [reason.code for reason in match.reasons] == ["SIMILAR_NAME"]


@given(records, records)
def test_scores_are_in_range_symmetric_and_one_only_by_code(a: DuplicateRecord, b: DuplicateRecord) -> None:
    match = match_score(a, b)
    assert 0 <= match.score <= 1
    assert match.score == match_score(b, a).score
    assert (match.score == 1) == bool(a.credit_code and a.credit_code == b.credit_code)
    assert bool(match.reasons) == (match.score > 0)


@given(records, records)
def test_a_shared_phone_never_lowers_the_score(a: DuplicateRecord, b: DuplicateRecord) -> None:
    phone = frozenset({"02112345678"})
    more = match_score(replace(a, phones=a.phones | phone), replace(b, phones=b.phones | phone))
    assert more.score >= match_score(a, b).score


@given(names, names)
def test_similarity(a: str, b: str) -> None:
    assert 0 <= name_similarity(a, b) <= 1
    assert name_similarity(a, b) == name_similarity(b, a)
    assert name_similarity(a, a) == (1 if a else 0)


def test_rank_orders_cuts_and_leaves_itself_out() -> None:
    others = [
        replace(BASE, id=9),
        replace(BASE, id=3),
        replace(BASE, id=1),
        DuplicateRecord(4, "海潮科技发展"),
        DuplicateRecord(5, "鼎新"),
    ]
    assert [found.id for found in rank(BASE, others)] == [3, 9]
    assert [found.id for found in rank(BASE, others, threshold=0.5)] == [3, 9, 4]
    assert [found.id for found in rank(BASE, others, threshold=0)] == [3, 9, 4]


@pytest.mark.parametrize("change", [{"same_name": 1.2}, {"threshold": -0.1}, {"contained_from_length": 1}])
def test_settings_are_checked(change: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        DuplicateSettings(**change)  # type: ignore[arg-type]
