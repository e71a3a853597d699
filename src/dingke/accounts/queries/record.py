"""The record of an account: what people wrote and what was changed, newest first, changes field by field in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.calc.masking import masked_phone
from dingke.accounts.models import Account, ContactJob, ContactWay, Note
from dingke.accounts.queries.record_words import ACTIONS, CODED, FIELDS, ICONS
from dingke.core.models import AuditEntry, CustomField
from dingke.core.paging import decode_cursor, encode_cursor
from dingke.core.scope import Scope

NOTES, CHANGES, CONTACTS = "notes", "changes", "contacts"
NOTE_SOURCE, CHANGE_SOURCE = 0, 1
HIDDEN = "***"
PHONE_FIELDS = {"phone", "mobile"}
INVOICING_TARGET = "accounts.invoicetitle"
INVOICING_FIELDS = {"tax_id", "bank", "bank_account"}
COST_FIELDS = {"cost", "unit_cost", "gross_profit", "margin", "total_cost"}
AMOUNT_FIELDS = {"amount", "revenue", "list_price", "unit_price", "total_value", "average_purchase", "annual_revenue"}
SAID_ELSEWHERE = {"notes.log"}  # the entry itself stands on the timeline
SAID_BY_THE_SENTENCE = {"todos.finish", "todos.reopen", "todos.archive", "todos.restore"}


@dataclass(frozen=True)
class Change:
    """One field, before and after, in the reader's words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Event:
    """One line of the record."""

    at: datetime
    who: str
    title: str
    text: str
    icon: str
    tone: str
    changes: tuple[Change, ...] = ()
    note: Note | None = None
    may_edit: bool = False


@dataclass(frozen=True)
class Timeline:
    events: list[Event]
    next_cursor: str | None


def timeline(scope: Scope, account: Account, *, only: str = "", cursor: str | None = None, size: int = 30) -> Timeline:
    """One page of the record. `only`: notes, contacts (entries that are contact with the customer) or changes. Fixed number of queries."""
    notes: list[Note] = []
    entries: list[AuditEntry] = []
    if only != CHANGES:
        rows = Note.objects.visible_to(scope).current().filter(account=account).select_related("author", "contact", "account__owner")
        rows = rows.exclude(kind=Note.Kind.NOTE) if only == CONTACTS else rows
        notes = list(_after(rows, NOTE_SOURCE, cursor).order_by("-at", "-pk")[: size + 1])
    if only in {"", CHANGES}:
        audited = AuditEntry.objects.filter(account_id=account.pk).exclude(action__in=SAID_ELSEWHERE)
        if scope.hides("invoicing"):
            audited = audited.exclude(target=INVOICING_TARGET)
        entries = list(_after(audited, CHANGE_SOURCE, cursor).order_by("-at", "-pk")[: size + 1])
    merged: list[tuple[datetime, int, int, Note | AuditEntry]] = sorted(
        [*((note.at, NOTE_SOURCE, note.pk, note) for note in notes), *((entry.at, CHANGE_SOURCE, entry.pk, entry) for entry in entries)],
        key=lambda row: (-row[0].timestamp(), row[1], -row[2]),
    )
    page = merged[:size]
    following = encode_cursor(page[-1][:3]) if len(merged) > size else None
    rows_of_page: list[Note | AuditEntry] = [row for _at, _source, _pk, row in page]
    words = _Words(scope, [row for row in rows_of_page if isinstance(row, AuditEntry)])
    may_edit = bool(access.can_edit(scope, account)) if any(isinstance(row, Note) for row in rows_of_page) else False
    return Timeline([_note_event(scope, row, may_edit) if isinstance(row, Note) else words.event(row) for row in rows_of_page], following)


def recent(scope: Scope, account: Account, *, at_most: int = 5) -> list[Event]:
    """The newest entries that people wrote."""
    return timeline(scope, account, only=NOTES, size=at_most).events


def _after(rows: QuerySet[Any], source: int, cursor: str | None) -> QuerySet[Any]:
    if not cursor:
        return rows
    at, place, pk = decode_cursor(cursor)
    same = Q(at=at, pk__lt=pk) if place == source else Q(at=at) if place < source else Q(pk__in=[])
    return rows.filter(Q(at__lt=at) | same)


def _note_event(scope: Scope, note: Note, may_edit: bool) -> Event:
    kind = str(note.get_kind_display())
    title = _("%(kind)s with %(contact)s") % {"kind": kind, "contact": note.contact.name} if note.contact else kind
    own = scope.can("*") or scope.can("accounts.edit_all") or note.author_id is None or note.author_id in scope.user_ids
    return Event(
        at=note.at,
        who=str(note.author) if note.author else "",
        title=title,
        text=note.text,
        icon=ICONS.get(note.kind, "note"),
        tone="green" if note.is_contact_made else "",
        note=note,
        may_edit=may_edit and own,
    )


class _Words:
    """Turns audit entries into words; what ids stand for is read once for the whole page."""

    def __init__(self, scope: Scope, entries: Sequence[AuditEntry]) -> None:
        self.scope = scope
        self.models = {model._meta.label_lower: model for model in apps.get_models()}
        self.labels = (
            {field.key: field.label for field in CustomField.objects.order_by("pk")}
            if any("custom" in entry.changes for entry in entries)
            else {}
        )
        wanted: dict[type[Model], set[int]] = {}
        for entry in entries:
            for name, pair in entry.changes.items():
                field = self._field(entry.target, name)
                if field is not None and field.related_model is not None:
                    wanted.setdefault(field.related_model, set()).update(value for value in _pair(pair) if isinstance(value, int))
        self.names = {model: self._names_of(model, ids) for model, ids in wanted.items()}

    def event(self, entry: AuditEntry) -> Event:
        verb = entry.action.rsplit(".", 1)[-1]
        sentence = ACTIONS.get(entry.action) or ACTIONS.get(f"*.{verb}") or ACTIONS["*"]
        changes = tuple(self._changes(entry))
        return Event(
            at=entry.at,
            who=entry.actor_name,
            title=str(sentence),
            text=self._summary(entry),
            icon=ICONS.get(entry.action) or ICONS.get(verb, "pencil"),
            tone="",
            changes=changes,
        )

    def _summary(self, entry: AuditEntry) -> str:
        text = entry.summary
        if self.scope.hides("phone"):
            text = re.sub(r"\+?\d[\d\s-]{6,}\d", lambda found: masked_phone(found.group()), text)
        return "" if any(isinstance(pair, list) and text in _pair(pair) for pair in entry.changes.values()) else text

    def _changes(self, entry: AuditEntry) -> Iterable[Change]:
        if entry.action in SAID_BY_THE_SENTENCE:
            return
        if entry.action in CODED:
            names, codes = CODED[entry.action]
            for name, pair in entry.changes.items():
                before, after = (str(codes.get(value, "—")) for value in _pair(pair))
                yield Change(str(names.get(name, name)), before, after)
            return
        for name, pair in entry.changes.items():
            if name == "custom":
                yield from self._custom(pair)
                continue
            before, after = _pair(pair)
            yield Change(self._label(entry.target, name), self._value(entry.target, name, before), self._value(entry.target, name, after))

    def _custom(self, pair: Any) -> Iterable[Change]:
        before, after = ({} if not isinstance(value, dict) else value for value in _pair(pair))
        for key in sorted(before.keys() | after.keys()):
            if before.get(key) != after.get(key):
                yield Change(self.labels.get(key, key), _plain(before.get(key)), _plain(after.get(key)))

    def _field(self, target: str, name: str) -> Any:
        model = self.models.get(target)
        if model is None:
            return None
        try:
            return model._meta.get_field(name)
        except FieldDoesNotExist:
            return None

    def _label(self, target: str, name: str) -> str:
        if name in FIELDS:
            return str(FIELDS[name])
        field = self._field(target, name)
        if field is None:
            return name
        label = str(getattr(field, "verbose_name", name))
        return label[:1].upper() + label[1:]

    def _value(self, target: str, name: str, value: Any) -> str:
        if value is None or value == "" or value == {} or value == []:
            return "—"
        if self._is_hidden(name):
            return HIDDEN
        if name in PHONE_FIELDS and self.scope.hides("phone"):
            return masked_phone(str(value))
        if name == "jobs":
            return _jobs(str(value))
        if name == "ways":
            return self._ways(str(value))
        field = self._field(target, name)
        if field is None:
            return str(dict(ContactWay.Kind.choices).get(value, value)) if isinstance(value, str) else _plain(value)
        if field.related_model is not None:
            return self.names.get(field.related_model, {}).get(value, _("no longer known")) if isinstance(value, int) else str(value)
        if field.choices:
            return str(dict(field.flatchoices).get(value, value))
        if name.endswith("_at") or name == "at":
            return _moment(str(value))
        return _plain(value)

    def _is_hidden(self, name: str) -> bool:
        return (
            (name in COST_FIELDS and self.scope.hides("cost"))
            or (name in AMOUNT_FIELDS and self.scope.hides("amount"))
            or (name in INVOICING_FIELDS and self.scope.hides("invoicing"))
        )

    def _ways(self, text: str) -> str:
        kinds = dict(ContactWay.Kind.choices)
        parts: list[str] = []
        for way in text.split("; "):
            kind, _blank, value = way.partition(" ")
            shown = masked_phone(value) if self.scope.hides("phone") and "@" not in value else value
            parts.append(f"{kinds.get(kind, kind)} {shown}")
        return "、".join(parts) if _is_chinese() else ", ".join(parts)

    def _names_of(self, model: type[Model], ids: set[int]) -> dict[int, str]:
        rows: QuerySet[Any] = model._default_manager.filter(pk__in=ids).order_by("pk")
        if model is Account:  # the name of a company that is not shared stays unknown
            seen = set(Account.objects.visible_to(self.scope).filter(pk__in=ids).order_by().values_list("pk", flat=True))
            return {row.pk: str(row) if row.pk in seen else _("a company not shared with you") for row in rows}
        return {row.pk: str(row) for row in rows}


def _pair(pair: Any) -> tuple[Any, Any]:
    return (pair[0], pair[1]) if isinstance(pair, (list, tuple)) and len(pair) == 2 else (None, pair)


def _plain(value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(item)}" for key, item in value.items())
    return str(value)


def _moment(text: str) -> str:
    parsed = parse_datetime(text)
    return date_format(timezone.localtime(parsed), "Y-m-d H:i") if parsed else text


def _jobs(text: str) -> str:
    codes: dict[str, Any] = {**dict(ContactJob.Department.choices), **dict(ContactJob.Level.choices), "FORMER": _("former")}
    return "; ".join(" · ".join(str(codes.get(part, part)) for part in job.split(" · ")) for job in text.split("; "))


def _is_chinese() -> bool:
    return (get_language() or "zh").startswith("zh")
