"""What people add to the figures: decisions on guards (A-08), confirmed faces (A-10), value cards (A-13)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.actions import standings as account_standings
from dingke.accounts.models import Account, FaceMark
from dingke.core import audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.insights import access, queries
from dingke.insights.calc.guards import Guard
from dingke.insights.models import GuardDecision, ValueCard
from dingke.people.models import User

VALUE_FIELDS = ["total_value", "total_cost", "expected_purchases", "average_purchase", "note"]


class UnableToDecide(Refusal):
    """The decision on a guard cannot be taken."""


@transaction.atomic
def decide_guard(
    *, guard: str, decision: str, owner: User, by: Scope, now: datetime, account: Account | None = None, review_date: date | None = None
) -> GuardDecision:
    """Logs what was decided on a guard, who owns it, and until when; the guard itself keeps its level."""
    access.can_decide(by).enforce()
    if guard not in set(Guard):
        raise UnableToDecide(_("There is no such guard."))
    if not decision.strip():
        raise Invalid(_("Write down what was decided and why."), fields={"decision": _("Write down what was decided and why.")})
    if not owner.is_active:
        raise UnableToDecide(_("The owner of the decision has left. Choose a colleague who is here."))
    if review_date is not None and review_date <= timezone.localdate(now):
        raise Invalid(_("The day of review lies in the future."), fields={"review_date": _("The day of review lies in the future.")})
    row = GuardDecision.objects.create(
        guard=guard, account=account, owner=owner, decision=decision.strip(), review_date=review_date, decided_by_name=by.name, at=now
    )
    changes = snapshot_of(row, ["guard", "owner", "decision", "review_date"])
    audit.record(
        target=row,
        action="insights.decide",
        by=by,
        now=now,
        account_id=account.pk if account else None,
        summary=guard,
        changes={key: [None, value] for key, value in changes.items()},
    )
    return row


@transaction.atomic
def confirm_face(*, account: Account, face: str, extra_step: str, note: str = "", by: Scope, now: datetime) -> FaceMark:
    """Confirms a face beside what the figures propose."""
    access.can_confirm_face(by, account).enforce()
    proposed = queries.proposed_face(account.pk)
    return account_standings.confirm_face(account=account, face=face, extra_step=extra_step, note=note, proposed=proposed, by=by, now=now)


@transaction.atomic
def save_value_card(
    *, account: Account, values: Mapping[str, Decimal | str | None], by: Scope, now: datetime, expected_version: int | None = None
) -> ValueCard:
    """Keeps the inputs of the value card with their note. Raises `StaleRecord` when somebody saved in between."""
    access.can_edit_value(by, account).enforce()
    for name in VALUE_FIELDS[:-1]:
        value = values.get(name)
        if isinstance(value, Decimal) and value < 0:
            raise Invalid(_("A value card holds amounts of 0 or more."), fields={name: _("0 or more")})
    card, created = ValueCard.objects.get_or_create(account=account)
    before = snapshot_of(card, VALUE_FIELDS)
    if not created:
        card = locked(card, expected_version=expected_version, yours=dict(values))
    for name in VALUE_FIELDS:
        if name in values:
            setattr(card, name, values[name] if name != "note" else str(values[name] or "").strip())
    audit.save_with_audit(
        target=card, fields=VALUE_FIELDS, action="insights.value_card", by=by, now=now, before=before, account_id=account.pk
    )
    return card
