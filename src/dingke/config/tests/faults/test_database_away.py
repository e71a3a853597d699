"""PostgreSQL ends under load and comes back: a friendly 503 in between, and the same processes go on afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(SOURCE.parent / "tools"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """A private PostgreSQL that may be stopped and started at the same address."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self.binaries, self.folder, self.port = binaries, folder, free_port()
        self.server: subprocess.Popen[bytes] | None = None
        self.as_server: list[str] = []
        if os.geteuid() == 0:  # the server refuses to run as root
            import pwd

            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            self.as_server = ["runuser", "-u", "postgres", "--"]
        self.run("initdb", "-D", str(folder / "data"), "-U", "dingke", "-A", "trust", "--encoding=UTF8", "--locale=C", "--no-sync")

    def run(self, program: str, *arguments: str) -> None:
        subprocess.run([*self.as_server, str(self.binaries / program), *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/tmp")

    def start(self) -> None:
        data = str(self.folder / "data")
        options = [
            f"port={self.port}",
            f"unix_socket_directories={self.folder}",
            "listen_addresses=127.0.0.1",
            "fsync=off",
            "max_connections=60",
        ]
        self.run(
            "pg_ctl",
            "start",
            "-w",
            "-t",
            "60",
            "-D",
            data,
            "-l",
            str(self.folder / "log"),
            "-o",
            " ".join(f"-c {option}" for option in options),
        )

    def stop(self) -> None:
        self.run("pg_ctl", "stop", "-m", "immediate", "-D", str(self.folder / "data"))


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    from system_packages import postgres_folder

    binaries = postgres_folder()
    if binaries is None:
        pytest.skip("needs a PostgreSQL server")
    folder = Path(tempfile.mkdtemp(prefix="dingke-away-", dir="/tmp"))
    found = Cluster(binaries, folder)
    found.start()
    yield found
    subprocess.run(
        [*found.as_server, str(binaries / "pg_ctl"), "stop", "-m", "immediate", "-D", str(folder / "data")],
        check=False,
        capture_output=True,
        cwd="/tmp",
    )
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.sqlite_only  # has a server of its own; once is enough
def test_stopped_and_started_under_load(cluster, tmp_path):
    port = free_port()
    environment = {
        **os.environ,
        "DINGKE_HOME": str(tmp_path),
        "DINGKE_DATABASE_URL": f"postgresql://dingke@127.0.0.1:{cluster.port}/postgres",
        "DJANGO_SETTINGS_MODULE": "dingke.config.settings",
        "PYTHONPATH": str(SOURCE),
    }
    log = (tmp_path / "log").open("wb")
    system = subprocess.Popen(
        [sys.executable, "-m", "dingke.config.cli", "web", "--port", str(port)], env=environment, stdout=log, stderr=log
    )
    try:
        _until(port, {200}, within=200)
        stop, seen = threading.Event(), Counter[Any]()
        clients = [threading.Thread(target=_ask_on, args=(port, stop, seen)) for _number in range(3)]
        for client in clients:
            client.start()
        time.sleep(1)
        cluster.stop()
        status, body, headers = _until(port, {503}, within=60)
        assert "数据库" in body
        assert "Traceback" not in body
        assert headers["Retry-After"]
        cluster.start()
        _until(port, {200}, within=60)
        time.sleep(1)
        stop.set()
        for client in clients:
            client.join(30)
        assert set(seen) <= {200, 503}, seen
        assert seen[200]
        assert seen[503]
        assert system.poll() is None, "the same processes go on"
    finally:
        system.send_signal(signal.SIGTERM)
        system.wait(60)
        log.close()


# the page that asks the database and needs nobody signed in: a session that is not there has to be looked for
def _ask(port: int) -> tuple[int, str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/sign-in/login/", headers={"Cookie": "sessionid=" + "a" * 32, "Accept-Language": "zh-CN"}
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


def _ask_on(port: int, stop: threading.Event, seen: Counter[Any]) -> None:
    while not stop.is_set():
        try:
            seen[_ask(port)[0]] += 1
        except OSError as error:
            seen[repr(error)] += 1


def _until(port: int, wanted: set[int], *, within: float) -> tuple[int, str, Any]:
    end, found = time.monotonic() + within, (0, "", None)
    while time.monotonic() < end:
        try:
            found = _ask(port)
        except OSError:
            time.sleep(0.3)
            continue
        if found[0] in wanted:
            return found
        time.sleep(0.2)
    raise AssertionError(found)
