"""The API's door to opportunities."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from ninja import Router, Status

from dingke.core.doors import DoorRequest
from dingke.core.rest import PageOf, ProblemOut, checked_size, page_answer, record_answer, wanted_fields, write_once
from dingke.core.scope import Scope
from dingke.pipeline import access
from dingke.pipeline.actions.opportunity import create_opportunity, move_opportunity
from dingke.pipeline.queries import list_api, list_filter
from dingke.pipeline.queries.opportunity import opportunity_for
from dingke.pipeline.schemas import MoveIn, OpportunityIn, OpportunityOut

router = Router(tags=["opportunities"])
PROBLEMS = {401: ProblemOut, 403: ProblemOut, 404: ProblemOut, 409: ProblemOut, 422: ProblemOut}


def _written(scope: Scope, opportunity_id: int) -> dict[str, Any]:
    """The record of an opportunity that was just written."""
    names = wanted_fields(OpportunityOut, "")
    record = list_api.opportunity_record(scope, opportunity_id, names=names, today=timezone.localdate())
    return OpportunityOut(**record).model_dump(mode="json")


@router.get("/", response={200: PageOf, **PROBLEMS})
def list_opportunities(
    request: DoorRequest, cursor: str = "", size: int = 50, fields: str = "", text: str = "", state: str = "OPEN", owner: str = "",
    account: int | None = None, playbook: int | None = None, stage: str = "", expected_from: date | None = None,
    expected_to: date | None = None, ended_from: date | None = None, ended_to: date | None = None,
) -> HttpResponse:  # fmt: skip
    """Visible opportunities by their id. `state` takes OPEN, WON, LOST, DROPPED or all; `owner` takes "mine" or an id."""
    access.can_see(request.scope).enforce()
    wanted = list_filter.deal_filter(
        {
            "text": text, "state": state, "owner": owner, "account": account, "playbook": playbook, "stage": stage,
            "expected_from": expected_from, "expected_to": expected_to, "ended_from": ended_from, "ended_to": ended_to,
        }
    )  # fmt: skip
    names = wanted_fields(OpportunityOut, fields)
    page = list_api.opportunity_records(
        request.scope, wanted, today=timezone.localdate(), size=checked_size(size), cursor=cursor or None, names=names
    )
    return page_answer(page)


@router.post("/", response={201: OpportunityOut, **PROBLEMS})
def create(request: DoorRequest, body: OpportunityIn) -> Status[Any]:
    """Begins an opportunity in the first stage of its playbook; it belongs to the caller unless an owner is named. Send an Idempotency-Key
    so that a repeated request writes once."""
    access.can_create(request.scope).enforce()

    def write() -> tuple[int, dict[str, Any]]:
        values, version, owner = list_api.opportunity_values(request.scope, body.model_dump())
        made = create_opportunity(
            values=values, playbook_version=version, owner=owner, by=request.scope, now=timezone.now(), today=timezone.localdate()
        )
        return 201, _written(request.scope, made.pk)

    return write_once(request, write)


@router.get("/{int:opportunity_id}", response={200: dict[str, Any], **PROBLEMS})
def get_opportunity(request: DoorRequest, opportunity_id: int, fields: str = "") -> HttpResponse:
    access.can_see(request.scope).enforce()
    names = wanted_fields(OpportunityOut, fields)
    return record_answer(list_api.opportunity_record(request.scope, opportunity_id, names=names, today=timezone.localdate()))


@router.post("/{int:opportunity_id}/move", response={200: OpportunityOut, **PROBLEMS})
def move(request: DoorRequest, opportunity_id: int, body: MoveIn) -> Status[Any]:
    """Moves an opportunity to another stage of its playbook. 409 with the conditions that do not hold while the gate is closed."""
    access.can_see(request.scope).enforce()

    def write() -> tuple[int, dict[str, Any]]:
        moved = move_opportunity(
            opportunity=opportunity_for(request.scope, opportunity_id), to_stage=body.stage, reason=body.reason, by=request.scope,
            now=timezone.now(), today=timezone.localdate(), expected_version=body.version,
        )  # fmt: skip
        return 200, _written(request.scope, moved.pk)

    return write_once(request, write)
