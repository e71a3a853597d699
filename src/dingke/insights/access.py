"""What a person may do with scores, guards and value cards."""

from __future__ import annotations

from dingke.accounts import access as account_access
from dingke.accounts.models import Account
from dingke.core.access import Answer, needs
from dingke.core.scope import Scope
from dingke.insights.models import Alert


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


def can_assess(scope: Scope, account: Account) -> Answer:
    """Whoever may edit the account and sees scores assesses it and keeps what is known of the relation."""
    answer = needs(scope, "insights.see")
    return account_access.can_edit(scope, account) if answer else answer


def can_review_portfolio(scope: Scope) -> Answer:
    """Everybody who sells or leads reviews the own customers once a month."""
    return needs(scope, "accounts.edit")


def can_react(scope: Scope, alert: Alert) -> Answer:
    """Whoever may edit the account reacts to its warnings: snoozes, acts, closes. Others who see it read them."""
    return account_access.can_edit(scope, alert.account)


def can_see(scope: Scope) -> Answer:
    """Everybody who sells or leads, finance and administrators see scores."""
    return needs(scope, "insights.see")
