"""Delegating decisions for the days somebody is away, and ending it early."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.approvals import access
from dingke.approvals.events import DelegationEnded, DelegationStarted
from dingke.approvals.models import Delegation
from dingke.approvals.queries import kinds
from dingke.core import audit, bus
from dingke.core.errors import Invalid, Refusal
from dingke.core.scope import Scope
from dingke.people.models import User

LONGEST = timedelta(days=366)


class UnableToDelegate(Refusal):
    """The decisions cannot be delegated so."""


@transaction.atomic
def delegate(
    *,
    giver: User,
    taker: User,
    start_date: date,
    end_date: date,
    by: Scope,
    now: datetime,
    kind_codes: Iterable[str] = (),
    reason: str = "",
) -> Delegation:
    """Lets `taker` decide for `giver` from one day to another; the giver may still decide. Nothing that waits is moved."""
    access.can_delegate(by, giver.pk).enforce()
    wrong: dict[str, str] = {}
    if giver.pk == taker.pk:
        wrong["taker"] = _("Choose a colleague.")
    if not taker.is_active:
        wrong["taker"] = _("%(name)s no longer works here.") % {"name": taker}
    if end_date < start_date:
        wrong["end_date"] = _("The last day comes after the first.")
    elif end_date < timezone.localdate(now):
        wrong["end_date"] = _("These days are over.")
    elif end_date - start_date > LONGEST:
        wrong["end_date"] = _("A delegation lasts a year at most.")
    if wrong:
        raise Invalid(next(iter(wrong.values())), fields=wrong)
    chosen = sorted(set(kind_codes) & set(kinds.kinds()))
    _refuse_overlap(giver, start_date, end_date, chosen)
    row = Delegation.objects.create(
        giver=giver, taker=taker, start_date=start_date, end_date=end_date, kinds=chosen, reason=reason.strip()[:200],
        created_by_name=by.name, created_at=now,
    )  # fmt: skip
    changes = {"days": [None, f"{start_date} – {end_date}"], "taker": [None, str(taker)], "kinds": [None, chosen]}
    audit.record(target=row, action="approvals.delegate", by=by, now=now, changes=changes, summary=f"{giver} → {taker}")
    bus.publish(DelegationStarted(delegation_id=row.pk, giver_id=giver.pk, taker_id=taker.pk), now=now)
    return row


@transaction.atomic
def end_delegation(*, delegation: Delegation, by: Scope, now: datetime) -> Delegation:
    """Ends it at once. What was decided by it stays decided."""
    fresh = Delegation.objects.select_for_update(of=("self",)).get(pk=delegation.pk)
    access.can_end_delegation(by, fresh).enforce()
    if fresh.ended_at is None:
        fresh.ended_at = now
        fresh.save(update_fields=["ended_at"])
        audit.record(target=fresh, action="approvals.end_delegation", by=by, now=now, summary=f"{delegation.giver} → {delegation.taker}")
        bus.publish(DelegationEnded(delegation_id=fresh.pk, giver_id=fresh.giver_id, taker_id=fresh.taker_id), now=now)
    return fresh


def _refuse_overlap(giver: User, start_date: date, end_date: date, chosen: list[str]) -> None:
    """One person decides for another at a time, kind by kind."""
    rows = Delegation.objects.filter(giver=giver, ended_at__isnull=True, start_date__lte=end_date, end_date__gte=start_date)
    for row in rows.select_related("taker").order_by("pk"):
        if not chosen or not row.kinds or set(chosen) & set(row.kinds):
            message = _("%(name)s decides for these days already. End that first.") % {"name": row.taker}
            raise UnableToDelegate(message)
