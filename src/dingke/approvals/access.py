"""Who sees a request for approval, who decides it, who takes it back."""

from __future__ import annotations

from django.utils.translation import gettext as _

from dingke.approvals.models import Approval, Step, Voice
from dingke.core.access import YES, Answer, no
from dingke.core.scope import Scope


def may_decide_any(scope: Scope) -> bool:
    return scope.can("approvals.decide_any") or scope.can("*")


def can_see(scope: Scope, approval: Approval) -> Answer:
    """The person who asked, everybody who is asked, and roles that decide any request."""
    if may_decide_any(scope) or approval.requested_by_id == scope.user_id:
        return YES
    if any(voice.approver_id == scope.user_id for step in approval.steps.all() for voice in step.voices.all()):
        return YES
    return no(_("There is no such request, or it is not yours to see."))


def can_decide(scope: Scope, approval: Approval, step: Step | None) -> Answer:
    """Whoever is asked in the step that waits, and roles that decide any request; nobody decides a request of their own."""
    if approval.state != Approval.State.OPEN or step is None:
        return no(_("This request is already decided."))
    if any(voice.approver_id == scope.user_id and voice.decision == Voice.Decision.WAITING for voice in step.voices.all()):
        return YES
    if approval.requested_by_id == scope.user_id:
        return no(_("You asked for this yourself; somebody else decides."))
    if may_decide_any(scope):
        return YES
    if any(voice.approver_id == scope.user_id for voice in step.voices.all()):
        return no(_("You have decided. The others of this step are still asked."))
    return no(_("It is not your turn to decide this request."))


def can_withdraw(scope: Scope, approval: Approval) -> Answer:
    """The person who asked, as long as the request is open; roles that decide any request as well."""
    if approval.state != Approval.State.OPEN:
        return no(_("This request is already decided."))
    if approval.requested_by_id == scope.user_id or may_decide_any(scope):
        return YES
    return no(_("Only the person who asked takes a request back."))
