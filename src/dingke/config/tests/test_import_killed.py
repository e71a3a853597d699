"""A process that imports is killed with no warning; another goes on, and every row is there exactly once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROWS, CUSTOMERS = 12_000, 900
PRELUDE = """
import os, sys, json
import django
django.setup()
from datetime import timedelta
from django.core.files import File
from django.core.management import call_command
from django.utils import timezone
from dingke.core import jobs
from dingke.core.importing import setup
from dingke.core.models import ImportChange, ImportFailure, ImportFile, ImportRun, Job
from dingke.core.scope import Scope
from dingke.accounts.models import Account, OwnershipChange, SearchEntry
from dingke.ledger.models import Order, OrderLine
"""
PREPARE = """
call_command("migrate", verbosity=0)
with open(sys.argv[1], "rb") as stream:
    run = setup.create_run(uploads=[("orders.csv", File(stream, name="orders.csv"))], by=Scope.system(), now=timezone.now())
run = setup.start_run(run=run, by=Scope.system(), now=timezone.now())
print(run.job_id)
"""
WORK = "jobs.run(int(sys.argv[1]))"
LOOK = """
part = ImportFile.objects.get()
print(json.dumps([part.rows_done, Order.objects.count()]))
"""
RECOVER = """
job = Job.objects.get(pk=int(sys.argv[1]))
assert job.state == "RUNNING", job.state
assert jobs.recover_lost(now=timezone.now() + timedelta(minutes=10)) == [job.pk]
jobs.run(job.pk)
job.refresh_from_db()
run = ImportRun.objects.get()
print(json.dumps({
    "job": job.state, "attempts": job.attempts, "run": run.state, "counts": run.counts["total"], "orders": Order.objects.count(), "lines": OrderLine.objects.count(),
    "accounts": Account.objects.count(), "numbers": Order.objects.values("number").distinct().count(), "search": SearchEntry.objects.count(),
    "changes": ImportChange.objects.count(), "failures": ImportFailure.objects.count(), "owners": OwnershipChange.objects.count(),
}))
"""


def run_code(code: str, *arguments: str, home: Path) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "DINGKE_HOME": str(home),
        "DINGKE_DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "dingke.config.settings",
        "PYTHONPATH": str(Path(__file__).resolve().parents[3]),
    }
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + code, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def answer(code: str, *arguments: str, home: Path) -> str:
    process = run_code(code, *arguments, home=home)
    out, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    return out.strip().splitlines()[-1] if out.strip() else ""


def test_an_import_killed_in_the_middle_goes_on_and_counts_exactly(tmp_path):
    table = tmp_path / "orders.csv"
    lines = [
        "客户编号,日期,金额,数量",
        *(f"K{number % CUSTOMERS:04d},2026-01-{number % 28 + 1:02d},{number}.25,{number % 9 + 1}" for number in range(ROWS - 1)),
        "K0000,never,1,1",
    ]
    table.write_text("\n".join(lines), encoding="gb18030")
    home = tmp_path / "home"
    job = answer(PREPARE, str(table), home=home)

    worker = run_code(WORK, job, home=home)
    deadline = time.monotonic() + 120
    database = home / "dingke.sqlite3"
    rows_done = 0
    while rows_done < 3_000 and time.monotonic() < deadline and worker.poll() is None:
        time.sleep(0.1)
        rows_done = _rows_done(database)
    worker.send_signal(signal.SIGKILL)
    worker.communicate()
    assert worker.returncode == -signal.SIGKILL, "it was finished before it could be killed"

    done, orders = json.loads(answer(LOOK, home=home))
    assert 3_000 <= done < ROWS
    assert orders == done, "what is written and what is noted as written are one transaction"

    result = json.loads(answer(RECOVER, job, home=home))
    assert result == {
        "job": "DONE", "attempts": 2, "run": "DONE", "counts": {"created": ROWS - 1, "failed": 1}, "orders": ROWS - 1, "lines": ROWS - 1,
        "accounts": CUSTOMERS, "numbers": ROWS - 1, "search": CUSTOMERS, "changes": ROWS - 1 + CUSTOMERS, "failures": 1, "owners": CUSTOMERS,
    }  # fmt: skip


def _rows_done(database: Path) -> int:
    import sqlite3

    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT max(rows_done) FROM core_importfile").fetchone()[0] or 0)
    finally:
        connection.close()
