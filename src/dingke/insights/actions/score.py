"""The score run: snapshot, metrics, method, results. A run that does not end leaves the last good scores in place."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import compress
from typing import Any, Protocol

import numpy as np
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.actions import standings
from dingke.accounts.models import Account, FaceMark, Standing
from dingke.core import rules as stored_rules
from dingke.core import spans
from dingke.core.errors import Refusal
from dingke.core.importing.inserts import insert_columns
from dingke.core.jobs import Progress
from dingke.core.scope import Scope
from dingke.insights import access
from dingke.insights import evidence as evidences
from dingke.insights.actions import alerts as warn
from dingke.insights.actions import assess, gathering, movement, preview, writing
from dingke.insights.calc import explanation
from dingke.insights.calc.pareto import count_for_share
from dingke.insights.calc.rules import GROUPS, Rules, key_of
from dingke.insights.columns import Columns
from dingke.insights.judging import Judged
from dingke.insights.models import Score, ScoreRun

SCORE_KIND = "score"
BATCH = 5_000
LOST_AFTER = timedelta(seconds=120)
_mine: set[int] = set()


class UnableToScore(Refusal):
    """The run does not start."""


class Teller(Protocol):
    def tell(self, done: int, total: int | None = None, message: str = "") -> None: ...


def score_job(progress: Progress) -> dict[str, Any]:
    """Handler of jobs of the kind "score"."""
    as_of = progress.params.get("as_of")
    by = Scope(user_id=progress.job.owner_id, name=progress.job.owner_name, sees_all=True, permissions=frozenset({"*"}))
    day = date.fromisoformat(as_of) if as_of else None
    return _said(run_scores(by=by, now=_clock(), as_of=day, progress=progress, ended=lambda run: progress.finish(_said(run))))


def _said(run: ScoreRun) -> dict[str, Any]:
    message = _("%(customers)s customers scored as of %(day)s.") % {"customers": run.summary["customers"], "day": run.as_of_date}
    return {"run": run.pk, "message": message}


def run_scores(
    *,
    by: Scope,
    now: datetime,
    as_of: date | None = None,
    progress: Teller | None = None,
    ended: Callable[[ScoreRun], None] | None = None,
) -> ScoreRun:
    """Scores the whole company as of a day; by default today, or the last order day of data that ended over 60 days ago.

    Raises `UnableToScore` while another run is on its way. Scores are written beside the old ones; pages see them when the
    run is done. `ended` is called last in the transaction that puts them in place.
    """
    access.can_score(by).enforce()
    run = _claim(by=by, now=now)
    _mine.add(run.pk)
    try:
        with spans.Steps() as step:
            return _compute(run, by=by, now=now, as_of=as_of, tell=_Steps(run, progress, step), ended=ended)
    except BaseException:
        _give_up(run)
        raise
    finally:
        _mine.discard(run.pk)


def _clock() -> datetime:
    return timezone.now()  # noqa: TID251 (the heartbeat of a machine)


def _holder() -> str:
    return f"{socket.gethostname()}/{os.getpid()}"[:120]


def _claim(*, by: Scope, now: datetime) -> ScoreRun:
    """A new run, after clearing away what a killed one left behind."""
    with transaction.atomic():
        for left in ScoreRun.objects.select_for_update().filter(state=ScoreRun.State.RUNNING):
            if _is_alive(left):
                raise UnableToScore(_("Scores are being computed at this moment. Wait for that run to end."))
            _mark_failed(left)
        try:
            with transaction.atomic():
                return ScoreRun.objects.create(
                    as_of_date=timezone.localdate(now),
                    started_at=now,
                    heartbeat_at=_clock(),
                    holder=_holder(),
                    formula_version=explanation.FORMULA_VERSION,
                    by_name=by.name,
                )
        except IntegrityError as error:
            raise UnableToScore(_("Scores are being computed at this moment. Wait for that run to end.")) from error


def _is_alive(run: ScoreRun) -> bool:
    machine, _slash, process = run.holder.rpartition("/")
    if machine == socket.gethostname() and process.isdigit():
        if int(process) == os.getpid():
            return run.pk in _mine
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
    return run.heartbeat_at is not None and run.heartbeat_at > _clock() - LOST_AFTER


def _mark_failed(run: ScoreRun) -> None:
    Score.objects.filter(run=run).delete()
    ScoreRun.objects.filter(pk=run.pk).update(state=ScoreRun.State.FAILED, finished_at=_clock())


def _give_up(run: ScoreRun) -> None:
    with transaction.atomic():
        _mark_failed(run)


class _Steps:
    """Tells how far the run is, and that it is alive."""

    STEPS = 100

    def __init__(self, run: ScoreRun, progress: Teller | None, step: spans.Steps) -> None:
        self.run, self.progress, self.step, self.said = run, progress, step, ""

    def __call__(self, percent: int, message: str = "") -> None:
        if message and message != self.said:
            self.said = message
            self.step(message)
        ScoreRun.objects.filter(pk=self.run.pk).update(heartbeat_at=_clock())
        if self.progress is not None:
            self.progress.tell(percent, self.STEPS, message)


def load_rules() -> Rules:
    return Rules(**{name: stored_rules.load(key_of(name), kind) for name, kind in _rule_kinds().items()})


def _rule_kinds() -> dict[str, type]:
    return {name: kind for name, kind in GROUPS.items() if name in Rules.__dataclass_fields__}


def preview_scores(
    *, by: Scope, now: datetime, as_of: date | None = None, rules: Rules | None = None, progress: Teller | None = None
) -> preview.Preview:
    """What a run would change, with the rules in force or others: nothing is written. Raises `UnableToScore` while a run is on its way."""
    access.can_score(by).enforce()
    if any(_is_alive(run) for run in ScoreRun.objects.filter(state=ScoreRun.State.RUNNING)):
        raise UnableToScore(_("Scores are being computed at this moment. Wait for that run to end."))

    def tell(percent: int, message: str = "") -> None:
        if progress is not None:
            progress.tell(percent, 100, message)

    columns, judged = _judged(rules or load_rules(), as_of=as_of, today=timezone.localdate(now), tell=tell)
    found = preview.preview_of(columns, judged)
    tell(100, _("Done"))
    return found


def _judged(rules: Rules, *, as_of: date | None, today: date, tell: gathering.Tell) -> tuple[Columns, Judged]:
    columns = gathering.columns_of_company(as_of=as_of, today=today, tell=tell)
    tell(60, _("Judging classes, faces and guards"))
    outside = assess.outside_facts(columns)
    judged = assess.assess(columns, rules, outside, tell=lambda _done: tell(61, _("Judging classes, faces and guards")))
    return columns, judged


def _compute(
    run: ScoreRun, *, by: Scope, now: datetime, as_of: date | None, tell: _Steps, ended: Callable[[ScoreRun], None] | None
) -> ScoreRun:
    rules = load_rules()
    columns, judged = _judged(rules, as_of=as_of, today=timezone.localdate(now), tell=tell)
    evidence = evidences.texts(columns, judged)
    _write_scores(writing.scores(columns, judged, evidence, run_id=run.pk, size=BATCH), tell, of=len(columns))
    tell(90, _("Putting the new scores in place"))
    with transaction.atomic():
        rows = writing.standings(
            columns,
            judged,
            evidence,
            run_id=run.pk,
            abc_before=dict(Standing.objects.order_by().values_list("account_id", "abc")),
            faces=dict(FaceMark.objects.order_by("confirmed_at", "id").values_list("account_id", "face")),
        )
        standings.set_standings(columns=rows, by=by, now=now)
        run.state, run.as_of_date, run.finished_at = ScoreRun.State.DONE, columns.as_of, _clock()
        run.rules = {name: _plain(values) for name, values in asdict(rules).items()}
        run.summary = _summary(columns, judged)
        run.save()
        warn.raise_alerts_after_run(columns=columns, judged=judged, by=by, now=now)
        movement.after_run(run=run, by=by, now=now)
        if ended is not None:
            ended(run)
    tell(100, _("Done"))
    return run


def _write_scores(batches: Iterable[writing.Rows], tell: _Steps, *, of: int) -> None:
    """Each batch is its own transaction: nobody reads them before the run is done."""
    written = 0
    for batch in batches:
        ids = batch["account_id"]
        with transaction.atomic():
            living = set(Account.objects.filter(pk__gte=ids[0], pk__lte=ids[-1]).order_by().values_list("pk", flat=True))
            kept = [account_id in living for account_id in ids]
            insert_columns(Score, batch if all(kept) else {name: list(compress(column, kept)) for name, column in batch.items()})
        written += len(ids)
        tell(62 + 27 * written // max(of, 1), _("Writing scores"))


def _summary(columns: Columns, judged: Judged) -> dict[str, Any]:
    ranked = judged.rank > 0
    revenue = columns.revenue[ranked]
    average = judged.average_margin
    return {
        "accounts": len(columns),
        "customers": int(ranked.sum()),
        "buying": int((revenue > 0).sum()),
        "revenue": str(explanation.yuan(revenue.sum())),
        "for_80_percent": count_for_share(revenue, Decimal("0.8")),
        "average_margin": None if np.isnan(average) else f"{average:.6f}",
        "margin_unknown": int((ranked & (columns.revenue > 0) & np.isnan(columns.gross_profit)).sum()),
        "weakening": int(judged.weak.is_weak.sum()),
        "at_stake": str(explanation.yuan(judged.weak.at_stake[judged.weak.is_weak].sum())),
        "candidates": int(judged.is_candidate.sum()),
        "found_twice": int((np.sum(list(judged.methods.values()), axis=0) > 1).sum()) if judged.methods else 0,
        "left_out": columns.left_out,
        "period": [columns.current.start.isoformat(), columns.current.end.isoformat()],
        **judged.company,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, frozenset, list)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Decimal) else value
