"""Orders and their lines: recording, editing, cancelling, returning. Totals follow from the lines to the cent, or stand alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.models import Account
from dingke.core import audit, bus, custom_fields
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.money import rounded
from dingke.core.scope import Scope
from dingke.ledger import access, calc
from dingke.ledger.events import OrderRecorded
from dingke.ledger.models import Order, OrderLine, Payment, Product

FACTS = ["number", "order_date", "amount", "cost", "currency", "state", "sold_by_name", "external_key", "custom"]
_ZERO = Decimal(0)
LIVING = {Order.State.OPEN, Order.State.DELIVERED}


class UnableToSaveOrder(Refusal):
    """The order cannot be saved as given."""


class UnableToCancelOrder(Refusal):
    """The order cannot be cancelled."""


class UnableToReturnOrder(Refusal):
    """The return cannot be recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineInput:
    """A line as somebody gives it. Without a price it takes the list price, without a cost the cost of the price list."""

    quantity: Decimal
    unit_price: Decimal | None = None
    product: Product | None = None
    description: str = ""
    unit_cost: Decimal | None = None


def priced(lines: Sequence[LineInput], *, order_discount: Decimal = _ZERO) -> calc.OrderTotal:
    """What the lines add up to. Raises `Invalid` with the sentence for the line that does not work."""
    records: list[calc.OrderLine] = []
    for number, line in enumerate(lines, start=1):
        price = line.unit_price if line.unit_price is not None else (line.product.list_price if line.product else None)
        if price is None:
            raise Invalid(_("Line %(number)s has no price, and the price list has none either.") % {"number": number})
        cost = line.unit_cost if line.unit_cost is not None else (line.product.unit_cost if line.product else None)
        if not line.quantity or (line.product is None and not line.description.strip()):
            raise Invalid(_("Line %(number)s needs a product or a description, and a quantity.") % {"number": number})
        try:
            records.append(calc.OrderLine(quantity=line.quantity, unit_price=price, unit_cost=cost))
        except ValueError as error:
            raise Invalid(_("Line %(number)s: prices and costs are 0 or more.") % {"number": number}) from error
    try:
        return calc.order_total(records, order_discount=order_discount)
    except ValueError as error:
        message = _("The discount lies between 0 and the total of the lines.")
        raise Invalid(message, fields={"order_discount": message}) from error


def _apply(order: Order, values: Mapping[str, Any], *, now: datetime, has_lines: bool) -> None:
    unknown = set(values) - set(FACTS)
    if unknown:
        raise Invalid(_("Unknown fields: %(names)s") % {"names": ", ".join(sorted(unknown))})
    for field, value in values.items():
        setattr(order, field, value.strip() if isinstance(value, str) else value)
    order.external_key = order.external_key or None
    problems: dict[str, str] = {}
    if not order.number:
        problems["number"] = _("An order needs a number.")
    if order.order_date is None:
        problems["order_date"] = _("An order needs its day.")
    elif order.order_date > timezone.localtime(now).date():
        problems["order_date"] = _("An order is not dated in the future.")
    if order.state not in LIVING:
        problems["state"] = _("Cancelling and returning have their own buttons.")
    if order.amount is None:
        problems["amount"] = _("Give the lines, or the amount of the order.")
    elif order.amount < 0 and not has_lines:
        problems["amount"] = _("The amount of an order is 0 or more.")
    if order.cost is not None and order.cost < 0 and not has_lines:
        problems["cost"] = _("Prices and costs are 0 or more.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    if order.amount is not None:
        order.amount = rounded(order.amount)
    if "custom" in values:
        order.custom = custom_fields.cleaned("order", order.custom)


def _with_totals(values: Mapping[str, Any], total: calc.OrderTotal) -> dict[str, Any]:
    """The values with amount and cost from the lines. A different amount beside them is refused, not guessed away."""
    given = values.get("amount")
    if given is not None and rounded(given) != total.net:
        message = _("The lines add up to %(lines)s, but the order says %(order)s. Leave the amount empty or mend the lines.") % {
            "lines": f"{total.net:,.2f}",
            "order": f"{given:,.2f}",
        }
        raise Invalid(message, fields={"amount": message})
    cost = total.cost if total.cost is not None else values.get("cost")
    return {**values, "amount": total.net, "cost": cost}


def _saved(order: Order) -> None:
    try:
        with transaction.atomic():
            order.save()
    except IntegrityError as error:
        others = Order.objects.exclude(pk=order.pk)
        if others.filter(account=order.account, number=order.number).exists():
            message = _("This account already has an order with this number.")
            raise UnableToSaveOrder(message, fields={"number": message}) from error
        if order.external_key and others.filter(external_key=order.external_key).exists():
            raise UnableToSaveOrder(_("Another order already has this key.")) from error
        raise


def _write_lines(order: Order, lines: Sequence[LineInput], total: calc.OrderTotal) -> None:
    order.lines.all().delete()
    OrderLine.objects.bulk_create(
        [
            OrderLine(
                order=order,
                product=line.product,
                description=" ".join(line.description.split())[:200],
                quantity=line.quantity,
                unit_price=line.unit_price
                if line.unit_price is not None
                else (line.product.list_price if line.product else _ZERO) or _ZERO,
                amount=part.net,
                cost=part.cost,
            )
            for line, part in zip(lines, total.lines, strict=True)
        ]
    )


def _lines_text(order: Order) -> list[str]:
    return [
        f"{line.product.code if line.product else line.description} × {line.quantity:g} = {line.amount:.2f}"
        for line in order.lines.select_related("product").order_by("id")
    ]


@transaction.atomic
def create_order(
    *,
    account: Account,
    values: Mapping[str, Any],
    by: Scope,
    now: datetime,
    lines: Sequence[LineInput] = (),
    order_discount: Decimal = _ZERO,
) -> Order:
    """Records an order. With lines, amount and cost are their sums; a discount on the whole order is split over them.

    Raises `Invalid` naming the fields to mend, `UnableToSaveOrder` when the number is taken.
    """
    access.can_edit(by, account).enforce()
    order = Order(account=account, currency=account.currency)
    total = priced(lines, order_discount=order_discount) if lines else None
    _apply(order, _with_totals(values, total) if total else values, now=now, has_lines=bool(lines))
    _saved(order)
    if total:
        _write_lines(order, lines, total)
    audit.record(target=order, action="ledger.create_order", by=by, now=now, account_id=account.pk, summary=order.number)
    bus.publish(OrderRecorded(account_id=account.pk, order_id=order.pk), now=now)
    return order


@transaction.atomic
def edit_order(
    *,
    order: Order,
    values: Mapping[str, Any],
    by: Scope,
    now: datetime,
    lines: Sequence[LineInput] | None = None,
    order_discount: Decimal = _ZERO,
    expected_version: int | None = None,
) -> Order:
    """Changes an order that lives. `lines=None` leaves its lines as they are, an empty sequence takes them away."""
    access.can_edit(by, order.account).enforce()
    fresh = locked(order, expected_version=expected_version, yours=values)
    if fresh.state not in LIVING:
        raise UnableToSaveOrder(_("This order was cancelled or returned. Reopen it first."))
    before = snapshot_of(fresh, FACTS)
    lines_before = _lines_text(fresh)
    if lines is None and lines_before and values.get("amount", fresh.amount) != fresh.amount:
        message = _("The amount follows from the lines of the order. Change the lines.")
        raise Invalid(message, fields={"amount": message})
    total = priced(lines, order_discount=order_discount) if lines else None
    _apply(
        fresh,
        _with_totals(values, total) if total else values,
        now=now,
        has_lines=bool(lines or (lines is None and lines_before)),
    )
    _saved(fresh)
    if total and lines:
        _write_lines(fresh, lines, total)
    elif lines is not None:
        fresh.lines.all().delete()
    changes = audit.changes_between(before, snapshot_of(fresh, FACTS))
    lines_after = _lines_text(fresh)
    if lines_after != lines_before:
        changes["lines"] = [lines_before, lines_after]
    if changes:
        audit.record(
            target=fresh,
            action="ledger.edit_order",
            by=by,
            now=now,
            changes=changes,
            account_id=fresh.account_id,
            summary=fresh.number,
        )
    return fresh


@transaction.atomic
def cancel_order(*, order: Order, by: Scope, now: datetime) -> Order:
    """Calls an open order off. A delivered one is returned instead; one that was paid for needs its payments undone first."""
    access.can_edit(by, order.account).enforce()
    fresh = locked(order, expected_version=None, yours={})
    if fresh.state == Order.State.DELIVERED:
        raise UnableToCancelOrder(_("This order was delivered. Record a return instead."))
    if fresh.state != Order.State.OPEN:
        raise UnableToCancelOrder(_("This order is already cancelled or returned."))
    if Payment.objects.current().filter(receivable__order=fresh).exists():
        raise UnableToCancelOrder(_("Money was received for this order. Undo the payments first, or record a return."))
    return _moved(fresh, Order.State.CANCELLED, action="ledger.cancel_order", by=by, now=now)


@transaction.atomic
def return_order(*, order: Order, by: Scope, now: datetime, quantities: Mapping[int, Decimal] | None = None) -> Order:
    """Records a return: of everything, or of `quantities` by line id. A part comes back as lines with a negative quantity.

    Raises `UnableToReturnOrder` when nothing was delivered or more comes back than was sold.
    """
    access.can_edit(by, order.account).enforce()
    fresh = locked(order, expected_version=None, yours={})
    if fresh.state != Order.State.DELIVERED:
        raise UnableToReturnOrder(_("Only a delivered order can be returned."))
    wanted = {line_id: quantity for line_id, quantity in (quantities or {}).items() if quantity}
    if quantities is None:
        return _moved(fresh, Order.State.RETURNED, action="ledger.return_order", by=by, now=now)
    if not wanted:
        raise UnableToReturnOrder(_("Say how much of which line came back."))
    lines = {line.pk: line for line in fresh.lines.select_related("product").order_by("id")}
    before, lines_before = snapshot_of(fresh, FACTS), _lines_text(fresh)
    back: list[OrderLine] = []
    for line_id, quantity in wanted.items():
        line = lines.get(line_id)
        if line is None or quantity < 0 or line.quantity <= 0 or quantity > _left(line, list(lines.values())):
            raise UnableToReturnOrder(_("More cannot come back than was sold and not yet returned."))
        share = quantity / line.quantity
        back.append(
            OrderLine(
                order=fresh,
                product=line.product,
                description=line.description,
                quantity=-quantity,
                unit_price=line.unit_price,
                amount=-rounded(line.amount * share),
                cost=None if line.cost is None else -rounded(line.cost * share),
            )
        )
    OrderLine.objects.bulk_create(back)
    remaining = list(fresh.lines.order_by("id"))
    fresh.amount = sum((line.amount for line in remaining), _ZERO)
    costs = [line.cost for line in remaining if line.cost is not None]
    fresh.cost = sum(costs, _ZERO) if len(costs) == len(remaining) else None
    fresh.save()
    changes = audit.changes_between(before, snapshot_of(fresh, FACTS))
    changes["lines"] = [lines_before, _lines_text(fresh)]
    audit.record(
        target=fresh,
        action="ledger.return_order",
        by=by,
        now=now,
        changes=changes,
        account_id=fresh.account_id,
        summary=fresh.number,
    )
    return fresh


def _left(line: OrderLine, lines: Sequence[OrderLine]) -> Decimal:
    """What of a line has not come back: lines of the same thing at the same price share their returns."""

    def alike(other: OrderLine) -> bool:
        return (other.product_id, other.description, other.unit_price) == (
            line.product_id,
            line.description,
            line.unit_price,
        )

    return min(line.quantity, sum((other.quantity for other in lines if alike(other)), _ZERO))


@transaction.atomic
def reopen_order(*, order: Order, by: Scope, now: datetime) -> Order:
    """Takes a cancellation or a whole return back."""
    access.can_edit(by, order.account).enforce()
    fresh = locked(order, expected_version=None, yours={})
    following = {Order.State.CANCELLED: Order.State.OPEN, Order.State.RETURNED: Order.State.DELIVERED}.get(Order.State(fresh.state))
    if following is None:
        raise UnableToSaveOrder(_("Only a cancelled or returned order can be reopened."))
    return _moved(fresh, following, action="ledger.reopen_order", by=by, now=now)


def _moved(order: Order, state: Order.State, *, action: str, by: Scope, now: datetime) -> Order:
    before = order.state
    order.state = state
    order.save()
    audit.record(
        target=order,
        action=action,
        by=by,
        now=now,
        changes={"state": [before, state.value]},
        account_id=order.account_id,
        summary=order.number,
    )
    return order
