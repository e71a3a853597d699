"""The registry of checks that gates are made of. Domains above bring theirs through config/wiring.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dingke.core.reasons import Label, Sentences
from dingke.pipeline.calc.gates import Finding
from dingke.pipeline.models import Opportunity

Judge = Callable[[Sequence[Opportunity], Mapping[str, object], date], Mapping[int, Finding]]
"""(deals, parameters of the condition, today) -> finding by deal id. Reads the facts of all deals in a fixed number of queries."""


@dataclass(frozen=True, slots=True)
class Check:
    """A typed check: code, name in both languages, its sentences, and how it is judged."""

    code: str
    label: Label
    judge: Judge
    sentences: Sentences
    params: tuple[str, ...] = ()  # names of parameters that a playbook may set: numbers, and "step", the code of a step of the same stage


_checks: dict[str, Check] = {}


def install(checks: Iterable[Check]) -> None:
    """Takes over checks. ValueError when a code is taken by another check."""
    for check in checks:
        if _checks.get(check.code, check) is not check:
            raise ValueError(f"the check {check.code} exists already")
        _checks[check.code] = check


def check_for(code: str) -> Check | None:
    return _checks.get(code)


def every() -> tuple[Check, ...]:
    return tuple(_checks[code] for code in sorted(_checks))
