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


def changed(request: DoorRequest, opportunity_id: int, message: str, *, undo_url: str = "") -> HttpResponse:
    """After a change inside the page of a deal: its panels reload themselves."""
    if request.headers.get("HX-Request") == "true":
        response = pages.trigger(HttpResponse(status=204), CHANGED, {"deal": opportunity_id})
        return pages.toast(response, message, undo_url=undo_url)
    return moved(request, opportunity_id, message)


def moved(request: DoorRequest, opportunity_id: int, message: str) -> HttpResponse:
    """After a change that the whole page shows: the page is opened anew."""
    messages.success(request, message)
    return pages.go_to(request, reverse("pipeline:deal", args=[opportunity_id]))


def posted(request: DoorRequest, saved: Mapping[str, Any] | None = None) -> QueryDict | None:
    """What a form is bound to: after a stale save with the choices that were made between both versions."""
    return merged(request.POST, saved or {}) if request.method == "POST" else None


def dialog(
    request: DoorRequest,
    deal: Opportunity,
    form: RefusableForm,
    *,
    title: str,
    save: Callable[[], object],
    done: str,
    template: str = "pipeline/_form_dialog.html",
    saved: Mapping[str, Any] | None = None,
    whole_page: bool = False,
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
                form.data = (
                    {**form.data.dict(), "version": str((saved or {}).get("version", ""))} if isinstance(form.data, QueryDict) else {}
                )
            except Refusal as refused:
                form.refuse(refused.message, refused.fields)
            else:
                return moved(request, deal.pk, done) if whole_page else changed(request, deal.pk, done)
    context = {
        "submit": "",
        "hint": "",
        "rivals": (),
        "deal": deal,
        "form": form,
        "stale": stale,
        "title": title,
        "partial": template,
        "action": request.get_full_path(),
        **shown,
    }
    return pages.page(request, "pipeline/deal_in_page.html", context, partial=template, status=status)
