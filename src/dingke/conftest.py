"""The fixed cast and the honest assertions that every domain's tests use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dingke.core.scope import Scope

REAL_DATA = Path(os.environ.get("DINGKE_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if connection.vendor == "postgresql":  # what needs no database was shown on SQLite already
        needing = [
            item
            for item in items
            if item.get_closest_marker("django_db") or {"db", "transactional_db"} & set(getattr(item, "fixturenames", ()))
        ]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(needing)])
        items[:] = needing
    for item in items:
        if item.get_closest_marker("real_data") and not REAL_DATA.exists():
            item.add_marker(pytest.mark.skip(reason=f"the real files are not at {REAL_DATA}; set DINGKE_REAL_DATA"))


@pytest.fixture(autouse=True)
def _as_a_process_that_starts() -> Iterator[None]:
    """No requests or sign-ins counted, and English until a caller says otherwise: nothing hangs on the test that ran before."""
    from django.core.cache import cache
    from django.utils import translation

    from dingke.people.actions import limits

    limits.forget_known()
    cache.clear()
    with translation.override("en"):
        yield


@pytest.fixture
def real_data() -> Path:
    return REAL_DATA


@pytest.fixture
def now() -> datetime:
    from dingke.accounts.tests.factories import NOW

    return NOW


@pytest.fixture
def today() -> date:
    from dingke.accounts.tests.factories import TODAY

    return TODAY


@contextmanager
def _uncounted() -> Iterator[None]:
    """What the cast needs to appear is not counted among the queries of the test that calls it."""
    counted, connection.force_debug_cursor = connection.force_debug_cursor, False
    try:
        yield
    finally:
        connection.force_debug_cursor = counted


@dataclass
class Person:
    """One of the cast: the user, the scope, and a signed-in browser. The last two are made when a test asks for them."""

    user: Any

    @cached_property
    def scope(self) -> Scope:
        from dingke.people.queries import scope_for

        with _uncounted():
            return scope_for(self.user)

    @cached_property
    def client(self) -> Client:
        client = Client()
        with _uncounted():
            client.force_login(self.user, backend="django.contrib.auth.backends.ModelBackend")
        return client


@dataclass
class Cast:
    """owner holds `account`; colleague is in the owner's team; manager leads that team; director sees all; stranger is in another team."""

    owner: Person
    colleague: Person
    manager: Person
    director: Person
    stranger: Person
    administrator: Person
    finance: Person
    service: Person
    read_only: Person
    anonymous: Client
    team: Any
    other_team: Any

    def people(self) -> dict[str, Person]:
        names = ["owner", "colleague", "manager", "director", "stranger", "administrator", "finance", "service", "read_only"]
        return {name: getattr(self, name) for name in names}


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def make_cast() -> Cast:
    from dingke.accounts.tests.factories import make_team, make_user
    from dingke.people.calc import Role

    company = make_team("鼎新")
    east, south = make_team("华东", parent=company), make_team("华南", parent=company)

    def person(username: str, role: Role, team: Any, name: str) -> Person:
        return Person(make_user(username, role=role, team=team, name=name, language="en"))

    manager = person("manager", Role.SALES_MANAGER, east, "许文静")
    east.leaders.add(manager.user)
    people = {
        "owner": person("owner", Role.KEY_ACCOUNT_MANAGER, east, "周敏"),
        "colleague": person("colleague", Role.REP, east, "何川"),
        "director": person("director", Role.DIRECTOR, company, "林致远"),
        "stranger": person("stranger", Role.REP, south, "梁一凡"),
        "administrator": person("administrator", Role.ADMINISTRATOR, company, "管理员"),
        "finance": person("finance", Role.FINANCE, company, "苏婉"),
        "service": person("service", Role.SERVICE, company, "方晴"),
        "read_only": person("reader", Role.READ_ONLY, company, "观察员"),
    }
    return Cast(**people, manager=manager, anonymous=Client(), team=east, other_team=south)


@pytest.fixture
def account(cast: Cast) -> Any:
    from dingke.accounts.tests.factories import make_account

    return make_account("江州重工集团有限公司", owner=cast.owner.user, short_name="江州重工")


@pytest.fixture
def count_queries() -> Callable[[], Any]:
    """`with count_queries() as counted: …; counted.number` — for asserting that 3 and 30 rows cost the same."""

    @contextmanager
    def counting() -> Iterator[Any]:
        class Counted:
            number = 0
            sql: list[str] = []

        counted = Counted()
        with CaptureQueriesContext(connection) as captured:
            yield counted
        counted.sql = [query["sql"] for query in captured.captured_queries]
        counted.number = len(counted.sql)

    return counting
