"""Signs of weakening, by table and by property; the day of a run; the flat identification rules."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.core import rules
from dingke.core.models import Setting
from dingke.insights.actions.score import load_rules
from dingke.insights.calc import SENTENCES
from dingke.insights.calc.explanation import IdentificationSettings, class_reason, day_of_run
from dingke.insights.calc.figures import AccountFigure
from dingke.insights.calc.pareto import ParetoSettings, pareto
from dingke.insights.calc.told import reasons_at
from dingke.insights.calc.weakening import WeakColumns, WeakeningSettings, falling_margins, weakenings

D = Decimal
AS_OF = date(2026, 9, 30)


def signs(revenue: int, before: int, *, quiet: bool = False, margins: tuple[float, ...] = (), now: int = 0, then: int = 0) -> WeakColumns:
    """Of one account."""
    return weakenings(
        revenue=np.array([revenue]),
        revenue_before=np.array([before]),
        is_quiet=np.array([quiet]),
        quarter_margins=np.array([margins], dtype=np.float64),
        families=np.array([now]),
        families_before=np.array([then]),
    )


@pytest.mark.parametrize(
    ("found", "codes", "at_stake"),
    [
        (signs(100, 100), None, None),
        (signs(80, 100), ["BOUGHT_LESS"], 20),
        (signs(81, 100), None, None),
        (signs(341, 300, quiet=True), [], 341),
        (signs(0, 577, quiet=True), [], 577),  # the silence is told by the rhythm
        (signs(0, 577), ["BOUGHT_LESS"], 577),
        (signs(0, 0, quiet=True), None, None),
        (signs(100, 100, now=3, then=6), ["FEWER_FAMILIES"], 0),
        (signs(100, 100, margins=(0.3, 0.29, 0.25, 0.2)), ["MARGIN_FALLS"], 0),
        (signs(100, 100, margins=(0.3, np.nan, 0.25, 0.2)), None, None),
        (signs(100, 100, margins=(0.25, 0.2)), None, None),
    ],
)
def test_signs(found: WeakColumns, codes: list[str] | None, at_stake: int | None) -> None:
    assert found.is_weak[0] == (codes is not None)
    if codes is None:
        return
    reasons = reasons_at(found.signs, 0)
    assert ([reason.code for reason in reasons], found.at_stake[0]) == (codes, at_stake)
    for reason in reasons:
        assert SENTENCES.text(reason, "zh-hans")
        assert SENTENCES.text(reason, "en")


@given(revenue=st.integers(0, 10**9), before=st.integers(0, 10**9), quiet=st.booleans())
def test_what_is_at_stake_is_never_negative_nor_more_than_a_year(revenue: int, before: int, quiet: bool) -> None:
    found = signs(revenue, before, quiet=quiet)
    assert 0 <= found.at_stake[0] <= max(revenue, before)
    assert found.is_quiet[0] == quiet


@pytest.mark.parametrize(
    ("margins", "falls"),
    [
        ((0.28004, 0.28003, 0.28002, 0.28001), False),  # 28.0% each time
        ((0.283, 0.282, 0.281, 0.280), False),  # exactly a tenth of a point is no fall
        ((0.284, 0.2828, 0.2816, 0.2804), True),
        ((0.30, 0.25, 0.2495, 0.20), False),  # one quarter stood still
    ],
)
def test_a_margin_falls_when_it_can_be_seen(margins: tuple[float, ...], falls: bool) -> None:
    found = signs(100, 100, margins=margins)
    assert found.is_weak[0] == falls


@given(st.lists(st.integers(-10_000, 10_000), min_size=4, max_size=4))
def test_a_fall_that_is_told_is_seen(margins: list[int]) -> None:
    for steps in (1, 3):
        falls, first, last = falling_margins(np.array([margins]) / 20_000, WeakeningSettings(falling_quarters=steps))
        if falls[0]:
            assert f"{first[0]:.1%}" != f"{last[0]:.1%}"


def test_settings_refuse_nonsense() -> None:
    for wrong in ({"drop_from": D(2)}, {"falling_quarters": 0}, {"families_drop": 0}):
        with pytest.raises(ValueError):
            WeakeningSettings(**wrong)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_rules_of_an_older_version_still_load(now: datetime) -> None:
    """Silence had two rules of its own here; a group that was stored with them reads on, without them."""
    stored = {"drop_from": "0.25", "quiet_times": "2", "quiet_days": 30, "falling_quarters": 4, "families_drop": 2}
    Setting.objects.create(key="insights.weakening", version=1, value=stored, at=now, actor_name="x")
    kept = WeakeningSettings(drop_from=D("0.25"), falling_quarters=4)
    assert rules.load("insights.weakening", WeakeningSettings) == load_rules().weakening == kept


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
