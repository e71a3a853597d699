"""What the API reads: pages of accounts, and codes turned into rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from dingke.accounts.models import Account, AccountTag
from dingke.accounts.queries.account import account_for
from dingke.accounts.queries.list import filtered
from dingke.accounts.queries.list_filter import AccountFilter
from dingke.core.errors import Invalid, NotVisible
from dingke.core.models import ListItem
from dingke.core.paging import Page, indexed_page
from dingke.core.scope import Scope

LISTS = {"industry": "industries", "region": "regions", "source": "account_sources"}


def account_page(scope: Scope, filters: AccountFilter, *, today: date, size: int, cursor: str | None) -> Page[Account]:
    """Accounts in the order of their names with what the API shows: three queries."""
    tags = Prefetch("tag_links", AccountTag.objects.select_related("tag").order_by("tag__name"))
    rows = filtered(scope, filters, today=today).select_related("owner", "industry", "region", "standing").prefetch_related(tags)
    return indexed_page(rows, field="pinyin", nullable=False, size=size, cursor=cursor)


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
