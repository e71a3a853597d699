"""Cases "risk of loss" (D-11) by hand: open, do a step, close with result and reason; the risk register (B-17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.access import can_edit
from dingke.accounts.events import OwnerChanged
from dingke.accounts.models import Account, Competitor, Contact
from dingke.core import audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import ListItem, snapshot_of
from dingke.core.scope import Scope
from dingke.insights.actions.case_opening import begin_case
from dingke.insights.actions.reactions import end_alert
from dingke.insights.calc import cases as method
from dingke.insights.calc.alerts import LIVING
from dingke.insights.models import Alert, CaseStep, LossCase, Risk
from dingke.people.models import User

REASONS = "loss_reasons"
_RISK = ["category", "sign", "likelihood", "impact", "owner", "response", "due_date", "closed_at", "close_note"]


class UnableToOpenCase(Refusal):
    """No case can be opened here now."""


class UnableToWorkOnCase(Refusal):
    """The step or the case cannot be finished as given."""


@transaction.atomic
def open_case(
    *, account: Account, kind: str, by: Scope, now: datetime, owner: User | None = None, rival: Competitor | None = None,
    rival_name: str = "", alert: Alert | None = None, note: str = "", deadline: date | None = None,
) -> LossCase:  # fmt: skip
    """Opens a case by hand, or from a warning. One is open at an account at a time; a switch names the rival."""
    can_edit(by, account).enforce()
    Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
    if LossCase.objects.filter(account=account, state=LossCase.State.OPEN).exists():
        raise UnableToOpenCase(_("A case is open at this account already. Work on that one."))
    problems: dict[str, str] = {}
    if kind not in LossCase.Kind.values:
        problems["kind"] = _("Choose what happens.")
    if kind == LossCase.Kind.RIVAL and rival is None and not rival_name.strip():
        problems["rival"] = _("Name the rival.")
    if deadline is not None and deadline <= timezone.localdate(now):
        problems["deadline_date"] = _("Choose a day that lies ahead.")
    person = owner or account.owner or User.objects.filter(pk=by.me).first()
    if person is None:
        problems["owner"] = _("Choose a person.")
    if problems or person is None:
        raise Invalid(next(iter(problems.values())), fields=problems)
    if rival is None and kind == LossCase.Kind.RIVAL:
        rival = Competitor.objects.get_or_create(name=rival_name.strip()[:120])[0]
    if alert is not None and (alert.account_id != account.pk or alert.state not in LIVING):
        raise UnableToOpenCase(_("This warning is closed."))
    fresh = locked(alert, expected_version=None, yours={}) if alert is not None else None
    standing = getattr(account, "standing", None)
    value = fresh.value if fresh is not None else (max(standing.revenue, standing.revenue_before) if standing else Decimal(0))
    return begin_case(
        account=account, kind=kind, owner=person, by=by, now=now, rival=rival if kind == LossCase.Kind.RIVAL else None, alert=fresh,
        value=value, note=note, deadline=deadline,
    )  # fmt: skip


@transaction.atomic
def do_step(*, step: CaseStep, note: str, by: Scope, now: datetime, talked_to: Sequence[Contact] = ()) -> CaseStep:
    """Writes down what was done. The first step asks for two people at the customer."""
    case = LossCase.objects.select_for_update(of=("self",)).select_related("account").get(pk=step.case_id)
    can_edit(by, case.account).enforce()
    if case.state == LossCase.State.CLOSED:
        raise UnableToWorkOnCase(_("This case is closed."))
    if not note.strip():
        raise Invalid(_("Write down what was found or done."), fields={"note": _("Write down what was found or done.")})
    people = tuple(contact.pk for contact in talked_to if contact.account_id == case.account_id)
    if step.code == method.StepCode.VERIFY and not method.verified(people):
        message = _("Choose two different people you talked to.")
        raise Invalid(message, fields={"first": message})
    step.note, step.talked_to = note.strip(), sorted(set(people))
    step.done_at, step.done_by_name = step.done_at or now, step.done_by_name or by.name
    step.save()
    if step.code == method.StepCode.LESSONS:
        LossCase.objects.filter(pk=case.pk).update(lesson=step.note)
    changes = {"step": [None, step.code]}
    audit.record(target=case, action="insights.case_step", by=by, now=now, account_id=case.account_id, changes=changes, summary=step.note)
    return step


@transaction.atomic
def close_case(
    *, case: LossCase, result: str, reason: ListItem | None, lesson: str = "", rival: Competitor | None = None, by: Scope, now: datetime
) -> LossCase:
    """Decides the case: kept, partly, lost, with the reason from the list. The warning behind it ends with it."""
    can_edit(by, case.account).enforce()
    problems: dict[str, str] = {}
    if result not in LossCase.Result.values:
        problems["result"] = _("Choose how it ended.")
    if reason is None or reason.list_code != REASONS:
        problems["reason"] = _("Choose a reason.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    fresh = locked(case, expected_version=None, yours={})
    if fresh.state == LossCase.State.CLOSED:
        raise UnableToWorkOnCase(_("This case is closed."))
    fresh.state, fresh.result, fresh.reason, fresh.closed_at, fresh.closed_by_name = LossCase.State.CLOSED, result, reason, now, by.name
    if lesson.strip():
        fresh.lesson = lesson.strip()
    if rival is not None:
        fresh.rival = rival
    fresh.save()
    changes = {"result": [None, result], "reason": [None, reason.label if reason else ""]}
    audit.record(
        target=fresh, action="insights.close_case", by=by, now=now, account_id=fresh.account_id, changes=changes, summary=fresh.lesson
    )
    if fresh.alert_id is not None:
        alert = Alert.objects.select_for_update(of=("self",)).filter(pk=fresh.alert_id, state__in=LIVING).first()
        if alert is not None:
            alert.version += 1
            end_alert(alert, outcome=result, reason=reason.label if reason else "", by=by, now=now)
    return fresh


# ---- the risk register -------------------------------------------------------------------------------------------------


@transaction.atomic
def save_risk(
    *, account: Account, values: Mapping[str, Any], by: Scope, now: datetime, risk: Risk | None = None, expected_version: int | None = None
) -> Risk:
    """Adds a line to the register, or changes one. Raises `StaleRecord` when somebody saved in between."""
    can_edit(by, account).enforce()
    if not str(values.get("sign") or "").strip():
        raise Invalid(_("Say what points to the risk."), fields={"sign": _("Say what points to the risk.")})
    owner = values.get("owner") or account.owner or User.objects.filter(pk=by.me).first()
    if owner is None:
        raise Invalid(_("Choose a person."), fields={"owner": _("Choose a person.")})
    given = {**values, "owner": owner}
    if risk is None:
        risk = Risk.objects.create(account=account, noted_at=now, noted_by_name=by.name, **given)
        audit.record(target=risk, action="insights.add_risk", by=by, now=now, account_id=account.pk, summary=risk.sign)
        return risk
    before = snapshot_of(risk, _RISK)
    fresh = locked(risk, expected_version=expected_version, yours=given)
    for name, value in given.items():
        setattr(fresh, name, value)
    audit.save_with_audit(
        target=fresh, fields=_RISK, action="insights.edit_risk", by=by, now=now, before=before, account_id=account.pk
    )  # fmt: skip
    return fresh


@transaction.atomic
def close_risk(*, risk: Risk, note: str, by: Scope, now: datetime) -> Risk:
    """Takes a line off the register: the risk is over, and why. Twice is no harm."""
    can_edit(by, risk.account).enforce()
    fresh = locked(risk, expected_version=None, yours={})
    if fresh.closed_at is None:
        fresh.closed_at, fresh.close_note = now, note.strip()[:300]
        fresh.save()
        audit.record(target=fresh, action="insights.close_risk", by=by, now=now, account_id=fresh.account_id, summary=fresh.close_note)
    return fresh


# ---- they move with the owner of the account ---------------------------------------------------------------------------


def follow_owner(*, event: OwnerChanged, now: datetime) -> None:
    """Living warnings go to the new owner; cases and risks too that the former owner worked on. Nobody is told of them anew: the
    new owner hears of the account. In the pool they stay with whoever has them.
    """
    if event.after_id is None:
        return
    living = Alert.objects.filter(account_id=event.account_id, state__in=LIVING)
    living.exclude(owner_id=event.after_id).update(owner_id=event.after_id, escalated_at=None)
    for rows in (
        LossCase.objects.filter(account_id=event.account_id, state=LossCase.State.OPEN),
        Risk.objects.filter(account_id=event.account_id, closed_at__isnull=True),
    ):
        rows.filter(owner_id=event.before_id).update(owner_id=event.after_id)
