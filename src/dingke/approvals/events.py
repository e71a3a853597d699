"""What approvals tell: people are asked, somebody decided, a request ended, was copied, reminded of, escalated; delegations."""

from __future__ import annotations

from dataclasses import dataclass

from dingke.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalAsked(Event):
    """These people are asked to decide now: when their step comes, when it is handed on to them, when they are called in."""

    approval_id: int
    kind: str
    subject_id: int
    asked_by_id: int
    approver_ids: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDecided(Event):
    """One person spoke: AGREED, REJECTED or SENT_BACK. The request may go on."""

    approval_id: int
    kind: str
    subject_id: int
    asked_by_id: int
    decided_by_id: int
    decision: str
    note: str


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
class ApprovalSentBack(Event):
    """The person who asked changes it and asks again."""

    approval_id: int
    kind: str
    subject_id: int
    asked_by_id: int
    decided_by_id: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalResubmitted(Event):
    approval_id: int
    kind: str
    subject_id: int
    asked_by_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalWithdrawn(Event):
    approval_id: int
    kind: str
    subject_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproverAdded(Event):
    """加签: somebody who is asked asked others as well, before or after the own step."""

    approval_id: int
    kind: str
    subject_id: int
    added_by_id: int
    approver_ids: list[int]
    before: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalHandedOn(Event):
    """转交: somebody else decides instead."""

    approval_id: int
    kind: str
    subject_id: int
    from_id: int
    to_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalCopied(Event):
    approval_id: int
    kind: str
    subject_id: int
    user_ids: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalCommented(Event):
    """`concerned_ids`: who is part of the request, without the author."""

    approval_id: int
    kind: str
    subject_id: int
    author_id: int
    concerned_ids: list[int]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalReminded(Event):
    """`by_id` is None when the clock reminded."""

    approval_id: int
    kind: str
    subject_id: int
    approver_ids: list[int]
    by_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalEscalated(Event):
    """Nobody decided in time, or nobody was there to: these people were called in."""

    approval_id: int
    kind: str
    subject_id: int
    approver_ids: list[int]
    to_ids: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationStarted(Event):
    delegation_id: int
    giver_id: int
    taker_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationEnded(Event):
    delegation_id: int
    giver_id: int
    taker_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowPublished(Event):
    kind: str
    number: int
