"""Notices of money: a receivable disputed or overdue, told to the owner of the account, without amounts. Wired in config/wiring.py."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_noop

from dingke.accounts.models import Account
from dingke.accounts.notices import ACCOUNT
from dingke.core.links import link_to
from dingke.ledger.events import ReceivableDisputed
from dingke.ledger.models import Receivable
from dingke.notices.actions.tell import Words, notify
from dingke.notices.models import Notice

DISPUTED, OVERDUE = "receivable.disputed", "receivable.overdue"
LATE_DAYS = 7  # what fell due earlier is seen on the ageing board
NAMED = 5


def disputed(*, event: ReceivableDisputed, now: datetime) -> None:
    row = Receivable.objects.select_related("account").get(pk=event.receivable_id)
    notify(
        kind=DISPUTED,
        to=[row.account.owner_id],
        now=now,
        subject=(ACCOUNT, row.account_id),
        words=Words(
            title=gettext_noop("%(account)s disputes invoice %(number)s"),
            body="%(note)s",
            values={"account": row.account.shown_name, "number": row.number, "note": row.dispute_note[:240]},
            link=_money(row.account_id),
        ),
    )


def tell_overdue(*, now: datetime) -> int:
    """By the clock: invoices that fell due in the last days and are open, one notice per account, said once."""
    today = timezone.localdate(now)
    rows = Receivable.objects.filter(
        archived_at__isnull=True, amount__gt=F("paid_amount"), is_disputed=False, due_date__lt=today,
        due_date__gte=today - timedelta(days=LATE_DAYS), account__owner__isnull=False, account__archived_at__isnull=True,
    )  # fmt: skip
    found: dict[int, list[tuple[date, str]]] = {}
    for account_id, due_date, number in rows.order_by("account_id", "due_date", "pk").values_list("account_id", "due_date", "number"):
        found.setdefault(account_id, []).append((due_date, number))
    since = now - timedelta(days=LATE_DAYS + 2)
    told = set(Notice.objects.filter(kind=OVERDUE, subject=ACCOUNT, at__gte=since).order_by().values_list("subject_id", "key"))
    wanted = [account_id for account_id, invoices in found.items() if (account_id, str(invoices[-1][0])) not in told]
    said = 0
    for account in Account.objects.filter(pk__in=wanted).order_by("pk").iterator(chunk_size=500):
        invoices = found[account.pk]
        names = ", ".join(invoice for _day, invoice in invoices[-NAMED:])
        said += len(
            notify(
                kind=OVERDUE, to=[account.owner_id], now=now, subject=(ACCOUNT, account.pk), key=str(invoices[-1][0]),
                words=Words(
                    title=gettext_noop("Overdue at %(account)s"),
                    body=gettext_noop("Invoices not paid since they fell due, last on %(day)s: %(numbers)s"),
                    values={"account": account.shown_name, "day": str(invoices[-1][0]), "numbers": names[:160]}, link=_money(account.pk),
                ),
            )
        )  # fmt: skip
    return said


def _money(account_id: int) -> str:
    page = link_to("workspace:account", account_id)
    return f"{page}?tab=money" if page else ""
