"""Money notices: overdue once per account and day, disputes, never an amount."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from dingke.accounts.tests.factories import NOW, TODAY, make_account
from dingke.ledger import notices
from dingke.ledger.actions import receivables
from dingke.ledger.models import Receivable
from dingke.notices.models import Notice
from dingke.notices.queries import inbox

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english():
    """Titles are compared in English whatever test ran before."""
    with translation.override("en"):
        yield


def invoice(account, number, days, **fields):
    due = TODAY + timedelta(days=days)
    return Receivable.objects.create(
        account=account, number=number, amount="8800.00", invoice_date=due - timedelta(days=30), due_date=due, **fields
    )


def heard(person):
    page = inbox.inbox(person.scope, inbox.InboxFilter(), today=TODAY)
    return [(item.notice.kind, item.title, item.body) for item in page.items]


def test_overdue_invoices_of_an_account_are_one_notice(cast, account):
    invoice(account, "F1", -3)
    invoice(account, "F2", -1)
    invoice(account, "F3", -40)
    invoice(account, "F4", 0)
    invoice(account, "F5", -1, is_disputed=True)
    invoice(account, "F6", -1, paid_amount="8800.00")
    invoice(make_account("公海企业", owner=None), "F7", -1)
    assert notices.tell_overdue(now=NOW) == 1
    assert notices.tell_overdue(now=NOW + timedelta(hours=6)) == 0
    assert heard(cast.owner) == [
        ("receivable.overdue", "Overdue at 江州重工", "Invoices not paid since they fell due, last on 2026-09-29: F1, F2")
    ]
    assert notices.tell_overdue(now=NOW + timedelta(days=1)) == 1, "F4 has fallen due meanwhile"


def test_a_dispute_is_heard_by_the_owner_without_an_amount(cast, account):
    row = invoice(account, "F1", -3)
    receivables.dispute_receivable(receivable=row, note="尾款争议", by=cast.finance.scope, now=NOW)
    assert heard(cast.owner) == [("receivable.disputed", "江州重工 disputes invoice F1", "尾款争议")]
    assert "8800" not in str(list(Notice.objects.values()))
    assert heard(cast.finance) == []
