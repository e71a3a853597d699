"""A PostgreSQL for the benchmark: a database of its own on a given server, or a private server that lives as long as the run."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from dingke.config.bench.serving import HOST, free_port

DATABASE = "dingke_bench"
# what an administrator sets on a small machine; everything else as PostgreSQL comes
SETTINGS = ("shared_buffers=512MB", "max_connections=100", "work_mem=16MB", "max_wal_size=4GB", "random_page_cost=1.1")


def binaries() -> Path | None:
    """The folder with initdb and postgres; None where no server is installed."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    return folders[-1].parent if folders else None


@contextmanager
def private_server(folder: Path | None) -> Iterator[str]:
    """The URL of a server of its own, with durable writes as PostgreSQL comes. In `folder` it is found again the next time."""
    tools = binaries()
    if tools is None:
        raise FileNotFoundError("no PostgreSQL server is installed")
    home = Path(tempfile.mkdtemp(prefix="dingke-bench-pg-")) if folder is None else folder
    home.mkdir(parents=True, exist_ok=True)
    as_server: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        owner = pwd.getpwnam("postgres")
        os.chown(home, owner.pw_uid, owner.pw_gid)
        as_server = ["runuser", "-u", "postgres", "--"]
    data, port = home / "data", free_port()
    if not (data / "PG_VERSION").exists():
        command = [*as_server, str(tools / "initdb"), "-D", str(data), "-U", "dingke", "-A", "trust", "--encoding=UTF8", "--locale=C"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")
    options = [
        part
        for setting in (f"port={port}", f"unix_socket_directories={home}", f"listen_addresses={HOST}", *SETTINGS)
        for part in ("-c", setting)
    ]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen([*as_server, str(tools / "postgres"), "-D", str(data), *options], stdout=log, stderr=log, cwd="/")
    url = f"postgresql://dingke@{HOST}:{port}/postgres"
    try:
        for _attempt in range(300):
            if server.poll() is not None:
                raise RuntimeError((home / "log").read_text(errors="replace")[-2000:])
            try:
                psycopg.connect(url, connect_timeout=2).close()
                break
            except psycopg.OperationalError:
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(5)
        if folder is None:
            shutil.rmtree(home, ignore_errors=True)


@contextmanager
def own_database(url: str, *, keep: bool) -> Iterator[str]:
    """The URL of the benchmark's own database on the server of `url`; that of `url` itself is never touched."""
    parts = urlsplit(url)
    with psycopg.connect(url, autocommit=True) as server:
        there = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if there is None:
            server.execute(f"CREATE DATABASE {DATABASE}")
    try:
        yield urlunsplit(parts._replace(path=f"/{DATABASE}"))
    finally:
        if not keep:
            with psycopg.connect(url, autocommit=True) as server:
                server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
