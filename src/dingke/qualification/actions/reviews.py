"""Deal reviews: calling a meeting, its agenda, showing and scoring, and what is decided to do next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from dingke.core import audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.people.models import User
from dingke.pipeline.models import Opportunity
from dingke.qualification import access
from dingke.qualification.calc import review as calc
from dingke.qualification.models import DealReview, NextAction, ReviewItem, ReviewListener, ReviewScore
from dingke.qualification.queries import agenda, boards, reviews

State = DealReview.State


class UnableToReview(Refusal):
    """The review was not changed."""


class UnableToScore(Refusal):
    """The score was not taken; what was typed stays on the device."""


# ---- the meeting --------------------------------------------------------------------------------------------------------


@transaction.atomic
def plan_review(*, title: str, held_date: date, people: Iterable[User], by: Scope, now: datetime) -> DealReview:
    """Calls a meeting; its chair is the caller, and listens like the others."""
    access.can_call_review(by).enforce()
    if not title.strip():
        raise Invalid(_("Give the review a title."), fields={"title": _("Give the review a title.")})
    review = DealReview.objects.create(title=title.strip()[:120], held_date=held_date, chair_id=by.me)
    chosen = {person.pk for person in people} | {by.me}
    ReviewListener.objects.bulk_create([ReviewListener(review=review, user_id=user_id) for user_id in sorted(chosen)])
    audit.record(target=review, action="reviews.plan", by=by, now=now, summary=review.title)
    return review


@transaction.atomic
def edit_review(
    *,
    review: DealReview,
    title: str,
    held_date: date,
    people: Iterable[User],
    by: Scope,
    now: datetime,
    expected_version: int | None = None,
) -> DealReview:
    """Changes title, day and who is invited. Whoever has scored already stays on the list."""
    fresh = _running(review, by, closed=False, expected_version=expected_version, yours={"title": title, "held_date": held_date})
    if not title.strip():
        raise Invalid(_("Give the review a title."), fields={"title": _("Give the review a title.")})
    before = snapshot_of(fresh, ["title", "held_date"])
    fresh.title, fresh.held_date = title.strip()[:120], held_date
    fresh.save()
    scored = set(ReviewScore.objects.filter(item__review=fresh).order_by().values_list("listener_id", flat=True))
    wanted = {person.pk for person in people} | {fresh.chair_id} | scored
    known = set(fresh.listeners.order_by().values_list("user_id", flat=True))
    fresh.listeners.filter(user_id__in=known - wanted).delete()
    ReviewListener.objects.bulk_create([ReviewListener(review=fresh, user_id=user_id) for user_id in sorted(wanted - known)])
    changes = audit.changes_between(before, snapshot_of(fresh, ["title", "held_date"]))
    if known != wanted:
        changes["listeners"] = [len(known), len(wanted)]
    if changes:
        audit.record(target=fresh, action="reviews.edit", by=by, now=now, changes=changes, summary=fresh.title)
    return fresh


@transaction.atomic
def open_review(*, review: DealReview, by: Scope, now: datetime) -> DealReview:
    """Begins the meeting: listeners see its boards from now on. Opening it twice is no harm."""
    fresh = _running(review, by, closed=False)
    if fresh.state == State.OPEN:
        return fresh
    if not fresh.items.exists():
        raise UnableToReview(_("Put a deal on the agenda first."))
    fresh.state, fresh.opened_at = State.OPEN, now
    fresh.save()
    audit.record(target=fresh, action="reviews.open", by=by, now=now, summary=fresh.title)
    return fresh


@transaction.atomic
def close_review(*, review: DealReview, conclusion: str, by: Scope, now: datetime) -> DealReview:
    """Ends the meeting: a deal that is still being shown is closed with the scores it has; boards are no longer open to listeners."""
    fresh = _running(review, by, closed=True)
    if fresh.state == State.CLOSED:
        return fresh
    for item in fresh.items.select_for_update(of=("self",)).select_related("opportunity").order_by("pk"):
        item.carried = [_kept(action) for action in _earlier(fresh, item)]
        if item.state != ReviewItem.State.SCORED:
            item.board = boards.board_of(item.opportunity)
            item.state = ReviewItem.State.SCORED if item.scores.exists() else ReviewItem.State.WAITING
        item.save()
    fresh.state, fresh.closed_at, fresh.conclusion = State.CLOSED, now, conclusion.strip()
    fresh.save()
    audit.record(target=fresh, action="reviews.close", by=by, now=now, summary=fresh.title)
    return fresh


@transaction.atomic
def renew_link(*, review: DealReview, by: Scope, now: datetime) -> DealReview:
    """Makes every link and code given out before worthless."""
    fresh = _running(review, by, closed=False)
    fresh.link_number += 1
    fresh.save()
    audit.record(target=fresh, action="reviews.renew_link", by=by, now=now, summary=fresh.title)
    return fresh


@transaction.atomic
def join_review(*, token: str, by: Scope, now: datetime) -> DealReview:
    """Comes in by the link on the screen: a colleague who was not invited becomes a listener, and is shown as such."""
    review = reviews.review_of_link(token, now=now)
    row, is_new = ReviewListener.objects.get_or_create(review=review, user_id=by.me, defaults={"came_by_link": True, "joined_at": now})
    if is_new:
        audit.record(target=review, action="reviews.join", by=by, now=now, summary=by.name)
    elif row.joined_at is None:
        row.joined_at = now
        row.save()
    return review


# ---- the agenda ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def put_on_agenda(*, review: DealReview, opportunity: Opportunity, by: Scope, now: datetime, today: date) -> ReviewItem:
    """Puts a deal at the end of the agenda, presented by its owner. Twice is once."""
    fresh = _running(review, by, closed=False)
    access.can_put_on_agenda(by, opportunity).enforce()
    if opportunity.state != Opportunity.State.OPEN:
        raise UnableToReview(_("This deal has ended; there is nothing to review."))
    found = fresh.items.filter(opportunity=opportunity).first()
    if found is not None:
        return found
    last = fresh.items.aggregate(last=Max("position"))["last"] or 0
    item = ReviewItem.objects.create(
        review=fresh,
        opportunity=opportunity,
        presenter_id=opportunity.owner_id,
        position=last + 10,
        reasons=agenda.reasons_today(opportunity, today=today),
    )
    _write(item, "reviews.put_on_agenda", by=by, now=now)
    return item


@transaction.atomic
def take_off_agenda(*, item: ReviewItem, by: Scope, now: datetime) -> None:
    """Takes a deal off the agenda; one that was scored stays."""
    _running(item.review, by, closed=False)
    if item.scores.exists() or item.actions.exists():
        raise UnableToReview(_("This deal was scored or has actions already; it stays on the agenda."))
    _write(item, "reviews.take_off_agenda", by=by, now=now)
    item.delete()


@transaction.atomic
def move_item(*, item: ReviewItem, places: int, by: Scope, now: datetime) -> None:
    """Moves a deal up (negative) or down on the agenda."""
    review = _running(item.review, by, closed=False)
    rows = list(review.items.order_by("position", "pk"))
    old = next(place for place, row in enumerate(rows) if row.pk == item.pk)
    new = max(0, min(old + places, len(rows) - 1))
    if new == old:
        return
    rows.insert(new, rows.pop(old))
    for place, row in enumerate(rows, start=1):
        row.position = place * 10
    ReviewItem.objects.bulk_update(rows, ["position"])
    _write(item, "reviews.move", by=by, now=now, changes={"place": [old + 1, new + 1]})


@transaction.atomic
def set_presenter(*, item: ReviewItem, presenter: User, by: Scope, now: datetime) -> ReviewItem:
    """Lets somebody else present; scores the new presenter gave to it before would be the own ones, so there may be none."""
    _running(item.review, by, closed=False)
    if item.scores.filter(listener=presenter).exists():
        raise UnableToReview(_("%(name)s has scored this deal already.") % {"name": presenter})
    before = str(item.presenter)
    item.presenter = presenter
    item.version += 1
    item.save()
    _write(item, "reviews.set_presenter", by=by, now=now, changes={"presenter": [before, str(presenter)]})
    return item


# ---- showing and scoring ------------------------------------------------------------------------------------------------


@transaction.atomic
def show_item(*, item: ReviewItem, by: Scope, now: datetime) -> ReviewItem:
    """Calls a deal up; whichever was shown before is closed with the scores it has."""
    review = _running(item.review, by, closed=False)
    if review.state != State.OPEN:
        raise UnableToReview(_("Open the review first."))
    for other in review.items.select_for_update(of=("self",)).filter(state=ReviewItem.State.SHOWN).exclude(pk=item.pk).order_by("pk"):
        _freeze(other)
    fresh = locked(item, expected_version=None, yours={})
    if fresh.state != ReviewItem.State.SHOWN:
        fresh.state, fresh.board = ReviewItem.State.SHOWN, {}
        fresh.save()
        _write(fresh, "reviews.show", by=by, now=now)
    return fresh


@transaction.atomic
def close_scores(*, item: ReviewItem, by: Scope, now: datetime) -> ReviewItem:
    """Closes the scores of a deal and keeps its board as the listeners saw it."""
    _running(item.review, by, closed=False)
    fresh = locked(item, expected_version=None, yours={})
    if fresh.state == ReviewItem.State.SHOWN:
        _freeze(fresh)
        _write(fresh, "reviews.close_scores", by=by, now=now)
    return fresh


@transaction.atomic
def give_score(*, item: ReviewItem, elements: int, logic: int, display: int, by: Scope, now: datetime, remark: str = "") -> ReviewScore:
    """One score per listener and deal; giving it again changes it, until the scores are closed. Every score is saved by itself."""
    fresh = ReviewItem.objects.select_for_update(of=("self",)).select_related("review", "presenter").get(pk=item.pk)
    listener = ReviewListener.objects.filter(review_id=fresh.review_id, user_id=by.me).first()
    answer = access.can_score(by, fresh, is_listener=listener is not None)
    if not answer:
        raise UnableToScore(answer.reason)
    limits = {"elements": calc.ELEMENTS_MAX, "logic": calc.LOGIC_MAX, "display": calc.DISPLAY_MAX}
    given = {"elements": elements, "logic": logic, "display": display}
    wrong = {name: _("Give 0 to %(limit)s points.") % {"limit": limit} for name, limit in limits.items() if not 0 <= given[name] <= limit}
    if wrong:
        raise Invalid(next(iter(wrong.values())), fields=wrong)
    score, _is_new = ReviewScore.objects.update_or_create(
        item=fresh, listener_id=by.me, defaults={**given, "remark": remark.strip()[:300], "at": now}
    )
    if listener is not None and listener.joined_at is None:
        listener.joined_at = now
        listener.save()
    return score


# ---- what follows -------------------------------------------------------------------------------------------------------


@transaction.atomic
def write_note(*, item: ReviewItem, note: str, by: Scope, now: datetime) -> ReviewItem:
    """What came up in the talk about a deal: the chair writes it down, also after the meeting."""
    access.can_run_review(by, item.review).enforce()
    fresh = locked(item, expected_version=None, yours={})
    before = snapshot_of(fresh, ["note"])
    fresh.note = note.strip()
    audit.save_with_audit(
        target=fresh, fields=["note"], action="reviews.note", by=by, now=now, before=before, account_id=fresh.opportunity.account_id
    )
    return fresh


def _running(
    review: DealReview, by: Scope, *, closed: bool, expected_version: int | None = None, yours: dict[str, Any] | None = None
) -> DealReview:
    """The meeting, locked, for who runs it; refused once it is closed unless `closed` says that this is no matter."""
    access.can_run_review(by, review).enforce()
    fresh = locked(review, expected_version=expected_version, yours=yours or {})
    if fresh.state == State.CLOSED and not closed:
        raise UnableToReview(_("This review is closed. What was decided lives on the deals."))
    return fresh


def _freeze(item: ReviewItem) -> None:
    item.board, item.state = boards.board_of(item.opportunity), ReviewItem.State.SCORED
    item.version += 1
    item.save()


def _earlier(review: DealReview, item: ReviewItem) -> list[NextAction]:
    return list(reviews.decided_before(review, [item.opportunity_id]).get(item.opportunity_id, ()))


def _kept(action: NextAction) -> dict[str, object]:
    return {"text": action.text, "owner": str(action.owner), "due": action.due_date.isoformat(), "done": reviews.is_done(action)}


def _write(item: ReviewItem, action: str, *, by: Scope, now: datetime, changes: dict[str, Any] | None = None) -> None:
    audit.record(
        target=item, action=action, by=by, now=now, changes=changes, account_id=item.opportunity.account_id, summary=item.opportunity.name
    )
