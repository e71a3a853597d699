"""Writing, publishing, proposing, going back: the life of a text of the library."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from dingke.core import audit, bus
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.library import access
from dingke.library.actions.terms import refresh_terms
from dingke.library.calc.versions import TEXT_FIELDS, differences
from dingke.library.events import EntryPublished
from dingke.library.models import Entry, EntryVersion

FACTS = ["about", "account", "region", "may_cite", "consent_by", "consent_date", "consent_proof", "cite_until"]
FIELDS = [*TEXT_FIELDS, *FACTS]


class UnableToPublish(Refusal):
    """The text may not come into force as it is."""


def text_of(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in TEXT_FIELDS}


@transaction.atomic
def create_entry(*, kind: str, values: Mapping[str, Any], by: Scope, now: datetime) -> Entry:
    """A draft of the caller's own. Raises `Invalid` naming the fields."""
    access.can_propose(by).enforce()
    if kind not in Entry.Kind.values:
        raise Invalid(_("Choose what kind of entry this is."))
    entry = Entry(kind=kind, code=f"own-{get_random_string(12, 'abcdefghijkmnpqrstuvwxyz23456789')}", owner_id=by.user_id, is_own=True)
    last = Entry.objects.filter(kind=kind).aggregate(last=Max("position"))["last"] or 0
    entry.position = last + 10
    _apply(entry, values)
    entry.save()
    refresh_terms([entry])
    audit.record(target=entry, action="library.create", by=by, now=now, account_id=entry.account_id, summary=entry.title_zh)
    return entry


@transaction.atomic
def edit_entry(*, entry: Entry, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None) -> Entry:
    """Changes a draft. What is published changes by `publish_text` or by a proposal."""
    access.can_edit(by, entry).enforce()
    fresh = locked(entry, expected_version=expected_version, yours=values)
    if fresh.state == Entry.State.PUBLISHED:
        raise Invalid(_("This text is published. Publish a new version, or propose one."))
    before = snapshot_of(fresh, FIELDS)
    _apply(fresh, values)
    fresh.is_changed = fresh.is_changed or not fresh.is_own
    audit.save_with_audit(target=fresh, fields=FIELDS, action="library.edit", by=by, now=now, before=before, account_id=fresh.account_id)
    refresh_terms([fresh])
    return fresh


@transaction.atomic
def publish_text(
    *, entry: Entry, by: Scope, now: datetime, values: Mapping[str, Any] | None = None, expected_version: int | None = None, note: str = "",
) -> Entry:  # fmt: skip
    """Puts a text in force, as a new version that is kept. Raises `UnableToPublish` when something is missing, above all a
    customer's permission (H-18)."""
    access.can_publish(by).enforce()
    fresh = locked(entry, expected_version=expected_version, yours=values or {})
    before = snapshot_of(fresh, FIELDS)
    was = text_of(fresh)
    _apply(fresh, values or {})
    _refuse_unready(fresh, timezone.localdate(now))
    is_same = fresh.state == Entry.State.PUBLISHED and not differences(was, text_of(fresh))
    if not is_same:
        _put_in_force(fresh, origin=EntryVersion.Origin.OWN, by=by, now=now, note=note)
    fresh.is_changed = fresh.is_changed or (not fresh.is_own and not is_same and bool(differences(was, text_of(fresh))))
    fresh.save()
    refresh_terms([fresh])
    changes = audit.changes_between(before, snapshot_of(fresh, FIELDS))
    audit.record(
        target=fresh, action="library.publish", by=by, now=now, account_id=fresh.account_id, summary=fresh.title_zh, changes=changes
    )
    return fresh


@transaction.atomic
def propose_text(*, entry: Entry, values: Mapping[str, Any], by: Scope, now: datetime, note: str = "") -> EntryVersion:
    """Hands a changed text to those who publish; the text in force stays until then. A second one of the same person replaces it."""
    access.can_propose(by).enforce()
    fresh = locked(entry, expected_version=None, yours={})
    was = text_of(fresh)
    _apply(fresh, {name: value for name, value in values.items() if name in TEXT_FIELDS})
    text = text_of(fresh)
    if not differences(was, text):
        raise Invalid(_("Nothing is different from the text in force."))
    waiting = EntryVersion.objects.filter(entry=fresh, state=EntryVersion.State.PROPOSED, by_id=by.user_id, by__isnull=False).first()
    if waiting is not None:
        waiting.text, waiting.note, waiting.at = text, note[:300], now
        waiting.save(update_fields=["text", "note", "at"])
        version = waiting
    else:
        version = _new_version(
            fresh, state=EntryVersion.State.PROPOSED, origin=EntryVersion.Origin.OWN, text=text, by=by, now=now, note=note
        )
    audit.record(target=entry, action="library.propose", by=by, now=now, account_id=entry.account_id, summary=entry.title_zh)
    return version


@transaction.atomic
def decide_proposal(*, version: EntryVersion, accept: bool, by: Scope, now: datetime) -> Entry:
    """Takes a proposed text over, or declines it; decided once."""
    access.can_publish(by).enforce()
    fresh = locked(version.entry, expected_version=None, yours={})
    waiting = EntryVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
    if waiting.state != EntryVersion.State.PROPOSED:
        raise Refusal(_("Somebody decided on this proposal already."))
    waiting.decided_at, waiting.decided_by_name = now, by.name
    if accept:
        before = snapshot_of(fresh, FIELDS)
        _apply(fresh, waiting.text)
        _refuse_unready(fresh, timezone.localdate(now))
        waiting.state = EntryVersion.State.PUBLISHED
        fresh.state, fresh.number, fresh.published_at = Entry.State.PUBLISHED, waiting.number, now
        # a text of ours replaced by the shipped one is a shipped text again
        fresh.is_changed = not fresh.is_own and waiting.origin != EntryVersion.Origin.SHIPPED
        fresh.save()
        refresh_terms([fresh])
        changes = audit.changes_between(before, snapshot_of(fresh, FIELDS))
        audit.record(
            target=fresh, action="library.publish", by=by, now=now, account_id=fresh.account_id, summary=fresh.title_zh, changes=changes
        )
        bus.publish(EntryPublished(entry_id=fresh.pk, number=fresh.number), now=now)
    else:
        waiting.state = EntryVersion.State.DECLINED
        audit.record(target=fresh, action="library.decline", by=by, now=now, account_id=fresh.account_id, summary=fresh.title_zh)
    waiting.save(update_fields=["state", "decided_at", "decided_by_name"])
    return fresh


@transaction.atomic
def go_back(*, entry: Entry, version: EntryVersion, by: Scope, now: datetime) -> Entry:
    """Puts an earlier text in force again, as a new version; nothing in between is lost."""
    access.can_publish(by).enforce()
    if version.entry_id != entry.pk:
        raise Invalid(_("This version belongs to another entry."))
    fresh = locked(entry, expected_version=None, yours={})
    if version.number == fresh.number:
        raise Refusal(_("This is the version in force."))
    before = snapshot_of(fresh, FIELDS)
    _apply(fresh, version.text)
    _refuse_unready(fresh, timezone.localdate(now))
    note = _("As in version %(number)s") % {"number": version.number}
    _put_in_force(fresh, origin=EntryVersion.Origin.BACK, by=by, now=now, note=note)
    fresh.is_changed = not fresh.is_own
    fresh.save()
    refresh_terms([fresh])
    changes = audit.changes_between(before, snapshot_of(fresh, FIELDS))
    audit.record(target=fresh, action="library.back", by=by, now=now, account_id=fresh.account_id, summary=fresh.title_zh, changes=changes)
    return fresh


@transaction.atomic
def retire_entry(*, entry: Entry, by: Scope, now: datetime) -> Entry:
    """Takes an entry out of use; uses and versions stay."""
    access.can_publish(by).enforce()
    fresh = locked(entry, expected_version=None, yours={})
    if fresh.state == Entry.State.RETIRED:
        return fresh
    fresh.state = Entry.State.RETIRED
    fresh.save()
    audit.record(target=fresh, action="library.retire", by=by, now=now, account_id=fresh.account_id, summary=fresh.title_zh)
    return fresh


@transaction.atomic
def restore_entry(*, entry: Entry, by: Scope, now: datetime) -> Entry:
    """A retired entry comes back: in force if it was published before, else as a draft."""
    access.can_publish(by).enforce()
    fresh = locked(entry, expected_version=None, yours={})
    if fresh.state != Entry.State.RETIRED:
        return fresh
    if fresh.number:
        _refuse_unready(fresh, timezone.localdate(now))
    fresh.state = Entry.State.PUBLISHED if fresh.number else Entry.State.DRAFT
    fresh.save()
    audit.record(target=fresh, action="library.restore", by=by, now=now, account_id=fresh.account_id, summary=fresh.title_zh)
    return fresh


def _apply(entry: Entry, values: Mapping[str, Any]) -> None:
    unknown = set(values) - set(FIELDS)
    if unknown:
        raise Invalid(_("Unknown fields: %(names)s") % {"names": ", ".join(sorted(unknown))})
    for name, value in values.items():
        setattr(entry, name, value.replace("\r\n", "\n").strip() if isinstance(value, str) else value)
    if not entry.title_zh and not entry.title_en:
        message = _("An entry needs a title in one language at least.")
        raise Invalid(message, fields={"title_zh": message})
    if entry.may_cite and not (entry.consent_by and entry.consent_proof):
        message = _("Say who allowed us to cite, and what shows it.")
        raise Invalid(message, fields={"consent_by" if not entry.consent_by else "consent_proof": message})
    # without the permission a case about one of our customers is not out
    if entry.state == Entry.State.PUBLISHED and entry.kind == Entry.Kind.CASE and entry.account_id and not entry.may_cite:
        entry.state = Entry.State.DRAFT


def needs_consent(entry: Entry) -> bool:
    """A case about one of our customers, or one that is shown as a reference."""
    return entry.kind == Entry.Kind.CASE and (entry.account_id is not None or bool((entry.content or {}).get("is_reference")))


def _refuse_unready(entry: Entry, today: date) -> None:
    if not (entry.body_zh or entry.body_en or (entry.content or {}).get("parts") or entry.kind in {"QUESTION", "MAXIM"}):
        message = _("There is no text yet.")
        raise UnableToPublish(message, fields={"body_zh": message})
    if needs_consent(entry):
        if not entry.may_cite:
            message = _("A case is published only when the customer allows us to cite it. Note who allowed it and what shows it.")
            raise UnableToPublish(message, fields={"may_cite": message})
        if entry.cite_until is not None and entry.cite_until < today:
            message = _("The permission to cite ended on %(day)s. Ask the customer again.") % {"day": entry.cite_until}
            raise UnableToPublish(message, fields={"cite_until": message})


def _put_in_force(entry: Entry, *, origin: str, by: Scope, now: datetime, note: str) -> None:
    version = _new_version(entry, state=EntryVersion.State.PUBLISHED, origin=origin, text=text_of(entry), by=by, now=now, note=note)
    entry.state, entry.number, entry.published_at = Entry.State.PUBLISHED, version.number, now
    bus.publish(EntryPublished(entry_id=entry.pk, number=version.number), now=now)


def _new_version(
    entry: Entry,
    *,
    state: str,
    origin: str,
    text: Mapping[str, Any],
    by: Scope,
    now: datetime,
    note: str = "",
) -> EntryVersion:
    last = EntryVersion.objects.filter(entry=entry).aggregate(last=Max("number"))["last"] or 0
    return EntryVersion.objects.create(
        entry=entry,
        number=last + 1,
        state=state,
        origin=origin,
        text=dict(text),
        note=note[:300],
        by_id=by.user_id,
        by_name=by.name,
        at=now,
        decided_at=now if state == EntryVersion.State.PUBLISHED else None,
    )
