"""The verbs of approvals: asking, deciding, bringing others in, the clock, delegations, flows."""

from dingke.approvals.actions.ask import StepPlan, UnableToAsk, ask_approval, ask_by_flow, resubmit, withdraw
from dingke.approvals.actions.clock import watch
from dingke.approvals.actions.decide import Bulk, UnableToDecide, agree_to_several, decide, send_back
from dingke.approvals.actions.involve import (
    UnableToInvolve,
    UnableToRemind,
    add_approver,
    comment,
    copy_to,
    hand_on,
    read_copy,
    remind,
)

__all__ = [
    "Bulk", "StepPlan", "UnableToAsk", "UnableToDecide", "UnableToInvolve", "UnableToRemind", "add_approver", "agree_to_several",
    "ask_approval", "ask_by_flow", "comment", "copy_to", "decide", "hand_on", "read_copy", "remind", "resubmit", "send_back", "watch",
    "withdraw",
]  # fmt: skip
