"""The signals of early warning that judge by orders alone, all of them together, and one more by one more file (D-08, D-17, O-19)."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.core.reasons import Reason
from dingke.insights import signals
from dingke.insights.calc import backtest
from dingke.insights.calc.warning import (
    CATEGORY_LABELS,
    WEIGHT_FIELDS,
    Category,
    Context,
    SignalColumns,
    Signs,
    ValueBasis,
    WarningSettings,
    combine,
    value_at_stake,
)
from dingke.insights.calc.weakening import WeakeningSettings
from dingke.insights.tests.history_makers import columns, context, every, gaps_of, history, silent_for


def judged(code: str, given: SignalColumns, **settings: Any) -> Signs:
    found = signals.signal_of(code)
    assert found is not None
    return found.judge(context(given, **settings))


def said(signs: Signs, at: int = 0) -> tuple[str, str]:
    found = signals.signal_of(signs.signal)
    assert found is not None
    return found.sentences.text(signs.reason(at), "en"), found.sentences.text(signs.reason(at), "zh-hans")


@pytest.mark.item("O-19")
@pytest.mark.item("B-17")
def test_every_signal_has_its_words_its_action_and_its_category():
    codes = [one.code for one in signals.signals()]
    assert codes == sorted(WEIGHT_FIELDS)
    for one in signals.signals():
        assert one.category in CATEGORY_LABELS
        assert one.label.en
        assert one.label.zh
        assert one.action.en.endswith(".")
        assert one.action.zh.endswith("。")


@pytest.mark.item("D-11")
def test_a_broken_rhythm_speaks_and_a_customer_on_its_rhythm_does_not():
    steady = [38, 42, 40, 41, 39]
    given_columns = columns(
        3, gaps=gaps_of(steady, steady, [40]), repeats=[5, 5, 1], last_order=silent_for(100, 40, 100), revenue=[1, 1, 1]
    )
    signs = judged("RHYTHM_BROKEN", given_columns)
    assert signs.rows.tolist() == [0]  # the third has no rhythm of its own yet
    assert signs.probability[0] > 0.5
    en, zh = said(signs)
    assert en.startswith("Usually orders every 40 days, now 100 days without an order;")
    assert "平时约 40 天一单，现已 100 天未下单" in zh


@pytest.mark.item("D-17")
def test_stopped_takes_over_after_twelve_months():
    steady = [38, 42, 40, 41, 39]
    given_columns = columns(
        3, gaps=gaps_of(steady, steady, []), repeats=[5, 5, 0], last_order=[*silent_for(365, 366), np.datetime64("NaT")]
    )
    assert judged("STOPPED", given_columns).rows.tolist() == [1]
    assert judged("RHYTHM_BROKEN", given_columns).rows.tolist() == [0]
    en, zh = said(judged("STOPPED", given_columns))
    assert en == "No order for 366 days; the last one on 2025-06-29."
    assert zh == "已 366 天没有订单，最后一单为 2025-06-29。"


def test_order_value_falling():
    """100 -> 60 with 25 orders in each year: ln(100/60) / sqrt(2/25 + 2/25) = 1.277 -> 90%."""
    given_columns = columns(
        4, revenue=[60, 81, 0, 60], revenue_before=[100, 100, 100, 0], orders_count=[25, 25, 0, 25], orders_before=[25, 25, 25, 0]
    )
    signs = judged("VALUE_FALLING", given_columns)
    assert signs.rows.tolist() == [0]
    assert signs.probability[0] == pytest.approx(0.8992, abs=1e-3)
    assert said(signs)[0] == "Bought 40% less than in the twelve months before: 25 orders, 25 before."


def test_margin_falling_three_quarters_in_a_row():
    falling = [np.nan] * 4 + [0.40, 0.35, 0.33, 0.30]
    stands = [np.nan] * 4 + [0.40, 0.35, 0.35, 0.30]
    unknown = [np.nan] * 4 + [0.40, np.nan, 0.33, 0.30]
    signs = judged("MARGIN_FALLING", columns(3, quarter_margins=[falling, stands, unknown]))
    assert signs.rows.tolist() == [0]
    assert signs.probability[0] == pytest.approx(0.25)
    assert said(signs) == ("Margin fell 3 quarters in a row, from 40.0% to 30.0%.", "毛利率连降 3 个季度，由 40.0% 降至 30.0%。")


def test_product_range_shrinking():
    signs = judged("RANGE_SHRINKING", columns(3, families=[2, 4, 0], families_before=[5, 5, 5], orders_count=[3, 3, 0]))
    assert signs.rows.tolist() == [0]
    assert signs.probability[0] == pytest.approx(0.6)
    assert said(signs)[0] == "Product families bought: from 5 down to 2."


def sign(code: str, rows: list[int], probability: list[float]) -> Signs:
    return Signs(code, np.array(rows), np.array(probability), "X")


def test_together_by_noisy_or():
    """0.6 x 1.0 and 0.5 x 0.5: 1 - 0.4 x 0.75 = 0.7. Value 1,000: the expected loss is 700."""
    given_columns = columns(3, gross_profit=[1_000, 1_000, 1_000], revenue=[5_000, 5_000, 5_000])
    both = combine(given_columns, [sign("RHYTHM_BROKEN", [0], [0.6]), sign("VALUE_FALLING", [0, 1], [0.5, 0.5])], WarningSettings())
    assert both.probability == pytest.approx([0.7, 0.25, 0])
    assert both.expected_loss == pytest.approx([700, 250, 0])
    assert both.count.tolist() == [2, 1, 0]
    assert [both.signs[place].signal if place >= 0 else "" for place in both.strongest] == ["RHYTHM_BROKEN", "VALUE_FALLING", ""]
    assert both.warned().tolist() == [0, 1]
    (row, first), (_row, second) = both.signs_of(both.warned(), WarningSettings())
    assert (row, [one.signal for one in first], [one.signal for one in second]) == (
        0,
        ["RHYTHM_BROKEN", "VALUE_FALLING"],
        ["VALUE_FALLING"],
    )
    assert first[0].account_id == 1


def test_a_weight_of_nothing_silences_a_signal():
    quiet = WarningSettings(weight_value=Decimal(0))
    assert combine(columns(1), [sign("VALUE_FALLING", [0], [0.9])], quiet).count.tolist() == [0]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6), st.floats(0, 1))
def test_one_more_signal_never_calms(probabilities, more):
    listed = [sign(f"OTHER_{place}", [0], [value]) for place, value in enumerate(probabilities)]
    before = combine(columns(1), listed, WarningSettings()).probability[0]
    after = combine(columns(1), [*listed, sign("ONE_MORE", [0], [more])], WarningSettings()).probability[0]
    assert 0 <= before <= after + 1e-12 <= 1 + 1e-9


def test_the_value_at_stake_says_what_it_is():
    given_columns = columns(
        4,
        revenue=[100, 100, 100, 0],
        revenue_before=[90, 90, 90, 80],
        gross_profit=[30, 30, np.nan, np.nan],
        continuing_value=[50] + [np.nan] * 3,
    )
    value, basis = value_at_stake(given_columns)
    assert value.tolist() == [50, 30, 100, 80]
    assert basis.tolist() == [ValueBasis.CONTINUING, ValueBasis.PROFIT, ValueBasis.TURNOVER, ValueBasis.TURNOVER]


def test_a_sign_is_plain_and_its_reason_can_be_kept():
    steady = [38, 42, 40, 41, 39]
    one = judged("STOPPED", columns(1, gaps=gaps_of(steady), repeats=[5], last_order=silent_for(400))).sign(0, np.array([7]))
    assert (one.account_id, one.signal) == (7, "STOPPED")
    assert Reason.from_json(one.reasons[0].as_json()) == one.reasons[0]
    assert one.reasons[0].params["last"] == date(2025, 5, 26)


@pytest.mark.parametrize(
    "wrong",
    [
        {"warn_from": Decimal("1.2")},
        {"simple_times": Decimal(0)},
        {"stopped_days": 3},
        {"contact_days_a": -1},
        {"loss_days": 0},
        {"shrunk_by": Decimal(1)},
        {"weight_margin": Decimal("1.1")},
    ],
)
def test_settings_have_bounds(wrong):
    with pytest.raises(ValueError, match="."):
        WarningSettings(**wrong)


ONE_FILE = """
from dingke.insights.calc.warning import Category, found
from dingke.insights.signals import signal

@signal(code="BOUGHT_ONCE_LATELY", label=("Few orders", "订单少"), action=("Ask.", "问。"), category=Category.MARKET,
        sentences={"FEW_ORDERS": ("Only {orders:.0f} order in twelve months.", "近十二个月仅 {orders:.0f} 单。")})
def judge(context):
    few = context.columns.orders_count <= 2
    return found("BOUGHT_ONCE_LATELY", few, few * 0.9, "FEW_ORDERS", orders=context.columns.orders_count)
"""


@pytest.fixture
def one_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A file dropped into a package of signals."""
    monkeypatch.setattr(signals, "_registry", dict(signals._registry))
    folder = tmp_path / "more_signals"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "few_orders.py").write_text(ONE_FILE)
    monkeypatch.syspath_prepend(str(tmp_path))
    signals.signals()
    signals.discover(importlib.import_module("more_signals"))
    yield
    for name in [name for name in sys.modules if name.startswith("more_signals")]:
        del sys.modules[name]
    monkeypatch.undo()
    signals._all.cache_clear()


@pytest.mark.item("D-08")
@pytest.mark.usefixtures("one_more")
def test_one_file_adds_a_signal_to_the_run_to_the_alerts_and_to_the_backtest():
    assert "BOUGHT_ONCE_LATELY" in [one.code for one in signals.signals()]
    combined = signals.judge_company(Context(date(2026, 6, 30), columns(2, orders_count=[1, 9], revenue=[100, 100]), is_replay=True))
    assert combined.warned().tolist() == [0]
    ((_row, found),) = combined.signs_of(combined.warned(), WarningSettings())
    assert found[0].signal == "BOUGHT_ONCE_LATELY"
    assert combined.expected_loss[0] == pytest.approx(100 * 0.9 * 0.3)  # the weight of any other signal
    assert signals.sentences().text(found[0].reasons[0], "en") == "Only 1 order in twelve months."
    orders = every(150, date(2023, 1, 1), date(2025, 12, 31))
    result = backtest.replay(
        history(orders, orders),
        cuts=[date(2024, 6, 30)],
        judge=signals.judge_company,
        settings=WarningSettings(),
        weakening=WeakeningSettings(),
    )
    assert result.rules["BOUGHT_ONCE_LATELY"].warnings == 2


def test_the_same_code_in_two_files_is_refused():
    with pytest.raises(ValueError, match="STOPPED is there twice"):
        signals.signal(code="STOPPED", label=("a", "b"), action=("a", "b"), category=Category.MARKET, sentences={"S": ("s", "s")})(
            lambda context: Signs("STOPPED", np.empty(0, np.int64), np.empty(0), "S")
        )
