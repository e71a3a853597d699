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
            "code": record.code,
            "name": record.name,
            "family": families[record.family],
            "list_price": record.list_price,
            "unit_cost": record.cost,
            "is_high_profit": record.is_high_profit,
        }
        made[record.code] = products.create_product(values=values, by=by, now=start)
    names = {user.username: user.name for user in User.objects.order_by("id")}
    orders = []
    for sale in world.orders:
        order = Order(
            account=accounts[sale.account],
            number=sale.number,
            order_date=sale.order_date,
            amount=sale.amount,
            cost=sale.cost,
            state=STATES[sale.status],
            sold_by_name=names[sale.seller],
        )
        lines = tuple(
            OrderLine(product=made[line.product], quantity=line.quantity, unit_price=line.unit_price, amount=line.amount, cost=line.cost)
            for line in sale.lines
        )
        orders.append(books.OrderBook(order, lines))
    paid: dict[str, list[Payment]] = defaultdict(list)
    for money in world.payments:
        paid[money.receivable].append(
            Payment(account=accounts[money.account], amount=money.amount, paid_date=money.paid_date, reference=money.number)
        )
    receivables = [
        books.ReceivableBook(
            Receivable(
                account=accounts[claim.account],
                number=claim.number,
                amount=claim.amount,
                invoice_date=claim.invoice_date,
                due_date=claim.due_date,
                is_disputed=claim.dispute_date is not None,
                dispute_note=claim.dispute_reason[:300],
            ),
            claim.order,
            tuple(paid[claim.number]),
        )
        for claim in world.receivables
    ]
    books.load_books(orders=orders, receivables=receivables, by=by, now=moment(world.today))
    for given in world.incentives:
        values = {
            "kind": KINDS[given.kind],
            "amount": given.amount,
            "start_date": given.period_start,
            "end_date": given.period_end,
            "reason": given.aim[:300],
        }
        incentives.create_incentive(account=accounts[given.account], values=values, by=by, now=moment(given.agreed_date))
