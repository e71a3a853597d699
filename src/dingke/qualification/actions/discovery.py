"""Writing the discovery sheet: SPIN questions and answers (E-14), the need statement (E-06), need amplification (E-10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.models import Contact
from dingke.core import audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.library.actions import uses
from dingke.library.models import Entry
from dingke.pipeline.models import Opportunity
from dingke.qualification import access
from dingke.qualification.calc import spin
from dingke.qualification.calc.amplification import ITEM_OF
from dingke.qualification.models import Amplification, Discovery, SpinQuestion

BASICS = ["company", "staffing", "division", "scope", "standing", "leading_department"]
STATEMENT = ["statement", "statement_contact", "statement_confirmed_date"]
ANSWER = ["answer", "contact", "asked_date"]
LOSS = ["answer", "hours_per_month", "cost_per_hour", "other_loss", "note"]


class UnableToSaveDiscovery(Refusal):
    """The discovery sheet cannot be changed as asked."""


@transaction.atomic
def save_discovery(
    *, opportunity: Opportunity, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> Discovery:
    """Saves the basics or the need statement. A statement that is changed after it was confirmed has to be confirmed again."""
    access.can_edit(by, opportunity).enforce()
    row, is_new = Discovery.objects.get_or_create(opportunity=opportunity)
    fresh = locked(row, expected_version=None if is_new else expected_version, yours=dict(values))
    fields = [*BASICS, *STATEMENT]
    before = snapshot_of(fresh, fields)
    for name in fields:
        if name in values:
            setattr(fresh, name, values[name].strip() if isinstance(values[name], str) else values[name])
    today = timezone.localdate(now)
    changed = before["statement"] and before["statement"] != fresh.statement
    if changed and str(before["statement_confirmed_date"] or "") == str(fresh.statement_confirmed_date or ""):
        fresh.statement_confirmed_date = None
        fresh.statement_contact = None
    _check_statement(fresh, today=today)
    audit.save_with_audit(
        target=fresh, fields=fields, action="qualification.discovery", by=by, now=now, before=before, account_id=opportunity.account_id
    )
    return fresh


def _check_statement(row: Discovery, *, today: date) -> None:
    problems: dict[str, str] = {}
    if row.statement_confirmed_date is not None:
        if not row.statement:
            problems["statement"] = _("Write the need down before it is confirmed.")
        if row.statement_confirmed_date > today:
            problems["statement_confirmed_date"] = _("The day lies in the future.")
    _check_contact(problems, "statement_contact", row.statement_contact, row.opportunity)
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)


@transaction.atomic
def add_questions(
    *, opportunity: Opportunity, column: str, texts: Iterable[Mapping[str, Any]], by: Scope, now: datetime
) -> list[SpinQuestion]:
    """Puts questions into a column: from the bank (`entry`) or in own words. `texts`: text, form, prompt, entry.

    Refused while the column is closed; a question of the bank that stands in the column already is not doubled.
    """
    access.can_edit(by, opportunity).enforce()
    if column not in spin.ORDER:
        raise Invalid(_("There is no such column."))
    if column not in open_columns(opportunity):
        raise UnableToSaveDiscovery(_("This column opens when the column before it has an answer."))
    have = set(
        SpinQuestion.objects.filter(opportunity=opportunity, column=column, archived_at__isnull=True).values_list("entry_id", flat=True)
    )
    made = []
    for given in texts:
        entry: Entry | None = given.get("entry")
        text = " ".join(str(given.get("text", "")).split())[:400]
        if not text:
            raise Invalid(_("Write the question down."), fields={"text": _("Write the question down.")})
        if entry is not None and entry.pk in have:
            continue
        question = SpinQuestion.objects.create(
            opportunity=opportunity,
            column=column,
            text=text,
            form=given.get("form") or SpinQuestion.Form.OPEN,
            prompt=given.get("prompt") or "",
            entry=entry,
        )
        made.append(question)
        if entry is not None and by.can("library.see"):
            uses.note_use(
                entry=entry, by=by, now=now, subject="opportunity", subject_id=opportunity.pk, subject_label=opportunity.name,
                account=opportunity.account,
            )  # fmt: skip
        _record(question, "qualification.add_question", by=by, now=now, summary=text)
    return made


@transaction.atomic
def answer_question(
    *, question: SpinQuestion, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> SpinQuestion:
    """Writes down what the customer answered."""
    opportunity = question.opportunity
    access.can_edit(by, opportunity).enforce()
    fresh = locked(question, expected_version=expected_version, yours=dict(values))
    if fresh.archived_at is not None:
        raise UnableToSaveDiscovery(_("This question was taken off the sheet."))
    before = snapshot_of(fresh, ANSWER)
    for name in ANSWER:
        if name in values:
            setattr(fresh, name, values[name].strip() if isinstance(values[name], str) else values[name])
    today = timezone.localdate(now)
    problems: dict[str, str] = {}
    if fresh.answer and fresh.column not in open_columns(opportunity):
        raise UnableToSaveDiscovery(_("This column opens when the column before it has an answer."))
    if fresh.asked_date is not None and fresh.asked_date > today:
        problems["asked_date"] = _("The day lies in the future.")
    _check_contact(problems, "contact", fresh.contact, opportunity)
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    if fresh.answer and fresh.asked_date is None:
        fresh.asked_date = today
    audit.save_with_audit(
        target=fresh, fields=ANSWER, action="qualification.answer", by=by, now=now, before=before, account_id=opportunity.account_id
    )
    return fresh


@transaction.atomic
def archive_question(*, question: SpinQuestion, by: Scope, now: datetime) -> None:
    """Takes a question off the sheet."""
    access.can_edit(by, question.opportunity).enforce()
    fresh = locked(question, expected_version=None, yours={})
    fresh.archived_at = now
    fresh.save()
    _record(fresh, "qualification.archive_question", by=by, now=now, summary=fresh.text)


@transaction.atomic
def save_amplification(
    *, opportunity: Opportunity, item: str, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> Amplification:
    """Writes down an answer of need amplification with the loss that it stands for."""
    access.can_edit(by, opportunity).enforce()
    if item not in ITEM_OF:
        raise Invalid(_("There is no such item."))
    row, is_new = Amplification.objects.get_or_create(opportunity=opportunity, item=item)
    fresh = locked(row, expected_version=None if is_new else expected_version, yours=dict(values))
    before = snapshot_of(fresh, LOSS)
    for name in LOSS:
        if name in values:
            setattr(fresh, name, values[name].strip() if isinstance(values[name], str) else values[name])
    for name in ("hours_per_month", "cost_per_hour", "other_loss"):
        figure = getattr(fresh, name)
        if figure is not None and figure < 0:
            raise Invalid(_("A loss is not negative."), fields={name: _("A loss is not negative.")})
    audit.save_with_audit(
        target=fresh, fields=LOSS, action="qualification.amplify", by=by, now=now, before=before, account_id=opportunity.account_id
    )
    return fresh


def open_columns(opportunity: Opportunity) -> frozenset[str]:
    """The columns of the SPIN sheet that may be worked on."""
    answered = (
        SpinQuestion.objects.filter(opportunity=opportunity, archived_at__isnull=True).exclude(answer="").values_list("column", flat=True)
    )
    return spin.open_columns(set(answered))


def _check_contact(problems: dict[str, str], name: str, contact: Contact | None, opportunity: Opportunity) -> None:
    if contact is not None and contact.account_id != opportunity.account_id:
        problems[name] = _("This person is not at this account.")


def _record(question: SpinQuestion, action: str, *, by: Scope, now: datetime, summary: str) -> None:
    audit.record(target=question, action=action, by=by, now=now, account_id=question.opportunity.account_id, summary=summary)
