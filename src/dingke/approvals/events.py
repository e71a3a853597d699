"""What approvals tell: a request was decided."""

from __future__ import annotations

from dataclasses import dataclass

from dingke.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalGranted(Event):
    approval_id: int
    kind: str
    subject_id: int
    decided_by_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRejected(Event):
    approval_id: int
    kind: str
    subject_id: int
    decided_by_id: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalWithdrawn(Event):
    approval_id: int
    kind: str
    subject_id: int
