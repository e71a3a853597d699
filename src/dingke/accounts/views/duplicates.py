"""Page doors of duplicates: the hint on the form, the pairs of the company, putting a pair aside, looking again."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.actions import duplicates as actions
from dingke.accounts.models import DuplicatePair
from dingke.accounts.queries import duplicates as queries
from dingke.accounts.queries import merge as merges
from dingke.core import jobs, pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotVisible

TABS = ("open", "dismissed", "merged")


@door("GET", permission="accounts.edit")
def duplicates_hint(request: DoorRequest) -> HttpResponse:
    """While somebody types: which accounts this may already be. Of what others keep only a manager to ask is named."""
    asked = queries.record(
        name=request.GET.get("name", "")[:200], credit_code=request.GET.get("credit_code", "")[:40],
        phones=[request.GET.get("phone", "")[:40]], website=request.GET.get("website", "")[:200],
    )  # fmt: skip
    own = request.GET.get("account", "")
    exclude = int(own) if own.isascii() and own.isdigit() and len(own) < 18 else 0
    return pages.fragment(request, "accounts/_duplicates_hint.html", {"hint": queries.hint(request.scope, asked, exclude=exclude)})


@door("GET", permission="accounts.edit")
def duplicates(request: DoorRequest) -> HttpResponse:
    """Pairs within the caller's reach: those to decide, those put aside, and what was merged."""
    scope = request.scope
    tab = request.GET.get("tab", "open")
    tab = tab if tab in TABS else "open"
    cursor = request.GET.get("cursor") or None
    context: dict[str, object] = {"tab": tab, "may_merge": scope.can("accounts.merge")}
    if tab == "merged":
        page = merges.merges(scope, cursor=cursor)
        context |= {"merges": merges.with_counts(page.items), "rows": []}
        following = page.next_cursor
    else:
        rows, following = queries.pair_page(scope, dismissed=tab == "dismissed", cursor=cursor)
        context |= {"rows": rows, "merges": []}
    context["next_href"] = f"{request.path}?{urlencode({'tab': tab, 'cursor': following})}" if following else ""
    if cursor and pages.is_fragment(request):
        return pages.fragment(request, "accounts/_duplicate_rows.html", context)
    number = request.GET.get("job", "")
    job = jobs.job_for(scope, int(number)) if number.isascii() and number.isdigit() and len(number) < 18 else None
    context |= {"count": queries.pair_count(scope), "job": job}
    return pages.page(request, "accounts/duplicates.html", context)


@door("POST", permission="accounts.merge")
def find_duplicates(request: DoorRequest) -> HttpResponse:
    """Looks through the whole company again, as a job with progress."""
    job = actions.start_search(by=request.scope, now=timezone.now())
    return pages.go_to(request, f"{reverse('accounts:duplicates')}?job={job.pk}")


def _pair(request: DoorRequest, pair_id: int) -> DuplicatePair:
    pair = queries.pair_for(request.scope, pair_id)
    if pair is None:
        raise NotVisible(_("There is no such pair, or its accounts are not shared with you."))
    return pair


@door("POST", permission="accounts.edit")
def dismiss_pair(request: DoorRequest, pair_id: int) -> HttpResponse:
    pair = actions.dismiss_pair(pair=_pair(request, pair_id), by=request.scope, now=timezone.now())
    if not pages.is_fragment(request):
        return pages.go_to(request, reverse("accounts:duplicates"))
    undo = reverse("accounts:take_up_pair", args=[pair.pk])
    return pages.toast(HttpResponse(""), _("Noted as two different companies."), undo_url=undo)


@door("POST", permission="accounts.edit")
def take_up_pair(request: DoorRequest, pair_id: int) -> HttpResponse:
    actions.take_up_pair(pair=_pair(request, pair_id), by=request.scope, now=timezone.now())
    return pages.go_to(request, reverse("accounts:duplicates"))
