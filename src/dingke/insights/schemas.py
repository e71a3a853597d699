"""Shapes of the API about assessments and warnings."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from ninja import Schema


class AssessmentPartOut(Schema):
    """A part of a dimension. `value` and `score` are null where they are not known, or where the caller's role does not see them."""

    code: str
    is_measured: bool
    value: Decimal | None
    score: Decimal | None
    weight: Decimal
    why: str
    note: str
    evidence: str
    link: str
    evidence_date: date | None


class AssessmentDimensionOut(Schema):
    code: str
    weight: Decimal
    score: Decimal | None
    parts: list[AssessmentPartOut]


class AssessmentOut(Schema):
    """A finished value assessment with everything that counted; `weight` of a part is its share inside the dimension."""

    id: int
    version: int
    assessed_date: date
    level: str
    level_before: str
    total: Decimal
    strategy: str
    tier: str
    next_date: date | None
    rated_by: str
    rules_version: int
    long_term: str
    customer_talk: str
    adjustments: str
    dimensions: list[AssessmentDimensionOut]


class AlertOut(Schema):
    """A warning; amounts are null for roles that do not see them."""

    id: int
    account_id: int
    account: str
    signal: str
    label: str
    category: str
    state: str
    owner_id: int | None
    probability: Decimal
    value: Decimal | None
    expected_loss: Decimal | None
    sentences: list[str]
    proposed_action: str
    raised_at: datetime
    snoozed_until: date | None
    act: str
    outcome: str
    close_reason: str
    closed_at: datetime | None


class SnoozeIn(Schema):
    until: date | None = None
    reason: str = ""


class CloseIn(Schema):
    """`outcome`: KEPT, PARTLY, LOST or FALSE_ALARM; a false alarm says why."""

    outcome: str = ""
    reason: str = ""
