"""C-01, C-02, C-03, C-04, C-06: the account dossier, its completeness, its age, and the questions it leaves open.

completeness = filled required fields / required fields, 8 background + 4 competitor + 6 project fields = 18.
The fields stand in the source; questions, the two further competitor fields' place and 180 days are design values.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from dingke.accounts.calc.dossier_fields import FIELD_OF, FIELDS, SOURCE_OF, DossierField, FieldGroup, InformationSource


class QuestionCause(StrEnum):
    EMPTY = "EMPTY"
    STALE = "STALE"


@dataclass(frozen=True)
class DossierSettings:
    """An entry older than ``stale_days`` has to be confirmed again."""

    stale_days: int = 180

    def __post_init__(self) -> None:
        if self.stale_days < 1:
            raise ValueError("an entry may be stale after one day at the earliest")


@dataclass(frozen=True)
class DossierEntry:
    """One recorded value. ``source`` is a key of ``SOURCES`` or "" (not stated)."""

    field_key: str
    value: str
    recorded_on: date
    source: str = ""

    def __post_init__(self) -> None:
        if self.field_key not in FIELD_OF:
            raise ValueError(f"the dossier has no field {self.field_key!r}")
        if self.source and self.source not in SOURCE_OF:
            raise ValueError(f"{self.source!r} is not a source of information")

    @property
    def is_filled(self) -> bool:
        return bool(self.value.strip())


@dataclass(frozen=True)
class Completeness:
    """``percent`` is a whole number, half up: 13 of 18 = 72. 100 is kept for a full dossier, and an empty set of
    fields has none.
    """

    filled: int
    required: int

    @property
    def ratio(self) -> Decimal:
        return Decimal(self.filled) / self.required if self.required else Decimal(0)

    @property
    def percent(self) -> int:
        shown = int((self.ratio * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
        return 99 if shown == 100 and self.filled < self.required else shown


@dataclass(frozen=True)
class OpenQuestion:
    """A field to ask about at the next visit. ``age_days`` of the last entry, None when the field is empty."""

    field: DossierField
    cause: QuestionCause
    age_days: int | None = None


@dataclass(frozen=True)
class SourceAge:
    """How much a source has given and how old it is; ``source`` None = not stated."""

    source: InformationSource | None
    entries: int
    stale: int
    newest_days: int
    oldest_days: int


DEFAULT_SETTINGS = DossierSettings()


def completeness(entries: Iterable[DossierEntry], *, group: FieldGroup | None = None) -> Completeness:
    """C-06: filled required fields against required fields, of the whole dossier or one group. Several entries of a
    field count once.
    """
    required = {field.key for field in FIELDS if field.required and group in (None, field.group)}
    filled = {entry.field_key for entry in entries if entry.is_filled} & required
    return Completeness(filled=len(filled), required=len(required))


def is_stale(recorded_on: date, *, today: date, settings: DossierSettings = DEFAULT_SETTINGS) -> bool:
    """C-06: older than 180 days; on day 180 an entry is still good."""
    return (today - recorded_on).days > settings.stale_days


def open_questions(
    entries: Iterable[DossierEntry],
    *,
    today: date,
    group: FieldGroup | None = None,
    settings: DossierSettings = DEFAULT_SETTINGS,
) -> tuple[OpenQuestion, ...]:
    """C-03, C-06: every empty or stale field as a question, required empty ones first, then by the order of the
    dossier.
    """
    newest: dict[str, date] = {}
    for entry in entries:
        if entry.is_filled:
            newest[entry.field_key] = max(newest.get(entry.field_key, entry.recorded_on), entry.recorded_on)
    questions: list[OpenQuestion] = []
    for field in FIELDS:
        if group not in (None, field.group):
            continue
        recorded_on = newest.get(field.key)
        if recorded_on is None:
            questions.append(OpenQuestion(field, QuestionCause.EMPTY))
        elif is_stale(recorded_on, today=today, settings=settings):
            questions.append(OpenQuestion(field, QuestionCause.STALE, (today - recorded_on).days))
    return tuple(sorted(questions, key=lambda asked: (not asked.field.required, asked.cause is QuestionCause.STALE)))


def information_by_source(
    entries: Iterable[DossierEntry], *, today: date, settings: DossierSettings = DEFAULT_SETTINGS
) -> tuple[SourceAge, ...]:
    """C-04: filled entries counted by source with their age, most entries first."""
    ages: dict[str, list[int]] = {}
    stale: dict[str, int] = {}
    for entry in entries:
        if entry.is_filled:
            ages.setdefault(entry.source, []).append((today - entry.recorded_on).days)
            old = is_stale(entry.recorded_on, today=today, settings=settings)
            stale[entry.source] = stale.get(entry.source, 0) + old
    rows = [
        SourceAge(SOURCE_OF.get(key), entries=len(days), stale=stale[key], newest_days=min(days), oldest_days=max(days))
        for key, days in sorted(ages.items())
    ]
    return tuple(sorted(rows, key=lambda row: -row.entries))
