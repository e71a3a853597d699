"""Rows of a text file, streamed: the memory used does not grow with the file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dingke.core.tabular.errors import FileRefused, Problem
from dingke.core.tabular.layout import Layout, cut_at
from dingke.core.tabular.table import Cell, Merge, RawRow

__all__ = ["TextSource"]


@dataclass
class TextSource:
    """A text file whose encoding is proven and whose layout is known."""

    path: Path
    encoding: str
    layout: Layout
    first_column: int = 0
    merges: Sequence[Merge] = ()
    ragged: bool = True

    def raw_rows(self) -> Iterator[RawRow]:
        number = 0
        try:
            rows = self._delimited() if self.layout.kind == "delimited" else self._fixed()
            for row in rows:
                number = row.number
                yield row
        except (UnicodeError, OSError) as error:
            raise FileRefused("FILE_CHANGED", {"row": number + 1}) from error

    def close(self) -> None:
        """Nothing to close: each pass opens the file for itself."""

    def _delimited(self) -> Iterator[RawRow]:
        with self.path.open(encoding=self.encoding, newline="") as file:
            for _ in range(self.layout.skip_lines):
                next(file, "")
            reader = csv.reader(file, delimiter=self.layout.delimiter, strict=True)
            while True:
                number = self.layout.skip_lines + reader.line_num + 1
                try:
                    cells = next(reader, None)
                except csv.Error as error:
                    raise self._refusal(str(error), opened=number, at=self.layout.skip_lines + reader.line_num) from error
                if cells is None:
                    return
                values: list[Cell] = [cell if cell else None for cell in cells]
                yield RawRow(number, values, is_blank=not any(cell and not cell.isspace() for cell in cells))

    @staticmethod
    def _refusal(message: str, *, opened: int, at: int) -> FileRefused:
        if "unexpected end" in message:
            return FileRefused("QUOTE_NOT_CLOSED", {"row": opened})
        if "field limit" in message:
            if at > opened:
                return FileRefused("QUOTE_NOT_CLOSED", {"row": opened})
            return FileRefused("FIELD_TOO_LONG", {"row": opened, "limit": csv.field_size_limit()})
        return FileRefused("QUOTE_BROKEN", {"row": at, "opened": opened})

    def _fixed(self) -> Iterator[RawRow]:
        with self.path.open(encoding=self.encoding, newline=None) as file:
            for number, line in enumerate(file, start=1):
                cells, problems = self._cut(line.rstrip("\n"), number)
                yield RawRow(number, [cell or None for cell in cells], not any(cells), problems)

    def _cut(self, line: str, number: int) -> tuple[list[str], tuple[Problem, ...]]:
        if self.layout.kind == "spaces":
            return line.split(), ()
        cells, crossed = cut_at(line, self.layout.starts)
        if not crossed:
            return cells, ()
        words = line.split()
        if len(words) == len(self.layout.starts):
            return words, ()
        return cells, (Problem("ROW_NOT_ALIGNED", {"row": number}),)
