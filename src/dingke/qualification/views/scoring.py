"""A listener's phone: coming in by the code, and one score per presentation."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Refusal
from dingke.qualification import access
from dingke.qualification.actions import reviews as actions
from dingke.qualification.forms.reviews import ScoreForm
from dingke.qualification.models import DealReview
from dingke.qualification.queries import boards
from dingke.qualification.queries import reviews as reads


@door("GET", "POST", permission="pipeline.see")
def review_join(request: DoorRequest, review_token: str) -> HttpResponse:
    """The link of the QR code: it names the meeting, signing in says who comes. Looking writes nothing; the button does."""
    now = timezone.now()
    if request.method == "POST":
        review = actions.join_review(token=review_token, by=request.scope, now=now)
        return pages.go_to(request, reverse("qualification:review_score", args=[review.pk]))
    review = reads.review_of_link(review_token, now=now)
    is_listener = review.listeners.filter(user_id=request.scope.me).exists()
    if is_listener:
        return pages.go_to(request, reverse("qualification:review_score", args=[review.pk]))
    return pages.page(request, "qualification/review_join.html", {"review": review, "token": review_token})


@door("GET", "POST", permission="pipeline.see")
def review_score(request: DoorRequest, deal_review_id: int) -> HttpResponse:
    """The deal being presented, and the form for its score; saved one by one."""
    review = reads.review_for(request.scope, deal_review_id)
    form = None
    if request.method == "POST":
        item = reads.item_for(request.scope, _posted_item(request))
        form = ScoreForm(request.POST)
        if form.is_valid():
            try:
                score = actions.give_score(item=item, by=request.scope, now=timezone.now(), **form.cleaned_data)
            except Refusal as refused:
                if reads.scoring(request.scope, review)[0] != item:
                    raise  # another deal is being shown meanwhile: its form is not the place for this sentence
                form.refuse(refused.message, refused.fields)
            else:
                context = _context(request, review, None)
                return pages.toast(
                    pages.page(request, "qualification/review_score.html", context, partial="qualification/_review_score.html"),
                    _("Saved: %(total)s points") % {"total": score.total},
                )
    context = _context(request, review, form)
    status = 422 if form is not None and form.errors else 200
    return pages.page(request, "qualification/review_score.html", context, partial="qualification/_review_score.html", status=status)


def _posted_item(request: DoorRequest) -> int:
    text = request.POST.get("item", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0


def _context(request: DoorRequest, review: DealReview, form: ScoreForm | None) -> dict[str, Any]:
    meeting = reads.meeting(request.scope, review, language=request.LANGUAGE_CODE)
    shown = meeting.shown
    is_listener = any(row.user_id == request.scope.me for row in meeting.listeners)
    answer = access.can_score(request.scope, shown.item, is_listener=is_listener) if shown else None
    mine = meeting.my_scores.get(shown.item.pk) if shown else None
    if form is None:
        initial = {name: getattr(mine, name) for name in ("elements", "logic", "display", "remark")} if mine else {}
        form = ScoreForm(initial=initial)
    board = boards.shown(request.scope, shown.item, language=request.LANGUAGE_CODE) if shown and shown.sees_deal else None
    return {"meeting": meeting, "review": review, "shown": shown, "form": form, "mine": mine, "answer": answer, "board": board}


@door("GET", permission="pipeline.see")
def review_pulse(request: DoorRequest, deal_review_id: int) -> HttpResponse:
    """What a phone asks for every few seconds: whether another deal is being shown. Two rows are read, nothing is written."""
    review = reads.review_for(request.scope, deal_review_id)
    item, score = reads.scoring(request.scope, review)
    return pages.fragment(request, "qualification/_review_pulse.html", {"review": review, "item": item, "score": score})
