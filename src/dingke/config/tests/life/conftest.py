"""Installations of a test's own: a database and a home folder beside those of the test run."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, connections

from dingke.config.settings import database_from_url
from dingke.config.tests.life.filling import fill


@dataclass
class Installation:
    """A home folder and the address of a database."""

    home: Path
    url: str

    @property
    def vendor(self) -> str:
        return self.url.split(":", 1)[0]

    def environment(self) -> dict[str, str]:
        import os

        return {
            **os.environ,
            "DINGKE_HOME": str(self.home),
            "DINGKE_DATABASE_URL": self.url,
            "DJANGO_SETTINGS_MODULE": "dingke.config.settings",
            "LANG": "C.UTF-8",
            "LC_ALL": "",
        }


@contextmanager
def at(place: Installation, settings: Any) -> Iterator[None]:
    """Everything in this process works on the installation for a while."""
    test_run = connections["default"]
    names = ("HOME", "UPLOADS", "SNAPSHOTS", "BACKUP_FOLDER")
    before = {name: getattr(settings, name) for name in names}
    wrapper = test_run.copy("default")
    entry = database_from_url(place.url)
    wrapper.settings_dict.update({"USER": "", "PASSWORD": "", "HOST": "", "PORT": "", **entry})
    if wrapper.vendor != ("sqlite" if place.vendor == "sqlite" else "postgresql"):
        connections.settings["other_engine"] = {**connections.settings["default"], "OPTIONS": {}, **entry}
        wrapper = connections.create_connection("other_engine")
        wrapper.alias = "default"
        del connections.settings["other_engine"]
    connections["default"] = wrapper
    settings.HOME, settings.UPLOADS = place.home, place.home / "uploads"
    settings.SNAPSHOTS, settings.BACKUP_FOLDER = place.home / "snapshots", place.home / "backups"
    ContentType.objects.clear_cache()
    try:
        yield
    finally:
        wrapper.close()
        connections["default"] = test_run
        for name, value in before.items():
            setattr(settings, name, value)
        ContentType.objects.clear_cache()


def _address() -> str:
    entry = connections.settings["default"]
    return f"postgresql://{entry['USER']}@{entry['HOST']}:{entry['PORT']}/"


def _maintenance(statement: str) -> None:
    import psycopg

    with psycopg.connect(_address() + "postgres", autocommit=True) as handle:
        handle.execute(statement)


@pytest.fixture(scope="session")
def engines() -> list[str]:
    """SQLite always; PostgreSQL too when the test run has it."""
    return ["sqlite", "postgresql"] if connection.vendor == "postgresql" else ["sqlite"]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Callable[[str], Installation]]:
    """Makes installations without a table."""
    made: list[str] = []

    def make(engine: str) -> Installation:
        home = tmp_path / f"home-{uuid.uuid4().hex[:6]}"
        (home / "static").mkdir(parents=True)
        if engine == "sqlite":
            return Installation(home, f"sqlite:///{home / 'dingke.sqlite3'}")
        name = f"dingke_life_{uuid.uuid4().hex[:10]}"
        _maintenance(f"CREATE DATABASE {name}")
        made.append(name)
        return Installation(home, _address() + name)

    yield make
    for name in made:
        _maintenance(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


class _Plain:
    """Where the session's template gets its settings from."""


@pytest.fixture(scope="session")
def filled_sqlite(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any) -> Path:
    """A database file with rows in every table, made once."""
    from django.conf import settings as plain

    home = tmp_path_factory.mktemp("filled")
    place = Installation(home, f"sqlite:///{home / 'dingke.sqlite3'}")
    with django_db_blocker.unblock(), at(place, plain):
        call_command("migrate", verbosity=0, interactive=False)
        empty_tables = fill()
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert len(empty_tables) < 8, f"say in filling.py how a row of these tables looks: {empty_tables}"
    return home / "dingke.sqlite3"


@pytest.fixture
def filled(empty: Callable[[str], Installation], filled_sqlite: Path, settings: Any) -> Callable[[str], Installation]:
    """Makes installations with rows in every table and files in the folder of uploads."""

    def make(engine: str) -> Installation:
        source = empty("sqlite")
        shutil.copy(filled_sqlite, source.home / "dingke.sqlite3")
        for name, content in {
            "imports/订单 9月.csv": "客户,金额\n江州重工,1.50\n".encode(),
            "notes/空.txt": b"",
            "big.bin": bytes(range(256)) * 9000,
        }.items():
            path = source.home / "uploads" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if engine == "sqlite":
            return source
        target = empty("postgresql")
        with at(target, settings):
            call_command("migrate", verbosity=0, interactive=False)
            fill()
        shutil.copytree(source.home / "uploads", target.home / "uploads")
        return target

    return make
