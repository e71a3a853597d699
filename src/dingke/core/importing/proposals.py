"""What the system proposes and a person confirms: what a file holds, where its columns go, what a misspelt value means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from dingke.core.importing import files
from dingke.core.importing.targets import Field, ImportTarget, Kind, all_targets, known_target
from dingke.core.models import ImportFile, MappingMemory
from dingke.core.tabular.coerce import examine_date_order
from dingke.core.tabular.mapping import Candidate, nearest, normal, propose
from dingke.core.tabular.reader import Table

_FACTORS = (
    (("千", "thousands", "thousand", "k"), "1000"),
    (("万",), "10000"),
    (("百万", "millions", "million", "mn", "m"), "1000000"),
    (("亿",), "100000000"),
)
_UNIT = re.compile(
    r"[(/_\[]\s*(?:in\s+|单位[:\s]*|usd\s+|rmb\s+|cny\s+)?(?:(百万|千|万|亿)(?:元|美元|人民币)?|(thousands?|millions?|mn|[km]))\b"
)
MOST_DIFFERENT = 400
SURE = 0.85


@dataclass(frozen=True, slots=True)
class Proposal:
    target: str
    mapping: dict[str, Any]
    value_mapping: dict[str, dict[str, str]]
    is_remembered: bool = False


@dataclass(frozen=True, slots=True)
class ValueQuestion:
    """A value of a column that stands nowhere in the system, how many rows have it, and what it probably means."""

    field: Field
    column: str
    value: str
    rows: int
    candidate: Candidate | None

    @property
    def is_sure(self) -> bool:
        return self.candidate is not None and self.candidate.score >= SURE


def remembered(headers: Sequence[str], target: str = "") -> MappingMemory | None:
    """The mapping that was confirmed last for files with these headers."""
    rows = MappingMemory.objects.filter(headers_key=files.headers_key(headers)).order_by("-used_at")
    if target:
        rows = rows.filter(target=target)
    return next((row for row in rows[:5] if known_target(row.target)), None)


def remember(*, headers: Sequence[str], target: str, mapping: Mapping[str, Any], value_mapping: Mapping[str, Any], now: datetime) -> None:
    MappingMemory.objects.update_or_create(
        target=target,
        headers_key=files.headers_key(headers),
        defaults={"mapping": dict(mapping), "value_mapping": dict(value_mapping), "used_at": now},
    )


def propose_for(table: Table, *, allowed: Iterable[str], target: str = "") -> Proposal:
    """What the file most likely holds and how its columns map: the remembered mapping, else by names and samples."""
    memory = remembered(table.headers, target)
    permitted = set(allowed)
    if memory and memory.target in permitted:
        kept = _fitting(memory.mapping, table.headers)
        return Proposal(memory.target, kept, dict(memory.value_mapping), is_remembered=True)
    candidates = [each for each in all_targets() if each.key in permitted and (not target or each.key == target)]
    best: tuple[tuple[int, int, int], ImportTarget, dict[str, str | None]] | None = None
    for each in candidates:
        pairs = propose(table.headers, [field.for_mapping() for field in each.fields])
        score = _score(each, {key for key in pairs.values() if key})
        if best is None or score > best[0]:
            best = (score, each, pairs)
    if best is None:
        return Proposal("", {"fields": {}}, {})
    _found, chosen, pairs = best
    return Proposal(chosen.key, mapping_of(chosen, {header: key for header, key in pairs.items() if key}, table), {})


def _fitting(mapping: Mapping[str, Any], headers: Sequence[str]) -> dict[str, Any]:
    fields = {key: spec for key, spec in mapping.get("fields", {}).items() if "column" not in spec or spec["column"] in headers}
    return {**mapping, "fields": fields}


def _score(target: ImportTarget, mapped: set[str]) -> tuple[int, int, int]:
    needed = [field.key for field in target.fields if field.required and field.key not in target.automatic]
    complete = all(key in mapped for key in needed) and (not target.needs_one_of or bool(mapped & set(target.needs_one_of)))
    return int(complete), len(mapped), target.likelihood


def mapping_of(target: ImportTarget, pairs: Mapping[str, str], table: Table, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The mapping for header -> field pairs. What `before` says beyond columns (constants, factors, orders) is kept."""
    kept: Mapping[str, Any] = (before or {}).get("fields", {})
    fields: dict[str, Any] = {
        key: dict(spec) for key, spec in kept.items() if "column" not in spec and "automatic" not in spec and target.field(key)
    }
    samples = _samples(table, [header for header, key in pairs.items() if (found := target.field(key)) and found.kind is Kind.DATE])
    for header, key in pairs.items():
        field = target.field(key)
        if field is None:
            continue
        spec: dict[str, Any] = {"column": header}
        old = kept.get(key, {})
        if field.kind is Kind.MONEY and (factor := old.get("factor") if old.get("column") == header else unit_in(header)):
            spec["factor"] = factor
        if field.kind is Kind.DATE:
            orders = examine_date_order(samples[header])
            spec["order"] = old["order"] if old.get("column") == header and old.get("order") else orders.order
            spec["order_is_certain"] = orders.certain
            spec["orders"] = list(orders.possible)
        fields[key] = spec
    for key, sources in target.automatic.items():
        if key not in fields and (made := _automatic(key, sources, fields)):
            fields[key] = made
    return {**{name: value for name, value in (before or {}).items() if name != "fields"}, "fields": fields}


def unit_in(header: str) -> str:
    """The factor that a header names in brackets or after a slash: 年营业额（万元） -> 10000, "Revenue (in millions)" -> 1000000."""
    found = _UNIT.search(unicodedata.normalize("NFKC", header).casefold())
    if not found:
        return ""
    word = next(part for part in found.groups() if part)
    return next(factor for words, factor in _FACTORS if word in words)


def _automatic(key: str, sources: Sequence[str], fields: Mapping[str, Any]) -> dict[str, Any] | None:
    """A value made of other columns and a running number: the same in every run over the same file."""
    headers: list[str] = []
    for source in sources:
        header = next((fields[name]["column"] for name in source.split("|") if "column" in fields.get(name, {})), None)
        if header is None:
            return None
        headers.append(header)
    return {"template": "-".join(f"{{{header}}}" for header in headers) + "-{n}", "sequence_of": headers, "automatic": True}


def _samples(table: Table, headers: Sequence[str]) -> dict[str, list[Any]]:
    places = [(header, table.headers.index(header)) for header in headers]
    found: dict[str, list[Any]] = {header: [] for header in headers}
    if places:
        for row in islice(table.rows(), 20_000):
            for header, place in places:
                if row.values[place] is not None:
                    found[header].append(row.values[place])
    return found


def value_questions(file: ImportFile, siblings: Sequence[ImportFile]) -> list[ValueQuestion]:
    """The values that nothing in the system, in the earlier files of the run or in the mapping knows."""
    target = known_target(file.target)
    if target is None:
        return []
    specs = file.mapping.get("fields", {})
    watched = {
        field.key: (field, str(specs[field.key]["column"]))
        for field in target.fields
        if field.key in specs and "column" in specs[field.key] and (field.known or field.choices or field.refers_to)
    }
    if not watched:
        return []
    counts = files.distinct_values(file, [column for _field, column in watched.values()], most=MOST_DIFFERENT)
    questions: list[ValueQuestion] = []
    for key, (field, column) in watched.items():
        values = counts.get(column)
        known = known_values(field, siblings, file, specs[key]) if values else None
        if not values or not known:
            continue
        keys = {normal(value) for value in known}
        mended = {normal(value) for value in file.value_mapping.get(key, {})}
        exact = set(known) | {value for value in values if normal(value) in keys and not field.refers_to}
        for value, rows in sorted(values.items(), key=lambda item: (-item[1], item[0])):
            if value in exact or normal(value) in mended:
                continue
            questions.append(ValueQuestion(field, column, value, rows, nearest(value, known)))
    return questions


def known_values(field: Field, siblings: Sequence[ImportFile], file: ImportFile, spec: Mapping[str, Any]) -> list[str] | None:
    if field.choices:
        words = [word for choice in field.choices for word in (choice.code, *choice.synonyms, choice.label.en, choice.label.zh)]
        return list({normal(word): word for word in words}.values())
    stored = field.known() if field.known else []
    if stored is None:
        return None
    known = [*spec.get("known", []), *stored]
    for other in siblings:
        target = known_target(other.target)
        if other.position < file.position and target and target.key == field.refers_to and target.names:
            source = other.mapping.get("fields", {}).get(target.names, {}).get("column")
            if source:
                found = files.distinct_values(other, [source], most=5_000).get(source)
                if found is None:
                    return None
                known.extend(found)
    # One spelling for each: two that differ by case alone would make every proposal a tie.
    return list({normal(value): value for value in reversed(known)}.values())


def sure_values(questions: Iterable[ValueQuestion]) -> dict[str, dict[str, str]]:
    """The proposals that `--yes` takes without asking."""
    taken: dict[str, dict[str, str]] = {}
    for question in questions:
        if question.is_sure and question.candidate:
            taken.setdefault(question.field.key, {})[question.value] = question.candidate.value
    return taken
