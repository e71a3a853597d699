"""Merging two accounts whose owners the caller does not both lead: asked by the flow of merges, done when granted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.actions.merge import UnableToMerge, merge_accounts
from dingke.accounts.models import Account, Merge
from dingke.accounts.queries.approving import flow_facts
from dingke.approvals import actions as approvals
from dingke.approvals import queries as approval_queries
from dingke.approvals.calc.flow import Facts
from dingke.approvals.events import ApprovalGranted
from dingke.approvals.models import Approval
from dingke.approvals.queries.flows import plan_for
from dingke.core.errors import Invalid, NotAllowed
from dingke.core.scope import Scope

KIND = "accounts.merge"
LEADS_BOTH, OTHER_OWNER = "LEADS_BOTH", "OTHER_OWNER"


@transaction.atomic
def request_merge(
    *, kept: Account, gone: Account, choices: Mapping[str, str], reason: str, by: Scope, now: datetime,
    share_with_other_owner: bool = False, expected_versions: tuple[int, int] | None = None,
) -> Merge | Approval:  # fmt: skip
    """Merges at once where the flow asks nobody, else asks with the reason. Gives the merge when it is done, else the request."""
    if kept.pk == gone.pk:
        raise UnableToMerge(_("An account cannot be merged with itself."))
    access.can_ask_merge(by, kept, gone).enforce()
    facts = merge_flow_facts(by, kept, gone)
    if facts.type == OTHER_OWNER and not reason.strip():
        message = _("Say why they are one: whoever decides starts from this.")
        raise Invalid(message, fields={"reason": message})
    if approval_queries.open_request(KIND, gone.pk) is not None:
        raise UnableToMerge(_("A merge of %(name)s has already been asked for.") % {"name": gone.name})
    approval = approvals.ask_by_flow(
        kind=KIND,
        subject_id=kept.pk,
        account_id=kept.pk,
        title=_("%(gone)s → %(kept)s") % {"gone": gone.name, "kept": kept.name},
        reason=reason,
        link=f"{reverse('accounts:merge', args=[kept.pk])}?with={gone.pk}",
        facts=facts,
        payload={"kept": kept.pk, "gone": gone.pk, "choices": dict(choices), "share": share_with_other_owner},
        by=by,
        now=now,
    )
    if approval is None:
        return merge_accounts(
            kept=kept, gone=gone, choices=choices, by=by, now=now, share_with_other_owner=share_with_other_owner,
            expected_versions=expected_versions,
        )  # fmt: skip
    if approval.state == Approval.State.GRANTED:
        return Merge.objects.filter(kept=kept, gone=gone).order_by("-pk")[:1].get()
    return approval


def merge_flow_facts(by: Scope, kept: Account, gone: Account) -> Facts:
    """The owner the flow looks at is the one whom the caller does not lead."""
    other = next((one for one in (gone, kept) if one.owner_id is not None and one.owner_id not in by.user_ids), gone)
    kind = LEADS_BOTH if access.leads_both(by, kept, gone) else OTHER_OWNER
    return flow_facts(other, asker_id=by.me, type_code=kind)


def asks_first(by: Scope, kept: Account, gone: Account) -> bool:
    """Whether somebody has to agree before the caller merges these two."""
    _flow, planned = plan_for(KIND, merge_flow_facts(by, kept, gone))
    return any(not voice.automatic for step in planned for voice in step.voices)


def finish_merge(*, event: ApprovalGranted, now: datetime) -> None:
    """The merge was granted: it is done as it was asked for. Wired to ApprovalGranted."""
    if event.kind != KIND:
        return
    payload = Approval.objects.get(pk=event.approval_id).payload
    rows = Account.objects.in_bulk([payload["kept"], payload["gone"]])
    if len(rows) != 2:
        raise UnableToMerge(_("One of the two accounts is gone."))
    try:
        merge_accounts(
            kept=rows[payload["kept"]], gone=rows[payload["gone"]], choices=payload["choices"], now=now,
            by=approval_queries.agreed_by(event.decided_by_id), share_with_other_owner=payload["share"],
        )  # fmt: skip
    except NotAllowed as refused:  # archived or merged meanwhile: nobody lacks a right, it cannot be done any more
        raise UnableToMerge(refused.message) from refused
