"""One engine, from an empty database to its figures. Runs as a process of its own: settings are those of its environment.

Says on standard output, line by line as JSON, how far it is, and in the last line what it found.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CLIENTS = (1, 8, 32)


@dataclass(frozen=True)
class Plan:
    """How long and how often each figure is asked."""

    seconds: float
    rounds: int
    clients: tuple[int, ...] = CLIENTS
    warm: float = 0.5
    variants: int = 40


FULL = Plan(seconds=2.0, rounds=3)
QUICK = Plan(seconds=0.1, rounds=1, warm=0.05, variants=4)


def say(**facts: Any) -> None:
    sys.stdout.write(json.dumps(facts, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def tell(done: int, total: int | None, what: str) -> None:
    say(done=done, total=total, what=what)


def build(*, quick: bool) -> dict[str, Any]:
    """The company, when it is not there from an earlier run that was kept. Scores are computed by the product."""
    from django.utils import timezone

    from dingke.config import installation
    from dingke.config.bench import company
    from dingke.config.bench.loading import Loader
    from dingke.core import rules
    from dingke.core.models import Setting

    size = company.QUICK if quick else company.FULL
    tell(0, None, "tables")
    installation.prepare()
    installation.collect_static()
    wanted = {"accounts": size.accounts, "contacts": size.contacts, "orders": size.orders}
    there = rules.in_force(KEY).value
    if there:
        if {name: there.get(name) for name in wanted} != wanted:
            raise SystemExit("the kept company has another size; drop it first")
        return {"seconds": 0, "was_kept": True}
    begin = time.perf_counter()
    company.Company(size, today=timezone.localdate(), tell=tell).build()
    tell(0, None, "statistics")
    Loader().settle()
    Setting.objects.create(key=KEY, version=1, value=wanted, at=timezone.now())
    return {"seconds": round(time.perf_counter() - begin, 1), "was_kept": False}


KEY = "bench.company"


def session_of(user_id: int) -> str:
    """A signed-in browser session."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from dingke.people.models import User

    user = User.objects.get(pk=user_id)
    store = SessionStore()
    store[SESSION_KEY], store[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store.save()
    return str(store.session_key)


def measure_pages(plan: Plan, *, quick: bool, only: Sequence[str], log: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    from django.middleware.csrf import _get_new_csrf_string

    from dingke.config.bench import client, company, floors, serving
    from dingke.config.bench.figures import CONSTANT, figures, request_bytes
    from dingke.config.bench.trimming import Mark

    size = company.QUICK if quick else company.FULL
    wanted = [figure for figure in figures(size) if not only or figure.key in only]
    results: list[dict[str, Any]] = []
    memory: dict[str, Any] = {}
    if not wanted:
        return results, memory
    token = _get_new_csrf_string()
    sessions = {figure.caller: session_of(figure.caller) for figure in [CONSTANT, *wanted]}
    mark = Mark.now()
    with serving.serving(log) as (port, process):
        host = f"{serving.HOST}:{port}"

        def ask_of(figure: Any) -> Callable[[int], bytes]:
            session = sessions[figure.caller]
            ready = (
                [] if figure.method == "POST" else [request_bytes(figure, n, host=host, session=session, token=token) for n in range(500)]
            )
            if ready:
                return lambda n: ready[n % len(ready)]
            return lambda n: request_bytes(figure, n, host=host, session=session, token=token)

        asked = 0
        constant: dict[int, float] = {}
        for place, figure in enumerate([CONSTANT, *wanted]):
            tell(place, len(wanted) + 1, figure.label)
            ask = ask_of(figure)
            captured = []
            if figure is not CONSTANT:
                numbers = [10_000_000] if figure.method == "POST" else range(plan.variants)
                captured = [floors.capture(figure, n, session=sessions[figure.caller], token=token) for n in numbers]
            created_id = _newest_account() if figure.method == "POST" else 0
            warm = client.run(host=serving.HOST, port=port, ask=ask, status=figure.status, clients=4, seconds=plan.warm, first=asked)
            asked += len(warm.times) + 100
            by_clients = {}
            for clients in plan.clients:
                loads, bare = [], []
                for _round in range(plan.rounds):
                    load = client.run(
                        host=serving.HOST, port=port, ask=ask, status=figure.status, clients=clients, seconds=plan.seconds, first=asked
                    )
                    asked += len(load.times) + 100
                    loads.append(load)
                    if figure is CONSTANT:
                        continue
                    if figure.method == "POST":
                        bare.append(
                            floors.run_writes(
                                captured[0].data, account_id=created_id, key="BENCH-API-10000000", clients=clients,
                                seconds=plan.seconds, first=asked * 100,
                            )
                        )  # fmt: skip
                    else:
                        bare.append(floors.run([one.data for one in captured], clients=clients, seconds=plan.seconds))
                by_clients[clients] = _figures_of(clients, loads, bare)
                if figure is CONSTANT:
                    constant[clients] = by_clients[clients]["per_second"]
                else:
                    by_clients[clients]["times_constant"] = round(constant[clients] / by_clients[clients]["per_second"], 1)
            results.append(
                {
                    "key": figure.key, "label": figure.label, "queries": max((one.queries for one in captured), default=0),
                    "data_queries": max((len(one.data) for one in captured), default=0), "clients": by_clients,
                }
            )  # fmt: skip
            memory[figure.key] = serving.resident_megabytes(process)
    tell(0, None, "clearing up")
    mark.trim()
    return results, {"megabytes": max(memory.values()), "after": memory}


def _newest_account() -> int:
    from dingke.accounts.models import Account

    return int(Account.objects.order_by("-pk").values_list("pk", flat=True)[0])


def _figures_of(clients: int, loads: Sequence[Any], bare: Sequence[Any]) -> dict[str, Any]:
    """Medians over the rounds. The ratio is of mean times, which at full load are clients by requests a second."""
    per_second = statistics.median(load.per_second for load in loads)
    found = {
        "per_second": round(per_second, 1),
        "median_ms": round(statistics.median(load.median for load in loads), 2),
        "p95_ms": round(statistics.median(load.p95 for load in loads), 2),
        "requests": sum(len(load.times) for load in loads),
    }
    if bare:
        floor = statistics.median(load.per_second for load in bare)
        found |= {
            "floor_per_second": round(floor, 1),
            "floor_ms": round(clients * 1000 / floor, 2),
            "ratio": round(floor / per_second, 2),
        }
    return found


def main(arguments: Sequence[str]) -> None:
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(143))  # the web server is stopped on the way out
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--build-only", action="store_true")
    given = parser.parse_args(arguments)
    only = [name for name in given.only.split(",") if name]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dingke.config.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    from dingke.config.bench import whole

    plan = QUICK if given.quick else FULL
    built = build(quick=given.quick)
    home = Path(settings.HOME)
    runs: list[dict[str, Any]] = []
    if whole.needs_scores() or not only or "score" in only:
        runs.append(whole.score_run(tell=tell))
    results: list[dict[str, Any]] = []
    memory: dict[str, Any] = {}
    if not given.build_only:
        results, memory = measure_pages(plan, quick=given.quick, only=only, log=home / "web.log")
        if not only or "import" in only:
            runs.append(whole.import_run(quick=given.quick, tell=tell))
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()" if connection.vendor == "sqlite" else "SHOW server_version")
        version = cursor.fetchone()[0]
    say(result={"engine": connection.vendor, "version": version, "build": built, "pages": results, "runs": runs, "memory": memory})


if __name__ == "__main__":
    main(sys.argv[1:])
