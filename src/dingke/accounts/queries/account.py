"""One account for a caller, and the pickers that offer accounts."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from dingke.accounts.models import Account
from dingke.core.errors import NotVisible
from dingke.core.models import AuditEntry
from dingke.core.scope import Scope


def visible_accounts(scope: Scope) -> QuerySet[Account]:
    """Every current account the caller sees, in pinyin order."""
    return Account.objects.visible_to(scope).filter(archived_at__isnull=True).order_by("pinyin", "pk")


def account_for(scope: Scope, account_id: int) -> Account:
    """The account with what its head shows, archived ones included. Raises `NotVisible` when it is not there for the caller."""
    account = (
        Account.objects.visible_to(scope)
        .select_related("owner", "industry", "region", "source", "parent", "territory", "standing", "merged_into")
        .filter(pk=account_id)
        .order_by("pk")
        .first()
    )
    if account is None:
        raise NotVisible(_("There is no such account, or it is not shared with you."))
    return account


def last_edit(scope: Scope, account: Account) -> AuditEntry | None:
    """Who changed the facts of an account last, for the page of a stale save."""
    return AuditEntry.objects.filter(account_id=account.pk, action="accounts.edit").order_by("-at", "-pk").first()
