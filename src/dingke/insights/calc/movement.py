"""What the steps about movement need beside the columns: stages as they stand, dismissed proposals, how accounts are cared for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dingke.insights.calc.care_guards import KeyAccountCare
from dingke.insights.calc.lifecycle import Dismissal


@dataclass(frozen=True)
class MovementFacts:
    """`stage`: of each account its place in `lifecycle.STAGES`; `contacted`: of each account whether somebody spoke with it in the quarter;
    None where this run does not know it. `prospects`: new potential accounts of the quarter."""

    stage: Any = None
    dismissals: tuple[Dismissal, ...] = ()
    contacted: Any = None
    key_accounts: tuple[KeyAccountCare, ...] = ()
    prospects: int | None = None
