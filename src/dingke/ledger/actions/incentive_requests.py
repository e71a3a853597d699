"""Giving an incentive under guard 1 of A-08: what the last one returned is judged first; below the line somebody has to agree.

The guard itself belongs to `insights`, which stands higher: it is installed from config/wiring.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from dingke.accounts.models import Account
from dingke.accounts.queries.approving import flow_facts
from dingke.approvals import actions as approvals
from dingke.approvals.events import ApprovalGranted
from dingke.approvals.models import Approval
from dingke.approvals.queries import agreed_by
from dingke.core.reasons import Reason
from dingke.core.scope import Scope
from dingke.ledger import access
from dingke.ledger.actions.incentives import FACTS, checked_incentive, create_incentive
from dingke.ledger.models import Incentive
from dingke.ledger.queries.account_money import GivenIncentive, last_return

KIND = "ledger.incentive"


@dataclass(frozen=True, slots=True)
class Finding:
    """What the guard says of the last incentive of an account."""

    is_breach: bool
    sentence: Reason
    figure: Decimal | None


Judge = Callable[[GivenIncentive], Finding]
_judges: list[Judge] = []


def install_judge(judge: Judge) -> None:
    """Takes over who judges; without one nothing is asked."""
    _judges[:] = [judge]


def guard_finding(account: Account, *, today: date) -> Finding | None:
    """What the guard says before another incentive is given; None when none was given yet or nobody judges."""
    last = last_return(Scope.system(), account, today)
    return _judges[0](last) if last is not None and _judges else None


@transaction.atomic
def give_incentive(*, account: Account, values: Mapping[str, Any], by: Scope, now: datetime) -> Incentive | Approval:
    """Records the incentive, or asks first where the last one returned less than the line: with its figures, by the flow of
    incentives. Gives the incentive when it is recorded, else the request.
    """
    access.can_edit(by, account).enforce()
    incentive = checked_incentive(account, values)
    finding = guard_finding(account, today=timezone.localdate(now))
    if finding is None or not finding.is_breach:
        return create_incentive(account=account, values=values, by=by, now=now)
    approval = approvals.ask_by_flow(
        kind=KIND,
        subject_id=account.pk,
        account_id=account.pk,
        title=account.name,
        reason=incentive.reason,
        link=reverse("workspace:account", args=[account.pk]) + "?tab=money",
        facts=flow_facts(account, asker_id=by.me, type_code=incentive.kind, amount=incentive.amount),
        payload={"values": {name: _plain(getattr(incentive, name)) for name in FACTS}, "sentence": finding.sentence.as_json()},
        by=by,
        now=now,
    )
    if approval is None:  # by the flow nobody has to be asked
        return create_incentive(account=account, values=values, by=by, now=now)
    if approval.state == Approval.State.GRANTED:
        return Incentive.objects.filter(account=account).order_by("-pk")[:1].get()
    return approval


def finish_incentive(*, event: ApprovalGranted, now: datetime) -> None:
    """It was agreed to: the incentive is recorded as it was asked for. Wired to ApprovalGranted."""
    if event.kind != KIND:
        return
    approval = Approval.objects.get(pk=event.approval_id)
    account = Account.objects.get(pk=event.subject_id)
    create_incentive(account=account, values=typed(approval.payload["values"]), by=agreed_by(event.decided_by_id), now=now)


def typed(stored: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an incentive from what a request keeps."""
    days = {name: date.fromisoformat(stored[name]) for name in ("start_date", "end_date")}
    return {**stored, **days, "amount": Decimal(stored["amount"])}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else str(value)
