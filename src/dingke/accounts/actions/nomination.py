"""The key-account mark (A-01): drafting a nomination, proposing it, the decision, ending the mark. History is kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.calc import key_account
from dingke.accounts.calc import nomination as method
from dingke.accounts.calc.key_account_lists import CustomerType
from dingke.accounts.calc.nomination import Answers
from dingke.accounts.events import KeyAccountMarked, KeyAccountMarkEnded
from dingke.accounts.models import Account, Nomination
from dingke.accounts.queries.approving import flow_facts
from dingke.approvals import actions as approvals
from dingke.approvals.events import ApprovalGranted, ApprovalRejected, ApprovalResubmitted, ApprovalSentBack, ApprovalWithdrawn
from dingke.core import audit, bus
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.people import queries as people

KIND = "accounts.key_account"
MARK = ["is_key", "key_since", "customer_type"]
SAID = ["reason", "features", "tests", "criteria", "benefits", "found_by"]


class UnableToNominate(Refusal):
    """The account cannot be nominated as a key account now."""


class UnableToEndMark(Refusal):
    """The key-account mark cannot be ended."""


@transaction.atomic
def save_draft(
    *, account: Account, answers: Answers, by: Scope, now: datetime, expected_version: int | None = None, found_by: Iterable[str] = ()
) -> Nomination:
    """Keeps what was answered so far; one draft per account, shared by those who may nominate. A stale save is refused."""
    access.can_nominate(by, account).enforce()
    _refuse_when_marked_or_asked(account)
    return _kept(account=account, answers=answers, by=by, now=now, expected_version=expected_version, found_by=found_by)


@transaction.atomic
def propose_key_account(
    *, account: Account, answers: Answers, by: Scope, now: datetime, expected_version: int | None = None, found_by: Iterable[str] = ()
) -> Nomination:
    """Sends the nomination to those whom the flow of nominations names: as shipped the leaders of the owner, then the directors.
    One that was sent back goes to them again.

    Raises `Invalid` with the method's own sentences while it cannot be nominated, `UnableToNominate` when it is marked or asked
    for already, `UnableToAsk` when nobody could decide.
    """
    access.can_nominate(by, account).enforce()
    _refuse_when_marked_or_asked(account)
    found = method.verdict(answers)
    if not found.can_nominate:
        language = get_language() or "zh"
        raise Invalid(" ".join(key_account.SENTENCES.text(reason, language) for reason in found.reasons))
    row = _kept(account=account, answers=answers, by=by, now=now, expected_version=expected_version, found_by=found_by)
    returned = row.approval if row.approval is not None and row.approval.state == row.approval.State.RETURNED else None
    if returned is not None and returned.requested_by_id != by.user_id:  # somebody else nominates it now: a request of their own
        approvals.withdraw(approval=returned, by=Scope.system(), now=now)
        returned = None
    row.state, row.proposed_at, row.proposed_by_id = Nomination.State.PROPOSED, now, _person(by)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise UnableToNominate(_("This account has just been nominated by somebody else.")) from error
    audit.record(target=row, action="accounts.nominate", by=by, now=now, account_id=account.pk, summary=answers.reason)
    facts = flow_facts(account, asker_id=by.me)
    if returned is not None:
        approvals.resubmit(approval=returned, reason=answers.reason, title=account.name, facts=facts, by=by, now=now)
        return Nomination.objects.get(pk=row.pk)
    approval = approvals.ask_by_flow(
        kind=KIND,
        subject_id=row.pk,
        account_id=account.pk,
        title=account.name,
        reason=answers.reason,
        link=reverse("accounts:nomination", args=[row.pk]),
        facts=facts,
        by=by,
        now=now,
    )
    if approval is None:  # by the flow nobody has to be asked
        _approve(row, by=by, now=now)
    Nomination.objects.filter(pk=row.pk).update(approval=approval)
    return Nomination.objects.get(pk=row.pk)


@transaction.atomic
def discard_draft(*, account: Account, by: Scope, now: datetime) -> None:
    """Puts the draft of an account away; nothing else changes."""
    access.can_nominate(by, account).enforce()
    drafts = Nomination.objects.filter(account=account, state=Nomination.State.DRAFT, archived_at__isnull=True).select_related("approval")
    for row in drafts.order_by("pk"):
        if row.approval is not None and row.approval.state == row.approval.State.RETURNED:
            approvals.withdraw(approval=row.approval, by=by if row.approval.requested_by_id == by.user_id else Scope.system(), now=now)
        row.archived_at = now
        row.save(update_fields=["archived_at", "updated_at"])
        audit.record(target=row, action="accounts.discard_nomination", by=by, now=now, account_id=account.pk)


@transaction.atomic
def withdraw_nomination(*, nomination: Nomination, by: Scope, now: datetime) -> None:
    """Takes a proposed nomination back; its approval request goes with it."""
    if nomination.state != Nomination.State.PROPOSED or nomination.approval is None:
        raise UnableToNominate(_("This nomination is already decided."))
    approvals.withdraw(approval=nomination.approval, by=by, now=now)


@transaction.atomic
def end_key_account(*, account: Account, reason: str, by: Scope, now: datetime) -> Account:
    """Ends the mark with a reason; the nomination that gave it stays in the history."""
    access.can_end_mark(by, account).enforce()
    if not account.is_key:
        raise UnableToEndMark(_("This account is not marked as a key account."))
    if not reason.strip():
        raise Invalid(_("Say why the mark ends; it stays in the history."), fields={"reason": _("A reason is needed.")})
    row = Nomination.objects.filter(account=account, state=Nomination.State.APPROVED).order_by("-proposed_at", "-pk").first()
    if row is not None:
        row.state, row.ended_at, row.end_reason = Nomination.State.ENDED, now, reason.strip()[:300]
        row.save()
    ordinary = Account.CustomerType.CONSUMER if account.form == Account.Form.INDIVIDUAL else Account.CustomerType.ORGANISATION
    fresh = _marked(account, is_key=False, customer_type=ordinary, by=by, now=now, action="accounts.end_key", summary=reason.strip())
    bus.publish(KeyAccountMarkEnded(account_id=fresh.pk, nomination_id=row.pk if row else 0, by_id=by.user_id), now=now)
    return fresh


def finish_nomination(*, event: ApprovalGranted, now: datetime) -> None:
    """The request was granted: the account is a key account from today on. Wired to ApprovalGranted."""
    row = _nomination_of(event.kind, event.subject_id)
    if row is None:
        return
    decider = people.user_by_id(event.decided_by_id)
    _approve(row, by=people.scope_for(decider) if decider else Scope.system(), now=now)


def _approve(row: Nomination, *, by: Scope, now: datetime) -> None:
    row.state, row.decided_at, row.decided_by_name = Nomination.State.APPROVED, now, by.name
    row.save()
    fresh = _marked(
        row.account, is_key=True, customer_type=CustomerType.KEY.value, by=by, now=now, action="accounts.mark_key", summary=row.reason
    )
    bus.publish(KeyAccountMarked(account_id=fresh.pk, nomination_id=row.pk), now=now)


def refuse_nomination(*, event: ApprovalRejected, now: datetime) -> None:
    """The request was rejected: the nomination keeps who and why. Wired to ApprovalRejected."""
    row = _nomination_of(event.kind, event.subject_id)
    if row is None:
        return
    decider = people.user_by_id(event.decided_by_id)
    row.state, row.decided_at, row.decided_by_name, row.decision_note = Nomination.State.REJECTED, now, str(decider or ""), event.note
    row.save()


def reopen_nomination(*, event: ApprovalSentBack, now: datetime) -> None:
    """The request was sent back: the nomination is a draft again, with what is to be changed. Wired to ApprovalSentBack."""
    row = _nomination_of(event.kind, event.subject_id)
    if row is None:
        return
    row.state, row.decision_note = Nomination.State.DRAFT, event.note
    row.save()


def propose_again(*, event: ApprovalResubmitted, now: datetime) -> None:
    """The request was asked again, on its own page or from the nomination. Wired to ApprovalResubmitted."""
    if event.kind != KIND:
        return
    rows = Nomination.objects.select_for_update(of=("self",)).select_related("approval")
    row = rows.filter(approval_id=event.approval_id, state=Nomination.State.DRAFT, archived_at__isnull=True).order_by("pk").first()
    if row is None or row.approval is None:
        return
    row.state, row.reason, row.decision_note, row.proposed_at = Nomination.State.PROPOSED, row.approval.reason, "", now
    row.save()


def close_withdrawn_nomination(*, event: ApprovalWithdrawn, now: datetime) -> None:
    """The request was taken back: the nomination is closed as withdrawn. Wired to ApprovalWithdrawn."""
    row = _nomination_of(event.kind, event.subject_id)
    if row is None:
        return
    row.state, row.decided_at = Nomination.State.WITHDRAWN, now
    row.save()


def _kept(
    *, account: Account, answers: Answers, by: Scope, now: datetime, expected_version: int | None, found_by: Iterable[str]
) -> Nomination:
    values = {"reason": answers.reason.strip(), **method.stored(answers), "found_by": list(found_by)}
    draft = Nomination.objects.filter(account=account, state=Nomination.State.DRAFT, archived_at__isnull=True).order_by("-pk").first()
    if draft is None:
        draft = Nomination.objects.create(
            account=account, state=Nomination.State.DRAFT, proposed_by_id=_person(by), proposed_at=now, **values
        )
        audit.record(target=draft, action="accounts.draft_nomination", by=by, now=now, account_id=account.pk)
        return draft
    fresh = locked(draft, expected_version=expected_version, yours=values)
    before = snapshot_of(fresh, SAID)
    for field, value in values.items():
        setattr(fresh, field, value)
    fresh.proposed_by_id, fresh.proposed_at = _person(by), now
    audit.save_with_audit(
        target=fresh, fields=SAID, action="accounts.draft_nomination", by=by, now=now, before=before, account_id=account.pk
    )
    return fresh


def _person(by: Scope) -> int:
    if by.user_id is None:
        raise UnableToNominate(_("A nomination is made by a person."))
    return by.user_id


def _refuse_when_marked_or_asked(account: Account) -> None:
    if account.is_key:
        raise UnableToNominate(_("This account is a key account already."))
    if Nomination.objects.filter(account=account, state=Nomination.State.PROPOSED).exists():
        raise UnableToNominate(_("This account has been nominated and waits for approval."))


def _nomination_of(kind: str, subject_id: int) -> Nomination | None:
    if kind != KIND:
        return None
    rows = Nomination.objects.select_for_update(of=("self",)).select_related("account")
    return rows.filter(pk=subject_id, state=Nomination.State.PROPOSED).order_by("pk").first()


def _marked(account: Account, *, is_key: bool, customer_type: str, by: Scope, now: datetime, action: str, summary: str) -> Account:
    fresh = locked(account, expected_version=None, yours={})
    before = snapshot_of(fresh, MARK)
    fresh.is_key, fresh.customer_type, fresh.key_since = is_key, customer_type, timezone.localdate(now) if is_key else None
    fresh.save()
    changes = audit.changes_between(before, snapshot_of(fresh, MARK))
    audit.record(target=fresh, action=action, by=by, now=now, changes=changes, account_id=fresh.pk, summary=summary)
    return fresh
