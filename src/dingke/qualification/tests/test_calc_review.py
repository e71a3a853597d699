"""Scores of a deal review and its agenda."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.qualification.calc import review as calc
from dingke.qualification.calc.review import DealFacts, Score

TODAY = date(2026, 9, 30)


def deal(key: int = 1, **values: object) -> DealFacts:
    base: dict[str, object] = {
        "amount": Decimal(100), "stage_since": TODAY, "stage_limit_days": 30, "expected_date": TODAY + timedelta(days=20),
        "times_moved": 0, "next_step": "拜访", "next_step_date": TODAY + timedelta(days=3),
    }  # fmt: skip
    return DealFacts(key=key, **{**base, **values})  # type: ignore[arg-type]


@pytest.mark.item("P-10", "E-21")
class TestScores:
    def test_wang_li_and_zhang(self):
        """GC-P10-ranking: 55, 70, 75; Zhang first, Li second, Wang third."""
        wang, li, zhang = Score(30, 10, 15), Score(40, 15, 15), Score(45, 15, 15)
        assert [score.total for score in (wang, li, zhang)] == [55, 70, 75]
        ranked = calc.ranking([(1, [wang]), (2, [li]), (3, [zhang])])
        assert [(entry.key, entry.rank) for entry in ranked] == [(3, 1), (2, 2), (1, 3)]

    def test_the_limits(self):
        """GC-P10-limits."""
        assert (calc.ELEMENTS_MAX, calc.LOGIC_MAX, calc.DISPLAY_MAX, calc.TOTAL_MAX) == (60, 20, 20, 100)
        assert Score(60, 20, 20).total == 100

    @pytest.mark.parametrize("parts", [(61, 0, 0), (0, 21, 0), (0, 0, 21), (-1, 0, 0), (0, -1, 0), (0, 0, -1)])
    def test_nothing_outside_the_limits(self, parts):
        with pytest.raises(ValueError, match="must be between"):
            Score(*parts)

    def test_the_mean_of_the_listeners(self):
        mean = calc.mean_of([Score(30, 10, 15), Score(41, 15, 15)])
        assert mean is not None
        assert (mean.elements, mean.logic, mean.total, mean.count) == (Decimal("35.5"), Decimal("12.5"), Decimal("63.0"), 2)
        assert calc.mean_of([]) is None

    def test_equal_means_share_a_rank_and_keep_the_order_of_the_agenda(self):
        ranked = calc.ranking([(1, []), (2, [Score(30, 10, 10)]), (3, [Score(40, 5, 5)]), (4, [Score(10, 5, 5)])])
        assert [(entry.key, entry.rank) for entry in ranked] == [(2, 1), (3, 1), (4, 3), (1, None)]


SCORES = st.builds(Score, st.integers(0, 60), st.integers(0, 20), st.integers(0, 20))
GIVEN = st.lists(st.lists(SCORES, max_size=4), max_size=7).map(lambda rows: list(enumerate(rows)))


class TestProperties:
    @given(GIVEN)
    def test_everybody_stands_once_and_means_fall(self, rows):
        ranked = calc.ranking(rows)
        assert sorted(entry.key for entry in ranked) == [key for key, _scores in rows]
        totals = [entry.mean.total for entry in ranked if entry.mean]
        assert totals == sorted(totals, reverse=True)
        assert all(0 <= total <= 100 for total in totals)

    @given(GIVEN)
    def test_the_ranking_is_stable(self, rows):
        """Ranking what was ranked changes nothing; nor does the order in which the listeners scored."""
        first = calc.ranking(rows)
        by_key = dict(rows)
        again = calc.ranking([(entry.key, list(reversed(by_key[entry.key]))) for entry in first])
        assert [(entry.key, entry.rank) for entry in again] == [(entry.key, entry.rank) for entry in first]

    @given(st.lists(SCORES, min_size=1, max_size=6))
    def test_a_mean_lies_between_the_lowest_and_the_highest(self, scores):
        mean = calc.mean_of(scores)
        assert mean is not None
        assert min(score.total for score in scores) <= mean.total <= max(score.total for score in scores)


@pytest.mark.item("P-09")
class TestAgenda:
    def test_a_deal_in_order_is_not_proposed(self):
        assert calc.reasons_for(deal(), today=TODAY) == ()
        assert calc.propose([deal()], today=TODAY, at_most=5) == ()

    @pytest.mark.parametrize(
        ("values", "code"),
        [
            ({"stage_since": TODAY - timedelta(days=31)}, "OVER_LIMIT"),
            ({"expected_date": TODAY - timedelta(days=1)}, "EXPECTED_PAST"),
            ({"times_moved": 2}, "MOVED"),
            ({"next_step": "  "}, "NO_STEP"),
            ({"next_step_date": TODAY - timedelta(days=1)}, "STEP_OVERDUE"),
        ],
    )
    def test_each_sign_is_a_reason(self, values, code):
        found = calc.propose([deal(**values)], today=TODAY, at_most=5)
        assert [reason.code for reason in found[0].reasons] == [code]
        for language in ("zh-hans", "en"):
            assert calc.SENTENCES.text(found[0].reasons[0], language)

    def test_on_the_limit_is_not_over_it(self):
        assert calc.reasons_for(deal(stage_since=TODAY - timedelta(days=30)), today=TODAY) == ()
        assert calc.reasons_for(deal(stage_since=TODAY - timedelta(days=300), stage_limit_days=None), today=TODAY) == ()

    def test_a_missing_day_alone_is_no_reason(self):
        assert calc.propose([deal(expected_date=None)], today=TODAY, at_most=5) == ()

    def test_the_weightiest_first_then_the_larger(self):
        past, small, large = (
            deal(1, expected_date=TODAY - timedelta(days=5)),
            deal(2, next_step=""),
            deal(3, next_step="", amount=Decimal(900)),
        )
        assert [entry.key for entry in calc.propose([small, past, large], today=TODAY, at_most=2)] == [1, 3]
