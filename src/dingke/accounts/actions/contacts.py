"""People at the customer: adding, editing with several jobs and ways, leaving, consent, archiving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.actions import search_index
from dingke.accounts.models import Account, Consent, Contact, ContactJob, ContactWay
from dingke.core import audit, custom_fields
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.core.search_keys import pinyin_sort_key

FACTS = ["name", "salutation", "is_main", "note", "custom", "external_key", "left_date"]


class UnableToSaveContact(Refusal):
    """The contact cannot be saved as given."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job of a person: the kind of department (C-01 4) and the level (C-01 5)."""

    title: str
    department: str = ContactJob.Department.OTHER.value
    department_name: str = ""
    level: str = ContactJob.Level.OPERATOR.value
    is_current: bool = True


@dataclass(frozen=True, slots=True)
class Way:
    """One way to reach a person."""

    kind: str
    value: str
    is_main: bool = False


@transaction.atomic
def add_contact(
    *, account: Account, values: Mapping[str, Any], by: Scope, now: datetime, jobs: Sequence[Job] = (), ways: Sequence[Way] = ()
) -> Contact:
    """Adds a person to an account; the first one becomes the main contact. Raises `Invalid` naming the fields to mend."""
    access.can_edit(by, account).enforce()
    contact = Contact(account=account)
    _apply(contact, values, jobs, ways, today=timezone.localdate(now))
    if not Contact.objects.filter(account=account, archived_at__isnull=True, left_date__isnull=True).exists() and contact.left_date is None:
        contact.is_main = True
    _save(contact)
    _one_main(contact)
    _write_jobs(contact, jobs)
    _write_ways(contact, ways)
    search_index.refresh([account.pk])
    audit.record(target=contact, action="contacts.add", by=by, now=now, account_id=account.pk, summary=contact.name)
    return contact


@transaction.atomic
def edit_contact(
    *,
    contact: Contact,
    values: Mapping[str, Any],
    by: Scope,
    now: datetime,
    jobs: Sequence[Job] | None = None,
    ways: Sequence[Way] | None = None,
    expected_version: int | None = None,
) -> Contact:
    """Changes a person's facts; `jobs` and `ways` replace all of them, None leaves them as they are.

    Raises `StaleRecord` when somebody saved since `expected_version`, `Invalid` naming the fields to mend.
    """
    access.can_edit(by, contact.account).enforce()
    fresh = _not_erased(locked(contact, expected_version=expected_version, yours=values))
    before = {**snapshot_of(fresh, FACTS), "jobs": jobs_in_words(fresh), "ways": ways_in_words(fresh)}
    _apply(fresh, values, jobs or (), ways or (), today=timezone.localdate(now))
    if fresh.left_date is not None:
        fresh.is_main = False
    _save(fresh)
    _one_main(fresh)
    if jobs is not None:
        _write_jobs(fresh, jobs)
    if ways is not None:
        _write_ways(fresh, ways)
    after = {**snapshot_of(fresh, FACTS), "jobs": jobs_in_words(fresh), "ways": ways_in_words(fresh)}
    if changes := audit.changes_between(before, after):
        search_index.refresh([fresh.account_id])
        audit.record(target=fresh, action="contacts.edit", by=by, now=now, changes=changes, account_id=fresh.account_id, summary=fresh.name)
    return fresh


@transaction.atomic
def make_main_contact(*, contact: Contact, by: Scope, now: datetime) -> Contact:
    """Makes the person the one to call first; the former main contact is no longer."""
    access.can_edit(by, contact.account).enforce()
    if contact.archived_at is not None or contact.left_date is not None:
        raise UnableToSaveContact(_("%(name)s is no longer there. Choose somebody else.") % {"name": contact.name})
    return edit_contact(contact=contact, values={"is_main": True}, by=by, now=now)


@transaction.atomic
def mark_contact_left(*, contact: Contact, left_date: date | None, by: Scope, now: datetime) -> Contact:
    """Notes that the person has left the customer (or, with None, is there after all). Nothing known is lost."""
    return edit_contact(contact=contact, values={"left_date": left_date}, by=by, now=now)


@transaction.atomic
def state_consent(*, contact: Contact, channel: str, is_given: bool, source: str, stated_date: date, by: Scope, now: datetime) -> Consent:
    """Writes down that the person agreed, or no longer agrees, to be reached by a channel. Every statement is kept."""
    access.can_edit(by, contact.account).enforce()
    _not_erased(contact)
    problems: dict[str, str] = {}
    if channel not in Consent.Channel.values:
        problems["channel"] = _("This channel does not exist.")
    if not source.strip():
        problems["source"] = _("Say where this statement comes from.")
    if stated_date > timezone.localdate(now):
        problems["stated_date"] = _("A statement cannot lie in the future.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    row = Consent.objects.create(
        contact=contact, channel=channel, is_given=is_given, source=source.strip()[:200], stated_date=stated_date, recorded_by_name=by.name
    )
    audit.record(
        target=contact,
        action="contacts.consent",
        by=by,
        now=now,
        changes={channel: [None, is_given]},
        account_id=contact.account_id,
        summary=f"{contact.name} · {row.source}",
    )
    return row


@transaction.atomic
def withdraw_consent(*, contact: Contact, channel: str, by: Scope, now: datetime) -> Consent:
    """Writes down, with today as the day, that the person takes an agreement back."""
    newest = Consent.objects.filter(contact=contact, channel=channel).order_by("-stated_date", "-id").first()
    if newest is None or not newest.is_given:
        access.can_edit(by, contact.account).enforce()
        raise UnableToSaveContact(_("There is no agreement to take back for this channel."))
    source, today = _("withdrawn by the person"), timezone.localdate(now)
    return state_consent(contact=contact, channel=channel, is_given=False, source=source, stated_date=today, by=by, now=now)


@transaction.atomic
def archive_contact(*, contact: Contact, by: Scope, now: datetime) -> Contact:
    """Takes a person out of the lists; notes and statements stay readable."""
    access.can_edit(by, contact.account).enforce()
    if contact.archived_at is not None:
        return contact
    fresh = locked(contact, expected_version=None, yours={})
    fresh.archived_at, fresh.is_main = now, False
    fresh.save()
    search_index.refresh([fresh.account_id])
    audit.record(target=fresh, action="contacts.archive", by=by, now=now, account_id=fresh.account_id, summary=fresh.name)
    return fresh


@transaction.atomic
def restore_contact(*, contact: Contact, by: Scope, now: datetime) -> Contact:
    access.can_edit(by, contact.account).enforce()
    if contact.archived_at is None:
        return contact
    fresh = _not_erased(locked(contact, expected_version=None, yours={}))
    fresh.archived_at = None
    fresh.save()
    search_index.refresh([fresh.account_id])
    audit.record(target=fresh, action="contacts.restore", by=by, now=now, account_id=fresh.account_id, summary=fresh.name)
    return fresh


def _not_erased(contact: Contact) -> Contact:
    if contact.erased_at is not None:
        raise UnableToSaveContact(_("The data of this person was erased. What was erased does not come back; add a new contact instead."))
    return contact


def jobs_in_words(contact: Contact) -> str:
    """The jobs as one line for the audit trail."""
    rows = ContactJob.objects.filter(contact=contact).order_by("-is_current", "id")
    return "; ".join(
        " · ".join(part for part in (job.title, job.department_name, job.department, job.level, "" if job.is_current else "FORMER") if part)
        for job in rows
    )


def ways_in_words(contact: Contact) -> str:
    """The ways as one line for the audit trail."""
    return "; ".join(f"{way.kind} {way.value}" for way in ContactWay.objects.filter(contact=contact).order_by("-is_main", "id"))


def _apply(contact: Contact, values: Mapping[str, Any], jobs: Sequence[Job], ways: Sequence[Way], *, today: date) -> None:
    unknown = set(values) - set(FACTS)
    if unknown:
        raise Invalid(_("Unknown fields: %(names)s") % {"names": ", ".join(sorted(unknown))})
    for field, value in values.items():
        setattr(contact, field, value)
    contact.name = " ".join(contact.name.split())
    contact.external_key = contact.external_key or None
    problems: dict[str, str] = {}
    if not contact.name:
        problems["name"] = _("A contact needs a name.")
    if contact.left_date is not None and contact.left_date > today:
        problems["left_date"] = _("The day of leaving cannot lie in the future.")
    for number, job in enumerate(jobs):
        if not job.title.strip() and not job.department_name.strip():
            problems[f"job_{number}"] = _("A job needs a title or a department.")
        elif job.department not in ContactJob.Department.values or job.level not in ContactJob.Level.values:
            problems[f"job_{number}"] = _("This department kind or level does not exist.")
    for number, way in enumerate(ways):
        if problem := _way_problem(way):
            problems[f"way_{number}"] = problem
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    contact.pinyin = pinyin_sort_key(contact.name)
    if "custom" in values:
        contact.custom = custom_fields.cleaned("contact", contact.custom)


def _way_problem(way: Way) -> str:
    value = way.value.strip()
    if way.kind not in ContactWay.Kind.values:
        return _("This way of contact does not exist.")
    if not value:
        return _("Fill in the number or address, or remove the line.")
    if way.kind == ContactWay.Kind.EMAIL and ("@" not in value.strip("@") or " " in value):
        return _("“%(value)s” is not a mail address.") % {"value": value}
    digits = sum(sign.isdigit() for sign in value)
    if way.kind in {ContactWay.Kind.MOBILE, ContactWay.Kind.PHONE} and digits < 3:
        return _("“%(value)s” is not a phone number.") % {"value": value}
    return ""


def _save(contact: Contact) -> None:
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError as error:
        message = _("Another contact already has this key.")
        raise UnableToSaveContact(message, fields={"external_key": message}) from error


def _one_main(contact: Contact) -> None:
    if contact.is_main:
        Contact.objects.filter(account_id=contact.account_id, is_main=True).exclude(pk=contact.pk).update(is_main=False)


def _write_jobs(contact: Contact, jobs: Sequence[Job]) -> None:
    ContactJob.objects.filter(contact=contact).delete()
    ContactJob.objects.bulk_create(
        ContactJob(
            contact=contact,
            title=job.title.strip()[:80],
            department=job.department,
            department_name=job.department_name.strip()[:80],
            level=job.level,
            is_current=job.is_current,
        )
        for job in jobs
    )


def _write_ways(contact: Contact, ways: Sequence[Way]) -> None:
    main = next((number for number, way in enumerate(ways) if way.is_main), 0)
    ContactWay.objects.filter(contact=contact).delete()
    ContactWay.objects.bulk_create(
        ContactWay(contact=contact, kind=way.kind, value=way.value.strip()[:200], is_main=number == main) for number, way in enumerate(ways)
    )
