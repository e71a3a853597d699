"""Takes away what a measurement created, so that the next one finds the same company."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from dingke.accounts.models import Account, AccountTag, OwnershipChange, SearchEntry, StageChange
from dingke.core.models import AuditEntry, ImportChange, ImportFailure, ImportFile, ImportRun, Job, OutboxEvent

# what hangs on an account comes before it
TABLES = (
    AccountTag, OwnershipChange, StageChange, SearchEntry, AuditEntry, OutboxEvent, ImportChange, ImportFailure, ImportFile, ImportRun,
    Job, Account,
)  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """The highest id of every table that measurements write to."""

    highest: dict[str, int]

    @classmethod
    def now(cls) -> Mark:
        found = {}
        with connection.cursor() as cursor:
            for model in TABLES:
                table = model._meta.db_table
                cursor.execute(f'SELECT COALESCE(MAX(id), 0) FROM "{table}"')
                found[table] = int(cursor.fetchone()[0])
        return cls(found)

    def trim(self, only: Sequence[str] = ()) -> None:
        with connection.cursor() as cursor:
            for table, highest in self.highest.items():
                if only and table not in only:
                    continue
                cursor.execute(f'DELETE FROM "{table}" WHERE id > {highest}')
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
