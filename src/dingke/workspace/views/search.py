"""Search over everything: the palette's answer, and a page of results."""

from __future__ import annotations

from django.http import HttpResponse

from dingke.accounts.queries import search as account_search
from dingke.accounts.queries.search import Hit
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.links import link_to

IN_PALETTE, ON_PAGE = 12, 60


def _groups(request: DoorRequest, text: str, limit: int) -> list[tuple[str, list[Hit]]]:
    """Results by kind; without a text what the person opened last and the favourites."""
    scope = request.scope
    if not text:
        recent = account_search.recent(scope)
        known = {hit.account_id for hit in recent}
        return [("recent", recent), ("favourite", [hit for hit in account_search.favourites(scope) if hit.account_id not in known])]
    hits = account_search.search(scope, text, limit)
    return [(kind, [hit for hit in hits if hit.kind == kind]) for kind in (account_search.ACCOUNT, account_search.CONTACT)]


@door("GET")
def search(request: DoorRequest) -> HttpResponse:
    """`q` asks. HTMX and the palette get options of a listbox, everybody else a page."""
    text = " ".join(request.GET.get("q", "").split())[:100]
    is_part = pages.is_fragment(request)
    groups = [(kind, hits) for kind, hits in _groups(request, text, IN_PALETTE if is_part else ON_PAGE) if hits]
    context = {
        "text": text,
        "groups": groups,
        "number": sum(len(hits) for _kind, hits in groups),
        "limit": ON_PAGE,
        "account_href": account_href,
    }
    return pages.page(request, "workspace/search.html", context, partial="workspace/_search_options.html")


def account_href(hit: Hit) -> str:
    return link_to("workspace:account", hit.account_id)
