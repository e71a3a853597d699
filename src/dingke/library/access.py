"""Who may change and publish what in the library."""

from __future__ import annotations

from django.utils.translation import gettext as _

from dingke.core.access import YES, Answer, needs, no
from dingke.core.scope import Scope
from dingke.library.models import Entry


def can_edit(scope: Scope, entry: Entry) -> Answer:
    """Own entries and those of people led; publishers everything. Others propose (see `can_propose`)."""
    answer = needs(scope, "library.edit")
    if not answer:
        return answer
    if can_publish(scope) or (entry.state == Entry.State.DRAFT and entry.owner_id in scope.user_ids):
        return YES
    return no(_("Your change goes to those who publish as a proposal."))


def can_propose(scope: Scope) -> Answer:
    return needs(scope, "library.edit")


def can_publish(scope: Scope) -> Answer:
    return needs(scope, "library.publish")
