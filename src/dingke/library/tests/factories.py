"""Rows for tests of the library."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

from dingke.accounts.tests.factories import NOW
from dingke.library.actions.terms import refresh_terms
from dingke.library.calc.versions import TEXT_FIELDS
from dingke.library.models import Entry, EntryUse, EntryVersion

_numbers = count(1)


def make_entry(kind: str = "SCRIPT", *, published: bool | None = None, **fields: Any) -> Entry:
    """A draft with `owner=…` alone or `published=False`, else published as version 1; found by search."""
    number = next(_numbers)
    is_out = published if published is not None else "owner" not in fields
    fields.setdefault("title_zh", f"话术{number}")
    fields.setdefault("title_en", f"Talk track {number}")
    fields.setdefault("body_zh", "先听，再答。")
    fields.setdefault("position", number * 10)
    state = Entry.State.PUBLISHED if is_out else Entry.State.DRAFT
    entry = Entry.objects.create(kind=kind, code=f"test-{number}", state=state, number=int(is_out), **fields)
    if is_out:
        text = {name: getattr(entry, name) for name in TEXT_FIELDS}
        EntryVersion.objects.create(entry=entry, number=1, state=EntryVersion.State.PUBLISHED, text=text, by_name="周敏", at=NOW)
    refresh_terms([entry])
    return entry


def make_use(entry: Entry, *, account: Any = None, by: Any = None, at: datetime = NOW, **fields: Any) -> EntryUse:
    return EntryUse.objects.create(
        entry=entry, account=account, used_by=by, used_by_name=getattr(by, "name", ""), used_at=at, entry_number=entry.number, **fields
    )
