"""Parent companies that a file names: connected at once when they are there, else at the end of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from dingke.accounts.models import Account
from dingke.accounts.queries.finding import AccountRef, Finder, Unclear
from dingke.core.importing.outcomes import Batch, Outcome, apply_values, updated
from dingke.core.models import StagedRow

PARENT = "ACCOUNT_PARENT"


def connect_parents(
    wanted: Sequence[tuple[Account, str]], *, finder: Finder, changes_of: dict[int, dict[str, list[Any]]], run_id: int | None
) -> None:
    """Parents that are there already; others wait, kept in the database, for a later row or the end of the file."""
    if not wanted:
        return
    above = _parents()
    connected: list[Account] = []
    waiting: list[StagedRow] = []
    for account, name in wanted:
        try:
            parent = finder.find(AccountRef(name=name))
        except Unclear:
            parent = None
        if parent is None or parent.pk is None:
            waiting.append(StagedRow(run_id=run_id, kind=PARENT, key=str(account.pk), values={"parent": name}))
        elif account.parent_id != parent.pk and not _closes_circle(account.pk, parent.pk, above):
            above[account.pk] = parent.pk
            if account.pk in changes_of:
                changes_of[account.pk] |= apply_values(account, {"parent_id": parent.pk})
            else:
                account.parent = parent
                connected.append(account)
    Account.objects.bulk_update(connected, ["parent"], batch_size=500)
    StagedRow.objects.bulk_create(waiting, update_conflicts=True, update_fields=["values", "run"], unique_fields=["kind", "key"])


@transaction.atomic
def finish_parents(batch: Batch) -> list[Outcome]:
    """Connects parents that came later in the file. Names that no account has stay kept as staged rows; circles are not closed."""
    waiting = list(StagedRow.objects.filter(kind=PARENT, run_id=batch.run_id).order_by("id"))
    if not waiting:
        return []
    finder = Finder([AccountRef(name=row.values["parent"]) for row in waiting], batch.by)
    accounts = {account.pk: account for account in Account.objects.filter(pk__in=[int(row.key) for row in waiting]).order_by("pk")}
    above = _parents()
    outcomes: list[Outcome] = []
    changed: list[Account] = []
    done: list[int] = []
    for row in waiting:
        account = accounts.get(int(row.key))
        try:
            parent = finder.find(AccountRef(name=row.values["parent"]))
        except Unclear:
            parent = None
        if account is None or parent is None or _closes_circle(account.pk, parent.pk, above):
            continue
        done.append(row.pk)
        if account.parent_id != parent.pk:
            outcomes.append(updated(account, apply_values(account, {"parent_id": parent.pk})))
            above[account.pk] = parent.pk
            changed.append(account)
    Account.objects.bulk_update(changed, ["parent"], batch_size=500)
    StagedRow.objects.filter(pk__in=done).delete()
    return outcomes


def _parents() -> dict[int, int | None]:
    return dict(Account.objects.filter(parent__isnull=False).order_by().values_list("pk", "parent_id"))


def _closes_circle(account_id: int, parent_id: int, above: Mapping[int, int | None]) -> bool:
    current: int | None = parent_id
    seen: set[int] = set()
    while current is not None and current not in seen:
        if current == account_id:
            return True
        seen.add(current)
        current = above.get(current)
    return False
