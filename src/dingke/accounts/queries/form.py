"""What the account form offers, and what its checks ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from dingke.accounts.models import Account, AccountTag, Tag
from dingke.accounts.queries import account as accounts
from dingke.accounts.queries import search
from dingke.core import custom_fields
from dingke.core.models import CustomField, ListItem
from dingke.core.scope import Scope

LISTS = {"industry": "industries", "region": "regions", "source": "account_sources"}


@dataclass(frozen=True)
class Pickers:
    """What the form offers: master lists, the companies the caller sees, known tags, custom fields."""

    lists: Mapping[str, QuerySet[ListItem]]
    parents: QuerySet[Account]
    tags: Sequence[str]
    custom: Sequence[CustomField]
    account_tags: Sequence[str] = ()

    def parent_named(self, raw: Any) -> Account | None:
        text = str(raw or "")
        return self.parents.filter(pk=int(text)).first() if text.isdigit() else None


def pickers(scope: Scope, account: Account | None = None) -> Pickers:
    """An entry that was switched off in a master list stays on offer where the account has it."""
    held = {name: getattr(account, f"{name}_id") if account else None for name in LISTS}
    parents = accounts.visible_accounts(scope)
    if account is not None:  # a parent that is not shared with the caller may stay
        parents = (
            Account.objects.filter(Q(pk__in=parents.order_by().values("pk")) | Q(pk=account.parent_id or 0))
            .exclude(pk=account.pk)
            .order_by("pinyin", "pk")
        )
    return Pickers(
        lists={
            name: ListItem.objects.filter(Q(list_code=code, is_active=True) | Q(pk=held[name] or 0)).order_by("position", "id")
            for name, code in LISTS.items()
        },
        parents=parents,
        tags=list(Tag.objects.order_by("name").values_list("name", flat=True)[:500]),
        custom=custom_fields.definitions("account"),
        account_tags=list(AccountTag.objects.filter(account=account).order_by("tag__name").values_list("tag__name", flat=True))
        if account
        else (),
    )


def parent_choices(scope: Scope, text: str) -> list[Account]:
    """Companies the caller sees whose name fits what was typed."""
    rows = accounts.visible_accounts(scope).select_related("owner")
    if text := text.strip():
        rows = rows.filter(pk__in=search.account_ids(scope, text))
    return list(rows[:20])


@dataclass(frozen=True)
class CodeHolder:
    """Who already has a credit code: the account when the caller sees it, else only that it is taken."""

    is_taken: bool
    account: Account | None


def holder_of_code(scope: Scope, code: str, *, except_id: int | None) -> CodeHolder:
    rows = Account.objects.filter(credit_code=code, archived_at__isnull=True).exclude(pk=except_id or 0).order_by("pk")
    found = rows.first()
    if found is None:
        return CodeHolder(False, None)
    return CodeHolder(True, Account.objects.visible_to(scope).filter(pk=found.pk).order_by("pk").first())
