"""Receivables and payments: the ageing board, one invoice in the side panel, its disputes, what is paid on it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.models import Account
from dingke.accounts.queries.account import account_for
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.ledger import access
from dingke.ledger.actions import payments as payment_actions
from dingke.ledger.actions import receivables as actions
from dingke.ledger.forms import AdvanceForm, DisputeForm, PaymentForm, ReceivableForm, SettleForm
from dingke.ledger.models import Receivable
from dingke.ledger.queries import account_money, lists, records
from dingke.ledger.views.account import rights
from dingke.ledger.views.dialog import done, form_dialog
from dingke.ledger.views.orders import kept

USUAL_TERM = timedelta(days=30)


@door("GET", permission="ledger.see")
def receivables(request: DoorRequest) -> HttpResponse:
    """What is open, by days past due; the rows of a bucket below."""
    today = timezone.localdate()
    wanted = lists.receivable_filter(request.GET)
    board = lists.ageing_board(request.scope, wanted, today=today, cursor=request.GET.get("cursor"))
    context = {
        "board": board,
        "wanted": wanted,
        "query": kept(request, "q", "owner", "account", "bucket", "only"),
        "owners": lists.owners(request.scope),
        "only_account": account_for(request.scope, wanted.account_id) if wanted.account_id else None,
        "hides_amount": request.scope.hides("amount"),
        "can_edit": request.scope.can("ledger.edit"),
    }
    if request.GET.get("cursor"):
        return pages.fragment(request, "ledger/_receivable_rows.html", context)
    return pages.page(request, "ledger/receivables.html", context, partial="ledger/_receivables.html")


@door("GET", permission="ledger.see")
def receivable(request: DoorRequest, receivable_id: int) -> HttpResponse:
    """One invoice: what was paid when, what is open, the dispute."""
    found = records.receivable_for(request.scope, receivable_id)
    context = {
        "invoice": account_money.open_invoice(found, today=timezone.localdate()),
        "payments": records.payments_of(request.scope, found),
        "account": found.account,
        **rights(request, found.account),
    }
    return pages.page(request, "ledger/receivable.html", context, partial="ledger/_receivable.html")


@door("GET", "POST", permission="ledger.edit")
def new_receivable(request: DoorRequest, account_id: int) -> HttpResponse:
    account = account_for(request.scope, account_id)
    access.can_edit(request.scope, account).enforce()
    today = timezone.localdate()

    def save(facts: dict[str, Any], version: int | None) -> HttpResponse:
        saved = actions.create_receivable(account=account, values=facts, by=request.scope, now=timezone.now())
        return done(_("Invoice %(number)s is recorded.") % {"number": saved.number})

    return form_dialog(
        request,
        make=partial(ReceivableForm, orders=lists.orders_of(request.scope, account)),
        save=save,
        initial={"invoice_date": today, "due_date": today + USUAL_TERM},
        title=_("New invoice"),
        sub=account.shown_name,
    )


@door("GET", "POST", permission="ledger.edit")
def edit_receivable(request: DoorRequest, receivable_id: int) -> HttpResponse:
    found = records.receivable_for(request.scope, receivable_id)
    access.can_edit(request.scope, found.account).enforce()

    def save(facts: dict[str, Any], version: int | None) -> HttpResponse:
        saved = actions.edit_receivable(receivable=found, values=facts, by=request.scope, now=timezone.now(), expected_version=version)
        return done(_("Invoice %(number)s is saved.") % {"number": saved.number})

    initial = {name: getattr(found, name) for name in ("number", "amount", "invoice_date", "due_date")}
    return form_dialog(
        request,
        make=partial(ReceivableForm, orders=lists.orders_of(request.scope, found.account, keep=found.order)),
        save=save,
        initial={**initial, "order": str(found.order_id or "")},
        title=_("Edit invoice %(number)s") % {"number": found.number},
        sub=found.account.shown_name,
        record=found,
    )


@door("POST", permission="ledger.edit")
def void_receivable(request: DoorRequest, receivable_id: int) -> HttpResponse:
    found = records.receivable_for(request.scope, receivable_id)
    actions.void_receivable(receivable=found, by=request.scope, now=timezone.now())
    return done(
        _("Invoice %(number)s is taken out.") % {"number": found.number},
        undo_url=reverse("ledger:restore_receivable", args=[found.pk]),
    )


@door("POST", permission="ledger.edit")
def restore_receivable(request: DoorRequest, receivable_id: int) -> HttpResponse:
    found = records.receivable_for(request.scope, receivable_id, with_archived=True)
    actions.restore_receivable(receivable=found, by=request.scope, now=timezone.now())
    return done(_("Invoice %(number)s is back.") % {"number": found.number})


@door("GET", "POST", permission="ledger.edit")
def dispute(request: DoorRequest, receivable_id: int) -> HttpResponse:
    found = records.receivable_for(request.scope, receivable_id)
    access.can_edit(request.scope, found.account).enforce()

    def save(facts: dict[str, Any], version: int | None) -> HttpResponse:
        actions.dispute_receivable(receivable=found, note=facts["note"], by=request.scope, now=timezone.now())
        return done(_("Invoice %(number)s is marked as disputed.") % {"number": found.number})

    return form_dialog(
        request,
        make=DisputeForm,
        save=save,
        initial={"note": found.dispute_note},
        title=_("Dispute about invoice %(number)s") % {"number": found.number},
        sub=found.account.shown_name,
        submit=_("Mark as disputed"),
    )


@door("GET", "POST", permission="ledger.edit")
def settle(request: DoorRequest, receivable_id: int) -> HttpResponse:
    found = records.receivable_for(request.scope, receivable_id)
    access.can_edit(request.scope, found.account).enforce()

    def save(facts: dict[str, Any], version: int | None) -> HttpResponse:
        actions.settle_dispute(receivable=found, outcome=facts["outcome"], by=request.scope, now=timezone.now())
        return done(_("The dispute about invoice %(number)s is settled.") % {"number": found.number})

    return form_dialog(
        request,
        make=SettleForm,
        save=save,
        initial={},
        title=_("Settle the dispute about invoice %(number)s") % {"number": found.number},
        sub=found.dispute_note,
        submit=_("Settle"),
    )


def _pay(request: DoorRequest, account: Account, chosen: Receivable | None) -> HttpResponse:
    choices = lists.open_of(request.scope, account)

    def save(facts: dict[str, Any], version: int | None) -> HttpResponse:
        saved = payment_actions.record_payment(account=account, by=request.scope, now=timezone.now(), **facts)
        text = _("The payment of %(amount)s is recorded.") % {"amount": f"{saved.amount:,.2f}"}
        return done(text, undo_url=reverse("ledger:undo_payment", args=[saved.pk]))

    return form_dialog(
        request,
        make=partial(PaymentForm, receivables=choices),
        save=save,
        initial={
            "receivable": str(chosen.pk) if chosen else "",
            "amount": chosen.outstanding if chosen else None,
            "paid_date": timezone.localdate(),
        },
        title=_("Record a payment"),
        sub=account.shown_name,
        note=_("A part payment is fine: the rest stays open. Money without an invoice is kept as an advance."),
    )


@door("GET", "POST", permission="ledger.edit")
def new_payment(request: DoorRequest, account_id: int) -> HttpResponse:
    """Money that came in, on one of the open invoices or as an advance."""
    account = account_for(request.scope, account_id)
    access.can_edit(request.scope, account).enforce()
    return _pay(request, account, None)


@door("GET", "POST", permission="ledger.edit")
def pay(request: DoorRequest, receivable_id: int) -> HttpResponse:
    """Money that came in on this invoice."""
    found = records.receivable_for(request.scope, receivable_id)
    access.can_edit(request.scope, found.account).enforce()
    return _pay(request, found.account, found)


@door("GET", "POST", permission="ledger.edit")
def use_advance(request: DoorRequest, payment_id: int) -> HttpResponse:
    found = records.payment_for(request.scope, payment_id)
    access.can_edit(request.scope, found.account).enforce()

    def save(facts: dict[str, Any], version: int | None) -> HttpResponse:
        part = payment_actions.use_advance(payment=found, receivable=facts["receivable"], by=request.scope, now=timezone.now())
        text = _("%(amount)s of the advance is set against invoice %(number)s.")
        return done(text % {"amount": f"{part.amount:,.2f}", "number": facts["receivable"].number})

    return form_dialog(
        request,
        make=partial(AdvanceForm, receivables=lists.open_of(request.scope, found.account)),
        save=save,
        initial={},
        title=_("Use the advance of %(amount)s") % {"amount": f"{found.amount:,.2f}"},
        sub=found.account.shown_name,
        submit=_("Use it"),
        note=_("It pays the invoice as far as that is open; the rest stays an advance."),
    )


@door("POST", permission="ledger.edit")
def undo_payment(request: DoorRequest, payment_id: int) -> HttpResponse:
    found = records.payment_for(request.scope, payment_id)
    payment_actions.undo_payment(payment=found, by=request.scope, now=timezone.now())
    text = _("The payment of %(amount)s is undone.") % {"amount": f"{found.amount:,.2f}"}
    return done(text, undo_url=reverse("ledger:redo_payment", args=[found.pk]))


@door("POST", permission="ledger.edit")
def redo_payment(request: DoorRequest, payment_id: int) -> HttpResponse:
    found = records.payment_for(request.scope, payment_id)
    payment_actions.redo_payment(payment=found, by=request.scope, now=timezone.now())
    return done(_("The payment of %(amount)s is back.") % {"amount": f"{found.amount:,.2f}"})
