"""Who sets up which bot, and the webhooks of the company."""

from __future__ import annotations

from django.utils.translation import gettext as _

from dingke.core.access import YES, Answer, needs, no
from dingke.core.scope import Scope
from dingke.notices.models import Bot


def can_set_company_bots(scope: Scope) -> Answer:
    """Whoever changes the settings of the company."""
    return needs(scope, "settings.edit")


def can_edit_bot(scope: Scope, bot: Bot) -> Answer:
    """A person's own bots, and the company's for whoever changes the settings of the company."""
    if bot.owner_id is None:
        return can_set_company_bots(scope)
    return YES if bot.owner_id == scope.user_id else no(_("This bot belongs to somebody else."))


def can_set_webhooks(scope: Scope) -> Answer:
    """Whoever changes the settings of the company: a webhook tells of everybody's records, though only their ids."""
    return needs(scope, "settings.edit")
