"""What a review decides on a deal: the three needs in words (P-11), and next actions with owner and day (P-12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import audit
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.people.models import User
from dingke.pipeline.models import Opportunity
from dingke.qualification import access
from dingke.qualification.actions import needs, next_actions
from dingke.qualification.actions.reviews import UnableToReview
from dingke.qualification.models import DealReview, NextAction, ReviewAction, ReviewItem, ThreeNeed
from dingke.qualification.queries import boards

_STEP = ["next_step", "next_step_date"]


@transaction.atomic
def save_needs(*, item: ReviewItem, values: Mapping[str, Mapping[str, Any]], by: Scope, now: datetime) -> None:
    """Writes the three needs of the deal on the deal: `values` maps the kind to text and what is missing."""
    access.can_run_review(by, item.review).enforce()
    for kind in ThreeNeed.Kind.values:
        given = values.get(kind)
        if given is not None:
            gap = str(given.get("gap", "")).strip()
            fields = {"text": str(given.get("text", "")).strip(), "gap": gap, "has_gap": bool(gap)}
            needs.save_three_need(opportunity=item.opportunity, kind=kind, values=fields, by=by, now=now)
    fresh = locked(item, expected_version=None, yours={})
    if fresh.board:  # the needs are dug out after the presentation: the board that is kept carries them
        fresh.board = {**fresh.board, "needs": boards.board_of(fresh.opportunity)["needs"]}
        fresh.save()


@transaction.atomic
def decide_action(
    *,
    item: ReviewItem,
    text: str,
    owner: User,
    due_date: date,
    by: Scope,
    now: datetime,
    need: str = "",
    way: str = NextAction.Way.FILL,
    resource: str = "",
) -> NextAction:
    """Writes a next action on the deal, as a to-do where it has an account, and lets the deal show it when it comes first."""
    access.can_run_review(by, item.review).enforce()
    if item.review.state == DealReview.State.PLANNED:
        raise UnableToReview(_("Open the review first."))
    action = next_actions.add_next_action(
        opportunity=item.opportunity, text=text, owner=owner, due_date=due_date, by=by, now=now,
        need=need, way=way, resource=resource, origin=NextAction.Origin.REVIEW,
    )  # fmt: skip
    ReviewAction.objects.create(item=item, action=action)
    show_on_deal(opportunity=item.opportunity, text=action.text, due_date=due_date, by=by, now=now)
    return action


def show_on_deal(*, opportunity: Opportunity, text: str, due_date: date, by: Scope, now: datetime) -> None:
    """The deal's next step becomes this one when it has none, when its own has passed, or when this one comes earlier."""
    fresh = locked(opportunity, expected_version=None, yours={})
    today = timezone.localdate(now)
    is_good = bool(fresh.next_step.strip()) and fresh.next_step_date is not None and today <= fresh.next_step_date <= due_date
    if is_good:
        return
    before = snapshot_of(fresh, _STEP)
    fresh.next_step, fresh.next_step_date = text[:200], due_date
    audit.save_with_audit(
        target=fresh, fields=_STEP, action="pipeline.next_step", by=by, now=now, before=before, account_id=fresh.account_id
    )
