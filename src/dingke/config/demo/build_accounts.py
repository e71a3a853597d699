"""Accounts of the demonstration company with all that hangs on them, written through the actions on the day it happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from dingke.accounts.actions import account as account_actions
from dingke.accounts.actions import competitors as competitor_actions
from dingke.accounts.actions import contacts as contact_actions
from dingke.accounts.actions import dates as date_actions
from dingke.accounts.actions import dossier as dossier_actions
from dingke.accounts.actions import nomination as nomination_actions
from dingke.accounts.actions import pool as pool_actions
from dingke.accounts.actions import work as work_actions
from dingke.accounts.calc.key_account import Answer, Judgement
from dingke.accounts.calc.nomination import Answers, Rating
from dingke.accounts.models import Account, Collaborator, Contact, OwnershipChange, Todo
from dingke.approvals import actions as approvals
from dingke.approvals import queries as approval_queries
from dingke.config.demo import records
from dingke.config.demo.records import World
from dingke.core.models import ListItem
from dingke.core.scope import Scope
from dingke.people.models import User
from dingke.people.queries import scope_for

Moment = Callable[..., datetime]
Tell = Callable[[int, int | None, str], object]
POOL = {"days_without_contact": 90, "days_without_order": None, "notice_days": 7}
WAYS = {"mobile": "MOBILE", "phone": "PHONE", "email": "EMAIL", "wechat": "WECHAT"}
LEVELS = {"TOP": "TOP", "MANAGEMENT": "MANAGER", "OPERATOR": "OPERATOR"}
NOTE_KINDS = {"CALL": "CALL", "VISIT": "MEETING", "WECHAT": "WECHAT", "EMAIL": "MAIL", "REMARK": "NOTE"}
DATE_KINDS = {"BIRTHDAY": "BIRTHDAY", "COMPANY_ANNIVERSARY": "COMPANY_ANNIVERSARY", "COOPERATION_ANNIVERSARY": "COOPERATION"}


def _items(list_code: str) -> dict[str, ListItem]:
    return {row.code: row for row in ListItem.objects.filter(list_code=list_code).order_by("id")}


def build(world: World, *, users: Mapping[str, User], by: Scope, moment: Moment, tell: Tell) -> dict[str, Account]:
    """Accounts, contacts, key dates, timeline and to-dos; returns the accounts by their code."""
    pool_actions.set_pool_rules(values=POOL, by=by, now=moment(world.start))
    accounts = _accounts(world, users=users, by=by, moment=moment, tell=tell)
    contacts = _contacts(world, accounts=accounts, by=by, moment=moment)
    tell(0, None, "timeline")
    for day in world.key_dates:
        date_actions.add_key_date(
            account=accounts[day.account],
            values={"kind": DATE_KINDS[day.kind], "label": day.title, "on_date": day.date, "contact": contacts.get(day.contact or "")},
            by=by,
            now=moment(world.today),
        )
    for note in sorted(world.notes, key=lambda row: row.date):
        at = moment(note.date, 15)
        writer = users[note.author]
        author = Scope(user_id=writer.pk, name=str(writer), sees_all=True, permissions=frozenset({"*"}))
        work_actions.log_note(
            account=accounts[note.account],
            kind=NOTE_KINDS[note.kind],
            text=note.text,
            at=at,
            contact=contacts.get(note.contact or ""),
            by=author,
            now=at,
        )
    for task in world.tasks:
        holder = users[task.owner]
        todo = work_actions.add_todo(
            account=accounts[task.account], title=task.title, due_date=task.due_date, assignee=holder, by=by, now=moment(task.created_date)
        )
        if task.done_date:
            work_actions.finish_todo(todo=todo, by=by, now=moment(task.done_date, 17))
    _finish_old_stage_work(world, by=by, moment=moment)
    return accounts


def _finish_old_stage_work(world: World, *, by: Scope, moment: Moment) -> None:
    """What entering a stage asked for long ago was done when it was due; the newest is still open."""
    old = Todo.objects.filter(source__startswith="stage:", done_at__isnull=True, due_date__lt=world.today - timedelta(days=45))
    for todo in old.select_related("account", "assignee").order_by("pk"):
        if todo.due_date:
            work_actions.finish_todo(todo=todo, by=by, now=moment(todo.due_date, 17))


def _accounts(world: World, *, users: Mapping[str, User], by: Scope, moment: Moment, tell: Tell) -> dict[str, Account]:
    industries, regions, sources = _items("industries"), _items("regions"), _items("account_sources")
    made: dict[str, Account] = {}
    waiting = list(world.accounts)
    while waiting:
        record = waiting.pop(0)
        if record.parent and record.parent not in made:
            waiting.append(record)
            continue
        tell(len(made), len(world.accounts), "accounts")
        made[record.code] = _account(
            record, made=made, users=users, industries=industries, regions=regions, sources=sources, by=by, moment=moment
        )
    return made


def _account(
    record: records.Account,
    *,
    made: Mapping[str, Account],
    users: Mapping[str, User],
    industries: Mapping[str, ListItem],
    regions: Mapping[str, ListItem],
    sources: Mapping[str, ListItem],
    by: Scope,
    moment: Moment,
) -> Account:
    first = record.stage_history[0]
    values = {
        "name": record.name,
        "short_name": record.short_name,
        "english_name": record.english_name,
        "form": record.form,
        "customer_type": "ORGANISATION" if record.customer_type == "KEY" else record.customer_type,
        "industry": industries.get(record.industry),
        "region": regions.get(record.region),
        "source": sources.get(record.lead_source),
        "parent": made.get(record.parent or ""),
        "credit_code": record.credit_code or None,
        "phone": record.phone,
        "website": record.website,
        "city": record.city,
        "address": record.address,
        "employees": record.employees,
        "annual_revenue": record.annual_revenue,
        "founded_year": record.founded_date.year if record.founded_date else None,
        "influence": record.influence,
        "external_key": record.code,
    }
    start = moment(record.created_date)
    first_owner = record.previous_owner or record.owner
    account = account_actions.create_account(
        values=values, by=by, now=start, owner=users[first_owner] if first_owner else None, in_pool=first_owner is None, tags=record.tags
    )
    if record.owner and record.previous_owner and record.owned_since:
        account = account_actions.assign_account(
            account=account, to=users[record.owner], by=by, now=moment(record.owned_since), reason="客户调整"
        )
    if record.owner is None and record.pooled_date and first_owner:
        account = account_actions.change_owner(
            account=account,
            to=None,
            kind=OwnershipChange.Kind.RECYCLED if "回收" in record.pool_reason else OwnershipChange.Kind.RELEASED,
            by=by,
            now=moment(record.pooled_date),
            reason=record.pool_reason,
        )
    for name in record.collaborators:
        account_actions.share_account(account=account, user=users[name], level=Collaborator.Level.EDIT, by=by, now=start)
    for entry in record.stage_history if first.stage != Account.Stage.POTENTIAL else record.stage_history[1:]:
        account = account_actions.set_stage(
            account=account, stage=entry.stage, since=entry.entered_date, reason=entry.reason, by=by, now=moment(entry.entered_date)
        )
    return account


def _contacts(world: World, *, accounts: Mapping[str, Account], by: Scope, moment: Moment) -> dict[str, Contact]:
    made: dict[str, Contact] = {}
    for record in world.contacts:
        jobs = [
            contact_actions.Job(
                title=job.title,
                department=job.department_kind,
                department_name=job.department,
                level=LEVELS[job.level],
                is_current=not record.has_left,
            )
            for job in record.jobs
        ]
        ways = [
            contact_actions.Way(kind=kind, value=getattr(record, name), is_main=name == "mobile")
            for name, kind in WAYS.items()
            if getattr(record, name)
        ]
        now = moment(max([consent.date for consent in record.consents], default=world.start))
        contact = contact_actions.add_contact(
            account=accounts[record.account], values={"name": record.name}, jobs=jobs, ways=ways, by=by, now=now
        )
        for consent in record.consents:
            contact_actions.state_consent(
                contact=contact,
                channel=consent.channel,
                is_given=consent.is_given,
                source="当面确认",
                stated_date=consent.date,
                by=by,
                now=now,
            )
        if record.has_left:
            contact = contact_actions.mark_contact_left(contact=contact, left_date=world.today, by=by, now=moment(world.today))
        made[record.code] = contact
    return made


def build_standing(world: World, *, accounts: Mapping[str, Account], users: Mapping[str, User], moment: Moment, tell: Tell) -> None:
    """Dossiers, competitors and nominations with their decisions: what rests on the money facts and on people's judgement."""
    tell(0, None, "dossiers")
    sources = _items("info_sources")
    for entry in sorted(world.dossier_entries, key=lambda row: row.date):
        dossier_actions.add_entry(
            account=accounts[entry.account],
            field=entry.field,
            text=entry.text,
            source=sources[entry.source],
            as_of_date=entry.date,
            by=_as(users[entry.recorded_by]),
            now=moment(entry.date),
        )
    _competitors(world, accounts=accounts, users=users, sources=sources, moment=moment)
    for number, nomination in enumerate(sorted(world.nominations, key=lambda row: row.proposed_date)):
        tell(number, len(world.nominations), "nominations")
        _nomination(nomination, account=accounts[nomination.account], users=users, moment=moment)


def _as(user: User) -> Scope:
    """The person, with every right: what happened years ago is not judged by today's rights."""
    return Scope(user_id=user.pk, name=str(user), sees_all=True, permissions=frozenset({"*"}))


def _competitors(
    world: World, *, accounts: Mapping[str, Account], users: Mapping[str, User], sources: Mapping[str, ListItem], moment: Moment
) -> None:
    """C-02 facts of one rival at one account become one entry with all its fields."""
    names = {rival.code: rival.name for rival in world.competitors}
    together: dict[tuple[str, str], list[records.CompetitorFact]] = {}
    for fact in world.competitor_facts:
        together.setdefault((fact.account, fact.competitor), []).append(fact)
    fields = {
        "PRODUCT_USE": "product_use",
        "REPRESENTATIVE": "representative",
        "RELATION": "relation",
        "PRICE": "price_note",
        "RECOGNITION": "recognition",
    }
    for (code, rival), facts in together.items():
        newest = max(facts, key=lambda row: row.date)
        values: dict[str, object] = {fields[fact.field]: fact.text for fact in facts if fact.field in fields}
        satisfaction = next((fact.text for fact in facts if fact.field == "SATISFACTION"), "")
        if satisfaction:
            values["selling_style"] = satisfaction
        competitor_actions.add_competitor(
            account=accounts[code],
            competitor_name=names[rival],
            values={**values, "noted_date": newest.date, "source": sources[newest.source]},
            by=_as(users[newest.recorded_by]),
            now=moment(newest.date),
        )


def _nomination(record: records.Nomination, *, account: Account, users: Mapping[str, User], moment: Moment) -> None:
    def judged(answers: tuple[records.Answer, ...]) -> dict[str, Judgement]:
        return {row.code: Judgement(Answer(row.value), row.evidence) for row in answers}

    answers = Answers(
        reason=record.reason,
        features=judged(record.features),
        tests=judged(record.tests),
        criteria={row.code: Rating(int(row.value), row.evidence) for row in record.quality},
        benefits={row.code: row.evidence for row in record.benefits},
    )
    asked = moment(record.proposed_date)
    row = nomination_actions.propose_key_account(
        account=account, answers=answers, by=_as(users[record.proposed_by]), now=asked, found_by=record.methods
    )
    if record.decided_by is None or record.decided_date is None or row.approval is None:
        return
    decided = moment(record.decided_date)
    for _step in range(4):
        request = approval_queries.approval_for(Scope.system(), row.approval.pk)
        approver = approval_queries.next_approver(request)
        if approver is None:
            return
        approvals.decide(
            approval=request.approval, agree=record.status == "APPROVED", note=record.decision_reason, by=scope_for(approver), now=decided
        )
