"""The worker's door: one task that runs a stored job."""

from __future__ import annotations

from django_tasks import task

from dingke.core import jobs


@task()  # type: ignore[untyped-decorator]
def run_job(job_id: int) -> str:
    return str(jobs.run(job_id).state)
