"""Signals that read other domains: contacts, contact days, dossier, rivals, payments (D-08, D-11, O-19, B-07)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from dingke.accounts.models import AccountCompetitor, Competitor, DossierEntry
from dingke.accounts.tests.factories import make_account, make_contact, make_item
from dingke.insights import signals
from dingke.insights.calc.warning import Context, SignalColumns, Signs, WarningSettings
from dingke.insights.tests.history_makers import columns
from dingke.ledger.tests.factories import make_payment, make_receivable

pytestmark = [pytest.mark.django_db, pytest.mark.item("D-08")]
DAY = date(2026, 9, 30)


def ago(days: int) -> date:
    return DAY - timedelta(days=days)


def of(*accounts: Any, **given: Any) -> SignalColumns:
    return columns(len(accounts), account_id=[account.pk for account in accounts], **given)


def judged(code: str, given: SignalColumns, **settings: Any) -> Signs:
    found = signals.signal_of(code)
    assert found is not None
    assert not found.replays
    return found.judge(Context(DAY, given, WarningSettings(**settings)))


def said(signs: Signs) -> str:
    found = signals.signal_of(signs.signal)
    assert found is not None
    return found.sentences.text(signs.reason(0), "en")


def test_a_contact_gap_is_measured_by_class_and_key_account() -> None:
    today = timezone.make_aware(timezone.datetime(2026, 9, 30, 12))
    accounts = [make_account(f"客户{days}", last_contact_at=today - timedelta(days=days)) for days in (60, 40, 60, 400)]
    never = make_account("未联系")
    given = of(*accounts, never, abc=["A", "A", "B", "", "A"], is_key=[False, True, False, False, False])
    signs = judged("CONTACT_GAP", given)
    assert signs.rows.tolist() == [0, 1]  # B may wait 90 days, others have no rule, and who was never contacted has no gap
    assert signs.probability.tolist() == pytest.approx([1 - 45 / 60, 1 - 30 / 40])
    assert said(signs) == "Last contact 60 days ago; 45 days are allowed here."
    assert judged("CONTACT_GAP", given, contact_days_a=0, contact_days_key=0).rows.tolist() == []


def test_a_dossier_gets_stale_for_those_that_matter() -> None:
    source = make_item("sources", "VISIT")
    accounts = [make_account(f"客户{place}") for place in range(3)]
    for account, days in zip(accounts, (500, 500, 100), strict=True):
        DossierEntry.objects.create(account=account, field="SIZE_STRENGTH", text="x", source=source, as_of_date=ago(days))
    DossierEntry.objects.create(account=accounts[0], field="SIZE_STRENGTH", text="x", source=source, as_of_date=ago(-10))
    signs = judged("DOSSIER_STALE", of(*accounts, abc=["A", "C", "A"]))
    assert signs.rows.tolist() == [0]
    assert signs.probability[0] == pytest.approx(1 - 365 / 500)
    assert said(signs) == "The newest fact of the dossier is 500 days old; 365 days are allowed."


@pytest.mark.item("O-19")
def test_a_main_contact_that_left_is_graver_when_nobody_is_left() -> None:
    alone, two, old, small = (make_account(f"客户{place}") for place in range(4))
    for account, day, main in ((alone, ago(20), True), (two, ago(20), True), (old, ago(300), True), (small, ago(20), False)):
        make_contact(account, left_date=day, is_main=main)
    make_contact(two, "王敏", is_main=True)
    signs = judged("KEY_PERSON_GONE", of(alone, two, old, small))
    assert signs.rows.tolist() == [0, 1]
    assert signs.probability.tolist() == [1.0, 0.5]
    assert said(signs) == "A main contact left 20 days ago; main contacts still there: 0."


@pytest.mark.item("D-11")
def test_a_rival_seen_lately_at_a_customer_that_buys() -> None:
    buys, prospect, long_ago = (make_account(f"客户{place}") for place in range(3))
    rival, other = (Competitor.objects.create(name=name) for name in ("同行甲", "同行乙"))
    for account, who, day, content in (
        (buys, rival, ago(10), 4),
        (buys, other, ago(5), 2),
        (prospect, rival, ago(10), 5),
        (long_ago, rival, ago(400), 5),
    ):
        AccountCompetitor.objects.create(account=account, competitor=who, noted_date=day, satisfaction=content)
    signs = judged("COMPETITOR_SEEN", of(buys, prospect, long_ago, revenue=[100, 0, 100]))
    assert signs.rows.tolist() == [0]
    assert signs.probability[0] == pytest.approx(0.8)
    assert said(signs) == "同行甲 was noted there 10 days ago; the customer's contentment with them: 4 of 5."


@pytest.mark.item("B-07")
def test_payment_against_its_own_habit() -> None:
    """Habit of four invoices 5 days late; the last one 25 late, and 20 of 25 days are beyond the habit."""
    slower, always_late = make_account("渐迟"), make_account("一向迟")
    for days in (400, 300, 250, 200):
        for account, late in ((slower, 5), (always_late, 40)):
            bill = make_receivable(account, amount="1000.00", due=ago(days))
            make_payment(account, receivable=bill, amount="1000.00", on=ago(days - late))
    for account, late in ((slower, 25), (always_late, 41)):
        bill = make_receivable(account, amount="1000.00", due=ago(30 + late))
        make_payment(account, receivable=bill, amount="1000.00", on=ago(30))
    signs = judged("PAYMENT_LATE", of(slower, always_late))
    assert signs.rows.tolist() == [0]
    assert signs.probability[0] == pytest.approx(20 / 25)
    assert said(signs) == "Pays 25 days late in the last quarter; its habit of the year before is 5."


def test_what_is_open_and_overdue_counts_as_late() -> None:
    account = make_account("拖欠")
    for days in (400, 300, 250):
        bill = make_receivable(account, amount="1000.00", due=ago(days))
        make_payment(account, receivable=bill, amount="1000.00", on=ago(days))
    make_receivable(account, amount="1000.00", due=ago(60))
    signs = judged("PAYMENT_LATE", of(account))
    assert (signs.rows.tolist(), said(signs)[:17]) == ([0], "Pays 60 days late")
