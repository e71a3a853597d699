"""Finding accounts that are there twice in the whole company, and saying that two are not the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import combinations
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.calc.duplicates import DuplicateMatch, DuplicateRecord, DuplicateSettings, match_score
from dingke.accounts.models import Account, DuplicatePair
from dingke.accounts.queries import duplicates as duplicate_queries
from dingke.core import audit, jobs
from dingke.core.access import needs
from dingke.core.errors import Refusal
from dingke.core.models import Job
from dingke.core.scope import Scope

KIND = "find_duplicates"
BATCH = 1_000
PREFIX = 3  # names that begin alike are compared
MOST_IN_BLOCK = 60  # more accounts under one key say nothing: a switchboard, 中国…
Tell = Callable[[int, int], None]


class UnableToDismiss(Refusal):
    """The pair cannot be put aside."""


def start_search(*, by: Scope, now: datetime) -> Job:
    """Queues the search for duplicates over the whole company; one that waits or runs is enough."""
    needs(by, "accounts.merge").enforce()
    running = Job.objects.filter(kind=KIND, owner_id=by.user_id, state__in=[Job.State.WAITING, Job.State.RUNNING]).order_by("-id").first()
    return running or jobs.start(kind=KIND, params={}, by=by, now=now)


def find_duplicates(*, now: datetime, tell: Tell | None = None) -> dict[str, Any]:
    """Compares accounts that share a key (name, first characters of the name, sound, credit code, phone, website) and stores the pairs
    that reach the threshold. Dismissed pairs stay dismissed; pairs that no longer match go.
    """
    settings = duplicate_queries.duplicate_settings()
    records = _all_records(tell)
    found: dict[tuple[int, int], DuplicateMatch] = {}
    blocks, skipped = _blocks(records), 0
    seen: set[tuple[int, int]] = set()
    for number, ids in enumerate(blocks):
        if len(ids) > MOST_IN_BLOCK:
            skipped += 1
            continue
        _compare(sorted(ids), records, settings, seen, found)
        if tell and number % 2_000 == 0:
            tell(len(records) + number, len(records) + len(blocks))
    with transaction.atomic():
        _store(found, now=now)
    return {
        "accounts": len(records),
        "pairs": len(found),
        "skipped": skipped,
        "message": _found_text(len(found), len(records)),
    }


def _found_text(pairs: int, accounts: int) -> str:
    return _("%(pairs)s pairs among %(accounts)s accounts.") % {"pairs": f"{pairs:,}", "accounts": f"{accounts:,}"}


def _all_records(tell: Tell | None) -> dict[int, DuplicateRecord]:
    rows = Account.objects.filter(archived_at__isnull=True).only("pk", "name", "credit_code", "phone", "website").order_by("pk")
    total = rows.count()
    records: dict[int, DuplicateRecord] = {}
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        last = batch[-1].pk
        records |= duplicate_queries.records_of(batch)
        if tell:
            tell(len(records), 2 * total)
    return records


def _blocks(records: dict[int, DuplicateRecord]) -> list[list[int]]:
    """Accounts under one key; a key with one account needs no look."""
    under: dict[tuple[str, str], list[int]] = defaultdict(list)
    for record in records.values():
        for key in _keys(record):
            under[key].append(record.id)
    return [ids for ids in under.values() if len(ids) > 1]


def _keys(record: DuplicateRecord) -> Iterator[tuple[str, str]]:
    if record.name_key:
        yield "name", record.name_key
        if len(record.name_key) > PREFIX:
            yield "begins", record.name_key[:PREFIX]
            yield "ends", record.name_key[-PREFIX:] if len(record.name_key) <= 5 else record.name_key[2:6]
    if record.pinyin:
        yield "sound", record.pinyin
    if record.credit_code:
        yield "code", record.credit_code
    if record.domain:
        yield "website", record.domain
    for phone in record.phones:
        yield "phone", phone


def _compare(
    ids: list[int],
    records: dict[int, DuplicateRecord],
    settings: DuplicateSettings,
    seen: set[tuple[int, int]],
    found: dict[tuple[int, int], DuplicateMatch],
) -> None:
    for pair in combinations(ids, 2):
        if pair in seen:
            continue
        seen.add(pair)
        match = match_score(records[pair[0]], records[pair[1]], settings)
        if match.reasons and match.score >= settings.threshold:
            found[pair] = match


def _store(found: dict[tuple[int, int], DuplicateMatch], *, now: datetime) -> None:
    rows = [
        DuplicatePair(
            account_id=first,
            other_id=second,
            score=f"{match.score:.4f}",
            reasons=[reason.as_json() for reason in match.reasons],
            found_at=now,
        )
        for (first, second), match in found.items()
    ]
    DuplicatePair.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["account", "other"],
        update_fields=["score", "reasons", "found_at"],
    )
    DuplicatePair.objects.filter(dismissed_at__isnull=True, account__archived_at__isnull=True, other__archived_at__isnull=True).exclude(
        found_at=now
    ).delete()


@transaction.atomic
def dismiss_pair(*, pair: DuplicatePair, by: Scope, now: datetime) -> DuplicatePair:
    """Says that the two are different companies; the pair does not come back."""
    access.can_dismiss_pair(by, pair.account, pair.other).enforce()
    fresh = DuplicatePair.objects.select_for_update(of=("self",)).filter(pk=pair.pk).first()
    if fresh is None:
        raise UnableToDismiss(_("This pair is gone: one of the accounts was changed or merged meanwhile."))
    if fresh.dismissed_at is None:
        fresh.dismissed_at, fresh.dismissed_by_name = now, by.name
        fresh.save(update_fields=["dismissed_at", "dismissed_by_name"])
        summary = f"{pair.account} · {pair.other}"
        audit.record(target=fresh, action="duplicates.dismiss", by=by, now=now, account_id=pair.account_id, summary=summary)
    return fresh


@transaction.atomic
def take_up_pair(*, pair: DuplicatePair, by: Scope, now: datetime) -> DuplicatePair:
    """Takes a dismissal back."""
    access.can_dismiss_pair(by, pair.account, pair.other).enforce()
    fresh = DuplicatePair.objects.select_for_update(of=("self",)).filter(pk=pair.pk).first()
    if fresh is None:
        raise UnableToDismiss(_("This pair is gone: one of the accounts was changed or merged meanwhile."))
    if fresh.dismissed_at is not None:
        fresh.dismissed_at, fresh.dismissed_by_name = None, ""
        fresh.save(update_fields=["dismissed_at", "dismissed_by_name"])
        summary = f"{pair.account} · {pair.other}"
        audit.record(target=fresh, action="duplicates.take_up", by=by, now=now, account_id=pair.account_id, summary=summary)
    return fresh
