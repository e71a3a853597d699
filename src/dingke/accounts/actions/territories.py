"""Placing accounts in territories by the rules of the territories."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from dingke.accounts.models import Account
from dingke.accounts.queries import territories as queries
from dingke.core import audit, jobs
from dingke.core.access import needs
from dingke.core.models import Job
from dingke.core.scope import Scope
from dingke.people import queries as people
from dingke.people.events import TerritoryChanged
from dingke.people.models import Territory

KIND = queries.KIND
CHUNK = 500
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Placing:
    """What a placing did."""

    moved: int
    placed: int
    taken_out: int


def start_placing(*, by: Scope, now: datetime) -> Job:
    """Queues the placing of all accounts. One that still waits is enough; one that runs may have read the rules before they changed."""
    needs(by, "people.edit").enforce()
    waiting = Job.objects.filter(kind=KIND, state=Job.State.WAITING).order_by("-id").first()
    return waiting or jobs.start(kind=KIND, params={}, by=by, now=now)


def place_after_change(*, event: TerritoryChanged, now: datetime) -> None:
    """New rules of a territory place the accounts anew."""
    start_placing(by=people.scope_by_id(event.changed_by_id), now=now)


def place_in_territories(*, by: Scope, now: datetime, tell: Tell | None = None) -> Placing:
    """Puts every current account where the rules want it, and out of territories that no longer fit.

    All of it holds or none. The trail has one entry for each territory that won or lost accounts, with how many.
    """
    needs(by, "people.edit").enforce()
    with transaction.atomic():
        wanted: dict[int | None, list[int]] = defaultdict(list)
        came: Counter[int] = Counter()
        left: Counter[int] = Counter()
        for account_id, before, after in queries.moving(queries.Placer()):
            wanted[after].append(account_id)
            if before is not None:
                left[before] += 1
            if after is not None:
                came[after] += 1
        total = sum(len(ids) for ids in wanted.values())
        for target, ids in wanted.items():
            for start in range(0, len(ids), CHUNK):
                Account.objects.filter(pk__in=ids[start : start + CHUNK]).update(territory_id=target)
        for territory in Territory.objects.filter(pk__in={*came, *left}).order_by("pk"):
            changes = {"came": [0, came[territory.pk]], "left": [0, left[territory.pk]]}
            audit.record(target=territory, action="accounts.place_in_territory", by=by, now=now, changes=changes, summary=territory.name)
    if tell:
        tell(total, total)
    return Placing(moved=total, placed=came.total(), taken_out=len(wanted.get(None, [])))
