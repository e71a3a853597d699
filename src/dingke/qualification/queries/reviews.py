"""Reads of deal reviews: the list, one meeting with its agenda and ranking, and what a listener sees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.core import signing
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from dingke.core.errors import NotVisible
from dingke.core.paging import Page, keyset_page
from dingke.core.reasons import Reason
from dingke.core.scope import Scope
from dingke.people.models import User
from dingke.pipeline.models import Opportunity
from dingke.qualification import access
from dingke.qualification.calc import review as calc
from dingke.qualification.models import DealReview, NextAction, ReviewAction, ReviewItem, ReviewListener, ReviewScore

LINK_HOURS = 12
_SALT = "dingke.qualification.deal-review"


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item of the agenda as the caller may see it: without `sees_deal` it has no name, no board and no actions."""

    item: ReviewItem
    sees_deal: bool
    opens_deal: bool  # the deal's own page is the caller's to open, too
    rank: int | None
    mean: calc.Mean | None
    scored: int
    expected: int
    reasons: tuple[str, ...]
    actions: tuple[NextAction, ...]
    before: tuple[NextAction, ...]  # what the last review of this deal decided

    @property
    def name(self) -> str:
        return self.item.opportunity.name if self.sees_deal else _("a deal of %(name)s") % {"name": self.item.presenter}


@dataclass(frozen=True, slots=True)
class Meeting:
    review: DealReview
    rows: tuple[ItemRow, ...]
    listeners: tuple[ReviewListener, ...]
    can_run: bool
    my_scores: dict[int, ReviewScore] = field(default_factory=dict)

    @property
    def shown(self) -> ItemRow | None:
        return next((row for row in self.rows if row.item.state == ReviewItem.State.SHOWN), None)

    @property
    def ranked(self) -> tuple[ItemRow, ...]:
        return tuple(sorted(self.rows, key=lambda row: (row.rank is None, row.rank or 0, row.item.position, row.item.pk)))

    @property
    def turn(self) -> str:
        """Changes whenever a page has to be drawn anew: another state, another item, another item closed."""
        states = ".".join(f"{row.item.pk}{row.item.state[:2]}" for row in self.rows)
        return f"{self.review.state}:{states}"


def reviews(scope: Scope) -> QuerySet[DealReview]:
    """The meetings the caller may see: own ones, those invited to or presenting in, and those of people the caller leads."""
    rows = DealReview.objects.select_related("chair")
    if scope.can("*") or (scope.sees_all and scope.can("pipeline.review")):
        return rows
    invited = ReviewListener.objects.filter(review=OuterRef("pk"), user_id=scope.me)
    presents = ReviewItem.objects.filter(review=OuterRef("pk"), presenter_id=scope.me, archived_at__isnull=True)
    return rows.filter(Q(chair_id__in=sorted(scope.user_ids)) | Exists(invited) | Exists(presents))


def review_for(scope: Scope, review_id: int) -> DealReview:
    review = reviews(scope).filter(pk=review_id).first()
    if review is None:
        raise NotVisible(_("This review does not exist, or you were not invited to it."))
    return review


def item_for(scope: Scope, item_id: int) -> ReviewItem:
    """An item of a meeting that the caller sees."""
    found = ReviewItem.objects.filter(review__in=reviews(scope).order_by().values("pk"))
    item = found.select_related("review", "review__chair", "presenter", "opportunity", "opportunity__account").filter(pk=item_id).first()
    if item is None:
        raise NotVisible(_("This item is not on the agenda any more."))
    return item


def review_page(scope: Scope, *, cursor: str | None = None, size: int = 30) -> Page[DealReview]:
    """The newest first, each with how many deals it had and how many of its actions are done."""
    done = Q(items__actions__action__done_at__isnull=False) | Q(items__actions__action__todo__done_at__isnull=False)
    rows = reviews(scope).annotate(
        deals=Count("items", distinct=True),
        decided=Count("items__actions", distinct=True),
        done=Count("items__actions", filter=done, distinct=True),
    )
    return keyset_page(rows, order=("-held_date", "-pk"), size=size, cursor=cursor)


def meeting(scope: Scope, review: DealReview, *, language: str) -> Meeting:
    """Everything a page of one meeting shows, in a fixed number of queries."""
    listeners = tuple(review.listeners.select_related("user").order_by("user__pinyin", "pk"))
    found = list(_items(review))
    ids = [item.opportunity_id for item in found]
    own = set(Opportunity.objects.visible_to(scope).filter(pk__in=ids).order_by().values_list("pk", flat=True)) if ids else set()
    sees_all = access.sees_boards(scope, review, listeners)
    before = decided_before(review, ids)
    rows = _ranked(found, listeners, own, sees_all, before, language)
    my_scores = {score.item_id: score for item in found for score in item.scores.all() if score.listener_id == scope.me}
    return Meeting(review, rows, listeners, bool(access.can_run_review(scope, review)), my_scores)


def _items(review: DealReview) -> QuerySet[ReviewItem]:
    scores = Prefetch("scores", ReviewScore.objects.order_by("pk"))
    actions = Prefetch("actions", ReviewAction.objects.select_related("action", "action__owner", "action__todo").order_by("pk"))
    rows = review.items.select_related("presenter", "opportunity", "opportunity__account", "opportunity__owner")
    return rows.prefetch_related(scores, actions).order_by("position", "pk")


def _ranked(
    items: Sequence[ReviewItem],
    listeners: Sequence[ReviewListener],
    own: set[int],
    sees_all: bool,
    before: dict[int, tuple[NextAction, ...]],
    language: str,
) -> tuple[ItemRow, ...]:
    given = [(item.pk, [calc.Score(score.elements, score.logic, score.display) for score in item.scores.all()]) for item in items]
    ranked = {entry.key: entry for entry in calc.ranking(given)}
    rows = []
    for item in items:
        entry, sees = ranked[item.pk], sees_all or item.opportunity_id in own
        rows.append(
            ItemRow(
                item=item,
                sees_deal=sees,
                opens_deal=item.opportunity_id in own,
                rank=entry.rank,
                mean=entry.mean,
                scored=entry.mean.count if entry.mean else 0,
                expected=sum(1 for listener in listeners if listener.user_id != item.presenter_id),
                reasons=tuple(calc.SENTENCES.text(Reason.from_json(reason), language) for reason in item.reasons) if sees else (),
                actions=tuple(link.action for link in item.actions.all()) if sees else (),
                before=before.get(item.opportunity_id, ()) if sees else (),
            )
        )
    return tuple(rows)


def decided_before(review: DealReview, deal_ids: Sequence[int]) -> dict[int, tuple[NextAction, ...]]:
    """By deal: the actions of the newest earlier review in which any were decided. One query."""
    if not deal_ids:
        return {}
    earlier = Q(item__review__held_date__lt=review.held_date) | Q(item__review__held_date=review.held_date, item__review_id__lt=review.pk)
    links = (
        ReviewAction.objects.filter(earlier, item__opportunity_id__in=deal_ids)
        .select_related("action", "action__owner", "action__todo", "item__review")
        .order_by("-item__review__held_date", "-item__review_id", "pk")
    )
    newest: dict[int, int] = {}
    found: dict[int, list[NextAction]] = defaultdict(list)
    for link in links:
        deal = link.action.opportunity_id
        if newest.setdefault(deal, link.item.review_id) == link.item.review_id:
            found[deal].append(link.action)
    return {deal: tuple(actions) for deal, actions in found.items()}


def is_done(action: NextAction) -> bool:
    """A next action is done where it is ticked: on its to-do, when it has one, else on the deal."""
    return bool(action.todo.done_at if action.todo is not None else action.done_at)


def scoring(scope: Scope, review: DealReview) -> tuple[ReviewItem | None, ReviewScore | None]:
    """What a listener's phone asks for: the deal being presented and the caller's own score. Two queries."""
    item = review.items.filter(state=ReviewItem.State.SHOWN).select_related("presenter", "opportunity").first()
    score = item.scores.filter(listener_id=scope.me).first() if item else None
    return item, score


def invitable(scope: Scope) -> QuerySet[User]:
    return User.objects.filter(is_active=True).order_by("pinyin", "pk") if scope.user_id else User.objects.none()


# ---- the link that the QR code carries ----------------------------------------------------------------------------------


def link_token(review: DealReview, *, now: datetime) -> str:
    """A signed word for this meeting, good for some hours; a new number of the meeting makes it worthless."""
    return signing.dumps([review.pk, review.link_number, int(now.timestamp()) + LINK_HOURS * 3600], salt=_SALT, compress=True)


def review_of_link(token: str, *, now: datetime) -> DealReview:
    """The open meeting a link leads to. `NotVisible` when it was tampered with, is over, renewed or out of date."""
    try:
        review_id, number, until = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise NotVisible(_("This link does not lead to a review.")) from None
    review = DealReview.objects.select_related("chair").filter(pk=review_id, link_number=number, state=DealReview.State.OPEN).first()
    if review is None or now.timestamp() > until:
        raise NotVisible(_("This link is no longer valid. Scan the code on the screen again."))
    return review
