"""Page doors of one request: looking, deciding, asking again, bringing others in, the history of an account."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.approvals import actions, queries
from dingke.approvals.forms import AddApproverForm, HandOnForm, PeopleForm
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, NotVisible, Refusal
from dingke.people import queries as people

CHANGED = "dk:inbox-changed"


def _context(request: DoorRequest, approval_id: int, **more: Any) -> dict[str, Any]:
    whole = queries.whole_request(request.scope, approval_id, today=timezone.localdate())
    return {"whole": whole, "item": whole.request, "note": "", "problem": "", "in_bulk": False, **more}


@door("GET")
def detail(request: DoorRequest, approval_id: int) -> HttpResponse:
    """One request: what, why, by whom, who has said what; and the buttons."""
    context = _context(request, approval_id)
    actions.read_copy(approval=context["item"].approval, by=request.scope, now=timezone.now())
    return pages.page(request, "approvals/detail.html", context, partial="approvals/_detail.html")


@door("POST")
def decide(request: DoorRequest, approval_id: int) -> HttpResponse:
    """Agree, reject or send back, from the detail page or straight from the list."""
    now = timezone.now()
    item = queries.approval_for(request.scope, approval_id, today=timezone.localdate(now))
    decision = request.POST.get("decision")
    note = request.POST.get("note", "").strip() or ("" if decision == "agree" else request.POST.get("why", "").strip())
    try:
        if decision == "back":
            approval = actions.send_back(approval=item.approval, note=note, by=request.scope, now=now)
        else:
            approval = actions.decide(approval=item.approval, agree=decision == "agree", note=note, by=request.scope, now=now)
    except Refusal as refusal:
        if refusal.status in {403, 404} or request.POST.get("from") == "list":
            raise
        context = _context(request, approval_id, note=note, problem=refusal.message)
        return pages.page(request, "approvals/detail.html", context, partial="approvals/_detail.html", status=refusal.status)
    said = {
        "agree": _("You agreed: %(title)s"),
        "back": _("Sent back: %(title)s"),
    }.get(decision or "", _("You rejected: %(title)s"))
    return _answer(request, approval.pk, said % {"title": approval.title})


@door("POST")
def withdraw(request: DoorRequest, approval_id: int) -> HttpResponse:
    item = queries.approval_for(request.scope, approval_id)
    approval = actions.withdraw(approval=item.approval, by=request.scope, now=timezone.now())
    return _answer(request, approval.pk, _("Taken back: %(title)s") % {"title": approval.title})


@door("POST")
def resubmit(request: DoorRequest, approval_id: int) -> HttpResponse:
    """Asks again with the changed words."""
    item = queries.approval_for(request.scope, approval_id)
    try:
        reason = request.POST.get("reason", "")[:4000]
        approval = actions.resubmit(approval=item.approval, reason=reason, by=request.scope, now=timezone.now())
    except NotAllowed:
        raise
    except Refusal as refusal:
        context = _context(request, approval_id, problem=refusal.message)
        return pages.page(request, "approvals/detail.html", context, partial="approvals/_detail.html", status=refusal.status)
    return _answer(request, approval.pk, _("Asked again: %(title)s") % {"title": approval.title})


@door("POST")
def comment(request: DoorRequest, approval_id: int) -> HttpResponse:
    now = timezone.now()
    item = queries.approval_for(request.scope, approval_id, today=timezone.localdate(now))
    actions.comment(approval=item.approval, text=request.POST.get("text", "")[:2000], by=request.scope, now=now)
    return _answer(request, approval_id, _("Your comment is there."))


@door("POST")
def remind(request: DoorRequest, approval_id: int) -> HttpResponse:
    now = timezone.now()
    item = queries.approval_for(request.scope, approval_id, today=timezone.localdate(now))
    actions.remind(approval=item.approval, by=request.scope, now=now)
    return _answer(request, approval_id, _("They are reminded."))


@door("GET", "POST")
def add_approver(request: DoorRequest, approval_id: int) -> HttpResponse:
    """加签: the dialog that asks others as well."""
    now = timezone.now()
    item = queries.approval_for(request.scope, approval_id, today=timezone.localdate(now))
    item.can_involve.enforce()
    form = AddApproverForm(request.POST if request.method == "POST" else None, users=_others(request, item))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            actions.add_approver(
                approval=item.approval, users=_chosen(request, form.chosen()), before=data["where"] == "before", mode=data["mode"],
                note=data["note"], by=request.scope, now=now,
            )  # fmt: skip
        except NotAllowed:
            raise
        except Refusal as refusal:
            form.add_error(None, refusal.message)
        else:
            return _done(request, approval_id, _("They are asked as well."))
    return _dialog(request, "approvals/_add_dialog.html", item, form)


@door("GET", "POST")
def hand_on(request: DoorRequest, approval_id: int) -> HttpResponse:
    """转交: the dialog that lets somebody else decide instead."""
    now = timezone.now()
    item = queries.approval_for(request.scope, approval_id, today=timezone.localdate(now))
    item.can_involve.enforce()
    form = HandOnForm(request.POST if request.method == "POST" else None, users=_others(request, item))
    if request.method == "POST" and form.is_valid():
        (to,) = _chosen(request, [int(form.cleaned_data["to"])])
        try:
            actions.hand_on(approval=item.approval, to=to, note=form.cleaned_data["note"], by=request.scope, now=now)
        except NotAllowed:
            raise
        except Refusal as refusal:
            form.add_error(None, refusal.message)
        else:
            return _done(request, approval_id, _("%(name)s decides instead of you.") % {"name": to})
    return _dialog(request, "approvals/_hand_on_dialog.html", item, form)


@door("GET", "POST")
def copy_to(request: DoorRequest, approval_id: int) -> HttpResponse:
    """抄送: the dialog that lets others read the request."""
    now = timezone.now()
    item = queries.approval_for(request.scope, approval_id, today=timezone.localdate(now))
    form = PeopleForm(request.POST if request.method == "POST" else None, users=_others(request, item))
    if request.method == "POST" and form.is_valid():
        try:
            actions.copy_to(approval=item.approval, users=_chosen(request, form.chosen()), by=request.scope, now=now)
            if form.cleaned_data["note"].strip():
                actions.comment(approval=item.approval, text=form.cleaned_data["note"], by=request.scope, now=now)
        except NotAllowed:
            raise
        except Refusal as refusal:
            form.add_error(None, refusal.message)
        else:
            return _done(request, approval_id, _("They can read it now."))
    return _dialog(request, "approvals/_copy_dialog.html", item, form)


@door("GET")
def history(request: DoorRequest, account_id: int) -> HttpResponse:
    """The panel with the requests about an account, for any page that shows it; `kind` and `subject` narrow it."""
    subject = request.GET.get("subject", "")
    rows = queries.history_of(
        request.scope,
        account_id,
        kind=request.GET.get("kind", "")[:40],
        subject_id=int(subject) if subject.isascii() and subject.isdigit() and len(subject) < 18 else None,
    )
    context = {"rows": rows, "account_id": account_id}
    return pages.page(request, "approvals/history.html", context, partial="approvals/_history.html")


def _others(request: DoorRequest, item: queries.Request) -> list[Any]:
    """Colleagues who can be brought in: everybody but the caller and the person who asked."""
    without = {request.scope.me, item.approval.requested_by_id}
    return [user for user in people.colleagues(request.scope) if user.pk not in without]


def _chosen(request: DoorRequest, ids: list[int]) -> list[Any]:
    wanted = set(ids)
    return [user for user in people.colleagues(request.scope) if user.pk in wanted]


def _dialog(request: DoorRequest, template: str, item: queries.Request, form: Any) -> HttpResponse:
    return pages.fragment(request, template, {"item": item, "form": form}, status=422 if form.errors else 200)


def _done(request: DoorRequest, approval_id: int, message: str) -> HttpResponse:
    """After a dialog the page of the request is opened anew: who decides has changed."""
    messages.success(request, message)
    try:
        queries.approval_for(request.scope, approval_id, today=timezone.localdate())
    except NotVisible:
        return pages.go_to(request, reverse("approvals:list"))
    return pages.go_to(request, reverse("approvals:detail", args=[approval_id]))


def _answer(request: DoorRequest, approval_id: int, message: str) -> HttpResponse:
    """The changed request as a fragment where HTMX asked, else its page. Without HTMX the browser goes back to the list."""
    if not pages.is_fragment(request):
        messages.success(request, message)
        return pages.go_to(request, reverse("approvals:list"))
    try:
        context = _context(request, approval_id)
    except NotVisible:  # an administrator's role changed meanwhile, or a delegation ended
        return pages.go_to(request, reverse("approvals:list"))
    template = "approvals/_row.html" if request.POST.get("from") == "list" else "approvals/_detail.html"
    response = pages.fragment(request, template, context)
    return pages.trigger(pages.toast(response, message), CHANGED)
