"""Value selling: the worked examples, assumptions with their sources, versions, the workbook and the Word file."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from django.urls import reverse
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from dingke.core.errors import Invalid, NotAllowed, StaleRecord
from dingke.pipeline.tests.factories import make_opportunity
from dingke.qualification.actions import value as actions
from dingke.qualification.calc import value as calc
from dingke.qualification.calc.value import Line
from dingke.qualification.models import ValueCase, ValueVersion
from dingke.qualification.queries import value as reads


def figures(**values: str) -> dict[str, Decimal]:
    return {name: Decimal(text) for name, text in values.items()}


PURCHASE = Line("PURCHASE_PRICE", figures(amount="1200000", percent="3"))
STOCK = Line("STORE_DAYS", figures(amount="3650000", before="90", after="40", rate="6"))
SALES = Line("MORE_SALES", figures(amount="120000", percent="20"))


class TestWorkedExamples:
    @pytest.mark.item("H-14")
    def test_three_percent_of_purchases(self):
        assert calc.worth_of(PURCHASE).value == Decimal("36000.00")

    @pytest.mark.item("H-15")
    def test_fifty_days_less_free_half_a_million(self):
        worth = calc.worth_of(STOCK)
        assert (worth.freed, worth.value) == (Decimal("500000.00"), Decimal("30000.00"))

    @pytest.mark.item("H-16")
    def test_extra_sales_by_their_margin(self):
        assert calc.worth_of(SALES).value == Decimal("24000.00")

    @pytest.mark.item("H-13")
    def test_ninety_thousand_a_year_earn_thirty_thousand_back_in_four_months(self):
        result = calc.calculate([PURCHASE, STOCK, SALES], price=Decimal(30000))
        assert (result.total, result.payback_months, result.freed) == (Decimal(90000), Decimal("4.0"), Decimal(500000))
        assert [result.by_group[group] for group in calc.Group] == [Decimal(36000), Decimal(30000), Decimal(24000)]

    @pytest.mark.item("H-14", "H-15", "H-16")
    def test_every_sub_lever_of_the_tables_is_there_with_functions(self):
        counts = {group: sum(1 for lever in calc.LEVERS if lever.group is group) for group in calc.Group}
        assert counts == {calc.Group.COST: 8, calc.Group.TURNOVER: 6, calc.Group.REVENUE: 3}
        assert all(lever.functions and lever.label.zh and lever.label.en for lever in calc.LEVERS)

    def test_stops_and_tied_stock(self):
        assert calc.worth_of(Line("STOPS", figures(number="6", each="5000", percent="50"))).value == Decimal("15000.00")
        worth = calc.worth_of(Line("DEAD_STOCK", figures(amount="400000", percent="25", rate="6")))
        assert (worth.freed, worth.value) == (Decimal("100000.00"), Decimal("6000.00"))

    def test_what_is_missing_or_not_counted_is_worth_nothing_yet(self):
        half = Line("PURCHASE_PRICE", figures(amount="100"))
        assert calc.worth_of(half).missing == ("percent",)
        result = calc.calculate([half, Line("MORE_SALES", SALES.figures, is_counted=False)], price=Decimal(5))
        assert (result.total, result.payback_months) == (Decimal(0), None)

    @pytest.mark.parametrize(
        ("lever", "values"),
        [
            ("PURCHASE_PRICE", {"amount": "-1", "percent": "3"}),
            ("PURCHASE_PRICE", {"amount": "1", "percent": "101"}),
            ("STORE_DAYS", {"amount": "1", "before": "10", "after": "11", "rate": "6"}),
        ],
    )
    def test_impossible_figures_are_refused(self, lever, values):
        with pytest.raises(ValueError):
            calc.worth_of(Line(lever, figures(**values)))

    def test_levers_that_may_count_the_same_money_are_named(self):
        assert calc.overlapping(["MORE_SALES", "SATISFACTION", "STOPS"]) == (("MORE_SALES", "SATISFACTION"),)


MONEY, PERCENT = st.decimals(0, 10**9, places=2), st.decimals(0, 100, places=2)


class TestProperties:
    @given(MONEY, PERCENT, PERCENT)
    def test_more_is_worth_more(self, amount, low, high):
        low, high = sorted((low, high))
        less, more = (calc.worth_of(Line("SCRAP", {"amount": amount, "percent": part})).value for part in (low, high))
        assert less is not None
        assert more is not None
        assert 0 <= less <= more <= amount

    @given(st.lists(st.tuples(MONEY, PERCENT), max_size=5), MONEY)
    def test_the_total_is_the_sum_of_its_lines_and_of_its_groups(self, rows, price):
        result = calc.calculate([Line("SCRAP", {"amount": amount, "percent": part}) for amount, part in rows], price=price)
        assert result.total == sum((line.value for line in result.lines if line.value is not None), Decimal(0))
        assert result.total == sum(result.by_group.values(), Decimal(0))


@pytest.fixture
def deal(cast, account):
    return make_opportunity("ERP 一期", account=account, owner=cast.owner.user, amount=Decimal(30000))


@pytest.fixture
def case(cast, deal, now):
    """The worked example, entered line by line."""
    made = actions.begin_case(opportunity=deal, by=cast.owner.scope, now=now)
    for line in (PURCHASE, STOCK, SALES):
        row = actions.add_line(case=made, lever=line.lever, by=cast.owner.scope, now=now, language="zh-hans")
        actions.save_line(
            line=row, figures=line.figures, sources={"amount": "财务部三季报"}, function=row.function, note="", is_counted=True,
            by=cast.owner.scope, now=now,
        )  # fmt: skip
    return made


@pytest.mark.django_db
class TestCase:
    def shown(self, case):
        return reads.shown(reads.content_of(ValueCase.objects.get(pk=case.pk)), language="zh-hans")

    def test_the_example_with_price_and_sources(self, case):
        value = self.shown(case)
        assert (value.price, value.total, value.payback_months) == (Decimal(30000), Decimal(90000), Decimal("4.0"))
        assert value.lines[0].figures[0].source == "财务部三季报"
        assert value.lines[0].function == "供应商档案"

    def test_a_line_needs_its_function_and_possible_figures(self, cast, case, now):
        line = case.lines.first()
        for wrong, name in (({"function": " "}, "function"), ({"figures": figures(amount="1", percent="150")}, "percent")):
            values = {"figures": PURCHASE.figures, "function": "供应商档案", **wrong}
            with pytest.raises(Invalid) as refused:
                actions.save_line(line=line, sources={}, note="", is_counted=True, by=cast.owner.scope, now=now, **values)
            assert name in refused.value.fields

    def test_two_people_at_one_line(self, cast, case, now):
        line = case.lines.first()
        with pytest.raises(StaleRecord):
            actions.save_line(
                line=line, figures={}, sources={}, function="x", note="", is_counted=True, by=cast.manager.scope, now=now, expected_version=0
            )  # fmt: skip

    def test_a_version_stays_when_the_calculation_changes(self, cast, case, now):
        kept = actions.keep_version(case=case, note="给老板看", by=cast.owner.scope, now=now)
        line = case.lines.first()
        actions.set_line_archived(line=line, archived=True, by=cast.owner.scope, now=now)
        assert self.shown(case).total == Decimal(54000)
        assert reads.shown(ValueVersion.objects.get(pk=kept.pk).content, language="en").total == kept.total == Decimal(90000)
        actions.set_line_archived(line=line, archived=False, by=cast.owner.scope, now=now)
        assert self.shown(case).total == Decimal(90000)

    def test_nothing_to_keep(self, cast, deal, now):
        made = actions.begin_case(opportunity=deal, by=cast.owner.scope, now=now)
        with pytest.raises(actions.UnableToCalculate):
            actions.keep_version(case=made, note="", by=cast.owner.scope, now=now)

    def test_only_who_may_change_the_deal(self, cast, case, now):
        with pytest.raises(NotAllowed):
            actions.edit_case(case=case, price=Decimal(1), introduction="", by=cast.stranger.scope, now=now)


@pytest.mark.django_db
class TestDoors:
    def test_the_tab_from_nothing_to_a_version(self, cast, deal):
        client, key = cast.owner.client, [deal.pk]
        assert client.post(reverse("qualification:value_begin", args=key)).status_code == 200
        assert client.post(reverse("qualification:value_add", args=key), {"lever": "PURCHASE_PRICE"}).status_code == 200
        line = ValueCase.objects.get().lines.get()
        given = {
            "amount": "1200000",
            "amount-source": "采购经理",
            "percent": "3",
            "function": "price comparison",
            "is_counted": "on",
            "version": line.version,
        }
        assert client.post(reverse("qualification:value_line", args=[line.pk]), given).status_code == 204
        assert (
            client.post(reverse("qualification:value_edit", args=key), {"price": "9000", "introduction": "尊敬的刘总"}).status_code == 204
        )
        assert client.post(reverse("qualification:value_keep", args=key), {"note": "首版"}).status_code == 204
        panel = client.get(reverse("qualification:value", args=key)).content.decode()
        for words in ("36,000.00", "采购经理", "3.0 months", "首版"):
            assert words in panel
        page = client.get(reverse("qualification:value_print", args=key), {"version": "1"}).content.decode()
        assert "36,000.00" in page
        assert client.post(reverse("qualification:value_remove", args=[line.pk])).status_code == 200
        assert client.post(reverse("qualification:value_restore", args=[line.pk])).status_code == 204

    def test_impossible_figures_stand_beside_their_field(self, cast, case):
        line = case.lines.first()
        answer = cast.owner.client.post(
            reverse("qualification:value_line", args=[line.pk]), {"amount": "1", "percent": "120", "function": "x"}
        )
        assert answer.status_code == 422
        assert "100 % at most" in answer.content.decode()

    def test_the_workbook_computes_by_itself(self, cast, case, deal):
        answer = cast.owner.client.get(reverse("qualification:value_workbook", args=[deal.pk]))
        live, stored = (load_workbook(io.BytesIO(answer.content), data_only=kept).worksheets[0] for kept in (False, True))
        rows = {stored.cell(row, 2).value: row for row in range(1, stored.max_row + 1)}
        total, months = rows["Value a year"], rows["Earned back after months"]
        assert (stored.cell(total, 3).value, stored.cell(months, 3).value) == (90000, 4)
        assert live.cell(total, 3).value.startswith("=C")
        formulas = [cell.value for row in live.iter_rows(min_col=3, max_col=3) for cell in row if str(cell.value).startswith("=ROUND")]
        assert len(formulas) == 3
        assert any("/365" in text for text in formulas)

    def test_the_word_file_is_read_again(self, cast, case, deal):
        answer = cast.owner.client.get(reverse("qualification:value_word", args=[deal.pk]))
        paper = Document(io.BytesIO(answer.content))
        text = "\n".join([*(one.text for one in paper.paragraphs), *(cell.text for table in paper.tables for cell in table._cells)])
        for words in ("90,000.00", "36,000.00", "财务部三季报", "4.0", "供应商档案"):
            assert words in text

    def test_strangers_find_nothing_and_service_sees_no_amounts(self, cast, case, deal):
        names = ("value", "value_print", "value_workbook", "value_word")
        for name in names:
            assert cast.stranger.client.get(reverse(f"qualification:{name}", args=[deal.pk])).status_code == 404
            assert cast.service.client.get(reverse(f"qualification:{name}", args=[deal.pk])).status_code == 403
        line = case.lines.first()
        assert cast.stranger.client.post(reverse("qualification:value_line", args=[line.pk])).status_code == 404
        assert cast.read_only.client.post(reverse("qualification:value_add", args=[deal.pk]), {"lever": "SCRAP"}).status_code == 403

    def test_more_lines_cost_no_more_queries(self, cast, case, deal, now, count_queries):
        def cost():
            with count_queries() as counted:
                cast.owner.client.get(reverse("qualification:value", args=[deal.pk]))
            return counted.number

        cost()
        few = cost()
        for lever in calc.LEVERS:
            actions.add_line(case=case, lever=lever.code, by=cast.owner.scope, now=now, language="en")
        assert cost() == few
