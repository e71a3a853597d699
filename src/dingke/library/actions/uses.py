"""What was used where and what came of it. Called by the domains above when an entry is used on a deal, an objection, a visit."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from dingke.accounts.models import Account
from dingke.core import access, audit, bus
from dingke.core.errors import Invalid, NotAllowed
from dingke.core.scope import Scope
from dingke.library.events import EntryUsed
from dingke.library.models import Entry, EntryUse


@transaction.atomic
def note_use(
    *, entry: Entry, by: Scope, now: datetime, subject: str = "", subject_id: int | None = None, subject_label: str = "",
    account: Account | None = None,
) -> EntryUse:  # fmt: skip
    """Writes down that the entry was used. Used again on the same thing without an outcome yet, it stays one use."""
    access.needs(by, "library.see").enforce()
    if entry.state != Entry.State.PUBLISHED:
        raise Invalid(_("Only what is published can be used. Publish it first."))
    if subject and subject_id is not None:
        same = EntryUse.objects.filter(entry=entry, subject=subject, subject_id=subject_id, used_by_id=by.user_id, outcome="").first()
        if same is not None:
            return same
    use = EntryUse.objects.create(
        entry=entry, entry_number=entry.number, account=account, subject=subject, subject_id=subject_id, subject_label=subject_label[:200],
        used_by_id=by.user_id, used_by_name=by.name, used_at=now,
    )  # fmt: skip
    recount(entry.pk)
    audit.record(target=entry, action="library.use", by=by, now=now, account_id=account.pk if account else None, summary=entry.title_zh)
    bus.publish(EntryUsed(entry_id=entry.pk, use_id=use.pk, account_id=account.pk if account else None), now=now)
    return use


@transaction.atomic
def note_outcome(*, use: EntryUse, outcome: str, by: Scope, now: datetime, note: str = "") -> EntryUse:
    """Says what came of a use; by whoever used it or leads that person. An empty outcome takes it back."""
    access.needs(by, "library.see").enforce()
    if not (by.can("*") or use.used_by_id in by.user_ids or by.user_id == use.used_by_id):
        raise NotAllowed(_("Whoever used it says what came of it."))
    if outcome and outcome not in EntryUse.Outcome.values:
        raise Invalid(_("Choose what came of it."))
    fresh = EntryUse.objects.select_for_update(of=("self",)).get(pk=use.pk)
    before = fresh.outcome
    fresh.outcome, fresh.outcome_note, fresh.outcome_at = outcome, note.strip()[:300], now if outcome else None
    fresh.save(update_fields=["outcome", "outcome_note", "outcome_at"])
    recount(fresh.entry_id)
    audit.record(
        target=fresh.entry, action="library.outcome", by=by, now=now, account_id=fresh.account_id, changes={"outcome": [before, outcome]}
    )
    return fresh


def recount(entry_id: int) -> None:
    """Sets the counters of an entry from its uses. What worked in part counts as known, not as worked."""
    figures = EntryUse.objects.filter(entry_id=entry_id).order_by().aggregate(
        uses=Count("pk"), known=Count("pk", filter=~Q(outcome="")), worked=Count("pk", filter=Q(outcome=EntryUse.Outcome.WORKED))
    )  # fmt: skip
    Entry.objects.filter(pk=entry_id).update(use_count=figures["uses"], known_count=figures["known"], worked_count=figures["worked"])
