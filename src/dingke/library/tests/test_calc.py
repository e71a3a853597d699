"""The method code: objections as data, price per period, three factors, portraits, ladder, versions, Markdown, terms."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.core.search_keys import query_terms
from dingke.library.calc import factors, investment, ladder, objections, portraits, versions
from dingke.library.calc.markdown import beginning, rendered
from dingke.library.calc.parts import CASE_CAUTIONS, CASE_KEY_POINTS, parts_of
from dingke.library.calc.terms import terms_of


class TestObjections:
    @pytest.mark.parametrize(
        ("table", "number"),
        [
            pytest.param(objections.CUSTOMER_CAUSES, 7, marks=pytest.mark.item("J-02")),
            pytest.param(objections.SELLER_CAUSES, 7, marks=pytest.mark.item("J-03")),
            pytest.param(objections.KINDS, 3, marks=pytest.mark.item("J-04")),
            pytest.param(objections.HINTS, 7, marks=pytest.mark.item("J-05")),
            pytest.param(objections.TIMINGS, 2, marks=pytest.mark.item("J-06")),
            pytest.param(objections.STANDARD, 8, marks=pytest.mark.item("J-07")),
            pytest.param(objections.STEPS, 3, marks=pytest.mark.item("J-11")),
            pytest.param(objections.PRINCIPLES, 8, marks=pytest.mark.item("J-12")),
            pytest.param(objections.SHAPES, 3, marks=pytest.mark.item("J-01")),
        ],
    )
    def test_the_tables_have_their_number_and_both_languages(self, table, number):
        assert len(table) == number
        assert len({row.code for row in table}) == number
        assert all(row.label.en and row.label.zh for row in table)
        assert all(bool(row.hint.en) == bool(row.hint.zh) for row in table)

    def test_the_steps_come_in_their_order(self):
        assert [row.code for row in objections.STEPS] == ["INQUIRE", "SUGGEST", "DISSOLVE"]

    @pytest.mark.item("J-06")
    def test_what_was_filled_in_says_so(self):
        proposed = [row.is_proposed for _timing, row in objections.TIMING_CASES]
        assert proposed == [False, True, True, True, True, True]

    def test_an_entry_is_named_after_the_standard_objection(self):
        assert objections.entry_code("NO_BUDGET") == "objection-no-budget"
        with pytest.raises(KeyError):
            objections.entry_code("OTHER")
        assert objections.find(objections.KINDS, "HIDDEN").label.zh == "隐藏的异议"
        assert objections.find(objections.KINDS, "X") is None


@pytest.mark.item("J-08")
class TestInvestment:
    def test_the_worked_example(self):
        per = investment.per_period(Decimal(30000), Decimal(5))
        assert per == investment.PerPeriod(Decimal("6000.00"), Decimal("500.00"), Decimal("115.38"), Decimal("16.44"))

    @pytest.mark.parametrize(("price", "years"), [("-1", "5"), ("1", "0"), ("1", "-2"), ("NaN", "1"), ("1", "Infinity")])
    def test_figures_that_make_no_sense_are_refused(self, price, years):
        with pytest.raises(ValueError):
            investment.per_period(Decimal(price), Decimal(years))

    @given(
        st.decimals(min_value=0, max_value=10**9, places=2, allow_nan=False),
        st.decimals(min_value="0.5", max_value=50, places=1, allow_nan=False),
    )
    def test_longer_periods_cost_more_and_longer_use_less(self, price, years):
        per = investment.per_period(price, years)
        assert 0 <= per.day <= per.week <= per.month <= per.year
        assert abs(per.year * years - price) <= Decimal("0.01") * years
        assert investment.per_period(price, years + 1).year <= per.year

    def test_when_the_price_is_back(self):
        assert investment.days_to_earn(Decimal(36500), Decimal(3650)) == 305  # 36,500 / 120 a day
        assert investment.days_to_earn(Decimal(1), Decimal(0)) is None


@pytest.mark.item("J-09")
class TestFactors:
    def offer(self, name: str, quality: int, price: int, service: int) -> factors.Offer:
        return factors.Offer(name, {"QUALITY": quality, "PRICE": price, "SERVICE": service})

    def test_where_we_lead_and_where_not(self):
        found = factors.compare(self.offer("us", 5, 2, 4), [self.offer("远科", 3, 4, 4), self.offer("大华", 4, 3, 2)])
        assert [reason.code for reason in found.reasons] == ["LEAD", "BEHIND", "EVEN"]
        assert factors.SENTENCES.text(found.reasons[0], "zh-hans") == "我们领先在品质：先谈这些。"
        assert found.total["us"] == Decimal(11) / 3

    def test_nobody_is_best_in_all_three(self):
        found = factors.compare(self.offer("us", 3, 3, 3), [self.offer("远科", 5, 5, 5)])
        assert found.reasons[-1].code == "BEST_IN_ALL"

    def test_weights(self):
        found = factors.compare(self.offer("us", 5, 1, 1), [], {"QUALITY": Decimal(2), "PRICE": Decimal(1), "SERVICE": Decimal(1)})
        assert found.total["us"] == Decimal(3)
        with pytest.raises(ValueError):
            factors.compare(self.offer("us", 5, 1, 1), [], {code: Decimal(0) for code, _label in factors.FACTORS})

    def test_a_score_outside_is_refused(self):
        with pytest.raises(ValueError):
            factors.compare(self.offer("us", 6, 1, 1), [])
        with pytest.raises(ValueError):
            factors.compare(factors.Offer("us", {}), [])

    @given(st.lists(st.tuples(*[st.integers(1, 5)] * 3), min_size=1, max_size=4))
    def test_the_mean_lies_between_the_scores(self, rows):
        offers = [self.offer(str(place), *scores) for place, scores in enumerate(rows)]
        found = factors.compare(offers[0], offers[1:])
        for offer in offers:
            assert min(offer.scores.values()) <= found.total[offer.name] <= max(offer.scores.values())


TRADE = portraits.PortraitFacts("商贸版", ("DISTRIBUTION", "RETAIL"), Decimal(10_000_000), 100)
FINANCE = portraits.PortraitFacts("财务产品", (), Decimal(30_000_000), 300)


class TestPortraits:
    @pytest.mark.item("D-12")
    def test_a_small_trading_firm_fits_the_trade_edition_first(self):
        found = portraits.ranked(portraits.Prospect("RETAIL", Decimal(8_000_000), 60), [FINANCE, TRADE])
        assert [(row.family, row.score) for row in found] == [("商贸版", 100), ("财务产品", 100)]

    @pytest.mark.item("D-13")
    def test_a_larger_firm_fits_the_finance_product(self):
        found = portraits.ranked(portraits.Prospect("MACHINERY", Decimal(20_000_000), 200), [TRADE, FINANCE])
        assert [(row.family, row.score) for row in found] == [("财务产品", 100), ("商贸版", 0)]

    @pytest.mark.parametrize(("staff", "score"), [(99, 100), (100, 0)])
    def test_below_is_below(self, staff, score):
        assert portraits.match(portraits.Prospect(staff=staff), TRADE).score == score

    def test_what_is_unknown_is_asked_and_not_failed(self):
        found = portraits.match(portraits.Prospect(staff=50), TRADE)
        assert (found.score, found.known, found.possible) == (100, 1, 3)
        assert [reason.code for reason in found.reasons] == ["UNKNOWN_TRADE", "UNKNOWN_SALES", "STAFF_FIT"]
        assert portraits.match(portraits.Prospect(), TRADE).score is None
        for reason in portraits.match(portraits.Prospect("X", Decimal(99_000_000), 500), TRADE).reasons:
            assert portraits.SENTENCES.text(reason, "zh")
            assert portraits.SENTENCES.text(reason, "en")

    @given(
        st.sampled_from(["", "RETAIL", "STEEL"]),
        st.none() | st.decimals(0, 10**9, places=2, allow_nan=False),
        st.none() | st.integers(0, 10_000),
    )
    def test_scores_stay_in_range(self, industry, sales, staff):
        for row in portraits.ranked(portraits.Prospect(industry, sales, staff), [TRADE, FINANCE]):
            assert row.score is None or 0 <= row.score <= 100
            assert (row.score is None) == (row.known == 0)


@pytest.mark.item("D-15")
class TestLadder:
    RUNGS = (
        ladder.Rung("BASIC", 10, ("BOOKS",), ("标准版",)),
        ladder.Rung("CONTROL", 30, ("STOCK",), ("专业版", "旗舰版")),
        ladder.Rung("CENTRAL", 50, ("REMOTE",), ("EAS",), is_standard=False),
    )

    @pytest.mark.parametrize(
        ("chosen", "rungs", "families"),
        [
            (["BOOKS"], ("BASIC",), ("标准版",)),
            (["BOOKS", "STOCK"], ("CONTROL",), ("专业版", "旗舰版")),
            (["REMOTE"], ("CENTRAL",), ("EAS",)),
            (["BOOKS", "REMOTE"], ("BASIC", "CENTRAL"), ("标准版", "EAS")),
            ([], (), ()),
        ],
    )
    def test_from_the_problem_to_the_products(self, chosen, rungs, families):
        found = ladder.propose(chosen, self.RUNGS)
        assert (found.rungs, found.families, found.unsolved) == (rungs, families, ())

    def test_what_no_level_solves_is_named(self):
        assert ladder.propose(["WEATHER", "BOOKS"], self.RUNGS).unsolved == ("WEATHER",)


class TestParts:
    @pytest.mark.item("E-18")
    def test_ffab_in_its_order(self):
        assert [code for code, _label in parts_of("FAB", "FFAB")][:4] == ["feature", "function", "advantage", "benefit"]
        assert "need" in dict(parts_of("FAB", "FAB"))

    @pytest.mark.item("H-17")
    def test_five_blocks_of_a_reference_case(self):
        codes = [code for code, _label in parts_of("CASE", is_reference=True)]
        assert codes[:5] == ["business", "trouble", "solution", "delivery", "benefit"]

    @pytest.mark.item("H-18")
    def test_four_key_points_and_four_cautions(self):
        assert (len(CASE_KEY_POINTS), len(CASE_CAUTIONS)) == (4, 4)


class TestVersions:
    def test_what_differs_down_to_the_stretch(self):
        before = {"body_zh": "先听。\n再答。", "content": {"parts": {"idea": {"zh": "问", "en": "ask"}}}}
        after = {"body_zh": "先听。\n再问。", "content": {"parts": {"idea": {"zh": "问", "en": "ask first"}}}}
        found = {row.field: row.lines for row in versions.differences(before, after)}
        assert set(found) == {"body_zh", "content.parts.idea.en"}
        assert found["body_zh"][1] == (
            versions.Piece("", "再"), versions.Piece("-", "答"), versions.Piece("+", "问"), versions.Piece("", "。")
        )  # fmt: skip

    @given(st.text(max_size=80), st.text(max_size=80))
    def test_the_pieces_give_both_texts_back(self, before, after):
        found = versions.differences({"title_zh": before}, {"title_zh": after})
        assert (found == []) == (before == after)
        for row in found:
            kept = "".join(piece.text for line in row.lines for piece in line if piece.sign != "+")
            new = "".join(piece.text for line in row.lines for piece in line if piece.sign != "-")
            assert kept == "".join(before.splitlines())
            assert new == "".join(after.splitlines())

    def test_the_digest_knows_no_order_of_keys(self):
        assert versions.digest({"content": {"a": 1, "b": 2}}) == versions.digest({"content": {"b": 2, "a": 1}, "title_en": ""})
        assert versions.digest({"title_zh": "甲"}) != versions.digest({"title_zh": "乙"})


class TestMarkdown:
    def test_lists_tables_and_emphasis(self):
        html = rendered("# 标题\n\n**粗** 体\n\n| 甲 | 乙 |\n|---|---|\n| 1 | 2 |\n\n1. 一\n2. 二")
        for piece in ("<h2>标题</h2>", "<strong>粗</strong>", "<td>1</td>", "<li>一</li>"):
            assert piece in html

    @pytest.mark.parametrize(
        "text",
        [
            "<script>alert(1)</script>",
            "[x](javascript:alert(1))",
            "[x](data:text/html,<script>)",
            "<img src=x onerror=alert(1)>",
            "![x](https://example.com/x.png)",
            '<a href="#" onclick="x">y</a>',
            "<style>*{}</style>",
        ],
    )
    def test_nothing_that_runs_or_loads_gets_through(self, text):
        html = str(rendered(text))
        for bad in ("<script", "<img", "<style", 'href="javascript', 'href="data', "<a onclick", '<a href="#" onclick'):
            assert bad not in html

    @given(st.text(max_size=200))
    def test_any_text_is_harmless(self, text):
        html = str(rendered(text))
        assert "<script" not in html.lower()

    def test_the_beginning_without_marks(self):
        assert beginning("**客户：** 太贵了。\n\n> 先听完 [见此](https://example.com)") == "客户： 太贵了。 先听完 见此"
        assert beginning("| 甲 | 乙 |\n|---|---|\n| 1 | 2 |") == "甲 乙 1 2"
        assert beginning("长" * 300) == "长" * 160 + "…"

    def test_links_keep_their_address(self):
        assert 'href="https://example.com"' in rendered("[x](https://example.com)")
        assert rendered("  ") == ""


class TestTerms:
    def test_chinese_pinyin_and_english_find_it(self):
        terms = terms_of(titles=["太贵了", "Too expensive"], texts=["摊到每一天"]).split()
        for asked in ("太贵", "taigui", "tgl", "expens", "每一"):
            for term, is_prefix in query_terms(asked):
                assert any(known.startswith(term) if is_prefix else known == term for known in terms), asked
