"""Beginning, editing, giving away and moving deals. Every change of stage writes the history of stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts import access as accounts_access
from dingke.accounts.models import Account
from dingke.core import audit, bus
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.money import rounded
from dingke.core.scope import Scope
from dingke.core.search_keys import pinyin_sort_key
from dingke.people.models import User
from dingke.pipeline import access
from dingke.pipeline.calc.cycle import FACTORS, MOST_DAYS, Way
from dingke.pipeline.calc.gates import Judged
from dingke.pipeline.calc.playbook import Content
from dingke.pipeline.events import OpportunityCreated, OpportunityEdited, OpportunityGiven, OpportunityMoved
from dingke.pipeline.models import Opportunity, PlaybookVersion, StageSpell, StepRun
from dingke.pipeline.queries.gates import gate_to, sentence_of
from dingke.pipeline.queries.playbooks import content_of
from dingke.pipeline.queries.probability import likelihoods

FACTS = [
    "name", "account", "unit", "mode", "product_family", "source", "amount", "currency", "expected_date", "hand_probability", "forecast",
    "next_step", "next_step_date", "open_question", "buying_stage", "purchase_plan", "problem", "deciders", "timetable",
    "purchase_process", "budget_low", "budget_high", "budget_basis", "cycle", "custom", "external_key", "opened_date",
]  # fmt: skip
STAGE = ["stage", "stage_position", "stage_since", "probability", "playbook_version"]
Forecast, Ways = Opportunity.Forecast, StageSpell.Way


class UnableToSaveOpportunity(Refusal):
    """The deal cannot be saved as given."""


class UnableToMove(Refusal):
    """The deal stays in its stage. `blocking` are the conditions that do not hold; `sentences` say so, in the reader's language."""

    code = "gate_closed"

    def __init__(self, message: str, *, blocking: Iterable[Judged] = ()) -> None:
        super().__init__(message)
        self.blocking = tuple(blocking)

    @property
    def sentences(self) -> list[str]:
        return [sentence_of(one, get_language() or "zh") for one in self.blocking]


@transaction.atomic
def create_opportunity(
    *, values: Mapping[str, Any], playbook_version: PlaybookVersion, by: Scope, now: datetime, today: date, owner: User | None = None,
    stage: str = "",
) -> Opportunity:  # fmt: skip
    """Begins a deal in the first stage of a playbook (or in `stage`, which an import names: a person's deal walks through the gates).

    It belongs to `owner`, else to the caller. Without an account it carries an open question. Raises `Invalid` naming the fields.
    """
    access.can_create(by).enforce()
    if playbook_version.state != PlaybookVersion.State.PUBLISHED:
        raise UnableToSaveOpportunity(_("This playbook is not published yet."))
    content = content_of(playbook_version)
    place = max(content.place(stage), 0) if stage else 0
    row = Opportunity(playbook_version=playbook_version, mode=playbook_version.playbook.mode, unit=playbook_version.playbook.unit)
    row.opened_date = today
    _apply(row, values, by=by, today=today)
    holder = owner or User.objects.filter(pk=by.me).order_by("pk").first()
    if holder is None or not holder.is_active:
        raise Invalid(_("A deal needs an owner."), fields={"owner": _("Choose who works on it.")})
    if owner is not None and owner.pk != by.user_id:
        _refuse_owner(by, owner)
    if row.account is None and not row.open_question:
        row.open_question = _("Which account is this deal with?")
    row.owner = holder
    row.stage, row.stage_position, row.stage_since = content.stages[place].code, place, today
    row.save()
    _count_probability(row)
    row.save(update_fields=["probability"])
    begin_spell(row, way=Ways.START, by=by, now=now, today=today)
    begin_steps(row, content, by=by, now=now, today=today)
    audit.record(target=row, action="pipeline.create", by=by, now=now, account_id=row.account_id, summary=row.name)
    bus.publish(OpportunityCreated(opportunity_id=row.pk, account_id=row.account_id), now=now)
    return row


@transaction.atomic
def edit_opportunity(
    *, opportunity: Opportunity, values: Mapping[str, Any], by: Scope, now: datetime, today: date, expected_version: int | None = None
) -> Opportunity:
    """Changes facts of a deal. With `expected_version` a stale save is refused (`StaleRecord` with both versions)."""
    access.can_edit(by, opportunity).enforce()
    fresh = locked(opportunity, expected_version=expected_version, yours=values)
    fields = [*FACTS, "probability", "buying_stage_date"]
    before = snapshot_of(fresh, fields)
    _apply(fresh, values, by=by, today=today)
    if fresh.account is not None and before["account"] is None:
        fresh.open_question = str(values.get("open_question", ""))
    if fresh.state == Opportunity.State.OPEN:
        _count_probability(fresh)
    changes = audit.save_with_audit(
        target=fresh, fields=fields, action="pipeline.edit", by=by, now=now, before=before, account_id=fresh.account_id
    )
    if changes:
        bus.publish(OpportunityEdited(opportunity_id=fresh.pk, fields=sorted(changes)), now=now)
    return fresh


@transaction.atomic
def set_next_step(
    *, opportunity: Opportunity, next_step: str, next_step_date: date | None, by: Scope, now: datetime, today: date,
    expected_version: int | None = None,
) -> Opportunity:  # fmt: skip
    """What comes next and when; a deal that runs always has one."""
    if not next_step.strip() or next_step_date is None:
        fields = {} if next_step.strip() else {"next_step": _("Say what comes next.")}
        fields |= {} if next_step_date else {"next_step_date": _("Choose the day.")}
        raise Invalid(next(iter(fields.values())), fields=fields)
    values = {"next_step": next_step, "next_step_date": next_step_date}
    return edit_opportunity(opportunity=opportunity, values=values, by=by, now=now, today=today, expected_version=expected_version)


@transaction.atomic
def give_opportunity(*, opportunity: Opportunity, to: User, by: Scope, now: datetime) -> Opportunity:
    """Gives a deal to somebody else: the owner and the leaders above, to people of the caller's teams."""
    access.can_edit(by, opportunity).enforce()
    _refuse_owner(by, to)
    if to.pk == opportunity.owner_id:
        return opportunity
    fresh = locked(opportunity, expected_version=None, yours={})
    before = fresh.owner
    fresh.owner = to
    fresh.save()
    StepRun.objects.filter(opportunity=fresh, assignee=before, done_at__isnull=True).update(assignee=to)
    changes = {"owner": [str(before), str(to)]}
    audit.record(target=fresh, action="pipeline.give", by=by, now=now, changes=changes, account_id=fresh.account_id, summary=fresh.name)
    bus.publish(OpportunityGiven(opportunity_id=fresh.pk, before_id=before.pk, after_id=to.pk, by_id=by.user_id), now=now)
    return fresh


@transaction.atomic
def archive_opportunity(*, opportunity: Opportunity, by: Scope, now: datetime) -> Opportunity:
    """Takes a deal away that was entered by mistake; it can be restored. One that ended stays as lost, won or dropped instead."""
    access.can_edit(by, opportunity).enforce()
    fresh = locked(opportunity, expected_version=None, yours={})
    if fresh.archived_at is None:
        fresh.archived_at = now
        fresh.save()
        audit.record(target=fresh, action="pipeline.archive", by=by, now=now, account_id=fresh.account_id, summary=fresh.name)
    return fresh


@transaction.atomic
def restore_opportunity(*, opportunity: Opportunity, by: Scope, now: datetime) -> Opportunity:
    fresh = locked(opportunity, expected_version=None, yours={})
    was, fresh.archived_at = fresh.archived_at, None
    access.can_edit(by, fresh).enforce()
    if was is not None:
        fresh.save()
        audit.record(target=fresh, action="pipeline.restore", by=by, now=now, account_id=fresh.account_id, summary=fresh.name)
    return fresh


@transaction.atomic
def move_opportunity(
    *, opportunity: Opportunity, to_stage: str, by: Scope, now: datetime, today: date, reason: str = "", expected_version: int | None = None
) -> Opportunity:
    """Moves a deal to another stage. Forward every gate on the way has to be open; back is free, with a reason.

    Raises `UnableToMove` with the conditions that block, `Invalid` without a reason for going back, `StaleRecord` when somebody moved
    it since `expected_version` was read.
    """
    access.can_edit(by, opportunity).enforce()
    fresh = locked(opportunity, expected_version=expected_version, yours={"stage": to_stage})
    if fresh.state != Opportunity.State.OPEN:
        raise UnableToMove(_("This deal has ended. Open it again first."))
    content = content_of(fresh.playbook_version)
    target, place = content.place(to_stage), content.place(fresh.stage)
    if target < 0:
        raise UnableToMove(_("The playbook of this deal has no such stage."))
    if target == place:
        return opportunity
    if target > place:
        gate = gate_to(fresh, content, to_stage, today=today)
        if not gate.is_open:
            blocking = gate.blocking
            sentences = [sentence_of(one, get_language() or "zh") for one in blocking]
            message = _("%(name)s stays in its stage: %(conditions)s") % {"name": fresh.name, "conditions": " ".join(sentences)}
            raise UnableToMove(message, blocking=blocking)
    elif not reason.strip():
        raise Invalid(_("Say why the deal goes back; it stays in the history."), fields={"reason": _("A reason is needed.")})
    way = Ways.FORWARD if target > place else Ways.BACK
    return placed(fresh, content, target, way=way, reason=reason, by=by, now=now, today=today)


def placed(
    fresh: Opportunity, content: Content, place: int, *, way: str, by: Scope, now: datetime, today: date, reason: str = "",
    version: PlaybookVersion | None = None,
) -> Opportunity:  # fmt: skip
    """Puts a locked deal into a stage: history, steps, probability, audit, event. Callers checked access and gates."""
    fields = [*STAGE, "state"]
    before = snapshot_of(fresh, fields)
    end_spell(fresh, today=today)
    if version is not None:
        fresh.playbook_version = version
    fresh.stage, fresh.stage_position, fresh.stage_since = content.stages[place].code, place, today
    _count_probability(fresh)
    fresh.save()
    begin_spell(fresh, way=way, by=by, now=now, today=today, reason=reason)
    begin_steps(fresh, content, by=by, now=now, today=today)
    changes = audit.changes_between(before, snapshot_of(fresh, fields))
    audit.record(target=fresh, action="pipeline.move", by=by, now=now, changes=changes, account_id=fresh.account_id, summary=reason.strip())
    moved = OpportunityMoved(opportunity_id=fresh.pk, before=str(before["stage"]), after=fresh.stage, way=str(way), by_id=by.user_id)
    bus.publish(moved, now=now)
    return fresh


def begin_spell(row: Opportunity, *, way: str, by: Scope, now: datetime, today: date, reason: str = "") -> None:
    StageSpell.objects.create(
        opportunity=row, playbook_version=row.playbook_version, stage=row.stage, stage_position=row.stage_position, way=way,
        entered_date=today, entered_at=now, by_id=by.user_id, reason=reason.strip()[:300],
    )  # fmt: skip


def end_spell(row: Opportunity, *, today: date) -> None:
    StageSpell.objects.filter(opportunity=row, left_date__isnull=True).update(left_date=today)


def begin_steps(row: Opportunity, content: Content, *, by: Scope, now: datetime, today: date) -> None:
    """The steps of the stage appear on the deal, due by the playbook; those that are there already stay as they are."""
    stage = content.stage(row.stage)
    known = set(StepRun.objects.filter(opportunity=row, stage=row.stage).order_by().values_list("step", flat=True))
    StepRun.objects.bulk_create(
        [
            StepRun(
                opportunity=row, stage=row.stage, step=one.code, assignee=row.owner,
                due_date=today + timedelta(days=one.days) if one.days is not None else None,
            )
            for one in (stage.steps if stage else ())
            if one.code not in known
        ]
    )  # fmt: skip


def _count_probability(row: Opportunity) -> None:
    row.probability = likelihoods([row])[row.pk].counts


def _refuse_owner(by: Scope, to: User) -> None:
    if not to.is_active:
        raise UnableToSaveOpportunity(_("%(name)s no longer works here.") % {"name": to})
    if not (by.can("*") or by.sees_all or to.pk in by.user_ids):
        raise UnableToSaveOpportunity(_("%(name)s is not in your teams.") % {"name": to})


def _apply(row: Opportunity, values: Mapping[str, Any], *, by: Scope, today: date) -> None:
    unknown = set(values) - set(FACTS)
    if unknown:
        raise Invalid(_("Unknown fields: %(names)s") % {"names": ", ".join(sorted(unknown))})
    account = values.get("account", row.account)
    if account is not None and (row.account_id != account.pk):
        _refuse_account(by, account)
    stage_before = row.buying_stage
    for field, value in values.items():
        setattr(row, field, value.strip() if isinstance(value, str) else value)
    row.name = " ".join(row.name.split())
    row.name_pinyin = pinyin_sort_key(row.name)[:400]
    row.external_key = row.external_key or None
    if row.buying_stage != stage_before:
        row.buying_stage_date = today if row.buying_stage else None
    for name in ("amount", "budget_low", "budget_high"):
        amount = getattr(row, name)
        setattr(row, name, rounded(Decimal(amount)) if amount is not None else None)
    problems = _problems(row)
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)


def _problems(row: Opportunity) -> dict[str, str]:
    found: dict[str, str] = {}
    if not row.name:
        found["name"] = _("A deal needs a name.")
    for name in ("amount", "budget_low", "budget_high"):
        value = getattr(row, name)
        if value is not None and not 0 <= value < Decimal(10) ** 15:
            found[name] = _("The amount is not negative.") if value < 0 else _("The amount is too large.")
    if row.budget_low is not None and row.budget_high is not None and row.budget_low > row.budget_high:
        found["budget_high"] = _("The budget ends below where it begins.")
    if row.hand_probability is not None and not 0 <= row.hand_probability <= 100:
        found["hand_probability"] = _("A probability goes from 0 to 100.")
    if row.next_step and row.next_step_date is None:
        found["next_step_date"] = _("Choose the day of the next step.")
    if row.cycle:
        figures = [row.cycle.get(name) for name in FACTORS]
        if any(not isinstance(one, int) or not 0 <= one <= MOST_DAYS for one in figures) or row.cycle.get("mode") not in list(Way):
            found["cycle"] = _("The four durations go from 0 to 1,000 days.")
    return found


def _refuse_account(by: Scope, account: Account) -> None:
    if account.archived_at is not None:
        raise Invalid(_("This account is archived."), fields={"account": _("This account is archived.")})
    answer = accounts_access.can_edit(by, account)
    if not answer:
        raise Invalid(answer.reason, fields={"account": answer.reason})
