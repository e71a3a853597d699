"""Writing the 7+3 sheet (E-02): elements, evidence, red flags and their decision, the verdict that a person gives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts import access as account_access
from dingke.accounts.actions import dossier as account_dossier
from dingke.core import audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.pipeline.models import Opportunity
from dingke.qualification import access
from dingke.qualification.calc import sheet as calc
from dingke.qualification.calc.elements import ELEMENT_OF, flag_of
from dingke.qualification.models import Evidence, RedFlag, SheetDecision, SheetElement, SheetSnapshot
from dingke.qualification.queries import standing

FIELDS = ["state", "text", "facts", "next_question", "as_of_date"]
BUDGET = ["budget_low", "budget_high", "budget_basis"]


class UnableToSaveSheet(Refusal):
    """The sheet cannot be changed as asked."""


@transaction.atomic
def save_element(
    *,
    opportunity: Opportunity,
    element: str,
    values: Mapping[str, Any],
    by: Scope,
    now: datetime,
    expected_version: int | None = None,
    flag_code: str = "",
    flag_text: str = "",
    budget: Mapping[str, Any] | None = None,
) -> SheetElement:
    """Saves one element. `values`: names of FIELDS; `budget`: the three fields of the deal that are the element BUDGET.

    A red flag needs to be named; it stays until whoever leads has decided. The day's snapshot follows each save.
    """
    access.can_edit(by, opportunity).enforce()
    row, is_new = _row(opportunity, element)
    fresh = locked(row, expected_version=None if is_new else expected_version, yours=dict(values))
    before = snapshot_of(fresh, FIELDS)
    for name in FIELDS:
        if name in values:
            setattr(fresh, name, values[name])
    today = timezone.localdate(now)
    open_flag = RedFlag.objects.filter(opportunity=opportunity, element=element, decision="").order_by("pk").first()
    _check_element(fresh, before_state=before["state"], open_flag=open_flag, flag_code=flag_code, flag_text=flag_text, today=today)
    if fresh.as_of_date is None and fresh.state != SheetElement.State.UNKNOWN:
        fresh.as_of_date = today
    _ask(fresh, opportunity, by=by, now=now)
    audit.save_with_audit(
        target=fresh,
        fields=FIELDS,
        action="qualification.sheet",
        by=by,
        now=now,
        before=before,
        account_id=opportunity.account_id,
    )
    if budget is not None and element == SheetElement.Element.BUDGET:
        _save_budget(opportunity, budget, by=by, now=now)
    if fresh.state == SheetElement.State.RED_FLAG:
        _raise_flag(opportunity, element, open_flag, code=flag_code, text=flag_text, by=by, now=now)
    _snapshot(opportunity, today)
    fresh.refresh_from_db()
    return fresh


@transaction.atomic
def add_evidence(*, opportunity: Opportunity, element: str, kind: str, reference: str, on_date: date, by: Scope, now: datetime) -> Evidence:
    """Says what an element was read from. An element that was unknown is known in part from then on."""
    access.can_edit(by, opportunity).enforce()
    problems: dict[str, str] = {}
    reference = " ".join(reference.split())
    if kind not in Evidence.Kind.values:
        problems["kind"] = _("There is no such kind of evidence.")
    if not reference:
        problems["reference"] = _("Say where it can be found: which visit, which file, which mail.")
    if on_date > timezone.localdate(now):
        problems["on_date"] = _("The day lies in the future.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    row, _is_new = _row(opportunity, element)
    evidence = Evidence.objects.create(element=row, kind=kind, reference=reference[:300], on_date=on_date, by_id=by.user_id, at=now)
    if row.state == SheetElement.State.UNKNOWN:
        row.state, row.as_of_date, row.version = SheetElement.State.PARTIAL, on_date, row.version + 1
        row.save()
        _snapshot(opportunity, timezone.localdate(now))
    _record(row, opportunity, "qualification.add_evidence", by=by, now=now, summary=f"{element}: {evidence.reference}")
    return evidence


@transaction.atomic
def remove_evidence(*, evidence: Evidence, by: Scope, now: datetime) -> None:
    """Takes evidence away that was wrong; the trail keeps its words."""
    opportunity = evidence.element.opportunity
    access.can_edit(by, opportunity).enforce()
    _record(evidence.element, opportunity, "qualification.remove_evidence", by=by, now=now, summary=evidence.reference)
    evidence.delete()


@transaction.atomic
def take_over(
    *,
    opportunity: Opportunity,
    element: str,
    text: str,
    facts: Mapping[str, str],
    reference: str,
    on_date: date,
    by: Scope,
    now: datetime,
) -> SheetElement:
    """Takes into the sheet what the system knows already: fills what is empty, adds the words, and notes where they stand."""
    access.can_edit(by, opportunity).enforce()
    row, _is_new = _row(opportunity, element)
    merged = {**{key: value for key, value in facts.items() if value}, **{key: value for key, value in row.facts.items() if value}}
    words = row.text if text in row.text else "\n".join(part for part in (row.text, text) if part)
    state = SheetElement.State.PARTIAL if row.state == SheetElement.State.UNKNOWN else row.state
    values = {"text": words, "facts": merged, "state": state, "as_of_date": row.as_of_date or min(on_date, timezone.localdate(now))}
    if element == SheetElement.Element.SCHEDULE and calc.lacks_date_cause(state, merged):
        values["state"] = row.state  # words alone are no timetable: the state waits for a date
    saved = save_element(opportunity=opportunity, element=element, values=values, by=by, now=now)
    if not saved.evidence.filter(reference=reference[:300]).exists():
        Evidence.objects.create(
            element=saved, kind=Evidence.Kind.NOTE, reference=reference[:300], on_date=min(on_date, timezone.localdate(now)),
            by_id=by.user_id, at=now,
        )  # fmt: skip
    return saved


@transaction.atomic
def ask_all(*, opportunity: Opportunity, questions: Mapping[str, str], by: Scope, now: datetime) -> int:
    """Puts the proposed question of each element that has none of its own onto the list for the next visit. Answers how many."""
    access.can_edit(by, opportunity).enforce()
    asked = 0
    for element, text in questions.items():
        row, _is_new = _row(opportunity, element)
        if not row.next_question and row.state != SheetElement.State.CONFIRMED:
            row.next_question, row.version = text[:300], row.version + 1
            _ask(row, opportunity, by=by, now=now)
            row.save()
            asked += 1
    if asked:
        audit.record(
            target=opportunity, action="qualification.ask_all", by=by, now=now, account_id=opportunity.account_id, changes={"asked": asked}
        )
    return asked


@transaction.atomic
def decide_flag(*, flag: RedFlag, decision: str, reason: str, by: Scope, now: datetime) -> RedFlag:
    """What whoever leads decides about a red flag. Cleared: the element is known in part again."""
    opportunity = flag.opportunity
    access.can_decide(by, opportunity).enforce()
    fresh = RedFlag.objects.select_for_update(of=("self",)).get(pk=flag.pk)
    if fresh.decision:
        raise UnableToSaveSheet(_("This red flag is decided already."))
    if decision not in RedFlag.Decision.values:
        raise Invalid(_("Choose a decision."), fields={"decision": _("Choose a decision.")})
    if not reason.strip():
        raise Invalid(_("Give the reason of the decision."), fields={"reason": _("Give the reason of the decision.")})
    fresh.decision, fresh.reason = decision, reason.strip()
    fresh.decided_by_id, fresh.decided_at = by.user_id, now
    fresh.save()
    if decision == RedFlag.Decision.CLEARED:
        row, _is_new = _row(opportunity, fresh.element)
        row.state, row.version = SheetElement.State.PARTIAL, row.version + 1
        row.save()
        _snapshot(opportunity, timezone.localdate(now))
    audit.record(
        target=opportunity,
        action="qualification.decide_flag",
        by=by,
        now=now,
        account_id=opportunity.account_id,
        changes={"decision": ["", decision]},
        summary=f"{fresh.element}: {fresh.reason}",
    )
    return fresh


@transaction.atomic
def decide_verdict(
    *, opportunity: Opportunity, verdict: str, reason: str, by: Scope, now: datetime, recheck_date: date | None = None
) -> SheetDecision:
    """What a person decides on the proposed verdict (E-22). Dropping is for whoever leads; a day to look again goes onto the deal."""
    rule = access.can_decide if verdict == SheetDecision.Verdict.DROP else access.can_edit
    rule(by, opportunity).enforce()
    today = timezone.localdate(now)
    problems: dict[str, str] = {}
    if verdict not in SheetDecision.Verdict.values:
        problems["verdict"] = _("Choose a decision.")
    if not reason.strip():
        problems["reason"] = _("Give the reason of the decision.")
    if recheck_date is not None and recheck_date <= today:
        problems["recheck_date"] = _("Choose a day after today.")
    if verdict == SheetDecision.Verdict.DROP and recheck_date is None:
        problems["recheck_date"] = _("Say when to look at this customer again.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    judged = standing.judgement_of(opportunity)
    waiting = RedFlag.objects.filter(opportunity=opportunity, decision="").exists()
    if verdict == SheetDecision.Verdict.IDEAL and waiting:
        raise UnableToSaveSheet(_("A red flag waits for a decision. Until then the deal is not ideal."))
    decision = SheetDecision.objects.create(
        opportunity=opportunity,
        verdict=verdict,
        proposed=judged.verdict,
        score=judged.score,
        causes=[cause.as_json() for cause in judged.causes],
        reason=reason.strip(),
        recheck_date=recheck_date,
        by_id=by.user_id,
        at=now,
    )
    if recheck_date is not None:
        Opportunity.objects.filter(pk=opportunity.pk).update(recheck_date=recheck_date)
    audit.record(
        target=opportunity,
        action="qualification.decide",
        by=by,
        now=now,
        account_id=opportunity.account_id,
        changes={"verdict": [judged.verdict, verdict]},
        summary=decision.reason,
    )
    return decision


# ---- parts ----------------------------------------------------------------------------------------------------------


def _row(opportunity: Opportunity, element: str) -> tuple[SheetElement, bool]:
    """The row of an element, and whether it was made just now: then there is nothing to be stale against."""
    if element not in ELEMENT_OF:
        raise Invalid(_("The sheet has no such element."))
    return SheetElement.objects.get_or_create(opportunity=opportunity, element=element)


def _check_element(row: SheetElement, *, before_state: str, open_flag: RedFlag | None, flag_code: str, flag_text: str, today: date) -> None:
    problems: dict[str, str] = {}
    row.text, row.next_question = row.text.strip(), " ".join(row.next_question.split())[:300]
    red = SheetElement.State.RED_FLAG
    if row.state not in SheetElement.State.values:
        problems["state"] = _("Choose a state.")
    if row.as_of_date is not None and row.as_of_date > today:
        problems["as_of_date"] = _("The day lies in the future.")
    if row.element == SheetElement.Element.SCHEDULE and calc.lacks_date_cause(row.state, row.facts):
        problems["no_date_cause"] = _("No date: say whether the key person is not found or there is no plan.")
    if row.state == red and open_flag is None and before_state != red and not flag_code and not flag_text.strip():
        problems["flag_code"] = _("Name the red flag, or describe it.")
    if flag_code and flag_of(row.element, flag_code) is None:
        problems["flag_code"] = _("This red flag belongs to another element.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    if open_flag is not None and row.state != red:
        raise UnableToSaveSheet(_("The red flag of this element waits for a decision. It cannot be put away before."))


def _raise_flag(
    opportunity: Opportunity, element: str, open_flag: RedFlag | None, *, code: str, text: str, by: Scope, now: datetime
) -> None:
    text = text.strip()
    if open_flag is not None:
        if (code or text) and (open_flag.code, open_flag.text) != (code, text):
            open_flag.code, open_flag.text = code, text
            open_flag.save()
        return
    if not code and not text:
        return  # the decided one stands; no new cause was named
    last = RedFlag.objects.filter(opportunity=opportunity, element=element).order_by("-pk").first()
    if last is not None and last.decision != RedFlag.Decision.CLEARED and (last.code, last.text) == (code, text):
        return
    flag = RedFlag.objects.create(opportunity=opportunity, element=element, code=code, text=text, raised_by_id=by.user_id, raised_at=now)
    audit.record(
        target=opportunity,
        action="qualification.raise_flag",
        by=by,
        now=now,
        account_id=opportunity.account_id,
        summary=f"{element}: {flag.code} {flag.text}".strip(),
    )


def _save_budget(opportunity: Opportunity, values: Mapping[str, Any], *, by: Scope, now: datetime) -> None:
    low, high = values.get("budget_low"), values.get("budget_high")
    if low is not None and high is not None and low > high:
        message = _("The lower end of the budget lies above the upper end.")
        raise Invalid(message, fields={"budget_high": message})
    fresh = Opportunity.objects.select_for_update(of=("self",)).get(pk=opportunity.pk)
    before = snapshot_of(fresh, BUDGET)
    for name in BUDGET:
        if name in values:
            setattr(fresh, name, values[name])
    if changes := audit.changes_between(before, snapshot_of(fresh, BUDGET)):
        fresh.version += 1
        fresh.save(update_fields=[*BUDGET, "version", "updated_at"])
        audit.record(target=fresh, action="qualification.budget", by=by, now=now, account_id=fresh.account_id, changes=changes)
    for name in (*BUDGET, "version"):
        setattr(opportunity, name, getattr(fresh, name))


def _ask(row: SheetElement, opportunity: Opportunity, *, by: Scope, now: datetime) -> None:
    """Keeps the question at the account in step with the one on the sheet, where the deal has an account that the caller may edit."""
    account = opportunity.account
    open_one = row.question if row.question and row.question.answered_at is None and row.question.archived_at is None else None
    wanted = "" if row.state == SheetElement.State.CONFIRMED else row.next_question
    if account is None or (open_one.text if open_one else "") == wanted or not account_access.can_edit(by, account):
        return
    if open_one is not None:
        account_dossier.drop_question(question=open_one, by=by, now=now)
        row.question = None
    if wanted:
        row.question = account_dossier.add_question(account=account, text=wanted, by=by, now=now)


def _snapshot(opportunity: Opportunity, today: date) -> None:
    states = standing.states_of(opportunity)
    SheetSnapshot.objects.update_or_create(opportunity=opportunity, on_date=today, defaults={"score": calc.score(states), "states": states})


def _record(row: SheetElement, opportunity: Opportunity, action: str, *, by: Scope, now: datetime, summary: str) -> None:
    audit.record(target=row, action=action, by=by, now=now, account_id=opportunity.account_id, summary=summary)
