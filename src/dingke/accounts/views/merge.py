"""Page doors of merging: two accounts side by side, making them one, taking it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.actions import merge as actions
from dingke.accounts.actions import merge_requests as requests
from dingke.accounts.calc.merging import Side
from dingke.accounts.models import Account, Merge
from dingke.accounts.queries import merge as queries
from dingke.accounts.views.answers import moved
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, NotVisible, Refusal

PREFIX = "take-"


@door("GET", "POST", permission="accounts.merge")
def merge(request: DoorRequest, account_id: int) -> HttpResponse:
    """The account of the address stays, the one of `with` goes into it. Without `with` likely partners are offered."""
    kept = queries.for_merge(request.scope, account_id)
    other = (request.POST if request.method == "POST" else request.GET).get("with", "")
    if not (other.isascii() and other.isdigit() and len(other) < 18):
        text = request.GET.get("text", "").strip()[:100]
        context = {"account": kept, "text": text, "partners": queries.partners(request.scope, kept, text)}
        return pages.page(request, "accounts/merge_choose.html", context)
    gone = queries.for_merge(request.scope, int(other))
    if request.method == "GET":
        return _comparison(request, kept, gone)
    try:
        done = requests.request_merge(
            kept=kept, gone=gone, choices=_choices(request), by=request.scope, now=timezone.now(),
            reason=request.POST.get("reason", "")[:1000], share_with_other_owner=request.POST.get("share") == "yes",
            expected_versions=_versions(request),
        )  # fmt: skip
    except (NotAllowed, NotVisible):
        raise
    except Refusal as refused:
        kept, gone = queries.for_merge(request.scope, kept.pk), queries.for_merge(request.scope, gone.pk)
        return _comparison(request, kept, gone, problem=refused.message, status=refused.status)
    if not isinstance(done, Merge):
        messages.success(request, _("Asked. The two are merged once it is agreed to."))
        return pages.go_to(request, reverse("approvals:detail", args=[done.pk]))
    said = _("%(gone)s is part of %(kept)s now. It can be taken back under “Possible duplicates”, “Merged”.")
    return moved(request, done.kept_id, said % {"gone": gone.shown_name, "kept": kept.shown_name})


def _choices(request: DoorRequest) -> dict[str, str]:
    sides = {side.value for side in Side}
    return {name.removeprefix(PREFIX): value for name, value in request.POST.items() if name.startswith(PREFIX) and value in sides}


def _versions(request: DoorRequest) -> tuple[int, int] | None:
    kept, gone = request.POST.get("kept_version", ""), request.POST.get("gone_version", "")
    return (int(kept), int(gone)) if kept.isdigit() and gone.isdigit() and len(kept + gone) < 18 else None


def _comparison(request: DoorRequest, kept: Account, gone: Account, *, problem: str = "", status: int = 200) -> HttpResponse:
    why_not = access.can_ask_merge(request.scope, kept, gone).reason
    if kept.pk == gone.pk:
        why_not = _("An account cannot be merged with itself.")
    context = {
        "kept": kept,
        "gone": gone,
        "sides": queries.side_by_side(request.scope, kept, gone),
        "problem": problem,
        "why_not": why_not,
        "asks": not why_not and requests.asks_first(request.scope, kept, gone),
        "reason": request.POST.get("reason", ""),
    }
    return pages.page(request, "accounts/merge.html", context, status=status)


@door("POST", permission="accounts.merge")
def undo_merge(request: DoorRequest, merge_id: int) -> HttpResponse:
    found = queries.merge_for(request.scope, merge_id)
    if found is None:
        raise NotVisible(_("There is no such merge, or its account is not shared with you."))
    undone = actions.undo_merge(merge=found, by=request.scope, now=timezone.now())
    messages.success(request, _("%(name)s is an account of its own again.") % {"name": undone.account.shown_name})
    for conflict in undone.conflicts:
        messages.warning(request, conflict)
    return pages.go_to(request, f"{reverse('accounts:duplicates')}?tab=merged")
