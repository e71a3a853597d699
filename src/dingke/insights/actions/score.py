"""The score run: snapshot, metrics, method, results. A run that does not end leaves the last good scores in place."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, Protocol

from django.db import IntegrityError, transaction
from django.db.models.fields.json import KT
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.actions import standings
from dingke.accounts.models import Account, FaceMark, Standing
from dingke.core import company as house
from dingke.core import rules as stored_rules
from dingke.core.errors import Refusal
from dingke.core.importing.inserts import insert_rows
from dingke.core.jobs import Progress
from dingke.core.scope import Scope
from dingke.insights import access, snapshot
from dingke.insights.actions import assess
from dingke.insights.calc import explanation
from dingke.insights.calc.pareto import smallest_count_for_share
from dingke.insights.calc.rules import GROUPS, Rules, key_of
from dingke.insights.metrics import gather
from dingke.insights.models import Score, ScoreRun

SCORE_KIND = "score"
BATCH = 5_000
_SCORED = [field.attname for field in Score._meta.concrete_fields if field.name != "id"]
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
    run = run_scores(by=by, now=_clock(), as_of=date.fromisoformat(as_of) if as_of else None, progress=progress)
    message = _("%(customers)s customers scored as of %(day)s.") % {"customers": run.summary["customers"], "day": run.as_of_date}
    return {"run": run.pk, "message": message}


def run_scores(*, by: Scope, now: datetime, as_of: date | None = None, progress: Teller | None = None) -> ScoreRun:
    """Scores the whole company as of a day; by default today, or the last order day of data that ended over 60 days ago.

    Raises `UnableToScore` while another run is on its way. Scores are written beside the old ones; pages see them when the
    run is done.
    """
    access.can_score(by).enforce()
    run = _claim(by=by, now=now)
    _mine.add(run.pk)
    try:
        return _compute(run, by=by, now=now, as_of=as_of, tell=_Steps(run, progress))
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

    def __init__(self, run: ScoreRun, progress: Teller | None) -> None:
        self.run, self.progress = run, progress

    def __call__(self, percent: int, message: str = "") -> None:
        ScoreRun.objects.filter(pk=self.run.pk).update(heartbeat_at=_clock())
        if self.progress is not None:
            self.progress.tell(percent, self.STEPS, message)


def load_rules() -> Rules:
    return Rules(**{name: stored_rules.load(key_of(name), kind) for name, kind in _rule_kinds().items()})


def _rule_kinds() -> dict[str, type]:
    return {name: kind for name, kind in GROUPS.items() if name in Rules.__dataclass_fields__}


def _compute(run: ScoreRun, *, by: Scope, now: datetime, as_of: date | None, tell: _Steps) -> ScoreRun:
    rules = load_rules()
    tell(2, _("Reading what changed"))
    done = iter(range(5, 40, 7))
    snapshot.refresh(tell=lambda _table: tell(next(done, 40), _("Reading what changed")))
    tell(40, _("Computing figures"))
    engine = snapshot.engine()
    try:
        tables = snapshot.tables(engine)
        day = as_of or explanation.day_of_run(today=timezone.localdate(now), latest_order=gather.latest_order_day(tables))
        gathered = gather.gather(tables, as_of=day, currency=house.currency())
    finally:
        engine.disconnect()
    tell(60, _("Judging classes, faces and guards"))
    assessed, company = assess.assess(gathered, rules)
    previous = ScoreRun.objects.filter(state=ScoreRun.State.DONE).order_by("-id").first()
    before = _before(previous)
    for one in assessed:
        one.was_quiet = before[one.figures.account_id][1] if one.figures.account_id in before else None
    _write_scores(run, assessed, tell)
    tell(90, _("Putting the new scores in place"))
    faces = dict(FaceMark.objects.order_by("confirmed_at", "id").values_list("account_id", "face"))
    rows = [
        _standing(
            one,
            run_id=run.pk,
            as_of=day,
            abc_before=before.get(one.figures.account_id, ("", False))[0],
            face=faces.get(one.figures.account_id, ""),
        )
        for one in assessed
    ]
    with transaction.atomic():
        standings.set_standings(rows=rows, by=by, now=now)
        run.state, run.as_of_date, run.finished_at = ScoreRun.State.DONE, day, _clock()
        run.rules = {name: _plain(values) for name, values in asdict(rules).items()}
        run.summary = _summary(assessed, company, gathered)
        run.save()
    tell(100, _("Done"))
    return run


def _before(previous: ScoreRun | None) -> dict[int, tuple[str, bool]]:
    """Class and silence of each account in the run before."""
    if previous is None:
        return {}
    rows = Score.objects.filter(run=previous).order_by().values_list("account_id", "abc", KT("evidence__is_quiet"))
    return {account_id: (abc, str(quiet) in {"true", "1", "True"}) for account_id, abc, quiet in rows.iterator()}


def _write_scores(run: ScoreRun, assessed: Sequence[assess.Assessment], tell: _Steps) -> None:
    """In batches, each its own transaction: nobody reads them before the run is done."""
    rows = (_score(one, run) for one in assessed if one.row is not None or one.candidate is not None)
    written, total = 0, max(len(assessed), 1)
    for batch in _batches(rows):
        with transaction.atomic():
            living = set(Account.objects.filter(pk__in=[row.account_id for row in batch]).order_by().values_list("pk", flat=True))
            insert_rows(Score, _SCORED, [[getattr(row, name) for name in _SCORED] for row in batch if row.account_id in living])
        written += len(batch)
        tell(62 + 27 * written // total, _("Writing scores"))


def _batches(rows: Iterator[Score]) -> Iterator[list[Score]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _score(one: assess.Assessment, run: ScoreRun) -> Score:
    figures = one.figures
    return Score(
        run=run,
        account_id=figures.account_id,
        revenue=figures.revenue,
        gross_profit=figures.gross_profit,
        abc=one.row.abc.value if one.row else "",
        rank=one.row.rank if one.row else None,
        proposed_face=one.face.face.value if one.face and one.face.face else "",
        evidence=one.evidence,
    )


def _standing(one: assess.Assessment, *, run_id: int, as_of: date, abc_before: str, face: str) -> Standing:
    figures, row = one.figures, one.row
    return Standing(
        account_id=figures.account_id,
        as_of_date=as_of,
        run_id=run_id,
        revenue=figures.revenue,
        revenue_before=figures.revenue_before,
        revenue_total=figures.revenue_total,
        gross_profit=figures.gross_profit,
        margin=assess.ratio(figures.margin),
        share=assess.ratio(row.share if row else None) or 0,
        cumulative_share=assess.ratio(row.cumulative_share if row else None) or 0,
        rank=row.rank if row else None,
        orders_count=figures.orders_count,
        last_order_date=figures.last_order_date,
        usual_gap_days=None if figures.usual_gap_days is None else figures.usual_gap_days.quantize(Decimal("0.1")),
        abc=row.abc.value if row else "",
        abc_before=abc_before,
        proposed_face=one.face.face.value if one.face and one.face.face else "",
        face=face,
        at_stake=one.weak.at_stake if one.weak else None,
        is_quiet=bool(one.weak and one.weak.is_quiet),
        is_candidate=one.candidate is not None,
        candidate_methods=[method.value for method in one.candidate.methods] if one.candidate else [],
        evidence=one.evidence,
    )


def _summary(assessed: Sequence[assess.Assessment], company: assess.Company, gathered: gather.Gathered) -> dict[str, Any]:
    revenues = [one.figures.revenue for one in assessed if one.row]
    return {
        "accounts": len(assessed),
        "customers": len(revenues),
        "buying": company.buying,
        "revenue": str(sum(revenues, Decimal(0))),
        "for_80_percent": smallest_count_for_share(revenues, Decimal("0.8")),
        "average_margin": None if company.average_margin is None else str(assess.ratio(company.average_margin)),
        "weakening": sum(1 for one in assessed if one.weak),
        "candidates": sum(1 for one in assessed if one.candidate),
        "guards": company.guards,
        "left_out": gathered.left_out,
        "period": [gathered.current.start.isoformat(), gathered.current.end.isoformat()],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, frozenset, list)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Decimal) else value
