"""The work list of proposed stages, and the standing panel of the guards."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from dingke.accounts.actions.bulk import Outcome
from dingke.accounts.models import Account
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Refusal
from dingke.core.jinja import with_query
from dingke.insights.actions import movement as actions
from dingke.insights.queries import guard_panel as guard_reads
from dingke.insights.queries import stage_proposals as reads
from dingke.insights.queries.stage_proposals import ProposalFilter
from dingke.insights.views import guard_charts


def _wanted(data: Any) -> ProposalFilter:
    stage, who = data.get("stage", ""), data.get("who", reads.ALL)
    return ProposalFilter(
        stage=stage if stage in Account.Stage.values else "",
        who=who if who in {reads.MINE, reads.ALL} else reads.ALL,
        dismissed=data.get("dismissed") == "1",
    )


def _context(request: DoorRequest, wanted: ProposalFilter, *, cursor: str | None = None) -> dict[str, Any]:
    page, rows = reads.proposal_page(request.scope, wanted, cursor=cursor)
    base = reverse("insights:stage_proposals")
    asked = {"stage": wanted.stage, "who": wanted.who, "dismissed": "1" if wanted.dismissed else ""}
    return {
        "rows": rows,
        "wanted": wanted,
        "base": base,
        "asked": asked,
        "next_href": with_query(base, **asked, cursor=page.next_cursor) if page.next_cursor else "",
        "hides_amount": request.scope.hides("amount"),
        "may_settle": request.scope.can("accounts.edit"),
    }


@door("GET", permission="insights.see")
def stage_proposals(request: DoorRequest) -> HttpResponse:
    """Who should stand in another stage by the figures, and why."""
    wanted = _wanted(request.GET)
    cursor = request.GET.get("cursor") or None
    context = _context(request, wanted, cursor=cursor)
    if cursor:
        return pages.page(request, "insights/stage_proposals_more.html", context, partial="insights/_stage_proposal_rows.html")
    return pages.page(request, "insights/stage_proposals.html", context | _head(request, wanted))


def _head(request: DoorRequest, wanted: ProposalFilter) -> dict[str, Any]:
    return {
        "head": reads.proposal_head(request.scope, wanted.who),
        "number": reads.proposal_number(request.scope, wanted),
        "who_choices": reads.who_choices(request.scope),
        "applies_itself": actions.settings_in_force().apply_automatically,
        "outcome": None,
        "message": "",
    }


def _ids(request: DoorRequest) -> list[int]:
    return [int(text) for text in request.POST.getlist("ids") if text.isascii() and text.isdigit() and len(text) < 19]


def _settled(request: DoorRequest, outcome: Outcome | None, message: str) -> HttpResponse:
    """The list anew, with what was done and which rows were refused."""
    wanted = _wanted(request.POST)
    context = _context(request, wanted) | _head(request, wanted) | {"outcome": outcome, "message": message}
    return pages.page(
        request, "insights/stage_proposals.html", context, partial="insights/_stage_proposals.html", status=200 if outcome else 422
    )


@door("POST", permission="accounts.edit")
def accept_stages(request: DoorRequest) -> HttpResponse:
    """Moves the ticked accounts to their proposed stages, with a note."""
    try:
        outcome = actions.accept_stages(account_ids=_ids(request), note=request.POST.get("note", ""), by=request.scope, now=timezone.now())
    except Refusal as refused:
        return _settled(request, None, refused.message)
    text = ngettext("%(num)s account moved to its proposed stage.", "%(num)s accounts moved to their proposed stages.", outcome.done)
    return _settled(request, outcome, text % {"num": outcome.done})


@door("POST", permission="accounts.edit")
def dismiss_stages(request: DoorRequest) -> HttpResponse:
    """Says no to the proposals of the ticked accounts, for the reason given."""
    try:
        outcome = actions.dismiss_stages(
            account_ids=_ids(request), reason=request.POST.get("note", ""), by=request.scope, now=timezone.now()
        )
    except Refusal as refused:
        return _settled(request, None, refused.message)
    text = ngettext("%(num)s proposal dismissed.", "%(num)s proposals dismissed.", outcome.done)
    return _settled(request, outcome, text % {"num": outcome.done})


@door("POST", permission="accounts.edit")
def resume_stages(request: DoorRequest) -> HttpResponse:
    """Takes the dismissals of the ticked accounts back."""
    try:
        outcome = actions.resume_stages(account_ids=_ids(request), by=request.scope, now=timezone.now())
    except Refusal as refused:
        return _settled(request, None, refused.message)
    text = ngettext("%(num)s stage is proposed again.", "%(num)s stages are proposed again.", outcome.done)
    return _settled(request, outcome, text % {"num": outcome.done})


@door("GET", permission="insights.see")
def guards(request: DoorRequest) -> HttpResponse:
    """The five guards: figure against line, history, owner, decisions."""
    panel = guard_reads.guard_panel(request.scope)
    context = {
        "panel": panel,
        "charts": {one.guard.value: guard_charts.history(one) for one in panel.guards if len(one.history) > 1},
    }
    return pages.page(request, "insights/guards.html", context)
