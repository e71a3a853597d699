"""Page doors of a hand-over: choosing who leaves, what goes to whom, a look before, the deed, and taking it back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dingke.accounts.actions import handover as actions
from dingke.accounts.forms import handover as forms
from dingke.accounts.queries import handover as queries
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, NotVisible, Refusal
from dingke.people.models import User


@door("GET", permission="accounts.assign")
def handovers(request: DoorRequest) -> HttpResponse:
    """Who can be handed over, and what was handed over before."""
    chosen = request.GET.get("user", "")
    if chosen.isascii() and chosen.isdigit() and len(chosen) < 18:
        return pages.go_to(request, reverse("accounts:handover_plan", args=[int(chosen)]))
    page = queries.handovers(request.scope, cursor=request.GET.get("cursor") or None)
    context = {"page": page, "leavers": queries.leavers(request.scope), "base": reverse("accounts:handovers")}
    return pages.page(request, "accounts/handovers.html", context, partial="accounts/_handover_rows.html")


def _plan_page(request: DoorRequest, leaver: User, *, problem: str = "", preview: Any = None, status: int = 200) -> HttpResponse:
    context = {
        "leaver": leaver,
        "estate": queries.estate(request.scope, leaver),
        "receivers": queries.receivers(request.scope, leaver),
        "accounts": queries.own_accounts(request.scope, leaver),
        "may_close": request.scope.can("people.edit"),
        "problem": problem,
        "preview": preview,
        "sent": request.POST,
    }
    return pages.page(request, "accounts/handover.html", context, status=status)


@door("GET", "POST", permission="accounts.assign")
def plan(request: DoorRequest, user_id: int) -> HttpResponse:
    """Everything that hangs on a person and who gets it; `step=preview` shows what would happen, `step=run` does it."""
    leaver = queries.leaver_for(request.scope, user_id)
    if request.method == "GET":
        return _plan_page(request, leaver)
    close, now = request.POST.get("close") == "yes", timezone.now()
    try:
        wish = actions.plan_given(forms.plan_values(request.POST))
        if request.POST.get("step") != "run":
            rows = actions.preview(leaver=leaver, plan=wish, close=close, by=request.scope, now=now)
            return _plan_page(request, leaver, preview=_summary(rows))
        done = actions.hand_over(
            leaver=leaver, plan=wish, close=close, reason=request.POST.get("reason", ""), by=request.scope, now=now
        )  # fmt: skip
    except (NotAllowed, NotVisible):
        raise
    except Refusal as refused:
        return _plan_page(request, leaver, problem=refused.message, status=refused.status)
    if done.job is None:
        messages.success(request, actions.said(done))
    return pages.go_to(request, reverse("accounts:handover", args=[done.pk]))


def _summary(rows: list[actions.PreviewRow]) -> dict[str, Any]:
    """Numbers by receiver and part, and everything that stays with the reason."""
    numbers: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.receiver is not None and not row.stays:
            key = (str(row.receiver), row.part)
            numbers[key] = numbers.get(key, 0) + 1
    staying = [row for row in rows if row.stays]
    return {"numbers": numbers, "staying": staying[:100], "staying_number": len(staying), "total": sum(numbers.values())}


@door("GET", permission="accounts.assign")
def account_rows(request: DoorRequest, user_id: int) -> HttpResponse:
    """More of the leaver's accounts, to name a receiver by hand."""
    leaver = queries.leaver_for(request.scope, user_id)
    text = request.GET.get("find", "").strip()[:80]
    page = queries.own_accounts(request.scope, leaver, text=text, cursor=request.GET.get("cursor") or None)
    context = {"leaver": leaver, "accounts": page, "receivers": queries.receivers(request.scope, leaver), "find": text, "sent": {}}
    return pages.fragment(request, "accounts/_handover_accounts.html", context)


@door("GET", permission="accounts.assign")
def handover(request: DoorRequest, handover_id: int) -> HttpResponse:
    """What a hand-over did: numbers, what stayed, each thing; and taking it back."""
    row = queries.handover_for(request.scope, handover_id)
    cursor = request.GET.get("cursor") or None
    context = {"row": row, "page": queries.rows_of(row, cursor=cursor), "part_labels": dict(queries.part_labels())}
    if cursor and pages.is_fragment(request):
        return pages.fragment(request, "accounts/_handover_things.html", context)
    context |= {"numbers": queries.numbers_of(row), "exceptions": queries.exceptions_of(row)}
    return pages.page(request, "accounts/handover_done.html", context)


@door("POST", permission="accounts.assign")
def undo(request: DoorRequest, handover_id: int) -> HttpResponse:
    row = queries.handover_for(request.scope, handover_id)
    kept = actions.undo_hand_over(handover_row=row, by=request.scope, now=timezone.now())
    messages.success(request, _("The hand-over of %(name)s was taken back.") % {"name": row.leaver})
    if kept:
        said = ngettext("%(number)s thing was changed since and stays.", "%(number)s things were changed since and stay.", kept)
        messages.warning(request, said % {"number": f"{kept:,}"})
    return pages.go_to(request, reverse("accounts:handover", args=[row.pk]))
