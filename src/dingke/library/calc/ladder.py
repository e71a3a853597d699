"""From the problem to the level to the product families (D-15). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rung:
    code: str
    position: int
    problems: tuple[str, ...]  # codes
    families: tuple[str, ...]
    is_standard: bool = True


@dataclass(frozen=True, slots=True)
class Proposal:
    """The lowest rung of standard management that reaches the hardest chosen problem, and every rung beside it that is needed."""

    rungs: tuple[str, ...]
    families: tuple[str, ...]
    unsolved: tuple[str, ...]  # problems that no rung solves


def propose(chosen: Iterable[str], ladder: Sequence[Rung]) -> Proposal:
    """Levels of standard management build on each other, so the highest one needed answers for those below; what stands beside
    them (central control) is proposed in addition."""
    wanted = list(dict.fromkeys(chosen))
    hit = [rung for rung in sorted(ladder, key=lambda row: row.position) if set(rung.problems) & set(wanted)]
    standard = [rung for rung in hit if rung.is_standard]
    picked = [*standard[-1:], *(rung for rung in hit if not rung.is_standard)]
    families = tuple(dict.fromkeys(family for rung in picked for family in rung.families))
    solved = {problem for rung in ladder for problem in rung.problems}
    return Proposal(tuple(rung.code for rung in picked), families, tuple(problem for problem in wanted if problem not in solved))
