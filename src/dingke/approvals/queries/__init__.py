"""Reads of approvals. Requests are here by name; pages of flows and delegations import their module."""

from dingke.approvals.queries.kinds import Fact, Kind, install_kinds
from dingke.approvals.queries.people import agreed_by
from dingke.approvals.queries.requests import (
    AT_MOST,
    Request,
    approval_for,
    asked_by,
    copied_to,
    counts,
    current_step,
    decided_by,
    history_of,
    line_of,
    next_approver,
    open_request,
    steps_of,
    voices_of,
    waiting_for,
    waiting_for_anybody,
    whole_request,
)

__all__ = [
    "AT_MOST", "Fact", "Kind", "Request", "agreed_by", "approval_for", "asked_by", "copied_to", "counts", "current_step", "decided_by",
    "history_of", "install_kinds", "line_of", "next_approver", "open_request", "steps_of", "voices_of", "waiting_for",
    "waiting_for_anybody", "whole_request",
]  # fmt: skip
