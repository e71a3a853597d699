"""The pages of opportunities on many open deals, in a process of its own: settings are those of its environment.

Each figure is the median of its rounds, beside its floor: the same SELECT statements run bare, their rows fetched and thrown away.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

BATCH = 2_000
PEOPLE = 40


def build(deals: int, today: date) -> dict[str, Any]:
    """A company with people, accounts, a playbook with gates, open deals, and as many ended ones. Nothing is made twice."""
    from django.utils import timezone

    from dingke.accounts.models import Account
    from dingke.config import installation
    from dingke.people.calc import Role
    from dingke.people.models import Team, User
    from dingke.pipeline.models import Opportunity, Playbook, PlaybookVersion, StageSpell
    from dingke.pipeline.queries.playbooks import content_of

    installation.prepare()
    installation.collect_static()
    now = timezone.now()
    team = Team.objects.create(name="Bench")
    Team.objects.filter(pk=team.pk).update(path=f"/{team.pk}/")
    people = [User(username=f"bench{n}", name=f"Seller {n}", pinyin=f"seller {n}", role=Role.REP, team=team) for n in range(PEOPLE)]
    people = User.objects.bulk_create(people)
    director = User.objects.create(username="bench", name="Director", pinyin="director", role=Role.DIRECTOR, team=team)
    accounts = Account.objects.bulk_create(
        [
            Account(
                name=f"Customer {n:05}", name_key=f"customer{n:05}", pinyin=f"customer {n:05}", owner=people[n % PEOPLE], owned_since=now
            )
            for n in range(max(deals // 4, 1))
        ],
        batch_size=BATCH,
    )
    version = (
        PlaybookVersion.objects.filter(state=PlaybookVersion.State.PUBLISHED, playbook__unit=Playbook.Unit.PROJECT)
        .order_by("playbook__position", "-number")
        .select_related("playbook")
        .first()
    )
    if version is None:
        raise SystemExit("no playbook is published")
    stages = content_of(version).stages
    rows = []
    for n in range(2 * deals):
        opened = today - timedelta(days=n % 90 if n < deals else 90 + n % 270)
        ended = None if n < deals else opened + timedelta(days=20 + n % 60)
        state = "OPEN" if n < deals else ("WON", "LOST", "WON")[n % 3]
        place = n % len(stages)
        amount = Decimal(1_000 + 37 * (n % 5_000))
        rows.append(
            Opportunity(
                name=f"Deal {n:06}", name_pinyin=f"deal {n:06}", account=accounts[n % len(accounts)], owner=people[n % PEOPLE],
                playbook_version=version, stage=stages[place].code, stage_position=place, stage_since=opened, state=state, mode="PROJECT",
                amount=amount, won_amount=amount if state == "WON" else None, opened_date=opened, ended_date=ended,
                expected_date=None if n % 11 == 0 else today + timedelta(days=n % 120 - 10), probability=stages[place].probability,
                forecast=("PIPELINE", "BEST_CASE", "COMMIT")[n % 3], next_step="" if n % 7 == 0 else "Call", next_step_date=today,
            )
        )  # fmt: skip
    made = Opportunity.objects.bulk_create(rows, batch_size=BATCH)
    StageSpell.objects.bulk_create(
        [
            StageSpell(
                opportunity=deal, playbook_version=version, stage=deal.stage, stage_position=deal.stage_position, way="START",
                entered_date=deal.opened_date, entered_at=now, left_date=deal.ended_date,
            )
            for deal in made
        ],
        batch_size=BATCH,
    )  # fmt: skip
    from django.db import connection

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return {"director": director, "version": version, "deals": made[:deals], "stages": stages}


class _Listener:
    """Hears the statements of a block with their parameters."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not many and sql.lstrip().upper().startswith("SELECT"):
            self.heard.append((sql, params))
        return execute(sql, params, many, context)


def measured(work: Callable[[], object], rounds: int) -> dict[str, Any]:
    """Median milliseconds of a piece of work and of its SELECT statements alone, taken in turn; how many statements there were."""
    from django.db import connection

    work()
    listener = _Listener()
    with connection.execute_wrapper(listener):
        work()
    took, floor = [], []
    for _round in range(rounds):
        begin = time.perf_counter()
        work()
        took.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        with connection.cursor() as cursor:
            for sql, params in listener.heard:
                cursor.execute(sql, params)
                cursor.fetchall()
        floor.append(time.perf_counter() - begin)
    ours, bare = statistics.median(took) * 1_000, statistics.median(floor) * 1_000
    return {
        "ms": round(ours, 2),
        "floor_ms": round(bare, 2),
        "times": round(ours / bare, 1) if bare else None,
        "queries": len(listener.heard),
    }


def figures(world: dict[str, Any], today: date) -> list[tuple[str, Callable[[], object]]]:
    """Name of a figure and the work behind it."""
    from django.test import Client
    from django.urls import reverse

    from dingke.pipeline.models import Opportunity
    from dingke.pipeline.queries.gates import gates_of
    from dingke.pipeline.queries.symptoms import symptoms_of

    client = Client(raise_request_exception=True)
    client.force_login(world["director"], backend="django.contrib.auth.backends.ModelBackend")
    first, second = (stage.code for stage in world["stages"][:2])

    def page(name: str, **query: Any) -> Callable[[], object]:
        def ask() -> object:
            answer = client.get(reverse(name), query)
            if answer.status_code != 200:
                raise RuntimeError(f"{name}: {answer.status_code}")
            return answer

        return ask

    moving = world["deals"][1 if len(world["deals"]) > 1 else 0]

    def drag() -> object:
        """Forth while the gate lets it, and back."""
        moving.refresh_from_db(fields=["stage", "version"])
        body = {"stage": first if moving.stage == second else second, "version": moving.version, "reason": "bench"}
        return client.post(reverse("pipeline:board_move", args=[moving.pk]), body, headers={"Accept": "application/json"})

    def fresh(number: int) -> list[Any]:
        ids = [deal.pk for deal in world["deals"][:number]]
        found: list[Any] = []
        for place in range(0, len(ids), 900):
            found += Opportunity.objects.filter(pk__in=ids[place : place + 900]).select_related("account", "owner", "playbook_version")
        return found

    return [
        ("board", page("pipeline:board")),
        ("column scrolled", page("pipeline:board_cards", stage=first)),
        ("card dragged", drag),
        ("list", page("pipeline:list")),
        ("list by amount", page("pipeline:list", view="undated")),
        ("weeks", page("pipeline:weeks")),
        ("forecast", page("pipeline:forecast")),
        ("forecast range", page("pipeline:forecast_range")),
        ("report", page("pipeline:report")),
        ("funnel", page("pipeline:funnel")),
        ("gates of 50 deals", lambda: gates_of(fresh(50), today=today)),
        ("gates of all open deals", lambda: gates_of(fresh(len(world["deals"])), today=today)),
        ("symptoms of 50 deals", lambda: symptoms_of(fresh(50), today)),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    reader = argparse.ArgumentParser()
    reader.add_argument("--deals", type=int, default=10_000)
    reader.add_argument("--rounds", type=int, default=7)
    given = reader.parse_args(arguments)
    from dingke.config.console import django_ready

    django_ready()
    from django.conf import settings
    from django.utils import timezone

    settings.ALLOWED_HOSTS = ["testserver"]
    today = timezone.localdate()
    world = build(given.deals, today)
    found = {name: measured(work, given.rounds) for name, work in figures(world, today)}
    sys.stdout.write(json.dumps({"deals": given.deals, "figures": found}) + "\n")


if __name__ == "__main__":
    main()
