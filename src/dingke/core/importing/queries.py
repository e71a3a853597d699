"""Reads about runs: a person's own, or everybody's for those who see all jobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from dingke.core import access
from dingke.core.errors import NotVisible
from dingke.core.importing import targets
from dingke.core.models import ImportFailure, ImportFile, ImportRun
from dingke.core.paging import Page, keyset_page
from dingke.core.reasons import Label
from dingke.core.scope import Scope


def runs(scope: Scope, *, cursor: str | None = None, size: int = 30) -> Page[ImportRun]:
    rows = _visible(scope).select_related("job").annotate(files_count=Count("files"))
    return keyset_page(rows, order=["-id"], size=size, cursor=cursor)


def _visible(scope: Scope) -> QuerySet[ImportRun]:
    rows = ImportRun.objects.order_by("-id")
    if not access.needs(scope, "imports.run"):
        return rows.none()
    return rows if access.needs(scope, "jobs.see_all") else rows.filter(owner_id=scope.user_id)


def run_for(scope: Scope, run_id: int) -> ImportRun:
    """Raises `NotVisible` for a run of somebody else."""
    run = _visible(scope).select_related("job").filter(pk=run_id).first()
    if run is None:
        raise NotVisible(_("There is no such import, or it is not yours."))
    return run


def parts_of(run: ImportRun) -> list[ImportFile]:
    return list(run.files.order_by("position", "id"))


def part_for(scope: Scope, run_id: int, file_id: int) -> ImportFile:
    part = run_for(scope, run_id).files.select_related("run").filter(pk=file_id).first()
    if part is None:
        raise NotVisible(_("There is no such file in this import."))
    return part


def failures_of(run: ImportRun, *, cursor: str | None = None, size: int = 25) -> Page[ImportFailure]:
    rows = ImportFailure.objects.filter(file__run=run).select_related("file")
    return keyset_page(rows, order=["file__position", "row_number", "id"], size=size, cursor=cursor)


def failures_in(part: ImportFile) -> Iterator[ImportFailure]:
    return part.failures.order_by("row_number", "id").iterator(chunk_size=1_000)


def failed_counts(run: ImportRun) -> dict[int, int]:
    """How many rows failed, by file."""
    return dict(ImportFailure.objects.filter(file__run=run).order_by().values_list("file_id").annotate(number=Count("id")))


def label_of(target_key: str) -> Label:
    found = targets.known_target(target_key)
    return found.label if found else Label(target_key, target_key)


def counts_by_target(run: ImportRun) -> list[dict[str, Any]]:
    """One row per target for the result page, in the order of the files."""
    keys = list(dict.fromkeys(part.target for part in parts_of(run)))
    empty = {"created": 0, "updated": 0, "unchanged": 0, "failed": 0, "left_out": 0}
    rows = []
    for key in keys:
        found = targets.known_target(key)
        rows.append(
            {
                **empty,
                **run.counts.get(key, {}),
                "label": label_of(key),
                "icon": found.icon if found else "table",
                "list_url": found.list_url if found else "",
            }
        )
    return rows
