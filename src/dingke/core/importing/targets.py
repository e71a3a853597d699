"""What can be imported: the declarations of the domains, installed from config/wiring.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from django.db.models import Model

from dingke.core.importing.outcomes import Absent, Batch, Outcome
from dingke.core.reasons import Label
from dingke.core.scope import Scope
from dingke.core.tabular import mapping


class Kind(StrEnum):
    TEXT = "TEXT"
    WHOLE = "WHOLE"
    NUMBER = "NUMBER"
    MONEY = "MONEY"
    DATE = "DATE"
    YES_NO = "YES_NO"
    PHONE = "PHONE"
    CHOICE = "CHOICE"


@dataclass(frozen=True, slots=True)
class Choice:
    """A fixed value of a field: its code, both labels, other words people write."""

    code: str
    label: Label
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing a row may say. `known` lists the values that stand in the system (None when there are too many to
    offer), `refers_to` the target that brings such values, so that files of one run see each other."""

    key: str
    label: Label
    kind: Kind = Kind.TEXT
    required: bool = False
    synonyms: tuple[str, ...] = ()
    help: Label | None = None
    example: str = ""
    choices: tuple[Choice, ...] = ()
    known: Callable[[], Sequence[str] | None] | None = None
    refers_to: str = ""
    max_length: int = 200

    def for_mapping(self) -> mapping.Field:
        return mapping.Field(key=self.key, labels=(self.label.en, self.label.zh), synonyms=self.synonyms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Several rows make one record: those that agree in one of the ways `by` (field keys joined by "+", best first). Only
    where the file says one of `when`, what a row has for itself; otherwise a record that comes twice is a mistake."""

    by: tuple[str, ...]
    when: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportTarget:
    """A kind of row. `keys` are the ways to find an existing record, best first: field keys joined by "+".

    One of `needs_one_of` must be mapped where several fields can name the same thing. `automatic` fields are made from
    others and a running number when no column gives them. `names` is the field by which other files name these rows.
    `own_fields` gives the fields that the company added itself; `target` and its kin hand them out behind the declared ones.
    `likelihood` decides between targets that fit a file equally well. `finish` is called, with a batch without rows, when
    all rows are in: for what only then can be connected. Rows that hang together are written in one go: up to `whole` of
    them, when it says a number. `absent` tells which records of the system a whole file does not name; a target that has it
    is also tried row by row.
    """

    key: str
    label: Label
    fields: tuple[Field, ...]
    keys: tuple[str, ...]
    permission: str
    write: Callable[[Batch], list[Outcome]]
    own_fields: Callable[[], tuple[Field, ...]] | None = None
    finish: Callable[[Batch], list[Outcome]] | None = None
    whole: int = 0
    absent: Callable[[Batch], list[Absent]] | None = None
    needs_one_of: tuple[str, ...] = ()
    automatic: dict[str, tuple[str, ...]] = field(default_factory=dict)
    names: str = ""
    can_create_related: bool = False
    list_url: str = ""
    likelihood: int = 0
    grouping: Grouping | None = None
    icon: str = "table"

    def field(self, key: str) -> Field | None:
        return next((each for each in self.fields if each.key == key), None)

    def keys_for(self, mapped: Iterable[str]) -> list[str]:
        """The keys that these mapped fields allow, best first."""
        given = set(mapped)
        return [key for key in self.keys if set(key.split("+")) <= given]


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoRule:
    """How rows of a model are taken back. `part_of` names the fields of other tables ("accounts.SearchEntry.account") whose
    rows go with it; any other row that points to it means that somebody built on it. `changed` hears the ids of rows that
    were set back, `removing` the ids of rows that are about to go, and both happen inside `around` with their ids."""

    model: type[Model]
    part_of: frozenset[str] = frozenset()
    changed: Callable[[list[int]], None] | None = None
    removing: Callable[[list[int]], None] | None = None
    around: Callable[[list[int]], AbstractContextManager[Any]] = nullcontext
    name: Callable[[Any], str] = str


ScopeOf = Callable[[int | None], Scope]
_targets: dict[str, ImportTarget] = {}
_undo: dict[str, UndoRule] = {}
_scope_of: list[ScopeOf] = []
_computed: set[str] = set()


def install(targets: Iterable[ImportTarget], undo: Iterable[UndoRule], scope_of: ScopeOf, computed: Iterable[str] = ()) -> None:
    """Takes over the tables of config/wiring.py. `scope_of` gives the reach of the person who started a run; `computed`
    are models whose rows are computed anew at any time and so keep nothing from being undone."""
    _targets.clear()
    _targets.update({target.key: target for target in targets})
    _undo.clear()
    _undo.update({rule.model._meta.label_lower: rule for rule in undo})
    _scope_of[:] = [scope_of]
    _computed.clear()
    _computed.update(computed)


def target(key: str) -> ImportTarget:
    """KeyError when nothing of this name can be imported."""
    return _whole(_targets[key])


def known_target(key: str) -> ImportTarget | None:
    found = _targets.get(key)
    return _whole(found) if found else None


def all_targets() -> list[ImportTarget]:
    return [_whole(each) for each in _targets.values()]


def _whole(found: ImportTarget) -> ImportTarget:
    return replace(found, fields=(*found.fields, *found.own_fields())) if found.own_fields else found


def undo_rule(model_label: str) -> UndoRule | None:
    return _undo.get(model_label)


def is_computed(model_label: str) -> bool:
    return model_label in _computed


def scope_of(user_id: int | None) -> Scope:
    return _scope_of[0](user_id)
