"""The steps of a score run about movement: which lifecycle stage the figures propose (D-01), and how accounts are cared for (A-08)."""

from __future__ import annotations

import numpy as np

from dingke.insights.calc import care_guards, explanation, lifecycle
from dingke.insights.calc.told import Told
from dingke.insights.columns import Columns
from dingke.insights.judging import Judged

STAGE_CODES = np.array([stage.value for stage in lifecycle.STAGES])


def propose_stages(columns: Columns, judged: Judged) -> None:
    """D-01: a proposal for each account that ever bought, stands in another stage, and was not dismissed on the same figures."""
    facts, settings = judged.outside.movement, judged.rules.lifecycle
    if facts.stage is None:
        return
    found = lifecycle.propose_stages(
        first_order=columns.first_order_date,
        turnover=columns.revenue,
        turnover_before=columns.revenue_before,
        last_order=columns.last_order_date,
        usual_gap_days=columns.usual_gap_days,
        current=facts.stage,
        as_of=columns.as_of,
        settings=settings,
    )
    moves = columns.has_bought & (found.stage != lifecycle.POTENTIAL) & (found.stage != facts.stage)
    moves &= ~lifecycle.still_dismissed(found, last_order=columns.last_order_date, dismissals=facts.dismissals, settings=settings)
    judged.proposed_stage = np.where(moves, STAGE_CODES[found.stage], "")
    judged.reasons["stage"] = tuple(Told(told.code, told.where & moves, told.params) for told in found.reasons)
    judged.company["stages_proposed"] = int(moves.sum())


def watch_care(columns: Columns, judged: Judged) -> None:
    """A-08, guards 3 and 4 and the quota of guard 5: after the guards that figures watch."""
    facts, settings = judged.outside.movement, judged.rules.guards
    if facts.contacted is None or facts.prospects is None:
        return
    others = columns.has_bought & ~columns.is_key
    results = (
        care_guards.key_account_care(facts.key_accounts, settings),
        care_guards.contact_coverage(covered=int((others & facts.contacted).sum()), others=int(others.sum()), settings=settings),
        care_guards.prospecting(new=facts.prospects, settings=settings),
    )
    judged.company["guards"] = [*judged.company.get("guards", []), *(explanation.packed_guard(result) for result in results)]
