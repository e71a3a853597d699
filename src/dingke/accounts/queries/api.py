"""What the API reads: pages of accounts, and codes turned into rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.models import Account, AccountTag, Collaborator
from dingke.accounts.queries.account import account_for
from dingke.accounts.queries.contacts import shown_phone
from dingke.accounts.queries.list import filtered
from dingke.accounts.queries.list_filter import AccountFilter
from dingke.core.errors import Invalid, NotVisible
from dingke.core.models import ListItem
from dingke.core.paging import Page, indexed_page
from dingke.core.scope import Scope

LISTS = {"industry": "industries", "region": "regions", "source": "account_sources"}


# API field -> the column it is read from; what is not here is made from several
COLUMNS = {
    **{
        name: name
        for name in (
            "id", "version", "name", "short_name", "english_name", "customer_type", "form", "city", "address", "website", "credit_code",
            "external_key", "employees", "annual_revenue", "currency", "founded_year", "influence", "description", "custom", "parent_id",
            "owner_id", "is_key", "key_since", "lifecycle_stage", "last_contact_at", "created_at", "updated_at", "archived_at",
        )
    },
    "industry": "industry__code",
    "region": "region__code",
    "abc": "standing__abc",
    "face": "standing__face",
    "revenue": "standing__revenue",
    "margin": "standing__margin",
    "last_order_date": "standing__last_order_date",
}  # fmt: skip
AMOUNTS = {"annual_revenue", "revenue", "margin"}


def account_records(
    scope: Scope, filters: AccountFilter, *, today: date, size: int, cursor: str | None, names: Sequence[str]
) -> Page[dict[str, Any]]:
    """Accounts in the order of their names as plain records with the named fields, field rights applied: values straight from the
    database, no objects in between. Two queries, a third where phones in the pool are shown by sharing.
    """
    rows = filtered(scope, filters, today=today).values(*_columns(names))
    page: Page[dict[str, Any]] = indexed_page(rows, field="pinyin", nullable=False, size=size, cursor=cursor)
    return Page(_records(scope, page.items, names), page.next_cursor)


def account_record(scope: Scope, account_id: int, *, names: Sequence[str]) -> dict[str, Any]:
    """One account as `account_records` gives it, archived ones included. Raises `NotVisible`."""
    rows = list(Account.objects.visible_to(scope).filter(pk=account_id).order_by().values(*_columns(names)))
    if not rows:
        raise NotVisible(_("There is no such account, or it is not shared with you."))
    return _records(scope, rows, names)[0]


def _columns(names: Sequence[str]) -> list[str]:
    columns = {COLUMNS[name] for name in names if name in COLUMNS} | {"id", "pinyin"}
    if "phone" in names:
        columns |= {"phone", "pool_at"}
    if "is_pooled" in names:
        columns.add("pool_at")
    if "owner" in names:
        columns |= {"owner__name", "owner__username"}
    return sorted(columns)


def _records(scope: Scope, rows: Sequence[dict[str, Any]], names: Sequence[str]) -> list[dict[str, Any]]:
    tags = _tags_of([row["id"] for row in rows]) if "tags" in names else {}
    shared = _shared_pool(scope, rows) if "phone" in names else frozenset()
    read = _reader(scope, names, tags, shared)
    return [read(row) for row in rows]


def _tags_of(account_ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    links = AccountTag.objects.filter(account_id__in=account_ids).order_by("tag__name").values_list("account_id", "tag__name")
    for account_id, name in links:
        found.setdefault(account_id, []).append(name)
    return found


def _shared_pool(scope: Scope, rows: Sequence[dict[str, Any]]) -> frozenset[int]:
    """Accounts in the pool that were shared with the caller by name: their phones show, as `can_see_contacts` says."""
    if access.sees_pool_contacts(scope):
        return frozenset()
    pooled = [row["id"] for row in rows if row["pool_at"] is not None]
    shared = Collaborator.objects.filter(account_id__in=pooled, user_id=scope.me).order_by()
    return frozenset(shared.values_list("account_id", flat=True)) if pooled else frozenset()


def _reader(
    scope: Scope, names: Sequence[str], tags: dict[int, list[str]], shared: frozenset[int]
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """How a row of the database becomes the record of the API; the same answers as `AccountOut` gives for one account."""
    hidden = {name for name in names if name in AMOUNTS and (scope.hides("amount") or (name == "margin" and scope.hides("cost")))}
    sees_pool = access.sees_pool_contacts(scope)
    made: dict[str, Callable[[dict[str, Any]], Any]] = {
        "is_pooled": lambda row: row["pool_at"] is not None,
        "face": lambda row: row["standing__face"] or None,
        "owner": lambda row: (row["owner__name"] or row["owner__username"]) if row["owner__username"] is not None else None,
        "tags": lambda row: tags.get(row["id"], []),
        "phone": lambda row: shown_phone(scope, row["phone"]) if sees_pool or row["pool_at"] is None or row["id"] in shared else "",
    }
    plain = [(name, COLUMNS[name], name in AMOUNTS, name in hidden) for name in names if name not in made]
    special = [(name, made[name]) for name in names if name in made]

    def read(row: dict[str, Any]) -> dict[str, Any]:
        record: dict[str, Any] = dict.fromkeys(names)
        for name, column, is_amount, is_hidden in plain:
            value = row[column]
            if value is not None and not is_hidden:
                record[name] = str(value) if is_amount else value
        for name, make in special:
            record[name] = make(row)
        return record

    return read


def account_values(scope: Scope, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Values for the account actions from what a caller sent: list codes and the parent's id become rows. Raises `Invalid`."""
    values = dict(sent)
    problems: dict[str, str] = {}
    for name, list_code in LISTS.items():
        if values.get(name) is None:
            continue
        row = ListItem.objects.filter(list_code=list_code, code=values[name], is_active=True).order_by("id").first()
        if row is None:
            problems[name] = _("There is no such entry in this list.")
        values[name] = row
    if "parent_id" in values:
        parent_id = values.pop("parent_id")
        try:
            values["parent"] = account_for(scope, parent_id) if parent_id is not None else None
        except NotVisible as hidden:
            problems["parent_id"] = hidden.message
    for name, choices in {"customer_type": Account.CustomerType.values, "form": Account.Form.values}.items():
        if name in values and values[name] not in choices:
            problems[name] = ", ".join(choices)
    if problems:
        raise Invalid(_("Please check the input."), fields=problems)
    return values
