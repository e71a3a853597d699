"""Money facts of the demonstration company: price list, books of three years, incentives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime

from dingke.accounts.models import Account
from dingke.config.demo.records import World
from dingke.core.scope import Scope
from dingke.ledger.actions import books, incentives, products
from dingke.ledger.models import Order, OrderLine, Payment, Product, Receivable
from dingke.people.models import User

Moment = Callable[..., datetime]
Tell = Callable[[int, int | None, str], object]
STATES = {"CONFIRMED": Order.State.OPEN, "DELIVERED": Order.State.DELIVERED}
KINDS = {"REBATE": "REBATE", "DISCOUNT": "DISCOUNT", "PROMOTION": "SUPPORT"}


def build(world: World, *, accounts: Mapping[str, Account], by: Scope, moment: Moment, tell: Tell) -> None:
    tell(0, None, "orders")
    families = {family.code: family.name for family in world.families}
    start = moment(world.start)
    made: dict[str, Product] = {}
    for record in world.products:
        values = {
            "code": record.code, "name": record.name, "family": families[record.family], "list_price": record.list_price, "unit_cost": record.cost,
            "is_high_profit": record.is_high_profit,
        }  # fmt: skip
        made[record.code] = products.create_product(values=values, by=by, now=start)
    names = {user.username: user.name for user in User.objects.order_by("id")}
    orders = []
    for record in world.orders:
        order = Order(
            account=accounts[record.account], number=record.number, order_date=record.order_date, amount=record.amount, cost=record.cost,
            state=STATES[record.status], sold_by_name=names[record.seller],
        )  # fmt: skip
        lines = tuple(
            OrderLine(product=made[line.product], quantity=line.quantity, unit_price=line.unit_price, amount=line.amount, cost=line.cost) for line in record.lines
        )
        orders.append(books.OrderBook(order, lines))
    paid = defaultdict(list)
    for record in world.payments:
        paid[record.receivable].append(Payment(account=accounts[record.account], amount=record.amount, paid_date=record.paid_date, reference=record.number))
    receivables = [
        books.ReceivableBook(
            Receivable(
                account=accounts[record.account], number=record.number, amount=record.amount, invoice_date=record.invoice_date, due_date=record.due_date,
                is_disputed=record.dispute_date is not None, dispute_note=record.dispute_reason[:300],
            ),
            record.order,
            tuple(paid[record.number]),
        )
        for record in world.receivables
    ]  # fmt: skip
    books.load_books(orders=orders, receivables=receivables, by=by, now=moment(world.today))
    for record in world.incentives:
        values = {
            "kind": KINDS[record.kind], "amount": record.amount, "start_date": record.period_start, "end_date": record.period_end, "reason": record.aim[:300],
        }  # fmt: skip
        incentives.create_incentive(account=accounts[record.account], values=values, by=by, now=moment(record.agreed_date))
