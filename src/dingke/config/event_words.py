"""What people call the events of the product: the catalogue from which webhooks choose.

An event without a line here is listed by its name; the catalogue itself is made from the event table of config/wiring.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dingke.core.events import Event
from dingke.notices.calc import is_id_field
from dingke.notices.queries.webhooks import KnownEvent

Words = str | Promise

GROUPS: dict[str, Words] = {
    "accounts": _("Accounts"),
    "stakeholders": _("People at customers"),
    "pipeline": _("Opportunities"),
    "qualification": _("Qualification of deals"),
    "ledger": _("Orders and money"),
    "insights": _("Value and warnings"),
    "approvals": _("Approvals"),
    "library": _("Library"),
    "people": _("People and teams"),
    "core": _("Data and long work"),
}
WORDS: dict[str, Words] = {
    "AccountCreated": _("An account was created"),
    "AccountEdited": _("An account was changed"),
    "AccountArchived": _("An account was archived"),
    "AccountRestored": _("An account was brought back"),
    "OwnerChanged": _("An account has another owner"),
    "AccountShared": _("An account was shared"),
    "RecycleNoticed": _("An account is about to return to the pool"),
    "StageChanged": _("An account changed its stage"),
    "KeyAccountMarked": _("An account became a key account"),
    "KeyAccountMarkEnded": _("A key account mark ended"),
    "AccountsMerged": _("Two accounts were merged"),
    "MergeUndone": _("A merge was undone"),
    "ApprovalAsked": _("An approval was asked for"),
    "ApprovalDecided": _("Somebody decided on a request"),
    "ApprovalGranted": _("A request was agreed to"),
    "ApprovalRejected": _("A request was rejected"),
    "ApprovalSentBack": _("A request was sent back"),
    "ApprovalResubmitted": _("A request was asked again"),
    "ApprovalWithdrawn": _("A request was withdrawn"),
    "ApproverAdded": _("An approver was added"),
    "ApprovalHandedOn": _("A request was handed on"),
    "ApprovalCopied": _("A request was copied to somebody"),
    "ApprovalCommented": _("Somebody commented on a request"),
    "ApprovalReminded": _("Somebody was reminded of a request"),
    "ApprovalEscalated": _("A request was escalated"),
    "DelegationStarted": _("A delegation of approvals began"),
    "DelegationEnded": _("A delegation of approvals ended"),
    "FlowPublished": _("An approval flow was published"),
    "OrderRecorded": _("An order was recorded"),
    "PaymentReceived": _("A payment was received"),
    "ReceivableDisputed": _("A receivable is disputed"),
    "JobEnded": _("Long work ended"),
    "AccountAssessed": _("An account was assessed"),
    "TerritoryChanged": _("A territory was changed"),
    "OpportunityCreated": _("A deal was created"),
    "OpportunityEdited": _("A deal was changed"),
    "OpportunityMoved": _("A deal changed its stage"),
    "OpportunityGiven": _("A deal has another owner"),
    "OpportunityWon": _("A deal is won"),
    "OpportunityLost": _("A deal is lost"),
    "OpportunityDropped": _("A deal was dropped"),
    "OpportunityReopened": _("A deal was reopened"),
    "PlaybookPublished": _("A playbook was published"),
    "ProspectAdmitted": _("A prospect was admitted"),
    "EntryPublished": _("A library entry was published"),
    "EntryUsed": _("A library entry was used"),
    "AttitudeChanged": _("The attitude of a person at a customer changed"),
    "KeyPersonMarked": _("A key person at a customer was marked"),
}


def catalogue(events: Iterable[type[Event]]) -> list[KnownEvent]:
    """One line for each event, by group in the order above."""
    found = [_known(event) for event in events]
    order = list(GROUPS)
    return sorted(found, key=lambda known: order.index(known.domain) if known.domain in order else len(order))


def _known(event: type[Event]) -> KnownEvent:
    name, domain = event.__name__, event.__module__.split(".")[1]
    return KnownEvent(
        name=name,
        domain=domain,
        group=GROUPS.get(domain, domain),
        label=WORDS.get(name) or re.sub(r"(?<!^)(?=[A-Z])", " ", name).capitalize(),
        ids=tuple(field.name for field in fields(event) if is_id_field(field.name)),
    )
