"""The timeline: what was noted after calls and visits, and the tasks that came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random

from dingke.config.demo.dossiers import author_of
from dingke.config.demo.drafts import Draft
from dingke.config.demo.phrases import NOTES, STORY_NOTES, TASKS
from dingke.config.demo.products import PRODUCTS
from dingke.config.demo.records import Account, Contact, Note, Task
from dingke.config.demo.workdays import on_or_after, on_or_before

_KINDS = ("CALL", "VISIT", "WECHAT", "EMAIL", "REMARK")
_KIND_CHANCES = (34, 24, 22, 12, 8)
_SPOKEN = (
    ("工程师", "工"),
    ("总经理", "总"),
    ("总监", "总"),
    ("厂长", "厂长"),
    ("经理", "经理"),
    ("主管", "主管"),
    ("主任", "主任"),
    ("科长", "科长"),
    ("部长", "部长"),
    ("会计", "会计"),
)
_LONGEST_GAP = 75  # days without contact at accounts that no story leaves alone


def build_notes(
    rng: Random, accounts: Sequence[Account], contacts: Sequence[Contact], drafts: Mapping[str, Draft], today: date
) -> tuple[Note, ...]:
    people = _people_by_account(contacts)
    notes: list[Note] = []
    for account in accounts:
        draft = drafts[account.code]
        is_key, has_bought = account.customer_type == "KEY", any(draft.revenue)
        count = rng.randint(9, 16) if is_key else rng.randint(3, 8) if has_bought else rng.randint(1, 4)
        gap = draft.contact_gap or (rng.randint(1, 24) if is_key else rng.randint(3, _LONGEST_GAP))
        told = STORY_NOTES.get(draft.story, ()) if _is_first_of_story(draft) else ()
        for age, kind, text in told:
            person = people[account.code][0]
            notes.append(_note(account, person, today - timedelta(days=age), kind, text.format(title=person.jobs[0].title)))
        age = gap + (max((story_age for story_age, _, _ in told), default=0) and rng.randint(10, 30))
        for _ in range(count):
            day = on_or_before(today - timedelta(days=age))
            if day < account.created_date:
                break
            kind = rng.choices(_KINDS, _KIND_CHANCES)[0]
            person = rng.choice(people[account.code])
            notes.append(_note(account, person, day, kind, _said(rng, rng.choice(NOTES[kind]), person)))
            age += rng.randint(6, 40) if is_key else rng.randint(12, 110)
    return tuple(sorted(notes, key=lambda note: (note.date, note.account, note.text)))


def _is_first_of_story(draft: Draft) -> bool:
    """A group tells its story once, at its head; each of a pair tells it."""
    return draft.parent is None


def _people_by_account(contacts: Sequence[Contact]) -> dict[str, list[Contact]]:
    people: dict[str, list[Contact]] = {}
    for contact in contacts:
        if not contact.has_left:
            people.setdefault(contact.account, []).append(contact)
    return people


def _note(account: Account, person: Contact, day: date, kind: str, text: str) -> Note:
    return Note(
        account=account.code,
        contact=None if kind == "REMARK" else person.code,
        author=author_of(account),
        date=max(day, account.created_date),
        kind=kind,
        text=text,
    )


def _said(rng: Random, sentence: str, person: Contact) -> str:
    called = _addressed(person) if rng.random() < 0.5 else person.name
    return sentence.format(person=called, product=rng.choice(PRODUCTS).name)


def _addressed(person: Contact) -> str:
    """How one speaks of somebody: by surname and rank, an engineer as 工."""
    title = person.jobs[0].title
    for ending, spoken in _SPOKEN:
        if title.endswith(ending):
            return person.name[0] + spoken
    return person.name


def build_tasks(rng: Random, accounts: Sequence[Account], contacts: Sequence[Contact], today: date) -> tuple[Task, ...]:
    """Open tasks around today, some overdue, and done ones before them; none for the public pool."""
    people = _people_by_account(contacts)
    tasks = []
    for account in accounts:
        if account.owner is None:
            continue
        count = rng.randint(2, 4) if account.customer_type == "KEY" else rng.choices((0, 1, 2), (35, 45, 20))[0]
        for _ in range(count):
            is_done = rng.random() < 0.55
            created = on_or_before(today - timedelta(days=rng.randint(20, 200) if is_done else rng.randint(0, 18)))
            created = max(created, account.created_date)
            due = on_or_after(created + timedelta(days=rng.randint(3, 26)))
            done = on_or_before(min(today, due + timedelta(days=rng.randint(-2, 6)))) if is_done else None
            tasks.append(
                Task(
                    account=account.code,
                    owner=account.owner,
                    title=_said(rng, rng.choice(TASKS), rng.choice(people[account.code])),
                    created_date=created,
                    due_date=due,
                    done_date=max(done, created) if done else None,
                )
            )
    return tuple(sorted(tasks, key=lambda task: (task.due_date, task.account, task.title)))
