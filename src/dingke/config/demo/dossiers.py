"""Dossier entries (C-01), what is known of rivals at an account (C-02) and the days to remember."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from dingke.config.demo.codes import COMPETITOR_FIELDS, DOSSIER_FIELDS
from dingke.config.demo.company import COMPETITORS, INDUSTRIES
from dingke.config.demo.drafts import Draft
from dingke.config.demo.figures import Figures, wan
from dingke.config.demo.phrases import DOSSIER, DOSSIER_SOURCES, RIVAL, RIVAL_PEOPLE, RIVAL_SOURCES
from dingke.config.demo.products import PRODUCTS
from dingke.config.demo.records import Account, CompetitorFact, Contact, DossierEntry, KeyDate
from dingke.config.demo.workdays import on_or_before

STALE_DAYS = 180
_RIVAL_NAMES = {competitor.code: competitor.name for competitor in COMPETITORS}
_INDUSTRY_NAMES = {industry.code: industry.name for industry in INDUSTRIES}
_FALLBACK_AUTHOR = "gaoshaojun"  # the administrator, who enters what belongs to nobody


def author_of(account: Account) -> str:
    return account.owner or account.previous_owner or _FALLBACK_AUTHOR


def build_dossiers(rng: Random, accounts: Sequence[Account], drafts: Mapping[str, Draft], today: date) -> tuple[DossierEntry, ...]:
    """As many of the eight fields as the draft says; about a third of the entries are stale."""
    entries = []
    for account in accounts:
        draft = drafts[account.code]
        # Size cannot be written down where headcount and turnover are unknown.
        known = [field for field in DOSSIER_FIELDS if account.employees or field != "SIZE_STRENGTH"]
        chosen = rng.sample(known, min(len(known), draft.dossier_fields))
        for field in sorted(chosen, key=DOSSIER_FIELDS.index):
            entries.append(
                DossierEntry(
                    account=account.code,
                    field=field,
                    text=_filled(rng, rng.choice(DOSSIER[field]), account),
                    source=rng.choice(DOSSIER_SOURCES[field]),
                    date=_known_since(rng, account, today),
                    recorded_by=author_of(account),
                )
            )
    return tuple(entries)


def _filled(rng: Random, sentence: str, account: Account) -> str:
    return sentence.format(
        employees=account.employees,
        turnover=wan(account.annual_revenue or Decimal(0)),
        city=account.city,
        industry=_INDUSTRY_NAMES[account.industry],
        product=rng.choice(PRODUCTS[:16]).name,
    )


def _known_since(rng: Random, account: Account, today: date) -> date:
    age = rng.randint(STALE_DAYS + 1, 520) if rng.random() < 0.34 else rng.randint(3, STALE_DAYS - 5)
    return max(account.created_date, on_or_before(today - timedelta(days=age)))


def build_competitor_facts(
    rng: Random, accounts: Sequence[Account], drafts: Mapping[str, Draft], today: date
) -> tuple[CompetitorFact, ...]:
    facts = []
    for account in accounts:
        rival = drafts[account.code].rival
        if not rival:
            continue
        count = rng.randint(4, 6) if account.customer_type == "KEY" else rng.randint(1, 4)
        person = rng.choice(RIVAL_PEOPLE)
        for field in COMPETITOR_FIELDS[:count]:
            facts.append(
                CompetitorFact(
                    account=account.code,
                    competitor=rival,
                    field=field,
                    text=rng.choice(RIVAL[field]).format(rival=_RIVAL_NAMES[rival], person=person),
                    source=rng.choice(RIVAL_SOURCES),
                    date=_known_since(rng, account, today),
                    recorded_by=author_of(account),
                )
            )
    return tuple(facts)


def build_key_dates(
    rng: Random, accounts: Sequence[Account], contacts: Sequence[Contact], figures: Mapping[str, Figures]
) -> tuple[KeyDate, ...]:
    dates = []
    people: dict[str, list[Contact]] = {}
    for contact in contacts:
        people.setdefault(contact.account, []).append(contact)
    for account in accounts:
        is_key = account.customer_type == "KEY"
        if account.founded_date and (is_key or rng.random() < 0.4):
            dates.append(
                KeyDate(
                    account=account.code,
                    contact=None,
                    kind="COMPANY_ANNIVERSARY",
                    date=account.founded_date,
                    title=f"{account.short_name}成立纪念日",
                )
            )
        if account.code in figures and (is_key or rng.random() < 0.3):
            dates.append(
                KeyDate(
                    account=account.code,
                    contact=None,
                    kind="COOPERATION_ANNIVERSARY",
                    date=figures[account.code].days[0],
                    title="首单合作纪念日",
                )
            )
        for contact in people[account.code]:
            if contact.birthday and not contact.has_left and (is_key or rng.random() < 0.35):
                dates.append(
                    KeyDate(
                        account=account.code,
                        contact=contact.code,
                        kind="BIRTHDAY",
                        date=contact.birthday,
                        title=f"{contact.name}生日",
                    )
                )
    return tuple(dates)
