"""The list of deals as a file: a job that writes what its owner sees and filtered."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dingke.core import access, audit, privacy
from dingke.core.errors import NotVisible
from dingke.core.jobs import Progress
from dingke.core.models import Job
from dingke.core.scope import Scope
from dingke.core.tables_out import FileKind, OutColumn, write_table
from dingke.people import queries as people
from dingke.pipeline.queries import list as reads
from dingke.pipeline.queries import list_filter

KIND = "export_deals"
BATCH = 500


def folder() -> Path:
    return Path(settings.UPLOADS) / "exports"


def export_deals(progress: Progress) -> dict[str, Any]:
    """Job: writes the filtered rows with the chosen columns; amounts only for those who see them."""
    user = people.user_by_id(progress.job.owner_id or 0)
    if user is None:
        raise NotVisible(_("The person who asked for this is gone."))
    scope, now = people.scope_for(user), progress.job.started_at or progress.job.created_at
    with translation.override(user.language or settings.LANGUAGE_CODE):
        access.needs(scope, "exports.run").enforce()
        access.needs(scope, "pipeline.see").enforce()
        wanted = list_filter.deal_filter(progress.params.get("filters", {}))
        available = reads.columns_for(scope)
        known = {column.key: column for column in available}
        columns = [known[key] for key in progress.params.get("columns", []) if key in known] or available
        today = timezone.localdate(now)
        rows = list_filter.filtered(scope, wanted, today=today)
        total = rows.count()
        progress.tell(0, total)
        privacy.remove_old_files(folder(), now=now)

        def values() -> Iterator[list[Any]]:
            cursor, number = None, 0
            _text, sort, descending = reads.sort_for(available, str(progress.params.get("sort", "")))
            while True:
                page = reads.page_of(rows, sort=sort, descending=descending, cursor=cursor, size=BATCH)
                for row in reads.as_rows(page.items, today=today):
                    yield [column.value(row) for column in columns]
                number += len(page.items)
                progress.tell(number, total)
                cursor = page.next_cursor
                if cursor is None:
                    return

        name = f"{uuid.uuid4().hex}.{FileKind.XLSX.value}"
        heads = [OutColumn(str(column.label), column.kind, column.width) for column in columns]
        stamp = privacy.stamp_for(scope, now)
        written = write_table(folder() / name, columns=heads, rows=values(), kind=FileKind.XLSX, sheet=_("Deals"), stamp=stamp)
        audit.record(
            target=progress.job,
            action="pipeline.export",
            by=scope,
            now=now,
            summary=_("Deals"),
            changes={"rows": written, "filters": wanted.params(), "columns": [head.header for head in heads]},
        )
        return {
            "file": name,
            "download_as": stamp.file_name(_("Deals"), rows=written, kind=FileKind.XLSX),
            "rows": written,
            "message": ngettext("%(number)s row written.", "%(number)s rows written.", written) % {"number": f"{written:,}"},
            "url": reverse("pipeline:export_file", args=[progress.job.pk]),
            "url_label": _("Download"),
        }


def file_of(scope: Scope, job: Job | None) -> tuple[Path, str]:
    """The file of a finished export and its name, for the person who asked for it. Raises `NotVisible` for everybody else."""
    name = str(job.result.get("file", "")) if job else ""
    if job is None or job.kind != KIND or job.owner_id != scope.user_id or not name:
        raise NotVisible(_("There is no such file, or it is not yours."))
    path = folder() / Path(name).name
    if not path.is_file():
        days = privacy.in_force().export_days
        raise NotVisible(_("This file was removed; exports are kept for %(days)s days. Export again.") % {"days": days})
    return path, str(job.result.get("download_as") or path.name)
