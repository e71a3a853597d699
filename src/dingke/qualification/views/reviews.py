"""Deal reviews: the list, the meeting on the screen, its agenda and people, and its minutes."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid, NotAllowed, Refusal, StaleRecord
from dingke.pipeline.queries.opportunity import opportunity_for
from dingke.qualification import access
from dingke.qualification.actions import review_results as results
from dingke.qualification.actions import reviews as actions
from dingke.qualification.exports import minutes
from dingke.qualification.forms import reviews as forms
from dingke.qualification.models import DealReview, ReviewItem
from dingke.qualification.queries import agenda, boards, codes
from dingke.qualification.queries import reviews as reads
from dingke.qualification.views import files


def _id(request: DoorRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Invalid(_("This choice does not exist."))
    return int(text)


@door("GET", permission="pipeline.see")
def reviews(request: DoorRequest) -> HttpResponse:
    page = reads.review_page(request.scope, cursor=request.GET.get("cursor") or None)
    context = {"page": page, "can_call": bool(access.can_call_review(request.scope))}
    return pages.page(request, "qualification/reviews.html", context, partial="qualification/_review_rows.html")


@door("GET", "POST", permission="pipeline.review")
def review_new(request: DoorRequest) -> HttpResponse:
    today = timezone.localdate(timezone.now())
    initial = {"title": _("Deal review of %(day)s") % {"day": today.isoformat()}, "held_date": today}
    form = forms.ReviewForm(request.POST or None, initial=initial, people=reads.invitable(request.scope))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            review = actions.plan_review(
                title=given["title"], held_date=given["held_date"], people=given["people"], by=request.scope, now=timezone.now()
            )
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            return pages.go_to(request, reverse("qualification:review", args=[review.pk]))
    context = {"form": form, "action": reverse("qualification:review_new"), "review": None}
    return pages.fragment(request, "qualification/_review_form.html", context, status=422 if form.errors else 200)


@door("GET", permission="pipeline.see")
def review(request: DoorRequest, deal_review_id: int) -> HttpResponse:
    """The meeting: on the screen of the chair while it runs, before it with the agenda, after it with what came of it."""
    return _answer(request, reads.review_for(request.scope, deal_review_id))


def _answer(request: DoorRequest, found: DealReview, message: str = "") -> HttpResponse:
    response = pages.page(request, "qualification/review.html", _context(request, found), partial="qualification/_review.html")
    return pages.toast(response, message) if message else response


def _context(request: DoorRequest, found: DealReview) -> dict[str, Any]:
    now, language = timezone.now(), request.LANGUAGE_CODE
    meeting = reads.meeting(request.scope, found, language=language)
    shown = meeting.shown
    context: dict[str, Any] = {
        "meeting": meeting, "review": found, "proposals": (), "code": None, "link": "", "needs_form": None, "is_done": reads.is_done,
        "board": boards.shown(request.scope, shown.item, language=language) if shown and shown.sees_deal else None,
        "today": timezone.localdate(now),
    }  # fmt: skip
    if meeting.can_run and found.state != DealReview.State.CLOSED:
        context["proposals"] = agenda.proposals(request.scope, found, today=timezone.localdate(now), language=language)
    if meeting.can_run and found.state == DealReview.State.OPEN:
        link = request.build_absolute_uri(reverse("qualification:review_join", args=[reads.link_token(found, now=now)]))
        context |= {"code": codes.code_of(link), "link": link}
    return context


@door("GET", permission="pipeline.see")
def review_live(request: DoorRequest, deal_review_id: int) -> HttpResponse:
    """What the screen asks for every few seconds: ranking and means. Nothing is written."""
    meeting = reads.meeting(request.scope, reads.review_for(request.scope, deal_review_id), language=request.LANGUAGE_CODE)
    return pages.fragment(request, "qualification/_review_live.html", {"meeting": meeting, "review": meeting.review})


@door("GET", "POST", permission="pipeline.review")
def review_edit(request: DoorRequest, deal_review_id: int) -> HttpResponse:
    found = reads.review_for(request.scope, deal_review_id)
    access.can_run_review(request.scope, found).enforce()
    chosen = [row.user_id for row in found.listeners.all()]
    initial = {"title": found.title, "held_date": found.held_date, "people": chosen, "version": found.version}
    form = forms.ReviewForm(request.POST or None, initial=initial, people=reads.invitable(request.scope))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            saved = actions.edit_review(
                review=found, title=given["title"], held_date=given["held_date"], people=given["people"],
                by=request.scope, now=timezone.now(), expected_version=given["version"],
            )  # fmt: skip
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, {} if isinstance(refused, StaleRecord) else refused.fields)
        else:
            return pages.go_to(request, reverse("qualification:review", args=[saved.pk]))
    context = {"form": form, "action": reverse("qualification:review_edit", args=[found.pk]), "review": found}
    return pages.fragment(request, "qualification/_review_form.html", context, status=422 if form.errors else 200)


# ---- agenda ---------------------------------------------------------------------------------------------------------


@door("GET", permission="pipeline.review")
def review_find(request: DoorRequest, deal_review_id: int) -> HttpResponse:
    """Deals by name, for the chair to put on the agenda by hand."""
    found = reads.review_for(request.scope, deal_review_id)
    access.can_run_review(request.scope, found).enforce()
    text = request.GET.get("text", "")
    context = {"review": found, "deals": agenda.matching(request.scope, found, text=text), "text": text}
    return pages.fragment(request, "qualification/_review_found.html", context)


@door("POST", permission="pipeline.review")
def review_add(request: DoorRequest, deal_review_id: int) -> HttpResponse:
    found, now = reads.review_for(request.scope, deal_review_id), timezone.now()
    deal = opportunity_for(request.scope, _id(request, "opportunity"))
    actions.put_on_agenda(review=found, opportunity=deal, by=request.scope, now=now, today=timezone.localdate(now))
    return _answer(request, found, _("On the agenda: %(deal)s") % {"deal": deal.name})


@door("POST", permission="pipeline.review")
def review_remove(request: DoorRequest, review_item_id: int) -> HttpResponse:
    item = reads.item_for(request.scope, review_item_id)
    actions.take_off_agenda(item=item, by=request.scope, now=timezone.now())
    return _answer(request, item.review, _("Taken off the agenda: %(deal)s") % {"deal": item.opportunity.name})


@door("POST", permission="pipeline.review")
def review_move(request: DoorRequest, review_item_id: int) -> HttpResponse:
    item, places = reads.item_for(request.scope, review_item_id), request.POST.get("places", "")
    if places not in {"-1", "1"}:
        raise Invalid(_("This choice does not exist."))
    actions.move_item(item=item, places=int(places), by=request.scope, now=timezone.now())
    return _answer(request, item.review)


# ---- running the meeting ----------------------------------------------------------------------------------------------


@door("POST", permission="pipeline.review")
def review_open(request: DoorRequest, deal_review_id: int) -> HttpResponse:
    opened = actions.open_review(review=reads.review_for(request.scope, deal_review_id), by=request.scope, now=timezone.now())
    return _answer(request, opened, _("The review is open. Listeners scan the code and score."))


@door("GET", "POST", permission="pipeline.review")
def review_close(request: DoorRequest, deal_review_id: int) -> HttpResponse:
    found = reads.review_for(request.scope, deal_review_id)
    access.can_run_review(request.scope, found).enforce()
    form = forms.ConclusionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.close_review(review=found, conclusion=form.cleaned_data["conclusion"], by=request.scope, now=timezone.now())
        return pages.go_to(request, reverse("qualification:review", args=[found.pk]))
    return pages.fragment(request, "qualification/_review_close.html", {"form": form, "review": found})


@door("POST", permission="pipeline.review")
def review_renew(request: DoorRequest, deal_review_id: int) -> HttpResponse:
    renewed = actions.renew_link(review=reads.review_for(request.scope, deal_review_id), by=request.scope, now=timezone.now())
    return _answer(request, renewed, _("A new code is shown; the old ones lead nowhere."))


@door("POST", permission="pipeline.review")
def review_show(request: DoorRequest, review_item_id: int) -> HttpResponse:
    item = reads.item_for(request.scope, review_item_id)
    actions.show_item(item=item, by=request.scope, now=timezone.now())
    return _answer(request, item.review)


@door("POST", permission="pipeline.review")
def review_stop(request: DoorRequest, review_item_id: int) -> HttpResponse:
    item = reads.item_for(request.scope, review_item_id)
    actions.close_scores(item=item, by=request.scope, now=timezone.now())
    return _answer(request, item.review)


# ---- what follows -------------------------------------------------------------------------------------------------------


def _item_run_by(request: DoorRequest, review_item_id: int) -> ReviewItem:
    item = reads.item_for(request.scope, review_item_id)
    access.can_run_review(request.scope, item.review).enforce()
    return item


@door("GET", "POST", permission="pipeline.review")
def review_needs(request: DoorRequest, review_item_id: int) -> HttpResponse:
    """The three needs of the deal, written down in the meeting."""
    item = _item_run_by(request, review_item_id)
    board = boards.board_of(item.opportunity)
    initial = {f"{need['kind']}-{part}": need[part] for need in board["needs"] for part in ("text", "gap")}
    form = forms.NeedsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            results.save_needs(item=item, values=form.values(), by=request.scope, now=timezone.now())
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            return _saved(_("The three needs are on the deal."))
    return pages.fragment(request, "qualification/_review_needs.html", {"form": form, "item": item}, status=422 if form.errors else 200)


@door("GET", "POST", permission="pipeline.review")
def review_action(request: DoorRequest, review_item_id: int) -> HttpResponse:
    """A next action of the deal: on the deal, and with its owner's to-dos when the deal has an account."""
    item = _item_run_by(request, review_item_id)
    initial = {"owner": item.opportunity.owner_id, "way": "FILL", "need": request.GET.get("need", "")}
    form = forms.ReviewActionForm(request.POST or None, initial=initial, people=reads.invitable(request.scope))
    if request.method == "POST" and form.is_valid():
        try:
            results.decide_action(item=item, by=request.scope, now=timezone.now(), **form.cleaned_data)
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            return _saved(_("The action is on the deal."))
    return pages.fragment(request, "qualification/_review_action.html", {"form": form, "item": item}, status=422 if form.errors else 200)


@door("GET", "POST", permission="pipeline.review")
def review_note(request: DoorRequest, review_item_id: int) -> HttpResponse:
    item = _item_run_by(request, review_item_id)
    form = forms.NoteForm(request.POST or None, initial={"note": item.note})
    if request.method == "POST" and form.is_valid():
        actions.write_note(item=item, note=form.cleaned_data["note"], by=request.scope, now=timezone.now())
        return _saved(_("Written down."))
    return pages.fragment(request, "qualification/_review_note.html", {"form": form, "item": item}, status=422 if form.errors else 200)


def _saved(message: str) -> HttpResponse:
    """Closes the dialog; the meeting hears it and draws itself anew."""
    response = pages.trigger(HttpResponse(status=204), "dk:review-changed")
    return pages.toast(response, message)


@door("GET", permission="pipeline.see")
def review_minutes(request: DoorRequest, deal_review_id: int) -> HttpResponse:
    """The minutes as Word, for whoever runs the meeting."""
    found, now = reads.review_for(request.scope, deal_review_id), timezone.now()
    access.can_run_review(request.scope, found).enforce()
    meeting = reads.meeting(request.scope, found, language=request.LANGUAGE_CODE)
    content = minutes.minutes(request.scope, meeting, language=request.LANGUAGE_CODE, now=now)
    return files.word(content, name=f"{found.held_date.isoformat()} {found.title}")
