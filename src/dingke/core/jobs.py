"""Long work: a `Job` row with progress, its task queued in the same transaction as the wish."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import access, bus, spans
from dingke.core.errors import Refusal, is_disk_full, new_trace_id, no_room, trace_id
from dingke.core.events import JobEnded
from dingke.core.models import Job
from dingke.core.scope import Scope

logger = logging.getLogger("dingke.jobs")
Handler = Callable[["Progress"], dict[str, Any]]
_handlers: dict[str, Handler] = {}
LOST_AFTER = timedelta(seconds=45)
HEARTBEAT_SECONDS = 8
MAX_ATTEMPTS = 3


class Cancelled(Exception):
    """The owner asked to stop; what was finished stays or is rolled back by the handler."""


class TakenAway(Exception):
    """Another worker has the job: this one was held for dead. Nothing of the transaction that would have ended it is kept."""


_queue: list[Callable[[int], object]] = []


def install(table: Mapping[str, Handler], *, enqueue: Callable[[int], object]) -> None:
    """Takes over the job table of config/wiring.py, and the way a job id gets to a worker."""
    _handlers.clear()
    _handlers.update(table)
    _queue[:] = [enqueue]


class Progress:
    """What a handler sees of its job: parameters, and a way to tell how far it is."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.params: dict[str, Any] = dict(job.params)

    def tell(self, done: int, total: int | None = None, message: str = "", *, now: datetime | None = None) -> None:
        """Stores progress and a heartbeat. Raises `Cancelled` when the owner has asked to stop."""
        values: dict[str, Any] = {"done": done, "heartbeat_at": now or timezone.now()}  # noqa: TID251 (heartbeat of a machine)
        if total is not None:
            values["total"] = total
        if message:
            values["message"] = message[:300]
        Job.objects.filter(pk=self.job.pk).update(**values)
        if Job.objects.filter(pk=self.job.pk, cancel_asked_at__isnull=False).exists():
            raise Cancelled

    def finish(self, result: dict[str, Any]) -> None:
        """Ends the job inside the transaction of its last writes: both hold or neither, so a job that is killed after them is not begun
        again. To be called last in that transaction; what the handler returns afterwards is not looked at.
        """
        if not transaction.get_connection().in_atomic_block:
            raise RuntimeError("finish() belongs inside the transaction of the last writes")
        if not _end(self.job, Job.State.DONE, {"result": result}):
            raise TakenAway


@transaction.atomic
def start(*, kind: str, params: Mapping[str, Any], by: Scope, now: datetime) -> Job:
    """Stores the wish and queues it; the worker picks it up after commit."""
    if kind not in _handlers:
        raise KeyError(f"no handler for jobs of kind {kind!r}; list it in config/wiring.py")
    job = Job.objects.create(
        kind=kind, params=dict(params), owner_id=by.user_id, owner_name=by.name, created_at=now, trace_id=trace_id.get() or new_trace_id()
    )
    _enqueue(job)
    return job


def _enqueue(job: Job) -> None:
    job_id = job.pk
    transaction.on_commit(lambda: _queue[0](job_id))


def run(job_id: int, *, parent: str = "") -> Job:
    """Runs a job once. A job that is done, cancelled or held by a living worker is left alone. `parent`: see `spans.span`."""
    now = timezone.now()  # noqa: TID251 (called by the worker and by the command line)
    claimed = Job.objects.filter(pk=job_id, state=Job.State.WAITING).update(state=Job.State.RUNNING, started_at=now, heartbeat_at=now)
    job = Job.objects.get(pk=job_id)
    if not claimed:
        return job
    job.attempts += 1
    job.save(update_fields=["attempts"])
    token = trace_id.set(job.trace_id)
    try:
        facts: dict[str, spans.Fact] = {"dingke.job.id": job.pk, "dingke.job.kind": job.kind, "dingke.job.attempt": job.attempts}
        with _heartbeat(job_id), spans.span(f"job {job.kind}", parent=parent, facts=facts):
            result = _handlers[job.kind](Progress(job))
    except TakenAway:
        logger.warning("job %s (%s) was taken by another worker meanwhile", job.pk, job.kind)
    except Cancelled:
        _finish(job, Job.State.CANCELLED, message=_("Stopped"))
    except Refusal as refusal:
        _finish(job, Job.State.FAILED, message=refusal.message)
    except Exception as fault:
        logger.exception("job %s (%s) failed", job.pk, job.kind)
        _finish(job, Job.State.FAILED, message=_what_happened(fault), error=traceback.format_exc())
    else:
        _finish(job, Job.State.DONE, result=result)
    finally:
        trace_id.reset(token)
    job.refresh_from_db()
    return job


def _what_happened(fault: Exception) -> str:
    if is_disk_full(fault):
        return no_room()
    return _("This did not finish. Nothing half done was kept.")


@contextmanager
def _heartbeat(job_id: int) -> Iterator[None]:
    """Says every few seconds that this worker lives, also while one long statement runs."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(HEARTBEAT_SECONDS):
            with suppress(DatabaseError):
                Job.objects.filter(pk=job_id).update(heartbeat_at=timezone.now())  # noqa: TID251
        connection.close()

    thread = threading.Thread(target=beat, name=f"heartbeat-{job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()


def _finish(
    job: Job, state: str, *, message: str = "", error: str = "", result: dict[str, Any] | None = None, set_aside: bool = False
) -> None:
    """Writes how the job ended and tells it. A listener that fails must not leave the job unfinished."""
    values: dict[str, Any] = {"error": error}
    if message:
        values["message"] = message[:300]
    if result is not None:
        values["result"] = result
    try:
        with transaction.atomic():
            _end(job, state, values, set_aside=set_aside)
    except Exception:
        logger.exception("nobody was told that job %s (%s) ended", job.pk, job.kind)
        _held(job).update(state=state, finished_at=timezone.now(), **values)  # noqa: TID251


def _held(job: Job) -> QuerySet[Job]:
    """The job as long as it is this try's: one that has ended, or was given to another worker, is left alone."""
    return Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts)


def _end(job: Job, state: str, values: Mapping[str, Any], *, set_aside: bool = False) -> bool:
    """The end of a job and the event that tells it, once. False when it is not this try's any more."""
    now = timezone.now()  # noqa: TID251
    if not _held(job).update(state=state, finished_at=now, **values):
        return False
    bus.publish(JobEnded(job_id=job.pk, kind=job.kind, state=str(state), owner_id=job.owner_id, was_set_aside=set_aside), now=now)
    return True


def recover_lost(*, now: datetime) -> list[int]:
    """Puts jobs of killed workers back in the queue; a job that died too often is parked as failed, visibly."""
    # the clock was ahead and was put right: what lives says so within seconds, what does not is lost from then on
    Job.objects.filter(state=Job.State.RUNNING, heartbeat_at__gt=now + LOST_AFTER).update(heartbeat_at=now)
    lost = Job.objects.filter(state=Job.State.RUNNING, heartbeat_at__lt=now - LOST_AFTER).order_by("id")
    again: list[int] = []
    for job in lost:
        if job.attempts >= MAX_ATTEMPTS:
            _finish(job, Job.State.FAILED, message=_("This was interrupted several times and has been set aside."), set_aside=True)
            continue
        if Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, heartbeat_at=job.heartbeat_at).update(state=Job.State.WAITING):
            _enqueue(job)
            again.append(job.pk)
    return again


def recover_stranded(*, queued: Collection[int], now: datetime) -> list[int]:
    """Queues jobs again that wait while nothing in the queue will bring them to a worker: theirs died as it took them.

    A job that is queued twice runs once (`run`), so one that is on its way to a worker at this moment does no harm.
    """
    waiting = Job.objects.filter(state=Job.State.WAITING, created_at__lt=now - LOST_AFTER).order_by("id")
    stranded = [job for job in waiting if job.pk not in queued]
    for job in stranded:
        _enqueue(job)
    return [job.pk for job in stranded]


def put_back(job: Job) -> None:
    """A job that was set aside waits again, with all its tries before it. Belongs inside the caller's transaction."""
    values = {"state": Job.State.WAITING, "attempts": 0, "error": "", "message": "", "done": 0, "total": None}
    if Job.objects.filter(pk=job.pk, state=Job.State.FAILED).update(**values, finished_at=None, heartbeat_at=None, cancel_asked_at=None):
        _enqueue(job)


def job_for(scope: Scope, job_id: int) -> Job | None:
    """A job of the caller's own, or any for those who may see all jobs."""
    rows = Job.objects.filter(pk=job_id)
    if not access.needs(scope, "jobs.see_all"):
        rows = rows.filter(owner_id=scope.user_id)
    return rows.first()


def ask_cancel(*, job: Job, by: Scope, now: datetime) -> None:
    if job.owner_id != by.user_id:
        access.needs(by, "jobs.see_all").enforce()
    Job.objects.filter(pk=job.pk, state__in=[Job.State.WAITING, Job.State.RUNNING]).update(cancel_asked_at=now)
    Job.objects.filter(pk=job.pk, state=Job.State.WAITING).update(state=Job.State.CANCELLED, finished_at=now)
