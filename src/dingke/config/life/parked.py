"""Jobs that failed and were set aside: an administrator tries them again or gives them up."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.config.life.refusals import UnableToRetry
from dingke.core import access, audit, jobs
from dingke.core.errors import NotVisible
from dingke.core.models import Job
from dingke.core.scope import Scope

MOST = 50


def parked_jobs(scope: Scope) -> list[Job]:
    """The newest ones, for whoever may see all jobs."""
    access.needs(scope, "jobs.see_all").enforce()
    return list(Job.objects.filter(state=Job.State.FAILED).order_by("-id")[:MOST])


def _parked(job_id: int, scope: Scope) -> Job:
    access.needs(scope, "jobs.see_all").enforce()
    job = Job.objects.select_for_update().filter(pk=job_id).first()
    if job is None:
        raise NotVisible(_("There is no such work, or it is not yours."))
    if job.state != Job.State.FAILED:
        raise UnableToRetry(_("This work is not set aside any more: somebody else has decided on it."))
    return job


@transaction.atomic
def retry_job(*, job_id: int, by: Scope, now: datetime) -> Job:
    """Puts the job back into the queue with all its tries."""
    job = _parked(job_id, by)
    jobs.put_back(job)
    audit.record(target=job, action="jobs.retry", by=by, now=now, summary=job.kind)
    return job


@transaction.atomic
def give_up_job(*, job_id: int, by: Scope, now: datetime) -> Job:
    """Ends the job for good; what it said stays."""
    job = _parked(job_id, by)
    Job.objects.filter(pk=job.pk).update(state=Job.State.CANCELLED, finished_at=job.finished_at or now)
    audit.record(target=job, action="jobs.give_up", by=by, now=now, summary=job.kind)
    return job
