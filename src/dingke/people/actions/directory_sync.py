"""The organisation's directory brought here: looked at first, then written by the rule of a staff list, all of it or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import access, audit, daily, jobs
from dingke.core.importing import engine
from dingke.core.importing.outcomes import Absent, Batch, Fate, Outcome
from dingke.core.models import ImportRun, Job
from dingke.core.scope import Scope
from dingke.people.actions.importing import import_people
from dingke.people.actions.missing import CLOSE, CLOSE_MANY, DIRECTORY, absent_people, close_missing
from dingke.people.queries import scope_by_id
from dingke.people.queries.directory_source import DirectoryRefused, Source, source

KIND, PREVIEW_KIND = "directory_sync", "directory_preview"
LISTED = 500  # people told one by one on a page


class _TakenBack(Exception):
    """Ends a transaction that was only to show what it would do."""


def _rows(where: Source, *, now: datetime, tell: Any) -> list[dict[str, Any]]:
    from dingke.people.queries import ldap  # its library is loaded where a directory is read, not in every process

    rows = ldap.rows(where, ldap.read(where, now=now, tell=tell))
    if not rows:
        raise DirectoryRefused(_("The directory names nobody. Look at DINGKE_LDAP_BASE and DINGKE_LDAP_FILTER. Nothing was changed."))
    return rows


def _write(
    rows: Sequence[dict[str, Any]], where: Source, *, many: bool, by: Scope, now: datetime
) -> tuple[ImportRun, list[Outcome], list[Absent]]:
    """Writes everything inside the caller's transaction. Raises `DirectoryRefused` when too many would be closed."""
    options = {"source": DIRECTORY, "missing": CLOSE_MANY if many else CLOSE, "url": where.url}
    run = ImportRun.objects.create(
        title=_("Directory %(url)s") % {"url": where.url}, state=ImportRun.State.RUNNING, owner_id=by.user_id, owner_name=by.name,
        created_at=now, options=options,
    )  # fmt: skip
    batch = Batch(rows=rows, mode=run.mode, key="directory_id", by=by, now=now, run_id=run.pk, options=options)
    outcomes = import_people(batch)
    engine.remember_changes(run, outcomes)
    absent = absent_people(batch)
    if absent and not absent[0].name:
        english, chinese = absent[0].text
        raise DirectoryRefused(_spoken(english, chinese))
    engine.remember_changes(run, close_missing(batch))
    run.refresh_from_db()
    counts = dict(Counter(outcome.fate.value for outcome in outcomes)) | {"closed": len(run.options["absent"].get("closed", []))}
    run.counts = {"people": counts, "total": counts}
    failed = [(row, outcome) for row, outcome in zip(rows, outcomes, strict=True) if outcome.fate is Fate.REFUSED]
    run.options = {**run.options, "not_taken": [{"name": row["name"], "why": list(outcome.reason)} for row, outcome in failed[:LISTED]]}
    run.state, run.finished_at = ImportRun.State.DONE, now
    run.save(update_fields=["counts", "options", "state", "finished_at"])
    audit.record(target=run, action="people.directory_sync", by=by, now=now, changes={"counts": counts}, summary=run.title)
    return run, outcomes, absent


def _spoken(english: str, chinese: str) -> str:
    from django.utils.translation import get_language

    return chinese if (get_language() or "").startswith("zh") else english


def look(*, by: Scope, now: datetime, many: bool = False, tell: Any = None) -> dict[str, Any]:
    """What a synchronisation would do now, person by person; nothing is kept. The answer is ready for JSON."""
    access.needs(by, "people.edit").enforce()
    where = source()
    rows = _rows(where, now=now, tell=tell)
    answer: dict[str, Any] = {}
    try:
        with transaction.atomic():
            run, outcomes, absent = _write(rows, where, many=many, by=by, now=now)
            people = [
                {
                    "name": row["name"], "username": row.get("username", ""), "what": outcome.fate.value,
                    "says": [list(text) for text in (*outcome.says, *((outcome.reason,) if outcome.reason[0] else ()))],
                }
                for row, outcome in zip(rows, outcomes, strict=True)
            ]  # fmt: skip
            gone = [{"name": one.name, "says": list(one.text), "href": one.href} for one in absent]
            answer = {"counts": run.counts["total"], "people": people, "absent": gone}
            raise _TakenBack
    except _TakenBack:
        return answer


def synchronise(*, by: Scope, now: datetime, many: bool = False, tell: Any = None) -> ImportRun:
    """Brings people and teams as the directory has them. Raises `DirectoryRefused`; what was tried is kept as a failed run."""
    access.needs(by, "people.edit").enforce()
    try:
        where = source()
        rows = _rows(where, now=now, tell=tell)
        with transaction.atomic():
            return _write(rows, where, many=many, by=by, now=now)[0]
    except DirectoryRefused as refusal:
        _remember_failure(refusal.message, by=by, now=now)
        raise


@transaction.atomic
def _remember_failure(message: str, *, by: Scope, now: datetime) -> None:
    run = ImportRun.objects.create(
        title=_("Directory %(url)s") % {"url": settings.LDAP["url"]}, state=ImportRun.State.FAILED, owner_id=by.user_id,
        owner_name=by.name, created_at=now, finished_at=now, counts={"total": {}}, options={"source": DIRECTORY, "problem": message},
    )  # fmt: skip
    audit.record(target=run, action="people.directory_refused", by=by, now=now, summary=message[:200])


# ---- as jobs ---------------------------------------------------------------------------------------------------------------


def start(*, by: Scope, now: datetime, preview: bool, many: bool = False) -> Job:
    """Queues a look or a synchronisation. Raises `DirectoryRefused` when the settings do not say how."""
    access.needs(by, "people.edit").enforce()
    source()
    return jobs.start(kind=PREVIEW_KIND if preview else KIND, params={"many": many}, by=by, now=now)


def start_when_due(now: datetime) -> Job | None:
    """A duty of the scheduler: the nightly synchronisation, where DINGKE_LDAP_AT says a time."""
    if not settings.LDAP["url"] or not daily.is_due(kind=KIND, at=settings.LDAP_AT, now=now):
        return None
    return jobs.start(kind=KIND, params={"many": False}, by=Scope.system(), now=now)


def _scope(progress: jobs.Progress) -> Scope:
    return scope_by_id(progress.job.owner_id)


def preview_job(progress: jobs.Progress) -> dict[str, Any]:
    now = timezone.now()  # noqa: TID251 (the worker's door)
    found = look(by=_scope(progress), now=now, many=bool(progress.params["many"]), tell=progress.tell)
    changing = [person for person in found["people"] if person["what"] != Fate.UNCHANGED.value]
    return {
        **found,
        "people": changing[:LISTED],
        "more": max(0, len(changing) - LISTED),
        "message": _summary(found["counts"]),
        "url": reverse("people:from_directory"),
    }


def sync_job(progress: jobs.Progress) -> dict[str, Any]:
    now = timezone.now()  # noqa: TID251 (the worker's door)
    run = synchronise(by=_scope(progress), now=now, many=bool(progress.params["many"]), tell=progress.tell)
    return {"message": _summary(run.counts["total"]), "run": run.pk, "url": reverse("imports:run", kwargs={"run_id": run.pk})}


def _summary(counts: dict[str, int]) -> str:
    names = ("created", "updated", "unchanged", "closed", "failed")
    return _("%(created)s new, %(updated)s changed, %(unchanged)s as they were, %(closed)s closed, %(failed)s not taken") % {
        name: f"{counts.get(name, 0):,}" for name in names
    }
