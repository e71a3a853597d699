"""People at the accounts: their jobs, how they may be reached, when they agreed to it, what is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from dingke.config.demo.codes import CHANNELS
from dingke.config.demo.names import Inventor, Person
from dingke.config.demo.phrases import PERSON
from dingke.config.demo.records import Account, Consent, Contact, Job, PersonFact
from dingke.config.demo.workdays import on_or_before, years_before

# department, kind, level, titles
_JOBS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("采购部", "PURCHASING", "MANAGEMENT", ("采购经理", "采购总监", "采购主管")),
    ("生产部", "USING", "MANAGEMENT", ("生产经理", "车间主任", "生产总监")),
    ("总经办", "MANAGEMENT", "TOP", ("总经理", "副总经理", "厂长")),
    ("设备部", "USING", "OPERATOR", ("设备主管", "维护工程师", "设备工程师")),
    ("信息部", "SUPPORTING", "MANAGEMENT", ("信息主管", "信息经理")),
    ("财务部", "SUPPORTING", "MANAGEMENT", ("财务经理", "应付会计")),
    ("质量部", "SUPPORTING", "OPERATOR", ("质量工程师", "质量经理")),
)
_PUBLIC_JOBS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("采购与资产科", "PURCHASING", "MANAGEMENT", ("科长", "副科长")),
    ("教学与技术部", "USING", "MANAGEMENT", ("部长", "技术负责人")),
    ("办公室", "MANAGEMENT", "TOP", ("主任", "副主任")),
    ("财务科", "SUPPORTING", "MANAGEMENT", ("科长",)),
    ("实验室", "USING", "OPERATOR", ("实验员", "工程师")),
)
_OWN_WORKSHOP: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("工作室", "MANAGEMENT", "TOP", ("主理人",)),
    ("工作室", "USING", "OPERATOR", ("助理",)),
)
_CHANCES = {"PHONE": 0.85, "SMS": 0.5, "EMAIL": 0.7, "WECHAT": 0.75}


def build_contacts(
    rng: Random, inventor: Inventor, accounts: Sequence[Account], mail_domains: Mapping[str, str], today: date
) -> tuple[Contact, ...]:
    contacts: list[Contact] = []
    by_account: dict[str, list[Contact]] = {}
    mails: set[str] = set()
    for account in accounts:
        people = []
        for number, (department, kind, level, titles) in enumerate(_jobs_for(rng, account), start=1):
            person = inventor.person()
            if account.form == "INDIVIDUAL" and number == 1:
                person = Person(account.short_name, account.english_name, mail_domains[account.code], person.gender)
            job = Job(
                account=account.code,
                department=department,
                department_kind=kind,
                title=rng.choice(titles),
                level=level,
                is_primary=True,
            )
            mail = _mail(person, mail_domains[account.code], mails)
            people.append(_contact(rng, inventor, account, person, job, number, mail, today))
        by_account[account.code] = people
    _second_jobs(rng, accounts, by_account)
    _same_person_twice(accounts, by_account)
    for account in accounts:
        contacts += by_account[account.code]
    return tuple(contacts)


def _jobs_for(rng: Random, account: Account) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Two to six people; purchasing and using departments first, the rest as it comes."""
    if account.form == "INDIVIDUAL":
        return list(_OWN_WORKSHOP)
    jobs = _PUBLIC_JOBS if account.form == "GOVERNMENT" else _JOBS
    most = min(6, len(jobs))
    count = rng.randint(5, most) if account.customer_type == "KEY" else rng.choices((2, 3, 4, 5), (38, 32, 20, 10))[0]
    count = min(count, most)
    return [*jobs[:2], *rng.sample(jobs[2:], count - 2)]


def _mail(person: Person, domain: str, taken: set[str]) -> str:
    mail, number = f"{person.mail}@{domain}.example", 1
    while mail in taken:
        number += 1
        mail = f"{person.mail}{number}@{domain}.example"
    taken.add(mail)
    return mail


def _contact(rng: Random, inventor: Inventor, account: Account, person: Person, job: Job, number: int, mail: str, today: date) -> Contact:
    span = max(1, (today - account.created_date).days - 3)
    met = on_or_before(today - timedelta(days=rng.randint(1, span)))
    met = max(met, account.created_date)
    has_wechat = rng.random() < 0.8
    age = rng.randint(46, 60) if job.level == "TOP" else rng.randint(26, 54)
    birthday = years_before(today, age) - timedelta(days=rng.randint(0, 364))
    fields = rng.sample(tuple(PERSON), rng.choices((0, 1, 2, 3), (40, 30, 20, 10))[0])
    if account.customer_type == "KEY":
        fields = list(PERSON)[: max(2, len(fields))]
    return Contact(
        code=f"{account.code}-{number:02d}",
        account=account.code,
        name=person.name,
        english_name=person.english,
        gender=person.gender,
        jobs=(job,),
        mobile=inventor.mobile(),
        phone=account.phone if rng.random() < 0.6 else "",
        email=mail if rng.random() < 0.86 else "",
        wechat=f"demo_{person.mail.replace('.', '_')}_{rng.randint(10, 99)}" if has_wechat else "",
        consents=tuple(
            Consent(channel=channel, is_given=rng.random() < _CHANCES[channel], date=met) for channel in CHANNELS if rng.random() < 0.9
        ),
        birthday=birthday if rng.random() < (0.85 if account.customer_type == "KEY" else 0.55) else None,
        facts=tuple(
            PersonFact(field=field, text=rng.choice(PERSON[field]), source=rng.choice(("TALK", "SITE_VISIT")), date=met) for field in fields
        ),
        has_left=number > 2 and rng.random() < 0.04,
    )


def _second_jobs(rng: Random, accounts: Sequence[Account], by_account: dict[str, list[Contact]]) -> None:
    """Some hold a second department; purchasers of a parent also sign for a subsidiary."""
    for account in accounts:
        people = by_account[account.code]
        if account.form == "ENTERPRISE" and rng.random() < 0.12:
            extra = Job(
                account=account.code,
                department="技改项目组",
                department_kind="USING",
                title="项目负责人",
                level="MANAGEMENT",
                is_primary=False,
            )
            people[1] = replace(people[1], jobs=(*people[1].jobs, extra))
        if account.parent:
            boss = by_account[account.parent][0]
            extra = Job(
                account=account.code,
                department="供应链中心",
                department_kind="PURCHASING",
                title="采购委员",
                level="MANAGEMENT",
                is_primary=False,
            )
            by_account[account.parent][0] = replace(boss, jobs=(*boss.jobs, extra))


def _same_person_twice(accounts: Sequence[Account], by_account: dict[str, list[Contact]]) -> None:
    """The duplicate pair shares its purchaser: same name and mobile, written down by two reps."""
    first, second = (account.code for account in accounts if account.short_name in {"砺棠精密", "砺棠机械"})
    known = by_account[first][0]
    by_account[second][0] = replace(
        by_account[second][0],
        name=known.name,
        english_name=known.english_name,
        gender=known.gender,
        mobile=known.mobile,
        email="",
        wechat="",
        birthday=None,
    )
