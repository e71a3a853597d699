"""C-08 决策参与者组织结构图: where the people of a map stand on the drawing, and what a line of reports may not do.

Layered: whoever reports to somebody stands below; people without a line stand in the row of their rank (C-07). The same people and lines
always give the same drawing. Design: no method of the source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from dingke.stakeholders.calc.roles import height_of

CARD_WIDTH, CARD_HEIGHT = 190, 92
GAP_X, GAP_Y = 34, 58
MARGIN = 26
WIDEST = 12  # cards of one row; a longer row is broken
SHEET = 40_000  # pixels: places set by hand are shares of a sheet of this size, so that they hold when the drawing grows


@dataclass(frozen=True)
class Card:
    """Somebody on the map. `reports_to` are the ids of lines upwards; unknown ids do not count."""

    id: int
    roles: tuple[str, ...] = ()
    influence: int = 3
    reports_to: tuple[int, ...] = ()


@dataclass(frozen=True)
class Drawing:
    """Places are the middle of a card, 0 to 1 of width and height (in pixels)."""

    width: int
    height: int
    places: Mapping[int, tuple[float, float]]


def would_close_circle(*, start: int, end: int, reports: Iterable[tuple[int, int]]) -> bool:
    """Whether a new line "start reports to end" would make somebody report, over others, to himself or herself."""
    above: dict[int, list[int]] = {}
    for lower, upper in reports:
        above.setdefault(lower, []).append(upper)
    waiting, seen = [end], set()
    while waiting:
        one = waiting.pop()
        if one == start:
            return True
        if one not in seen:
            seen.add(one)
            waiting += above.get(one, [])
    return False


def lay_out(cards: Sequence[Card]) -> Drawing:
    """Every card has a place of its own, nobody stands above whom he or she reports to (circles are cut at their last line)."""
    rows = _ordered(_broken(_rows(cards)), {card.id: card for card in cards})
    columns = max((len(row) for row in rows), default=1)
    width = 2 * MARGIN + max(3, columns) * (CARD_WIDTH + GAP_X) - GAP_X
    height = 2 * MARGIN + max(1, len(rows)) * (CARD_HEIGHT + GAP_Y) - GAP_Y
    places = {}
    for number, row in enumerate(rows):
        y = MARGIN + number * (CARD_HEIGHT + GAP_Y) + CARD_HEIGHT / 2
        left = (width - (len(row) * (CARD_WIDTH + GAP_X) - GAP_X)) / 2
        for place, one in enumerate(row):
            x = left + place * (CARD_WIDTH + GAP_X) + CARD_WIDTH / 2
            places[one] = (round(x / width, 5), round(y / height, 5))
    return Drawing(width, height, places)


def _levels(cards: Sequence[Card]) -> dict[int, int]:
    """The row of each card: below everybody it reports to, and not above the row of its rank."""
    known = {card.id: card for card in sorted(cards, key=lambda card: card.id)}
    done: dict[int, int] = {}
    for first in known:
        path, stack = {first}, [(first, iter(known[first].reports_to))]
        while stack:  # depth first without recursion: 200 people may stand in one line
            one, above = stack[-1]
            upper = next((pk for pk in above if pk in known and pk not in path and pk not in done), None)
            if upper is not None:
                path.add(upper)
                stack.append((upper, iter(known[upper].reports_to)))
                continue
            stack.pop()
            uppers = [done[pk] for pk in known[one].reports_to if pk in done and pk != one]
            done[one] = max([height_of(known[one].roles), *(level + 1 for level in uppers)])
            path.discard(one)
    return done


def _rows(cards: Sequence[Card]) -> list[list[Card]]:
    levels = _levels(cards)
    rows: dict[int, list[Card]] = {}
    for card in sorted(cards, key=lambda card: (-card.influence, card.id)):
        rows.setdefault(levels[card.id], []).append(card)
    return [rows[level] for level in sorted(rows)]


def _broken(rows: list[list[Card]]) -> list[list[Card]]:
    """Rows that are too long become several of about the same length."""
    found = []
    for row in rows:
        parts = ceil(len(row) / WIDEST)
        length = ceil(len(row) / parts)
        found += [row[start : start + length] for start in range(0, len(row), length)]
    return found


def _ordered(rows: list[list[Card]], cards: Mapping[int, Card]) -> list[list[int]]:
    """Within a row people stand below those they report to, as far as that goes; the weightiest in the middle otherwise."""
    spot: dict[int, float] = {}
    found = []
    for row in rows:
        middle_out = _middle_out([card.id for card in row])
        natural = {one: (number + 0.5) / len(row) for number, one in enumerate(middle_out)}

        def wanted(one: int, natural: Mapping[int, float] = natural) -> tuple[float, float]:
            uppers = [spot[pk] for pk in cards[one].reports_to if pk in spot]
            return (sum(uppers) / len(uppers) if uppers else natural[one], natural[one])

        ordered = sorted(middle_out, key=lambda one: (*wanted(one), one))
        for number, one in enumerate(ordered):
            spot[one] = (number + 0.5) / len(ordered)
        found.append(ordered)
    return found


def _middle_out(ids: Sequence[int]) -> list[int]:
    """The first in the middle, the next beside it, left and right in turn."""
    left: list[int] = []
    right: list[int] = []
    for number, one in enumerate(ids):
        (right if number % 2 == 0 else left).append(one)
    return [*reversed(left), *right]
