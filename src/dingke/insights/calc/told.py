"""Sentences told of many accounts at once: one code, where it holds, and the figures behind it as columns.

A method over columns answers with these; `reason_at` gives the record for one account, `as_json_texts` the stored form of all of
them. Shares and other ratios are told at twelve decimals, amounts to the cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from json import dumps
from typing import Any

import numpy as np

from dingke.core.reasons import Reason
from dingke.insights.calc.figures import PLACES, Flags


@dataclass(frozen=True)
class Money:
    """A column of whole cents."""

    cents: Any


@dataclass(frozen=True)
class Told:
    """``params``: one value for all, or an array as long as ``where``: int64 numbers, float64 ratios, days, `Money`, or any objects."""

    code: str
    where: Flags
    params: Mapping[str, object] = field(default_factory=dict)

    def reason_at(self, place: int) -> Reason:
        return Reason(self.code, {name: _value(value, place) for name, value in self.params.items()})

    def as_json_texts(self) -> tuple[Any, list[str]]:
        """The places where it holds, and there the reason as JSON text, as `Reason.as_json` packs it."""
        places = np.flatnonzero(self.where)
        pattern, columns = [], []
        for name, value in self.params.items():
            if isinstance(value, Money):
                pattern.append(f'"{name}":{{"decimal":"%s"}}')
                columns.append(money_texts(value.cents[places]))
            elif not isinstance(value, np.ndarray):
                packed = Reason("", {name: value}).as_json()["params"][name]  # type: ignore[index]
                pattern.append(f'"{name}":{dumps(packed, ensure_ascii=False)}'.replace("%", "%%"))
            elif value.dtype == object:
                pattern.append(f'"{name}":%s')
                columns.append(
                    [dumps(Reason("", {"": one}).as_json()["params"][""], ensure_ascii=False) for one in value[places]]  # type: ignore[index]
                )
            elif value.dtype.kind == "M":
                pattern.append(f'"{name}":{{"date":"%s"}}')
                columns.append(np.datetime_as_string(value[places], unit="D").tolist())
            elif value.dtype.kind == "f":
                pattern.append(f'"{name}":{{"decimal":"%.{PLACES}f"}}')
                columns.append(value[places].tolist())
            else:
                pattern.append(f'"{name}":%d')
                columns.append(value[places].tolist())
        whole = f'{{"code":"{self.code}","params":{{{",".join(pattern)}}}}}'
        if not columns:
            return places, [whole % ()] * len(places)
        return places, [whole % row for row in zip(*columns, strict=True)]


def reasons_at(told: Iterable[Told], place: int) -> tuple[Reason, ...]:
    """What is told of one account, in order."""
    return tuple(one.reason_at(place) for one in told if one.where[place])


def amounts(column: Any) -> object:
    """A column of amounts as a figure of a sentence: cents where it holds whole numbers."""
    return Money(column) if column.dtype == np.int64 else column


def money_texts(cents: Any) -> list[str]:
    """Whole cents as amounts with two decimals."""
    whole, part = np.divmod(np.abs(cents), 100)
    texts = [f"{yuan}.{rest:02d}" for yuan, rest in zip(whole.tolist(), part.tolist(), strict=True)]
    for place in np.flatnonzero(cents < 0).tolist():
        texts[place] = f"-{texts[place]}"
    return texts


def _value(value: object, place: int) -> object:
    if isinstance(value, Money):
        return Decimal(int(value.cents[place])) / 100
    if not isinstance(value, np.ndarray):
        return value
    one = value[place]
    if value.dtype == object:
        return one
    if value.dtype.kind == "M":
        return date.fromisoformat(str(one))
    return Decimal(f"{one:.{PLACES}f}") if value.dtype.kind == "f" else int(one)
