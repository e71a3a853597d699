"""Merging across domains: every relation has its line, no money is lost, and all of it comes back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dingke.accounts.actions import merge as actions
from dingke.accounts.models import Account
from dingke.accounts.queries.merge_relations import MOVERS, How, relations
from dingke.accounts.tests.factories import NOW, TODAY, make_account
from dingke.core.scope import Scope
from dingke.insights.models import GuardDecision, Score, ScoreRun, ValueCard
from dingke.ledger.models import Order, Payment, Receivable


def test_every_relation_to_an_account_says_how_it_is_merged():
    missing = relations().keys() - MOVERS.keys()
    assert missing == set(), "list it in config/wiring.py, MERGE_MOVERS (or in accounts/queries/merge_relations.py)"


def test_no_line_is_left_over():
    assert MOVERS.keys() - relations().keys() == set()


def test_a_unique_key_with_the_account_is_dealt_with():
    """A row that is unique with its account cannot simply move: its line has to say which field, or that it stays."""
    for key, relation in relations().items():
        mover = MOVERS[key]
        for constraint in relation.model._meta.constraints:
            fields = list(getattr(constraint, "fields", ()))
            if mover.how is How.MOVE and relation.field in fields and len(fields) > 1:
                assert {mover.once_by, mover.numbered} & set(fields), key
        if relation.model._meta.get_field(relation.field).one_to_one:
            assert mover.how is not How.MOVE, key


def order(account, number, amount):
    return Order.objects.create(account=account, number=number, order_date=TODAY, amount=amount)


@pytest.mark.django_db
def test_money_rows_move_and_come_back(cast):
    kept, gone = make_account(owner=cast.owner.user), make_account(owner=cast.owner.user)
    order(kept, "SO-1", 100)
    same_number, other = order(gone, "SO-1", 200), order(gone, "SO-2", 300)
    receivable = Receivable.objects.create(account=gone, order=same_number, number="R-1", amount=200, invoice_date=TODAY, due_date=TODAY)
    payment = Payment.objects.create(account=gone, receivable=receivable, amount=50, paid_date=TODAY)
    card = ValueCard.objects.create(account=gone, total_value=9)
    decision = GuardDecision.objects.create(guard="…", account=gone, owner=cast.owner.user, decision="…", decided_by_name="…", at=NOW)
    run = ScoreRun.objects.create(as_of_date=TODAY, started_at=NOW, formula_version="1", state="DONE")
    Score.objects.create(run=run, account=gone, revenue=500)
    merge = actions.merge_accounts(kept=kept, gone=gone, choices={}, by=cast.director.scope, now=NOW)
    for row in (same_number, other, receivable, payment, card, decision):
        row.refresh_from_db()
        assert row.account == kept
    assert same_number.number == "SO-1 (2)"
    assert Score.objects.get().account == gone
    assert same_number.updated_at == NOW  # snapshots notice
    undone = actions.undo_merge(merge=merge, by=cast.director.scope, now=NOW)
    assert undone.conflicts == []
    for row in (same_number, other, receivable, payment, card, decision):
        row.refresh_from_db()
        assert row.account == gone
    assert same_number.number == "SO-1"


@pytest.mark.django_db
def test_an_own_value_card_holds(cast):
    kept, gone = make_account(owner=cast.owner.user), make_account(owner=cast.owner.user)
    for account in (kept, gone):
        ValueCard.objects.create(account=account)
    actions.merge_accounts(kept=kept, gone=gone, choices={}, by=cast.director.scope, now=NOW)
    assert ValueCard.objects.filter(account=gone).exists()


numbers = st.lists(st.sampled_from(["A", "B", "C", "A (2)", "B (2)"]), unique=True, max_size=5)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ours=numbers, theirs=numbers)
@pytest.mark.django_db
def test_no_order_is_lost_whatever_the_numbers(db, ours, theirs):
    kept, gone = make_account(), make_account()
    for account, given_numbers in ((kept, ours), (gone, theirs)):
        for place, number in enumerate(given_numbers):
            order(account, number, 10**place)
    before = {row.pk: (row.account_id, row.number) for row in Order.objects.filter(account__in=[kept, gone])}
    merge = actions.merge_accounts(kept=kept, gone=gone, choices={}, by=Scope.system(), now=NOW)
    rows = Order.objects.filter(account=kept)
    assert rows.count() == len(ours) + len(theirs)
    assert len(set(rows.values_list("number", flat=True))) == rows.count()
    assert sum(rows.values_list("amount", flat=True), Decimal(0)) == sum(
        10**place for given_numbers in (ours, theirs) for place in range(len(given_numbers))
    )
    actions.undo_merge(merge=merge, by=Scope.system(), now=NOW)
    assert {row.pk: (row.account_id, row.number) for row in Order.objects.filter(account__in=[kept, gone])} == before
    assert Account.objects.get(pk=gone.pk).archived_at is None
