"""Incentives given, and findings of how the customer pays its other suppliers."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.queries.account import account_for
from dingke.approvals.models import Approval
from dingke.core import money
from dingke.core.doors import DoorRequest, door
from dingke.ledger import access
from dingke.ledger.actions import findings as finding_actions
from dingke.ledger.actions import incentive_requests
from dingke.ledger.actions import incentives as incentive_actions
from dingke.ledger.forms import FindingForm, IncentiveForm
from dingke.ledger.queries import account_money, records
from dingke.ledger.views.dialog import done, form_dialog


@door("GET", "POST", permission="ledger.edit")
def new_incentive(request: DoorRequest, account_id: int) -> HttpResponse:
    """A new rebate, discount or support; the form says what the last one brought (A-08 guard 1)."""
    account = account_for(request.scope, account_id)
    access.can_edit(request.scope, account).enforce()

    def save(facts: dict[str, Any], version: int | None) -> HttpResponse:
        given = incentive_requests.give_incentive(account=account, values=facts, by=request.scope, now=timezone.now())
        if isinstance(given, Approval):
            return done(_("The last one returned too little, so somebody has to agree first. Asked."))
        return done(_("The incentive is recorded."))

    last = account_money.last_return(request.scope, account, timezone.localdate())
    note = ""
    if last is not None and last.ratio is not None and not request.scope.hides("cost"):
        note = _("The last one, from %(start)s, brought %(ratio)s yuan of extra gross profit per extra yuan given.") % {
            "start": last.incentive.start_date.isoformat(),
            "ratio": f"{last.ratio:.2f}",
        }
        finding = incentive_requests.guard_finding(account, today=timezone.localdate())
        if finding is not None and finding.is_breach:
            note = _("%(note)s That is under the line: saving asks for approval.") % {"note": note}
    return form_dialog(
        request,
        make=IncentiveForm,
        save=save,
        initial={"start_date": timezone.localdate()},
        title=_("New incentive"),
        sub=account.shown_name,
        note=note,
    )


@door("GET", "POST", permission="ledger.edit")
def edit_incentive(request: DoorRequest, incentive_id: int) -> HttpResponse:
    found = records.incentive_for(request.scope, incentive_id)
    access.can_edit(request.scope, found.account).enforce()

    def save(facts: dict[str, Any], version: int | None) -> HttpResponse:
        incentive_actions.edit_incentive(incentive=found, values=facts, by=request.scope, now=timezone.now(), expected_version=version)
        return done(_("The incentive is saved."))

    return form_dialog(
        request,
        make=IncentiveForm,
        save=save,
        initial={name: getattr(found, name) for name in ("kind", "amount", "start_date", "end_date", "reason")},
        title=_("Edit incentive"),
        sub=found.account.shown_name,
        record=found,
    )


@door("POST", permission="ledger.edit")
def archive_incentive(request: DoorRequest, incentive_id: int) -> HttpResponse:
    found = records.incentive_for(request.scope, incentive_id)
    incentive_actions.archive_incentive(incentive=found, by=request.scope, now=timezone.now())
    text = _("The incentive of %(amount)s is taken out.") % {"amount": money.exact(found.amount)}
    return done(text, undo_url=reverse("ledger:restore_incentive", args=[found.pk]))


@door("POST", permission="ledger.edit")
def restore_incentive(request: DoorRequest, incentive_id: int) -> HttpResponse:
    found = records.incentive_for(request.scope, incentive_id)
    incentive_actions.restore_incentive(incentive=found, by=request.scope, now=timezone.now())
    return done(_("The incentive is back."))


@door("GET", "POST", permission="ledger.see")
def new_finding(request: DoorRequest, account_id: int) -> HttpResponse:
    """Whoever works on the account writes down what a supplier said."""
    account = account_for(request.scope, account_id)
    access.can_record_finding(request.scope, account).enforce()

    def save(facts: dict[str, Any], version: int | None) -> HttpResponse:
        finding_actions.record_finding(account=account, values=facts, by=request.scope, now=timezone.now())
        return done(_("The finding is recorded."))

    return form_dialog(
        request,
        make=FindingForm,
        save=save,
        initial={"as_of_date": timezone.localdate()},
        title=_("How does it pay its other suppliers?"),
        sub=account.shown_name,
        note=_("Ask those who already sell to this customer. If it pays them very badly, the project is better left alone."),
    )


@door("GET", "POST", permission="ledger.see")
def edit_finding(request: DoorRequest, finding_id: int) -> HttpResponse:
    found = records.finding_for(request.scope, finding_id)
    access.can_record_finding(request.scope, found.account).enforce()

    def save(facts: dict[str, Any], version: int | None) -> HttpResponse:
        finding_actions.edit_finding(finding=found, values=facts, by=request.scope, now=timezone.now(), expected_version=version)
        return done(_("The finding is saved."))

    return form_dialog(
        request,
        make=FindingForm,
        save=save,
        initial={name: getattr(found, name) for name in ("supplier", "finding", "is_bad", "source", "as_of_date")},
        title=_("Edit finding"),
        sub=found.account.shown_name,
        record=found,
    )


@door("POST", permission="ledger.see")
def archive_finding(request: DoorRequest, finding_id: int) -> HttpResponse:
    found = records.finding_for(request.scope, finding_id)
    finding_actions.archive_finding(finding=found, by=request.scope, now=timezone.now())
    text = _("The finding about %(supplier)s is taken out.") % {"supplier": found.supplier}
    return done(text, undo_url=reverse("ledger:restore_finding", args=[found.pk]))


@door("POST", permission="ledger.see")
def restore_finding(request: DoorRequest, finding_id: int) -> HttpResponse:
    found = records.finding_for(request.scope, finding_id)
    finding_actions.restore_finding(finding=found, by=request.scope, now=timezone.now())
    return done(_("The finding is back."))
