"""The demonstration world: deterministic, consistent, exact in money, nothing real in it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from dingke.config.demo import codes, names, workdays
from dingke.config.demo.records import World
from dingke.config.demo.world import TODAY, build_world
from dingke.config.tests.demo_books import Books

CENT = Decimal("0.01")
_DIGEST = (
    "import hashlib; from dingke.config.demo.world import build_world; print(hashlib.sha256(repr(build_world()).encode()).hexdigest())"
)


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(TODAY)


@pytest.fixture(scope="module", params=[TODAY, date(2026, 3, 31), date(2025, 12, 14)])
def any_world(request: pytest.FixtureRequest) -> World:
    return build_world(request.param)


@pytest.fixture(scope="module")
def books(world: World) -> Books:
    return Books(world)


def records(value: Any) -> Iterator[Any]:
    """Every record in the world, nested ones too."""
    if isinstance(value, tuple):
        for item in value:
            yield from records(item)
    elif is_dataclass(value):
        yield value
        for field in fields(value):
            yield from records(getattr(value, field.name))


class TestBuild:
    def test_same_world_twice_and_in_another_process(self, world: World) -> None:
        digest = hashlib.sha256(repr(world).encode()).hexdigest()
        assert hashlib.sha256(repr(build_world(TODAY)).encode()).hexdigest() == digest
        environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)}
        other = subprocess.run([sys.executable, "-c", _DIGEST], env=environment, capture_output=True, text=True, check=True)
        assert other.stdout.strip() == digest

    def test_is_quick(self) -> None:
        started = time.process_time()
        build_world(TODAY)
        assert time.process_time() - started < 2

    def test_needs_no_django(self) -> None:
        script = "import sys, dingke.config.demo.world; sys.exit('django' in sys.modules)"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run([sys.executable, "-c", script], env=environment, check=True)

    def test_counts(self, world: World) -> None:
        assert len(world.accounts) == 200
        assert sum(account.owner is None for account in world.accounts) == 20
        assert 24 <= len(world.users) <= 26
        assert {user.role for user in world.users} == set(codes.ROLES)
        assert len(world.products) == 25
        assert len(world.families) == len(world.competitors) == 5
        assert 3_800 <= len(world.orders) <= 4_200
        assert 8_500 <= sum(len(order.lines) for order in world.orders) <= 9_500
        people = Counter(contact.account for contact in world.contacts)
        assert all(2 <= people[account.code] <= 6 for account in world.accounts)
        assert any(len(contact.jobs) > 1 for contact in world.contacts)
        assert Counter(nomination.status for nomination in world.nominations) == {
            "APPROVED": 26,
            "REJECTED": 2,
            "PENDING": 1,
        }


class TestConsistency:
    def test_keys_are_unique(self, any_world: World) -> None:
        for group, key in (
            (any_world.accounts, "code"),
            (any_world.accounts, "name"),
            (any_world.users, "username"),
            (any_world.contacts, "code"),
            (any_world.orders, "number"),
            (any_world.receivables, "number"),
            (any_world.payments, "number"),
            (any_world.incentives, "number"),
            (any_world.products, "code"),
        ):
            values = [getattr(record, key) for record in group]
            assert len(values) == len(set(values)), key
        entries = [(entry.account, entry.field) for entry in any_world.dossier_entries]
        assert len(entries) == len(set(entries))
        credit_codes = [account.credit_code for account in any_world.accounts if account.credit_code]
        assert len(credit_codes) == len(set(credit_codes))

    def test_every_key_resolves(self, any_world: World) -> None:
        world = any_world
        known: dict[str, set[str]] = {
            "account": {account.code for account in world.accounts},
            "user": {user.username for user in world.users},
            "team": {team.code for team in world.teams},
            "contact": {contact.code for contact in world.contacts},
            "order": {order.number for order in world.orders},
            "receivable": {receivable.number for receivable in world.receivables},
            "product": {product.code for product in world.products},
            "family": {family.code for family in world.families},
            "competitor": {competitor.code for competitor in world.competitors},
            "region": {region.code for region in world.regions},
            "industry": {industry.code for industry in world.industries},
        }
        users = ("owner", "previous_owner", "leader", "recorded_by", "author", "seller", "proposed_by", "decided_by")
        kind_of = {name: name for name in known} | dict.fromkeys(users, "user")
        for record in records(world):
            for field in fields(record):
                kind = kind_of.get(field.name)
                value = getattr(record, field.name)
                if kind and isinstance(value, str):
                    assert value in known[kind], (record, field.name)
        for account in world.accounts:
            assert account.parent is None or account.parent in known["account"] - {account.code}
            assert set(account.collaborators) <= known["user"] - {account.owner}
        for team in world.teams:
            assert team.parent is None or team.parent in known["team"]
        for territory in world.territories:
            assert set(territory.members) <= known["user"]
            assert set(territory.industries) <= known["industry"]
        for story in world.stories:
            assert set(story.accounts) <= known["account"]

    def test_codes_are_known(self, world: World) -> None:
        for account in world.accounts:
            assert account.customer_type in codes.CUSTOMER_TYPES
            assert account.form in codes.FORMS
            assert account.lead_source in codes.LEAD_SOURCES
            assert 0 <= account.influence <= 100
            entered = [entry.entered_date for entry in account.stage_history]
            assert entered == sorted(entered)
            assert all(entry.stage in codes.STAGES for entry in account.stage_history)
            assert (account.owner is None) == (account.pooled_date is not None) == bool(account.pool_reason)
        assert {entry.field for entry in world.dossier_entries} == set(codes.DOSSIER_FIELDS)
        assert {entry.source for entry in world.dossier_entries} <= set(codes.INFORMATION_SOURCES)
        assert {fact.field for fact in world.competitor_facts} == set(codes.COMPETITOR_FIELDS)
        assert {fact.source for fact in world.competitor_facts} <= set(codes.INFORMATION_SOURCES)

    def test_nothing_can_reach_a_real_person(self, world: World) -> None:
        assert all(contact.mobile[:7] in {"1540000", "1940000"} for contact in world.contacts)
        assert all(contact.email == "" or contact.email.endswith(".example") for contact in world.contacts)
        assert all(user.email.endswith(".example") for user in world.users)
        assert all(account.website == "" or account.website.endswith(".example") for account in world.accounts)
        assert all(account.phone.split("-")[1].startswith("00") for account in world.accounts)

    def test_nobody_is_on_both_sides(self, world: World) -> None:
        assert not {user.name for user in world.users} & {contact.name for contact in world.contacts}

    def test_no_word_is_left_unfilled(self, world: World) -> None:
        for record in records(world):
            for field in fields(record):
                value = getattr(record, field.name)
                if isinstance(value, str):
                    assert "{" not in value, value
                    assert "None" not in value, value


class TestCreditCodes:
    def test_all_are_valid(self, world: World) -> None:
        given = [account.credit_code for account in world.accounts if account.credit_code]
        assert len(given) > 160
        assert all(names.is_credit_code(code) for code in (*given, world.company.credit_code))
        assert all(names.organisation_check(code[8:16]) == code[16] for code in given)

    @pytest.mark.parametrize("place", range(18))
    def test_one_wrong_character_is_noticed(self, place: int) -> None:
        code = names.credit_code(kind="91", registry="329601", serial=42)
        wrong = "7" if code[place] != "7" else "8"
        assert names.is_credit_code(code)
        assert not names.is_credit_code(code[:place] + wrong + code[place + 1 :])
        assert not names.is_credit_code(code[:17])


class TestDates:
    def test_within_three_years(self, any_world: World) -> None:
        # The past of a person or a firm, and what is still to come, are not bound.
        free = {"birthday", "founded_date", "joined_date", "due_date", "period_end"}
        world = any_world
        for group in (
            world.accounts,
            world.contacts,
            world.dossier_entries,
            world.competitor_facts,
            world.orders,
            world.receivables,
            world.payments,
            world.incentives,
            world.nominations,
            world.notes,
            world.tasks,
        ):
            for record in records(group):
                for field in fields(record):
                    value = getattr(record, field.name)
                    if isinstance(value, date) and field.name not in free:
                        assert world.start <= value <= world.today, (record, field.name)

    def test_business_runs_on_working_days(self, world: World) -> None:
        assert all(workdays.is_workday(order.order_date) for order in world.orders)
        assert all(workdays.is_workday(payment.paid_date) for payment in world.payments)
        weekend_notes = sum(note.date.weekday() > 4 for note in world.notes)
        assert weekend_notes <= len(world.notes) * 0.02

    def test_nothing_happens_before_the_account_is_there(self, any_world: World) -> None:
        created = {account.code: account.created_date for account in any_world.accounts}
        for order in any_world.orders:
            assert order.order_date >= created[order.account]
            assert order.delivered_date is None or order.delivered_date >= order.order_date
        assert all(note.date >= created[note.account] for note in any_world.notes)
        assert all(entry.date >= created[entry.account] for entry in any_world.dossier_entries)
        for task in any_world.tasks:
            assert created[task.account] <= task.created_date <= (task.done_date or task.due_date)

    def test_the_pool_sees_no_new_orders(self, books: Books) -> None:
        for account in books.accounts.values():
            if account.pooled_date:
                assert all(order.order_date <= account.pooled_date for order in books.orders[account.code])


class TestMoney:
    def test_two_places(self, world: World) -> None:
        for record in records(world):
            for field in fields(record):
                value = getattr(record, field.name)
                if isinstance(value, Decimal):
                    assert value == value.quantize(CENT), (record, field.name)
                    assert value.as_tuple().exponent == -2, (record, field.name)

    def test_lines_add_up(self, any_world: World) -> None:
        for order in any_world.orders:
            assert order.lines
            assert order.amount == sum(line.amount for line in order.lines) > 0
            assert order.cost == sum(line.cost for line in order.lines) > 0
            for line in order.lines:
                assert line.amount == line.quantity * line.unit_price
                assert line.cost == line.quantity * line.unit_cost
                assert 0 < line.unit_price <= line.list_price

    def test_receivables_never_exceed_their_order(self, world: World) -> None:
        billed: dict[str, Decimal] = defaultdict(Decimal)
        for receivable in world.receivables:
            billed[receivable.order] += receivable.amount
            assert receivable.due_date >= receivable.invoice_date
        for order in world.orders:
            assert billed[order.number] <= order.amount
            if order.delivered_date:
                assert billed[order.number] == order.amount

    def test_payments_never_exceed_their_receivable(self, world: World) -> None:
        receivables = {receivable.number: receivable for receivable in world.receivables}
        paid: dict[str, Decimal] = defaultdict(Decimal)
        parts: Counter[str] = Counter()
        for payment in world.payments:
            paid[payment.receivable] += payment.amount
            parts[payment.receivable] += 1
            assert payment.amount > 0
            assert payment.paid_date >= receivables[payment.receivable].invoice_date
        assert all(paid[number] <= receivable.amount for number, receivable in receivables.items())
        assert sum(count > 1 for count in parts.values()) > 50
        overdue = [r for r in world.receivables if r.due_date < world.today and paid[r.number] < r.amount]
        assert len(overdue) > 20
        assert 1 <= sum(bool(r.dispute_reason) for r in world.receivables) <= 3

    @pytest.mark.item("A-09")
    def test_few_bring_most(self, books: Books) -> None:
        ranked = sorted((books.revenue(code) for code in books.accounts), reverse=True)
        assert Decimal("0.75") <= sum(ranked[:40]) / books.total <= Decimal("0.80")

    def test_growth_season_and_varied_margins(self, books: Books) -> None:
        years = [books.revenue(*books.accounts, year=year) for year in range(3)]
        assert years[0] < years[1] < years[2]
        months = Counter[int]()
        for order in books.world.orders:
            months[order.order_date.month] += 1
        assert months[12] > 1.5 * months[2]
        margins = {round(1 - line.unit_cost / line.unit_price, 2) for order in books.world.orders for line in order.lines}
        assert len(margins) > 40
        assert Decimal("0.2") < books.profit(*books.accounts) / books.total < Decimal("0.35")
