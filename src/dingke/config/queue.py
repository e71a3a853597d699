"""What waits in the queue of the workers."""

from __future__ import annotations

from datetime import datetime

from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from dingke.core import jobs
from dingke.core.tasks import run_job


def waiting_job_ids() -> set[int]:
    """The jobs that the queue will still bring to a worker."""
    rows = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=run_job.module_path)
    return {int(arguments["args"][0]) for arguments in rows.values_list("args_kwargs", flat=True).iterator() if arguments["args"]}


def queue_stranded(now: datetime) -> list[int]:
    """A duty of the scheduler: jobs whose worker was killed between taking them and beginning them."""
    return jobs.recover_stranded(queued=waiting_job_ids(), now=now)
