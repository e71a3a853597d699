"""What an import hands to a domain action, and what comes back: one outcome per row, in the order of the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Model

from dingke.core.models import ImportRun
from dingke.core.reasons import Reason, Sentences
from dingke.core.scope import Scope

Mode = ImportRun.Mode
Said = tuple[str, str]  # (English, Chinese)


class Fate(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    JOINED = "joined"  # a further row of a record that is counted by its first one
    REFUSED = "failed"


@dataclass(frozen=True, slots=True)
class Written:
    """One row of the database that an import created, or changed: `before` maps a field to [old, new]."""

    model: str
    id: int
    is_created: bool
    before: dict[str, list[Any]] = field(default_factory=dict)


class Alike(StrEnum):
    """What a run does with a row that would create what seems to be there already."""

    CREATE = "CREATE"
    SKIP = "SKIP"
    UPDATE = "UPDATE"


@dataclass(frozen=True, slots=True)
class Resemblance:
    """What a new record resembles, in words; `href` leads to it when the person may see it."""

    text: Said
    href: str = ""


@dataclass(frozen=True, slots=True)
class Absent:
    """A record of the system that a file of everything does not name, and what happens to it; `href` leads to it."""

    name: str
    text: Said
    href: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row. `says` tells in words what it changes, for those who look before they write."""

    fate: Fate
    written: tuple[Written, ...] = ()
    reason: Said = ("", "")
    id: int | None = None
    alike: Resemblance | None = None
    says: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Rows of one transaction. `key` names the fields by which an existing record is found, joined by "+".

    A row maps field keys to typed values; a blank cell has no entry and changes nothing. `raw` has the same rows as the
    file writes them, header by header. An action that compares new records with what is there tells in `alike`, by the
    place of the row, what a row resembles. `groups` has the places of rows that make one record together, each row in one;
    either all of them are refused or none.
    """

    rows: Sequence[Mapping[str, Any]]
    mode: str
    key: str
    by: Scope
    now: datetime
    run_id: int | None = None
    raw: Sequence[Mapping[str, str]] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    alike: dict[int, Resemblance] = field(default_factory=dict)
    groups: Sequence[Sequence[int]] = ()

    @property
    def when_alike(self) -> Alike:
        """What to do with a row that would create what seems to be there already."""
        chosen = str(self.options.get("alike", ""))
        return Alike(chosen) if chosen in set(Alike) else Alike.CREATE

    @property
    def creates_related(self) -> bool:
        """Whether accounts and list entries that are named but not there are created on the way."""
        return bool(self.options.get("create_related"))


COMMON = Sentences(
    {
        "ALREADY_THERE": (
            "This is there already ({name}), and only new ones were to be created.",
            "该记录已存在（{name}），而本次导入只新建。",
        ),
        "NOT_THERE": ("There is nothing to update: no record fits {name}.", "没有可更新的记录：找不到{name}。"),
        "SEVERAL_FIT": (
            "More than one record fits {name}. Add a column that tells them apart.",
            "有多条记录与{name}匹配，请增加可以区分的列。",
        ),
        "NOT_ALLOWED": ("You may not change {name}.", "您无权修改{name}。"),
    }
)


def said(sentences: Sentences, code: str, /, **params: object) -> Said:
    reason = Reason(code, params)
    return sentences.text(reason, "en")[:500], sentences.text(reason, "zh")[:500]


def refused(sentences: Sentences, code: str, /, **params: object) -> Outcome:
    return Outcome(Fate.REFUSED, reason=said(sentences, code, **params))


def created(record: Model, *also: Written, says: tuple[Said, ...] = ()) -> Outcome:
    return Outcome(Fate.CREATED, (*also, Written(record._meta.label_lower, record.pk, True)), id=record.pk, says=says)


def updated(record: Model, changes: dict[str, list[Any]], *also: Written, says: tuple[Said, ...] = ()) -> Outcome:
    return Outcome(Fate.UPDATED, (*also, Written(record._meta.label_lower, record.pk, False, changes)), id=record.pk, says=says)


def unchanged(record: Model, *also: Written, says: tuple[Said, ...] = ()) -> Outcome:
    return Outcome(Fate.UNCHANGED, also, id=record.pk, says=says)


def apply_values(record: Model, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Sets fields (by attribute name) and returns what really changed, JSON-ready, as `Written.before` wants it."""
    changes: dict[str, list[Any]] = {}
    for name, value in values.items():
        old = getattr(record, name)
        if old != value:
            changes[name] = [plain(old), plain(value)]
            setattr(record, name, value)
    return changes


def plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int, str, list, dict)) else str(value)
