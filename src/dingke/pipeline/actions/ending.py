"""How a deal ends: won, lost, dropped with a day to look again (E-22); and opening it again."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.actions.competitors import competitor_named
from dingke.core import audit, bus
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import ListItem, snapshot_of
from dingke.core.money import rounded
from dingke.core.scope import Scope
from dingke.pipeline import access
from dingke.pipeline.actions.opportunity import UnableToMove, begin_spell, end_spell
from dingke.pipeline.calc.playbook import gate_out
from dingke.pipeline.events import OpportunityDropped, OpportunityLost, OpportunityReopened, OpportunityWon
from dingke.pipeline.models import Opportunity, StageSpell
from dingke.pipeline.queries.gates import gate_to, judge, sentence_of
from dingke.pipeline.queries.playbooks import content_of
from dingke.pipeline.queries.probability import likelihoods

LOST_REASONS = "lost_reasons"
ENDING = [
    "state", "ended_date", "end_reason", "end_note", "lost_to", "won_amount", "recheck_date", "probability", "next_step", "next_step_date",
]  # fmt: skip
State = Opportunity.State


class UnableToEnd(Refusal):
    """The deal cannot be ended so."""


@transaction.atomic
def win_opportunity(
    *, opportunity: Opportunity, won_amount: Decimal, ended_date: date, by: Scope, now: datetime, today: date, note: str = "",
    expected_version: int | None = None,
) -> Opportunity:  # fmt: skip
    """The customer signed. Every gate up to the end of the playbook has to be open, or waived. Raises `UnableToMove` with what blocks."""
    access.can_edit(by, opportunity).enforce()
    fresh = _open_deal(opportunity, expected_version)
    _refuse_day(ended_date, today, fresh)
    if won_amount < 0:
        raise Invalid(_("The amount is not negative."), fields={"won_amount": _("The amount is not negative.")})
    content = content_of(fresh.playbook_version)
    last = content.stages[-1].code
    blocking = gate_to(fresh, content, last, today=today).blocking
    blocking += judge([fresh], {fresh.pk: gate_out(content, last)}, today=today)[fresh.pk].blocking
    if blocking:
        sentences = " ".join(sentence_of(one, get_language() or "zh") for one in blocking)
        raise UnableToMove(_("%(name)s is not won yet: %(conditions)s") % {"name": fresh.name, "conditions": sentences}, blocking=blocking)
    _end(fresh, State.WON, ended_date, by=by, now=now, won_amount=rounded(won_amount), end_note=note.strip(), probability=100)
    bus.publish(OpportunityWon(opportunity_id=fresh.pk, account_id=fresh.account_id, by_id=by.user_id), now=now)
    return fresh


@transaction.atomic
def lose_opportunity(
    *, opportunity: Opportunity, reason: ListItem | None, ended_date: date, by: Scope, now: datetime, today: date, note: str = "",
    lost_to: str = "", expected_version: int | None = None,
) -> Opportunity:  # fmt: skip
    """The customer bought elsewhere or not at all. The reason is chosen from the list; the rival is named where there was one."""
    access.can_edit(by, opportunity).enforce()
    fresh = _open_deal(opportunity, expected_version)
    _refuse_day(ended_date, today, fresh)
    _refuse_reason(reason)
    rival = competitor_named(lost_to) if lost_to.strip() else None
    _end(fresh, State.LOST, ended_date, by=by, now=now, end_reason=reason, end_note=note.strip(), lost_to=rival, probability=0)
    lost = OpportunityLost(
        opportunity_id=fresh.pk, account_id=fresh.account_id, reason=reason.code if reason else "", by_id=by.user_id
    )  # fmt: skip
    bus.publish(lost, now=now)
    return fresh


@transaction.atomic
def drop_opportunity(
    *, opportunity: Opportunity, reason: ListItem | None, recheck_date: date | None, by: Scope, now: datetime, today: date, note: str = "",
    expected_version: int | None = None,
) -> Opportunity:  # fmt: skip
    """We let it go (E-22): with a reason and a day to look again. What is known of it stays. Leaders decide it."""
    access.can_edit(by, opportunity).enforce()
    access.can_decide(by, opportunity).enforce()
    fresh = _open_deal(opportunity, expected_version)
    _refuse_reason(reason)
    if recheck_date is None or recheck_date <= today:
        sentence = _("Choose a day to come when the deal is looked at again.")
        raise Invalid(sentence, fields={"recheck_date": sentence})
    _end(fresh, State.DROPPED, today, by=by, now=now, end_reason=reason, end_note=note.strip(), recheck_date=recheck_date, probability=0)
    dropped = OpportunityDropped(
        opportunity_id=fresh.pk, account_id=fresh.account_id, recheck_date=recheck_date.isoformat(), by_id=by.user_id
    )  # fmt: skip
    bus.publish(dropped, now=now)
    return fresh


@transaction.atomic
def reopen_opportunity(*, opportunity: Opportunity, reason: str, by: Scope, now: datetime, today: date) -> Opportunity:
    """An ended deal runs again, in the stage where it stood. Why it had ended stays in the audit trail."""
    access.can_edit(by, opportunity).enforce()
    fresh = locked(opportunity, expected_version=None, yours={})
    if fresh.state == State.OPEN:
        return opportunity
    if not reason.strip():
        raise Invalid(_("Say why it runs again; it stays in the history."), fields={"reason": _("A reason is needed.")})
    before, was = snapshot_of(fresh, ENDING), fresh.state
    fresh.state, fresh.ended_date, fresh.end_reason, fresh.end_note = State.OPEN, None, None, ""
    fresh.lost_to = fresh.won_amount = fresh.recheck_date = None
    fresh.stage_since = today
    fresh.probability = likelihoods([fresh])[fresh.pk].counts
    fresh.save()
    begin_spell(fresh, way=StageSpell.Way.REOPENED, by=by, now=now, today=today, reason=reason)
    changes = audit.changes_between(before, snapshot_of(fresh, ENDING))
    audit.record(
        target=fresh, action="pipeline.reopen", by=by, now=now, changes=changes, account_id=fresh.account_id, summary=reason.strip()
    )
    bus.publish(OpportunityReopened(opportunity_id=fresh.pk, before=was), now=now)
    return fresh


def _open_deal(opportunity: Opportunity, expected_version: int | None) -> Opportunity:
    fresh = locked(opportunity, expected_version=expected_version, yours={"state": State.OPEN})
    if fresh.state != State.OPEN:
        raise UnableToEnd(_("This deal has ended already: %(state)s.") % {"state": fresh.get_state_display()})
    return fresh


def _refuse_day(day: date, today: date, row: Opportunity) -> None:
    if day > today:
        raise Invalid(_("The day lies in the future."), fields={"ended_date": _("The day lies in the future.")})
    if day < row.opened_date:
        raise Invalid(_("The deal was not open yet on that day."), fields={"ended_date": _("The deal was not open yet on that day.")})


def _refuse_reason(reason: ListItem | None) -> None:
    if reason is None or reason.list_code != LOST_REASONS:
        raise Invalid(_("Choose the reason."), fields={"reason": _("Choose the reason.")})


def _end(fresh: Opportunity, state: str, day: date, *, by: Scope, now: datetime, **values: object) -> None:
    before = snapshot_of(fresh, ENDING)
    fresh.state, fresh.ended_date = state, day
    fresh.next_step, fresh.next_step_date = "", None
    for name, value in values.items():
        setattr(fresh, name, value)
    end_spell(fresh, today=day)
    audit.save_with_audit(
        target=fresh, fields=ENDING, action=f"pipeline.{state.lower()}", by=by, now=now, before=before, account_id=fresh.account_id
    )
