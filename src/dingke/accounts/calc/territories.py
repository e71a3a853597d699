"""Into which territory an account falls: by its region, with the parts of the country that the region lies in, and its industry.

A territory names regions, industries, or both. An account fits when its region, or a part of the country above it, is among the
named ones (none named: any), and the same holds for the industry; a territory that names neither fits nothing by itself. Of
several that fit the closest one counts: naming both before naming one, the region itself before the part of the country it lies
in, the one that names fewer, then by name. No units; no errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TerritoryRule:
    """What one territory names, by id. `regions` holds provinces and parts of the country as they were chosen."""

    id: int
    name: str
    regions: frozenset[int] = frozenset()
    industries: frozenset[int] = frozenset()

    @property
    def is_empty(self) -> bool:
        return not self.regions and not self.industries


@dataclass(frozen=True, slots=True)
class Place:
    """Where an account lies: its region and what that lies in, from the region upwards; its industry."""

    regions: tuple[int, ...] = ()
    industry: int | None = None


def closeness(rule: TerritoryRule, place: Place) -> tuple[int, int, int] | None:
    """How closely a rule fits, more is closer: how much it names, how near its region is, how little else it names. None: not."""
    if rule.is_empty:
        return None
    nearness = 0
    if rule.regions:
        steps = next((step for step, region in enumerate(place.regions) if region in rule.regions), None)
        if steps is None:
            return None
        nearness = 100 - steps
    if rule.industries and place.industry not in rule.industries:
        return None
    return bool(rule.regions) + bool(rule.industries), nearness, -(len(rule.regions) + len(rule.industries))


def fitting(place: Place, rules: Iterable[TerritoryRule]) -> list[TerritoryRule]:
    """The territories that fit, the closest first."""
    found = [(fit, rule) for rule in rules if (fit := closeness(rule, place)) is not None]
    found.sort(key=lambda pair: ([-part for part in pair[0]], pair[1].name, pair[1].id))
    return [rule for _fit, rule in found]


def territory_of(place: Place, rules: Iterable[TerritoryRule]) -> int | None:
    """The id of the territory that counts; None when none fits."""
    found = fitting(place, rules)
    return found[0].id if found else None


def regions_upwards(region: int | None, parents: Mapping[int, int]) -> tuple[int, ...]:
    """The region, the part of the country it lies in, and so on; a circle in the list of regions ends where it began."""
    found: list[int] = []
    while region is not None and region not in found:
        found.append(region)
        region = parents.get(region)
    return tuple(found)
