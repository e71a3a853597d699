"""The drawing: everybody has a place, reports run downwards, and the same map is always drawn the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.stakeholders.calc.layout import CARD_HEIGHT, CARD_WIDTH, Card, lay_out, would_close_circle
from dingke.stakeholders.calc.roles import ROLES

pytestmark = pytest.mark.item("C-08")
role = st.sampled_from([one.code for one in ROLES])


@st.composite
def maps(draw, most=40):
    number = draw(st.integers(0, most))
    return [
        Card(
            pk, tuple(draw(st.lists(role, max_size=2))), draw(st.integers(1, 5)), tuple(draw(st.lists(st.integers(1, number), max_size=2)))
        )
        for pk in range(1, number + 1)
    ]


def pixels(drawing, pk):
    x, y = drawing.places[pk]
    return x * drawing.width, y * drawing.height


@given(maps())
def test_everybody_has_a_place_of_his_own_inside_the_drawing(cards):
    drawing = lay_out(cards)
    assert set(drawing.places) == {card.id for card in cards}
    spots = [pixels(drawing, card.id) for card in cards]
    for number, (x, y) in enumerate(spots):
        assert CARD_WIDTH / 2 <= x <= drawing.width - CARD_WIDTH / 2
        assert CARD_HEIGHT / 2 <= y <= drawing.height - CARD_HEIGHT / 2
        for x2, y2 in spots[number + 1 :]:
            assert abs(x - x2) >= CARD_WIDTH or abs(y - y2) >= CARD_HEIGHT


@given(maps(), st.randoms())
def test_the_order_in_which_people_come_does_not_matter(cards, random):
    shuffled = list(cards)
    random.shuffle(shuffled)
    assert lay_out(cards) == lay_out(shuffled)


@given(st.integers(2, 30), st.data())
def test_nobody_stands_above_whom_he_reports_to(number, data):
    """Without circles: everybody reports to people with a smaller number."""
    cards = [
        Card(
            pk,
            tuple(data.draw(st.lists(role, max_size=1))),
            3,
            tuple(data.draw(st.lists(st.integers(1, pk - 1), max_size=2))) if pk > 1 else (),
        )
        for pk in range(1, number + 1)
    ]
    places = lay_out(cards).places
    assert all(places[card.id][1] > places[upper][1] for card in cards for upper in card.reports_to)


def test_two_hundred_people_in_one_line_and_in_one_circle():
    line = [Card(pk, (), 3, (pk - 1,) if pk > 1 else ()) for pk in range(1, 201)]
    assert len({y for _x, y in lay_out(line).places.values()}) == 200
    circle = [Card(pk, (), 3, (pk % 200 + 1,)) for pk in range(1, 201)]
    assert len(set(lay_out(circle).places.values())) == 200


def test_an_empty_map_can_be_drawn():
    assert lay_out([]).places == {}


def test_rank_stands_on_top():
    places = lay_out([Card(1, ("USER",)), Card(2, ("TOP_LEADER",)), Card(3, ("SUPERIOR",))]).places
    assert places[3][1] < places[2][1] < places[1][1]


@pytest.mark.parametrize(
    ("start", "end", "closes"), [(1, 2, False), (3, 1, True), (2, 1, True), (1, 3, False), (4, 1, False), (1, 1, True)]
)
def test_reports_never_run_in_a_circle(start, end, closes):
    assert would_close_circle(start=start, end=end, reports=[(1, 2), (2, 3)]) is closes


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), max_size=40))
def test_lines_that_are_let_through_leave_no_circle(wanted):
    reports = []
    for start, end in wanted:
        if not would_close_circle(start=start, end=end, reports=reports):
            reports.append((start, end))
    above = {}
    for start, end in reports:
        above.setdefault(start, set()).add(end)
    for one in above:
        seen, waiting = set(), list(above[one])
        while waiting:
            upper = waiting.pop()
            assert upper != one
            if upper not in seen:
                seen.add(upper)
                waiting += above.get(upper, ())
