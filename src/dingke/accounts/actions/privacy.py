"""Erasing a person's data, legal holds, and what the retention rules propose. An erasure cannot be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.actions import search_index
from dingke.accounts.calc import privacy as calc
from dingke.accounts.models import (
    Consent,
    Contact,
    ContactJob,
    ContactWay,
    DossierEntry,
    ErasedKey,
    Erasure,
    ErasureProposal,
    KeyDate,
    Note,
    Todo,
)
from dingke.accounts.queries import erased
from dingke.core import access as core_access
from dingke.core import audit
from dingke.core import privacy as core_privacy
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import AuditEntry, ImportChange
from dingke.core.scope import Scope

# free texts of higher domains: model, fields, way to the account; installed from config/wiring.py
_texts_above: list[tuple[Any, tuple[str, ...], str]] = []


def install_texts(table: Iterable[tuple[Any, tuple[str, ...], str]]) -> None:
    """Takes over where the domains above keep free text about an account."""
    _texts_above[:] = list(table)


@dataclass(frozen=True, slots=True)
class ErasedAbove:
    """What a higher domain emptied: rows (model label, ids) that spoke of the person alone, and rows in whose texts the name stood."""

    whole: tuple[tuple[str, tuple[int, ...]], ...] = ()
    texts: tuple[tuple[str, tuple[int, ...]], ...] = ()


Eraser = Callable[..., ErasedAbove]  # (contact=…, words=…, stand_in=…, with_mentions=…, now=…)
_erasers: list[Eraser] = []


def install_erasers(table: Iterable[Eraser]) -> None:
    """Takes over what the domains above do when a person is erased."""
    _erasers[:] = list(table)


class UnableToErase(Refusal):
    """Nothing was erased."""


@dataclass(slots=True)
class _Texts:
    """What linked texts are called in the audit trail, and which rows they are."""

    target: str
    ids: list[int]


@transaction.atomic
def erase_contact(*, contact: Contact, reason: str, confirmation: str, by: Scope, now: datetime, with_mentions: bool = True) -> Erasure:
    """Blanks everything that is known of a person, for good, and leaves a tombstone that recognises the person in later imports.

    `confirmation` must be the person's name; `with_mentions` replaces the name in other texts of the account too. Raises
    `UnableToErase` while a legal hold is set, and `Invalid` naming the fields to mend.
    """
    core_access.needs(by, "privacy.erase").enforce()
    fresh = locked(contact, expected_version=None, yours={})
    if not (answer := access.can_erase(by, fresh)):
        raise UnableToErase(answer.reason)
    problems: dict[str, str] = {}
    if not reason.strip():
        problems["reason"] = _("Say why the data is erased.")
    if " ".join(confirmation.split()) != fresh.name:
        problems["confirmation"] = _("Type the name exactly as it stands above.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    return _erase(fresh, reason.strip()[:300], by=by, now=now, with_mentions=with_mentions)


def _erase(fresh: Contact, reason: str, *, by: Scope, now: datetime, with_mentions: bool) -> Erasure:
    ways = list(ContactWay.objects.filter(contact=fresh).order_by("pk").values_list("pk", "value"))
    jobs = list(ContactJob.objects.filter(contact=fresh).order_by("pk").values_list("pk", flat=True))
    values = [value for _pk, value in ways]
    stand_in, words = calc.placeholder(fresh.pk), [fresh.name, *values]
    marks = calc.marks_of(account=fresh.account_id, name=fresh.name, key=fresh.external_key, ways=values)
    digests = [erased.digests(mark)[0] for mark in marks]
    texts = _replace_in_texts(fresh, words, stand_in, with_mentions=with_mentions)
    above = [erase(contact=fresh, words=words, stand_in=stand_in, with_mentions=with_mentions, now=now) for erase in _erasers]
    texts += [_Texts(target, list(ids)) for one in above for target, ids in one.texts]
    days = list(KeyDate.objects.filter(contact=fresh).order_by("pk").values_list("pk", flat=True))
    rows = [(KeyDate._meta.label_lower, days), *((target, list(ids)) for one in above for target, ids in one.whole)]
    _redact_trail(fresh, texts, rows, words, stand_in)
    _redact_imports(fresh, [pk for pk, _value in ways], jobs)
    for model in (ContactWay, ContactJob, KeyDate):
        model._default_manager.filter(contact=fresh).delete()
    Consent.objects.filter(contact=fresh).update(source="")
    fresh.name, fresh.pinyin, fresh.salutation, fresh.note = stand_in, "", "", ""
    fresh.custom, fresh.external_key, fresh.left_date, fresh.is_main = {}, None, None, False
    fresh.archived_at, fresh.erased_at = fresh.archived_at or now, now
    fresh.save()
    fresh.erasure_proposals.filter(decision="OPEN").update(decision="ERASED", decided_at=now, decided_by_name=by.name)
    search_index.refresh([fresh.account_id])
    erasure = Erasure.objects.create(
        contact_number=fresh.pk, account_number=fresh.account_id, contact_made_at=fresh.created_at, at=now,
        by_id=by.user_id, by_name=by.name, reason=calc.without_words(reason, words, stand_in)[:300],
    )  # fmt: skip
    ErasedKey.objects.bulk_create([ErasedKey(erasure=erasure, digest=digest) for digest in digests])
    audit.record(
        target=fresh,
        action="contacts.erase",
        by=by,
        now=now,
        changes={"reason": [None, erasure.reason]},
        account_id=fresh.account_id,
        summary=stand_in,
    )
    transaction.on_commit(lambda: _write_down(erasure, digests))
    return erasure


def _replace_in_texts(contact: Contact, words: list[str], stand_in: str, *, with_mentions: bool) -> list[_Texts]:
    """Entries that refer to the person, and with `with_mentions` whatever else at the account names the person."""
    found: list[_Texts] = []
    plans: list[tuple[Any, tuple[str, ...], bool, str]] = [
        (Note, ("text",), True, "account"),
        (DossierEntry, ("text", "source_note"), True, "account"),
        (Todo, ("title", "reason"), False, "account"),
        *((model, fields, False, path) for model, fields, path in _texts_above),
    ]
    others = Contact.objects.filter(account_id=contact.account_id, name=contact.name, erased_at__isnull=True).exclude(pk=contact.pk)
    spared = {contact.name} if others.exists() else set()  # a namesake: texts that do not refer to the person may mean the other
    long_enough = [word for word in words if len(word) >= calc.SHORTEST and word not in spared]
    for model, fields, refers, path in plans:
        condition = Q(contact=contact) if refers else Q(pk__in=[])
        if with_mentions:
            for word in long_enough:
                for field in fields:
                    condition |= Q(**{path: contact.account_id, f"{field}__contains": word})
        rows = list(model._default_manager.filter(condition).order_by("pk"))
        for row in rows:
            for field in fields:
                limit = model._meta.get_field(field).max_length
                setattr(row, field, calc.without_words(getattr(row, field), words, stand_in)[:limit])
        model._default_manager.bulk_update(rows, list(fields), batch_size=200)
        found.append(_Texts(model._meta.label_lower, [row.pk for row in rows]))
    return found


def _redact_trail(contact: Contact, texts: list[_Texts], rows: list[tuple[str, list[int]]], words: list[str], stand_in: str) -> None:
    """That something changed, when and by whom stays; what it said of the person does not."""
    whole = Q(target=Contact._meta.label_lower, target_id=contact.pk)
    for target, ids in rows:
        whole |= Q(target=target, target_id__in=ids)
    for entry in AuditEntry.objects.filter(whole).order_by("pk"):
        entry.changes, entry.summary = {key: calc.redacted(value) for key, value in entry.changes.items()}, stand_in
        entry.save(update_fields=["changes", "summary"])
    for group in texts:
        for entry in AuditEntry.objects.filter(target=group.target, target_id__in=group.ids).order_by("pk"):
            entry.changes = calc.value_without_words(entry.changes, words, stand_in)
            entry.summary = calc.without_words(entry.summary, words, stand_in)[:300]
            entry.save(update_fields=["changes", "summary"])


def _redact_imports(contact: Contact, ways: list[int], jobs: list[int]) -> None:
    """What an import would put back when it is undone."""
    rows = Q(target=Contact._meta.label_lower, target_id=contact.pk)
    rows |= Q(target=ContactWay._meta.label_lower, target_id__in=ways) | Q(target=ContactJob._meta.label_lower, target_id__in=jobs)
    ImportChange.objects.filter(rows).update(before={})


def _write_down(erasure: Erasure, digests: list[str]) -> None:
    line = erased.JournalLine(
        contact=erasure.contact_number, account=erasure.account_number, made_at=erasure.contact_made_at, at=erasure.at,
        by_name=erasure.by_name, reason=erasure.reason, digests=tuple(digests),
    )  # fmt: skip
    with erased.journal_file().open("a", encoding="utf-8") as handle:
        handle.write(line.as_json() + "\n")


@transaction.atomic
def set_legal_hold(*, contact: Contact, reason: str, by: Scope, now: datetime) -> Contact:
    """Keeps a person's data from being erased, with the reason; an empty reason lifts the hold."""
    core_access.needs(by, "privacy.erase").enforce()
    fresh = locked(contact, expected_version=None, yours={})
    if fresh.erased_at is not None:
        raise UnableToErase(_("The data of this person was erased already."))
    before, fresh.hold_reason = fresh.hold_reason, " ".join(reason.split())[:200]
    if before == fresh.hold_reason:
        return fresh
    fresh.save()
    audit.record(
        target=fresh,
        action="contacts.hold" if fresh.hold_reason else "contacts.lift_hold",
        by=by,
        now=now,
        changes={"hold_reason": [before or None, fresh.hold_reason or None]},
        account_id=fresh.account_id,
        summary=fresh.name,
    )
    return fresh


# ---- after a restore --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Again:
    """Erasures that were run again after a restore, and those a legal hold of the backup kept from it."""

    done: int
    refused: int


@transaction.atomic
def erase_again(*, by: Scope, now: datetime) -> Again:
    """Runs the erasures again that a restored backup took back."""
    core_access.needs(by, "privacy.erase").enforce()
    done = refused = 0
    for line in erased.undone_by_restore(by):
        contact = erased.still_there(line)
        if contact is None:  # came after the backup: nothing to blank, but the tombstone is needed again
            erasure = Erasure.objects.create(
                contact_number=line.contact, account_number=line.account, contact_made_at=line.made_at, at=line.at,
                by_name=line.by_name, reason=line.reason,
            )  # fmt: skip
            ErasedKey.objects.bulk_create([ErasedKey(erasure=erasure, digest=digest) for digest in line.digests])
        elif contact.hold_reason:
            refused += 1
            continue
        else:
            _erase(locked(contact, expected_version=None, yours={}), line.reason, by=by, now=now, with_mentions=True)
        done += 1
    return Again(done, refused)


# ---- what the retention rules propose ---------------------------------------------------------------------------------------

AT_ONCE = 1_000  # a day's proposals; the rest follows on the next days
KEPT_DAYS = 365  # so long somebody who was kept is not proposed again


@transaction.atomic
def propose_erasures(*, now: datetime) -> int:
    """The daily duty: proposes contacts of archived accounts where nothing happened for the years of the rules. Erases nothing."""
    years, open_rows = core_privacy.in_force().years_without_activity, ErasureProposal.objects.filter(decision="OPEN")
    if years is None:
        open_rows.delete()
        return 0
    limit = now.replace(hour=0, minute=0, second=0, microsecond=0)
    limit = limit.replace(year=limit.year - years, day=min(limit.day, 28) if limit.month == 2 else limit.day)
    quiet = Contact.objects.filter(
        Q(account__last_contact_at__isnull=True) | Q(account__last_contact_at__lt=limit),
        erased_at__isnull=True, hold_reason="", account__archived_at__lt=limit, updated_at__lt=limit,
    ).exclude(
        Exists(Note.objects.filter(account_id=OuterRef("account_id"), at__gte=limit))
    ).exclude(
        account__standing__last_order_date__gte=limit.date()
    )  # fmt: skip
    open_rows.exclude(contact__in=quiet.order_by().values("pk")).delete()
    kept = ErasureProposal.objects.filter(
        Q(decision="OPEN") | Q(decision="KEPT", decided_at__gte=now - timedelta(days=KEPT_DAYS)), contact_id=OuterRef("pk")
    )
    rows = quiet.exclude(Exists(kept)).select_related("account").order_by("pk")[:AT_ONCE]
    proposals = [ErasureProposal(contact=row, proposed_at=now, quiet_since_date=_last_sign(row)) for row in rows]
    ErasureProposal.objects.bulk_create(proposals, batch_size=200)
    return len(proposals)


def _last_sign(contact: Contact) -> date:
    account = contact.account
    moments = [moment for moment in (account.archived_at, account.last_contact_at, contact.updated_at) if moment is not None]
    return timezone.localdate(max(moments))


@transaction.atomic
def erase_proposed(*, ids: Iterable[int], confirmation: str, by: Scope, now: datetime) -> int:
    """Erases the chosen people whom the rules propose; `confirmation` must be their number. Those under a legal hold are left out."""
    core_access.needs(by, "privacy.erase").enforce()
    rows = list(erased.proposals_by_id(by, ids))
    if not rows:
        raise UnableToErase(_("Choose at least one person."))
    if confirmation.strip() != str(len(rows)):
        raise UnableToErase(_("Type the number of people you chose (%(number)s) to confirm.") % {"number": len(rows)})
    done = 0
    for row in rows:
        fresh = locked(row.contact, expected_version=None, yours={})
        if access.can_erase(by, fresh):
            reason = _("Retention rule: nothing happened since %(day)s") % {"day": row.quiet_since_date.isoformat()}
            _erase(fresh, reason, by=by, now=now, with_mentions=True)
            done += 1
    return done


@transaction.atomic
def keep_proposed(*, ids: Iterable[int], by: Scope, now: datetime) -> int:
    """Keeps the chosen people; they are not proposed again for a year."""
    core_access.needs(by, "privacy.erase").enforce()
    rows = list(erased.proposals_by_id(by, ids))
    for row in rows:
        row.decision, row.decided_at, row.decided_by_name = row.Decision.KEPT, now, by.name
        row.save()
        audit.record(
            target=row.contact, action="contacts.keep", by=by, now=now, account_id=row.contact.account_id, summary=row.contact.name
        )
    if not rows:
        raise UnableToErase(_("Choose at least one person."))
    return len(rows)
