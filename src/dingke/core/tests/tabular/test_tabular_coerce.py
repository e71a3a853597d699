"""Values: the forms people write, the ones refused, and round trips."""

# ruff: noqa: DTZ001 (cells hold wall-clock times without a zone)

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.core.tabular.coerce import (
    CellRefused,
    detect_date_order,
    examine_date_order,
    to_bool,
    to_date,
    to_decimal,
    to_int,
    to_phone,
    to_text,
)

CONVERTERS = (to_decimal, to_int, to_date, to_bool, to_text, to_phone)


def code(convert, value, **options):
    with pytest.raises(CellRefused) as caught:
        convert(value, **options)
    assert caught.value.describe("zh")
    return caught.value.code


@pytest.mark.parametrize("convert", CONVERTERS)
@pytest.mark.parametrize("blank", [None, "", "  ", "\u3000"])
def test_a_blank_cell_is_none(convert, blank):
    assert convert(blank) is None


cells = st.one_of(
    st.text(max_size=20),
    st.text(alphabet="0123456789.,-+()%万亿元￥$eE/年月日 :", max_size=14),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
)


@pytest.mark.parametrize("convert", CONVERTERS)
@given(value=cells)
def test_any_cell_gives_a_value_or_a_refusal(convert, value):
    try:
        result = convert(value)
    except CellRefused as refused:
        result = refused.describe("zh") or 0.0
    assert not isinstance(result, float)


class TestDecimal:
    @pytest.mark.parametrize(
        ("value", "wanted"),
        [
            ("1,234.50", "1234.50"),
            ("￥1,234", "1234"),
            ("¥ 1,234.00", "1234.00"),
            ("1.2万", "12000"),
            ("3.4万元", "34000"),
            ("5亿", "500000000"),
            ("2千万元", "20000000"),
            ("1.5万亿", "1500000000000"),
            ("3百", "300"),
            ("(1,234)", "-1234"),
            ("（1，234.5）", "-1234.5"),
            ("１２３４．５", "1234.5"),
            ("15%", "0.15"),
            ("１２．５％", "0.125"),
            ("-5", "-5"),
            ("－5", "-5"),
            ("−5", "-5"),
            ("+5", "5"),
            ("-￥5", "-5"),
            ("￥-5", "-5"),
            ("1,234-", "-1234"),
            ("100元", "100"),
            ("人民币100元", "100"),
            ("RMB 1,000", "1000"),
            (".5", "0.5"),
            ("5.", "5"),
            ("-0", "0"),
            ("1.2E+05", "120000"),
            (0.1 + 0.2, "0.3"),
            (1100.04, "1100.04"),
            (12, "12"),
            (Decimal("1.10"), "1.10"),
        ],
    )
    def test_reads(self, value, wanted):
        assert to_decimal(value) == Decimal(wanted)

    @pytest.mark.parametrize(
        ("value", "wanted"),
        [
            ("1,23", "NUMBER_AMBIGUOUS"),
            ("12,34", "NUMBER_AMBIGUOUS"),
            ("1,2345.00", "NUMBER_AMBIGUOUS"),
            ("1.234,56", "NUMBER_AMBIGUOUS"),
            ("1 234,56", "NUMBER_AMBIGUOUS"),
            ("1.234.567", "NUMBER_AMBIGUOUS"),
            ("(-5)", "NUMBER_AMBIGUOUS"),
            ("-5-", "NUMBER_AMBIGUOUS"),
            ("5万%", "NUMBER_AMBIGUOUS"),
            ("1.23457E+11", "NUMBER_CUT"),
            ("$5", "OTHER_CURRENCY"),
            ("5美元", "OTHER_CURRENCY"),
            ("€1,000", "OTHER_CURRENCY"),
            ("约3万", "NOT_A_NUMBER"),
            ("3-5万", "NOT_A_NUMBER"),
            ("3万5千", "NOT_A_NUMBER"),
            ("12k", "NOT_A_NUMBER"),
            ("abc", "NOT_A_NUMBER"),
            ("-", "NOT_A_NUMBER"),
            ("()", "NOT_A_NUMBER"),
            ("٣", "NOT_A_NUMBER"),
            ("1\n2", "NOT_A_NUMBER"),
            ("nan", "NOT_A_NUMBER"),
            (float("nan"), "NOT_A_NUMBER"),
            (float("inf"), "NOT_A_NUMBER"),
            (Decimal("NaN"), "NOT_A_NUMBER"),
            (True, "NOT_A_NUMBER"),
            (date(2017, 3, 1), "NOT_A_NUMBER"),
        ],
    )
    def test_refuses(self, value, wanted):
        assert code(to_decimal, value) == wanted

    def test_the_wanted_currency_is_told(self):
        assert to_decimal("$1,000", currency="USD") == 1000
        assert to_decimal("5美元", currency="USD") == 5
        assert code(to_decimal, "5元", currency="USD") == "OTHER_CURRENCY"

    @given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=2))
    def test_an_amount_comes_back_from_every_form(self, amount):
        full_width = format(amount, "f").translate(str.maketrans("0123456789.-", "０１２３４５６７８９．－"))
        for text in (format(amount, "f"), format(amount, ",f"), f"￥{amount:,f}", f"{amount:f}元", full_width):
            assert to_decimal(text) == amount
        assert to_decimal(f"({abs(amount):,f})") == -abs(amount)
        assert to_decimal(f"{amount:f}万") == amount * 10_000
        assert to_decimal(f"{amount:f}%") == amount / 100

    @given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=4))
    def test_a_spreadsheet_number_comes_back_as_typed(self, number):
        assert to_decimal(float(number)) == number


class TestInt:
    @given(st.integers(min_value=-(10**14), max_value=10**14))
    def test_comes_back(self, number):
        assert to_int(number) == to_int(f"{number:,}") == to_int(f"{number}.00") == to_int(float(number)) == number

    def test_refuses_a_fraction(self):
        assert code(to_int, "3.5") == code(to_int, 3.5) == "NOT_WHOLE"
        assert to_int("1.2万") == 12000


class TestDate:
    @pytest.mark.parametrize(
        "value",
        [
            "2017-03-01",
            "2017/3/1",
            "2017.3.1",
            "2017年3月1日",
            "2017 年 3 月 1 日",
            "２０１７年３月１日",
            "17年3月1日",
            "20170301",
            20170301,
            "2017-03-01 12:30",
            "2017-03-01T12:30:59Z",
            "2017-03-01 00:00:00.000+08:00",
            "1 Mar 2017",
            "01-MAR-17",
            "Mar 1, 2017",
            "March 1st, 2017",
            "17-03-01",
            date(2017, 3, 1),
            datetime(2017, 3, 1, 23, 59),
            42795,
            42795.75,
            "42795",
        ],
    )
    def test_reads_in_the_order_year_month_day(self, value):
        assert to_date(value) == date(2017, 3, 1)

    def test_the_order_is_the_users(self):
        assert to_date("20-10-16", order="dmy") == date(2016, 10, 20)
        assert to_date("20-10-16", order="ymd") == date(2020, 10, 16)
        assert to_date("10/20/2016", order="mdy") == date(2016, 10, 20)
        assert to_date("1.2.2017 10:00", order="dmy") == date(2017, 2, 1)
        assert to_date("1/1/70", order="dmy") == date(1970, 1, 1)
        assert to_date("2017-03-01", order="mdy") == date(2017, 3, 1)

    @pytest.mark.parametrize(
        ("value", "order", "wanted"),
        [
            ("20-10-16", "mdy", "DATE_ORDER"),
            ("3/1/2017", "ymd", "DATE_ORDER"),
            ("31-01-17", "mdy", "DATE_ORDER"),
            ("30-02-17", "dmy", "DATE_IMPOSSIBLE"),
            ("2017-02-30", "ymd", "DATE_IMPOSSIBLE"),
            ("2017-13-01", "ymd", "DATE_IMPOSSIBLE"),
            ("20171301", "ymd", "DATE_IMPOSSIBLE"),
            ("0017-03-01", "ymd", "DATE_OUT_OF_RANGE"),
            (date(17, 3, 1), "ymd", "DATE_OUT_OF_RANGE"),
            ("2017年3月", "ymd", "NOT_A_DATE"),
            ("2017", "ymd", "NOT_A_DATE"),
            (2017, "ymd", "NOT_A_DATE"),
            (123456, "ymd", "NOT_A_DATE"),
            ("170301", "ymd", "NOT_A_DATE"),
            ("next week", "ymd", "NOT_A_DATE"),
            ("5 Max 2017", "ymd", "NOT_A_DATE"),
            ("3-1/2017", "dmy", "NOT_A_DATE"),
            ("٢٠١٧-03-01", "ymd", "NOT_A_DATE"),
            (True, "ymd", "NOT_A_DATE"),
            (float("nan"), "ymd", "NOT_A_DATE"),
            (Decimal("NaN"), "ymd", "NOT_A_DATE"),
        ],
    )
    def test_refuses(self, value, order, wanted):
        assert code(to_date, value, order=order) == wanted

    @given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
    def test_a_day_comes_back_from_every_form(self, day):
        y, m, d = day.year, day.month, day.day
        for text in (day.isoformat(), f"{y}/{m}/{d}", f"{y}年{m}月{d}日", f"{y}{m:02}{d:02}", f"{y}.{m:02}.{d:02}"):
            assert to_date(text) == day
        assert to_date(f"{d}/{m}/{y}", order="dmy") == day
        assert to_date(f"{m}-{d}-{y}", order="mdy") == day

    @given(st.dates(date(1969, 1, 1), date(2068, 12, 31)))
    def test_two_digit_years(self, day):
        assert to_date(day.strftime("%d-%m-%y"), order="dmy") == day

    @given(st.integers(min_value=10_000, max_value=80_000))
    def test_serials_of_both_epochs(self, serial):
        assert to_date(serial) == date(1899, 12, 30) + timedelta(days=serial)
        assert to_date(serial, epoch_1904=True) - to_date(serial) == timedelta(days=1462)


class TestDateOrder:
    def test_one_sample_can_decide(self):
        assert detect_date_order(["3/1/2017", "25/1/2017"]) == "dmy"
        assert detect_date_order(["3/1/2017", "1/25/2017", None, "n/a"]) == "mdy"
        assert detect_date_order(["99-01-02", "17-03-31", "16-12-20"]) == "ymd"
        assert examine_date_order(["25/1/2017"]).certain

    def test_dates_that_show_their_order(self):
        assert detect_date_order(["2017-03-01", "2017年3月1日"]) == "ymd"
        assert detect_date_order([datetime(2017, 3, 1)]) == "ymd"

    def test_ambiguity_is_reported_with_an_example(self):
        found = examine_date_order(["5/5/2017", "3/1/2017", "4/2/2017"])
        assert (found.order, found.certain, found.possible, found.example) == (None, False, ("dmy", "mdy"), "3/1/2017")
        assert detect_date_order([]) is None
        assert detect_date_order(["n/a", None, 5]) is None
        assert detect_date_order(["5/5/2017"]) is None

    def test_contradiction_leaves_none(self):
        found = examine_date_order(["25/1/2017", "1/25/2017"])
        assert (found.order, found.possible) == (None, ())

    def test_the_spread_of_many_samples_proposes_but_is_not_certain(self):
        days = [date(2016, 10, 20) + timedelta(days=9 * n) for n in range(40)]
        found = examine_date_order([day.strftime("%d-%m-%y") for day in days])
        assert (found.order, found.certain) == ("dmy", False)

    @given(st.lists(st.dates(date(1970, 1, 1), date(2068, 12, 31)), min_size=1), st.sampled_from(["%d-%m-%y", "%d/%m/%Y"]))
    def test_the_true_order_is_never_excluded(self, days, form):
        assert "dmy" in examine_date_order([day.strftime(form) for day in days]).possible


class TestBool:
    @pytest.mark.parametrize("value", ["是", "YES", "y", "True", "1", "√", "✓", " 对 ", "有", 1, 1.0, True, "１"])
    def test_yes(self, value):
        assert to_bool(value) is True

    @pytest.mark.parametrize("value", ["否", "No", "n", "FALSE", "0", "×", "无", "没有", 0, 0.0, False])
    def test_no(self, value):
        assert to_bool(value) is False

    @pytest.mark.parametrize("value", ["可能", "2", 2, "x y", date(2017, 3, 1)])
    def test_neither(self, value):
        assert code(to_bool, value) == "NOT_YES_OR_NO"


class TestText:
    @pytest.mark.parametrize(
        ("value", "wanted"),
        [
            ("　鼎盛　机械 ", "鼎盛 机械"),
            ("\ufeffa\u200bb", "ab"),
            ("a\u00a0b", "a b"),
            ("行一\n行二", "行一\n行二"),
            ("00012", "00012"),
            (13800138000.0, "13800138000"),
            (13800138000, "13800138000"),
            (0.5, "0.5"),
            (0.000001, "0.000001"),
            (1200.10, "1200.1"),
            (Decimal("1E+3"), "1000"),
            (True, "true"),
            (date(2017, 3, 1), "2017-03-01"),
            (datetime(2017, 3, 1), "2017-03-01"),
            (datetime(2017, 3, 1, 12, 30), "2017-03-01 12:30:00"),
            ("1E10", "1E10"),
        ],
    )
    def test_reads(self, value, wanted):
        assert to_text(value) == wanted

    @pytest.mark.parametrize("value", [1.1010519800101e17, "1.10105E+17", "6.22202E+18", float("nan")])
    def test_a_number_that_lost_digits_is_refused(self, value):
        assert code(to_text, value) == "NUMBER_CUT"

    @given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e14, max_value=1e14))
    def test_never_scientific(self, value):
        text = to_text(value)
        assert re.fullmatch(r"-?\d+(\.\d+)?", text)
        assert float(text) == pytest.approx(value, rel=1e-14, abs=0)

    @given(st.text())
    def test_reading_twice_changes_nothing(self, text):
        try:
            once = to_text(text)
        except CellRefused:
            return
        assert to_text(once) == once


class TestPhone:
    @pytest.mark.parametrize(
        ("value", "wanted"),
        [
            ("13800138000", "13800138000"),
            (13800138000.0, "13800138000"),
            ("138 0013 8000", "13800138000"),
            ("138-0013-8000", "13800138000"),
            ("+86 138 0013 8000", "13800138000"),
            ("0086-13800138000", "13800138000"),
            ("8613800138000", "13800138000"),
            ("１３８００１３８０００", "13800138000"),
            ("手机：13800138000", "13800138000"),
            ("010-62780000", "010-62780000"),
            ("01062780000", "010-62780000"),
            ("(0755) 2678 0000", "0755-26780000"),
            ("+86 755 2678 0000", "0755-26780000"),
            ("+86 10 6278 0000", "010-62780000"),
            ("+86-21-62780000", "021-62780000"),
            ("0755-26780000-801", "0755-26780000-801"),
            ("0755-26780000转801", "0755-26780000-801"),
            ("010-62780000 ext. 12", "010-62780000-12"),
            ("4008008000", "400-800-8000"),
            ("400-800-8000", "400-800-8000"),
            ("62780000", "62780000"),
            ("95588", "95588"),
            ("+1 (415) 555-0100", "+14155550100"),
            ("00852 2345 6789", "+85223456789"),
        ],
    )
    def test_reads(self, value, wanted):
        assert to_phone(value) == wanted
        assert to_phone(wanted) == wanted

    @pytest.mark.parametrize(
        ("value", "wanted"),
        [
            ("13800138000/13900139000", "MANY_PHONES"),
            ("13800138000 13900139000", "MANY_PHONES"),
            ("010-62780000、010-62780001", "MANY_PHONES"),
            ("1.38001E+11", "NUMBER_CUT"),
            ("1380013800", "NOT_A_PHONE"),
            ("12800138000", "NOT_A_PHONE"),
            ("无", "NOT_A_PHONE"),
            ("微信同号", "NOT_A_PHONE"),
            ("123", "NOT_A_PHONE"),
            (75526780000, "NOT_A_PHONE"),
            (True, "NOT_A_PHONE"),
            (date(2017, 3, 1), "NOT_A_PHONE"),
        ],
    )
    def test_refuses(self, value, wanted):
        assert code(to_phone, value) == wanted
