"""Notices of long work: imports, exports, the search for duplicates, what failed. The rows are core's, which knows nobody's notices."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_noop

from dingke.core.events import JobEnded
from dingke.core.models import ImportRun, Job
from dingke.core.scope import Scope
from dingke.notices.actions.tell import Words, notify
from dingke.people.calc import Role
from dingke.people.models import User

JOB, IMPORT = "job", "import"
IMPORTED, EXPORTED, DUPLICATES, SET_ASIDE = "job.import", "job.export", "job.duplicates", "job.set_aside"
IMPORTS = {"import", "undo_import"}
SEARCH = "find_duplicates"


def visible_jobs(scope: Scope, ids: Collection[int]) -> set[int]:
    rows = Job.objects.filter(pk__in=ids)
    return set((rows if _sees_all(scope) else rows.filter(owner_id=scope.me)).order_by().values_list("pk", flat=True))


def visible_imports(scope: Scope, ids: Collection[int]) -> set[int]:
    rows = ImportRun.objects.filter(pk__in=ids)
    return set((rows if _sees_all(scope) else rows.filter(owner_id=scope.me)).order_by().values_list("pk", flat=True))


def job_ended(*, event: JobEnded, now: datetime) -> None:
    """What was stopped by its owner needs no notice."""
    job = Job.objects.get(pk=event.job_id)
    if event.kind in IMPORTS:
        _import_ended(job, event, now)
    elif event.state == Job.State.FAILED:
        to = [job.owner_id] if job.owner_id else _administrators()
        title = gettext_noop("Work was interrupted several times and set aside") if event.was_set_aside else gettext_noop("Work failed")
        _tell(job, SET_ASIDE, to, title, now)
    elif event.state == Job.State.DONE and event.kind.startswith("export"):
        _tell(job, EXPORTED, [job.owner_id], gettext_noop("Your export is ready"), now)
    elif event.state == Job.State.DONE and event.kind == SEARCH and job.result.get("pairs"):
        to, number = [job.owner_id] if job.owner_id else _administrators(), str(job.result["pairs"])
        notify(
            kind=DUPLICATES, to=to, now=now, subject=(JOB, job.pk),
            words=Words(
                title=gettext_noop("Accounts that may be the same: %(number)s pairs"),
                values={"number": number},
                link=reverse("accounts:duplicates"),
            ),
        )  # fmt: skip


def _import_ended(job: Job, event: JobEnded, now: datetime) -> None:
    run = ImportRun.objects.filter(job_id=job.pk).order_by("-pk").first()
    if run is None or event.state not in (Job.State.DONE, Job.State.FAILED):
        return
    if event.state == Job.State.FAILED:
        title = gettext_noop("Import failed: %(title)s")
    elif event.kind == "undo_import":
        title = gettext_noop("Import undone: %(title)s")
    else:
        title = gettext_noop("Import finished: %(title)s")
    said = str(job.message or "")[:200] if event.state == Job.State.FAILED else ""
    values, link = {"title": run.title, "said": said}, reverse("imports:run", args=[run.pk])
    notify(
        kind=SET_ASIDE if event.was_set_aside else IMPORTED,
        to=[run.owner_id or job.owner_id],
        now=now,
        subject=(IMPORT, run.pk),
        words=Words(title=title, body="%(said)s" if said else "", values=values, link=link),
    )


def _tell(job: Job, kind: str, to: Collection[int | None], title: str, now: datetime) -> None:
    said = str(job.result.get("message") or job.message or "")[:200] if job.state == Job.State.FAILED else ""
    words = Words(title=title, body="%(said)s" if said else "", values={"said": said}, link=reverse("core:job", args=[job.pk]))
    notify(kind=kind, to=to, now=now, subject=(JOB, job.pk), words=words)


def _administrators() -> list[int | None]:
    return list(User.objects.filter(is_active=True, role=Role.ADMINISTRATOR).order_by("pk").values_list("pk", flat=True))


def _sees_all(scope: Scope) -> bool:
    return scope.sees_all and (scope.can("jobs.see_all") or scope.can("*"))
