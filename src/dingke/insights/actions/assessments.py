"""Assessing an account: plan the four steps, rate, adjust (A-11, A-12)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.models import Account, Todo
from dingke.core import audit, bus, rules
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.periods import add_months
from dingke.core.scope import Scope
from dingke.insights import access
from dingke.insights.calc import assessment as calc
from dingke.insights.calc.assessment import AssessmentSettings, PartInput
from dingke.insights.calc.assessment_parts import PARTS, label_of, parts_of
from dingke.insights.calc.rules import key_of
from dingke.insights.events import AccountAssessed
from dingke.insights.models import Assessment, AssessmentPart, AssessmentStep
from dingke.insights.queries.assessment_due import rated, settings_in_force
from dingke.insights.queries.assessment_measures import measure
from dingke.people.models import User
from dingke.people.queries import scope_for

Step = AssessmentStep.Step
STEPS = (Step.COLLECT, Step.ANALYSE, Step.RATE, Step.ADJUST)
TODO_SOURCE = "assessment:"
_KEPT = ["state", "total", "level", "long_term", "customer_talk", "talk_date", "next_date", "adjustments"]
_SCORES = ["financial", "strategic", "loyalty", "word_of_mouth"]


class UnableToAssess(Refusal):
    """The assessment cannot be planned, rated or adjusted."""


@dataclass(frozen=True, slots=True)
class Rating:
    """What a person says of one part: points 0..100 (None: not rated), why, and by which evidence."""

    rating: Decimal | None = None
    note: str = ""
    evidence: str = ""
    link: str = ""
    evidence_date: date | None = None


@dataclass(frozen=True)
class Given:
    """The form of an assessment."""

    ratings: Mapping[str, Rating] = field(default_factory=dict)
    long_term: str = ""
    customer_talk: str = ""
    talk_date: date | None = None


@transaction.atomic
def plan_assessment(*, account: Account, plan: Mapping[str, tuple[User, date]], by: Scope, now: datetime) -> Assessment:
    """Names who does each of the four steps until when; begins an assessment when none is in progress."""
    access.can_assess(by, account).enforce()
    _check_plan(account, plan)
    Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
    row = open_assessment(account) or _newest_unadjusted(account)
    if row is None:
        row = Assessment.objects.create(account=account)
    changes: dict[str, list[str | None]] = {}
    for step in STEPS:
        owner, due = plan[step]
        known = AssessmentStep.objects.filter(assessment=row, step=step).first()
        if known is not None and known.done_date is not None:
            continue
        before = f"{known.owner}, {known.due_date}" if known else None
        AssessmentStep.objects.update_or_create(assessment=row, step=step, defaults={"owner": owner, "due_date": due})
        if before != f"{owner}, {due}":
            changes[step.value] = [before, f"{owner}, {due}"]
    if changes:
        audit.record(target=row, action="insights.plan_assessment", by=by, now=now, account_id=account.pk, changes=changes)
    return row


def _check_plan(account: Account, plan: Mapping[str, tuple[User, date]]) -> None:
    problems: dict[str, str] = {}
    last: date | None = None
    for step in STEPS:
        if step not in plan:
            raise Invalid(_("Each of the four steps needs a person and a day."), fields={f"owner_{step}": _("Choose a person.")})
        owner, due = plan[step]
        if not owner.is_active or not Account.objects.visible_to(scope_for(owner)).filter(pk=account.pk).exists():
            problems[f"owner_{step}"] = _("%(name)s does not see this account. Share it first.") % {"name": owner}
        if last is not None and due < last:
            problems[f"due_{step}"] = _("A step is not due before the one ahead of it.")
        last = due
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)


def open_assessment(account: Account) -> Assessment | None:
    return Assessment.objects.current().filter(account=account, state=Assessment.State.OPEN).order_by("-pk").first()


def _newest_unadjusted(account: Account) -> Assessment | None:
    """The newest rated one while its last step is not done: its plan and ratings may still be changed."""
    row = rated().filter(account=account).first()
    return row if row is not None and not row.steps.filter(step=Step.ADJUST, done_date__isnull=False).exists() else None


@transaction.atomic
def finish_step(*, assessment: Assessment, step: str, note: str, by: Scope, now: datetime) -> AssessmentStep:
    """Ticks collecting or analysing off, with a word on what was done. The rating and the adjustment have their own forms."""
    access.can_assess(by, assessment.account).enforce()
    row = AssessmentStep.objects.select_for_update(of=("self",)).filter(assessment=assessment, step=step).first()
    if row is None or step not in {Step.COLLECT, Step.ANALYSE}:
        raise UnableToAssess(_("There is no such step to tick off."))
    if not note.strip():
        raise Invalid(_("Say in a word what was done."), fields={"note": _("Say in a word what was done.")})
    if step == Step.ANALYSE and assessment.steps.filter(step=Step.COLLECT, done_date__isnull=True).exists():
        raise UnableToAssess(_("Collect the data first; then analyse it."))
    if row.done_date is None:
        row.done_date, row.done_by_name, row.note = timezone.localdate(now), by.name, note.strip()
        row.save()
        audit.record(
            target=assessment,
            action="insights.finish_step",
            by=by,
            now=now,
            account_id=assessment.account_id,
            summary=row.get_step_display(),
        )
    return row


@transaction.atomic
def save_assessment(
    *, account: Account, given: Given, by: Scope, now: datetime, expected_version: int | None = None, newest_seen: int | None = None
) -> Assessment:
    """Rates the account in four dimensions; fewer than four are refused. `expected_version` is that of the assessment which the form
    continues or corrects, 0 for a new one; `newest_seen` is the newest rated assessment that the form was begun beside, 0 for none.

    Figures and rules are those of the moment; an assessment that is corrected keeps the figures and rules it was judged by.
    Raises `Invalid` naming the fields to mend, and `StaleRecord` when somebody saved in between.
    """
    access.can_assess(by, account).enforce()
    today = timezone.localdate(now)
    _check(given, today)
    Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
    row = open_assessment(account) or (_newest_unadjusted(account) if expected_version else None)
    if row is None and newest_seen is not None and (newest := rated().filter(account=account).first()) and newest.pk != newest_seen:
        message = _("%(name)s has assessed this account while you were writing. Nothing of yours is lost: look at theirs, then save again.")
        raise UnableToAssess(message % {"name": newest.rated_by_name})
    if row is not None:
        yours = {"long_term": given.long_term, "customer_talk": given.customer_talk}
        row = locked(row, expected_version=expected_version or None, yours=yours)
    corrects = row is not None and row.state == Assessment.State.DONE
    if row is not None and corrects:
        settings = AssessmentSettings.from_json(row.rules)
        figures: Mapping[str, PartInput] = _stored_figures(row)
    else:
        settings, measured = settings_in_force(), measure(account, today=today)
        figures = measured.parts
    inputs = {**figures, **{code: PartInput(code, rating=one.rating) for code, one in given.ratings.items()}}
    result = calc.assess(inputs.values(), settings)
    if result.total is None:
        raise _too_few(result)
    if row is None:
        row = Assessment.objects.create(account=account)
        row.refresh_from_db()
    before_level, before = row.level, snapshot_of(row, _KEPT)
    if not corrects:
        previous = rated().filter(account=account).first()
        row.level_before = previous.level if previous else ""
        row.assessed_date, row.state = today, Assessment.State.DONE
        row.rules, row.rules_version = settings.as_json(), rules.in_force(key_of("assessment")).version
        row.measured_date, row.revenue_then, row.tied_then = measured.as_of_date, measured.revenue, measured.tied
        row.class_then, row.quiet_then = measured.abc, measured.is_quiet
    row.total, row.level, row.rated_by_name = result.total, result.level, by.name
    for name in _SCORES:
        setattr(row, name, result.of(name.upper()).score)
    row.long_term, row.customer_talk, row.talk_date = given.long_term.strip(), given.customer_talk.strip(), given.talk_date
    row.next_date = add_months(row.assessed_date or today, settings.months(row.level))
    row.save()
    _write_parts(row, inputs, given)
    _finish_up_to_rating(row, by=by, today=today)
    changes = audit.changes_between(before, snapshot_of(row, _KEPT))
    audit.record(target=row, action="insights.assess", by=by, now=now, account_id=account.pk, changes=changes, summary=row.level)
    for todo in Todo.objects.current().filter(account=account, source__startswith=TODO_SOURCE, done_at__isnull=True):
        todo.done_at = now
        todo.save()
        audit.record(target=todo, action="todos.finish", by=by, now=now, account_id=account.pk, summary=todo.title)
    if row.level != before_level:
        was = before_level if corrects else row.level_before
        bus.publish(
            AccountAssessed(assessment_id=row.pk, account_id=account.pk, before=was, after=row.level, by_id=by.user_id), now=now
        )  # fmt: skip
    return row


def _check(given: Given, today: date) -> None:
    problems: dict[str, str] = {}
    known = {part.code for part in PARTS if not part.is_measured}
    for code, one in given.ratings.items():
        if code not in known:
            raise UnableToAssess(_("There is no such part to rate."))
        if one.rating is not None and not 0 <= one.rating <= 100:
            problems[f"rating_{code}"] = _("0 to 100 points.")
        if one.rating is not None and not one.note.strip():
            problems[f"note_{code}"] = _("Say why: a rating needs its reason.")
        if one.rating is None and (one.note.strip() or one.evidence.strip() or one.link):
            problems[f"rating_{code}"] = _("You gave a reason but no points.")
        if one.evidence_date is not None and one.evidence_date > today:
            problems[f"date_{code}"] = _("The day lies in the future.")
    if not given.long_term.strip():
        problems["long_term"] = _("Look beyond today: what is its value and potential in the long term?")
    if not given.customer_talk.strip():
        problems["customer_talk"] = _("Talk with the customer first: what does it need and expect?")
    if given.talk_date is not None and given.talk_date > today:
        problems["talk_date"] = _("The day lies in the future.")
    if problems:
        raise Invalid(_("Nothing was saved yet. Please look at the marked fields."), fields=problems)


def _too_few(result: calc.Result) -> Invalid:
    """A-12 避免单一维度: which dimensions are missing, at the first part that a person can rate."""
    language = get_language() or "zh-hans"
    names = ("、" if language.startswith("zh") else ", ").join(label_of(dimension).text(language) for dimension in result.missing)
    message = _("All four dimensions are needed; this one is missing: %(names)s. Rate at least one part of it. Nothing you typed is lost.")
    first = {dimension: next(part for part in parts_of(dimension) if not part.is_measured) for dimension in result.missing}
    fields = {f"rating_{part.code}": _("Rate at least one part of this dimension.") for part in first.values()}
    return Invalid(message % {"names": names}, fields=fields)


def _stored_figures(row: Assessment) -> dict[str, PartInput]:
    measured = {part.code for part in PARTS if part.is_measured}
    return {part.code: PartInput(part.code, part.value, part.place) for part in row.parts.all() if part.code in measured}


def _write_parts(row: Assessment, inputs: Mapping[str, PartInput], given: Given) -> None:
    AssessmentPart.objects.filter(assessment=row).delete()
    parts: list[AssessmentPart] = []
    for guide in PARTS:
        one, said = inputs.get(guide.code), given.ratings.get(guide.code, Rating())
        if one is None or (one.value is None and one.rating is None):
            continue
        parts.append(
            AssessmentPart(
                assessment=row, code=guide.code, value=one.value, place=one.place, rating=one.rating, note=said.note.strip(),
                evidence=said.evidence.strip()[:300], link=said.link, evidence_date=said.evidence_date,
            )
        )  # fmt: skip
    AssessmentPart.objects.bulk_create(parts)


def _finish_up_to_rating(row: Assessment, *, by: Scope, today: date) -> None:
    """Whoever rates has collected and analysed; a step that nobody planned is the rater's, or the owner's."""
    owner = User.objects.filter(pk=by.me).first() or row.account.owner
    for step in STEPS:
        known = AssessmentStep.objects.filter(assessment=row, step=step).first()
        if known is None:
            if owner is None:
                continue
            due = row.next_date if step == Step.ADJUST and row.next_date else today
            known = AssessmentStep(assessment=row, step=step, owner=owner, due_date=due)
        if step != Step.ADJUST and known.done_date is None:
            known.done_date, known.done_by_name = today, by.name
        known.save()


@transaction.atomic
def adjust_cooperation(
    *, assessment: Assessment, adjustments: str, next_date: date, by: Scope, now: datetime, expected_version: int | None = None
) -> Assessment:
    """Step 4: what changes in service, product and form of cooperation, and when the account is assessed again."""
    access.can_assess(by, assessment.account).enforce()
    today = timezone.localdate(now)
    if assessment.state != Assessment.State.DONE:
        raise UnableToAssess(_("Rate the account first; then adjust service, product and cooperation."))
    problems: dict[str, str] = {}
    if not adjustments.strip():
        problems["adjustments"] = _("Say what changes; “nothing” is an answer too.")
    if next_date <= today:
        problems["next_date"] = _("The day of the next assessment lies in the future.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    row = locked(assessment, expected_version=expected_version, yours={"adjustments": adjustments, "next_date": next_date})
    before = snapshot_of(row, ["adjustments", "next_date"])
    row.adjustments, row.next_date = adjustments.strip(), next_date
    audit.save_with_audit(
        target=row, fields=["adjustments", "next_date"], action="insights.adjust_cooperation", by=by, now=now, before=before,
        account_id=row.account_id,
    )  # fmt: skip
    AssessmentStep.objects.filter(assessment=row, step=Step.ADJUST, done_date__isnull=True).update(done_date=today, done_by_name=by.name)
    return row


def steps_in_order(steps: Iterable[AssessmentStep]) -> list[AssessmentStep]:
    known = {step.step: step for step in steps}
    return [known[step] for step in STEPS if step in known]
