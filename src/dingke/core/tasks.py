"""The worker's door: one task that runs a stored job."""

from __future__ import annotations

from django_tasks import task

from dingke.core import jobs, spans


@task()  # type: ignore[untyped-decorator]
def run_job(job_id: int, parent: str = "") -> str:
    return str(jobs.run(job_id, parent=parent).state)


def enqueue_job(job_id: int) -> None:
    """Brings a job to a worker, which continues the trace of the caller."""
    run_job.enqueue(job_id, **spans.carried())
