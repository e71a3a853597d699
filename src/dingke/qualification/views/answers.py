"""How the doors of a deal answer: a change closes its dialog, tells the panels of the page, and offers to undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.urls import reverse

from dingke.core import pages
from dingke.core.doors import DoorRequest
from dingke.core.errors import NotAllowed, NotVisible, Refusal, StaleRecord
from dingke.core.forms import RefusableForm
from dingke.core.stale import differences, merged
from dingke.pipeline.models import Opportunity

CHANGED = "dk:deal-changed"


def changed(request: DoorRequest, opportunity_id: int, message: str, *, undo_url: str = "", route: str = "sheet") -> HttpResponse:
    """After a change: the panels of the deal reload themselves; without htmx the page of the panel opens again."""
    if request.headers.get("HX-Request") == "true":
        response = pages.trigger(HttpResponse(status=204), CHANGED, {"deal": opportunity_id})
        return pages.toast(response, message, undo_url=undo_url)
    messages.success(request, message)
    return pages.go_to(request, reverse(f"qualification:{route}", args=[opportunity_id]))


def posted(request: DoorRequest, saved: Mapping[str, Any]) -> QueryDict | None:
    """What a form is bound to: after a stale save with the choices that were made between both versions."""
    return merged(request.POST, saved) if request.method == "POST" else None


def dialog(
    request: DoorRequest,
    opportunity: Opportunity,
    form: RefusableForm,
    template: str,
    *,
    save: Callable[[], object],
    done: str,
    route: str,
    saved: Mapping[str, Any] | None = None,
    **shown: Any,
) -> HttpResponse:
    """A form in a dialog: shows it, saves it, and shows it again with what is wrong, or with both versions when it is stale."""
    stale: list[Any] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                save()
            except (NotAllowed, NotVisible):
                raise
            except StaleRecord:
                status, stale = 409, differences(form, saved or {})
                form.data["version"] = str((saved or {}).get("version", ""))  # type: ignore[index]
            except Refusal as refused:
                form.refuse(refused.message, refused.fields)
            else:
                return changed(request, opportunity.pk, done, route=route)
    context = {"opportunity": opportunity, "form": form, "stale": stale, "partial": template, "route": route, **shown}
    return pages.page(request, "qualification/in_page.html", context, partial=template, status=status)


def retarget(response: HttpResponse, selector: str) -> HttpResponse:
    """Lets an answer take the place of another part of the page than the form asked for."""
    response["HX-Retarget"] = selector
    response["HX-Reswap"] = "outerHTML"
    return response
