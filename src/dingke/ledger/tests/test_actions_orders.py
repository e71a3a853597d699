"""Orders: totals to the cent, states, returns, what is refused."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from dingke.accounts.tests.factories import make_account
from dingke.core.errors import Invalid, NotAllowed, StaleRecord
from dingke.core.models import AuditEntry, OutboxEvent
from dingke.ledger.actions import orders as actions
from dingke.ledger.actions.orders import LineInput
from dingke.ledger.models import Order
from dingke.ledger.tests.factories import make_order, make_payment, make_product, make_receivable

pytestmark = pytest.mark.django_db
D = Decimal
D0 = Decimal(0)


def create(cast, account, now, today, lines=(), discount=D0, **values):
    values = {"number": "SO-1", "order_date": today, **values}
    return actions.create_order(account=account, values=values, lines=lines, order_discount=discount, by=cast.finance.scope, now=now)


def three_lines():
    return [
        LineInput(quantity=D("3"), unit_price=D("33.33"), description="甲", unit_cost=D("20")),
        LineInput(quantity=D("1"), unit_price=D("0.01"), description="乙", unit_cost=D("0")),
        LineInput(quantity=D("2.5"), unit_price=D("19.99"), description="丙", unit_cost=D("10")),
    ]


class TestCreateOrder:
    def test_adds_its_lines_up_to_the_cent_with_a_discount_split_over_them(self, cast, account, now, today):
        order = create(cast, account, now, today, lines=three_lines(), discount=D("10"))
        amounts = [line.amount for line in order.lines.order_by("id")]
        assert order.amount == D("139.98") == sum(amounts)  # 99.99 + 0.01 + 49.98 - 10.00
        assert order.cost == D("85.00")

    def test_takes_price_and_cost_of_the_price_list_when_a_line_has_none(self, cast, account, now, today):
        product = make_product(list_price=D("68000"), unit_cost=D("23500"))
        order = create(cast, account, now, today, lines=[LineInput(quantity=D("2"), product=product)])
        assert (order.amount, order.cost) == (D("136000.00"), D("47000.00"))

    def test_may_be_an_amount_alone_whose_cost_is_unknown(self, cast, account, now, today):
        order = create(cast, account, now, today, amount=D("1284.5"))
        assert (order.amount, order.cost, order.lines.count()) == (D("1284.50"), None, 0)

    def test_leaves_audit_with_the_account_and_an_event(self, cast, account, now, today):
        order = create(cast, account, now, today, amount=D("1"))
        assert AuditEntry.objects.get(account_id=account.pk).action == "ledger.create_order"
        assert OutboxEvent.objects.get().payload == {"account_id": account.pk, "order_id": order.pk}

    def test_refuses_an_amount_that_is_not_the_sum_of_the_lines(self, cast, account, now, today):
        with pytest.raises(Invalid) as refused:
            create(cast, account, now, today, lines=three_lines(), amount=D("149.97"))
        assert "149.98" in refused.value.message
        assert not Order.objects.exists()

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"number": " ", "amount": D("1")}, "number"),
            ({"amount": None}, "amount"),
            ({"amount": D("-1")}, "amount"),
            ({"amount": D("1"), "state": "RETURNED"}, "state"),
        ],
    )
    def test_names_the_field_to_mend(self, cast, account, now, today, values, field):
        with pytest.raises(Invalid) as refused:
            create(cast, account, now, today, **values)
        assert field in refused.value.fields

    def test_refuses_a_day_to_come_and_a_number_that_is_taken(self, cast, account, now, today):
        with pytest.raises(Invalid):
            create(cast, account, now, today, amount=D("1"), order_date=today + timedelta(days=1))
        create(cast, account, now, today, amount=D("1"))
        with pytest.raises(actions.UnableToSaveOrder) as refused:
            create(cast, account, now, today, amount=D("2"))
        assert "number" in refused.value.fields

    def test_refuses_a_discount_larger_than_the_order(self, cast, account, now, today):
        with pytest.raises(Invalid):
            create(cast, account, now, today, lines=three_lines(), discount=D("500"))

    @pytest.mark.parametrize("who", ["owner", "colleague", "manager", "stranger", "service", "read_only"])
    def test_is_for_those_who_keep_the_books(self, cast, account, now, today, who):
        with pytest.raises(NotAllowed):
            actions.create_order(
                account=account, values={"number": "SO-1", "order_date": today, "amount": D("1")}, by=getattr(cast, who).scope, now=now
            )

    def test_an_archived_account_is_left_alone(self, cast, now, today):
        gone = make_account("旧客户", owner=cast.owner.user, archived_at=now)
        with pytest.raises(NotAllowed):
            create(cast, gone, now, today, amount=D("1"))


class TestEditOrder:
    def test_replaces_lines_and_writes_what_changed(self, cast, account, now, today):
        order = create(cast, account, now, today, lines=three_lines())
        edited = actions.edit_order(
            order=order, values={"sold_by_name": "周敏"}, lines=three_lines()[:1], by=cast.finance.scope, now=now, expected_version=1
        )
        assert edited.amount == D("99.99") == sum(line.amount for line in edited.lines.all())
        entry = AuditEntry.objects.get(action="ledger.edit_order")
        assert set(entry.changes) == {"amount", "cost", "sold_by_name", "lines"}

    def test_a_stale_save_is_refused_with_both_versions(self, cast, account, now, today):
        order = create(cast, account, now, today, amount=D("5"))
        actions.edit_order(order=order, values={"sold_by_name": "周敏"}, by=cast.finance.scope, now=now, expected_version=1)
        with pytest.raises(StaleRecord) as refused:
            actions.edit_order(order=order, values={"sold_by_name": "何川"}, by=cast.director.scope, now=now, expected_version=1)
        assert (refused.value.theirs, refused.value.yours) == ({"sold_by_name": "周敏"}, {"sold_by_name": "何川"})

    def test_the_amount_of_an_order_with_lines_follows_from_them(self, cast, account, now, today):
        order = create(cast, account, now, today, lines=three_lines())
        with pytest.raises(Invalid):
            actions.edit_order(order=order, values={"amount": D("1")}, by=cast.finance.scope, now=now)


class TestCancelAndReturn:
    def test_an_open_order_is_cancelled_and_reopened(self, cast, account, now):
        order = actions.cancel_order(order=make_order(account, state="OPEN"), by=cast.finance.scope, now=now)
        assert order.state == "CANCELLED"
        assert actions.reopen_order(order=order, by=cast.finance.scope, now=now).state == "OPEN"

    def test_a_delivered_one_is_not_cancelled(self, cast, account, now):
        with pytest.raises(actions.UnableToCancelOrder):
            actions.cancel_order(order=make_order(account), by=cast.finance.scope, now=now)

    def test_nor_one_that_money_came_in_for(self, cast, account, now):
        order = make_order(account, state="OPEN")
        make_payment(account, make_receivable(account, order=order), amount="10")
        with pytest.raises(actions.UnableToCancelOrder):
            actions.cancel_order(order=order, by=cast.finance.scope, now=now)

    def test_a_whole_return_takes_the_order_out_of_revenue(self, cast, account, now):
        order = actions.return_order(order=make_order(account), by=cast.finance.scope, now=now)
        assert (order.state, order.amount) == ("RETURNED", D("1000.00"))
        assert actions.reopen_order(order=order, by=cast.finance.scope, now=now).state == "DELIVERED"

    def test_a_part_comes_back_as_a_negative_line_and_the_sum_still_holds(self, cast, account, now, today):
        order = create(cast, account, now, today, lines=three_lines(), discount=D("10"), state="DELIVERED")
        first = order.lines.order_by("id").first()
        returned = actions.return_order(order=order, by=cast.finance.scope, now=now, quantities={first.pk: D("1")})
        assert returned.state == "DELIVERED"
        assert returned.amount == sum(line.amount for line in returned.lines.all()) < D("139.98")
        assert returned.lines.order_by("-id").first().quantity == D("-1")

    def test_more_than_was_sold_does_not_come_back_also_not_in_two_steps(self, cast, account, now, today):
        order = create(cast, account, now, today, lines=three_lines(), state="DELIVERED")
        first = order.lines.order_by("id").first()
        actions.return_order(order=order, by=cast.finance.scope, now=now, quantities={first.pk: D("2")})
        with pytest.raises(actions.UnableToReturnOrder):
            actions.return_order(order=order, by=cast.finance.scope, now=now, quantities={first.pk: D("2")})

    def test_nothing_open_is_returned(self, cast, account, now):
        with pytest.raises(actions.UnableToReturnOrder):
            actions.return_order(order=make_order(account, state="OPEN"), by=cast.finance.scope, now=now)
