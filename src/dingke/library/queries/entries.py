"""Reading the library: what fits a deal, a question sheet, a visit. Other domains call `entries`, `entry_for` and `by_code`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from dingke.core.errors import NotVisible
from dingke.core.scope import Scope
from dingke.library.models import Entry
from dingke.library.queries import search


def entries(
    scope: Scope,
    *,
    kinds: Iterable[str] = (),
    topic: str = "",
    industry: str = "",
    product_family: str = "",
    stage: str = "",
    spin: str = "",
    form: str = "",
    dimension: str = "",
    about: int | None = None,
    text: str = "",
    today: date | None = None,
    with_drafts: bool = False,
) -> QuerySet[Entry]:
    """Published entries that the caller may read, in their order. Every condition that is given must hold.

    `industry` (a code of the list "industries"), `product_family` and `stage`: entries that name it, and those that name none.
    `text` is Chinese, pinyin or English. `today` lets permissions to cite run out; without it only those without an end count.
    """
    rows = Entry.objects.visible_to(scope, today).filter(archived_at__isnull=True)
    if not with_drafts:
        rows = rows.filter(state=Entry.State.PUBLISHED)
    if kinds:
        rows = rows.filter(kind__in=list(kinds))
    exact = {"topic": topic, "spin": spin, "form": form, "dimension": dimension}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    for name, value in (("industries", industry), ("product_families", product_family), ("stages", stage)):
        if value:
            rows = rows.filter(names(name, value) | Q(**{name: []}))
    if about is not None:
        rows = rows.filter(about_id=about)
    if text.strip():
        rows = rows.filter(pk__in=search.entry_ids(text))
    return rows.order_by("kind", "position", "id")


def names(field: str, value: str) -> Q:
    """That a list column carries the value; SQLite knows no containment, so there the quoted word is looked for."""
    if connection.vendor == "sqlite":
        return Q(**{f"{field}__icontains": f'"{_as_json(value)}"'})
    return Q(**{f"{field}__contains": [value]})


def _as_json(value: str) -> str:
    # JSON in SQLite holds what is not ASCII escaped
    return value.encode("unicode_escape").decode("ascii") if not value.isascii() else value


def entry_for(scope: Scope, entry_id: int, *, today: date | None = None) -> Entry:
    """The entry. NotVisible when the caller may not read it, or there is none."""
    row = Entry.objects.visible_to(scope, today).select_related("account", "owner", "about").filter(pk=entry_id).first()
    if row is None:
        raise NotVisible(_("There is no such entry in the library, or you may not see it."))
    return row


def by_code(scope: Scope, code: str, *, today: date | None = None) -> Entry | None:
    """The entry of a shipped code such as "objection-expensive"; None when it was retired or is not visible."""
    return entries(scope, today=today).filter(code=code).first()


def choices(rows: Sequence[Entry]) -> list[tuple[str, str]]:
    return [(str(row.pk), row.title) for row in rows]
