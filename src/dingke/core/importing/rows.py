"""Rows of a table made into typed values by a confirmed mapping, with what is wrong said in both languages.

A mapping says for each field where its value comes from:
{"column": header} with an optional "factor" (1,000,000 for amounts in millions) and date "order",
{"value": the same for every row}, {"template": "{header} and words"} with {n} counted over "sequence_of" headers,
{"lookup": …, "of": header} for a value found in another file of the run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from dingke.core.importing import grouping
from dingke.core.importing.outcomes import Said
from dingke.core.importing.targets import Field, ImportTarget, Kind
from dingke.core.reasons import Label
from dingke.core.tabular import coerce
from dingke.core.tabular.errors import CellRefused, Problem
from dingke.core.tabular.mapping import normal
from dingke.core.tabular.table import Cell, Row

_PART = re.compile(r"\{([^{}]+)\}")
_CACHED = 50_000
Group = tuple[Any, ...]  # what the rows of one record have in common
_LARGEST = Decimal(10) ** 15
# Problems of a whole row that make its cells doubtful; a short row only lacks trailing cells.
_FATAL = {"ROW_TOO_LONG", "ROW_NOT_ALIGNED"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a cell (`column` is its header, "" for the row as a whole)."""

    column: str
    text: Said


@dataclass(slots=True)
class Prepared:
    number: int
    raw: dict[str, str]
    values: dict[str, Any]
    troubles: list[Trouble] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)
    key: tuple[Any, ...] | None = None
    group: Group | None = None

    def reason(self) -> Said:
        return " ".join(each.text[0] for each in self.troubles)[:500], "".join(each.text[1] for each in self.troubles)[:500]


def shown(value: Cell) -> str:
    """A cell as text, also when it has lost digits."""
    if isinstance(value, str):
        return value.strip()
    try:
        return coerce.to_text(value) or ""
    except CellRefused:
        return str(value)


def _missing(label: Label) -> Said:
    return f"“{label.en}” is missing.", f"缺少“{label.zh}”。"


def _at(label: Label, column: str, said: Said) -> Said:
    where = f" (column “{column}”)" if column else ""
    place = f"（列“{column}”）" if column else ""
    return f"{label.en}{where}: {said[0]}", f"{label.zh}{place}：{said[1]}"


class RowReader:
    """Reads rows of one file. Rows must come in file order: running numbers are counted over all of them."""

    def __init__(
        self,
        *,
        target: ImportTarget,
        headers: Sequence[str],
        mapping: Mapping[str, Any],
        value_mapping: Mapping[str, Mapping[str, str]],
        lookups: Mapping[str, Mapping[str, str]],
        key: str,
        currency: str,
        epoch_1904: bool = False,
    ) -> None:
        self.target = target
        self.headers = tuple(headers)
        self.place = {header: index for index, header in enumerate(self.headers)}
        self.where: Mapping[str, Sequence[str]] = mapping.get("where", {})
        self.where_not: Mapping[str, Sequence[str]] = mapping.get("where_not", {})
        self.lookups = lookups
        self.key = tuple(key.split("+")) if key else ()
        self.ways = grouping.ways(target, mapping.get("fields", {}))
        self.shared = {name for way in self.ways for name in way}
        self.epoch_1904 = epoch_1904
        self.counted: Counter[tuple[str, ...]] = Counter()
        specs: Mapping[str, Mapping[str, Any]] = mapping.get("fields", {})
        self.fields: list[tuple[Field, Mapping[str, Any]]] = []
        for each in target.fields:
            spec = specs.get(each.key)
            if spec and ("column" not in spec or spec["column"] in self.place):
                self.fields.append((each, spec))
        constant = specs.get("currency", {}).get("value")
        self.currency = str(constant or currency)
        self.currency_column = self.place.get(str(specs.get("currency", {}).get("column", "")))
        self.mended = {name: {normal(old): new for old, new in pairs.items()} for name, pairs in value_mapping.items()}
        self.caches: dict[str, dict[Any, Any]] = {each.key: {} for each, _spec in self.fields}
        self.mapped_columns = {self.place[str(spec["column"])] for _each, spec in self.fields if "column" in spec}

    def read(self, row: Row) -> Prepared | None:
        """The row, typed; None when the mapping leaves rows like this out."""
        raw = {header: shown(value) for header, value in zip(self.headers, row.values, strict=False)}
        if not self._wanted(raw):
            return None
        prepared = Prepared(row.number, raw, {})
        for problem in row.problems:
            if problem.code in _FATAL or (problem.column is not None and problem.column in self.mapped_columns):
                column = self.headers[problem.column] if problem.column is not None else ""
                prepared.troubles.append(Trouble(column, _both(problem)))
        currency = self._currency_of(row)
        for each, spec in self.fields:
            self._value(prepared, row, each, spec, currency)
        for each in self.target.fields:
            if each.required and each.key not in prepared.values and each.key not in prepared.unreadable:
                prepared.troubles.append(Trouble("", _missing(each.label)))
        if self.target.needs_one_of and not prepared.troubles and not any(name in prepared.values for name in self.target.needs_one_of):
            first = self.target.field(self.target.needs_one_of[0])
            assert first is not None
            prepared.troubles.append(Trouble("", _missing(first.label)))
        if self.key:
            key = tuple(prepared.values.get(name) for name in self.key)
            prepared.key = key if all(part is not None for part in key) else None
        prepared.group = self._group(prepared)
        return prepared

    def group_of(self, row: Row) -> Group | None:
        """What `read` will say that the rows of its record have in common, without reading the rest."""
        raw = {header: shown(value) for header, value in zip(self.headers, row.values, strict=False)}
        if not self._wanted(raw):
            return None
        prepared = Prepared(row.number, raw, {})
        currency = self._currency_of(row)
        for each, spec in self.fields:
            if each.key in self.shared:
                self._value(prepared, row, each, spec, currency)
        return self._group(prepared)

    def _group(self, prepared: Prepared) -> Group | None:
        for way in self.ways:
            values = tuple(prepared.values.get(name) for name in way)
            if all(value is not None for value in values):
                return (*way, *values)
        return None

    def _wanted(self, raw: Mapping[str, str]) -> bool:
        if any(raw.get(header, "") not in values for header, values in self.where.items()):
            return False
        return not any(raw.get(header, "") in values for header, values in self.where_not.items())

    def _currency_of(self, row: Row) -> str:
        if self.currency_column is None:
            return self.currency
        return shown(row.values[self.currency_column]).upper() or self.currency

    def _value(self, prepared: Prepared, row: Row, each: Field, spec: Mapping[str, Any], currency: str) -> None:
        column = str(spec.get("column", ""))
        if column:
            value: Cell = row.values[self.place[column]]
        elif "value" in spec:
            value = spec["value"]
        elif "template" in spec:
            value = self._filled(spec, prepared.raw)
        elif "lookup" in spec:
            value = self.lookups.get(each.key, {}).get(prepared.raw.get(str(spec.get("of", "")), ""))
        else:
            return
        if value is None or value == "":
            return
        cache, stamp = self.caches[each.key], (value, currency)
        try:
            if stamp in cache:
                typed = cache[stamp]
            else:
                typed = self._typed(each, spec, value, currency)
                if len(cache) < _CACHED:
                    cache[stamp] = typed
        except CellRefused as refusal:
            said = (refusal.describe("en"), refusal.describe("zh"))
            prepared.troubles.append(Trouble(column, _at(each.label, column, said)))
            prepared.unreadable.add(each.key)
            return
        except ValueError as error:
            english, chinese = error.args
            prepared.troubles.append(Trouble(column, _at(each.label, column, (english, chinese))))
            prepared.unreadable.add(each.key)
            return
        if typed is not None and typed != "":
            prepared.values[each.key] = typed

    def _filled(self, spec: Mapping[str, Any], raw: Mapping[str, str]) -> str | None:
        counted_over = spec.get("sequence_of")
        number = 0
        if counted_over:
            stamp = tuple(raw.get(header, "") for header in counted_over)
            self.counted[stamp] += 1
            number = self.counted[stamp]
        missing = False

        def part(found: re.Match[str]) -> str:
            nonlocal missing
            if found[1] == "n" and number:
                return str(number)
            text = raw.get(found[1], "")
            missing = missing or not text
            return text

        text = _PART.sub(part, str(spec["template"]))
        return None if missing else text

    def _typed(self, each: Field, spec: Mapping[str, Any], value: Cell, currency: str) -> Any:
        mended = self.mended.get(each.key)
        if mended:
            replaced = mended.get(normal(shown(value)))
            if replaced is not None:
                value = replaced
        if each.kind in {Kind.NUMBER, Kind.MONEY}:
            number = coerce.to_decimal(value, currency=currency)
            if number is None:
                return None
            if "factor" in spec:
                number *= Decimal(str(spec["factor"]))
            if abs(number) >= _LARGEST:
                raise ValueError(f"“{shown(value)}” is too large.", f"“{shown(value)}”过大。")
            return number.quantize(Decimal("0.01")) if each.kind is Kind.MONEY else number
        if each.kind is Kind.DATE:
            return coerce.to_date(value, order=spec.get("order") or "ymd", epoch_1904=self.epoch_1904)
        if each.kind is Kind.CHOICE:
            return _chosen(each, value)
        return _SIMPLE[each.kind](value) if each.kind in _SIMPLE else _text(each, value)


_SIMPLE: dict[Kind, Callable[[Cell], Any]] = {Kind.WHOLE: coerce.to_int, Kind.YES_NO: coerce.to_bool, Kind.PHONE: coerce.to_phone}


def _text(each: Field, value: Cell) -> str | None:
    text = coerce.to_text(value)
    if text is not None and len(text) > each.max_length:
        raise ValueError(f"longer than {each.max_length} characters.", f"超过 {each.max_length} 个字符。")
    return text


def _chosen(each: Field, value: Cell) -> str | None:
    text = coerce.to_text(value)
    if text is None:
        return None
    wanted = normal(text)
    for choice in each.choices:
        if wanted in {normal(word) for word in (choice.code, choice.label.en, choice.label.zh, *choice.synonyms)}:
            return choice.code
    english, chinese = ", ".join(choice.label.en for choice in each.choices), "、".join(choice.label.zh for choice in each.choices)
    raise ValueError(f"“{text}” is none of: {english}.", f"“{text}”不是可选值：{chinese}。")


def _both(problem: Problem) -> Said:
    return problem.describe("en"), problem.describe("zh")
