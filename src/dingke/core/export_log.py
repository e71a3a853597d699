"""The log of exports: who took data out, how much, and when; read from the audit trail."""

from __future__ import annotations

from dataclasses import dataclass

from dingke.core import trail
from dingke.core.access import needs
from dingke.core.models import AuditEntry
from dingke.core.paging import Page, keyset_page
from dingke.core.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRow:
    entry: AuditEntry
    done: str
    rows: int | None
    filters: str
    file_format: str


def exports_page(scope: Scope, *, cursor: str | None = None) -> tuple[list[ExportRow], str | None]:
    """Every export and every fetched file, newest first."""
    needs(scope, "audit.see").enforce()
    codes = [code for code, _label in trail.actions() if ".export" in code]
    page: Page[AuditEntry] = keyset_page(AuditEntry.objects.filter(action__in=codes), order=["-at", "-pk"], size=trail.SIZE, cursor=cursor)
    found = []
    for entry in page.items:
        number, filters = entry.changes.get("rows"), entry.changes.get("filters")
        found.append(
            ExportRow(
                entry=entry, done=trail.action_label(entry.action), rows=number if isinstance(number, int) else None,
                filters=trail.in_words(filters) if isinstance(filters, dict) else "", file_format=str(entry.changes.get("format") or ""),
            )
        )  # fmt: skip
    return found, page.next_cursor
