"""Who sees a request for approval, who decides it, who takes it back, who changes flows and delegations."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from dingke.approvals.calc import line as lines
from dingke.approvals.models import Approval, Delegation
from dingke.core.access import YES, Answer, needs, no
from dingke.core.scope import Scope


def may_decide_any(scope: Scope) -> bool:
    return scope.can("approvals.decide_any") or scope.can("*")


def can_see(scope: Scope, approval: Approval, speaks_for: Collection[int] = ()) -> Answer:
    """The person who asked, everybody who is or was asked, their delegates, whom it was copied to, and roles that decide any."""
    if may_decide_any(scope) or approval.requested_by_id == scope.user_id:
        return YES
    people = {scope.me, *speaks_for}
    voices = [voice for step in approval.steps.all() for voice in step.voices.all()]
    if any(voice.approver_id in people or voice.spoken_by_id == scope.me for voice in voices):
        return YES
    if any(copy.user_id == scope.user_id for copy in approval.copies.all()):
        return YES
    return no(_("There is no such request, or it is not yours to see."))


def can_decide(scope: Scope, approval: Approval, line: lines.Line | None, speaks_for: Collection[int] = ()) -> Answer:
    """Whoever is asked in the step that waits, who decides for them by delegation, and roles that decide any request; nobody
    decides a request of their own.
    """
    if approval.state != Approval.State.OPEN or line is None or line.current is None:
        return no(_("This request is already decided."))
    if lines.voice_of(line, scope.me, speaks_for) is not None:
        return YES
    if approval.requested_by_id == scope.user_id:
        return no(_("You asked for this yourself; somebody else decides."))
    if may_decide_any(scope):
        return YES
    if any(voice.person == scope.me for voice in line.steps[line.current].voices):
        return no(_("You have decided. The others of this step are still asked."))
    return no(_("It is not your turn to decide this request."))


def can_involve(scope: Scope, approval: Approval, line: lines.Line | None, speaks_for: Collection[int] = ()) -> Answer:
    """Adding approvers and handing on belong to whoever is asked right now, or decides for them by delegation."""
    if approval.state != Approval.State.OPEN or line is None:
        return no(_("This request is already decided."))
    if lines.voice_of(line, scope.me, speaks_for) is not None:
        return YES
    return no(_("Only who is asked right now adds somebody or hands it on."))


def can_withdraw(scope: Scope, approval: Approval) -> Answer:
    """The person who asked, as long as the request is open; roles that decide any request as well."""
    if not approval.is_open:
        return no(_("This request is already decided."))
    if approval.requested_by_id == scope.user_id or may_decide_any(scope):
        return YES
    return no(_("Only the person who asked takes a request back."))


def can_resubmit(scope: Scope, approval: Approval) -> Answer:
    """The person who asked, once the request was sent back."""
    if approval.state != Approval.State.RETURNED:
        return no(_("Only a request that was sent back is asked again."))
    if approval.requested_by_id == scope.user_id:
        return YES
    return no(_("Only the person who asked asks again."))


def can_remind(scope: Scope, approval: Approval) -> Answer:
    """The person who asked, and roles that decide any request."""
    if approval.state != Approval.State.OPEN:
        return no(_("This request is already decided."))
    if approval.requested_by_id == scope.user_id or may_decide_any(scope):
        return YES
    return no(_("Only the person who asked reminds the others."))


def can_edit_flows(scope: Scope) -> Answer:
    """Administrators and directors say which steps a request goes through."""
    return needs(scope, "settings.edit")


def can_delegate(scope: Scope, giver_id: int) -> Answer:
    """Everybody delegates the own decisions; roles that decide any request do it for colleagues who are away."""
    if giver_id == scope.user_id or may_decide_any(scope):
        return YES
    return no(_("You delegate your own decisions; an administrator does it for others."))


def can_end_delegation(scope: Scope, delegation: Delegation) -> Answer:
    """Who gave it, who took it, and roles that decide any request."""
    if scope.me in {delegation.giver_id, delegation.taker_id} or may_decide_any(scope):
        return YES
    return no(_("There is no such delegation, or it is not yours."))
