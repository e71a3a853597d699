"""Gates of a playbook (F-02, F-10, F-11, F-18): conditions that are judged from facts.

A check is a rule with a name: it says of a deal whether its condition is met, with a sentence. Records in, records out; the facts
are read for many deals at once by whoever registers the check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dingke.core.reasons import Label, Reason


class Met(StrEnum):
    YES = "YES"
    NO = "NO"
    UNKNOWN = "UNKNOWN"  # the fact is not recorded: as good as no for a gate, but the sentence asks for it
    WAIVED = "WAIVED"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found on one deal. `page` names a route and `page_params` its parameters: where the fact is put right."""

    met: Met
    reason: Reason
    page: str = ""
    page_params: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as a playbook states it: `key` is unique in its gate; `must` blocks, otherwise it only warns."""

    key: str
    check: str
    must: bool = True
    params: dict[str, object] = field(default_factory=dict)
    label: Label | None = None  # the playbook's own words; else those of the check


@dataclass(frozen=True, slots=True)
class Judged:
    """A condition with what was found."""

    condition: Condition
    finding: Finding

    @property
    def holds(self) -> bool:
        return self.finding.met in {Met.YES, Met.WAIVED}


def is_open(judged: tuple[Judged, ...]) -> bool:
    """Whether a gate lets a deal pass: every must-condition is met or waived. An empty gate is open."""
    return all(one.holds for one in judged if one.condition.must)


def blocking(judged: tuple[Judged, ...]) -> tuple[Judged, ...]:
    return tuple(one for one in judged if one.condition.must and not one.holds)
