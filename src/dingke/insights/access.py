"""What a person may do with scores, guards and value cards."""

from __future__ import annotations

from dingke.accounts import access as account_access
from dingke.accounts.models import Account
from dingke.core.access import Answer, needs
from dingke.core.scope import Scope


def can_score(scope: Scope) -> Answer:
    """Managers, directors and administrators start a run; it always speaks of the whole company."""
    return needs(scope, "insights.score")


def can_decide(scope: Scope) -> Answer:
    """Leaders decide on a breached guard and name its owner."""
    return needs(scope, "insights.decide")


def can_edit_value(scope: Scope, account: Account) -> Answer:
    """Whoever may edit the account keeps its value card."""
    return account_access.can_edit(scope, account)


def can_confirm_face(scope: Scope, account: Account) -> Answer:
    """Key account managers and leaders confirm the face of accounts that they may edit."""
    answer = needs(scope, "accounts.confirm_face")
    return account_access.can_edit(scope, account) if answer else answer
