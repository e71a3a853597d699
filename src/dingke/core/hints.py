"""Figures that a lower domain wants to show and only a higher one knows; who answers is listed in config/wiring.py.

A nomination (accounts) asks how much of what the account buys is high-profit; the orders (ledger) know. Nobody answers: no
hint, and the page does without.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from dingke.core.scope import Scope


@dataclass(frozen=True, slots=True)
class Hint:
    """A sentence in the reader's language, the value it proposes (text, "" for none), and the page with the rows behind it."""

    text: str
    value: str = ""
    link: str = ""


Answerer = Callable[[Scope, int, date], Hint | None]
_answerers: dict[str, Answerer] = {}


def install(table: Mapping[str, Answerer]) -> None:
    """Takes over the hint table of config/wiring.py."""
    _answerers.clear()
    _answerers.update(table)


def hint(name: str, *, scope: Scope, record_id: int, today: date) -> Hint | None:
    """The hint of this name for a record; None when nobody answers or there is nothing to say."""
    answerer = _answerers.get(name)
    return answerer(scope, record_id, today) if answerer else None
