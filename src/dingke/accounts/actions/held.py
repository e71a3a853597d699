"""Answering a person who asks what is held of him or her: every look and every file is written down."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path

from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.models import Contact
from dingke.accounts.queries import privacy as queries
from dingke.core import audit
from dingke.core import privacy as core_privacy
from dingke.core.scope import Scope
from dingke.core.tables_out import FileKind, write_table

JSON, XLSX = "json", FileKind.XLSX.value


def look_at_held(*, contact: Contact, by: Scope, now: datetime) -> list[queries.Part]:
    """Everything held of a person; that somebody looked is in the audit trail."""
    access.can_see_held(by, contact).enforce()
    parts = queries.held_of(by, contact)
    audit.record(target=contact, action="contacts.see_held", by=by, now=now, account_id=contact.account_id, summary=contact.name)
    return parts


def export_held(*, contact: Contact, kind: str, by: Scope, now: datetime) -> tuple[bytes, str]:
    """The same as a file to hand over: JSON for programs, else xlsx. Returns the content and the name of the file."""
    access.can_see_held(by, contact).enforce()
    stamp, parts = core_privacy.stamp_for(by, now), queries.held_of(by, contact)
    number = sum(len(part.rows) for part in parts)
    title = _("What is held of contact %(number)s") % {"number": contact.pk}
    if kind == JSON:
        body = {"exported_by": by.name, "exported_at": now.isoformat(), **queries.as_json(parts)}
        content = json.dumps(body, ensure_ascii=False, indent=2).encode()
        name = stamp.file_name(title, rows=number, kind=FileKind.XLSX).removesuffix(XLSX) + JSON
    else:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "held.xlsx"
            columns, rows = queries.as_columns(), queries.as_rows(parts)
            written = write_table(path, columns=columns, rows=rows, kind=FileKind.XLSX, sheet=_("What is held"), stamp=stamp)
            content, name = path.read_bytes(), stamp.file_name(title, rows=written, kind=FileKind.XLSX)
    audit.record(
        target=contact,
        action="contacts.export_held",
        by=by,
        now=now,
        changes={"rows": number, "columns": [part.title for part in parts], "format": kind if kind == JSON else XLSX},
        account_id=contact.account_id,
        summary=contact.name,
    )
    return content, name
