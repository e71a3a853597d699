"""Orders: the company-wide page, one order in the side panel, its form with lines, cancelling and returning."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.models import Account
from dingke.accounts.queries.account import account_for
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Refusal, StaleRecord
from dingke.core.money import rounded
from dingke.core.periods import last_twelve_months
from dingke.ledger import access
from dingke.ledger.actions import orders as actions
from dingke.ledger.forms import LineFormSet, OrderForm
from dingke.ledger.models import Order, Product
from dingke.ledger.queries import lists, records
from dingke.ledger.views.account import rights
from dingke.ledger.views.dialog import add_refusal, done, posted, stale_rows

BLANK_LINES = 3


def kept(request: DoorRequest, *names: str) -> dict[str, str]:
    """The filters of the address, without its cursor."""
    return {name: request.GET[name] for name in names if request.GET.get(name)}


@door("GET", permission="ledger.see")
def orders(request: DoorRequest) -> HttpResponse:
    """Every order the caller sees, newest first."""
    wanted = lists.order_filter(request.GET)
    found = lists.orders_list(request.scope, wanted, cursor=request.GET.get("cursor"))
    year = last_twelve_months(timezone.localdate())
    context = {
        "found": found,
        "wanted": wanted,
        "query": kept(request, "q", "state", "owner", "account", "product", "from", "to"),
        "owners": lists.owners(request.scope),
        "states": Order.State.choices,
        "year_from": year.start.isoformat(),
        "only_account": account_for(request.scope, wanted.account_id) if wanted.account_id else None,
        "only_product": records.product_for(request.scope, wanted.product_id) if wanted.product_id else None,
        "hides_amount": request.scope.hides("amount"),
        "hides_cost": request.scope.hides("cost"),
    }
    if request.GET.get("cursor"):
        return pages.fragment(request, "ledger/_order_rows.html", context)
    return pages.page(request, "ledger/orders.html", context, partial="ledger/_orders.html")


@door("GET", permission="ledger.see")
def order(request: DoorRequest, order_id: int) -> HttpResponse:
    """One order with its lines: in the side panel, or as a page of its own."""
    found = records.order_for(request.scope, order_id)
    context = {
        "order": found,
        "lines": list(found.lines.all()),
        "account": found.account,
        **rights(request, found.account),
    }
    return pages.page(request, "ledger/order.html", context, partial="ledger/_order.html")


def _line_inputs(formset: Any, products: dict[str, Product]) -> list[actions.LineInput]:
    return [
        actions.LineInput(
            product=products.get(form.cleaned_data["product"]),
            description=form.cleaned_data["description"],
            quantity=form.cleaned_data["quantity"] or Decimal(0),
            unit_price=form.cleaned_data["unit_price"],
            unit_cost=form.cleaned_data.get("unit_cost"),
        )
        for form in formset
        if form.cleaned_data and not form.is_blank()
    ]


def _lines_initial(found: Order | None) -> list[dict[str, Any]]:
    if found is None:
        return []
    return [
        {
            "product": str(line.product_id or ""),
            "description": line.description,
            "quantity": line.quantity.normalize() if line.quantity % 1 else int(line.quantity),
            "unit_price": line.unit_price.quantize(Decimal("0.01"))
            if line.unit_price == line.unit_price.quantize(Decimal("0.01"))
            else line.unit_price,
            "unit_cost": None if line.cost is None else (line.cost / line.quantity).quantize(Decimal("0.01")),
        }
        for line in found.lines.all()
    ]


def _order_form(request: DoorRequest, account: Account, found: Order | None) -> HttpResponse:
    """The form of a new or a known order. `more` adds blank lines, `preview` answers the total only."""
    hides_cost = request.scope.hides("cost")
    sold = frozenset(line.product_id for line in found.lines.all() if line.product_id) if found else frozenset[int]()
    products = records.price_list(request.scope, keep=sold)
    by_id = {str(product.pk): product for product in products}
    line_kwargs = {"products": products, "hides_cost": hides_cost}
    initial: dict[str, Any] = {"order_date": timezone.localdate(), "state": Order.State.OPEN.value}
    lines_start = _lines_initial(found)
    if found:
        gross = sum((rounded(line.quantity * line.unit_price) for line in found.lines.all()), Decimal(0))
        initial = {
            "number": found.number,
            "order_date": found.order_date,
            "state": found.state,
            "sold_by_name": found.sold_by_name,
            "amount": None if lines_start else found.amount,
            "cost": None if lines_start and all(line["unit_cost"] is not None for line in lines_start) else found.cost,
            "order_discount": (gross - found.amount) or None if lines_start else None,
        }
    start = {**initial, "version": found.version if found else None}
    stale: list[tuple[str, str, Any, Any]] = []
    total = None
    lines_error = ""
    if request.method == "POST":
        data = posted(request, initial)
        if "more" in data:
            data["lines-TOTAL_FORMS"] = str(min(200, (lists.number_or_none(data.get("lines-TOTAL_FORMS", "")) or 0) + BLANK_LINES))
        form = OrderForm(data, scope=request.scope)
        formset = LineFormSet(data, prefix="lines", form_kwargs=line_kwargs)
        valid = form.is_valid() & formset.is_valid()
        if "preview" in data or "more" in data:
            total, lines_error = _preview(form, formset, by_id)
            form.errors.clear()  # nobody asked to save yet
            if "preview" in data:
                return pages.fragment(
                    request,
                    "ledger/_order_total.html",
                    {"total": total, "lines_error": lines_error, "hides_cost": hides_cost},
                )
        elif valid:
            try:
                return _save_order(request, account, found, form, _line_inputs(formset, by_id))
            except StaleRecord as error:
                stale = stale_rows(form, error)
                data = data.copy()
                data["version"] = str(found.version if found else "")
                form = OrderForm(data, scope=request.scope)
                form.is_valid()
            except Refusal as refusal:
                if refusal.status in {403, 404}:
                    raise
                add_refusal(form, refusal)
    else:
        form = OrderForm(initial=start, scope=request.scope)
        start_lines: Sequence[dict[str, Any]] = [
            *lines_start,
            *({} for _number in range(BLANK_LINES if not lines_start else 1)),
        ]
        formset = LineFormSet(initial=start_lines, prefix="lines", form_kwargs=line_kwargs)
        formset.extra = 0
    context = {
        "form": form,
        "formset": formset,
        "total": total,
        "lines_error": lines_error,
        "stale": stale,
        "order": found,
        "account": account,
        "hides_cost": hides_cost,
        "action": request.get_full_path(),
    }
    status = 422 if request.method == "POST" and "more" not in request.POST else 200
    return pages.fragment(request, "ledger/_order_form.html", context, status=status)


def _preview(form: OrderForm, formset: Any, products: dict[str, Product]) -> tuple[Any, str]:
    """What the lines add up to so far, or the sentence for what does not work yet."""
    try:
        lines = [line for line in _line_inputs(formset, products) if line.quantity]
        return (actions.priced(lines, order_discount=form.discount()) if lines else None), ""
    except Refusal as refusal:
        return None, refusal.message
    except (KeyError, AttributeError):
        return None, _("Some lines are not numbers yet.")


def _save_order(
    request: DoorRequest, account: Account, found: Order | None, form: OrderForm, lines: list[actions.LineInput]
) -> HttpResponse:
    facts, now = form.facts(), timezone.now()
    if found is None:
        saved = actions.create_order(account=account, values=facts, lines=lines, order_discount=form.discount(), by=request.scope, now=now)
        return done(_("Order %(number)s is recorded.") % {"number": saved.number})
    if request.scope.hides("cost") and not lines:
        facts.pop("cost", None)
    saved = actions.edit_order(
        order=found,
        values=facts,
        lines=lines,
        order_discount=form.discount(),
        by=request.scope,
        now=now,
        expected_version=form.cleaned_data.get("version"),
    )
    return done(_("Order %(number)s is saved.") % {"number": saved.number})


@door("GET", "POST", permission="ledger.edit")
def new_order(request: DoorRequest, account_id: int) -> HttpResponse:
    account = account_for(request.scope, account_id)
    access.can_edit(request.scope, account).enforce()
    return _order_form(request, account, None)


@door("GET", "POST", permission="ledger.edit")
def edit_order(request: DoorRequest, order_id: int) -> HttpResponse:
    found = records.order_for(request.scope, order_id)
    access.can_edit(request.scope, found.account).enforce()
    return _order_form(request, found.account, found)


@door("POST", permission="ledger.edit")
def cancel_order(request: DoorRequest, order_id: int) -> HttpResponse:
    found = actions.cancel_order(order=records.order_for(request.scope, order_id), by=request.scope, now=timezone.now())
    return done(
        _("Order %(number)s is cancelled.") % {"number": found.number},
        undo_url=reverse("ledger:reopen_order", args=[found.pk]),
    )


@door("POST", permission="ledger.edit")
def reopen_order(request: DoorRequest, order_id: int) -> HttpResponse:
    found = actions.reopen_order(order=records.order_for(request.scope, order_id), by=request.scope, now=timezone.now())
    return done(_("Order %(number)s counts again.") % {"number": found.number})


@door("GET", "POST", permission="ledger.edit")
def return_order(request: DoorRequest, order_id: int) -> HttpResponse:
    """What came back: some of the lines, or everything."""
    found = records.order_for(request.scope, order_id)
    access.can_edit(request.scope, found.account).enforce()
    error = ""
    if request.method == "POST":
        try:
            quantities = None if "everything" in request.POST else _returned(request.POST)
            saved = actions.return_order(order=found, by=request.scope, now=timezone.now(), quantities=quantities)
        except actions.UnableToReturnOrder as refusal:
            error = refusal.message
        else:
            undo = reverse("ledger:reopen_order", args=[saved.pk]) if quantities is None else ""
            return done(_("The return of order %(number)s is recorded.") % {"number": saved.number}, undo_url=undo)
    context = {
        "order": found,
        "lines": [line for line in found.lines.all() if line.quantity > 0],
        "error": error,
        "hides_amount": request.scope.hides("amount"),
        "action": request.get_full_path(),
    }
    return pages.fragment(request, "ledger/_return_form.html", context, status=422 if error else 200)


def _returned(data: QueryDict) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    for key, text in data.items():
        line_id = lists.number_or_none(key.removeprefix("back-")) if key.startswith("back-") else None
        if line_id is None or not str(text).strip():
            continue
        try:
            found[line_id] = Decimal(str(text))
        except InvalidOperation as error:
            raise actions.UnableToReturnOrder(_("“%(text)s” is not a number.") % {"text": text}) from error
    return found
