"""What a person may do with the sheet, the needs, the objections and the reviews of deals."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from dingke.core.access import YES, Answer, needs, no
from dingke.core.scope import Scope
from dingke.pipeline import access as pipeline_access
from dingke.pipeline.models import Opportunity
from dingke.qualification.models import DealReview, ReviewItem, ReviewListener


def can_edit(scope: Scope, opportunity: Opportunity) -> Answer:
    """Whoever may change the deal keeps its sheet, its needs and its objections."""
    return pipeline_access.can_edit(scope, opportunity)


def can_log_objection(scope: Scope, opportunity: Opportunity) -> Answer:
    """Also after the deal has ended, since objections come up during execution (J-13): whoever might change the deal while it was open."""
    return pipeline_access.can_edit(scope, opportunity)


def can_decide(scope: Scope, opportunity: Opportunity) -> Answer:
    """Red flags and dropping are decided by whoever leads the owner of the deal, never by a colleague beside the owner (E-02, E-22)."""
    return pipeline_access.can_decide(scope, opportunity)


# ---- deal reviews 过堂 --------------------------------------------------------------------------------------------------


def can_call_review(scope: Scope) -> Answer:
    """Whoever leads people, and key account managers, call a review (P-09)."""
    return needs(scope, "pipeline.review")


def can_run_review(scope: Scope, review: DealReview) -> Answer:
    """The chair runs the meeting; so may whoever leads the chair, and who sees the whole company."""
    if scope.can("*"):
        return YES
    if not scope.can("pipeline.review"):
        return no(_("Your role takes part in reviews but does not run them."))
    if review.chair_id in scope.user_ids or scope.sees_all:
        return YES
    return no(_("%(name)s runs this review.") % {"name": review.chair})


def can_put_on_agenda(scope: Scope, opportunity: Opportunity) -> Answer:
    """Only deals the caller may change come on the agenda: what is decided is written on the deal."""
    return pipeline_access.can_edit(scope, opportunity)


def sees_boards(scope: Scope, review: DealReview, listeners: Iterable[ReviewListener]) -> bool:
    """Whoever takes part in a review reads the boards of its deals while it is open, also of deals that are not theirs to see:
    without that nobody could score a colleague. It ends when the chair closes the review, and it opens neither the page of the deal
    nor that of the account. Amounts stay hidden from roles that do not see them."""
    takes_part = review.chair_id == scope.me or any(listener.user_id == scope.me for listener in listeners)
    return review.state == DealReview.State.OPEN and takes_part


def can_score(scope: Scope, item: ReviewItem, *, is_listener: bool) -> Answer:
    """Every listener scores every presentation but the own one, from the moment it is shown until its scores are closed."""
    if not is_listener:
        return no(_("Only listeners of this review score."))
    if item.presenter_id == scope.me:
        return no(_("You present this deal yourself; the others score it."))
    if item.review.state != DealReview.State.OPEN:
        return no(_("This review is not open."))
    if item.state == ReviewItem.State.SCORED:
        return no(_("The scores of this deal are closed. Ask the chair to open them again; what you typed is kept on this device."))
    if item.state != ReviewItem.State.SHOWN:
        return no(_("This deal is not being presented yet."))
    return YES


# ---- value selling ------------------------------------------------------------------------------------------------------


def can_see_value(scope: Scope) -> Answer:
    """The value of a solution is made of the customer's money figures: it is for roles that see amounts."""
    return no(_("Your role does not see amounts.")) if scope.hides("amount") else YES
