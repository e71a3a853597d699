"""The whole demonstration world in one call: `build_world(today)` is deterministic, without clock or database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from dingke.config.demo.accounts import generated_drafts
from dingke.config.demo.codes import LEAD_SOURCES
from dingke.config.demo.company import COMPETITORS, INDUSTRIES, REGIONS, TEAMS, build_staff
from dingke.config.demo.contacts import build_contacts
from dingke.config.demo.dossiers import build_competitor_facts, build_dossiers, build_key_dates
from dingke.config.demo.drafts import WAN, Draft, Windows, windows_to
from dingke.config.demo.figures import Figures, figures_by_account
from dingke.config.demo.history import build_orders
from dingke.config.demo.names import Inventor, credit_code
from dingke.config.demo.payments import build_receivables
from dingke.config.demo.products import FAMILIES, PRODUCTS
from dingke.config.demo.records import Account, World
from dingke.config.demo.remarks import build_notes, build_tasks
from dingke.config.demo.standing import build_incentives, build_nominations, key_codes, stage_history
from dingke.config.demo.stories import STORIES, story_drafts
from dingke.config.demo.workdays import on_or_after, years_before

SEED = 20260930
TODAY = date(2026, 9, 30)
_LEAD_CHANCES = (18, 16, 8, 4, 24, 8, 8, 14)


def build_world(today: date = TODAY) -> World:
    rng = Random(SEED)
    windows = windows_to(today)
    inventor = Inventor(rng)
    staff = build_staff(rng, inventor, today)
    written = story_drafts()
    drafts = written + generated_drafts(rng, inventor, staff, len(written) + 1)
    by_code = {draft.code: draft for draft in drafts}
    orders = build_orders(rng, drafts, windows)
    figures = figures_by_account(orders, windows)
    receivables, payments = build_receivables(rng, orders, by_code, windows)
    keys = key_codes(drafts, figures)
    accounts = _accounts(rng, inventor, by_code, figures, set(keys), windows)
    mail_domains = {draft.code: draft.brand for draft in drafts}
    contacts = build_contacts(rng, inventor, accounts, mail_domains, today)
    return World(
        today=today,
        start=windows.start,
        company=staff.company,
        regions=REGIONS,
        industries=INDUSTRIES,
        teams=TEAMS,
        users=staff.users,
        territories=staff.territories,
        families=FAMILIES,
        products=PRODUCTS,
        competitors=COMPETITORS,
        accounts=accounts,
        contacts=contacts,
        dossier_entries=build_dossiers(rng, accounts, by_code, today),
        competitor_facts=build_competitor_facts(rng, accounts, by_code, today),
        key_dates=build_key_dates(rng, accounts, contacts, figures),
        orders=orders,
        receivables=receivables,
        payments=payments,
        incentives=build_incentives(rng, by_code, figures, keys, windows),
        nominations=build_nominations(rng, by_code, figures, keys, windows),
        notes=build_notes(rng, accounts, contacts, by_code, today),
        tasks=build_tasks(rng, accounts, contacts, today),
        stories=STORIES,
    )


def _accounts(
    rng: Random,
    inventor: Inventor,
    drafts: Mapping[str, Draft],
    figures: Mapping[str, Figures],
    keys: set[str],
    windows: Windows,
) -> tuple[Account, ...]:
    accounts = []
    shared_phone: dict[str, str] = {}  # the duplicate pair answers the same telephone
    for serial, draft in enumerate(drafts.values(), start=100):
        created, stages = stage_history(rng, draft, figures.get(draft.code), windows)
        phone = shared_phone.setdefault(draft.brand, inventor.landline(draft.city.phone_area))
        has_code = draft.has_credit_code and (draft.story or rng.random() < 0.9)
        pooled = on_or_after(windows.today - timedelta(days=draft.pooled_days)) if draft.owner is None else None
        accounts.append(
            Account(
                code=draft.code,
                name=draft.name,
                short_name=draft.short_name,
                english_name=draft.english_name,
                customer_type="KEY" if draft.code in keys else "CONSUMER" if draft.is_consumer else "ORGANISATION",
                form=draft.form,
                industry=draft.industry,
                region=draft.city.region,
                province=draft.city.province,
                city=f"{draft.city.name}市",
                address=inventor.address(draft.city),
                phone=phone,
                website="" if draft.is_consumer else f"https://www.{draft.brand}.example",
                credit_code=credit_code(kind=draft.kind, registry=draft.city.registry, serial=serial) if has_code else "",
                parent=draft.parent,
                employees=draft.employees,
                annual_revenue=Decimal(f"{draft.turnover_wan * WAN}.00") if draft.turnover_wan else None,
                founded_date=_founded(rng, draft, windows.today),
                payment_term_days=draft.term_days,
                stage_history=stages,
                owner=draft.owner,
                owned_since=created if draft.owner else None,
                previous_owner=draft.previous_owner,
                pooled_date=max(pooled, created) if pooled else None,
                pool_reason=draft.pool_reason,
                collaborators=draft.collaborators,
                tags=draft.tags,
                influence=draft.influence,
                lead_source=rng.choices(LEAD_SOURCES, _LEAD_CHANCES)[0],
                created_date=created,
            )
        )
    return tuple(accounts)


def _founded(rng: Random, draft: Draft, today: date) -> date | None:
    if draft.founded_years is None:
        return None
    return on_or_after(years_before(today, draft.founded_years) - timedelta(days=rng.randint(0, 330)))
