from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.insights.calc import SENTENCES
from dingke.insights.calc.identification import (
    METHOD_LABELS,
    Finding,
    MarketFacts,
    MarketSettings,
    Method,
    PositioningFacts,
    PositioningSettings,
    SourceMention,
    SourceSettings,
    by_market_data,
    by_positioning,
    by_sources,
    joined,
    steadiness,
)

D = Decimal
DAY = date(2025, 6, 30)


def found(findings: tuple[Finding, ...]) -> dict[int, list[str]]:
    for finding in findings:
        assert 0 <= finding.score <= 1
        for reason in finding.reasons:
            assert SENTENCES.text(reason, "en")
            assert SENTENCES.text(reason, "zh-hans")
    return {finding.account_id: [reason.code for reason in finding.reasons] for finding in findings}


@pytest.mark.item("A-05")
def test_method_1_finds_high_spend_steady_frequency_or_high_potential() -> None:
    plain = [MarketFacts(number, spend=D(10 + number), orders=1) for number in range(10, 18)]
    rows = [
        MarketFacts(1, spend=D(900), orders=1, growth=D("0.20")),
        MarketFacts(2, spend=D(5), orders=8, steadiness=D("0.70")),
        MarketFacts(3, spend=D(5), orders=3, steadiness=D("0.90")),
        MarketFacts(4, spend=D(0), potential=D(5000)),
        MarketFacts(5, spend=D(5), growth=D("0.90")),
        *plain,
    ]
    assert found(by_market_data(rows)) == {
        1: ["FOUND_HIGH_SPEND", "FOUND_GROWTH"],
        16: ["FOUND_HIGH_SPEND"],
        17: ["FOUND_HIGH_SPEND"],
        2: ["FOUND_STEADY"],
        4: ["FOUND_POTENTIAL"],
    }
    assert by_market_data(rows)[0].account_id == 1


@pytest.mark.item("A-05")
@pytest.mark.parametrize(
    ("amounts", "expected"),
    [([10, 10, 10], 1), ([0, 20], 0), ([8, 12], D("0.8")), ([0, 0, 0, 100], 0), ([5], None), ([0, 0], None)],
)
def test_steadiness(amounts: list[int], expected: Decimal | None) -> None:
    assert steadiness([D(amount) for amount in amounts]) == expected


market = st.builds(
    MarketFacts,
    account_id=st.integers(2, 50),
    spend=st.integers(0, 1000).map(Decimal),
    orders=st.integers(0, 30),
    steadiness=st.one_of(st.none(), st.decimals(0, 1, places=2, allow_nan=False, allow_infinity=False)),
    potential=st.one_of(st.none(), st.integers(0, 1000).map(Decimal)),
    growth=st.one_of(st.none(), st.decimals(-1, 3, places=2, allow_nan=False, allow_infinity=False)),
)


@pytest.mark.item("A-05")
@given(
    st.lists(market, max_size=12, unique_by=lambda item: item.account_id),
    market,
    st.integers(0, 500),
    st.integers(0, 9),
)
def test_better_market_data_never_lowers_the_score(others: list[MarketFacts], item: MarketFacts, spend: int, orders: int) -> None:
    mine = replace(item, account_id=1)
    better = replace(mine, spend=mine.spend + spend, orders=mine.orders + orders)
    before = {finding.account_id: finding.score for finding in by_market_data([mine, *others])}
    after = {finding.account_id: finding.score for finding in by_market_data([better, *others])}
    assert after.get(1, D(0)) >= before.get(1, D(0))


AIM = PositioningSettings(industries=frozenset({"AUTO"}), regions=frozenset({"CN-44"}), least_power=D(1000), accept_unknown_power=True)


@pytest.mark.item("A-05")
def test_method_3_finds_buying_power_in_the_target_trade_and_area() -> None:
    rows = [
        PositioningFacts(1, "AUTO", ("CN-4403", "CN-44"), D(5000)),
        PositioningFacts(2, "AUTO", ("CN-44",), D(999)),
        PositioningFacts(3, "AUTO", ("CN-31",), D(9000)),
        PositioningFacts(4, "STEEL", ("CN-44",), D(9000)),
        PositioningFacts(5, "AUTO", ("CN-44",)),
        PositioningFacts(6, "AUTO", ("CN-44",), D(1000)),
    ]
    everything = ["FOUND_INDUSTRY", "FOUND_REGION", "FOUND_POWER"]
    findings = by_positioning(rows, AIM)
    assert found(findings) == {1: everything, 6: everything, 5: ["FOUND_INDUSTRY", "FOUND_REGION", "POWER_UNKNOWN"]}
    assert [finding.account_id for finding in findings] == [1, 6, 5]
    strict = replace(AIM, accept_unknown_power=False)
    assert set(found(by_positioning(rows, strict))) == {1, 6}
    assert set(found(by_positioning(rows, PositioningSettings(industries=frozenset({"STEEL"}))))) == {4}


@pytest.mark.item("A-05")
def test_method_4_finds_what_outside_sources_name() -> None:
    mentions = [
        SourceMention(1, "PARTNER_REFERRAL", DAY),
        SourceMention(1, "INDUSTRY_REPORT", date(2025, 1, 1)),
        SourceMention(1, "INDUSTRY_REPORT", date(2025, 2, 1)),
        SourceMention(2, "SOCIAL_MEDIA", DAY),
        SourceMention(3, "PARTNER_REFERRAL", DAY, has_orders=True),
        SourceMention(4, "SALES_RECORDS", DAY),
    ]
    findings = by_sources(mentions)
    assert [(finding.account_id, finding.score) for finding in findings] == [(1, D("0.7")), (2, D("0.2"))]
    assert SENTENCES.text(findings[0].reasons[0], "zh-hans") == ("有 2 个外部来源提及：行业报告、合作伙伴推荐，最近一次为 2025-06-30。")
    assert set(found(by_sources(mentions, SourceSettings(least_sources=2)))) == {1}
    assert 3 in found(by_sources(mentions, SourceSettings(only_without_orders=False)))


@pytest.mark.item("A-05")
@given(st.lists(st.lists(st.floats(0, 1) | st.just(float("nan")), min_size=4, max_size=4), min_size=1, max_size=4))
def test_a_joined_score_is_at_least_its_best(scores: list[list[float]]) -> None:
    methods = [np.round(np.array(row), 4) for row in scores]
    for place, score in enumerate(joined(methods)):
        own = [row[place] for row in methods if not np.isnan(row[place])]
        assert np.isnan(score) == (not own)
        assert not own or max(own) - 1e-9 <= score <= 1


@pytest.mark.item("A-05")
def test_found_twice_stands_higher() -> None:
    assert joined([np.array([0.5, np.nan]), np.array([0.8, 0.9])]).tolist() == [0.9, 0.9]


def test_every_method_has_a_label() -> None:
    assert list(METHOD_LABELS) == list(Method)


@pytest.mark.parametrize(
    "change",
    [
        {"spend_top": D(2)},
        {"least_orders": 0},
        {"full_orders": 1},
        {"full_growth": D(0)},
        {"weights": {"spend": D(1)}},
        {"weights": dict.fromkeys(["spend", "frequency", "steadiness", "potential", "growth"], D(0))},
    ],
)
def test_market_settings_are_checked(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        MarketSettings(**change)  # type: ignore[arg-type]


def test_the_other_settings_are_checked() -> None:
    with pytest.raises(ValueError):
        PositioningSettings()
    with pytest.raises(ValueError):
        PositioningSettings(industries=frozenset({"AUTO"}), least_power=D(-1))
    with pytest.raises(ValueError):
        SourceSettings(weights={"RUMOUR": D(1)})
    with pytest.raises(ValueError):
        SourceSettings(weights={"SOCIAL_MEDIA": D(2)})
    with pytest.raises(ValueError):
        SourceSettings(least_sources=0)
