"""Maturity of a relation, its levels, the cooperation ladder, principles and reminders."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.insights.calc import maturity

CODES = [item.code for item in maturity.BEHAVIOURS]


def of(*levels: str) -> set[str]:
    return {item.code for level in maturity.THINKING_LEVELS if level.code in levels for item in level.behaviours}


@pytest.mark.item("A-16")
def test_twelve_behaviours_on_three_levels():
    assert [(level.label.zh, len(level.behaviours)) for level in maturity.THINKING_LEVELS] == [("信任", 4), ("安心", 4), ("价值", 4)]
    assert len(set(CODES)) == 12
    assert all(level.motto.zh and level.motto.en for level in maturity.THINKING_LEVELS)


@pytest.mark.item("A-16")
@pytest.mark.parametrize(
    ("evidenced", "reached"),
    [
        (set(), None),
        (of("TRUST") - {"DETAIL"}, None),
        (of("TRUST"), "TRUST"),
        (of("TRUST", "ASSURANCE") - {"PROMISES"}, "TRUST"),
        (of("TRUST", "ASSURANCE"), "ASSURANCE"),
        (of("TRUST", "VALUE"), "TRUST"),  # value rests on assurance
        (of("TRUST", "ASSURANCE", "VALUE"), "VALUE"),
    ],
)
def test_a_level_is_reached_when_its_four_are_evidenced(evidenced, reached):
    found = maturity.maturity(evidenced)
    assert (found.code if found else None) == reached


@pytest.mark.item("A-16")
@given(st.sets(st.sampled_from(CODES)), st.sampled_from(CODES))
def test_more_evidence_never_lowers_the_level(evidenced, another):
    def height(codes):
        return sum(one.is_reached for one in maturity.thinking_levels(codes))

    assert height(evidenced) <= height(evidenced | {another})
    assert sum(one.evidenced for one in maturity.thinking_levels(evidenced)) == len(evidenced)


@pytest.mark.item("A-17")
def test_four_relationship_levels_and_the_one_in_force():
    assert [item.label.zh for item in maturity.RELATIONS] == ["交易", "优选", "伙伴", "战略伙伴"]
    entries = [(date(2024, 1, 1), 1, "PREFERRED"), (date(2026, 1, 1), 2, "TRANSACTIONAL"), (date(2025, 1, 1), 3, "PARTNER")]
    assert maturity.relation_now(entries) == "TRANSACTIONAL"  # a relation may fall back
    assert maturity.relation_now([]) == ""


@pytest.mark.item("D-16")
def test_the_ladder_and_its_next_level():
    assert [item.label.zh for item in maturity.LADDER] == ["基本业务", "定制化产品", "联合研发", "共同开拓市场"]
    assert maturity.ladder_level(set()) == 0
    assert maturity.next_rung(set()).code == "BASIC"
    assert maturity.ladder_level({"BASIC", "JOINT_RND"}) == 3
    assert maturity.next_rung({"BASIC", "JOINT_RND"}).code == "JOINT_MARKET"
    assert maturity.next_rung({"JOINT_MARKET"}) is None
    assert "价值链" in maturity.VALUE_CHAIN.zh


@pytest.mark.item("A-19")
def test_five_principles():
    assert [item.label.zh for item in maturity.PRINCIPLES] == ["以客户为中心", "个性化服务", "长期关系建设", "风险管理", "动态调整"]


@pytest.mark.item("D-06")
def test_five_reminders():
    assert [item.label.zh for item in maturity.REMINDERS] == [
        "时间用于利润大的客户", "以利润贡献衡量价值", "着眼隐性的长期利润", "维持与开发并重", "善用一切联系机会",
    ]  # fmt: skip


def test_every_item_speaks_both_languages():
    lists = [maturity.BEHAVIOURS, maturity.RELATIONS, maturity.LADDER, maturity.PRINCIPLES, maturity.REMINDERS]
    for item in (item for one in lists for item in one):
        assert item.label.en
        assert item.label.zh
        assert item.asks.en
        assert item.asks.zh
        assert len(item.code) <= 20
    assert maturity.item_of("LADDER", "BASIC") is maturity.LADDER[0]
    assert maturity.item_of("LADDER", "NONE") is None
    assert maturity.item_of("NONE", "BASIC") is None
