"""What a person may do with a deal that he or she sees."""

from __future__ import annotations

from django.utils.translation import gettext as _

from dingke.accounts import access as accounts
from dingke.core.access import YES, Answer, needs, no
from dingke.core.scope import Scope
from dingke.pipeline.models import Opportunity, Prospect, ProspectProfile


def can_see(scope: Scope) -> Answer:
    """Everybody who sells, and who looks after customers or money, sees the deals of the accounts he or she sees."""
    return needs(scope, "pipeline.see")


def can_create(scope: Scope) -> Answer:
    """Everybody who sells begins deals; at an account that he or she may edit."""
    return needs(scope, "pipeline.edit")


def can_edit(scope: Scope, opportunity: Opportunity) -> Answer:
    """The owner of the deal and the leaders above, and whoever may edit its account."""
    answer = needs(scope, "pipeline.edit")
    if not answer:
        return answer
    if opportunity.archived_at is not None:
        return no(_("This deal is archived. Restore it first."))
    if scope.can("*") or opportunity.owner_id in scope.user_ids:
        return YES
    if opportunity.account is not None:
        return accounts.can_edit(scope, opportunity.account)
    if scope.can("accounts.edit_all"):
        return YES
    return no(_("This deal belongs to %(owner)s.") % {"owner": opportunity.owner})


def can_decide(scope: Scope, opportunity: Opportunity) -> Answer:
    """Leaders decide on deals of their people: waivers, red flags, dropping; directors on any."""
    answer = needs(scope, "pipeline.decide")
    if not answer:
        return answer
    if scope.can("*") or scope.sees_all or opportunity.owner_id in scope.user_ids:
        return YES
    return no(_("Only the leader of the owner decides this."))


def can_edit_playbooks(scope: Scope) -> Answer:
    """Directors and administrators write the playbooks of the company."""
    return needs(scope, "playbooks.edit")


def can_prospect(scope: Scope) -> Answer:
    """Everybody who sells looks for new customers."""
    return needs(scope, "pipeline.edit")


def can_edit_profile(scope: Scope, profile: ProspectProfile) -> Answer:
    """Whoever wrote a target profile, and the leaders."""
    answer = needs(scope, "pipeline.edit")
    if not answer or scope.can("*") or scope.can("pipeline.decide") or profile.owner_id == scope.me:
        return answer
    return no(_("This profile was written by %(owner)s; ask a leader to change it.") % {"owner": profile.owner})


def can_edit_prospect(scope: Scope, prospect: Prospect) -> Answer:
    """The owner of a company on the board, and the leaders above."""
    answer = needs(scope, "pipeline.edit")
    if not answer or scope.can("*") or scope.sees_all or prospect.owner_id in scope.user_ids:
        return answer
    return no(_("This company is worked on by %(owner)s.") % {"owner": prospect.owner})
