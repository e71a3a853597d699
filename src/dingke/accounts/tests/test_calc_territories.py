"""Into which territory an account falls."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.calc.territories import Place, TerritoryRule, closeness, fitting, regions_upwards, territory_of

EAST, JIANGSU, SOUTH, AUTO, FOOD = 1, 2, 3, 11, 12


def rule(number: int, regions=(), industries=(), name="") -> TerritoryRule:
    return TerritoryRule(number, name or f"T{number}", frozenset(regions), frozenset(industries))


RULES = [rule(1, [EAST]), rule(2, [JIANGSU]), rule(3, [EAST], [AUTO]), rule(4, [], [AUTO]), rule(5)]


@pytest.mark.parametrize(("place", "wanted"), [
    (Place((EAST,)), 1), (Place((JIANGSU, EAST)), 2), (Place((JIANGSU, EAST), AUTO), 3), (Place((SOUTH,), AUTO), 4),
    (Place((JIANGSU, EAST), FOOD), 2), (Place((SOUTH,), FOOD), None), (Place(), None), (Place((), AUTO), 4),
])  # fmt: skip
def test_the_closest_counts(place, wanted):
    assert territory_of(place, RULES) == wanted


def test_a_territory_without_rules_fits_nothing():
    assert closeness(rule(5), Place((EAST,), AUTO)) is None


def test_the_narrower_one_then_the_name_decides():
    assert territory_of(Place((EAST,)), [rule(1, [EAST, SOUTH]), rule(2, [EAST])]) == 2
    assert territory_of(Place((EAST,)), [rule(1, [EAST], name="B"), rule(2, [EAST], name="A")]) == 2


def test_regions_upwards_ends_in_circles():
    assert regions_upwards(JIANGSU, {JIANGSU: EAST}) == (JIANGSU, EAST)
    assert regions_upwards(1, {1: 2, 2: 1}) == (1, 2)
    assert regions_upwards(None, {1: 2}) == ()


ids = st.frozensets(st.integers(1, 5), max_size=3)
rules = st.lists(st.builds(TerritoryRule, st.integers(1, 30), st.sampled_from("ABC"), ids, ids), max_size=6, unique_by=lambda each: each.id)
places = st.builds(Place, st.lists(st.integers(1, 5), max_size=2, unique=True).map(tuple), st.one_of(st.none(), st.integers(1, 5)))


@given(rules=rules, place=places, order=st.randoms())
def test_the_order_of_the_rules_does_not_matter(rules, place, order):
    shuffled = list(rules)
    order.shuffle(shuffled)
    assert territory_of(place, rules) == territory_of(place, shuffled)


@given(rules=rules, place=places)
def test_what_counts_fits_and_none_only_when_none_does(rules, place):
    found = territory_of(place, rules)
    fits = [
        each
        for each in rules
        if (not each.regions or set(place.regions) & each.regions)
        and (not each.industries or place.industry in each.industries)
        and not each.is_empty
    ]
    assert {each.id for each in fitting(place, rules)} == {each.id for each in fits}
    assert (found is None) is (not fits)
