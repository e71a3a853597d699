"""Reading the audit trail: filters, pages, words for records and fields, and putting one old value back.

What a record is called, where its page is, and which action of its domain writes a value is installed from config/wiring.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Field, Model, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from dingke.core.access import YES, Answer, needs, no
from dingke.core.errors import NotVisible, Refusal
from dingke.core.models import AuditEntry, snapshot_of
from dingke.core.paging import Page, keyset_page
from dingke.core.scope import Scope

SIZE = 50
MOST_ROWS = 20_000  # of one export
Words = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of record: what it is called, and the address of its page from its id and its account ("" for none)."""

    label: Words
    link: Callable[[int, int | None], str] = lambda _id, _account: ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restorer:
    """How an old value is put back: `load` finds the record for the caller (raises `NotVisible`), `write` calls the domain's own
    action with {field: value} and the version that was read, so that its rules, rights and locking hold.
    """

    fields: tuple[str, ...]
    load: Callable[[Scope, int], Model]
    write: Callable[..., object]  # (record=…, values=…, by=…, now=…, expected_version=…)


class UnableToRestoreValue(Refusal):
    """The old value was not put back."""


@dataclass(slots=True)
class _Installed:
    kinds: dict[str, Kind]
    actions: dict[str, Words]
    fields: dict[str, Words]
    restorers: dict[str, Restorer]


_installed = _Installed({}, {}, {}, {})


def install(
    *, kinds: Mapping[str, Kind], actions: Mapping[str, Words], fields: Mapping[str, Words], restorers: Mapping[str, Restorer]
) -> None:
    """Takes over the tables of config/wiring.py. `kinds` and `restorers` are by model label ("accounts.account")."""
    _installed.kinds, _installed.actions = dict(kinds), dict(actions)
    _installed.fields, _installed.restorers = dict(fields), dict(restorers)


# ---- reading -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailFilter:
    """Empty fields do not filter. `record` counts with `kind`; `action` may end with a dot for everything below it."""

    actor: int | None = None
    kind: str = ""
    record: int | None = None
    account: int | None = None
    field: str = ""
    action: str = ""
    since: date | None = None
    until: date | None = None

    def params(self) -> dict[str, str]:
        found = {
            "actor": self.actor, "kind": self.kind, "record": self.record, "account": self.account, "field": self.field,
            "action": self.action, "since": self.since, "until": self.until,
        }  # fmt: skip
        return {name: str(value) for name, value in found.items() if value not in (None, "")}

    def without(self, name: str) -> dict[str, str]:
        return {key: value for key, value in self.params().items() if key != name}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def filter_from(asked: Mapping[str, Any]) -> TrailFilter:
    """The filters of an address; what does not exist or makes no sense is left out."""
    kind, action = str(asked.get("kind", "")), str(asked.get("action", ""))
    found = TrailFilter(
        actor=_number(str(asked.get("actor", ""))),
        kind=kind if kind in _installed.kinds else "",
        record=_number(str(asked.get("record", ""))),
        account=_number(str(asked.get("account", ""))),
        field=str(asked.get("field", "")).strip()[:60],
        action=action if action in _installed.actions else "",
        since=_day(str(asked.get("since", ""))),
        until=_day(str(asked.get("until", ""))),
    )
    return found if found.kind else replace(found, record=None)


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _matching(filters: TrailFilter) -> QuerySet[AuditEntry]:
    rows = AuditEntry.objects.all()
    if filters.actor is not None:
        rows = rows.filter(actor_id=filters.actor)
    if filters.kind:
        rows = rows.filter(target=filters.kind)
    if filters.record is not None:
        rows = rows.filter(target_id=filters.record)
    if filters.account is not None:
        rows = rows.filter(account_id=filters.account)
    if filters.field:
        rows = rows.filter(changes__has_key=filters.field)
    if filters.action:
        rows = rows.filter(action=filters.action)
    if filters.since:
        rows = rows.filter(at__gte=_start_of(filters.since))
    if filters.until:
        rows = rows.filter(at__lt=_start_of(filters.until + timedelta(days=1)))
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field of an entry in words; `can_restore` says whether the old value can be put back from here."""

    field: str
    label: str
    before: str
    after: str
    can_restore: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailRow:
    """One entry as the page shows it."""

    entry: AuditEntry
    kind: str
    done: str
    link: str
    changes: Sequence[Change]


def trail_page(scope: Scope, filters: TrailFilter, *, cursor: str | None = None) -> tuple[list[TrailRow], str | None]:
    """One page of the trail, newest first, with the cursor of the next. References are named in one query per kind of record."""
    needs(scope, "audit.see").enforce()
    page: Page[AuditEntry] = keyset_page(_matching(filters), order=["-at", "-pk"], size=SIZE, cursor=cursor)
    return rows_of(page.items), page.next_cursor


def rows_of(entries: Sequence[AuditEntry]) -> list[TrailRow]:
    names = _names_of(entries)
    found = []
    for entry in entries:
        kind = _installed.kinds.get(entry.target)
        found.append(
            TrailRow(
                entry=entry, kind=kind_label(entry.target), done=action_label(entry.action),
                link=kind.link(entry.target_id, entry.account_id) if kind else "",
                changes=[_change(entry, name, value, names) for name, value in entry.changes.items()],
            )
        )  # fmt: skip
    return found


def _model(target: str) -> type[Model] | None:
    try:
        return apps.get_model(target)  # noqa: TID251 (the trail names records of every domain by their label)
    except (LookupError, ValueError):
        return None


def _field(target: str, name: str) -> Field[Any, Any] | None:
    model = _model(target)
    try:
        found = model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None
    return found if isinstance(found, Field) else None


def _related(field: Field[Any, Any] | None) -> type[Model] | None:
    found = field.related_model if field is not None and field.is_relation else None
    return found if isinstance(found, type) else None


def _pair(value: Any) -> tuple[Any, Any] | None:
    return (value[0], value[1]) if isinstance(value, list) and len(value) == 2 else None


def _names_of(entries: Sequence[AuditEntry]) -> dict[tuple[type[Model], int], str]:
    """The names of the records that changed references point to."""
    wanted: dict[type[Model], set[int]] = defaultdict(set)
    for entry in entries:
        for name, value in entry.changes.items():
            related, pair = _related(_field(entry.target, name)), _pair(value)
            if related is not None and pair is not None:
                wanted[related] |= {part for part in pair if isinstance(part, int) and not isinstance(part, bool)}
    return {
        (model, row.pk): str(row) for model, ids in wanted.items() for row in model._default_manager.filter(pk__in=ids).order_by("pk")
    }  # fmt: skip


def _shown(value: Any, field: Field[Any, Any] | None, names: Mapping[tuple[type[Model], int], str]) -> str:
    if value is None or value == "" or value == [] or value == {}:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    related = _related(field)
    if related is not None and isinstance(value, int):
        return names.get((related, value), f"#{value}")
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))  # type: ignore[attr-defined]
    if isinstance(value, list):
        return _(", ").join(_shown(part, None, names) for part in value)
    if isinstance(value, dict):
        return _(", ").join(f"{key}: {_shown(part, None, names)}" for key, part in value.items())
    return str(value)


def in_words(value: Any) -> str:
    """A value that belongs to no field of a record, such as the filters of an export."""
    return _shown(value, None, {})


def field_label(target: str, name: str) -> str:
    """What a field is called: by the table of words, else by its model, else its code."""
    if name in _installed.fields:
        return str(_installed.fields[name])
    field = _field(target, name)
    label = getattr(field, "verbose_name", name)
    return str(label) if isinstance(label, Promise) else name


def kind_label(target: str) -> str:
    kind = _installed.kinds.get(target)
    return str(kind.label) if kind else target


def action_label(action: str) -> str:
    table = _installed.actions
    return str(table.get(action) or table.get("*." + action.rpartition(".")[2]) or action)


def _change(entry: AuditEntry, name: str, value: Any, names: Mapping[tuple[type[Model], int], str]) -> Change:
    field, pair = _field(entry.target, name), _pair(value)
    before, after = pair if pair is not None else (None, value)
    return Change(
        field=name, label=field_label(entry.target, name), before=_shown(before, field, names), after=_shown(after, field, names),
        can_restore=bool(can_restore(entry, name)),
    )  # fmt: skip


def kinds() -> list[tuple[str, str]]:
    return sorted(((code, str(kind.label)) for code, kind in _installed.kinds.items()), key=lambda pair: pair[1])


def actions() -> list[tuple[str, str]]:
    return sorted(((code, str(words)) for code, words in _installed.actions.items() if "*" not in code), key=lambda pair: pair[1])


def export_rows(scope: Scope, filters: TrailFilter) -> Iterator[list[Any]]:
    """The matching entries for a file, a line for each changed field, newest first. Raises `Refusal` when there are too many."""
    needs(scope, "audit.see").enforce()
    rows = _matching(filters).order_by("-at", "-pk")
    if rows[: MOST_ROWS + 1].count() > MOST_ROWS:
        raise Refusal(_("More than %(number)s entries. Narrow the period, then export.") % {"number": f"{MOST_ROWS:,}"})
    batch: list[AuditEntry] = []
    for entry in rows.iterator(chunk_size=500):
        batch.append(entry)
        if len(batch) == 500:
            yield from _lines(batch)
            batch = []
    yield from _lines(batch)


def _lines(entries: Sequence[AuditEntry]) -> Iterator[list[Any]]:
    for row in rows_of(entries):
        entry = row.entry
        head = [entry.at, entry.actor_name, row.done, row.kind, entry.target_id, entry.summary]
        if not row.changes:
            yield [*head, "", "", ""]
        for change in row.changes:
            yield [*head, change.label, change.before, change.after]


# ---- putting one old value back ------------------------------------------------------------------------------------------


def entry_for(scope: Scope, entry_id: int) -> AuditEntry:
    needs(scope, "audit.see").enforce()
    entry = AuditEntry.objects.filter(pk=entry_id).first()
    if entry is None:
        raise NotVisible(_("There is no such entry."))
    return entry


def can_restore(entry: AuditEntry, name: str) -> Answer:
    """Whether the entry holds an old value of a field that its domain can write back."""
    pair = _pair(entry.changes.get(name))
    if pair is None or pair[0] == pair[1]:
        return no(_("This entry holds no old value of the field."))
    restorer = _installed.restorers.get(entry.target)
    if restorer is None or name not in restorer.fields:
        return no(_("This field cannot be put back from here: it follows from other things. Change it on its page."))
    return YES


def restore_value(*, entry: AuditEntry, field: str, by: Scope, now: datetime) -> Model:
    """Puts the value that the field had before this entry back, by the domain's own action: its rights, rules, locking and audit
    hold. Refused when the field was changed again since. Raises `UnableToRestoreValue` and what the action raises.
    """
    needs(by, "audit.see").enforce()
    answer = can_restore(entry, field)
    if not answer:
        raise UnableToRestoreValue(answer.reason)
    before, after = entry.changes[field]
    restorer = _installed.restorers[entry.target]
    record = restorer.load(by, entry.target_id)
    current = snapshot_of(record, [field])[field]
    if current != after:
        described = _field(entry.target, field)
        words = {"field": field_label(entry.target, field), "value": _shown(current, described, _current_name(described, current)) or "—"}
        raise UnableToRestoreValue(_("“%(field)s” was changed again since. It is now: %(value)s.") % words)
    value = _value(record, field, before)
    restorer.write(record=record, values={field: value}, by=by, now=now, expected_version=getattr(record, "version", None))
    return record


def _current_name(field: Field[Any, Any] | None, value: Any) -> dict[tuple[type[Model], int], str]:
    related = _related(field)
    row = related._default_manager.filter(pk=value).first() if related is not None and isinstance(value, int) else None
    return {(related, value): str(row)} if related is not None and row is not None else {}


def _value(record: Model, name: str, stored: Any) -> Any:
    """A stored value as the model holds it. Raises `UnableToRestoreValue` when what it pointed to is gone."""
    field = record._meta.get_field(name)
    related = _related(field if isinstance(field, Field) else None)
    if stored is None:
        return None
    if related is not None:
        row = related._default_manager.filter(pk=stored).first()
        if row is None:
            raise UnableToRestoreValue(_("What the field pointed to is gone."))
        return row
    try:
        return field.to_python(stored)  # type: ignore[union-attr]
    except ValidationError as error:
        raise UnableToRestoreValue(_("The old value does not fit the field any more.")) from error


def actors(scope: Scope) -> list[tuple[int, str]]:
    """Everybody who ever signed in here or could, to filter by."""
    needs(scope, "audit.see").enforce()
    people = _model("people.user")
    return [(row.pk, str(row)) for row in people._default_manager.order_by("pinyin", "pk")] if people else []
