"""The public pool 公海: claiming, releasing, and the rules that notify owners and take accounts back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.actions.account import change_owner
from dingke.accounts.calc import pool
from dingke.accounts.calc.pool import PoolRules, PoolStep, RecycleDecision
from dingke.accounts.events import RecycleNoticed
from dingke.accounts.models import Account, OwnershipChange, Todo
from dingke.accounts.queries import pool as pool_queries
from dingke.core import audit, bus, rules
from dingke.core.access import needs
from dingke.core.errors import Invalid, Refusal
from dingke.core.scope import Scope
from dingke.people.models import User

SOURCE = "pool"


class UnableToClaim(Refusal):
    """The account cannot be claimed now; the sentence says why and until when. `may_ask`: an exception can be asked for."""

    may_ask = False


class ClaimBeyondLimits(UnableToClaim):
    """A quota, a holding limit or a waiting time stands against it: those whom the flow names may grant an exception."""

    may_ask = True


class UnableToRelease(Refusal):
    """The account cannot be given back."""


@transaction.atomic
def claim_account(*, account: Account, by: Scope, now: datetime) -> Account:
    """Takes an account out of the pool for the caller, within the daily quota, the holding limit and the waiting time.

    One person's claims queue behind each other, and so do two claims of one account: the first wins, the second is refused.
    """
    needs(by, "accounts.claim").enforce()
    claimant = User.objects.select_for_update(of=("self",)).filter(pk=by.me, is_active=True).first()
    if claimant is None:
        raise UnableToClaim(_("Only a person claims accounts."))
    fresh = Account.objects.select_for_update(of=("self",)).select_related("owner").get(pk=account.pk)
    if fresh.pool_at is None and fresh.owner_id is not None and account.pool_at is not None:
        if fresh.owner_id == claimant.pk:
            raise UnableToClaim(_("This account is already yours."))
        raise UnableToClaim(_("%(name)s has just claimed this account.") % {"name": fresh.owner})
    access.can_claim(by, fresh).enforce()
    today = timezone.localdate(now)
    facts = pool_queries.claim_facts(claimant.pk, today=today, account=fresh)
    verdict = pool.can_claim(facts, pool_queries.pool_rules(), today=today)
    if not verdict.allowed:
        raise ClaimBeyondLimits(" ".join(pool_queries.reasons_against(verdict)))
    return change_owner(account=fresh, to=claimant, kind=OwnershipChange.Kind.CLAIMED, by=by, now=now)


@transaction.atomic
def release_account(*, account: Account, reason: str, by: Scope, now: datetime) -> Account:
    """Gives an account back to the pool, with the reason, which the next one reads."""
    access.can_release(by, account).enforce()
    text = " ".join(reason.split())
    if not text:
        message = _("Say why you give it back: the next colleague starts from this.")
        raise Invalid(message, fields={"reason": message})
    fresh = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
    if fresh.owner_id is None:
        raise UnableToRelease(_("This account is already in the public pool."))
    access.can_release(by, fresh).enforce()
    settle_notice(fresh, now=now, done=False)
    return change_owner(account=fresh, to=None, kind=OwnershipChange.Kind.RELEASED, by=by, now=now, reason=text)


def set_pool_rules(*, values: Mapping[str, Any], by: Scope, now: datetime) -> PoolRules:
    """Saves a new version of the rules. Raises `Invalid` when they do not fit together."""
    days = {name: values.get(name) for name in ("days_without_contact", "days_without_order")}
    notice = int(values.get("notice_days") or 0)
    too_short = _("More than the %(days)s days of notice, please.") % {"days": notice}
    wrong = {name: too_short for name, value in days.items() if value is not None and value <= notice}
    if wrong:
        raise Invalid(next(iter(wrong.values())), fields=wrong)
    return rules.store(key=pool_queries.RULES, kind=PoolRules, values=values, by=by, now=now)


# ---- the daily duty ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class PoolRun:
    """What one run did."""

    noticed: int = 0
    recycled: int = 0
    settled: int = 0  # notices that contact or an order made void

    def as_counts(self) -> dict[str, int]:
        return {"noticed": self.noticed, "recycled": self.recycled, "settled": self.settled}


def run_pool_rules(*, now: datetime) -> dict[str, int]:
    """Tells owners in time, takes back what had its full notice, and drops notices that were answered by contact or order.

    Looks only at accounts near their limit; each account is its own transaction, so that a run can stop anywhere and be run again.
    """
    in_force = pool_queries.pool_rules()
    today = timezone.localdate(now)
    run = PoolRun()
    near = pool_queries.near_their_limit(Scope.system(), in_force, today=today, within_days=in_force.notice_days)
    for batch in pool_queries.in_batches(near):
        for account in batch:
            facts = pool_queries.holding_facts(account)
            decision = pool.recycle_decision(facts, in_force, today=today)
            due = decision.step is PoolStep.RECYCLE or pool.needs_notice(facts, decision, in_force, today=today)
            if due:
                _apply_rules(account.pk, in_force, run, now=now)
    noticed = Account.objects.filter(recycle_notice_at__isnull=False, archived_at__isnull=True, owner__isnull=False)
    for batch in pool_queries.in_batches(noticed.select_related("owner", "standing").order_by("pk")):
        for account in batch:
            if pool.recycle_decision(pool_queries.holding_facts(account), in_force, today=today).step is PoolStep.KEEP:
                _apply_rules(account.pk, in_force, run, now=now)
    return run.as_counts()


@transaction.atomic
def _apply_rules(account_id: int, in_force: PoolRules, run: PoolRun, *, now: datetime) -> None:
    """Decides once more on the locked row: a call may have been logged, or the owner changed, a moment ago."""
    rows = Account.objects.select_for_update(of=("self",)).select_related("owner", "standing")
    account = rows.filter(pk=account_id, owner__isnull=False, archived_at__isnull=True).first()
    if account is None:
        return
    today = timezone.localdate(now)
    facts = pool_queries.holding_facts(account)
    decision = pool.recycle_decision(facts, in_force, today=today)
    if decision.step is PoolStep.RECYCLE and not account.is_key:
        _recycle(account, decision, now=now)
        run.recycled += 1
    elif pool.needs_notice(facts, decision, in_force, today=today) and not account.is_key:
        _notify(account, decision, now=now)
        run.noticed += 1
    elif decision.step is PoolStep.KEEP and account.recycle_notice_at is not None:
        settle_notice(account, now=now, done=True)
        Account.objects.filter(pk=account.pk).update(recycle_notice_at=None)
        run.settled += 1


def _recycle(account: Account, decision: RecycleDecision, *, now: datetime) -> None:
    reason = pool.SENTENCES.text(decision.reason, get_language() or settings.LANGUAGE_CODE)
    settle_notice(account, now=now, done=False)
    change_owner(
        account=account,
        to=None,
        kind=OwnershipChange.Kind.RECYCLED,
        by=Scope.system(),
        now=now,
        reason=reason,
        why=decision.reason.as_json(),
    )


def _notify(account: Account, decision: RecycleDecision, *, now: datetime) -> None:
    """A to-do for the owner, in the owner's language, due on the last day that still keeps the account."""
    assert account.owner is not None
    due = decision.reason.params["due"]
    with translation.override(account.owner.language or settings.LANGUAGE_CODE):
        title = _("Get in touch with %(account)s, or it goes back to the public pool") % {"account": account.shown_name}
        reason = pool.SENTENCES.text(decision.reason, get_language() or settings.LANGUAGE_CODE)
    todo = Todo.objects.filter(account=account, source=SOURCE, done_at__isnull=True, archived_at__isnull=True).order_by("-id").first()
    todo = todo or Todo(account=account, source=SOURCE)
    todo.title, todo.reason, todo.due_date, todo.assignee = title[:200], reason[:300], due, account.owner  # type: ignore[assignment]
    todo.save()
    # not an edit of the account: its version stays, so that a form that somebody has open is not made stale
    Account.objects.filter(pk=account.pk).update(recycle_notice_at=now)
    audit.record(
        target=account,
        action="accounts.recycle_notice",
        by=Scope.system(),
        now=now,
        account_id=account.pk,
        summary=reason,
    )
    bus.publish(RecycleNoticed(account_id=account.pk, owner_id=account.owner.pk, due_date=str(due)), now=now)


def settle_notice(account: Account, *, now: datetime, done: bool) -> None:
    """Ends the to-do of a notice: done when contact answered it, dropped when the account left its owner."""
    rows = Todo.objects.filter(account=account, source=SOURCE, done_at__isnull=True, archived_at__isnull=True)
    rows.update(**({"done_at": now} if done else {"archived_at": now}))
