"""Doors of warnings: the list, the panels on Today and at an account, and every reaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.queries.account import account_for
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid, Refusal
from dingke.core.forms import RefusableForm
from dingke.core.jinja import with_query
from dingke.insights import access
from dingke.insights.actions import reactions
from dingke.insights.forms.alerts import CloseForm, ContactOfAlertForm, SnoozeForm, TodoOfAlertForm
from dingke.insights.models import Alert
from dingke.insights.queries import alerts as reads
from dingke.insights.queries import loss_cases as case_reads

CHANGED, ACCOUNT_CHANGED = "dk:alerts-changed", "dk:account-changed"


def changed(request: DoorRequest, account_id: int, message: str, *, back: str = "") -> HttpResponse:
    """After a reaction the list, the panel of the account and Today load themselves anew."""
    if request.headers.get("HX-Request") == "true":
        response = pages.trigger(HttpResponse(status=204), CHANGED, {"account": account_id})
        return pages.toast(pages.trigger(response, ACCOUNT_CHANGED, {"account": account_id}), message)
    messages.success(request, message)
    return pages.go_to(request, back or reverse("insights:alerts"))


def dialog(request: DoorRequest, partial: str, context: dict[str, Any]) -> HttpResponse:
    """A form in the dialog, or in a page of its own; 422 after a refusal."""
    status = 422 if request.method == "POST" else 200
    return pages.page(request, "accounts/in_page.html", {**context, "partial": partial}, partial=partial, status=status)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _filter(request: DoorRequest) -> reads.AlertFilter:
    asked = request.GET
    known = {code for code, _label in reads.who_choices(request.scope)}
    who = asked.get("who", "")
    return reads.AlertFilter(
        who=who if who in known else reads.usual_who(request.scope),
        state=asked.get("state", "") if asked.get("state", "") in reads.STATES else "living",
        signal=asked.get("signal", "")[:40],
        abc=asked.get("abc", "") if asked.get("abc", "") in {"A", "B", "C"} else "",
        owner_id=_number(asked.get("owner", "")),
    )


@door("GET", permission="insights.see")
def alerts(request: DoorRequest) -> HttpResponse:
    """What may be lost, the greatest expected loss first. `alert` shows one of them on top, as a notice links to it."""
    today = timezone.localdate(timezone.now())
    wanted = _filter(request)
    page, rows = reads.alert_page(request.scope, wanted, today=today, cursor=request.GET.get("cursor") or None)
    base = reverse("insights:alerts")
    context: dict[str, Any] = {
        "rows": rows,
        "wanted": wanted,
        "base": base,
        "today": today,
        "next_href": with_query(base, **wanted.params(), cursor=page.next_cursor) if page.next_cursor else "",
        "hides_amount": request.scope.hides("amount"),
    }
    if request.GET.get("cursor"):
        return pages.page(request, "insights/alerts_more.html", context, partial="insights/_alert_rows.html")
    asked = _number(request.GET.get("alert", ""))
    first = reads.row_of(request.scope, reads.alert_for(request.scope, asked), today=today) if asked is not None else None
    context |= {
        "first": first,
        "head": reads.alert_head(request.scope, wanted.who),
        "number": reads.number_of(request.scope, wanted),
        "states": [("living", _("Not ended yet")), ("waiting", _("Waiting for a reaction")), *Alert.State.choices[2:]],
        "here": with_query(base, **wanted.params(), alert=asked),
    }
    return pages.page(request, "insights/alerts.html", context, partial="insights/_alerts.html")


@door("GET", permission="insights.see")
def alerts_today(request: DoorRequest) -> HttpResponse:
    """The few that wait for the caller, for the first page of the day."""
    rows, number = reads.top_of(request.scope, today=timezone.localdate(timezone.now()))
    context = {"rows": rows, "number": number, "hides_amount": request.scope.hides("amount"), "today": timezone.localdate(timezone.now())}
    return pages.fragment(request, "insights/_alerts_today.html", context)


@door("GET", permission="insights.see")
def account_risk(request: DoorRequest, account_id: int) -> HttpResponse:
    """Panel for the page of an account: warnings, cases, the risk register."""
    account = account_for(request.scope, account_id)
    risk = case_reads.account_risk(request.scope, account, today=timezone.localdate(timezone.now()))
    context = {"risk": risk, "account": account, "today": timezone.localdate(timezone.now()), "hides_amount": risk.hides_amount}
    return pages.page(
        request, "accounts/in_page.html", {**context, "partial": "insights/_account_risk.html"}, partial="insights/_account_risk.html"
    )


@door("POST")
def seen(request: DoorRequest, alert_id: int) -> HttpResponse:
    alert = reads.alert_for(request.scope, alert_id)
    reactions.mark_seen(alert=alert, by=request.scope, now=timezone.now())
    return changed(request, alert.account_id, _("Marked as seen."))


@door("POST")
def plan(request: DoorRequest, alert_id: int) -> HttpResponse:
    """One tap: what the signal proposes becomes a to-do."""
    alert = reads.alert_for(request.scope, alert_id)
    todo = reactions.act_by_todo(alert=alert, by=request.scope, now=timezone.now())
    message = _("To-do for %(name)s, due %(day)s.") % {"name": todo.assignee, "day": todo.due_date}
    return changed(request, alert.account_id, message)


@door("POST")
def win_back(request: DoorRequest, alert_id: int) -> HttpResponse:
    alert = reads.alert_for(request.scope, alert_id)
    todos = reactions.act_by_win_back(alert=alert, by=request.scope, now=timezone.now())
    return changed(request, alert.account_id, _("Win-back started: %(number)s to-dos.") % {"number": len(todos)})


def _ask(request: DoorRequest, alert_id: int, form: RefusableForm, partial: str, do: Any, message: str) -> HttpResponse:
    alert = reads.alert_for(request.scope, alert_id)
    now = timezone.now()
    if request.method == "GET":
        access.can_react(request.scope, alert).enforce()
    elif form.is_valid():
        try:
            do(alert, form.cleaned_data, now)
            return changed(request, alert.account_id, message)
        except Invalid as refused:
            form.refuse(refused.message, refused.fields)
        except Refusal as refused:
            if refused.status in {403, 404}:
                raise
            form.refuse(refused.message, {})
    else:
        access.can_react(request.scope, alert).enforce()
    row = reads.row_of(request.scope, alert, today=timezone.localdate(now))
    return dialog(request, partial, {"row": row, "alert": alert, "account": alert.account, "form": form})


@door("GET", "POST")
def snooze(request: DoorRequest, alert_id: int) -> HttpResponse:
    """Later, for a reason."""
    by = request.scope
    in_a_month = timezone.localdate(timezone.now()) + timedelta(days=30)
    form = SnoozeForm(request.POST or None, initial={"until": in_a_month})
    return _ask(
        request, alert_id, form, "insights/_alert_snooze.html",
        lambda alert, given, now: reactions.snooze_alert(alert=alert, until=given["until"], reason=given["reason"], by=by, now=now),
        _("Snoozed. It comes back on that day, or earlier when it becomes clearly worse."),
    )  # fmt: skip


@door("GET", "POST")
def close(request: DoorRequest, alert_id: int) -> HttpResponse:
    """How it ended."""
    by = request.scope
    return _ask(
        request, alert_id, CloseForm(request.POST or None), "insights/_alert_close.html",
        lambda alert, given, now: reactions.close_alert(alert=alert, outcome=given["outcome"], reason=given["reason"], by=by, now=now),
        _("Warning closed."),
    )  # fmt: skip


@door("GET", "POST")
def todo(request: DoorRequest, alert_id: int) -> HttpResponse:
    """A to-do in one's own words."""
    by, today = request.scope, timezone.localdate(timezone.now())
    row = reads.row_of(by, reads.alert_for(by, alert_id), today=today)
    form = TodoOfAlertForm(request.POST or None, initial={"title": row.action, "due_date": today + timedelta(days=reactions.TODO_DAYS)})
    return _ask(
        request, alert_id, form, "insights/_alert_todo.html",
        lambda alert, given, now: reactions.act_by_todo(
            alert=alert, title=given["title"], due_date=given["due_date"], by=by, now=now
        ),
        _("To-do added."),
    )  # fmt: skip


@door("GET", "POST")
def contact(request: DoorRequest, alert_id: int) -> HttpResponse:
    """The contact that was made because of it."""
    by = request.scope
    return _ask(
        request, alert_id, ContactOfAlertForm(request.POST or None, initial={"kind": "CALL"}), "insights/_alert_contact.html",
        lambda alert, given, now: reactions.act_by_contact(alert=alert, kind=given["kind"], text=given["text"], by=by, now=now),
        _("Contact logged."),
    )  # fmt: skip
