"""The plan of a demonstration as Word: the six steps, the time bar, the result."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from dingke.core.scope import Scope
from dingke.people.models import User
from dingke.qualification.calc import demo as calc
from dingke.qualification.exports.word import WordFile
from dingke.qualification.models import DemoPlan
from dingke.qualification.queries import demo as reads
from dingke.qualification.queries.demo import PlanShown
from dingke.qualification.queries.demo_texts import texts


def names_in(plan: DemoPlan) -> dict[str, str]:
    """Names of the people who answer when something unexpected happens, by id as text. One query."""
    wanted = {entry.get("person") for entry in plan.contingencies.values() if entry.get("person")}
    return {str(user.pk): str(user) for user in User.objects.filter(pk__in=wanted).order_by("pk")}


def word(shown: PlanShown, *, language: str, by: Scope, at: datetime) -> bytes:
    plan, words = shown.plan, texts(language)
    paper = WordFile(plan.title, sub=plan.opportunity.name, author=by.name, at=at)
    paper.facts(
        [
            (_("Day of the demonstration"), plan.demo_date.isoformat() if plan.demo_date else ""),
            (_("Place"), plan.place),
            (_("Minutes"), f"{shown.minutes_used} / {plan.minutes}"),
            (_("Owner"), str(plan.owner)),
        ]
    )
    paper.heading("1 " + words["steps"]["aim"]["label"])
    paper.facts([(words["questions"][name]["label"], getattr(plan, name)) for name in calc.QUESTIONS])
    paper.facts(
        [
            (_("What to say"), plan.aim_what),
            (_("Who listens"), str(plan.get_aim_rank_display())),
            (_("Which issues stand out"), plan.aim_issues),
        ]
    )
    paper.heading("2 " + words["steps"]["audience"]["label"])
    rows = [
        [row.name, words["audience"][row.kind]["label"], str(row.get_attitude_display() or "—"), str(row.weight),
         words["audience"][row.kind]["emphasis"] + (f"\n{words['special'][row.special]['tip']}" if row.special else "")]
        for row in shown.audience
    ]  # fmt: skip
    paper.table([_("Name"), _("Kind of listener"), _("Attitude"), _("Weight"), _("Emphasis")], rows, widths=(3, 3, 2.2, 1.5, 6.8))
    paper.heading("3 " + words["steps"]["strategy"]["label"])
    _strategy(paper, plan, words)
    paper.heading("4 " + words["steps"]["material"]["label"])
    blocks = [
        [row.title, words["structures"][row.structure]["label"], words["forms"][row.form]["label"] if row.form else "—", str(row.minutes),
         row.content if not row.is_dropped else _("Left out: %(why)s") % {"why": row.drop_reason}]
        for row in shown.blocks
    ]  # fmt: skip
    paper.table(
        [_("Block"), _("Structure"), _("Form"), _("Minutes"), _("What is said and shown")], blocks, widths=(3.4, 2.6, 2.6, 1.6, 6.3)
    )
    paper.heading("5 " + words["steps"]["rehearsal"]["label"])
    runs = [[row.on_date.isoformat(), _("yes") if row.is_full else _("no"), row.questions, row.note] for row in shown.rehearsals]
    paper.table([_("Date"), _("Full run"), _("Questions that were simulated, and the answers"), _("What to better")], runs)
    paper.heading("6 " + words["steps"]["speech"]["label"])
    paper.facts([(_("Opening"), plan.opening), (_("Closing"), plan.closing)])
    if plan.held_date is not None:
        _result(paper, shown)
    return paper.content()


def _strategy(paper: WordFile, plan: DemoPlan, words: dict[str, dict[str, dict[str, str]]]) -> None:
    timing, names = reads.timing_of(plan), names_in(plan)
    said = {True: _("yes"), False: _("no"), None: _("open")}
    paper.table([_("Timing"), ""], [[words["timing"][name]["label"], said[timing.get(name)]] for name in calc.TIMING], widths=(13, 3.5))
    if plan.timing_override:
        paper.facts([(_("Why it is held nevertheless"), plan.timing_override)])
    paper.facts([(words["rivals"][name]["label"], text) for name, text in plan.positioning.items() if name in words["rivals"]])
    replies = [
        [words["contingencies"][name]["label"], entry.get("reply", ""), names.get(str(entry.get("person")), "—")]
        for name, entry in plan.contingencies.items()
        if name in words["contingencies"]
    ]
    paper.table([_("If it happens"), _("Our reply"), _("Who answers")], replies, widths=(4.5, 8.5, 3.5))
    paper.facts([(_("Supporters inside"), plan.supporters)])


def _result(paper: WordFile, shown: PlanShown) -> None:
    plan = shown.plan
    paper.heading(_("Result"))
    paper.facts(
        [
            (_("Held on"), plan.held_date.isoformat() if plan.held_date else ""),
            (_("Reactions"), plan.reaction),
            (_("What was learnt of the needs"), plan.needs_learnt),
            (_("Next action"), f"{plan.next_step} ({plan.next_step_date})"),
        ]
    )
    people = [
        [row.name, _("yes") if row.was_there else _("no"), row.reaction, str(row.get_attitude_after_display() or "—")]
        for row in shown.audience
    ]
    paper.table([_("Name"), _("Was there"), _("Reaction"), _("Attitude afterwards")], people)
    left = [[str(row.get_kind_display()), row.text, str(row.owner), row.due_date.isoformat()] for row in shown.follow_ups]
    paper.table([_("Kind"), _("What"), _("Owner"), _("Due on")], left)
