"""What a person may do with the money facts of an account that he or she sees."""

from __future__ import annotations

from django.utils.translation import gettext as _

from dingke.accounts import access as account_access
from dingke.accounts.models import Account
from dingke.core.access import YES, Answer, needs, no
from dingke.core.scope import Scope


def can_see(scope: Scope) -> Answer:
    """Everybody who sees the account sees its ledger; amounts and costs follow the field rights."""
    return needs(scope, "ledger.see")


def can_edit(scope: Scope, account: Account) -> Answer:
    """Finance, directors and administrators keep the books of accounts that are not archived."""
    answer = needs(scope, "ledger.edit")
    if not answer:
        return answer
    return YES if account.archived_at is None else no(_("This account is archived. Restore it first."))


def can_edit_products(scope: Scope) -> Answer:
    """Finance, directors and administrators keep the price list."""
    return needs(scope, "products.edit")


def can_record_finding(scope: Scope, account: Account) -> Answer:
    """How a customer pays others is learnt in talks: whoever edits the account or keeps its books writes it down."""
    return can_edit(scope, account) or account_access.can_edit(scope, account)
