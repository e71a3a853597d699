"""Rivals at an account (C-02): added with a name that may be new, corrected, put away; every state has its day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.models import Account, AccountCompetitor, Competitor
from dingke.core import audit
from dingke.core.errors import Invalid
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope

FACTS = [
    "product_use", "satisfaction", "representative", "selling_style", "relation", "price_note", "recognition", "noted_date", "source",
]  # fmt: skip


def competitor_named(name: str) -> Competitor:
    """The rival of this name from the one list of the company, whatever its capitals; a new name joins the list."""
    name = " ".join(name.split())[:120]
    if not name:
        raise Invalid(_("Name the competitor."), fields={"competitor_name": _("Name the competitor.")})
    known = Competitor.objects.filter(name__iexact=name).order_by("pk").first()
    return known or Competitor.objects.create(name=name)


@transaction.atomic
def add_competitor(*, account: Account, competitor_name: str, values: Mapping[str, Any], by: Scope, now: datetime) -> AccountCompetitor:
    """Writes down a rival at the account as of a day; an earlier state of the same rival stays as history."""
    access.can_edit(by, account).enforce()
    rival = AccountCompetitor(account=account, competitor=competitor_named(competitor_name), noted_date=timezone.localdate(now))
    _apply(rival, values, today=timezone.localdate(now))
    rival.save()
    audit.record(target=rival, action="accounts.add_competitor", by=by, now=now, account_id=account.pk, summary=rival.competitor.name)
    return rival


@transaction.atomic
def edit_competitor(
    *, rival: AccountCompetitor, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> AccountCompetitor:
    """Corrects what is known of a rival. A stale save is refused with both versions."""
    access.can_edit(by, rival.account).enforce()
    fresh = locked(rival, expected_version=expected_version, yours=values)
    before = snapshot_of(fresh, FACTS)
    _apply(fresh, values, today=timezone.localdate(now))
    audit.save_with_audit(
        target=fresh, fields=FACTS, action="accounts.edit_competitor", by=by, now=now, before=before, account_id=fresh.account_id
    )
    return fresh


@transaction.atomic
def archive_competitor(*, rival: AccountCompetitor, by: Scope, now: datetime) -> AccountCompetitor:
    """Takes a rival out of the account; it can be restored."""
    return _set_archived(rival, now, action="accounts.archive_competitor", by=by, now=now)


@transaction.atomic
def restore_competitor(*, rival: AccountCompetitor, by: Scope, now: datetime) -> AccountCompetitor:
    return _set_archived(rival, None, action="accounts.restore_competitor", by=by, now=now)


def _apply(rival: AccountCompetitor, values: Mapping[str, Any], *, today: date) -> None:
    unknown = set(values) - set(FACTS)
    if unknown:
        raise Invalid(_("Unknown fields: %(names)s") % {"names": ", ".join(sorted(unknown))})
    for field, value in values.items():
        setattr(rival, field, value.strip() if isinstance(value, str) else value)
    problems: dict[str, str] = {}
    if rival.satisfaction is not None and not 1 <= rival.satisfaction <= 5:
        problems["satisfaction"] = _("Satisfaction goes from 1 to 5.")
    if rival.noted_date > today:
        problems["noted_date"] = _("The day lies in the future.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)


def _set_archived(rival: AccountCompetitor, value: datetime | None, *, action: str, by: Scope, now: datetime) -> AccountCompetitor:
    access.can_edit(by, rival.account).enforce()
    if (rival.archived_at is None) == (value is None):
        return rival
    fresh = locked(rival, expected_version=None, yours={})
    fresh.archived_at = value
    fresh.save()
    audit.record(target=fresh, action=action, by=by, now=now, account_id=fresh.account_id, summary=fresh.competitor.name)
    return fresh
