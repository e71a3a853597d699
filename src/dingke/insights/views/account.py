"""The value panel of an account and its two forms."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.queries.account import account_for
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid, StaleRecord
from dingke.insights import actions, queries
from dingke.insights.forms import FaceForm, ValueForm
from dingke.insights.views import charts

CHANGED = "dk:account-changed"


def _changed(request: DoorRequest, account_id: int, message: str) -> HttpResponse:
    response = pages.trigger(HttpResponse(status=204), CHANGED, {"account": account_id})
    return pages.toast(response, message)


@door("GET", permission="insights.see")
def account_value(request: DoorRequest, account_id: int) -> HttpResponse:
    """Panel for the page of an account: value card, class, face, trend, and why."""
    value = queries.account_value(request.scope, account_id)
    context = {"value": value, "trend": charts.history(value.history), "quarters": charts.quarters(value.quarters)}
    return pages.page(request, "insights/account_value.html", context, partial="insights/_account_value.html")


@door("GET", "POST", permission="insights.see")
def edit_value(request: DoorRequest, account_id: int) -> HttpResponse:
    value = queries.account_value(request.scope, account_id)
    initial: dict[str, Any] = {"version": value.card.version if value.card else None}
    form = ValueForm(request.POST or None, instance=value.card, initial=initial)
    problem, stale = "", None
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        version = given.pop("version")
        try:
            actions.save_value_card(
                account=account_for(request.scope, account_id), values=given, expected_version=version, by=request.scope, now=timezone.now()
            )
            return _changed(request, account_id, _("Value card saved."))
        except StaleRecord as error:
            problem, stale = error.message, error
        except Invalid as error:
            problem = error.message
    context = {"value": value, "form": form, "problem": problem, "stale": stale}
    return pages.page(
        request, "insights/edit_value.html", context, partial="insights/_edit_value.html", status=422 if request.method == "POST" else 200
    )


@door("GET", "POST", permission="accounts.confirm_face")
def confirm_face(request: DoorRequest, account_id: int) -> HttpResponse:
    value = queries.account_value(request.scope, account_id)
    proposed = (value.standing.proposed_face if value.standing else "") or "NONE"
    current = value.face
    form = FaceForm(
        request.POST or None, initial={"face": current.face if current else proposed, "extra_step": current.extra_step if current else ""}
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.confirm_face(
                account=value.account,
                face=given["face"],
                extra_step=given["extra_step"],
                note=given["note"],
                by=request.scope,
                now=timezone.now(),
            )
            return _changed(request, account_id, _("Face confirmed."))
        except Invalid as error:
            for name in error.fields or {"face": ""}:
                form.add_error(name if name in form.fields else None, error.message)
    context = {"value": value, "form": form, "guides": queries.face_guides()}
    return pages.page(
        request,
        "insights/confirm_face.html",
        context,
        partial="insights/_confirm_face.html",
        status=422 if request.method == "POST" else 200,
    )
