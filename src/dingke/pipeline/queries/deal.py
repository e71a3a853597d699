"""The page of one deal: everything it shows, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.models import Contact, Note
from dingke.accounts.queries.contacts import pickable
from dingke.core.errors import NotVisible
from dingke.core.scope import Scope
from dingke.people.models import User
from dingke.pipeline import access
from dingke.pipeline.calc import buying
from dingke.pipeline.calc import cycle as cycles
from dingke.pipeline.calc import rules as family_rules
from dingke.pipeline.calc.playbook import Content, Proof, Stage, Step
from dingke.pipeline.calc.probability import Likelihood
from dingke.pipeline.checks.facts import confirmers_of, lines_of, rivals_of, steps_of
from dingke.pipeline.checks.steps import lacks
from dingke.pipeline.models import GateWaiver, Opportunity, OpportunityCompetitor, OpportunityLine, StageSpell, StepRun
from dingke.pipeline.queries.gates import Gate, GateLine, gates_of, gates_passed
from dingke.pipeline.queries.opportunity import opportunity_for
from dingke.pipeline.queries.playbooks import content_of, name_of, newest_published, pipeline_rules
from dingke.pipeline.queries.probability import likelihoods
from dingke.pipeline.queries.symptoms import symptoms_of, told
from dingke.pipeline.queries.tabs import ShownTab, tabs_for


@dataclass(frozen=True, slots=True)
class PhaseLine:
    """A stage on the bar. `state` is done, now or ahead; days as the deal spent them there."""

    code: str
    label: str
    purpose: str
    state: str
    entered: date | None
    days: int | None
    limit: int | None

    @property
    def is_late(self) -> bool:
        return self.limit is not None and self.days is not None and self.days > self.limit


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step of the stage as it stands. `lack` is "" when it is done with its proof."""

    step: Step
    stage: str
    label: str
    done_when: str
    run: StepRun | None
    lack: str
    contact: Contact | None
    is_late: bool

    @property
    def is_done(self) -> bool:
        return self.run is not None and self.run.done_at is not None

    @property
    def asks_contact(self) -> bool:
        return self.step.proof is Proof.CONTACT


@dataclass(frozen=True, slots=True)
class Warn:
    text: str
    tone: str = "amber"
    icon: str = "alert-triangle"


@dataclass(frozen=True, slots=True)
class Question:
    """A fact of C-03 that is not known: asked on the next visit."""

    label: str
    ask: str


@dataclass(frozen=True, slots=True)
class Desk:
    deal: Opportunity
    content: Content
    stage: Stage | None
    playbook_name: str
    phases: tuple[PhaseLine, ...]
    gate: Gate
    lost_ground: tuple[GateLine, ...]
    steps: tuple[StepLine, ...]
    likelihood: Likelihood
    warnings: tuple[Warn, ...]
    questions: tuple[Question, ...]
    rivals: Sequence[OpportunityCompetitor]
    lines: Sequence[OpportunityLine]
    lines_total: Decimal | None
    tabs: Sequence[ShownTab]
    cycle: cycles.Cycle | None
    cycle_bottleneck: str
    cycle_date: date | None
    newer_version_id: int | None
    can_edit: bool
    why_not: str
    can_decide: bool
    today: date

    @property
    def is_open(self) -> bool:
        return self.deal.state == Opportunity.State.OPEN

    @property
    def next_stage(self) -> Stage | None:
        return self.content.after(self.deal.stage)

    @property
    def next_is_late(self) -> bool:
        return self.deal.next_step_date is not None and self.deal.next_step_date < self.today


def _language() -> str:
    return get_language() or "zh"


def deal_desk(scope: Scope, opportunity_id: int, *, today: date) -> Desk:
    """Raises `NotVisible` when the deal is not there for the caller."""
    deal = opportunity_for(scope, opportunity_id)
    content, language = content_of(deal.playbook_version), _language()
    gate = gates_of([deal], today=today)[deal.pk]
    lines = lines_of([deal])[deal.pk]
    likelihood = likelihoods([deal])[deal.pk]
    editable, decidable = access.can_edit(scope, deal), access.can_decide(scope, deal)
    cycle = _cycle(deal)
    newest = newest_published(deal.playbook_version.playbook)
    return Desk(
        deal=deal,
        content=content,
        stage=content.stage(deal.stage),
        playbook_name=name_of(deal.playbook_version.playbook),
        phases=tuple(_phases(deal, content, language, today)),
        gate=gate,
        lost_ground=tuple(line for line in gates_passed(deal, content, today=today).lines if line.blocks),
        steps=tuple(step_lines(deal, content, deal.stage, today=today)),
        likelihood=likelihood,
        warnings=(*_warnings(deal, content, language, today), *_symptoms(scope, deal, today)),
        questions=tuple(_questions(deal)),
        rivals=rivals_of([deal])[deal.pk],
        lines=list(OpportunityLine.objects.filter(opportunity=deal).select_related("product").order_by("pk")) if lines else [],
        lines_total=sum((one.amount for one in lines if one.amount is not None), Decimal(0)) if lines else None,
        tabs=tabs_for(scope, deal.pk),
        cycle=cycle,
        cycle_bottleneck=cycles.FACTORS[cycle.bottleneck].text(language) if cycle else "",
        cycle_date=cycles.decided_on(deal.opened_date, cycle) if cycle else None,
        newer_version_id=newest.pk if newest is not None and newest.number > deal.playbook_version.number else None,
        can_edit=bool(editable),
        why_not=editable.reason,
        can_decide=bool(decidable) and bool(editable),
        today=today,
    )


def step_lines(deal: Opportunity, content: Content, stage_code: str, *, today: date) -> list[StepLine]:
    """The steps of a stage with who does them, until when, and what shows that they are done."""
    stage, language = content.stage(stage_code), _language()
    if stage is None:
        return []
    runs = {run.step: run for run in steps_of([deal])[deal.pk] if run.stage == stage_code}
    confirmers = confirmers_of([deal])[deal.pk] or frozenset()
    people = User.objects.filter(pk__in={run.assignee_id for run in runs.values() if run.assignee_id}).order_by("pk").in_bulk()
    contacts = Contact.objects.filter(pk__in=confirmers).order_by("pk").in_bulk()
    found = []
    for step in stage.steps:
        run = runs.get(step.code)
        if run is not None and run.assignee_id:
            run.assignee = people.get(run.assignee_id)
        lack = lacks(step, run, confirmers)
        late = run is not None and run.done_at is None and run.due_date is not None and run.due_date < today
        contact = contacts.get(run.contact_id_proof or 0) if run is not None else None
        done_when = step.done_when.text(language) if step.done_when else ""
        found.append(StepLine(step, stage_code, step.label.text(language), done_when, run, lack, contact, late))
    return found


def step_of(deal: Opportunity, stage: str, step: str, *, today: date) -> StepLine:
    """One step of the deal. Raises `NotVisible` when the playbook has none of this code."""
    for line in step_lines(deal, content_of(deal.playbook_version), stage, today=today):
        if line.step.code == step:
            return line
    raise NotVisible(_("The playbook of this deal has no such step."))


def waiver_for(deal: Opportunity, waiver_id: int) -> GateWaiver:
    found = deal.waivers.filter(pk=waiver_id).select_related("opportunity", "opportunity__account", "opportunity__owner").first()
    if found is None:
        raise NotVisible(_("There is no such waiver."))
    return found


def line_for(deal: Opportunity, line_id: int) -> OpportunityLine:
    found = deal.lines.filter(pk=line_id).select_related("product", "opportunity", "opportunity__account").first()
    if found is None:
        raise NotVisible(_("This line is gone."))
    return found


def rival_for(deal: Opportunity, rival_id: int) -> OpportunityCompetitor:
    found = deal.competitors.filter(pk=rival_id).select_related("competitor", "opportunity", "opportunity__account").first()
    if found is None:
        raise NotVisible(_("This rival is no longer in the deal."))
    return found


def confirmers(scope: Scope, deal: Opportunity) -> QuerySet[Contact]:
    """Contacts of the account who may confirm something."""
    return pickable(scope, deal.account) if deal.account is not None else Contact.objects.none()


def stays(deal: Opportunity) -> list[tuple[StageSpell, str, int]]:
    """Every stay in a stage, the newest first, with the stage's name and its days."""
    language, names = _language(), {}
    rows = list(deal.spells.select_related("playbook_version", "by").order_by("-pk"))
    for row in rows:
        if row.playbook_version_id not in names:
            names[row.playbook_version_id] = {one.code: one.label.text(language) for one in content_of(row.playbook_version).stages}
    found = []
    for row in rows:
        end = row.left_date or deal.ended_date or None
        days = ((end or row.entered_date) - row.entered_date).days if end else -1
        found.append((row, names[row.playbook_version_id].get(row.stage, row.stage), days))
    return found


def waivers_of(deal: Opportunity) -> list[tuple[GateWaiver, str]]:
    """The log of waivers with the name of each condition."""
    language, content = _language(), content_of(deal.playbook_version)
    labels = {
        (stage.code, one.key): one.label.text(language) if one.label else one.check
        for stage in content.stages
        for one in (*stage.entry, *stage.exit)
    }
    rows = deal.waivers.select_related("asked_by").order_by("-pk")
    return [(row, labels.get((row.stage, row.condition), row.condition)) for row in rows]


def _phases(deal: Opportunity, content: Content, language: str, today: date) -> list[PhaseLine]:
    place = content.place(deal.stage)
    days: dict[str, int] = {}
    entered: dict[str, date] = {}
    for spell in deal.spells.order_by("pk"):
        end = spell.left_date or (deal.ended_date if deal.state != Opportunity.State.OPEN else None) or today
        days[spell.stage] = days.get(spell.stage, 0) + max((end - spell.entered_date).days, 0)
        entered[spell.stage] = spell.entered_date
    is_won = deal.state == Opportunity.State.WON
    return [
        PhaseLine(
            one.code, one.label.text(language), one.purpose.text(language) if one.purpose else "",
            "done" if number < place or is_won else "now" if number == place else "ahead",
            entered.get(one.code), days.get(one.code), one.days,
        )
        for number, one in enumerate(content.stages)
    ]  # fmt: skip


def _symptoms(scope: Scope, deal: Opportunity, today: date) -> list[Warn]:
    """E-01: a hit sends the deal back to qualification with the reason."""
    again = _("Go through the 7+3 sheet again.")
    return [Warn(f"{one.text} {again}", "amber", "stethoscope") for one in told(scope, symptoms_of([deal], today))[deal.pk]]


def _warnings(deal: Opportunity, content: Content, language: str, today: date) -> list[Warn]:
    found: list[Warn] = []
    if deal.account is None:
        found.append(Warn(deal.open_question or _("Which account is this deal with?"), "amber", "building"))
    elif deal.open_question:
        found.append(Warn(deal.open_question, "amber", "help-circle"))
    if deal.state != Opportunity.State.OPEN:
        return found
    stage = content.stage(deal.stage)
    if stage is None:
        return found
    mismatch = buying.mismatch(stage.label, stage.buying, deal.buying_stage)
    if mismatch is not None:
        found.append(Warn(buying.SENTENCES.text(mismatch, language), "amber", "arrows-diff"))
    days = (today - deal.stage_since).days
    if stage.days and days > stage.days:
        found.append(
            Warn(
                _("In this stage for %(days)s days; the playbook allows %(limit)s.") % {"days": days, "limit": stage.days},
                "amber",
                "clock-exclamation",
            )
        )
    if deal.expected_date is not None and deal.expected_date < today:
        found.append(Warn(_("It was expected for %(day)s. Is it still alive?") % {"day": deal.expected_date}, "red", "calendar-x"))
    rule = pipeline_rules().of(deal.product_family)
    visits = visits_done(deal) if rule is not None else 0
    for reason in family_rules.deviations(rule, mode=deal.mode, visits=visits):
        found.append(Warn(family_rules.SENTENCES.text(reason, language), "amber", "route-off"))
    return found


def visits_done(deal: Opportunity) -> int:
    """Meetings at the account since the deal was opened: F-06 counts them against the budget of visits."""
    if deal.account_id is None:
        return 0
    rows = Note.objects.filter(account_id=deal.account_id, kind=Note.Kind.MEETING, archived_at__isnull=True)
    rows = rows.filter(at__date__gte=deal.opened_date)
    if deal.ended_date is not None:
        rows = rows.filter(at__date__lte=deal.ended_date + timedelta(days=1))
    return rows.count()


def _questions(deal: Opportunity) -> list[Question]:
    """C-03: each of the six facts that is empty is a question for the next visit."""
    asked = [
        ("purchase_plan", _("Latest purchase plan"), _("What do you plan to buy next, and what for?")),
        ("problem", _("Problem to solve"), _("Which problem has the project to solve, and what does it cost today?")),
        ("deciders", _("Deciders and influencers"), _("Who decides, and whose word counts?")),
        ("timetable", _("Purchase timetable"), _("When do you select, decide, and want to use it?")),
        ("budget_basis", _("Purchase budget"), _("Which range was set aside for it?")),
        ("purchase_process", _("Purchase process"), _("Which steps does a purchase go through in your company?")),
    ]
    return [Question(label, ask) for name, label, ask in asked if not getattr(deal, name)]


def _cycle(deal: Opportunity) -> cycles.Cycle | None:
    if not deal.cycle:
        return None
    try:
        return cycles.decision_cycle({name: int(deal.cycle[name]) for name in cycles.FACTORS}, cycles.Way(deal.cycle.get("mode", "SUM")))
    except (KeyError, TypeError, ValueError):
        return None


def deals_at(scope: Scope, account_id: int) -> list[tuple[Opportunity, str, int, int]]:
    """The deals of an account for its page: (deal, stage, place, number of stages), open ones first."""
    language = _language()
    rows = (
        Opportunity.objects.visible_to(scope)
        .filter(account_id=account_id, archived_at__isnull=True)
        .select_related("owner", "playbook_version", "playbook_version__playbook", "end_reason")
        .order_by("-pk")[:200]
    )
    contents: dict[int, Content] = {}
    found = []
    for row in rows:
        content = contents.setdefault(row.playbook_version_id, content_of(row.playbook_version))
        stage = content.stage(row.stage)
        found.append((row, stage.label.text(language) if stage else row.stage, content.place(row.stage) + 1, len(content.stages)))
    return sorted(found, key=lambda one: one[0].state != Opportunity.State.OPEN)
