"""Prospecting (D-02 to D-05): profile first, then companies on the board, screened, developed, admitted or dropped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.accounts.actions import account as accounts
from dingke.accounts.actions import nomination, work
from dingke.accounts.calc.key_account import Answer, Judgement
from dingke.accounts.calc.names import normalise_company_name
from dingke.accounts.calc.nomination import Answers, Rating
from dingke.accounts.models import Account, Nomination
from dingke.core import audit, bus
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.people.models import User
from dingke.pipeline import access
from dingke.pipeline.actions.opportunity import create_opportunity
from dingke.pipeline.calc import prospecting
from dingke.pipeline.events import ProspectAdmitted
from dingke.pipeline.models import PlaybookVersion, Prospect, ProspectContact, ProspectProfile

FACTS = [
    "profile", "name", "source", "industry", "region", "employees", "annual_revenue", "website", "phone", "person", "note",
    "next_step", "next_date",
]  # fmt: skip
KEYS = {"profile", "source", "industry", "region"}
PROFILE = ["title", "industries", "regions", "size_tiers", "need", "features", "goal"]
SCREENED = ["stage", "stage_since", "tests", "criteria", "means", "outcome", "outcome_reason"]
DUTY = "prospect.duty"
DUTY_DAYS = 90
OPEN = (Prospect.Stage.SEARCH, Prospect.Stage.SCREEN, Prospect.Stage.DEVELOP)


class UnableToProspect(Refusal):
    """The step is not open for this company now."""


@transaction.atomic
def save_profile(
    *, profile: ProspectProfile | None, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> ProspectProfile:
    """Keeps a target profile. The need is required, and one wish at least besides (D-03)."""
    access.can_prospect(by).enforce()
    if not str(values.get("title", "")).strip():
        raise Invalid(_("Give the profile a name."), fields={"title": _("Give the profile a name.")})
    if not str(values.get("need", "")).strip():
        raise Invalid(_("Say which need these companies have."), fields={"need": _("Say which need these companies have.")})
    if not (values.get("industries") or values.get("regions") or values.get("size_tiers")):
        raise Invalid(_("Choose an industry, a region or a size, so that a company can be held against the profile."))
    if profile is None:
        row = ProspectProfile.objects.create(owner_id=by.me, **{name: values.get(name) for name in PROFILE if values.get(name) is not None})
        audit.record(target=row, action="pipeline.add_profile", by=by, now=now, summary=row.title)
        return row
    access.can_edit_profile(by, profile).enforce()
    fresh = locked(profile, expected_version=expected_version, yours=values)
    before = snapshot_of(fresh, PROFILE)
    for name in PROFILE:
        setattr(fresh, name, values.get(name))
    audit.save_with_audit(target=fresh, fields=PROFILE, action="pipeline.edit_profile", by=by, now=now, before=before)
    return fresh


@transaction.atomic
def add_prospect(*, values: Mapping[str, Any], by: Scope, now: datetime, today: date, owner: User | None = None) -> Prospect:
    """Puts a company on the board. It belongs to `owner`, else to the caller. A name that is on the board already is refused."""
    access.can_prospect(by).enforce()
    holder = owner or User.objects.filter(pk=by.me).order_by("pk").first()
    if holder is None:
        raise Invalid(_("Choose who works on it."), fields={"owner": _("Choose who works on it.")})
    row = Prospect(owner=holder, found_date=today, stage_since=today)
    _apply(row, values)
    row.save()
    audit.record(target=row, action="pipeline.add_prospect", by=by, now=now, summary=row.name)
    return row


@transaction.atomic
def edit_prospect(
    *, prospect: Prospect, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> Prospect:
    """Changes what is known of a company. A stale save is refused."""
    access.can_edit_prospect(by, prospect).enforce()
    fresh = locked(prospect, expected_version=expected_version, yours=values)
    before = snapshot_of(fresh, FACTS)
    _apply(fresh, values)
    audit.save_with_audit(target=fresh, fields=FACTS, action="pipeline.edit_prospect", by=by, now=now, before=before)
    return fresh


def _apply(row: Prospect, values: Mapping[str, Any]) -> None:
    for name in FACTS:
        if name in values:
            setattr(row, f"{name}_id" if name in KEYS else name, values[name])  # other rows by their keys
    row.name = " ".join((row.name or "").split())
    problems: dict[str, str] = {}
    if not row.name:
        problems["name"] = _("The company needs a name.")
    if row.profile_id is None:
        problems["profile"] = _("Choose the profile that the company is held against.")
    if row.source_id is None:
        problems["source"] = _("Say where the company was found.")
    row.name_key = normalise_company_name(row.name)
    twin = (
        Prospect.objects.filter(name_key=row.name_key, stage__in=OPEN, archived_at__isnull=True).exclude(pk=row.pk).order_by("pk").first()
    )
    if row.name_key and twin is not None and "name" not in problems:
        problems["name"] = _("%(name)s is on the board already.") % {"name": row.name}
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)


@transaction.atomic
def screen_prospect(
    *,
    prospect: Prospect,
    tests: Mapping[str, Judgement],
    criteria: Mapping[str, Rating],
    means: str,
    by: Scope,
    now: datetime,
    today: date,
    outcome: str = "",
    reason: str = "",
    expected_version: int | None = None,
) -> Prospect:
    """Keeps the screening (D-04) and moves the company by its outcome: in, or dropped. Whoever decides otherwise than the rule says why."""
    access.can_edit_prospect(by, prospect).enforce()
    fresh = locked(prospect, expected_version=expected_version, yours={})
    _refuse_ended(fresh)
    found = prospecting.screen(
        tests={key: said.answer for key, said in tests.items()}, criteria={key: given.rating for key, given in criteria.items()}
    )
    chosen = Prospect.Outcome(outcome or found.outcome.value)
    if not means.strip():
        raise Invalid(_("Say by what means the company was screened."), fields={"means": _("Say by what means the company was screened.")})
    if chosen.value != found.outcome.value and not reason.strip():
        raise Invalid(
            _("Say why you decide otherwise than the rule."), fields={"outcome_reason": _("Say why you decide otherwise than the rule.")}
        )
    before = snapshot_of(fresh, SCREENED)
    fresh.tests = {key: {"answer": said.answer.value, "justification": said.evidence} for key, said in tests.items()}
    fresh.criteria = {key: {"rating": given.rating, "note": given.note} for key, given in criteria.items()}
    fresh.means, fresh.outcome, fresh.outcome_reason = means.strip()[:200], chosen, reason.strip()[:300]
    if chosen == Prospect.Outcome.DROP:
        _to(fresh, Prospect.Stage.DROPPED, today)
        fresh.ended_date = today
    elif fresh.stage == Prospect.Stage.SEARCH:
        _to(fresh, Prospect.Stage.SCREEN, today)
        fresh.screened_date = fresh.screened_date or today
    audit.save_with_audit(target=fresh, fields=SCREENED, action="pipeline.screen_prospect", by=by, now=now, before=before)
    return fresh


@transaction.atomic
def develop_prospect(*, prospect: Prospect, by: Scope, now: datetime, today: date) -> Prospect:
    """Takes a company that was screened in into development (D-05)."""
    access.can_edit_prospect(by, prospect).enforce()
    fresh = locked(prospect, expected_version=None, yours={})
    if fresh.stage == Prospect.Stage.DEVELOP:
        return fresh
    if fresh.stage != Prospect.Stage.SCREEN:
        raise UnableToProspect(_("Screen the company first."))
    before = snapshot_of(fresh, ["stage", "stage_since"])
    _to(fresh, Prospect.Stage.DEVELOP, today)
    fresh.developed_date = fresh.developed_date or today
    audit.save_with_audit(target=fresh, fields=["stage", "stage_since"], action="pipeline.develop_prospect", by=by, now=now, before=before)
    return fresh


@transaction.atomic
def drop_prospect(*, prospect: Prospect, reason: str, by: Scope, now: datetime, today: date) -> Prospect:
    """Takes a company off the board with the reason."""
    access.can_edit_prospect(by, prospect).enforce()
    if not reason.strip():
        raise Invalid(_("Say why the company is dropped."), fields={"reason": _("Say why the company is dropped.")})
    fresh = locked(prospect, expected_version=None, yours={})
    _refuse_ended(fresh)
    before = snapshot_of(fresh, SCREENED)
    _to(fresh, Prospect.Stage.DROPPED, today)
    fresh.ended_date, fresh.outcome, fresh.outcome_reason = today, Prospect.Outcome.DROP, reason.strip()[:300]
    audit.save_with_audit(target=fresh, fields=SCREENED, action="pipeline.drop_prospect", by=by, now=now, before=before)
    return fresh


@transaction.atomic
def reopen_prospect(*, prospect: Prospect, by: Scope, now: datetime, today: date) -> Prospect:
    """Puts a dropped company back where it was dropped."""
    access.can_edit_prospect(by, prospect).enforce()
    fresh = locked(prospect, expected_version=None, yours={})
    if fresh.stage != Prospect.Stage.DROPPED:
        raise UnableToProspect(_("Only a dropped company is put back."))
    before = snapshot_of(fresh, SCREENED)
    stage = Prospect.Stage.DEVELOP if fresh.developed_date else Prospect.Stage.SCREEN if fresh.screened_date else Prospect.Stage.SEARCH
    _to(fresh, stage, today)
    fresh.ended_date, fresh.outcome, fresh.outcome_reason = None, "", ""
    audit.save_with_audit(target=fresh, fields=SCREENED, action="pipeline.reopen_prospect", by=by, now=now, before=before)
    return fresh


@transaction.atomic
def plan_contact(*, prospect: Prospect, title: str, due_date: date, by: Scope, now: datetime) -> ProspectContact:
    """Adds a step to the contact plan (D-05)."""
    access.can_edit_prospect(by, prospect).enforce()
    _refuse_ended(prospect)
    if not title.strip():
        raise Invalid(_("Say what is to be done."), fields={"title": _("Say what is to be done.")})
    row = ProspectContact.objects.create(prospect=prospect, title=title.strip()[:200], due_date=due_date)
    audit.record(target=prospect, action="pipeline.plan_prospect", by=by, now=now, summary=row.title)
    return row


@transaction.atomic
def finish_contact(*, step: ProspectContact, result: str, by: Scope, now: datetime, today: date) -> ProspectContact:
    """Notes what came of a step of the contact plan."""
    access.can_edit_prospect(by, step.prospect).enforce()
    fresh = locked(step, expected_version=None, yours={})
    if not result.strip():
        raise Invalid(_("Say what came of it."), fields={"result": _("Say what came of it.")})
    fresh.done_date, fresh.result = fresh.done_date or today, result.strip()
    fresh.version += 1
    fresh.save()
    audit.record(target=step.prospect, action="pipeline.finish_prospect_step", by=by, now=now, summary=fresh.title)
    return fresh


@transaction.atomic
def admit_prospect(
    *,
    prospect: Prospect,
    by: Scope,
    now: datetime,
    today: date,
    account: Account | None = None,
    playbook_version: PlaybookVersion | None = None,
    deal_name: str = "",
) -> Prospect:
    """Admits a company (D-05): an account (a new one, or one that is there) in the stage "new" with the draft of its nomination as
    key account where the screening said so, a deal in the chosen playbook, and the standing duty to keep in touch.
    """
    access.can_edit_prospect(by, prospect).enforce()
    fresh = locked(prospect, expected_version=None, yours={})
    if fresh.stage != Prospect.Stage.DEVELOP:
        raise UnableToProspect(_("Only a company in development is admitted."))
    if account is None:
        facts = ("name", "source", "industry", "region", "employees", "annual_revenue", "website", "phone")
        values = {name: getattr(fresh, name) for name in facts}
        account = accounts.create_account(values={**values, "description": fresh.note}, by=by, now=now, owner=fresh.owner)
    account = accounts.set_stage(
        account=account, stage=Account.Stage.NEW, by=by, now=now, since=today, reason=_("Admitted from the prospect board")
    )
    if fresh.outcome == Prospect.Outcome.KEY and not account.is_key:
        _draft_nomination(fresh, account, by=by, now=now)
    if playbook_version is not None:
        fresh.opportunity = create_opportunity(
            values={
                "name": deal_name.strip() or fresh.name,
                "account": account,
                "next_step": fresh.next_step,
                "next_step_date": fresh.next_date,
            },
            playbook_version=playbook_version,
            by=by,
            now=now,
            today=today,
            owner=fresh.owner,
        )
    work.add_todo(
        account=account,
        title=_("Keep the long-term cooperation alive"),
        reason=_("The work does not end with the admission: stay in touch, and note what has changed."),
        due_date=today + timedelta(days=DUTY_DAYS),
        assignee=fresh.owner,
        source=DUTY,
        by=by,
        now=now,
    )
    before = snapshot_of(prospect, ["stage", "stage_since", "account"])
    fresh.account, fresh.ended_date = account, today
    _to(fresh, Prospect.Stage.ADMITTED, today)
    audit.save_with_audit(
        target=fresh, fields=["stage", "stage_since", "account"], action="pipeline.admit_prospect", by=by, now=now, before=before,
        account_id=account.pk,
    )  # fmt: skip
    bus.publish(ProspectAdmitted(prospect_id=fresh.pk, account_id=account.pk), now=now)
    return fresh


def _draft_nomination(row: Prospect, account: Account, *, by: Scope, now: datetime) -> None:
    open_already = Nomination.objects.filter(
        account=account, state__in=[Nomination.State.DRAFT, Nomination.State.PROPOSED], archived_at__isnull=True
    ).exists()
    if open_already or not by.can("accounts.nominate"):
        return
    answers = Answers(
        reason=row.outcome_reason or row.note,
        tests={key: Judgement(Answer(said["answer"]), said.get("justification", "")) for key, said in row.tests.items()},
        criteria={key: Rating(given.get("rating"), given.get("note", "")) for key, given in row.criteria.items()},
    )
    nomination.save_draft(account=account, answers=answers, by=by, now=now)


def renew_duties(*, now: datetime, today: date) -> int:
    """Opens the duty to keep in touch again for every admitted account where the last one is done (D-05). Returns how many."""
    open_ids = Account.objects.filter(todos__source=DUTY, todos__done_at__isnull=True, todos__archived_at__isnull=True).values("pk")
    rows = (
        Prospect.objects.filter(stage=Prospect.Stage.ADMITTED, account__archived_at__isnull=True, account__owner__isnull=False)
        .exclude(account__isnull=True)
        .exclude(account__in=open_ids)
        .select_related("account", "account__owner")
        .order_by("pk")
    )
    number = 0
    for row in rows:
        assert row.account is not None
        work.add_todo(
            account=row.account,
            title=_("Keep the long-term cooperation alive"),
            due_date=today + timedelta(days=DUTY_DAYS),
            assignee=row.account.owner,
            source=DUTY,
            by=Scope.system(),
            now=now,
        )
        number += 1
    return number


def _to(row: Prospect, stage: str, today: date) -> None:
    row.stage, row.stage_since = stage, today


def _refuse_ended(row: Prospect) -> None:
    if row.stage not in OPEN:
        raise UnableToProspect(_("This company has left the board."))
