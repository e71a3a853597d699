"""Logging and handling objections (J-01 to J-13): what was said, the three steps, the answer tried, what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts import access as account_access
from dingke.accounts.actions import work
from dingke.core import audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.library.actions import uses
from dingke.library.calc import objections as reference
from dingke.library.models import EntryUse
from dingke.pipeline.models import Opportunity
from dingke.qualification import access
from dingke.qualification.calc import objections as calc
from dingke.qualification.models import Objection, ObjectionStep

FIELDS = [
    "contact", "moment", "channel", "act", "is_spoken", "words", "topic", "kind", "causes", "standard",
    "timing", "timing_reason", "due_date", "answer", "entry", "opened_date",
]  # fmt: skip
SUBJECT = "objection"
OUTCOME_OF = {
    Objection.Result.SETTLED: EntryUse.Outcome.WORKED,
    Objection.Result.STANDS: EntryUse.Outcome.PARTLY,
    Objection.Result.BROKE: EntryUse.Outcome.FAILED,
}
CAUSES = frozenset(row.code for row in (*reference.CUSTOMER_CAUSES, *reference.SELLER_CAUSES))
TIMING_REASONS = {row.code: timing for timing, row in reference.TIMING_CASES}


class UnableToHandleObjection(Refusal):
    """The step does not fit where the objection stands."""


@transaction.atomic
def log_objection(*, opportunity: Opportunity, values: Mapping[str, Any], by: Scope, now: datetime, real_issue: str = "") -> Objection:
    """Writes an objection down. A hidden one names the suspected real issue, which becomes an objection of its own (J-04).

    One that is handled later has a day, which becomes a to-do where the deal has an account (J-05.5, J-06).
    """
    access.can_log_objection(by, opportunity).enforce()
    row = Objection(opportunity=opportunity, stage=opportunity.stage, opened_date=timezone.localdate(now), opened_by_id=by.user_id)
    _apply(row, values)
    _check(row, now=now)
    row.save()
    _link_real_issue(row, real_issue, by=by, now=now)
    _remind(row, by=by, now=now)
    _note_use(row, by=by, now=now)
    _record(row, "qualification.log_objection", by=by, now=now, summary=row.words)
    return row


@transaction.atomic
def edit_objection(
    *,
    objection: Objection,
    values: Mapping[str, Any],
    by: Scope,
    now: datetime,
    real_issue: str = "",
    expected_version: int | None = None,
) -> Objection:
    """Corrects what was written down. A stale save is refused with both versions."""
    opportunity = objection.opportunity
    access.can_log_objection(by, opportunity).enforce()
    fresh = locked(objection, expected_version=expected_version, yours=dict(values))
    before = snapshot_of(fresh, FIELDS)
    _apply(fresh, values)
    _check(fresh, now=now)
    audit.save_with_audit(
        target=fresh,
        fields=FIELDS,
        action="qualification.edit_objection",
        by=by,
        now=now,
        before=before,
        account_id=opportunity.account_id,
    )
    _link_real_issue(fresh, real_issue, by=by, now=now)
    _remind(fresh, by=by, now=now)
    if fresh.entry_id != before["entry"]:
        _note_use(fresh, by=by, now=now)
    return fresh


@transaction.atomic
def take_step(*, objection: Objection, action: str, note: str, by: Scope, now: datetime) -> ObjectionStep:
    """One of the three steps of handling, in their order (J-11)."""
    access.can_log_objection(by, objection.opportunity).enforce()
    fresh = locked(objection, expected_version=None, yours={})
    _refuse_closed(fresh)
    done = list(fresh.steps.order_by("pk").values_list("action", flat=True))
    if action not in calc.STEPS:
        raise Invalid(_("There is no such step."))
    if action in done:
        raise UnableToHandleObjection(_("This step is done already."))
    if not calc.may_take(action, done):
        raise UnableToHandleObjection(_("One step after the other: inquire, suggest, dissolve."))
    if not note.strip():
        raise Invalid(_("Write down what was said."), fields={"note": _("Write down what was said.")})
    step = ObjectionStep.objects.create(objection=fresh, action=action, note=note.strip(), by_id=by.user_id, at=now)
    _record(fresh, "qualification.objection_step", by=by, now=now, summary=f"{action}: {step.note}")
    return step


@transaction.atomic
def close_objection(
    *,
    objection: Objection,
    result: str,
    settled_date: date,
    by: Scope,
    now: datetime,
    note: str = "",
    principles: Iterable[str] = (),
) -> Objection:
    """Says what came of it. Settling needs the three steps; the principles that were kept are ticked before (J-12)."""
    access.can_log_objection(by, objection.opportunity).enforce()
    fresh = locked(objection, expected_version=None, yours={})
    _refuse_closed(fresh)
    ticked = [row.code for row in reference.PRINCIPLES if row.code in set(principles)]
    problems: dict[str, str] = {}
    if result not in Objection.Result.values:
        problems["result"] = _("Choose what came of it.")
    if settled_date > timezone.localdate(now):
        problems["settled_date"] = _("The day lies in the future.")
    if settled_date < fresh.opened_date:
        problems["settled_date"] = _("The day lies before the objection came up.")
    if not ticked:
        problems["principles"] = _("Go through the principles, and tick those that were kept.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    done = set(fresh.steps.values_list("action", flat=True))
    if result == Objection.Result.SETTLED and done != set(calc.STEPS):
        raise UnableToHandleObjection(_("It is settled when it was inquired into, a suggestion was made, and the customer agreed."))
    fresh.result, fresh.settled_date, fresh.settled_by_id = result, settled_date, by.user_id
    fresh.result_note, fresh.principles = note.strip(), ticked
    fresh.save()
    if fresh.todo is not None and fresh.todo.done_at is None and account_access.can_work_on_todo(by, fresh.todo):
        work.finish_todo(todo=fresh.todo, by=by, now=now)
    _note_outcome(fresh, OUTCOME_OF[Objection.Result(result)], by=by, now=now)
    _record(fresh, "qualification.close_objection", by=by, now=now, summary=f"{result}: {fresh.result_note}")
    return fresh


@transaction.atomic
def reopen_objection(*, objection: Objection, by: Scope, now: datetime) -> Objection:
    """It came up again: open, with its steps as they were."""
    access.can_log_objection(by, objection.opportunity).enforce()
    fresh = locked(objection, expected_version=None, yours={})
    if fresh.result:
        fresh.result, fresh.settled_date, fresh.settled_by = "", None, None
        fresh.save()
        _note_outcome(fresh, "", by=by, now=now)
        _record(fresh, "qualification.reopen_objection", by=by, now=now, summary=fresh.words)
    return fresh


@transaction.atomic
def archive_objection(*, objection: Objection, by: Scope, now: datetime) -> Objection:
    return _set_archived(objection, now, by=by, now=now)


@transaction.atomic
def restore_objection(*, objection: Objection, by: Scope, now: datetime) -> Objection:
    return _set_archived(objection, None, by=by, now=now)


# ---- parts ----------------------------------------------------------------------------------------------------------


def _apply(row: Objection, values: Mapping[str, Any]) -> None:
    for name in FIELDS:
        if name in values:
            value = values[name]
            setattr(row, name, value.strip() if isinstance(value, str) else value)


def _check(row: Objection, *, now: datetime) -> None:
    problems: dict[str, str] = {}
    if not row.words:
        problems["words"] = _("Write down what the customer said or did.")
    if row.moment not in Objection.Moment.values:
        problems["moment"] = _("Say when it came up.")
    if row.opened_date > timezone.localdate(now):
        problems["opened_date"] = _("The day lies in the future.")
    if row.contact is not None and row.contact.account_id != row.opportunity.account_id:
        problems["contact"] = _("This person is not at this account.")
    if set(row.causes) - CAUSES:
        problems["causes"] = _("There is no such cause.")
    if row.standard and reference.find(reference.STANDARD, row.standard) is None:
        problems["standard"] = _("There is no such standard objection.")
    if row.timing_reason and TIMING_REASONS.get(row.timing_reason) != row.timing:
        row.timing_reason = ""
    if calc.needs_due_date(row.timing, row.due_date):
        problems["due_date"] = _("An answer that is put off has a day.")
    if row.timing == Objection.Timing.NOW:
        row.due_date = None
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)


def _link_real_issue(row: Objection, words: str, *, by: Scope, now: datetime) -> None:
    words = words.strip()
    if row.kind != Objection.Kind.HIDDEN or not words:
        return
    if row.real_issue is not None:
        if row.real_issue.words != words and not row.real_issue.result:
            issue = locked(row.real_issue, expected_version=None, yours={})
            issue.words = words
            issue.save()
        return
    row.real_issue = Objection.objects.create(
        opportunity=row.opportunity, stage=row.stage, contact=row.contact, moment=row.moment, channel=row.channel, act=row.act,
        is_spoken=False, words=words, kind=Objection.Kind.TRUE, opened_date=row.opened_date, opened_by_id=by.user_id,
    )  # fmt: skip
    row.save(update_fields=["real_issue"])
    _record(row.real_issue, "qualification.log_objection", by=by, now=now, summary=words)


def _remind(row: Objection, *, by: Scope, now: datetime) -> None:
    account, todo = row.opportunity.account, row.todo
    if todo is not None and todo.done_at is None and todo.archived_at is None:
        if not account_access.can_work_on_todo(by, todo):
            return
        if row.due_date is None:
            work.archive_todo(todo=todo, by=by, now=now)
        elif todo.due_date != row.due_date:
            work.edit_todo(todo=todo, title=todo.title, due_date=row.due_date, assignee=todo.assignee, by=by, now=now)
        return
    if row.due_date is None or row.result or account is None or not account_access.can_edit(by, account):
        return
    row.todo = work.add_todo(
        account=account,
        title=_("Answer the objection: %(words)s") % {"words": row.words[:120]},
        by=by,
        now=now,
        due_date=row.due_date,
        assignee=row.opportunity.owner,
        reason=_("Promised on the deal “%(deal)s”") % {"deal": row.opportunity.name},
        source=f"objection:{row.pk}",
    )
    row.save(update_fields=["todo"])


def _note_use(row: Objection, *, by: Scope, now: datetime) -> None:
    if row.entry is not None and by.can("library.see"):
        uses.note_use(
            entry=row.entry,
            by=by,
            now=now,
            subject=SUBJECT,
            subject_id=row.pk,
            subject_label=row.words[:200],
            account=row.opportunity.account,
        )


def _note_outcome(row: Objection, outcome: str, *, by: Scope, now: datetime) -> None:
    if row.entry_id is None or not by.can("library.see"):
        return
    use = EntryUse.objects.filter(entry_id=row.entry_id, subject=SUBJECT, subject_id=row.pk).select_related("entry").order_by("-pk").first()
    if use is not None and (use.used_by_id == by.user_id or use.used_by_id in by.user_ids):
        uses.note_outcome(use=use, outcome=outcome, by=by, now=now, note=row.result_note)


def _refuse_closed(row: Objection) -> None:
    if row.result or row.archived_at is not None:
        raise UnableToHandleObjection(_("This objection is closed. Open it again first."))


def _set_archived(objection: Objection, value: datetime | None, *, by: Scope, now: datetime) -> Objection:
    access.can_log_objection(by, objection.opportunity).enforce()
    if (objection.archived_at is None) == (value is None):
        return objection
    fresh = locked(objection, expected_version=None, yours={})
    fresh.archived_at = value
    fresh.save()
    action = "qualification.archive_objection" if value else "qualification.restore_objection"
    _record(fresh, action, by=by, now=now, summary=fresh.words)
    return fresh


def _record(row: Objection, action: str, *, by: Scope, now: datetime, summary: str) -> None:
    audit.record(target=row, action=action, by=by, now=now, account_id=row.opportunity.account_id, summary=summary)
