"""Writing the dossier (C-01, C-03, C-04, C-06): facts with source and date, questions and their answers, the export."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.calc.dossier_fields import FIELD_OF, FieldGroup
from dingke.accounts.models import Account, Contact, DossierEntry, Question
from dingke.accounts.queries import dossier as queries
from dingke.core import access as core_access
from dingke.core import audit, privacy
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import ListItem, snapshot_of
from dingke.core.scope import Scope
from dingke.core.tables_out import FileKind, write_table

FACTS = ["text", "source", "source_note", "as_of_date", "contact"]


class UnableToWriteDossier(Refusal):
    """The entry cannot be written as given."""


@transaction.atomic
def add_entry(
    *, account: Account, field: str, text: str, source: ListItem, as_of_date: date, by: Scope, now: datetime,
    source_note: str = "", contact: Contact | None = None,
) -> DossierEntry:  # fmt: skip
    """Writes down one fact under a dossier field; older entries of the field stay readable.

    Raises `Invalid` naming what to mend: every entry has a text, a source and a day that is not in the future.
    """
    access.can_edit(by, account).enforce()
    if field not in FIELD_OF or FIELD_OF[field].group is FieldGroup.COMPETITOR:
        raise Invalid(_("The dossier has no field “%(field)s”.") % {"field": field}, fields={"field": _("Choose a field.")})
    entry = DossierEntry(account=account, field=field, entered_by_id=by.user_id)
    _apply(
        entry,
        {"text": text, "source": source, "source_note": source_note, "as_of_date": as_of_date, "contact": contact},
        today=timezone.localdate(now),
    )
    entry.save()
    summary = f"{field}: {entry.text}"
    audit.record(target=entry, action="accounts.add_dossier_entry", by=by, now=now, account_id=account.pk, summary=summary)
    return entry


@transaction.atomic
def edit_entry(
    *, entry: DossierEntry, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> DossierEntry:
    """Corrects an entry. A stale save is refused with both versions."""
    access.can_edit(by, entry.account).enforce()
    unknown = set(values) - set(FACTS)
    if unknown:
        raise Invalid(_("Unknown fields: %(names)s") % {"names": ", ".join(sorted(unknown))})
    fresh = locked(entry, expected_version=expected_version, yours=values)
    before = snapshot_of(fresh, FACTS)
    _apply(fresh, values, today=timezone.localdate(now))
    audit.save_with_audit(
        target=fresh, fields=FACTS, action="accounts.edit_dossier_entry", by=by, now=now, before=before, account_id=fresh.account_id
    )
    return fresh


@transaction.atomic
def archive_entry(*, entry: DossierEntry, by: Scope, now: datetime) -> DossierEntry:
    """Takes an entry out of the dossier; it can be restored."""
    return _set_archived(entry, now, action="accounts.archive_dossier_entry", by=by, now=now)


@transaction.atomic
def restore_entry(*, entry: DossierEntry, by: Scope, now: datetime) -> DossierEntry:
    return _set_archived(entry, None, action="accounts.restore_dossier_entry", by=by, now=now)


@transaction.atomic
def add_question(*, account: Account, text: str, by: Scope, now: datetime, field: str = "") -> Question:
    """Notes something to ask the customer; with a field its answer becomes an entry of that field."""
    access.can_edit(by, account).enforce()
    text = " ".join(text.split())
    if not text:
        raise Invalid(_("Write the question down."), fields={"text": _("Write the question down.")})
    if field and (field not in FIELD_OF or FIELD_OF[field].group is FieldGroup.COMPETITOR):
        raise Invalid(_("The dossier has no field “%(field)s”.") % {"field": field})
    question = Question.objects.create(account=account, field=field, text=text[:300], asked_by_id=by.user_id)
    audit.record(target=question, action="accounts.add_question", by=by, now=now, account_id=account.pk, summary=question.text)
    return question


@transaction.atomic
def answer_question(
    *, question: Question, answer: str, field: str, source: ListItem, as_of_date: date, by: Scope, now: datetime,
    source_note: str = "", contact: Contact | None = None,
) -> DossierEntry:  # fmt: skip
    """Answers a question: the answer is kept with it and becomes an entry of the dossier."""
    access.can_edit(by, question.account).enforce()
    fresh = locked(question, expected_version=None, yours={})
    if fresh.answered_at is not None or fresh.archived_at is not None:
        raise UnableToWriteDossier(_("This question is already answered or put away."))
    entry = add_entry(
        account=fresh.account,
        field=field,
        text=answer,
        source=source,
        as_of_date=as_of_date,
        by=by,
        now=now,
        source_note=source_note,
        contact=contact,
    )
    fresh.field, fresh.answer, fresh.answered_at = field, entry.text, now
    fresh.save()
    audit.record(target=fresh, action="accounts.answer_question", by=by, now=now, account_id=fresh.account_id, summary=fresh.text)
    return entry


@transaction.atomic
def drop_question(*, question: Question, by: Scope, now: datetime) -> None:
    """Puts a question away that nobody needs to ask any more."""
    access.can_edit(by, question.account).enforce()
    fresh = locked(question, expected_version=None, yours={})
    fresh.archived_at = now
    fresh.save()
    audit.record(target=fresh, action="accounts.drop_question", by=by, now=now, account_id=fresh.account_id, summary=fresh.text)


def export_dossier(*, account: Account, kind: FileKind, by: Scope, now: datetime) -> Path:
    """Writes the dossier of one account, older entries included, to a file of its own, and the export to the audit trail."""
    core_access.needs(by, "exports.run").enforce()
    dossier = queries.dossier_of(by, account, today=timezone.localdate(now))
    path = Path(settings.UPLOADS) / "exports" / f"dossier-{account.pk}-{uuid.uuid4().hex}.{kind.value}"
    columns, rows = queries.as_table(dossier)
    number = write_table(path, columns=columns, rows=rows, kind=kind, sheet=_("Dossier"), stamp=privacy.stamp_for(by, now))
    audit.record(
        target=account,
        action="accounts.export_dossier",
        by=by,
        now=now,
        account_id=account.pk,
        changes={"rows": number, "columns": [column.header for column in columns], "format": kind.value},
        summary=account.name,
    )
    return path


def _apply(entry: DossierEntry, values: Mapping[str, Any], *, today: date) -> None:
    for field, value in values.items():
        setattr(entry, field, value)
    entry.text, entry.source_note = entry.text.strip(), " ".join(entry.source_note.split())[:200]
    problems: dict[str, str] = {}
    if not entry.text:
        problems["text"] = _("Write down what you know.")
    if entry.source_id is None or entry.source.list_code != queries.SOURCES:
        problems["source"] = _("Say where this comes from.")
    if entry.as_of_date > today:
        problems["as_of_date"] = _("The day lies in the future.")
    if entry.contact is not None and entry.contact.account_id != entry.account_id:
        problems["contact"] = _("This person is not at this account.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)


def _set_archived(entry: DossierEntry, value: datetime | None, *, action: str, by: Scope, now: datetime) -> DossierEntry:
    access.can_edit(by, entry.account).enforce()
    if (entry.archived_at is None) == (value is None):
        return entry
    fresh = locked(entry, expected_version=None, yours={})
    fresh.archived_at = value
    fresh.save()
    audit.record(target=fresh, action=action, by=by, now=now, account_id=fresh.account_id, summary=f"{fresh.field}: {fresh.text}")
    return fresh
