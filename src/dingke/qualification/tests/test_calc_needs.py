"""E-10, E-14 to E-20, K-02: SPIN, amplification, three needs, the confirmed list, FAB."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.qualification.calc import amplification as amplify
from dingke.qualification.calc import needs as calc
from dingke.qualification.calc import spin

DAY = date(2026, 11, 2)
figures = st.none() | st.decimals(min_value=0, max_value=10**7, places=2)


@pytest.mark.item("E-14")
def test_the_next_column_opens_when_the_former_has_an_answer() -> None:
    assert spin.open_columns([]) == {"SITUATION"}
    assert spin.open_columns(["SITUATION"]) == {"SITUATION", "PROBLEM"}
    assert spin.open_columns(["SITUATION", "PROBLEM", "IMPLICATION"]) == set(spin.ORDER)
    assert "IMPLICATION" in spin.open_columns(["IMPLICATION"])
    with pytest.raises(ValueError, match="X"):
        spin.open_columns(["X"])


@given(st.sets(st.sampled_from(spin.ORDER)), st.sampled_from(spin.ORDER))
def test_an_answer_more_never_closes_a_column(answered: set[str], one: str) -> None:
    assert spin.open_columns(answered) <= spin.open_columns({*answered, one})


@pytest.mark.item("E-16")
def test_ratio_of_open_to_closed() -> None:
    ratio = spin.ratio(["OPEN", "OPEN", "CLOSED"])
    assert (ratio.open, ratio.closed) == (2, 1)
    assert ratio.open_share == pytest.approx(2 / 3)
    assert spin.ratio([]).open_share is None


@pytest.mark.item("E-15")
def test_six_prompts() -> None:
    assert [prompt.code for prompt in spin.PROMPTS] == ["WHAT", "WHY", "WHO", "WHEN", "HOW", "HOW_MUCH"]
    assert [prompt.code for prompt in spin.missing_prompts(["WHAT", "HOW"])] == ["WHY", "WHO", "WHEN", "HOW_MUCH"]


def test_draft_of_the_statement_follows_the_columns() -> None:
    draft = spin.draft_statement({"NEED_PAYOFF": ["月底两天出报表"], "SITUATION": ["用表格"], "PROBLEM": ["对账  慢"]})
    assert draft == "对账 慢\n月底两天出报表"


@pytest.mark.item("E-10")
def test_loss_of_the_example() -> None:
    """30 hours x 50 yuan x 12 = 18,000 yuan."""
    assert amplify.yearly_loss(amplify.Answered("OVERTIME", Decimal(30), Decimal(50))) == 18_000


@pytest.mark.item("E-10")
def test_items_of_each_dimension() -> None:
    counted = {dimension.code: sum(item.dimension == dimension.code for item in amplify.ITEMS) for dimension in amplify.DIMENSIONS}
    assert counted == {"EFFICIENCY": 8, "BENEFIT": 6, "PERSONAL": 4, "MOTIVE": 7, "OTHER_BUYER": 2}
    assert amplify.dimensions_for("FINANCE")[0].code == "EFFICIENCY"
    assert {one.code for one in amplify.dimensions_for("STOCK")} == set(counted)


@given(figures, figures, figures)
def test_loss_is_never_negative_and_grows_with_each_figure(hours: Decimal | None, cost: Decimal | None, other: Decimal | None) -> None:
    loss = amplify.yearly_loss(amplify.Answered("OVERTIME", hours, cost, other))
    assert loss is None or loss >= 0
    more = amplify.yearly_loss(amplify.Answered("OVERTIME", hours, cost, (other or Decimal(0)) + 1))
    assert more is not None
    assert more >= (loss or 0)


def test_losses_add_up_by_dimension() -> None:
    answers = [
        amplify.Answered("OVERTIME", Decimal(30), Decimal(50)),
        amplify.Answered("DEAD_STOCK", other_loss=Decimal(7000)),
        amplify.Answered("VIEW"),
    ]
    assert amplify.loss_by_dimension(answers) == {"EFFICIENCY": 18_000, "BENEFIT": 7_000}
    assert amplify.total_loss(answers) == 25_000
    with pytest.raises(ValueError, match="negative"):
        amplify.yearly_loss(amplify.Answered("VIEW", other_loss=Decimal(-1)))


def need(**fields: object) -> calc.ListedNeed:
    return calc.ListedNeed(**{"priority": "NEED", "fit": "STANDARD", "range": "IN_SCOPE", "confirmed_date": DAY, **fields})  # type: ignore[arg-type]


@pytest.mark.item("E-17", "K-02")
def test_the_list_is_confirmed_when_nothing_in_it_is_open() -> None:
    assert calc.state_of([need(), need(range="DROPPED", confirmed_date=None)]).is_confirmed
    assert not calc.state_of([]).is_confirmed
    assert not calc.state_of([need(), need(range="UNDECIDED")]).is_confirmed
    assert not calc.state_of([need(confirmed_date=None)]).is_confirmed


@pytest.mark.item("E-11", "E-12")
def test_what_the_list_says_of_product_and_strength() -> None:
    state = calc.state_of(
        [need(), need(fit="CUSTOM", effort_days=Decimal("3.5"), can_decline=False), need(fit="MISSING"), need(fit="", range="UNDECIDED")]
    )
    assert (state.standard, state.custom, state.missing, state.unmapped) == (1, 1, 1, 1)
    assert state.custom_effort == Decimal("3.5")
    assert state.cannot_decline == 1


@pytest.mark.item("E-18")
def test_a_benefit_quotes_a_confirmed_need() -> None:
    assert calc.may_carry_benefit(need())
    assert not calc.may_carry_benefit(need(confirmed_date=None))
    assert not calc.may_carry_benefit(need(range="OUT_OF_SCOPE"))


@pytest.mark.item("E-18")
def test_parts_of_fab_and_ffab() -> None:
    parts = {"feature": "多仓库", "advantage": "实时", "benefit": "月底不再盘两次", "function": " "}
    assert calc.missing_parts(method="FAB", **parts) == ()
    assert calc.missing_parts(method="FFAB", **parts) == ("function",)


@pytest.mark.item("E-19", "E-20", "P-11", "P-12")
def test_three_needs_and_three_ways() -> None:
    assert [kind.code for kind in calc.THREE] == ["ENTERPRISE", "PERSONAL", "SALES"]
    assert [code for code, _label in calc.WAYS] == ["FILL", "KEEP", "RESOURCE"]
