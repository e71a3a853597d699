"""The dossier of one account as its page shows it: gaps, facts in force, older facts, rivals, questions, sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.calc import dossier as calc
from dingke.accounts.calc.dossier_fields import FIELD_OF, FIELDS, GROUP_LABELS, SOURCE_OF, DossierField, FieldGroup
from dingke.accounts.calc.masking import masked_phone
from dingke.accounts.models import Account, AccountCompetitor, Competitor, DossierEntry, Question
from dingke.accounts.queries.contacts import People, people_at
from dingke.core import lists, rules
from dingke.core.access import Answer
from dingke.core.errors import NotVisible
from dingke.core.models import ListItem
from dingke.core.scope import Scope
from dingke.core.tables_out import CellKind, OutColumn

SOURCES = "info_sources"  # C-04
RULES = "accounts.dossier"
_NUMBER = re.compile(r"\+?\d[\d \-]{5,}\d")
# C-02: dossier field -> columns of a rival that fill it
RIVAL_COLUMNS: dict[str, tuple[str, ...]] = {
    "RIVAL_USE": ("product_use",),
    "RIVAL_SATISFACTION": ("satisfaction",),
    "RIVAL_SELLER": ("representative", "selling_style"),
    "RIVAL_RELATION": ("relation",),
    "RIVAL_PRICE": ("price_note",),
    "RIVAL_RECOGNITION": ("recognition",),
}


@dataclass(frozen=True)
class Block:
    """One field: the entry in force, the older ones, and what the contacts say about it."""

    field: DossierField
    newest: DossierEntry | None
    older: tuple[DossierEntry, ...]
    age_days: int | None
    is_stale: bool
    from_contacts: str = ""


@dataclass(frozen=True)
class Section:
    group: FieldGroup
    label: str
    completeness: calc.Completeness
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Gap:
    """A question for the next visit: an empty or stale field, or one that somebody wrote down."""

    field: DossierField | None
    text: str
    age_days: int | None = None
    is_stale: bool = False
    question: Question | None = None


@dataclass(frozen=True)
class RivalRow:
    rival: AccountCompetitor
    age_days: int
    is_stale: bool
    earlier: int


@dataclass(frozen=True)
class SourceRow:
    label: str
    entries: int
    stale: int
    newest: date
    oldest: date


@dataclass(frozen=True)
class Dossier:
    account: Account
    completeness: calc.Completeness
    sections: tuple[Section, ...]
    rivals: tuple[RivalRow, ...]
    rival_completeness: calc.Completeness
    gaps: tuple[Gap, ...]
    answered: tuple[Question, ...]
    sources: tuple[SourceRow, ...]
    stale: int
    stale_days: int
    today: date
    can_edit: Answer
    can_export: bool


@dataclass(frozen=True)
class State:
    """What a tab or a card says of a dossier: required fields known, and known ones that are older than the limit."""

    completeness: calc.Completeness
    stale: int
    stale_days: int


def settings_in_force() -> calc.DossierSettings:
    """C-06: after how many days an entry has to be confirmed; an administrator sets it."""
    return rules.load(RULES, calc.DossierSettings)


def dossier_of(scope: Scope, account: Account, *, today: date) -> Dossier:
    """Everything of the dossier page; the number of queries does not depend on how much is known."""
    settings = settings_in_force()
    entries = list(
        DossierEntry.objects.visible_to(scope)
        .current()
        .filter(account=account)
        .select_related("source", "entered_by", "contact")
        .order_by("field", "-as_of_date", "-pk")
    )
    if scope.hides("phone"):
        for entry in entries:
            if entry.field == "CONTACT_WAYS":  # numbers are masked for roles that do not see them
                entry.text = _NUMBER.sub(lambda found: masked_phone(found.group()), entry.text)
    rivals = _rivals(scope, account)
    questions = list(Question.objects.visible_to(scope).current().filter(account=account).select_related("asked_by").order_by("-pk")[:200])
    facts = [*_facts(entries), *_rival_facts(rivals)]
    people = people_at(scope, account)
    found = calc.open_questions(facts, today=today, settings=settings)
    stale = sum(question.cause is calc.QuestionCause.STALE for question in found)
    return Dossier(
        account=account,
        completeness=calc.completeness(facts),
        sections=tuple(
            Section(
                group,
                _label(GROUP_LABELS[group]),
                calc.completeness(facts, group=group),
                tuple(_blocks(group, entries, people, today, settings)),
            )
            for group in (FieldGroup.BACKGROUND, FieldGroup.PROJECT)
        ),
        rivals=tuple(_rival_rows(rivals, today, settings)),
        rival_completeness=calc.completeness(facts, group=FieldGroup.COMPETITOR),
        gaps=(*_written(questions), *_computed(found)),
        answered=tuple(question for question in questions if question.answered_at is not None),
        sources=tuple(_by_source(entries, today, settings)),
        stale=stale,
        stale_days=settings.stale_days,
        today=today,
        can_edit=access.can_edit(scope, account),
        can_export=scope.can("exports.run") or scope.can("*"),
    )


def state_of(scope: Scope, account: Account, *, today: date) -> State:
    """Completeness and age for a tab, a card or the next step: three queries."""
    settings = settings_in_force()
    entries = (
        DossierEntry.objects.visible_to(scope)
        .current()
        .filter(account=account)
        .select_related("source")
        .order_by("field", "-as_of_date", "-pk")
    )
    facts = [*_facts(entries), *_rival_facts(_rivals(scope, account))]
    stale = [asked for asked in calc.open_questions(facts, today=today, settings=settings) if asked.cause is calc.QuestionCause.STALE]
    return State(calc.completeness(facts), len(stale), settings.stale_days)


def entry_for(scope: Scope, entry_id: int) -> DossierEntry:
    """One entry with its account, archived ones included. Raises `NotVisible`."""
    entry = (
        DossierEntry.objects.visible_to(scope)
        .select_related("account", "account__owner", "source", "contact", "entered_by")
        .filter(pk=entry_id)
        .order_by("pk")
        .first()
    )
    if entry is None:
        raise NotVisible(_("There is no such entry, or it is not shared with you."))
    return entry


def question_for(scope: Scope, question_id: int) -> Question:
    question = Question.objects.visible_to(scope).select_related("account", "account__owner").filter(pk=question_id).order_by("pk").first()
    if question is None:
        raise NotVisible(_("There is no such question, or it is not shared with you."))
    return question


def rival_for(scope: Scope, rival_id: int) -> AccountCompetitor:
    rival = (
        AccountCompetitor.objects.visible_to(scope)
        .select_related("account", "account__owner", "competitor", "source")
        .filter(pk=rival_id)
        .order_by("pk")
        .first()
    )
    if rival is None:
        raise NotVisible(_("There is no such competitor here, or the account is not shared with you."))
    return rival


def competitor_names() -> list[str]:
    """The company's one list of rivals, for the name field."""
    return list(Competitor.objects.order_by("name").values_list("name", flat=True)[:500])


def source_hint(source: ListItem | None) -> str:
    """C-04: what to mind with a source, e.g. an inside supporter: only what was given freely and lawfully."""
    known = SOURCE_OF.get(source.code) if source else None
    return _label(known.hint) if known and known.hint else ""


def source_choices() -> list[ListItem]:
    return list(lists.items(SOURCES))


def writable_fields() -> list[tuple[str, list[tuple[str, str]]]]:
    """Fields that an entry can be about, by group, for a pick list; what is known of rivals has a form of its own."""
    return [
        (_label(GROUP_LABELS[group]), [(field.key, _label(field.label)) for field in FIELDS if field.group is group])
        for group in (FieldGroup.BACKGROUND, FieldGroup.PROJECT)
    ]


def field_label(key: str) -> str:
    """The name of a dossier field in the reader's language; "" for none."""
    return _label(FIELD_OF[key].label) if key in FIELD_OF else ""


def as_table(dossier: Dossier) -> tuple[Sequence[OutColumn], Iterator[Sequence[Any]]]:
    """The dossier as rows of a file: every entry with source and day, every rival, every open question."""
    columns = [
        OutColumn(_("Part"), width=18),
        OutColumn(_("Field"), width=28),
        OutColumn(_("What we know"), width=60),
        OutColumn(_("Source"), width=22),
        OutColumn(_("As of"), CellKind.DATE),
        OutColumn(_("Entered by")),
        OutColumn(_("State"), width=18),
    ]

    def rows() -> Iterator[Sequence[Any]]:
        for section in dossier.sections:
            for block in section.blocks:
                name = _label(block.field.label)
                if block.newest is None:
                    yield section.label, name, "", "", None, "", _("unknown")
                for place, entry in enumerate([block.newest, *block.older] if block.newest else []):
                    state = _("earlier") if place else _("to be confirmed") if block.is_stale else _("in force")
                    yield section.label, name, entry.text, _source_text(entry), entry.as_of_date, str(entry.entered_by or ""), state
        for row in dossier.rivals:
            for key, columns_of in RIVAL_COLUMNS.items():
                text = "；".join(str(value) for column in columns_of if (value := getattr(row.rival, column)) not in {None, ""})
                if text:
                    part = f"{_label(GROUP_LABELS[FieldGroup.COMPETITOR])} · {row.rival.competitor}"
                    yield (
                        part,
                        _label(FIELD_OF[key].label),
                        text,
                        str(row.rival.source or ""),
                        row.rival.noted_date,
                        "",
                        _("to be confirmed") if row.is_stale else _("in force"),
                    )
        for gap in dossier.gaps:
            if gap.question is not None:
                yield _("Open questions"), "", gap.text, "", None, str(gap.question.asked_by or ""), _("open")

    return columns, rows()


def _label(label: Any) -> str:
    return str(label.text(get_language() or "zh"))


def _source_text(entry: DossierEntry) -> str:
    return f"{entry.source} · {entry.source_note}" if entry.source_note else str(entry.source)


def _facts(entries: Iterable[DossierEntry]) -> Iterator[calc.DossierEntry]:
    for entry in entries:
        if entry.field in FIELD_OF:
            source = entry.source.code if entry.source.code in SOURCE_OF else ""
            yield calc.DossierEntry(entry.field, entry.text, entry.as_of_date, source)


def _rivals(scope: Scope, account: Account) -> list[AccountCompetitor]:
    rows = AccountCompetitor.objects.visible_to(scope).current().filter(account=account).select_related("competitor", "source")
    return list(rows.order_by("-noted_date", "-pk"))


def _rival_facts(rivals: Iterable[AccountCompetitor]) -> Iterator[calc.DossierEntry]:
    for rival in rivals:
        source = rival.source.code if rival.source and rival.source.code in SOURCE_OF else ""
        for field, columns in RIVAL_COLUMNS.items():
            text = " ".join(str(value) for column in columns if (value := getattr(rival, column)) not in {None, ""})
            yield calc.DossierEntry(field, text, rival.noted_date, source)


def _blocks(
    group: FieldGroup, entries: Sequence[DossierEntry], people: People, today: date, settings: calc.DossierSettings
) -> Iterator[Block]:
    for field in FIELDS:
        if field.group is not group:
            continue
        own = [entry for entry in entries if entry.field == field.key]
        newest = own[0] if own else None
        yield Block(
            field=field,
            newest=newest,
            older=tuple(own[1:]),
            age_days=(today - newest.as_of_date).days if newest else None,
            is_stale=newest is not None and calc.is_stale(newest.as_of_date, today=today, settings=settings),
            from_contacts=_from_contacts(field.key, people),
        )


def _from_contacts(field: str, people: People) -> str:
    """What the contacts already say of departments, levels and ways (C-01 3, 4, 5): company for the written entry."""
    if field in {"DEPARTMENTS", "PEOPLE_LEVELS"}:
        counted: dict[str, int] = {}
        for person in people.here:
            for job in person.jobs:
                label = str(job.get_department_display() if field == "DEPARTMENTS" else job.get_level_display())
                counted[label] = counted.get(label, 0) + 1
        return " · ".join(f"{label} {number}" for label, number in counted.items())
    if field == "CONTACT_WAYS":
        reachable = sum(bool(person.ways) for person in people.here)
        return (
            _("%(reachable)s of %(people)s contacts can be reached") % {"reachable": reachable, "people": len(people.here)}
            if people.here
            else ""
        )
    return ""


def _rival_rows(rivals: Sequence[AccountCompetitor], today: date, settings: calc.DossierSettings) -> Iterator[RivalRow]:
    """The newest state of each rival, with the number of earlier ones."""
    earlier: dict[int, int] = {}
    for rival in rivals:
        earlier[rival.competitor_id] = earlier.get(rival.competitor_id, -1) + 1
    seen: set[int] = set()
    for rival in rivals:
        if rival.competitor_id not in seen:
            seen.add(rival.competitor_id)
            stale = calc.is_stale(rival.noted_date, today=today, settings=settings)
            yield RivalRow(rival, (today - rival.noted_date).days, stale, earlier[rival.competitor_id])


def _written(questions: Iterable[Question]) -> Iterator[Gap]:
    for question in questions:
        if question.answered_at is None:
            yield Gap(FIELD_OF.get(question.field), question.text, question=question)


def _computed(found: Iterable[calc.OpenQuestion]) -> Iterator[Gap]:
    for asked in found:
        if asked.field.required:
            yield Gap(asked.field, _label(asked.field.question), asked.age_days, asked.cause is calc.QuestionCause.STALE)


def _by_source(entries: Sequence[DossierEntry], today: date, settings: calc.DossierSettings) -> list[SourceRow]:
    grouped: dict[str, list[date]] = {}
    for entry in entries:
        grouped.setdefault(str(entry.source), []).append(entry.as_of_date)
    rows = [
        SourceRow(label, len(days), sum(calc.is_stale(day, today=today, settings=settings) for day in days), max(days), min(days))
        for label, days in grouped.items()
    ]
    return sorted(rows, key=lambda row: -row.entries)
