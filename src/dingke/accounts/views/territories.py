"""Page doors of placing accounts in territories: what would change, what a rule brings, doing it."""

from __future__ import annotations

from django.http import HttpResponse, QueryDict
from django.utils import timezone

from dingke.accounts.actions import territories as actions
from dingke.accounts.queries import territories as queries
from dingke.core import pages
from dingke.core.doors import DoorRequest, door


def _ids(data: QueryDict, name: str) -> list[int]:
    return [int(value) for value in data.getlist(name) if value.isascii() and value.isdigit() and len(value) < 18]


@door("GET", permission="people.edit")
def territories_preview(request: DoorRequest) -> HttpResponse:
    """How many accounts lie elsewhere than the rules want, and how many each territory has; the job while it runs."""
    return pages.fragment(request, "accounts/_territories.html", {"preview": queries.preview(request.scope), "job": queries.open_job()})


@door("GET", permission="people.edit")
def territories_rule(request: DoorRequest) -> HttpResponse:
    """While a rule is being written: how many accounts it brings together."""
    territory = (_ids(request.GET, "territory") or [0])[0]
    count = queries.rule_count(
        request.scope, territory_id=territory, name=request.GET.get("name", "")[:80],
        regions=_ids(request.GET, "regions"), industries=_ids(request.GET, "industries"),
    )  # fmt: skip
    is_empty = not (_ids(request.GET, "regions") or _ids(request.GET, "industries"))
    return pages.fragment(request, "accounts/_territory_rule.html", {"count": count, "is_empty": is_empty})


@door("POST", permission="people.edit")
def territories_place(request: DoorRequest) -> HttpResponse:
    job = actions.start_placing(by=request.scope, now=timezone.now())
    return pages.fragment(request, "accounts/_territories.html", {"preview": queries.preview(request.scope), "job": job})
