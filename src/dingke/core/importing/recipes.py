"""Recipes: known sets of files, told apart by their headers, with everything that has to be said about them.

A recipe is data in dingke/playbooks/recipes/*.yaml; whatever it says, the person still sees and confirms it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from dingke.core.lists import PLAYBOOKS
from dingke.core.reasons import Label
from dingke.core.tabular.mapping import normal


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a recipe. Two parts may read the same file, each its own rows."""

    name: str
    headers: frozenset[str]
    target: str
    mapping: dict[str, Any]
    reading: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recipe:
    key: str
    label: Label
    parts: tuple[Part, ...]

    def matches(self, tables: Sequence[Sequence[str]]) -> list[tuple[Part, int]]:
        """(part, index of the table that fits it), in the order in which the parts are to be imported."""
        found: list[tuple[Part, int]] = []
        known = [{normal(header): header for header in headers} for headers in tables]
        for part in self.parts:
            wanted = {normal(header) for header in part.headers}
            index = next((place for place, headers in enumerate(known) if wanted <= headers.keys()), None)
            if index is not None:
                found.append((part, index))
        return found

    def missing(self, matched: Sequence[tuple[Part, int]]) -> list[str]:
        names = {part.name for part, _index in matched}
        return [part.name for part in self.parts if part.name not in names]


@lru_cache(maxsize=1)
def all_recipes() -> tuple[Recipe, ...]:
    found: list[Recipe] = []
    for file in sorted((PLAYBOOKS / "recipes").glob("*.yaml")):
        content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        parts = tuple(_part(entry) for entry in content["files"])
        found.append(Recipe(content["key"], Label(content["label"]["en"], content["label"]["zh"]), parts))
    return tuple(found)


def recipe(key: str) -> Recipe | None:
    return next((each for each in all_recipes() if each.key == key), None)


def _part(entry: Mapping[str, Any]) -> Part:
    mapping = {name: entry[name] for name in ("fields", "where", "where_not", "key", "options") if name in entry}
    return Part(
        name=entry["name"],
        headers=frozenset(entry["headers"]),
        target=entry["target"],
        mapping={**mapping, "name": entry["name"]},
        reading=entry.get("reading", {}),
    )


def recognised(tables: Sequence[Sequence[str]]) -> tuple[Recipe, list[tuple[Part, int]]] | None:
    """The recipe that explains every one of these tables, if there is one."""
    for each in all_recipes():
        matched = each.matches(tables)
        if matched and {index for _part, index in matched} == set(range(len(tables))):
            return each, matched
    return None


def mapping_for(part: Part, headers: Sequence[str]) -> dict[str, Any]:
    """The part's mapping with the headers as this file writes them."""
    spelling = {normal(header): header for header in headers}

    def spelt(header: str) -> str:
        return spelling.get(normal(header), header)

    mapping = deepcopy(part.mapping)
    for spec in mapping["fields"].values():
        for name in ("column", "of"):
            if name in spec:
                spec[name] = spelt(spec[name])
        if "sequence_of" in spec:
            spec["sequence_of"] = [spelt(header) for header in spec["sequence_of"]]
    for name in ("where", "where_not"):
        if name in mapping:
            mapping[name] = {spelt(header): values for header, values in mapping[name].items()}
    return mapping
