"""The board that a presenter stands before: stage, amount, ten elements, three needs, gaps and the next step of one deal."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from dingke.core import money
from dingke.core.reasons import is_chinese
from dingke.core.scope import Scope
from dingke.pipeline.models import Opportunity
from dingke.qualification.models import ReviewItem, SheetElement, SheetSnapshot, ThreeNeed
from dingke.qualification.queries import agenda

GAPS = {SheetElement.State.UNKNOWN, SheetElement.State.RED_FLAG}


def board_of(opportunity: Opportunity) -> dict[str, Any]:
    """The facts of the board as JSON, so that it can be kept as it was scored. Three queries, four with the playbook version."""
    rows = {row.element: row for row in SheetElement.objects.filter(opportunity=opportunity).order_by("pk")}
    needs = {row.kind: row for row in ThreeNeed.objects.filter(opportunity=opportunity).order_by("pk")}
    snapshot = SheetSnapshot.objects.filter(opportunity=opportunity).order_by("-on_date", "-pk").first()
    stage = agenda.stage_of(opportunity)
    elements = []
    for code in SheetElement.Element.values:
        row = rows.get(code)
        elements.append(
            {
                "code": code,
                "state": row.state if row else SheetElement.State.UNKNOWN.value,
                "text": row.text if row else "",
                "question": row.next_question if row else "",
            }
        )
    return {
        "stage": {"zh": stage.get("zh") or opportunity.stage, "en": stage.get("en") or opportunity.stage},
        "amount": str(opportunity.amount) if opportunity.amount is not None else None,
        "expected": opportunity.expected_date.isoformat() if opportunity.expected_date else None,
        "score": snapshot.score if snapshot else None,
        "elements": elements,
        "needs": [
            {"kind": kind, "text": needs[kind].text if kind in needs else "", "gap": needs[kind].gap if kind in needs else ""}
            for kind in ThreeNeed.Kind.values
        ],
        "next_step": opportunity.next_step,
        "next_step_date": opportunity.next_step_date.isoformat() if opportunity.next_step_date else None,
    }


def shown(scope: Scope, item: ReviewItem, *, language: str) -> dict[str, Any]:
    """The board in words: frozen once scored, as it is now before. Amounts only for roles that see them."""
    facts = item.board or board_of(item.opportunity)
    labels, states = dict(SheetElement.Element.choices), dict(SheetElement.State.choices)
    kinds = dict(ThreeNeed.Kind.choices)
    amount = facts["amount"]
    return {
        "is_frozen": bool(item.board),
        "stage": facts["stage"]["zh" if is_chinese(language) else "en"],
        "amount": None if amount is None or scope.hides("amount") else money.exact(Decimal(amount)),
        "amount_hidden": scope.hides("amount"),
        "expected": facts["expected"],
        "score": facts["score"],
        "elements": [{**entry, "label": labels[entry["code"]], "state_label": states[entry["state"]]} for entry in facts["elements"]],
        "gaps": sum(1 for entry in facts["elements"] if entry["state"] in GAPS),
        "needs": [{**entry, "label": kinds[entry["kind"]]} for entry in facts["needs"]],
        "next_step": facts["next_step"],
        "next_step_date": facts["next_step_date"],
    }
