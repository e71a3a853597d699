"""Floors: the SQL of a figure by the raw driver, without Django. The statements are those that the product itself sends."""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from django.test import Client

from dingke.config.bench.client import Load
from dingke.config.bench.figures import NEW_KEY, Figure
from dingke.config.bench.serving import HOST

# who asks: session, person, reach. They are counted, but no part of the floor
SIGN_IN = re.compile(
    r'^SELECT .*? FROM "(django_session|people_user|people_team|people_territory|people_user_led_teams|people_team_leaders)"'
)
_FRAME = re.compile(r"^(BEGIN|COMMIT|SAVEPOINT|RELEASE|ROLLBACK)")
Statement = tuple[str, tuple[Any, ...]]


@dataclass(slots=True)
class Captured:
    """The statements of one request: all of them, and those that bring its data or write it."""

    queries: int
    data: list[Statement] = field(default_factory=list)


def capture(figure: Figure, number: int, *, session: str, token: str) -> Captured:
    """Answers the request in this process and keeps what it asks of the database."""
    sent: list[Statement] = []

    def keep(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not _FRAME.match(sql):
            sent.extend((sql, tuple(row or ())) for row in (params if many else [params]))
        return execute(sql, params, many, context)

    client = Client(HTTP_HOST=HOST, HTTP_ACCEPT_LANGUAGE="zh-CN")
    client.cookies["sessionid"], client.cookies["csrftoken"] = session, token
    headers = {"HX-Request": "true"} if figure.is_part else {}
    with connection.execute_wrapper(keep):
        if figure.method == "POST":
            body = figure.body(number) if figure.body else b""
            response = client.post(figure.path(number), body, content_type="application/json", HTTP_X_CSRFTOKEN=token)
        else:
            response = client.get(figure.path(number), headers=headers)
    if response.status_code != figure.status:
        raise RuntimeError(f"{figure.key}: {response.status_code} {response.content[:500]!r}")
    return Captured(len(sent), [(sql, params) for sql, params in sent if not SIGN_IN.match(sql)])


class Raw:
    """One connection of the raw driver, set up as Django sets up its own."""

    def __init__(self) -> None:
        entry: dict[str, Any] = settings.DATABASES["default"]
        self.is_sqlite = "sqlite" in entry["ENGINE"]
        if self.is_sqlite:
            self.handle: Any = sqlite3.connect(entry["NAME"], isolation_level=None, check_same_thread=False, timeout=20)
            self.handle.executescript(entry["OPTIONS"]["init_command"])
        else:
            self.handle = psycopg.connect(
                host=entry["HOST"], port=entry["PORT"] or 5432, user=entry["USER"], password=entry["PASSWORD"], dbname=entry["NAME"],
                autocommit=True, cursor_factory=psycopg.ClientCursor, prepare_threshold=None,
            )  # fmt: skip
        self.cursor = self.handle.cursor()

    def sql(self, text: str) -> str:
        return text.replace("%%", "%").replace("%s", "?") if self.is_sqlite else text

    def run(self, statements: Sequence[Statement]) -> None:
        for text, params in statements:
            self.cursor.execute(text, params)
            if self.cursor.description is not None:
                self.cursor.fetchall()

    def write(self, statements: Sequence[Statement]) -> None:
        """In one transaction, on the disk at the end."""
        self.cursor.execute("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")
        self.run(statements)
        self.cursor.execute("COMMIT")

    def close(self) -> None:
        self.handle.close()


def run(variants: Sequence[Sequence[Statement]], *, clients: int, seconds: float) -> Load:
    """The statements of one request after the other, on one connection per client."""
    return _together(lambda raw, number: raw.run(variants[number % len(variants)]), variants, clients=clients, seconds=seconds)


def run_writes(created: Sequence[Statement], *, account_id: int, key: str, clients: int, seconds: float, first: int) -> Load:
    """The captured statements of a creation again and again: each time another account with another key."""

    def once(raw: Raw, number: int) -> None:
        raw.cursor.execute("BEGIN IMMEDIATE" if raw.is_sqlite else "BEGIN")
        new_id: int | None = None
        for text, params in created:
            own = tuple(_own(value, account_id, new_id, key, first + number) for value in params)
            raw.cursor.execute(text, own)
            if raw.cursor.description is not None:
                rows = raw.cursor.fetchall()
                if new_id is None and text.startswith('INSERT INTO "accounts_account"'):
                    new_id = rows[0][0]
        raw.cursor.execute("COMMIT")

    return _together(once, [created], clients=clients, seconds=seconds)


def _own(value: Any, account_id: int, new_id: int | None, key: str, number: int) -> Any:
    if value == account_id and new_id is not None and not isinstance(value, bool):
        return new_id
    if isinstance(value, str) and key in value:
        return value.replace(key, f"{NEW_KEY}RAW-{number}")
    return value


def _together(once: Callable[[Raw, int], None], variants: Sequence[Sequence[Statement]], *, clients: int, seconds: float) -> Load:
    raws = [Raw() for _client in range(clients)]
    if raws[0].is_sqlite:
        for variant in variants:
            if isinstance(variant, list):
                variant[:] = [(raws[0].sql(text), params) for text, params in variant]
    times: list[float] = []
    start = threading.Barrier(clients + 1)
    problems: list[BaseException] = []
    until = [0.0]

    def work(place: int, raw: Raw) -> None:
        own: list[float] = []
        number = place
        start.wait()
        try:
            while time.perf_counter() < until[0]:
                begin = time.perf_counter()
                once(raw, number)
                own.append((time.perf_counter() - begin) * 1000)
                number += clients
        except BaseException as problem:  # told by the thread that waits
            problems.append(problem)
        times.extend(own)

    threads = [threading.Thread(target=work, args=(place, raw), daemon=True) for place, raw in enumerate(raws)]
    for thread in threads:
        thread.start()
    begin = time.perf_counter()
    until[0] = begin + seconds
    start.wait()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begin
    for raw in raws:
        raw.close()
    if problems:
        raise problems[0]
    return Load(clients, took, times)
