"""What is held of one person, as the person may ask for it: everything that is stored under a reference to the contact."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.calc.masking import masked_phone
from dingke.accounts.calc.privacy import SHORTEST
from dingke.accounts.models import Consent, Contact, DossierEntry, KeyDate, Note, Todo
from dingke.accounts.queries import record_words
from dingke.accounts.queries.contacts import shown_way
from dingke.core import custom_fields
from dingke.core.models import AuditEntry, ImportChange
from dingke.core.scope import Scope
from dingke.core.tables_out import CellKind, OutColumn

MOST = 2_000  # entries of one part


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of thing that is held: `heads` are (key of the file, label), `rows` in that order."""

    key: str
    title: str
    why: str
    heads: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]


# what higher domains hold of a person; installed from config/wiring.py
_parts_above: list[Callable[[Scope, Contact], list[Part]]] = []


def install_parts(table: Iterable[Callable[[Scope, Contact], list[Part]]]) -> None:
    """Takes over what the domains above hold of a person."""
    _parts_above[:] = list(table)


def held_of(scope: Scope, contact: Contact) -> list[Part]:
    """Everything held of a person who is seen; phones as the caller's role sees them. A fixed number of queries."""
    notes = list(Note.objects.filter(contact=contact).select_related("author").order_by("-at", "-pk")[:MOST])
    entries = list(
        DossierEntry.objects.filter(contact=contact).select_related("source", "entered_by").order_by("-as_of_date", "-pk")[:MOST]
    )
    return [
        _facts(scope, contact),
        Part(
            "jobs", _("Jobs"), "",
            (("title", _("Job title")), ("department", _("Department")), ("level", _("Level")), ("current", _("Current"))),
            tuple(
                (job.title, job.department_name or str(job.get_department_display()), str(job.get_level_display()), job.is_current)
                for job in contact.jobs.all()
            ),
        ),
        Part(
            "ways", _("Ways of contact"), "", (("kind", _("Kind")), ("value", _("Number or address"))),
            tuple((way.label, way.value) for way in (shown_way(scope, row) for row in contact.ways.all())),
        ),
        Part(
            "consents", _("Consents"), _("Every statement is kept; the newest of a channel holds."),
            (
                ("channel", _("Channel")), ("statement", _("Statement")), ("stated_date", _("Stated on")),
                ("source", _("Where it was stated")), ("recorded_by", _("Written down by")),
            ),
            tuple(
                (
                    str(row.get_channel_display()), _("agrees") if row.is_given else _("does not agree"), row.stated_date, row.source,
                    row.recorded_by_name,
                )
                for row in contact.consents.all()
            ),
        ),
        Part(
            "days", _("Days to remember"), "", (("occasion", _("Occasion")), ("on_date", _("Date"))),
            tuple(
                (row.label or str(row.get_kind_display()), row.on_date)
                for row in KeyDate.objects.filter(contact=contact).order_by("on_date", "pk")
            ),
        ),
        Part(
            "notes", _("Timeline entries"), _("Entries that name the person as the one who was spoken with."),
            (("at", _("When")), ("kind", _("Kind")), ("text", _("Text")), ("author", _("Who wrote it"))),
            tuple((row.at, str(row.get_kind_display()), _masked(scope, row.text), str(row.author or "")) for row in notes),
        ),
        Part(
            "dossier", _("Dossier facts"), _("Facts that refer to the person."),
            (("as_of_date", _("As of")), ("text", _("What we know")), ("source", _("Source")), ("entered_by", _("Entered by"))),
            tuple((row.as_of_date, _masked(scope, row.text), row.source.label, str(row.entered_by or "")) for row in entries),
        ),
        *(part for parts in _parts_above for part in parts(scope, contact)),
        _mentions(scope, contact),
        _trail(scope, contact),
        _imports(contact),
        _exports(contact, entries),
    ]  # fmt: skip


def _facts(scope: Scope, contact: Contact) -> Part:
    labels = {definition.key: definition.label for definition in custom_fields.definitions("contact")}
    facts: list[tuple[str, Any]] = [
        (_("Contact no."), contact.pk),
        (_("Name"), contact.name),
        (_("Form of address"), contact.salutation),
        (_("Account"), str(contact.account)),
        (_("Main contact"), contact.is_main),
        (_("Note"), _masked(scope, contact.note)),
        (_("Left on"), contact.left_date),
        (_("Key in your other systems"), contact.external_key or ""),
        *((labels.get(key, key), value) for key, value in contact.custom.items()),
        (_("Came in"), contact.created_at),
        (_("Last changed"), contact.updated_at),
        (_("Archived"), contact.archived_at),
        (_("Erased"), contact.erased_at),
        (_("Legal hold"), contact.hold_reason),
    ]
    known = tuple((label, value) for label, value in facts if value not in (None, ""))
    return Part("contact", _("The contact"), "", (("field", _("Field")), ("value", _("What is stored"))), known)


def mention_condition(contact: Contact, fields: Sequence[str]) -> Q:
    """Texts of the account that hold the name; nothing for names too short to be told from other words."""
    condition = Q(pk__in=[])
    if len(contact.name) >= SHORTEST and contact.erased_at is None:
        for field in fields:
            condition |= Q(account_id=contact.account_id, **{f"{field}__contains": contact.name})
    return condition


def _mentions(scope: Scope, contact: Contact) -> Part:
    rows: list[tuple[Any, ...]] = []
    others = Q(contact__isnull=True) | ~Q(contact=contact)
    for note in Note.objects.filter(mention_condition(contact, ["text"]) & others).order_by("-at", "-pk")[:MOST]:
        rows.append((_("Timeline entry"), timezone.localdate(note.at), _masked(scope, note.text)))
    for entry in DossierEntry.objects.filter(mention_condition(contact, ["text", "source_note"]) & others).order_by("-pk")[:MOST]:
        rows.append((_("Dossier fact"), entry.as_of_date, _masked(scope, entry.text)))
    for todo in Todo.objects.filter(mention_condition(contact, ["title", "reason"])).order_by("-pk")[:MOST]:
        rows.append((_("To-do"), todo.due_date, _masked(scope, f"{todo.title} {todo.reason}".strip())))
    return Part(
        "mentions", _("Mentions"), _("Other texts of the account with this name in them; it may be somebody else of the same name."),
        (("kind", _("Kind")), ("day", _("Date")), ("text", _("Text"))), tuple(rows),
    )  # fmt: skip


def _trail(scope: Scope, contact: Contact) -> Part:
    entries = AuditEntry.objects.filter(target=Contact._meta.label_lower, target_id=contact.pk).order_by("-at", "-pk")[:MOST]
    rows = []
    for entry in entries:
        changes = "; ".join(f"{_label(name)}: {_change(value)}" for name, value in entry.changes.items())
        rows.append((entry.at, entry.actor_name, str(record_words.ACTIONS.get(entry.action, entry.action)), _masked(scope, changes)))
    return Part(
        "trail", _("Audit trail"), _("Who wrote or changed what, and who looked at this page."),
        (("at", _("When")), ("who", _("Who")), ("done", _("What was done")), ("changes", _("Changes"))), tuple(rows),
    )  # fmt: skip


def _label(name: str) -> str:
    if name in record_words.FIELDS:
        return str(record_words.FIELDS[name])
    try:
        return str(getattr(Contact._meta.get_field(name), "verbose_name", name))
    except FieldDoesNotExist:  # a channel of a consent, a part of an export
        return str(dict(Consent.Channel.choices).get(name, name))


def _change(value: Any) -> str:
    if isinstance(value, list) and len(value) == 2:
        return f"{_plain(value[0])} → {_plain(value[1])}"
    return _plain(value)


def _plain(value: Any) -> str:
    if value is None or value == "" or value == {}:
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(item)}" for key, item in value.items())
    return str(value)


def _imports(contact: Contact) -> Part:
    rows = ImportChange.objects.filter(target=Contact._meta.label_lower, target_id=contact.pk).select_related("run").order_by("-pk")[:MOST]
    found = tuple((row.run.created_at, row.run.title, row.run.owner_name, _("came in") if row.is_created else _("changed")) for row in rows)
    heads = (("at", _("When")), ("title", _("Import")), ("who", _("Who")), ("done", _("What was done")))
    return Part("imports", _("Imports"), _("Files that brought or changed the person."), heads, found)


def _exports(contact: Contact, entries: Sequence[DossierEntry]) -> Part:
    condition = Q(action="contacts.export_held", target=Contact._meta.label_lower, target_id=contact.pk)
    if entries:
        since = min(entry.created_at for entry in entries)
        condition |= Q(action="accounts.export_dossier", account_id=contact.account_id, at__gte=since)
    rows = AuditEntry.objects.filter(condition).order_by("-at", "-pk")[:MOST]
    found = tuple((row.at, row.actor_name, str(record_words.ACTIONS.get(row.action, row.action))) for row in rows)
    return Part(
        "exports", _("Exports"),
        _("Files that held the person: this page, and dossiers with facts that refer to the person. Lists of accounts hold no contacts."),
        (("at", _("When")), ("who", _("Who")), ("done", _("What was done"))), found,
    )  # fmt: skip


def _masked(scope: Scope, text: str) -> str:
    return re.sub(r"\+?\d[\d\s-]{6,}\d", lambda found: masked_phone(found.group()), text) if scope.hides("phone") else text


# ---- as files ------------------------------------------------------------------------------------------------------------


def as_columns() -> list[OutColumn]:
    return [
        OutColumn(_("Part"), width=20), OutColumn(_("No."), CellKind.WHOLE, width=7), OutColumn(_("Field"), width=24),
        OutColumn(_("What is stored"), width=70),
    ]  # fmt: skip


def as_rows(parts: Iterable[Part]) -> Iterator[tuple[Any, ...]]:
    """One line for each value, readable from top to bottom."""
    for part in parts:
        if not part.rows:
            yield part.title, None, "", _("nothing is held")
        for number, row in enumerate(part.rows, start=1):
            if part.key == "contact":
                yield part.title, number, row[0], said(row[1])
                continue
            for (_key, label), value in zip(part.heads, row, strict=True):
                yield part.title, number, label, said(value)


def as_json(parts: Iterable[Part]) -> dict[str, Any]:
    """The parts by their keys, days and instants in ISO 8601."""
    return {part.key: [_as_map(part, row) for row in part.rows] for part in parts}


def _as_map(part: Part, row: tuple[Any, ...]) -> dict[str, Any]:
    return {key: _json(value) for (key, _label), value in zip(part.heads, row, strict=True)}


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def said(value: Any) -> str:
    """A value as a page or a sheet says it."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    return value.isoformat() if isinstance(value, date) else str(value)
