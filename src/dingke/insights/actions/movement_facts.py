"""What a run reads of stages and care beside the snapshot, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

import numpy as np
from django.db.models import Count, Exists, OuterRef, Subquery
from django.utils import timezone

from dingke.accounts.models import Account, StageChange, StageDismissal, Todo
from dingke.core.periods import add_months
from dingke.insights.calc.care_guards import KeyAccountCare
from dingke.insights.calc.lifecycle import NO_STAGE, STAGES, Dismissal
from dingke.insights.calc.movement import MovementFacts
from dingke.insights.columns import Columns, Flags, Ints
from dingke.insights.models import Assessment

_PLACES = {stage.value: place for place, stage in enumerate(STAGES)}


def movement_facts(columns: Columns) -> MovementFacts:
    """Stages, dismissals, contacts of the quarter up to the day of the run, the care of key accounts, new potential accounts."""
    start = add_months(columns.as_of, -3) + timedelta(days=1)
    since = timezone.make_aware(datetime.combine(start, time.min))
    living = Account.objects.filter(archived_at__isnull=True).order_by()
    born = StageChange.objects.filter(before="", after=Account.Stage.POTENTIAL, since_date__gte=start, account__archived_at__isnull=True)
    return MovementFacts(
        stage=_stages(columns),
        dismissals=_dismissals(columns),
        contacted=_flags(columns, living.filter(last_contact_at__gte=since).values_list("pk", flat=True).iterator()),
        key_accounts=_key_accounts(columns),
        prospects=born.order_by().aggregate(number=Count("account", distinct=True))["number"],
    )


def _stages(columns: Columns) -> Ints:
    """Read stage by stage, as ids only: that is a third of what a row of two values costs."""
    stage = np.full(len(columns), NO_STAGE, dtype=np.int64)
    for code, place in _PLACES.items():
        rows = Account.objects.filter(lifecycle_stage=code, archived_at__isnull=True).order_by().values_list("pk", flat=True)
        stage[_flags(columns, rows.iterator(chunk_size=20_000))] = place
    return stage


def _flags(columns: Columns, ids: object) -> Flags:
    found = np.zeros(len(columns), dtype=np.bool_)
    places = columns.places(np.fromiter(ids, dtype=np.int64))  # type: ignore[call-overload]
    found[places[places >= 0]] = True
    return found


def _dismissals(columns: Columns) -> tuple[Dismissal, ...]:
    rows: Sequence[StageDismissal] = list(StageDismissal.objects.filter(ended_at__isnull=True).order_by("pk"))
    places = columns.places([row.account_id for row in rows]).tolist()
    return tuple(
        Dismissal(place, _PLACES[row.stage], np.nan if row.change is None else float(row.change), row.last_order_date)
        for place, row in zip(places, rows, strict=True)
        if place >= 0
    )


def _key_accounts(columns: Columns) -> tuple[KeyAccountCare, ...]:
    done = Assessment.objects.filter(account=OuterRef("pk"), state=Assessment.State.DONE, assessed_date__lte=columns.as_of)
    steps = Todo.objects.filter(account=OuterRef("pk"), done_at__isnull=True, archived_at__isnull=True)
    rows = Account.objects.filter(is_key=True, archived_at__isnull=True).order_by("pk")
    rows = rows.annotate(
        helpers=Count("collaborators"),
        assessed=Subquery(done.order_by("-assessed_date").values("assessed_date")[:1]),
        has_step=Exists(steps.order_by()),
    )
    return tuple(
        KeyAccountCare(account_id, (owner_id is not None) + helpers, (columns.as_of - assessed).days if assessed else None, has_step)
        for account_id, owner_id, helpers, assessed, has_step in rows.values_list("pk", "owner_id", "helpers", "assessed", "has_step")
    )
