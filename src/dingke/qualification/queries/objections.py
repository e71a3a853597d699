"""Objections: the log of one deal, and what came of all that the caller sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Prefetch, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core.access import Answer
from dingke.core.errors import NotVisible
from dingke.core.reasons import Label
from dingke.core.scope import Scope
from dingke.library.calc import objections as reference
from dingke.library.models import Entry
from dingke.library.queries import entries as library
from dingke.pipeline.models import Opportunity
from dingke.qualification import access
from dingke.qualification.calc import objections as calc
from dingke.qualification.models import DemoPlan, Objection, ObjectionStep

PERIODS = (90, 365, 0)  # days back; 0 = all


@dataclass(frozen=True)
class StepView:
    row: reference.Named
    done: ObjectionStep | None
    may_take: bool


@dataclass(frozen=True)
class ObjectionLine:
    objection: Objection
    days: int
    steps: tuple[StepView, ...]
    causes: tuple[str, ...]
    standard: str
    kind_hint: str
    is_due: bool

    @property
    def next_step(self) -> StepView | None:
        return next((step for step in self.steps if step.may_take and step.done is None), None)


@dataclass(frozen=True)
class Objections:
    opportunity: Opportunity
    open: tuple[ObjectionLine, ...]
    closed: tuple[ObjectionLine, ...]
    state: calc.DealState
    is_too_quiet: bool
    hints: tuple[reference.Named, ...]
    can_log: Answer
    today: date


@dataclass(frozen=True)
class OutcomeRow:
    outcome: calc.Outcome
    label: str
    entry_id: int | None = None


@dataclass(frozen=True)
class Figures:
    days: int
    total: int
    open: int
    settled: int
    median_days: float | None
    by_kind: tuple[OutcomeRow, ...]
    by_cause: tuple[OutcomeRow, ...]
    by_standard: tuple[OutcomeRow, ...]
    by_answer: tuple[OutcomeRow, ...]

    @property
    def own_causes(self) -> tuple[OutcomeRow, ...]:
        """Causes on our own side (J-03): what coaching starts from."""
        own = {row.code for row in reference.SELLER_CAUSES}
        return tuple(row for row in self.by_cause if row.outcome.key in own)


def objections_of(scope: Scope, opportunity: Opportunity, *, today: date) -> Objections:
    """The log of one deal; the number of queries does not depend on how long it is."""
    rows = list(
        Objection.objects.filter(opportunity=opportunity, archived_at__isnull=True)
        .select_related("contact", "real_issue", "entry", "opened_by", "settled_by", "todo")
        .prefetch_related(Prefetch("steps", ObjectionStep.objects.select_related("by").order_by("pk")))
        .order_by("-opened_date", "-pk")
    )
    lines = [_line(row, today) for row in rows]
    state = calc.state_of([logged(row) for row in rows], today=today)
    return Objections(
        opportunity=opportunity,
        open=tuple(line for line in lines if not line.objection.result),
        closed=tuple(line for line in lines if line.objection.result),
        state=state,
        is_too_quiet=calc.is_too_quiet(is_past_demo=_is_past_demo(opportunity, today), total=state.total),
        hints=reference.HINTS,
        can_log=access.can_log_objection(scope, opportunity),
        today=today,
    )


def _is_past_demo(opportunity: Opportunity, today: date) -> bool:
    return DemoPlan.objects.filter(opportunity=opportunity, held_date__lte=today, archived_at__isnull=True).exists()


def logged(row: Objection) -> calc.Logged:
    return calc.Logged(
        opened=row.opened_date,
        settled=row.settled_date,
        result=row.result,
        kind=row.kind,
        causes=tuple(row.causes),
        standard=row.standard,
        entry_id=row.entry_id,
    )


def _line(row: Objection, today: date) -> ObjectionLine:
    done = {step.action: step for step in row.steps.all()}
    steps = tuple(
        StepView(named, done.get(named.code), not row.result and named.code not in done and calc.may_take(named.code, done))
        for named in reference.STEPS
    )
    kind = reference.find(reference.KINDS, row.kind)
    standard = reference.find(reference.STANDARD, row.standard)
    return ObjectionLine(
        objection=row,
        days=calc.days_open(row.opened_date, row.settled_date, today=today),
        steps=steps,
        causes=tuple(cause_label(code) for code in row.causes),
        standard=text_of(standard.label) if standard else "",
        kind_hint=text_of(kind.hint) if kind else "",
        is_due=not row.result and row.due_date is not None and row.due_date <= today,
    )


def objection_for(scope: Scope, objection_id: int) -> Objection:
    """One objection with its deal, archived ones included. Raises `NotVisible`."""
    row = (
        Objection.objects.visible_to(scope)
        .select_related(
            "opportunity",
            "opportunity__account",
            "opportunity__account__owner",
            "opportunity__owner",
            "contact",
            "real_issue",
            "entry",
            "todo",
        )
        .filter(pk=objection_id)
        .order_by("pk")
        .first()
    )
    if row is None:
        raise NotVisible(_("There is no such objection, or the deal is not shared with you."))
    return row


def line_of(row: Objection, *, today: date) -> ObjectionLine:
    return _line(row, today)


def answers_for(scope: Scope, standard: str, *, today: date) -> list[Entry]:
    """What the library answers to a standard objection: the entry of the eight and the talk tracks about it, most useful first."""
    if not (scope.can("library.see") or scope.can("*")) or reference.find(reference.STANDARD, standard) is None:
        return []
    main = library.by_code(scope, reference.entry_code(standard), today=today)
    if main is None:
        return []
    return [main, *library.entries(scope, about=main.pk, today=today).order_by("-worked_count", "position", "pk")[:8]]


def all_answers(scope: Scope, *, today: date) -> QuerySet[Entry]:
    """Every answer that may be picked for an objection."""
    if not (scope.can("library.see") or scope.can("*")):
        return Entry.objects.none()
    return library.entries(scope, kinds=[Entry.Kind.OBJECTION, Entry.Kind.SCRIPT], today=today)


def figures(scope: Scope, *, today: date, days: int = 0) -> Figures:
    """How often objections were settled and how long it took, over the deals the caller sees: by kind, cause, standard, answer."""
    rows = Objection.objects.visible_to(scope).current()
    if days:
        rows = rows.filter(opened_date__gte=today - timedelta(days=days))
    fields = ("opened_date", "settled_date", "result", "kind", "causes", "standard", "entry_id")
    data = [
        calc.Logged(opened, settled, result, kind, tuple(causes), standard, entry_id)
        for opened, settled, result, kind, causes, standard, entry_id in rows.order_by("pk").values_list(*fields)
    ]
    by_answer = calc.outcomes(data, "entry")
    titles = {entry.pk: entry.title for entry in library.entries(scope, today=today).filter(pk__in=[int(one.key) for one in by_answer])}
    whole = calc.outcomes([calc.Logged(one.opened, one.settled, one.result, "ALL") for one in data], "kind")
    kinds = {row.code: text_of(row.label) for row in reference.KINDS}
    standards = {row.code: text_of(row.label) for row in reference.STANDARD}
    return Figures(
        days=days,
        total=len(data),
        open=sum(not one.result for one in data),
        settled=whole[0].settled if whole else 0,
        median_days=whole[0].median_days if whole else None,
        by_kind=_rows(calc.outcomes(data, "kind"), kinds),
        by_cause=tuple(OutcomeRow(one, cause_label(one.key)) for one in calc.outcomes(data, "cause")),
        by_standard=_rows(calc.outcomes(data, "standard"), standards),
        by_answer=tuple(
            OutcomeRow(one, titles.get(int(one.key), _("an answer that was retired")), int(one.key) if int(one.key) in titles else None)
            for one in by_answer
        ),
    )


def _rows(outcomes: Sequence[calc.Outcome], labels: dict[str, str]) -> tuple[OutcomeRow, ...]:
    return tuple(OutcomeRow(one, labels.get(one.key, one.key)) for one in outcomes)


def cause_label(code: str) -> str:
    named = reference.find((*reference.CUSTOMER_CAUSES, *reference.SELLER_CAUSES), code)
    return text_of(named.label) if named else code


def text_of(label: Label) -> str:
    return label.text(get_language() or "zh")
