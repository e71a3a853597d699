"""Proposed lifecycle stages (D-01): saying no to one until the figures change, taking the no back; the guides of the stages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.calc.lifecycle import GuideEdits, LifecycleStage
from dingke.accounts.calc.size_tier import SizeTier
from dingke.accounts.models import Account, StageDismissal, Standing
from dingke.accounts.queries import stages as reads
from dingke.core import audit, rules
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.scope import Scope


class UnableToDismissStage(Refusal):
    """There is no proposal to say no to, or no dismissal to take back."""


@transaction.atomic
def dismiss_stage(*, account: Account, reason: str, by: Scope, now: datetime) -> StageDismissal:
    """Says no to the proposed stage, with the reason; it is not proposed again until the figures change."""
    access.can_edit(by, account).enforce()
    standing = Standing.objects.select_for_update().filter(account=account).exclude(proposed_stage="").first()
    if standing is None or standing.proposed_stage == account.lifecycle_stage:
        raise UnableToDismissStage(_("No stage is proposed for this account."))
    if not reason.strip():
        raise Invalid(_("Say why the stage does not fit."), fields={"reason": _("Say why the stage does not fit.")})
    told = reads.stored_reasons(standing)
    before = standing.revenue_before
    StageDismissal.objects.filter(account=account, ended_at__isnull=True).update(ended_at=now)
    row = StageDismissal.objects.create(
        account=account,
        stage=standing.proposed_stage,
        reason=reason.strip()[:300],
        change=(standing.revenue - before) / before if before > 0 else None,
        last_order_date=standing.last_order_date if any(one.get("code") == "NO_ORDER_FOR_CYCLES" for one in told) else None,
        reasons=told,
        by_name=by.name,
        at=now,
    )
    Standing.objects.filter(pk=standing.pk).update(proposed_stage="")
    changes = {"proposed_stage": [row.stage, None], "reason": [None, row.reason]}
    audit.record(target=row, action="accounts.dismiss_stage", by=by, now=now, changes=changes, account_id=account.pk)
    return row


@transaction.atomic
def resume_stage(*, account: Account, by: Scope, now: datetime) -> str:
    """Takes a no back: the stage is proposed again. Returns the stage."""
    access.can_edit(by, account).enforce()
    row = StageDismissal.objects.select_for_update().filter(account=account, ended_at__isnull=True).first()
    if row is None:
        raise UnableToDismissStage(_("Nothing was dismissed here, or the figures have changed since."))
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    if row.stage != account.lifecycle_stage:
        Standing.objects.filter(account=account).update(proposed_stage=row.stage)
    audit.record(
        target=row, action="accounts.resume_stage", by=by, now=now, changes={"proposed_stage": [None, row.stage]}, account_id=account.pk
    )
    return row.stage


def settle_dismissals(*, now: datetime) -> int:
    """After a run: a no whose account is proposed a stage again, or stands in that stage by now, is over. Returns how many."""
    number = 0
    for row in StageDismissal.objects.filter(ended_at__isnull=True).select_related("account", "account__standing").order_by("pk"):
        standing = getattr(row.account, "standing", None)
        if row.account.lifecycle_stage == row.stage or (standing is not None and standing.proposed_stage):
            number += StageDismissal.objects.filter(pk=row.pk).update(ended_at=now)
    return number


def save_stage_guide(
    *, stage: str, strategy: tuple[str, str], actions: list[tuple[str, str, int]], makes_todos: bool, by: Scope, now: datetime
) -> GuideEdits:
    """Keeps a company's own strategy and standard actions of a stage, as a new version. Texts as (English, Chinese)."""
    kept: Mapping[str, Any] = reads.guide_edits().edited
    edit = {"strategy": list(strategy), "actions": [list(one) for one in actions], "makes_todos": makes_todos}
    values = {"edited": {**kept, LifecycleStage(stage).value: edit}}
    return rules.store(key=reads.GUIDES, kind=GuideEdits, values=values, by=by, now=now)


@transaction.atomic
def set_size_tier(*, account: Account, tier: str, by: Scope, now: datetime) -> Account:
    """Sets the size tier of an account (C-15) by hand; "": as the figures propose."""
    access.can_edit(by, account).enforce()
    if tier and tier not in set(SizeTier):
        raise Invalid(_("Choose a tier."), fields={"tier": _("Choose a tier.")})
    if account.size_tier == tier:
        return account
    fresh = locked(account, expected_version=None, yours={"size_tier": tier})
    before, fresh.size_tier = fresh.size_tier, tier
    fresh.save()
    changes = {"size_tier": [before or None, tier or None]}
    audit.record(target=fresh, action="accounts.size_tier", by=by, now=now, changes=changes, account_id=fresh.pk)
    return fresh
