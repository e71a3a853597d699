"""The table that every kind of file is read into: named columns and a stream of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import TracebackType
from typing import Protocol, TypeAlias

from dingke.core.tabular.errors import FileRefused, Notice, Problem

__all__ = ["Cell", "Limits", "Merge", "RawRow", "Row", "Source", "Table", "address", "letters"]

Cell: TypeAlias = str | int | float | Decimal | date | datetime | bool | None


@dataclass(frozen=True)
class Limits:
    """What is read at most. Sizes in bytes; `max_cells` bounds the rectangle of a sheet, empty cells included."""

    max_bytes: int = 200_000_000
    max_rows: int = 1_000_000
    max_columns: int = 500
    max_unpacked: int = 1_000_000_000
    max_ratio: int = 200
    ratio_from: int = 10_000_000
    max_cells: int = 30_000_000


@dataclass(frozen=True)
class Row:
    """One data row. `number` is the line or sheet row as the user sees it; `values` has one entry per header."""

    number: int
    values: tuple[Cell, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class RawRow:
    """One row before it is fitted to the headers. `is_blank` is judged before merged cells are filled down."""

    number: int
    values: list[Cell]
    is_blank: bool
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Merge:
    """A merged range: 1-based rows, 0-based columns counted from the first column of the table."""

    top: int
    left: int
    bottom: int
    right: int


class Source(Protocol):
    """A file or sheet that can be read from its start any number of times."""

    first_column: int
    merges: Sequence[Merge]
    ragged: bool

    def raw_rows(self) -> Iterator[RawRow]: ...

    def close(self) -> None: ...


@dataclass
class Table:
    """An opened table. `kind` is xlsx, xls or text; `header_row` is 0 when the file has none.

    `expected_rows` is an upper estimate for progress bars; `count()` is exact and reads everything once, so it is
    also the way to meet every refusal before the first row is used. `date_1904` matters only for plain numbers that
    are to be read as dates.
    """

    kind: str
    headers: tuple[str, ...]
    notices: tuple[Notice, ...]
    sheet: str | None
    sheets: tuple[str, ...]
    encoding: str | None
    delimiter: str | None
    header_row: int
    first_data_row: int
    expected_rows: int
    date_1904: bool
    limits: Limits
    source: Source = field(repr=False)

    def rows(self, start: int = 0) -> Iterator[Row]:
        """The data rows in file order, blank ones left out; only those numbered above `start` (to go on after a stop).

        Raises FileRefused: TOO_MANY_ROWS, and for text QUOTE_NOT_CLOSED, QUOTE_BROKEN, FIELD_TOO_LONG.
        """
        width = len(self.headers)
        count = 0
        for raw in self.source.raw_rows():
            if raw.number < self.first_data_row or raw.is_blank:
                continue
            count += 1
            if count > self.limits.max_rows:
                raise FileRefused("TOO_MANY_ROWS", {"limit": self.limits.max_rows, "row": raw.number})
            if raw.number > start:
                yield self._fitted(raw, width)

    def _fitted(self, raw: RawRow, width: int) -> Row:
        values, problems = raw.values, raw.problems
        found = len(values)
        if found > width:
            while found > width and is_empty(values[found - 1]):
                found -= 1
            if found > width:
                beyond = {"row": raw.number, "found": found, "expected": width}
                problems = (*problems, Problem("ROW_TOO_LONG", beyond))
            values = values[:width]
            problems = tuple(problem for problem in problems if problem.column is None or problem.column < width)
        elif found < width:
            if self.source.ragged:
                problems = (
                    *problems,
                    Problem("ROW_TOO_SHORT", {"row": raw.number, "found": found, "expected": width}),
                )
            values = [*values, *([None] * (width - found))]
        return Row(number=raw.number, values=tuple(values), problems=problems)

    def count(self) -> int:
        """How many data rows there are. Reads the whole file."""
        return sum(1 for _ in self.rows())

    def close(self) -> None:
        self.source.close()

    def __enter__(self) -> Table:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def is_empty(value: Cell) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def letters(column: int) -> str:
    """The sheet's name of a 0-based column: 0 is A, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def address(row: int, column: int) -> str:
    """The sheet's name of a cell: 1-based row, 0-based column."""
    return f"{letters(column)}{row}"
