"""Long work of the account list: exporting it to a file, changing many rows."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dingke.accounts.actions import bulk
from dingke.accounts.queries import list as account_list
from dingke.accounts.queries import list_columns
from dingke.accounts.queries.list_filter import filter_from
from dingke.core import access, audit, privacy
from dingke.core.errors import NotVisible
from dingke.core.jobs import Progress
from dingke.core.models import Job
from dingke.core.scope import Scope
from dingke.core.tables_out import FileKind, OutColumn, write_table
from dingke.people import queries as people

KIND, BULK_KIND = "export_accounts", "bulk_accounts"
BATCH = 1_000


def folder() -> Path:
    return Path(settings.UPLOADS) / "exports"


def _owner_of(progress: Progress) -> tuple[Scope, str]:
    """The rights that the person has now, not those of the moment of the wish."""
    user = people.user_by_id(progress.job.owner_id or 0)
    if user is None:
        raise NotVisible(_("The person who asked for this is gone."))
    return people.scope_for(user), user.language or settings.LANGUAGE_CODE


def _moment(progress: Progress) -> datetime:
    return progress.job.started_at or progress.job.created_at


def selected_ids(scope: Scope, params: dict[str, Any], now: datetime) -> list[int]:
    """The ids a wish speaks of: those that were ticked, or all that match its filters."""
    if params.get("ids"):
        return [int(value) for value in params["ids"]]
    rows = account_list.filtered(scope, filter_from(params.get("filters") or {}, scope), today=timezone.localdate(now))
    return list(rows.order_by("pk").values_list("pk", flat=True)[: bulk.MOST + 1])


def export_accounts(progress: Progress) -> dict[str, Any]:
    """Job: writes the chosen columns of the ticked or matching accounts to a file that only its owner can fetch."""
    scope, language = _owner_of(progress)
    with translation.override(language):
        access.needs(scope, "exports.run").enforce()
        params, now = progress.params, _moment(progress)
        kind = FileKind(params.get("format", FileKind.XLSX))
        columns = list_columns.chosen(list_columns.columns_for(scope), params.get("columns") or ())
        rows = account_list.filtered(scope, filter_from(params.get("filters") or {}, scope), today=timezone.localdate(now))
        if params.get("ids"):
            rows = rows.filter(pk__in=[int(value) for value in params["ids"]])
        total = rows.count()
        progress.tell(0, total)
        privacy.remove_old_files(folder(), now=now)
        _text, sort, descending = list_columns.sort_for(list_columns.columns_for(scope), scope, str(params.get("sort") or "name"))

        def values() -> Iterator[list[Any]]:
            cursor, done = None, 0
            while True:
                page = account_list.page_of(rows, sort=sort, descending=descending, cursor=cursor, size=BATCH, columns=columns)
                for account in page.items:
                    yield [column.value(account) for column in columns]
                done += len(page.items)
                progress.tell(done, total)
                cursor = page.next_cursor
                if cursor is None:
                    return

        name = f"{uuid.uuid4().hex}.{kind.value}"
        heads = [OutColumn(str(column.label), column.kind, column.width) for column in columns]
        stamp = privacy.stamp_for(scope, now)
        number = write_table(folder() / name, columns=heads, rows=values(), kind=kind, sheet=_("Accounts"), stamp=stamp)
        audit.record(
            target=progress.job,
            action="accounts.export",
            by=scope,
            now=now,
            summary=_("Accounts"),
            changes={
                "rows": number,
                "filters": params.get("filters") or {},
                "columns": [column.key for column in columns],
                "format": kind.value,
            },
        )
        message = ngettext("%(number)s account written.", "%(number)s accounts written.", number) % {"number": f"{number:,}"}
        return {
            "file": name,
            "download_as": stamp.file_name(_("Accounts"), rows=number, kind=kind),
            "rows": number,
            "message": message,
            "url": reverse("accounts:export_file", args=[progress.job.pk]),
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


def remove_old(*, now: datetime) -> int:
    """Removes exported files that are older than the rules of privacy allow, those of other domains in the same folder too."""
    return privacy.remove_old_files(folder(), now=now)


def note_download(*, job: Job, by: Scope, now: datetime) -> None:
    audit.record(target=job, action="accounts.export_fetched", by=by, now=now, summary=str(job.result.get("download_as", "")))


def bulk_accounts(progress: Progress) -> dict[str, Any]:
    """Job: one change on many accounts."""
    scope, language = _owner_of(progress)
    with translation.override(language):
        now = _moment(progress)
        ids = selected_ids(scope, progress.params, now)
        progress.tell(0, len(ids))
        outcome = bulk.change_many(account_ids=ids, wish=bulk.wish_from(progress.params["wish"]), by=scope, now=now, tell=progress.tell)
        result = {
            "done": outcome.done,
            "refused_number": outcome.refused_number,
            "refused": outcome.refused,
            "message": outcome_text(outcome),
        }
        if outcome.refused_number:
            result |= {"url": reverse("accounts:bulk_outcome", args=[progress.job.pk]), "url_label": _("Show what was refused")}
        return result


def outcome_text(outcome: bulk.Outcome) -> str:
    done = ngettext("%(number)s account changed.", "%(number)s accounts changed.", outcome.done) % {"number": f"{outcome.done:,}"}
    if not outcome.refused_number:
        return done
    return _("%(done)s %(number)s refused.") % {"done": done, "number": f"{outcome.refused_number:,}"}
