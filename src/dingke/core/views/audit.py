"""Page doors of the audit trail: reading, exporting, putting an old value back; and the log of exports."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.http import FileResponse, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import audit, pages, privacy, trail
from dingke.core import export_log as log_of_exports
from dingke.core.doors import DoorRequest, door
from dingke.core.tables_out import CONTENT_TYPES, CellKind, FileKind, OutColumn, write_table


def _context(request: DoorRequest) -> dict[str, Any]:
    filters = trail.filter_from(request.GET)
    cursor = request.GET.get("cursor") or None
    rows, following = trail.trail_page(request.scope, filters, cursor=cursor)
    return {
        "rows": rows,
        "more": following,
        "filters": filters,
        "cursor": cursor,
        "base": reverse("core:audit"),
        "kinds": trail.kinds(),
        "actions": trail.actions(),
        "people": trail.actors(request.scope),
    }


@door("GET", permission="audit.see")
def audit_trail(request: DoorRequest) -> HttpResponse:
    """Who changed what, when, from what to what."""
    context = _context(request)
    if context["cursor"] and pages.is_fragment(request):
        return pages.fragment(request, "core/audit/_rows.html", context)
    return pages.page(request, "core/audit/trail.html", context, partial="core/audit/_trail.html")


@door("GET", permission="audit.see")
def audit_export(request: DoorRequest) -> HttpResponse:
    """The filtered trail as a file, a line for each changed field; that it was exported is itself an entry."""
    kind = FileKind.CSV if request.GET.get("format") == "csv" else FileKind.XLSX
    filters, now = trail.filter_from(request.GET), timezone.now()
    heads = [_("When"), _("Who"), _("What was done"), _("Kind"), _("Number"), _("Summary"), _("Field"), _("Before"), _("After")]
    columns = [OutColumn(heads[0], CellKind.MOMENT), *(OutColumn(head) for head in heads[1:])]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"audit.{kind.value}"
        stamp, rows = privacy.stamp_for(request.scope, now), trail.export_rows(request.scope, filters)
        number = write_table(path, columns=columns, rows=rows, kind=kind, sheet=_("Audit trail"), stamp=stamp)
        audit.note_export(number=number, filters=filters.params(), file_kind=kind.value, by=request.scope, now=now)
        handle = path.open("rb")  # stays readable after the folder is gone
    name = stamp.file_name(_("Audit trail"), rows=number, kind=kind)
    return FileResponse(handle, as_attachment=True, filename=name, content_type=CONTENT_TYPES[kind])  # type: ignore[return-value]


@door("POST", permission="audit.see")
def restore_value(request: DoorRequest, audit_id: int) -> HttpResponse:
    """Puts the old value of one field back."""
    entry, field = trail.entry_for(request.scope, audit_id), request.POST.get("field", "")
    trail.restore_value(entry=entry, field=field, by=request.scope, now=timezone.now())
    message = _("“%(field)s” has its old value again.") % {"field": trail.field_label(entry.target, field)}
    if request.headers.get("HX-Request") == "true":
        return pages.toast(pages.trigger(HttpResponse(status=204), "dk:audit-changed"), message)
    return pages.go_to(request, reverse("core:audit"))


@door("GET", permission="audit.see")
def export_log(request: DoorRequest) -> HttpResponse:
    """Who exported what, how many rows, when; and who fetched the file."""
    cursor = request.GET.get("cursor") or None
    rows, following = log_of_exports.exports_page(request.scope, cursor=cursor)
    context = {"rows": rows, "more": following, "base": reverse("core:export_log")}
    if cursor and pages.is_fragment(request):
        return pages.fragment(request, "core/audit/_export_rows.html", context)
    return pages.page(request, "core/audit/exports.html", context)
