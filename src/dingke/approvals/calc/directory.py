"""Who leads whom, as records: the part of the company that flows look at. No Django, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DIRECTOR = "DIRECTOR"
ADMINISTRATOR = "ADMINISTRATOR"


@dataclass(frozen=True)
class Person:
    id: int
    role: str
    team: int | None = None
    is_active: bool = True


@dataclass(frozen=True)
class Team:
    id: int
    parent: int | None = None
    leaders: tuple[int, ...] = ()


@dataclass(frozen=True)
class Directory:
    people: Mapping[int, Person]
    teams: Mapping[int, Team] = field(default_factory=dict)

    def is_here(self, person: int) -> bool:
        return person in self.people and self.people[person].is_active

    def with_role(self, *roles: str) -> tuple[int, ...]:
        return tuple(sorted(person.id for person in self.people.values() if person.is_active and person.role in roles))

    def leaders_above(self, person: int) -> list[tuple[int, ...]]:
        """Levels of leaders above a person, the nearest first: each team upwards that has a leader who is here, is somebody
        else, and was not named by a lower level.
        """
        levels: list[tuple[int, ...]] = []
        named = {person}
        team = self.teams.get(self.people[person].team or 0) if person in self.people else None
        seen: set[int] = set()
        while team is not None and team.id not in seen:
            seen.add(team.id)
            leaders = tuple(leader for leader in sorted(team.leaders) if leader not in named and self.is_here(leader))
            if leaders:
                levels.append(leaders)
                named.update(leaders)
            team = self.teams.get(team.parent or 0)
        return levels

    def leader(self, person: int, level: int = 1) -> tuple[int, ...]:
        """The leaders at a level above a person (1 = the nearest); above the top the directors, at last the administrators."""
        levels = self.leaders_above(person)
        if level <= len(levels):
            return levels[level - 1]
        return next((found for found in self._top(person)), ())

    def stand_ins(self, person: int, *, without: int = 0) -> tuple[int, ...]:
        """Everybody who could stand in for a person, in order: the leaders above, then directors, then administrators."""
        above = (one for level in self.leaders_above(person) for one in level)
        ordered = [*above, *self.with_role(DIRECTOR), *self.with_role(ADMINISTRATOR)]
        return tuple(one for one in dict.fromkeys(ordered) if one not in {person, without})

    def _top(self, person: int) -> list[tuple[int, ...]]:
        groups = [tuple(one for one in self.with_role(role) if one != person) for role in (DIRECTOR, ADMINISTRATOR)]
        return [group for group in groups if group]
