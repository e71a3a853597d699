"""Shapes of the API's input and output about opportunities."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from ninja import Schema
from pydantic import Field


class OpportunityOut(Schema):
    """An opportunity as the caller may see it; amounts are null without the field right. `stage` is a code of its playbook version."""

    id: int
    version: int
    name: str
    account_id: int | None
    account: str | None
    owner_id: int
    owner: str
    playbook: str
    playbook_version: int
    stage: str
    stage_name: str
    stage_since: date
    state: str
    unit: str
    mode: str
    product_family: str
    amount: Decimal | None
    currency: str
    probability: int
    forecast: str
    opened_date: date
    expected_date: date | None
    next_step: str
    next_step_date: date | None
    open_question: str
    ended_date: date | None
    end_reason: str | None
    lost_to: str | None
    won_amount: Decimal | None
    recheck_date: date | None
    external_key: str | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


class OpportunityIn(Schema, extra="forbid"):
    """Facts of a new opportunity. `playbook` is the code of a playbook; without one the one that fits the product family is taken."""

    name: str = Field(max_length=200)
    account_id: int | None = None
    owner_id: int | None = None
    playbook: str = Field("", max_length=40)
    product_family: str = Field("", max_length=80)
    amount: Decimal | None = None
    currency: str = Field("", max_length=3)
    expected_date: date | None = None
    next_step: str = Field("", max_length=200)
    next_step_date: date | None = None
    external_key: str | None = Field(None, max_length=120)


class MoveIn(Schema, extra="forbid"):
    """Where an opportunity goes. Going back needs a reason; with `version` a stale move is refused."""

    stage: str = Field("", max_length=40)
    reason: str = Field("", max_length=300)
    version: int | None = None
