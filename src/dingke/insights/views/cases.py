"""Doors of cases "risk of loss", of the risk register, of silent customers and of the watch list."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dingke.accounts.access import can_edit
from dingke.accounts.queries.account import account_for
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid, NotVisible, Refusal, StaleRecord
from dingke.core.forms import RefusableForm
from dingke.core.jinja import with_query
from dingke.core.tables_out import FileKind
from dingke.insights.actions import case_opening, reactions, watching
from dingke.insights.actions import cases as actions
from dingke.insights.exports import loss_cases
from dingke.insights.forms.alerts import CaseForm, CloseCaseForm, CloseRiskForm, RiskForm, StepForm
from dingke.insights.forms.stages import PeriodForm
from dingke.insights.models import LossCase
from dingke.insights.queries import alerts as alert_reads
from dingke.insights.queries import loss_cases as reads
from dingke.insights.queries import silence as silence_reads
from dingke.insights.queries import watching as watch_reads
from dingke.insights.views import case_charts
from dingke.insights.views.alerts import changed, dialog
from dingke.people.queries import colleagues


def _refused(form: RefusableForm, refused: Refusal) -> None:
    if refused.status in {403, 404}:
        raise refused
    form.refuse(refused.message, refused.fields)


@door("GET", permission="insights.see")
def cases(request: DoorRequest) -> HttpResponse:
    """Open cases by deadline, closed ones, and the report of a period."""
    today = timezone.localdate(timezone.now())
    state = LossCase.State.CLOSED if request.GET.get("state") == LossCase.State.CLOSED else LossCase.State.OPEN
    page, rows = reads.case_page(request.scope, state=state, today=today, cursor=request.GET.get("cursor") or None)
    base = reverse("insights:cases")
    context: dict[str, Any] = {
        "rows": rows,
        "state": state,
        "base": base,
        "today": today,
        "next_href": with_query(base, state=state, cursor=page.next_cursor) if page.next_cursor else "",
        "hides_amount": request.scope.hides("amount"),
    }
    if request.GET.get("cursor"):
        return pages.page(request, "insights/cases_more.html", context, partial="insights/_case_rows.html")
    form = PeriodForm(request.GET, today=today)
    report = reads.case_report(request.scope, period=form.period(), today=today)
    context |= {
        "report": report,
        "form": form,
        "chosen": {"start": form.data["start"], "until": form.data["until"]},
        "chart": case_charts.by_reason(report) if report.total.number else None,
        "can_export": request.scope.can("exports.run"),
    }
    return pages.page(request, "insights/cases.html", context)


@door("GET", permission="exports.run")
def export_cases(request: DoorRequest) -> HttpResponse:
    """The report, or every case of the period, as a file."""
    try:
        kind, what = FileKind(request.GET.get("format", "xlsx")), loss_cases.CaseSheet(request.GET.get("what", "cases"))
    except ValueError as error:
        raise Invalid(_("Choose xlsx or csv.")) from error
    now = timezone.now()
    today = timezone.localdate(now)
    period = PeriodForm(request.GET, today=today).period()
    content, name = loss_cases.export_cases(kind=kind, sheet=what, by=request.scope, now=now, today=today, period=period)
    return pages.table_file(content, name=name, kind=kind, day=today)


@door("GET", permission="insights.see")
def case(request: DoorRequest, case_id: int) -> HttpResponse:
    """One case: what is known, the five steps, the end."""
    today = timezone.localdate(timezone.now())
    view = reads.case_view(request.scope, case_id, today=today)
    context = {"view": view, "case": view.case, "account": view.case.account, "today": today, "hides_amount": view.value is None}
    return pages.page(request, "insights/case.html", context, partial="insights/_case.html")


@door("GET", "POST")
def open_case(request: DoorRequest, account_id: int) -> HttpResponse:
    """By hand, or from a warning (`alert`)."""
    scope, now = request.scope, timezone.now()
    account = account_for(scope, account_id)
    can_edit(scope, account).enforce()
    asked = request.POST.get("alert") or request.GET.get("alert") or ""
    alert = alert_reads.alert_for(scope, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None
    if alert is not None and alert.account_id != account.pk:
        raise NotVisible(_("There is no such warning, or its account is not shared with you."))
    kind, rival = case_opening.kind_for(alert) if alert is not None else ("", None)
    form = CaseForm(request.POST or None, rivals=reads.rivals(), people=colleagues(scope), initial={"kind": kind, "rival": rival})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            row = actions.open_case(
                account=account, kind=given["kind"], owner=given["owner"], rival=given["rival"], rival_name=given["rival_name"],
                alert=alert, note=given["note"], deadline=given["deadline_date"], by=scope, now=now,
            )  # fmt: skip
            return changed(request, account.pk, _("Case opened; its steps have their days."), back=reverse("insights:case", args=[row.pk]))
        except Refusal as refused:
            _refused(form, refused)
    return dialog(request, "insights/_case_open.html", {"account": account, "alert": alert, "form": form})


@door("GET", "POST")
def case_step(request: DoorRequest, case_id: int, place: int) -> HttpResponse:
    """What was done in a step, and with whom."""
    scope, now = request.scope, timezone.now()
    row = reads.case_for(scope, case_id)
    step = reads.step_for(row, place)
    can_edit(scope, row.account).enforce()
    first, second = [*step.talked_to, None, None][:2]
    initial = {"note": step.note, "first": first, "second": second}
    form = StepForm(request.POST or None, contacts=reads.contacts_of(row.account), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.do_step(step=step, note=form.cleaned_data["note"], talked_to=form.people, by=scope, now=now)
            return changed(request, row.account_id, _("Step done."), back=reverse("insights:case", args=[row.pk]))
        except Refusal as refused:
            _refused(form, refused)
    context = {"case": row, "account": row.account, "step": step, "label": reads.step_label(step.code), "form": form}
    return dialog(request, "insights/_case_step.html", context)


@door("GET", "POST")
def close_case(request: DoorRequest, case_id: int) -> HttpResponse:
    """The decision: result and reason."""
    scope, now = request.scope, timezone.now()
    row = reads.case_for(scope, case_id)
    can_edit(scope, row.account).enforce()
    form = CloseCaseForm(
        request.POST or None, reasons=reads.reasons(), rivals=reads.rivals(), initial={"rival": row.rival_id, "lesson": row.lesson}
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.close_case(case=row, by=scope, now=now, **form.cleaned_data)
            return changed(request, row.account_id, _("Case closed."), back=reverse("insights:case", args=[row.pk]))
        except Refusal as refused:
            _refused(form, refused)
    return dialog(request, "insights/_case_close.html", {"case": row, "account": row.account, "form": form})


# ---- the risk register -------------------------------------------------------------------------------------------------


@door("GET", "POST")
def add_risk(request: DoorRequest, account_id: int) -> HttpResponse:
    scope, now = request.scope, timezone.now()
    account = account_for(scope, account_id)
    can_edit(scope, account).enforce()
    form = RiskForm(request.POST or None, people=colleagues(scope), initial={"likelihood": 2, "impact": 2, "category": "MARKET"})
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        given.pop("version")
        try:
            actions.save_risk(account=account, values=given, by=scope, now=now)
            return changed(request, account.pk, _("Risk noted."), back=reverse("workspace:account", args=[account.pk]))
        except Refusal as refused:
            _refused(form, refused)
    return dialog(request, "insights/_risk.html", {"account": account, "risk": None, "form": form})


@door("GET", "POST")
def edit_risk(request: DoorRequest, risk_id: int) -> HttpResponse:
    scope, now = request.scope, timezone.now()
    risk = reads.risk_for(scope, risk_id)
    can_edit(scope, risk.account).enforce()
    names = ("category", "sign", "likelihood", "impact", "owner", "response", "due_date", "version")
    initial = {name: getattr(risk, name) for name in names}
    form = RiskForm(request.POST or None, people=colleagues(scope), initial=initial)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        version = given.pop("version")
        try:
            actions.save_risk(account=risk.account, values=given, risk=risk, expected_version=version, by=scope, now=now)
            return changed(request, risk.account_id, _("Risk saved."), back=reverse("workspace:account", args=[risk.account_id]))
        except StaleRecord as stale:
            form.refuse(stale.message, {})
        except Refusal as refused:
            _refused(form, refused)
    return dialog(request, "insights/_risk.html", {"account": risk.account, "risk": risk, "form": form})


@door("GET", "POST")
def close_risk(request: DoorRequest, risk_id: int) -> HttpResponse:
    scope = request.scope
    risk = reads.risk_for(scope, risk_id)
    can_edit(scope, risk.account).enforce()
    form = CloseRiskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.close_risk(risk=risk, note=form.cleaned_data["note"], by=scope, now=timezone.now())
        return changed(request, risk.account_id, _("Risk taken off."), back=reverse("workspace:account", args=[risk.account_id]))
    return dialog(request, "insights/_risk_close.html", {"account": risk.account, "risk": risk, "form": form})


# ---- silent customers --------------------------------------------------------------------------------------------------


@door("GET", permission="insights.see")
def silent(request: DoorRequest) -> HttpResponse:
    """Who fell silent, and how many stay and go from year to year."""
    today = timezone.localdate(timezone.now())
    page, rows = silence_reads.silent_page(request.scope, today=today, cursor=request.GET.get("cursor") or None)
    base = reverse("insights:silent")
    context: dict[str, Any] = {
        "rows": rows,
        "next_href": with_query(base, cursor=page.next_cursor) if page.next_cursor else "",
        "hides_amount": request.scope.hides("amount"),
        "may_plan": request.scope.can("accounts.edit") or request.scope.can("*"),
        "today": today,
    }
    if request.GET.get("cursor"):
        return pages.page(request, "insights/silent_more.html", context, partial="insights/_silent_rows.html")
    report = silence_reads.silence(request.scope, today=today)
    context |= {
        "report": report,
        "number": silence_reads.silent_number(request.scope, today=today),
        "chart": case_charts.rates(report) if report.has_orders else None,
    }
    return pages.page(request, "insights/silent.html", context)


@door("POST", permission="accounts.edit")
def reactivate(request: DoorRequest) -> HttpResponse:
    """Starts the win-back chain at the ticked accounts."""
    ids = [int(text) for text in request.POST.getlist("ids") if text.isascii() and text.isdigit() and len(text) < 19]
    done, left = reactions.reactivate(account_ids=ids, by=request.scope, now=timezone.now())
    message = ngettext("Win-back started at %(num)s account.", "Win-back started at %(num)s accounts.", done) % {"num": done}
    return pages.page(
        request,
        "insights/reactivated.html",
        {"message": message, "left": left, "done": done},
        partial="insights/_reactivated.html",
    )


# ---- the watch list ----------------------------------------------------------------------------------------------------


@door("GET", permission="insights.see")
def watch(request: DoorRequest) -> HttpResponse:
    """What changed at the watched accounts since the caller last looked."""
    feed = watch_reads.feed(request.scope, cursor=request.GET.get("cursor") or None)
    base = reverse("insights:watch")
    context: dict[str, Any] = {
        "feed": feed, "next_href": with_query(base, cursor=feed.next_cursor) if feed.next_cursor else "",
    }  # fmt: skip
    if request.GET.get("cursor"):
        return pages.page(request, "insights/watch_more.html", context, partial="insights/_watch_rows.html")
    context["watched"] = watch_reads.watched(request.scope, watch_reads.watched_ids(request.scope))
    return pages.page(request, "insights/watch.html", context, partial="insights/_watch.html")


@door("POST", permission="insights.see")
def watch_read(request: DoorRequest) -> HttpResponse:
    """The caller has read the feed up to now."""
    watching.mark_read(by=request.scope, now=timezone.now())
    if request.headers.get("HX-Request") == "true":
        return pages.toast(pages.trigger(HttpResponse(status=204), "dk:feed-read"), _("Read up to now."))
    return pages.go_to(request, reverse("insights:watch"))
