"""Signs of weakening, by table and by property; the day of a run; the flat identification rules."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.insights.calc import SENTENCES
from dingke.insights.calc.explanation import IdentificationSettings, class_reason, day_of_run
from dingke.insights.calc.figures import AccountFigure
from dingke.insights.calc.pareto import ParetoSettings, pareto
from dingke.insights.calc.weakening import Trend, WeakeningSettings, weakening

D = Decimal
AS_OF = date(2026, 9, 30)


def trend(
    revenue: int, before: int, *, silent: int | None = None, gap: int | None = None, long: int | None = None, **fields: object
) -> Trend:
    last = None if silent is None else AS_OF - timedelta(days=silent)
    return Trend(1, D(revenue), D(before), last, None if gap is None else D(gap), None if long is None else D(long), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given_trend", "codes", "at_stake", "quiet"),
    [
        (trend(100, 100, silent=10, gap=18), None, None, None),
        (trend(80, 100, silent=10, gap=18), ["BOUGHT_LESS"], 20, False),
        (trend(81, 100, silent=10, gap=18), None, None, None),
        (trend(341, 300, silent=52, gap=18), ["GONE_QUIET"], 341, True),
        (trend(341, 300, silent=36, gap=18), None, None, None),
        (trend(341, 300, silent=52, gap=18, long=60), None, None, None),
        (trend(100, 100, silent=29, gap=3), None, None, None),
        (trend(0, 577, silent=600, gap=30), ["STOPPED_BUYING"], 577, True),
        (trend(0, 0, silent=900), None, None, None),
        (trend(100, 100, families=3, families_before=6), ["FEWER_FAMILIES"], 0, False),
        (trend(100, 100, quarter_margins=(D("0.3"), D("0.29"), D("0.25"), D("0.2"))), ["MARGIN_FALLS"], 0, False),
        (trend(100, 100, quarter_margins=(D("0.3"), None, D("0.25"), D("0.2"))), None, None, None),
    ],
)
def test_signs(given_trend: Trend, codes: list[str] | None, at_stake: int | None, quiet: bool | None) -> None:
    found = weakening(given_trend, as_of=AS_OF)
    if codes is None:
        assert found is None
        return
    assert found is not None
    assert ([reason.code for reason in found.reasons], found.at_stake, found.is_quiet) == (codes, at_stake, quiet)
    for reason in found.reasons:
        assert SENTENCES.text(reason, "zh-hans")
        assert SENTENCES.text(reason, "en")


@given(revenue=st.integers(0, 10**9), before=st.integers(0, 10**9), silent=st.integers(0, 2000), gap=st.integers(1, 400))
def test_what_is_at_stake_is_never_negative_nor_more_than_a_year(revenue: int, before: int, silent: int, gap: int) -> None:
    found = weakening(trend(revenue, before, silent=silent, gap=gap), as_of=AS_OF)
    if found is not None:
        assert 0 <= found.at_stake <= max(revenue, before)
        assert found.reasons


def test_settings_refuse_nonsense() -> None:
    for wrong in ({"drop_from": D(2)}, {"quiet_times": D(0)}, {"quiet_days": 0}, {"falling_quarters": 0}):
        with pytest.raises(ValueError):
            WeakeningSettings(**wrong)  # type: ignore[arg-type]


def test_the_day_of_a_run() -> None:
    assert day_of_run(today=AS_OF, latest_order=None) == AS_OF
    assert day_of_run(today=AS_OF, latest_order=AS_OF - timedelta(days=60)) == AS_OF
    assert day_of_run(today=AS_OF, latest_order=date(2017, 12, 31)) == date(2017, 12, 31)
    assert day_of_run(today=AS_OF, latest_order=AS_OF + timedelta(days=9)) == AS_OF


@pytest.mark.item("A-18", "A-09")
def test_the_class_is_explained() -> None:
    settings = ParetoSettings()
    rows = pareto([AccountFigure(1, D(80)), AccountFigure(2, D(15)), AccountFigure(3, D(5)), AccountFigure(4, D(0))], settings).rows
    texts = [SENTENCES.text(class_reason(row, count=4, settings=settings), "en") for row in rows]
    assert texts[0] == "Rank 1 of 4 by revenue; the customers up to here bring 80.0%. Class A is who it takes to reach 80%."
    assert texts[1].endswith("Class B is who it takes from class A to 95%.")
    assert texts[2] == "Rank 3 of 4 by revenue; the larger ones already bring 95%."
    assert texts[3] == "It bought before, but not in these twelve months."


@pytest.mark.item("A-05")
def test_identification_rules_in_their_flat_form() -> None:
    assert IdentificationSettings().positioning() is None
    aimed = IdentificationSettings(target_regions=("EAST",), least_orders=20)
    assert aimed.positioning() is not None
    assert aimed.market().full_orders == 20
    with pytest.raises(ValueError):
        IdentificationSettings(spend_top=D(3))
