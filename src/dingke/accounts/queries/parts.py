"""One thing that hangs on an account, for a caller who sees the account."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from dingke.accounts.models import Contact, InvoiceTitle, KeyDate, Note, Todo
from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.errors import NotVisible
from dingke.core.models import Record
from dingke.core.scope import Scope

R = TypeVar("R", bound=Record)


def _one(rows: QuerySet[R], scope: Scope, pk: int, *related: str) -> R:
    assert isinstance(rows, AccountScopedQuerySet)
    found: Any = rows.visible_to(scope).select_related("account__owner", *related).filter(pk=pk).order_by("pk").first()
    if found is None:
        raise NotVisible(_("This is not there, or the account is not shared with you."))
    return found  # type: ignore[no-any-return]


def contact_for(scope: Scope, pk: int) -> Contact:
    return _one(Contact.objects.prefetch_related("jobs", "ways", "consents"), scope, pk)


def note_for(scope: Scope, pk: int) -> Note:
    return _one(Note.objects.all(), scope, pk, "author", "contact")


def todo_for(scope: Scope, pk: int) -> Todo:
    return _one(Todo.objects.all(), scope, pk, "assignee")


def key_date_for(scope: Scope, pk: int) -> KeyDate:
    return _one(KeyDate.objects.all(), scope, pk, "contact")


def invoice_title_for(scope: Scope, pk: int) -> InvoiceTitle:
    """Not there either for roles that do not see invoicing details."""
    if scope.hides("invoicing"):
        raise NotVisible(_("This is not there, or the account is not shared with you."))
    return _one(InvoiceTitle.objects.all(), scope, pk)
