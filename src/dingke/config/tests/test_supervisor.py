"""`dingke up` with real processes: it serves, restarts what dies, stops cleanly; the scheduler knows what is due."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dingke.config.scheduler import Duty, due
from dingke.config.supervisor import Child


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int, *, within: float = 60) -> bool:
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as response:
                if response.status == 200:
                    return True
        except OSError:
            time.sleep(0.2)
    return False


def children_of(pid: int) -> dict[int, str]:
    listing = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=False).stdout
    return {int(line.split(None, 1)[0]): line.split(None, 1)[1] for line in listing.splitlines() if line.strip()}


def lives(pid: int) -> bool:
    """Whether a process runs; one that ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def system(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    port = free_port()
    environment = {**os.environ, "DINGKE_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "dingke.config.settings"}
    environment.pop("DINGKE_DATABASE_URL", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "dingke.config.cli", "up", "--port", str(port)], env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        assert answers(port, within=120), process.stderr.read() if process.poll() is not None and process.stderr else "no answer"
        yield process, port
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(40)


@pytest.mark.sqlite_only
@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes with ps --ppid")
def test_up_serves_restarts_what_is_killed_and_stops_with_its_children(system):
    process, port = system
    family = children_of(process.pid)
    kinds = {kind: pid for pid, command in family.items() for kind in ("granian", "config.worker", "scheduler") if kind in command}
    assert set(kinds) == {"granian", "config.worker", "scheduler"}
    os.kill(kinds["granian"], signal.SIGKILL)
    os.kill(kinds["config.worker"], signal.SIGKILL)
    time.sleep(2.5)
    assert answers(port)
    again = children_of(process.pid)
    assert sum("config.worker" in command for command in again.values()) == 1
    assert kinds["config.worker"] not in again
    process.terminate()
    assert process.wait(40) == 0
    assert [pid for pid in again if lives(pid)] == []


def test_a_child_that_dies_young_waits_longer_each_time():
    child = Child("short", [sys.executable, "-c", "import sys; sys.exit(3)"])
    told: list[str] = []
    for _round in range(3):
        child.not_before = 0.0
        child.look(told.append)
        assert child.process is not None
        child.process.wait(20)
        child.look(told.append)
    assert child.deaths == 3
    assert [line.rsplit("in ", 1)[1] for line in told] == ["1.0 s", "2.0 s", "4.0 s"]


def test_a_duty_is_due_at_first_and_then_after_its_time():
    now = datetime(2026, 9, 30, tzinfo=UTC)
    daily = Duty("daily", timedelta(days=1), lambda now: None)
    often = Duty("often", timedelta(seconds=5), lambda now: None)
    assert due([daily, often], {}, now) == [daily, often]
    assert due([daily, often], {"daily": now, "often": now}, now + timedelta(seconds=6)) == [often]
