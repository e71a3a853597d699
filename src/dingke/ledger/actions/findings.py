"""How the customer pays its other suppliers 供应商付款情况: what we were told, by whom, when (B-07)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.models import Account
from dingke.core import audit
from dingke.core.errors import Invalid
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.ledger import access
from dingke.ledger.models import PaymentFinding

FACTS = ["supplier", "finding", "is_bad", "source", "as_of_date"]


def _apply(finding: PaymentFinding, values: Mapping[str, Any], *, now: datetime) -> None:
    unknown = set(values) - set(FACTS)
    if unknown:
        raise Invalid(_("Unknown fields: %(names)s") % {"names": ", ".join(sorted(unknown))})
    for field, value in values.items():
        setattr(finding, field, value.strip() if isinstance(value, str) else value)
    problems: dict[str, str] = {}
    if not finding.supplier:
        problems["supplier"] = _("Which supplier does it pay this way?")
    if not finding.finding:
        problems["finding"] = _("Write down how the customer pays there.")
    if not finding.source:
        problems["source"] = _("A finding needs its source: who said so?")
    if finding.as_of_date is None or finding.as_of_date > timezone.localtime(now).date():
        problems["as_of_date"] = _("Since when do we know? Not later than today.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)


@transaction.atomic
def record_finding(*, account: Account, values: Mapping[str, Any], by: Scope, now: datetime) -> PaymentFinding:
    """Records a finding with its source. A bad one is a red flag of the qualification."""
    access.can_record_finding(by, account).enforce()
    finding = PaymentFinding(account=account)
    _apply(finding, values, now=now)
    finding.save()
    changes = {key: [None, value] for key, value in snapshot_of(finding, FACTS).items()}
    audit.record(
        target=finding,
        action="ledger.record_finding",
        by=by,
        now=now,
        account_id=account.pk,
        changes=changes,
        summary=finding.supplier,
    )
    return finding


@transaction.atomic
def edit_finding(
    *, finding: PaymentFinding, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> PaymentFinding:
    access.can_record_finding(by, finding.account).enforce()
    fresh = locked(finding, expected_version=expected_version, yours=values)
    before = snapshot_of(fresh, FACTS)
    _apply(fresh, values, now=now)
    audit.save_with_audit(
        target=fresh,
        fields=FACTS,
        action="ledger.edit_finding",
        by=by,
        now=now,
        before=before,
        account_id=fresh.account_id,
    )
    return fresh


@transaction.atomic
def archive_finding(*, finding: PaymentFinding, by: Scope, now: datetime) -> PaymentFinding:
    """Takes out what turned out to be wrong."""
    return _set_archived(finding, now, action="ledger.archive_finding", by=by, now=now)


@transaction.atomic
def restore_finding(*, finding: PaymentFinding, by: Scope, now: datetime) -> PaymentFinding:
    return _set_archived(finding, None, action="ledger.restore_finding", by=by, now=now)


def _set_archived(finding: PaymentFinding, moment: datetime | None, *, action: str, by: Scope, now: datetime) -> PaymentFinding:
    access.can_record_finding(by, finding.account).enforce()
    fresh = locked(finding, expected_version=None, yours={})
    if (fresh.archived_at is None) != (moment is None):
        fresh.archived_at = moment
        fresh.save()
        audit.record(target=fresh, action=action, by=by, now=now, account_id=fresh.account_id, summary=fresh.supplier)
    return fresh
