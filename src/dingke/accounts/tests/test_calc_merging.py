"""Proposed values and the place in the group tree after a merge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.calc.merging import Side, proposed_side, settled_parent


@pytest.mark.parametrize(
    ("kept", "gone", "side"),
    [
        ("江州重工", "江州", Side.KEPT), ("", "江州", Side.GONE), (None, 0, Side.GONE), (0, 5, Side.KEPT), (None, None, Side.KEPT),
        (False, True, Side.KEPT), ({}, {"a": 1}, Side.GONE), ("x" * 61, "x" * 61 + " and more", Side.GONE), ("x" * 61, "y" * 99, Side.KEPT),
    ],
)  # fmt: skip
def test_the_fuller_value_is_proposed(kept, gone, side):
    assert proposed_side(kept, gone) is side


@pytest.mark.parametrize(
    ("wanted", "above", "settled"),
    [
        ([9, None], {1: 9, 2: None, 9: None}, 9),
        ([2, None], {1: 2, 2: 7, 7: None}, 7),  # the kept one stood below the other
        ([2, None], {1: 2, 2: None}, None),
        ([1, None], {1: 9, 2: 1, 9: None}, 9),  # the other stood below the kept one
        ([5, None], {1: 5, 5: 2, 2: 7, 7: None}, None),  # between them stands one that will hang below
        ([5, 7, None], {1: 5, 5: 2, 2: 7, 7: None}, 7),
        ([None], {1: None, 2: 9, 9: None}, None),
    ],
)
def test_the_place_in_the_group(wanted, above, settled):
    assert settled_parent(wanted, above, kept=1, gone=2) == settled


@given(
    parents=st.lists(st.integers(0, 9), min_size=10, max_size=10),
    wanted=st.lists(st.none() | st.integers(0, 9), max_size=4),
    pair=st.tuples(st.integers(0, 9), st.integers(0, 9)),
)
def test_no_circle_is_ever_closed(parents, wanted, pair):
    kept, gone = pair
    if kept == gone:
        return
    above: dict[int, int | None] = {node: parent if parent < node else None for node, parent in enumerate(parents)}  # a forest
    place = settled_parent(wanted, above, kept=kept, gone=gone)
    merged = {node: kept if parent == gone and node != kept else parent for node, parent in above.items()}
    merged[kept] = place
    merged.pop(gone)
    for node in merged:
        seen, current = set(), node
        while current is not None:
            assert current not in seen
            assert current != gone
            seen.add(current)
            current = merged.get(current)
