"""The text of an entry as one record, its digest, and what differs between two of them. Pure."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TEXT_FIELDS = (
    "title_zh",
    "title_en",
    "body_zh",
    "body_en",
    "content",
    "industries",
    "product_families",
    "stages",
    "topic",
    "form",
    "spin",
    "dimension",
)


def digest(text: Mapping[str, Any]) -> str:
    """The same for the same text, whatever the order of keys."""
    plain = {name: text.get(name) or "" for name in TEXT_FIELDS}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line: kept, taken out ("-") or put in ("+")."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs: its lines in order, each a tuple of pieces."""

    field: str
    lines: tuple[tuple[Piece, ...], ...]


def flat(text: Mapping[str, Any]) -> dict[str, str]:
    """Every field as words, the parts of the content one by one ("content.idea.zh")."""
    words: dict[str, str] = {}
    for name in TEXT_FIELDS:
        value = text.get(name)
        if name == "content":
            for key, part in _leaves(value or {}, "content"):
                words[key] = part
        elif isinstance(value, list):
            words[name] = ", ".join(str(item) for item in value)
        else:
            words[name] = str(value or "")
    return words


def _leaves(value: object, path: str) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, f"{path}.{key}")]
    if isinstance(value, list):
        return [leaf for index, inner in enumerate(value, start=1) for leaf in _leaves(inner, f"{path}.{index}")]
    return [(path, "" if value is None else str(value))]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What differs, field by field, down to the stretch of a line. Empty when both say the same."""
    old, new = flat(before), flat(after)
    names = [*old, *(name for name in new if name not in old)]
    return [
        Difference(name, tuple(_lines(old.get(name, ""), new.get(name, "")))) for name in names if old.get(name, "") != new.get(name, "")
    ]


def _lines(before: str, after: str) -> list[tuple[Piece, ...]]:
    old, new = before.splitlines(), after.splitlines()
    found: list[tuple[Piece, ...]] = []
    for what, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            found.extend((Piece("", line),) for line in old[a:b])
        elif what == "replace" and b - a == d - c:
            found.extend(_pieces(left, right) for left, right in zip(old[a:b], new[c:d], strict=True))
        else:
            found.extend((Piece("-", line),) for line in old[a:b])
            found.extend((Piece("+", line),) for line in new[c:d])
    return found


def _pieces(before: str, after: str) -> tuple[Piece, ...]:
    found: list[Piece] = []
    for what, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(Piece("", before[a:b]))
            continue
        if b > a:
            found.append(Piece("-", before[a:b]))
        if d > c:
            found.append(Piece("+", after[c:d]))
    return tuple(found)
