"""The web process killed with no warning while programs write through the API: what was confirmed stays, what is sent again with its key
is not written twice, and the server is back by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from dingke.config.tests.faults.test_database_away import free_port

SOURCE = Path(__file__).resolve().parents[4]
CLIENTS, EACH, KILLS = 3, 15, 3
PREPARE = """
import django
django.setup()
from django.core.management import call_command
from django.utils import timezone
call_command("migrate", verbosity=0)
from dingke.people.actions.tokens import create_token
from dingke.people.models import User
from dingke.people.queries import scope_for
person = User.objects.create_user(username="machine", name="接口", role="ADMINISTRATOR")
print(create_token(name="load", scopes=["accounts:write", "accounts:read"], days=30, by=scope_for(person), now=timezone.now())[1])
"""
LOOK = """
import json
import django
django.setup()
from collections import Counter
from dingke.accounts.models import Account, SearchEntry
from dingke.core.models import AuditEntry, OutboxEvent
made = Counter(Account.objects.values_list("external_key", flat=True))
print(json.dumps({
    "made": made, "audited": AuditEntry.objects.filter(action="accounts.create").count(),
    "events": OutboxEvent.objects.filter(name__endswith="AccountCreated").count(),
    "searchable": SearchEntry.objects.values("account_id").distinct().count(),
}))
"""


def _environment(home: Path) -> dict[str, str]:
    settings = {"DINGKE_HOME": str(home), "DINGKE_DATABASE_URL": "", "DJANGO_SETTINGS_MODULE": "dingke.config.settings"}
    unlimited = {"DINGKE_API_PER_TOKEN": "0", "DINGKE_API_PER_ADDRESS": "0"}
    return {**os.environ, **settings, **unlimited, "PYTHONPATH": str(SOURCE)}


def _said(code: str, home: Path) -> str:
    done = subprocess.run([sys.executable, "-c", code], env=_environment(home), capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def _servers(supervisor: int) -> list[int]:
    """The processes below the supervisor: the server, and those that it started."""
    found, waiting = [], [supervisor]
    while waiting:
        for task in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            children = [int(child) for child in task.read_text().split()]
            found += children
            waiting += children
    return found


class Load:
    """Clients that create accounts; each is sent again with the same key until it is confirmed."""

    def __init__(self, port: int, secret: str) -> None:
        self.port, self.secret = port, secret
        self.confirmed: list[str] = []
        self.statuses: set[int] = set()
        self.broken = 0
        self.threads = [threading.Thread(target=self._work, args=(number,)) for number in range(CLIENTS)]

    def _work(self, client: int) -> None:
        for number in range(EACH):
            key = f"K-{client}-{number}"
            end = time.monotonic() + 120
            while time.monotonic() < end and not self._sent(key):
                time.sleep(0.1)
            time.sleep(0.05)

    def _sent(self, key: str) -> bool:
        headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json", "Idempotency-Key": key}
        body = json.dumps({"name": f"负载客户{key}", "external_key": key}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/v1/accounts/", data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                self.statuses.add(answer.status)
                assert json.load(answer)["external_key"] == key
        except urllib.error.HTTPError as error:
            self.statuses.add(error.code)
            return False
        except (OSError, ValueError):
            self.broken += 1
            return False
        self.confirmed.append(key)
        return True


@pytest.mark.sqlite_only  # has an installation of its own
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the processes in /proc")
def test_killed_under_load_every_confirmed_account_is_there_once(tmp_path: Path) -> None:
    secret, port = _said(PREPARE, tmp_path), free_port()
    with (tmp_path / "log").open("wb") as log:
        system = subprocess.Popen(
            [sys.executable, "-m", "dingke.config.cli", "web", "--port", str(port)], env=_environment(tmp_path), stdout=log, stderr=log
        )
        load = Load(port, secret)
        try:
            for thread in load.threads:
                thread.start()
            for kill in range(1, KILLS + 1):
                _until(lambda wanted=kill: len(load.confirmed) >= wanted * 5)
                for server in _servers(system.pid):
                    os.kill(server, signal.SIGKILL)
            for thread in load.threads:
                thread.join(200)
            assert system.poll() is None
        finally:
            system.send_signal(signal.SIGTERM)
            system.wait(60)
    assert load.broken, "nothing was cut off: the kills met no request"
    assert load.statuses <= {201, 409, 503}, load.statuses
    wanted = sorted(f"K-{client}-{number}" for client in range(CLIENTS) for number in range(EACH))
    assert sorted(load.confirmed) == wanted
    found: dict[str, Any] = json.loads(_said(LOOK, tmp_path))
    assert found["made"] == dict.fromkeys(wanted, 1)
    # with each account stand its entry in the trail, its event and its search row: one transaction, whole or not at all
    assert found["audited"] == found["events"] == found["searchable"] == len(wanted)


def _until(true: Any, within: float = 150) -> None:
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
