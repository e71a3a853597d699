"""Orders, open receivables and the price list as a file: a job that writes what its owner sees and filtered."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dingke.core import access, audit, privacy
from dingke.core.errors import NotVisible
from dingke.core.jobs import Progress
from dingke.core.models import Job
from dingke.core.scope import Scope
from dingke.core.tables_out import CellKind, FileKind, OutColumn, write_table
from dingke.ledger.queries import account_money, lists
from dingke.people import queries as people

KIND = "export_ledger"
BATCH = 1_000
Row = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Sheet:
    """`columns`: (head, kind, value of a row, field right that hides it)."""

    name: str
    rows: QuerySet[Any]
    columns: list[tuple[str, CellKind, Row, str]]


def _orders(scope: Scope, query: QueryDict, today: date) -> Sheet:
    rows = lists.orders_matching(scope, lists.order_filter(query)).select_related("account", "account__owner")
    return Sheet(
        _("Orders"),
        rows.order_by("-order_date", "-pk"),
        [
            (_("Order number"), CellKind.TEXT, lambda row: row.number, ""),
            (_("Account"), CellKind.TEXT, lambda row: row.account.name, ""),
            (_("Order date"), CellKind.DATE, lambda row: row.order_date, ""),
            (_("State"), CellKind.TEXT, lambda row: row.get_state_display(), ""),
            (_("Owner"), CellKind.TEXT, lambda row: row.account.owner.name if row.account.owner else "", ""),
            (_("Amount"), CellKind.MONEY, lambda row: row.amount, "amount"),
            (_("Cost"), CellKind.MONEY, lambda row: row.cost, "cost"),
            (_("Currency"), CellKind.TEXT, lambda row: row.currency, ""),
            (_("Sold by"), CellKind.TEXT, lambda row: row.sold_by_name, ""),
        ],
    )


def _receivables(scope: Scope, query: QueryDict, today: date) -> Sheet:
    wanted = lists.receivable_filter(query)
    rows = lists.receivables_matching(scope, wanted, today=today)
    rows = lists.in_bucket(rows, wanted.bucket, today=today, edges=account_money.ageing_settings().edges)
    return Sheet(
        _("Receivables"),
        rows.select_related("account", "account__owner").order_by("due_date", "pk"),
        [
            (_("Invoice number"), CellKind.TEXT, lambda row: row.number, ""),
            (_("Account"), CellKind.TEXT, lambda row: row.account.name, ""),
            (_("Owner"), CellKind.TEXT, lambda row: row.account.owner.name if row.account.owner else "", ""),
            (_("Invoice date"), CellKind.DATE, lambda row: row.invoice_date, ""),
            (_("Due date"), CellKind.DATE, lambda row: row.due_date, ""),
            (_("Days late"), CellKind.WHOLE, lambda row: max(0, (today - row.due_date).days), ""),
            (_("State"), CellKind.TEXT, lambda row: account_money.open_invoice(row, today=today).label, ""),
            (_("Amount"), CellKind.MONEY, lambda row: row.amount, "amount"),
            (_("Outstanding"), CellKind.MONEY, lambda row: row.outstanding, "amount"),
            (_("About the dispute"), CellKind.TEXT, lambda row: row.dispute_note, ""),
        ],
    )


def _products(scope: Scope, query: QueryDict, today: date) -> Sheet:
    return Sheet(
        _("Products"),
        lists.products_matching(scope, lists.product_filter(query)).order_by("family", "code"),
        [
            (_("Code"), CellKind.TEXT, lambda row: row.code, ""),
            (_("Name"), CellKind.TEXT, lambda row: row.name, ""),
            (_("Family"), CellKind.TEXT, lambda row: row.family, ""),
            (_("List price"), CellKind.MONEY, lambda row: row.list_price, "amount"),
            (_("Unit cost"), CellKind.MONEY, lambda row: row.unit_cost, "cost"),
            (_("High-profit product"), CellKind.BOOLEAN, lambda row: row.is_high_profit, ""),
        ],
    )


SHEETS = {"orders": _orders, "receivables": _receivables, "products": _products}


def folder() -> Path:
    return Path(settings.UPLOADS) / "exports"


def export_ledger(progress: Progress) -> dict[str, Any]:
    """Job: writes the filtered rows; amounts and costs only for those who see them."""
    user = people.user_by_id(progress.job.owner_id or 0)
    if user is None:
        raise NotVisible(_("The person who asked for this is gone."))
    scope, now = people.scope_for(user), progress.job.started_at or progress.job.created_at
    with translation.override(user.language or settings.LANGUAGE_CODE):
        access.needs(scope, "exports.run").enforce()
        what, query = str(progress.params["what"]), QueryDict(str(progress.params.get("query", "")))
        sheet = SHEETS[what](scope, query, timezone.localdate(now))
        columns = [column for column in sheet.columns if not (column[3] and (scope.hides(column[3]) or scope.hides("amount")))]
        total = sheet.rows.count()
        progress.tell(0, total)
        privacy.remove_old_files(folder(), now=now)
        stamp = privacy.stamp_for(scope, now)

        def values() -> Iterator[list[Any]]:
            for number, row in enumerate(sheet.rows.iterator(chunk_size=BATCH), start=1):
                yield [value(row) for _head, _kind, value, _right in columns]
                if number % BATCH == 0:
                    progress.tell(number, total)

        name = f"{uuid.uuid4().hex}.{FileKind.XLSX.value}"
        heads = [OutColumn(head, kind) for head, kind, _value, _right in columns]
        written = write_table(folder() / name, columns=heads, rows=values(), kind=FileKind.XLSX, sheet=sheet.name, stamp=stamp)
        progress.tell(written, total)
        audit.record(
            target=progress.job,
            action="ledger.export",
            by=scope,
            now=now,
            summary=sheet.name,
            changes={
                "what": what,
                "rows": written,
                "filters": query.dict(),
                "columns": [head.header for head in heads],
            },
        )
        message = ngettext("%(number)s row written.", "%(number)s rows written.", written) % {"number": f"{written:,}"}
        return {
            "file": name,
            "download_as": stamp.file_name(sheet.name, rows=written, kind=FileKind.XLSX),
            "rows": written,
            "message": message,
            "url": reverse("ledger:export_file", args=[progress.job.pk]),
            "url_label": _("Download"),
        }


def file_of(scope: Scope, job: Job | None) -> tuple[Path, str]:
    """The file of a finished export and its name, for the person who asked for it. Raises `NotVisible` for everybody else."""
    name = str(job.result.get("file", "")) if job else ""
    if job is None or job.kind != KIND or job.owner_id != scope.user_id or not name:
        raise NotVisible(_("There is no such file, or it is not yours."))
    path = folder() / Path(name).name
    if not path.is_file():
        days = privacy.in_force().export_days
        raise NotVisible(_("This file was removed; exports are kept for %(days)s days. Export again.") % {"days": days})
    return path, str(job.result.get("download_as") or path.name)
