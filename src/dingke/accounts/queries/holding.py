"""Who holds an account and who works on it, invoicing details, and whom one may give it to or share it with."""

from __future__ import annotations

from django.db.models import QuerySet

from dingke.accounts.models import Account, Collaborator, Favourite, InvoiceTitle, StageChange
from dingke.core.scope import Scope
from dingke.people import queries as people
from dingke.people.models import User


def collaborators_of(scope: Scope, account: Account) -> list[Collaborator]:
    return list(Collaborator.objects.visible_to(scope).filter(account=account).select_related("user__team").order_by("user__pinyin", "pk"))


def invoice_titles_of(scope: Scope, account: Account) -> list[InvoiceTitle]:
    """Nothing for roles that do not see invoicing details."""
    if scope.hides("invoicing"):
        return []
    return list(InvoiceTitle.objects.visible_to(scope).current().filter(account=account).order_by("-is_default", "pk"))


def takers(scope: Scope, account: Account) -> QuerySet[User]:
    """To whom the caller may give the account: without the one who has it."""
    return people.assignable(scope).exclude(pk=account.owner_id or 0)


def helpers(scope: Scope, account: Account) -> QuerySet[User]:
    """With whom the account can be shared: every colleague but the owner."""
    return people.colleagues(scope).exclude(pk=account.owner_id or 0)


def user_of(scope: Scope, user_id: int) -> User | None:
    return people.colleagues(scope).filter(pk=user_id).first()


def is_favourite(scope: Scope, account: Account) -> bool:
    return Favourite.objects.filter(account=account, user_id=scope.me).exists()


def stage_history(scope: Scope, account: Account) -> list[StageChange]:
    """Through which stages the account went, newest first (D-01)."""
    return list(StageChange.objects.visible_to(scope).filter(account=account).order_by("-since_date", "-pk")[:12])
