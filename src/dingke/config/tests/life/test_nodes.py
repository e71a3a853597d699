"""Two web nodes, two workers and two schedulers on one PostgreSQL: one system."""

from __future__ import annotations

import http.cookiejar
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from dingke.config.models import Beat, DutyRun
from dingke.config.tests.life.conftest import Installation, at
from dingke.core.models import Job

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
PASSWORD = "a-good-password-1"
JOBS = 10


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], object], *, within: float = 120) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            if true():
                return True
        except OSError:
            pass
        time.sleep(0.3)
    return False


@pytest.fixture
def nodes(empty, tmp_path, settings):
    """Starts processes, each node with a home folder of its own, and ends those it started."""
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")
    place = empty("postgresql")
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        home = tmp_path / f"node-{len(started)}"
        node = Installation(home, place.url)
        environment = {**node.environment(), "DINGKE_SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz", "DINGKE_BACKUP_AT": ""}
        log = (tmp_path / f"log-{len(started)}").open("wb")
        command = [sys.executable, "-m", "dingke.config.cli", *arguments]
        started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True))
        return started[-1]

    yield place, start
    for process in started:
        if process.poll() is None:
            process.terminate()
    for process in started:
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def test_sessions_jobs_and_duties_are_shared(nodes, settings):
    place, start = nodes
    with at(place, settings):
        from dingke.accounts.tests.factories import make_user
        from dingke.people.calc import Role

        call_command("migrate", verbosity=0, interactive=False)
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
        make_user("guanli", role=Role.ADMINISTRATOR, name="管理员")
    ports = [free_port(), free_port()]
    for port in ports:
        start("web", "--port", str(port))
    for _number in range(2):
        start("worker")
    clocks = [start("scheduler") for _number in range(2)]
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    for port in ports:
        assert until(lambda port=port: browser.open(f"http://127.0.0.1:{port}/readyz", timeout=5).status == 200), f"no answer at {port}"

    # signed in at one node, known at the other
    page = browser.open(f"http://127.0.0.1:{ports[0]}/sign-in/login/", timeout=20).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page).group(1)
    form = urllib.parse.urlencode({"csrfmiddlewaretoken": token, "login": "guanli", "password": PASSWORD}).encode()
    browser.open(f"http://127.0.0.1:{ports[0]}/sign-in/login/", form, timeout=30)
    answer = browser.open(f"http://127.0.0.1:{ports[1]}/settings/system/", timeout=30)
    assert answer.url.endswith("/settings/system/")
    text = answer.read().decode()
    assert str(ports[1]) in answer.url
    assert "管理员" in text

    with at(place, settings):
        # every job once
        from django_tasks_db.models import DBTaskResult

        from dingke.accounts.actions import duplicates
        from dingke.core import jobs
        from dingke.core.scope import Scope
        from dingke.core.tasks import run_job

        settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}
        before = Job.objects.filter(kind=duplicates.KIND).count()
        made = [jobs.start(kind=duplicates.KIND, params={}, by=Scope.system(), now=timezone.now()).pk for _number in range(JOBS)]
        if not DBTaskResult.objects.exists():  # the test run's own queue is another
            for pk in made:
                run_job.using(backend="default").enqueue(pk)
        finished = until(lambda: not Job.objects.filter(pk__in=made).exclude(state="DONE").exists())
        assert finished, list(Job.objects.filter(pk__in=made).values_list("state", "error"))
        assert set(Job.objects.filter(pk__in=made).values_list("attempts", flat=True)) == {1}
        assert Job.objects.filter(kind=duplicates.KIND).count() == before + JOBS
        assert {len(row.worker_ids) for row in DBTaskResult.objects.all()} == {1}

        # one scheduler works; when it is killed the other goes on
        assert until(lambda: DutyRun.objects.filter(name="territories", finished_at__isnull=False).exists())
        assert len(set(DutyRun.objects.values_list("holder", flat=True))) == 1
        daily = dict(DutyRun.objects.exclude(name__in=["lost jobs"]).values_list("name", "started_at"))
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")
            assert cursor.fetchone()[0] == 1
        assert until(lambda: Beat.objects.filter(kind="SCHEDULER").count() == 2)
        assert Beat.objects.filter(kind="WORKER").count() == 2
        holder = DutyRun.objects.get(name="lost jobs").holder
        dead = next(process for process in clocks if holder.endswith(f":{process.pid}"))
        dead.send_signal(signal.SIGKILL)
        dead.wait(10)
        assert until(lambda: DutyRun.objects.get(name="lost jobs").holder != holder, within=60)
        again = dict(DutyRun.objects.exclude(name__in=["lost jobs"]).values_list("name", "started_at"))
        assert {name: again[name] for name in ("pool rules", "territories")} == {
            name: daily[name] for name in ("pool rules", "territories")
        }
