"""How the lines of a text file are cut into cells: by a delimiter, by runs of spaces, or at fixed positions."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dingke.core.tabular.errors import FileRefused

__all__ = ["Layout", "cut_at", "layout_of"]

_DELIMITERS = (",", "\t", ";", "|")
_SEP_LINE = re.compile(r"^\ufeff?sep=(.)\s*$", re.IGNORECASE)
_NUMBER = re.compile(r"^[-+]?\d[\d.,:/-]*$")


@dataclass(frozen=True)
class Layout:
    """`starts` are the 0-based character positions of the columns (kind "positions" only)."""

    kind: Literal["delimited", "spaces", "positions"]
    delimiter: str = ","
    starts: tuple[int, ...] = ()
    skip_lines: int = 0
    columns: int = 0


def layout_of(lines: Sequence[str], *, delimiter: str | None = None, fixed_width: bool | Sequence[int] | None = None) -> Layout:
    """The layout of a file from its first lines.

    `delimiter` and `fixed_width` are the user's word and win: True asks for fixed columns to be found, a list of
    positions names them, False forbids them. Raises FileRefused DELIMITER_NOT_SUPPORTED.
    """
    if fixed_width is not None and not isinstance(fixed_width, bool):
        starts = tuple(sorted(set(fixed_width)))
        return Layout(kind="positions", starts=starts, columns=len(starts))
    if delimiter is not None:
        if len(delimiter) != 1 or delimiter in '\r\n"':
            raise FileRefused("DELIMITER_NOT_SUPPORTED", {"delimiter": delimiter})
        if delimiter == " ":
            return Layout(kind="spaces", columns=_usual_width([line.split() for line in lines])[0])
        return Layout(kind="delimited", delimiter=delimiter)
    named = _SEP_LINE.match(lines[0]) if lines else None
    if named:
        return Layout(kind="delimited", delimiter=named.group(1), skip_lines=1)
    filled = [line for line in lines if line.strip()]
    if not fixed_width:
        best = _best_delimiter(filled)
        if best is not None:
            return Layout(kind="delimited", delimiter=best)
    if fixed_width is not False:
        found = _fixed(filled, asked=bool(fixed_width))
        if found is not None:
            return found
    return Layout(kind="delimited")


def _best_delimiter(lines: list[str]) -> str | None:
    best: tuple[float, int, str] | None = None
    for delimiter in _DELIMITERS:
        if not any(delimiter in line for line in lines[:20]):
            continue
        width, share = _usual_width(_parsed(lines, delimiter))
        if width < 2:
            # Most lines hold no such character: believe it only if the first line does.
            if delimiter not in lines[0]:
                continue
            share = 0.0
        if best is None or (share, width) > best[:2]:
            best = (share, width, delimiter)
    return best[2] if best else None


def _parsed(lines: list[str], delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader((line + "\n" for line in lines), delimiter=delimiter):
            if any(cell.strip() for cell in row):
                rows.append(row)
    except csv.Error:
        pass
    return rows


def _usual_width(rows: Sequence[Sequence[str]]) -> tuple[int, float]:
    counts = Counter(len(row) for row in rows if row)
    if not counts:
        return 0, 0.0
    width, times = max(counts.items(), key=lambda item: (item[1], item[0]))
    return width, times / sum(counts.values())


def _fixed(lines: list[str], *, asked: bool) -> Layout | None:
    """Fixed columns. Unless asked for, only believed where padding and a column of numbers show them."""
    body = lines[1:] if len(lines) > 1 else lines
    if not asked and len(body) < 3:
        return None
    if not asked and not any(re.search(r"\S {2,}\S|^ +\S", line) for line in body):
        return None
    rows = [line.split() for line in body]
    width, share = _usual_width(rows)
    if width >= 2 and share == 1.0:
        numeric = any(all(_NUMBER.match(row[index]) for row in rows) for index in range(width))
        if asked or numeric:
            return Layout(kind="spaces", columns=width)
    starts = _gaps(body)
    if len(starts) >= 2:
        cells = [cut_at(line, starts)[0] for line in body]
        numeric = any(
            all(_NUMBER.match(row[index]) for row in cells if row[index]) and any(row[index] for row in cells)
            for index in range(len(starts))
        )
        if asked or (numeric and len(body) >= 5):
            return Layout(kind="positions", starts=starts, columns=len(starts))
    return None


def _gaps(lines: list[str]) -> tuple[int, ...]:
    """Positions at which a column starts: filled in some line, with a position before it blank in every line."""
    length = max((len(line) for line in lines), default=0)
    used = [False] * length
    for line in lines:
        for index, character in enumerate(line):
            if not character.isspace():
                used[index] = True
    return tuple(index for index in range(length) if used[index] and (index == 0 or not used[index - 1]))


def cut_at(line: str, starts: Sequence[int]) -> tuple[list[str], bool]:
    """The cells of a line cut at fixed positions, and whether a word lies across a boundary."""
    edges = [*starts, max(len(line), starts[-1])]
    cells = [line[left:right].strip() for left, right in zip(edges, edges[1:], strict=False)]
    crossed = any(0 < at < len(line) and not line[at - 1].isspace() and not line[at].isspace() for at in starts)
    return cells, crossed or bool(line[: starts[0]].strip())
