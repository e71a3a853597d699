"""Assessments for people to read: one account's with why and trend, several side by side, the list with what is due, the preview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Prefetch
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.models import Account, Standing
from dingke.accounts.queries.account import account_for
from dingke.core.errors import NotVisible
from dingke.core.scope import Scope
from dingke.insights import access
from dingke.insights.calc import assessment as calc
from dingke.insights.calc.assessment import SENTENCES, AssessmentSettings, PartInput, PartScore, Result
from dingke.insights.calc.assessment_due import Trigger
from dingke.insights.calc.assessment_parts import DIMENSIONS, PARTS, PartGuide
from dingke.insights.models import Assessment, AssessmentPart, AssessmentStep
from dingke.insights.queries.assessment_due import DueRow, due_rows, rated, settings_in_force
from dingke.insights.queries.assessment_measures import Measured, measure

MOST_COMPARED = 5
HISTORY = 12
FINISHED = 100


@dataclass(frozen=True)
class ShownPart:
    """A part as the caller may see it: without figure, points and sentence where the role does not see what they tell."""

    score: PartScore
    row: AssessmentPart | None
    is_hidden: bool
    sentence: str

    @property
    def guide(self) -> PartGuide:
        return self.score.guide


@dataclass(frozen=True)
class Shown:
    """An assessment with its dimensions, parts and the rules it was judged by."""

    row: Assessment
    settings: AssessmentSettings
    result: Result
    parts: Mapping[str, Sequence[ShownPart]]

    @property
    def strategy(self) -> str:
        return self.settings.text(self.row.level, "strategy", get_language() or "zh-hans")

    @property
    def tier(self) -> str:
        return self.settings.text(self.row.level, "tier", get_language() or "zh-hans")

    @property
    def scores(self) -> list[Decimal | None]:
        """By dimension, in the order of the catalogue."""
        return [getattr(self.row, guide.dimension.lower()) for guide in DIMENSIONS]

    @property
    def is_by_profit(self) -> bool:
        """The financial value rests on profit and not on turnover."""
        return any(part.guide.code == "PROFIT" and part.score is not None for part in self.result.of("FINANCIAL").parts)


def with_parts(rows: object) -> list[Assessment]:
    return list(rows.prefetch_related(Prefetch("parts", AssessmentPart.objects.order_by("pk"))))  # type: ignore[attr-defined]


def shown(scope: Scope, row: Assessment) -> Shown:
    """From an assessment whose parts were prefetched: no query."""
    settings = AssessmentSettings.from_json(row.rules)
    stored = {part.code: part for part in row.parts.all()}
    result = calc.assess(inputs_of(row), settings)
    language = get_language() or "zh-hans"

    def part(one: PartScore) -> ShownPart:
        hidden = bool(one.guide.right) and scope.hides(one.guide.right)
        return ShownPart(one, stored.get(one.guide.code), hidden, "" if hidden else SENTENCES.text(one.how, language))

    return Shown(row, settings, result, {one.dimension.value: [part(score) for score in one.parts] for one in result.dimensions})


def inputs_of(row: Assessment) -> list[PartInput]:
    return [PartInput(part.code, part.value, part.place, part.rating) for part in row.parts.all()]


@dataclass(frozen=True)
class AccountAssessments:
    account: Account
    chosen: Shown | None
    history: Sequence[Assessment]
    steps: Sequence[AssessmentStep]
    in_progress: Assessment | None
    due: DueRow | None
    is_newest: bool
    may_assess: bool
    why_not: str
    hides_amount: bool
    hides_cost: bool

    @property
    def step_now(self) -> AssessmentStep | None:
        """The first step that is not done."""
        return next((step for step in self.steps if step.done_date is None), None)


def account_assessments(scope: Scope, account_id: int, *, today: date, assessment_id: int | None = None) -> AccountAssessments:
    """The assessments of one account, the newest or the asked one with its parts. A fixed number of queries. Raises `NotVisible`."""
    account = account_for(scope, account_id)
    history = list(rated().filter(account=account)[:HISTORY])
    asked = rated().filter(account=account)
    asked = asked.filter(pk=assessment_id) if assessment_id is not None else asked[:1]
    rows = with_parts(asked)
    if assessment_id is not None and not rows:
        raise NotVisible(_("There is no such assessment, or it is not shared with you."))
    in_progress = Assessment.objects.current().filter(account=account, state=Assessment.State.OPEN).order_by("-pk").first()
    current = in_progress or (rows[0] if rows else None)
    steps = AssessmentStep.objects.filter(assessment=current).select_related("owner").order_by("pk") if current else []
    answer = access.can_assess(scope, account)
    return AccountAssessments(
        account=account,
        chosen=shown(scope, rows[0]) if rows else None,
        history=history,
        steps=list(steps),
        in_progress=in_progress,
        due=next(iter(due_rows(scope, today=today, account_ids=[account.pk])), None),
        is_newest=bool(rows and history and rows[0].pk == history[0].pk),
        may_assess=bool(answer),
        why_not=answer.reason,
        hides_amount=scope.hides("amount"),
        hides_cost=scope.hides("cost"),
    )


@dataclass(frozen=True)
class Draft:
    """What the form of an assessment shows: the figures of the moment, or those of the assessment it corrects."""

    account: Account
    row: Assessment | None
    newest: Assessment | None
    before: Assessment | None
    shown: Mapping[str, Sequence[ShownPart]]
    settings: AssessmentSettings
    measured: Measured | None

    @property
    def corrects(self) -> bool:
        return self.row is not None and self.row.state == Assessment.State.DONE


def draft(scope: Scope, account_id: int, *, today: date, correct: bool = False) -> Draft:
    """For the form. Raises `NotVisible`; `NotAllowed` when the caller may not assess."""
    account = account_for(scope, account_id)
    access.can_assess(scope, account).enforce()
    newest = next(iter(with_parts(rated().filter(account=account)[:1])), None)
    row = Assessment.objects.current().filter(account=account, state=Assessment.State.OPEN).order_by("-pk").first()
    if row is None and correct and newest is not None and not newest.steps.filter(step="ADJUST", done_date__isnull=False).exists():
        return Draft(account, newest, newest, newest, shown(scope, newest).parts, AssessmentSettings.from_json(newest.rules), None)
    settings, measured = settings_in_force(), measure(account, today=today)
    fresh = Assessment(rules=settings.as_json())
    preview = calc.assess(measured.parts.values(), settings)
    language = get_language() or "zh-hans"

    def part(one: PartScore) -> ShownPart:
        hidden = bool(one.guide.right) and scope.hides(one.guide.right)
        return ShownPart(one, None, hidden, "" if hidden else SENTENCES.text(one.how, language))

    parts = {one.dimension.value: [part(score) for score in one.parts] for one in preview.dimensions}
    return Draft(account, row, newest, newest, parts, AssessmentSettings.from_json(fresh.rules), measured)


def assessment_for(scope: Scope, account_id: int) -> Assessment:
    """The assessment whose steps go on: in progress, else the newest. Raises `NotVisible`."""
    account = account_for(scope, account_id)
    found = Assessment.objects.current().filter(account=account).order_by("-state", "-assessed_date", "-pk").first()
    if found is None:
        raise NotVisible(_("This account has no assessment yet."))
    return found


# ---- several side by side ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Compared:
    account: Account
    shown: Shown | None
    standing: Standing | None


def comparison(scope: Scope, account_ids: Sequence[int]) -> list[Compared]:
    """Two to five accounts by their newest assessments, in the order asked; those that the caller does not see are left out."""
    wanted = list(dict.fromkeys(account_ids))[:MOST_COMPARED]
    accounts = Account.objects.visible_to(scope).filter(pk__in=wanted).select_related("owner", "standing").order_by("pk").in_bulk()
    newest: dict[int, Assessment] = {}
    for row in with_parts(rated().filter(account__in=accounts)):
        newest.setdefault(row.account_id, row)
    return [
        Compared(
            accounts[pk],
            shown(scope, newest[pk]) if pk in newest else None,
            getattr(accounts[pk], "standing", None),
        )
        for pk in wanted
        if pk in accounts
    ]


# ---- list and due -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ListFilter:
    show: str = "due"  # due | all | never
    level: str = ""
    owner: str = ""  # "" | mine
    trigger: str = ""


@dataclass(frozen=True)
class AssessmentList:
    rows: Sequence[DueRow]
    due: int
    number: int
    never: int
    levels: Mapping[str, int]


def assessment_list(scope: Scope, chosen: ListFilter, *, today: date) -> AssessmentList:
    """Assessed accounts and key accounts; what is overdue longest comes first. Three queries."""
    everything = due_rows(scope, today=today)
    rows = [row for row in everything if _matches(row, chosen, scope)]
    rows.sort(key=lambda row: (not row.is_due, _due_day(row), row.account.pinyin, row.account.pk))
    levels = {level: sum(1 for row in everything if row.assessment and row.assessment.level == level) for level in calc.LEVELS}
    return AssessmentList(
        rows=rows,
        due=sum(1 for row in everything if row.is_due),
        number=len(everything),
        never=sum(1 for row in everything if Trigger.NEVER in row.triggers),
        levels=levels,
    )


def _due_day(row: DueRow) -> date:
    return row.assessment.next_date if row.assessment and row.assessment.next_date else date.max


def _matches(row: DueRow, chosen: ListFilter, scope: Scope) -> bool:
    if chosen.show == "due" and not row.reasons:
        return False
    if chosen.show == "never" and Trigger.NEVER not in row.triggers:
        return False
    if chosen.level and (row.assessment is None or row.assessment.level != chosen.level):
        return False
    if chosen.owner == "mine" and row.account.owner_id != scope.me:
        return False
    return not chosen.trigger or chosen.trigger in row.triggers


# ---- what other rules would change --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WouldChange:
    account: Account
    total: Decimal | None
    level: str
    total_then: Decimal | None
    level_then: str


@dataclass(frozen=True)
class Preview:
    """`changes`: who would stand in another level by the rules asked; `number`: how many were looked at."""

    changes: Sequence[WouldChange]
    number: int
    levels: Mapping[str, int]
    levels_now: Mapping[str, int]


def preview(scope: Scope, settings: AssessmentSettings) -> Preview:
    """The newest assessment of every account judged by other rules; nothing is written. Two queries, within the caller's reach."""
    newest: dict[int, Assessment] = {}
    for row in with_parts(rated().visible_to(scope).filter(account__archived_at__isnull=True).select_related("account")):
        newest.setdefault(row.account_id, row)
    changes, now, then = [], dict.fromkeys(calc.LEVELS, 0), dict.fromkeys(calc.LEVELS, 0)
    for row in newest.values():
        result = calc.assess(inputs_of(row), settings)
        now[row.level] = now.get(row.level, 0) + 1
        then[result.level] = then.get(result.level, 0) + 1
        if result.level != row.level:
            changes.append(WouldChange(row.account, row.total, row.level, result.total, result.level))
    changes.sort(key=lambda one: (one.level, one.account.pinyin, one.account.pk))
    return Preview(changes, len(newest), then, now)


def human_parts() -> list[PartGuide]:
    return [part for part in PARTS if not part.is_measured]


def finished(scope: Scope, account_id: int) -> list[Shown]:
    """Every finished assessment of an account, the newest first, with its parts. Raises `NotVisible`."""
    account = account_for(scope, account_id)
    return [shown(scope, row) for row in with_parts(rated().filter(account=account)[:FINISHED])]
