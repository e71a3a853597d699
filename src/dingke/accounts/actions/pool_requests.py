"""Exceptions to the rules of the public pool: a claim beyond the limits, an account that stays; asked with a reason, done when granted."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.actions.account import change_owner
from dingke.accounts.actions.pool import ClaimBeyondLimits, UnableToClaim, claim_account, settle_notice
from dingke.accounts.calc import pool
from dingke.accounts.models import Account, OwnershipChange
from dingke.accounts.queries import pool as pool_queries
from dingke.accounts.queries.approving import flow_facts
from dingke.approvals import actions as approvals
from dingke.approvals.events import ApprovalGranted
from dingke.approvals.models import Approval
from dingke.approvals.queries import agreed_by
from dingke.core import audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.scope import Scope
from dingke.people import queries as people
from dingke.people.models import User

CLAIM = "accounts.pool_claim"
KEEP = "accounts.pool_keep"
LONGEST_DAYS = 365


class UnableToKeep(Refusal):
    """The account cannot stay by exception."""


@transaction.atomic
def request_claim(*, account: Account, reason: str, by: Scope, now: datetime) -> Account | Approval:
    """Claims the account at once where the limits allow it, else asks those whom the flow names, with the reason. Gives the account
    when it is the caller's now, else the request.
    """
    try:
        with transaction.atomic():
            return claim_account(account=account, by=by, now=now)
    except ClaimBeyondLimits:
        pass
    text = _said(reason)
    fresh = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
    access.can_claim(by, fresh).enforce()
    today = timezone.localdate(now)
    verdict = pool.can_claim(pool_queries.claim_facts(by.me, today=today, account=fresh), pool_queries.pool_rules(), today=today)
    approval = approvals.ask_by_flow(
        kind=CLAIM,
        subject_id=fresh.pk,
        account_id=fresh.pk,
        title=fresh.name,
        reason=text,
        link=reverse("workspace:account", args=[fresh.pk]),
        facts=flow_facts(fresh, asker_id=by.me, owner_id=by.me),
        payload={"claimant": by.me, "reasons": [one.as_json() for one in verdict.reasons]},
        by=by,
        now=now,
    )
    if approval is None:  # by the flow nobody has to be asked
        claimant = User.objects.get(pk=by.me)
        return change_owner(account=fresh, to=claimant, kind=OwnershipChange.Kind.CLAIMED, by=by, now=now, reason=text)
    if approval.state == Approval.State.GRANTED:
        return Account.objects.get(pk=account.pk)
    return approval


@transaction.atomic
def request_keep(*, account: Account, until: date, reason: str, by: Scope, now: datetime) -> Account | Approval:
    """Asks that the account stays with its owner until a day, whatever the rules of the pool say. Gives the account when it stays
    already, else the request.
    """
    fresh = Account.objects.select_for_update(of=("self",)).select_related("region").get(pk=account.pk)
    access.can_ask_to_keep(by, fresh).enforce()
    today = timezone.localdate(now)
    if until <= today:
        message = _("Choose a day to come.")
        raise Invalid(message, fields={"until": message})
    if until > today + timedelta(days=LONGEST_DAYS):
        message = _("An exception lasts a year at most.")
        raise Invalid(message, fields={"until": message})
    text = _said(reason)
    decision = pool.recycle_decision(pool_queries.holding_facts(fresh), pool_queries.pool_rules(), today=today)
    approval = approvals.ask_by_flow(
        kind=KEEP,
        subject_id=fresh.pk,
        account_id=fresh.pk,
        title=fresh.name,
        reason=text,
        link=reverse("workspace:account", args=[fresh.pk]),
        facts=flow_facts(fresh, asker_id=by.me),
        payload={"until": until.isoformat(), "reasons": [decision.reason.as_json()]},
        by=by,
        now=now,
    )
    if approval is None:
        _keep(fresh, until, by=by, now=now, reason=text)
    elif approval.state != Approval.State.GRANTED:
        return approval
    return Account.objects.get(pk=account.pk)


def finish_claim(*, event: ApprovalGranted, now: datetime) -> None:
    """The exception was granted: the account is the claimant's. Wired to ApprovalGranted."""
    if event.kind != CLAIM:
        return
    approval = Approval.objects.get(pk=event.approval_id)
    account = Account.objects.select_for_update(of=("self",)).select_related("owner").get(pk=event.subject_id)
    claimant = people.user_by_id(int(approval.payload["claimant"]))
    if claimant is None or not claimant.is_active:
        raise UnableToClaim(_("Whoever asked for it no longer works here."))
    if account.pool_at is None or account.archived_at is not None:
        raise UnableToClaim(_("This account is not in the public pool any more. Reject the request, or wait until it is taken back."))
    kind = OwnershipChange.Kind.CLAIMED
    change_owner(account=account, to=claimant, kind=kind, by=agreed_by(event.decided_by_id), now=now, reason=approval.reason[:300])


def finish_keep(*, event: ApprovalGranted, now: datetime) -> None:
    """The exception was granted: the account stays until the day. Wired to ApprovalGranted."""
    if event.kind != KEEP:
        return
    approval = Approval.objects.get(pk=event.approval_id)
    account = Account.objects.select_for_update(of=("self",)).get(pk=event.subject_id)
    if account.owner_id is None or account.archived_at is not None:
        raise UnableToKeep(_("This account has no owner any more. Reject the request, or wait until it is taken back."))
    until = date.fromisoformat(approval.payload["until"])
    _keep(account, until, by=agreed_by(event.decided_by_id), now=now, reason=approval.reason)


def _keep(account: Account, until: date, *, by: Scope, now: datetime, reason: str) -> None:
    before = account.kept_until.isoformat() if account.kept_until else None
    settle_notice(account, now=now, done=True)
    Account.objects.filter(pk=account.pk).update(kept_until=until, recycle_notice_at=None)
    changes = {"kept_until": [before, until.isoformat()]}
    audit.record(target=account, action="accounts.keep", by=by, now=now, changes=changes, account_id=account.pk, summary=reason)


def _said(reason: str) -> str:
    text = " ".join(reason.split())
    if not text:
        message = _("Say why: whoever decides starts from this.")
        raise Invalid(message, fields={"reason": message})
    return text
