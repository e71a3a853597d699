"""Two accounts made one: which value is proposed for a field, and a place in the group tree that closes no circle.

Values and ids in, choices out. The group tree is a mapping from an account to the one above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Side(StrEnum):
    KEPT = "KEPT"
    GONE = "GONE"


def is_blank(value: object) -> bool:
    """Nothing known: None, an empty text, list or mapping. Zero and False are answers."""
    return value is None or (isinstance(value, str | list | tuple | dict) and not value)


def proposed_side(kept: object, gone: object) -> Side:
    """The fuller value: that of the account that stays, unless only the other one says anything or its long text says
    more.
    """
    if is_blank(kept):
        return Side.KEPT if is_blank(gone) else Side.GONE
    if isinstance(kept, str) and isinstance(gone, str) and len(kept) > 60 and len(gone) > len(kept) and kept in gone:
        return Side.GONE
    return Side.KEPT


def settled_parent(wanted: Iterable[int | None], above: Mapping[int, int | None], *, kept: int, gone: int) -> int | None:
    """The first of the wanted parents that can stand above ``kept`` once everything below ``gone`` stands below it.

    ``above`` maps the accounts over both to their parents, before the merge. None, the top of a group, always can.
    A wanted parent that is one of the two stands for what is above ``gone``.
    """
    for parent in wanted:
        place = parent
        if place in (kept, gone):
            place = above.get(gone)
        if place in (kept, gone):
            place = above.get(kept)
        if place is None:
            if parent is None:
                return None
            continue
        if place not in (kept, gone) and not _leads_to(place, above, kept=kept, gone=gone):
            return place
    return None


def _leads_to(place: int, above: Mapping[int, int | None], *, kept: int, gone: int) -> bool:
    """Whether going up from ``place`` meets one of the two."""
    seen: set[int] = set()
    current: int | None = place
    while current is not None and current not in seen:
        if current in (kept, gone):
            return True
        seen.add(current)
        current = above.get(current)
    return False
