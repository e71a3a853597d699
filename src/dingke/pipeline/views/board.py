"""The board: columns, further cards of a column, and moving a card."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid, NotAllowed, NotVisible, StaleRecord
from dingke.core.jinja import wan, with_query
from dingke.core.links import link_to
from dingke.pipeline.actions.opportunity import UnableToMove, move_opportunity
from dingke.pipeline.models import Opportunity
from dingke.pipeline.queries import board as reads
from dingke.pipeline.queries import list_filter
from dingke.pipeline.queries.forecast import visible_any
from dingke.pipeline.queries.gates import GateLine
from dingke.pipeline.queries.opportunity import opportunity_for
from dingke.pipeline.queries.playbooks import content_of, name_of
from dingke.pipeline.views.filters import bar, wanted_of


@door("GET", permission="pipeline.see")
def board(request: DoorRequest) -> HttpResponse:
    """Open deals of one playbook by stage."""
    wanted, today = wanted_of(request).without("state", "stage", "due"), timezone.localdate()
    version = reads.board_playbook(request.scope, wanted.playbook)
    context = bar(request, wanted, reverse("pipeline:board"))
    if version is None:
        return pages.page(request, "pipeline/board_empty.html", context)
    language = get_language() or "zh-hans"
    stages = [(stage.code, stage.label.text(language)) for stage in content_of(version).stages]
    found = reads.board(request.scope, wanted, version, today=today)
    context |= {
        "board": found,
        "version": version,
        "playbook_name": name_of(version.playbook),
        "stages": stages,
        "today": today,
        "query": {**wanted.params(), "playbook": version.playbook_id},
        "knows_any": found.number > 0 or visible_any(request.scope),
        "new_href": link_to("pipeline:new"),
    }
    return pages.page(request, "pipeline/board.html", context, partial="pipeline/_board.html")


@door("GET", permission="pipeline.see")
def board_cards(request: DoorRequest) -> HttpResponse:
    """The following cards of a column, for scrolling."""
    wanted, today = wanted_of(request), timezone.localdate()
    version = reads.board_playbook(request.scope, wanted.playbook)
    stage = request.GET.get("stage", "")
    if version is None or not stage:
        raise NotVisible(_("There is no such column."))
    cards, following = reads.column_page(
        request.scope, wanted.without("state", "due"), version, stage, today=today, cursor=request.GET.get("cursor") or None
    )
    language = get_language() or "zh-hans"
    context = {
        "cards": cards,
        "next_cursor": following,
        "column_code": stage,
        "stages": [(one.code, one.label.text(language)) for one in content_of(version).stages],
        "query": {**wanted.params(), "playbook": version.playbook_id},
        "hides_amount": request.scope.hides("amount"),
        "may_edit": request.scope.can("pipeline.edit") or request.scope.can("*"),
    }
    return pages.fragment(request, "pipeline/_board_cards.html", context)


@door("POST", permission="pipeline.edit")
def board_move(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    """Moves a card. The script of the board is answered in JSON with the card anew, or with the dialog that says what is in the way."""
    deal = opportunity_for(request.scope, opportunity_id)
    stage, reason = request.POST.get("stage", ""), request.POST.get("reason", "")
    version = request.POST.get("version", "")
    try:
        moved = move_opportunity(
            opportunity=deal, to_stage=stage, by=request.scope, now=timezone.now(), today=timezone.localdate(), reason=reason,
            expected_version=int(version) if version.isdigit() else None,
        )  # fmt: skip
    except UnableToMove as refused:
        return _blocked(request, deal, stage, refused)
    except StaleRecord:
        message = _("Somebody else moved or changed “%(name)s” meanwhile. The board shows it as it is now.") % {"name": deal.name}
        return _answer(request, {"message": message, "stale": True}, status=409)
    except Invalid as refused:
        if "reason" not in refused.fields:
            raise
        return _asks_reason(request, deal, stage, problem=refused.message if "reason" in request.POST else "")
    except NotAllowed as refused:
        return _answer(request, {"message": refused.message}, status=403)
    if not _wants_json(request):
        return pages.go_to(request, _back(request))
    return _moved(request, moved)


def _wants_json(request: DoorRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _back(request: DoorRequest) -> str:
    return f"{reverse('pipeline:board')}{with_query('', **list_filter.deal_filter(request.GET).params())}"


def _answer(request: DoorRequest, content: dict[str, Any], *, status: int) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse(content, status=status, json_dumps_params={"ensure_ascii": False})
    response = pages.page(
        request, "pipeline/board_refused.html", {"part": "", "message": content["message"], "back": _back(request)}, status=status
    )
    return response


def _moved(request: DoorRequest, deal: Opportunity) -> HttpResponse:
    """The card as it is now, and what stands in the heads of the columns."""
    today = timezone.localdate()
    wanted = list_filter.deal_filter(request.GET)
    version = reads.board_playbook(request.scope, wanted.playbook or deal.playbook_version.playbook_id)
    assert version is not None
    language = get_language() or "zh-hans"
    context = {
        "card": reads.card_of(request.scope, deal, today=today),
        "stages": [(one.code, one.label.text(language)) for one in content_of(version).stages],
        "hides_amount": request.scope.hides("amount"),
        "may_edit": True,
        "query": {**wanted.params(), "playbook": version.playbook_id},
    }
    sums = reads.column_sums(request.scope, wanted.without("state", "stage", "due"), version, today=today)
    heads = {code: {"number": f"{number:,}", "amount": "" if amount is None else wan(amount)} for code, (number, amount) in sums.items()}
    card = pages.fragment(request, "pipeline/_board_card.html", context).content.decode()
    return JsonResponse({"card": card, "heads": heads}, json_dumps_params={"ensure_ascii": False})


def _blocked(request: DoorRequest, deal: Opportunity, stage: str, refused: UnableToMove) -> HttpResponse:
    language = get_language() or "zh-hans"
    lines = [GateLine(stage, judged) for judged in refused.blocking]
    context = {
        "deal": deal,
        "message": refused.message,
        "lines": [(line.label(language), line.sentence(language), line.url) for line in lines],
        "stage_name": _stage_name(deal, stage, language),
        "back": _back(request),
    }
    return _dialog(request, "pipeline/_board_blocked.html", context, refused.message, status=refused.status)


def _asks_reason(request: DoorRequest, deal: Opportunity, stage: str, *, problem: str) -> HttpResponse:
    context = {
        "deal": deal,
        "stage": stage,
        "stage_name": _stage_name(deal, stage, get_language() or "zh-hans"),
        "version": deal.version,
        "problem": problem,
        "query": request.GET.dict(),
    }
    message = problem or _("Say why the deal goes back; it stays in the history.")
    return _dialog(request, "pipeline/_board_back.html", context, message, status=422)


def _dialog(request: DoorRequest, template: str, context: dict[str, Any], message: str, *, status: int) -> HttpResponse:
    if _wants_json(request):
        dialog = pages.fragment(request, template, context).content.decode()
        return JsonResponse({"message": message, "dialog": dialog}, status=status, json_dumps_params={"ensure_ascii": False})
    return pages.page(
        request,
        "pipeline/board_refused.html",
        {"part": template, "message": message, "back": _back(request), **context},
        partial=template,
        status=status,
    )


def _stage_name(deal: Opportunity, code: str, language: str) -> str:
    stage = content_of(deal.playbook_version).stage(code)
    return stage.label.text(language) if stage else code
