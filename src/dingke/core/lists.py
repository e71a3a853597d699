"""Master lists: loaded from dingke/playbooks/*.yaml, edited by administrators, read everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dingke.core import access, audit
from dingke.core.errors import Invalid, NotVisible
from dingke.core.models import ListItem
from dingke.core.scope import Scope

PLAYBOOKS = Path(__file__).resolve().parent.parent / "playbooks"
TITLES: dict[str, str | Promise] = {
    "industries": gettext_lazy("Industries"),
    "regions": gettext_lazy("Regions"),
    "account_sources": gettext_lazy("Sources of accounts"),
    "info_sources": gettext_lazy("Sources of information"),
    "loss_reasons": gettext_lazy("Reasons of loss"),
    "lost_reasons": gettext_lazy("Why deals are lost or dropped"),
}


def title_of(list_code: str) -> str:
    return str(TITLES.get(list_code, list_code))


def summaries() -> list[dict[str, Any]]:
    """Every list with how many entries are offered, and how many there are."""
    rows = ListItem.objects.order_by().values("list_code").annotate(every=Count("pk"), offered=Count("pk", filter=Q(is_active=True)))
    found = {row["list_code"]: (row["every"], row["offered"]) for row in rows}
    codes = [*TITLES, *sorted(code for code in found if code not in TITLES)]
    numbers = {code: found.get(code, (0, 0)) for code in codes}
    return [{"code": code, "title": title_of(code), "every": numbers[code][0], "offered": numbers[code][1]} for code in codes]


def item_for(item_id: int) -> ListItem:
    item = ListItem.objects.filter(pk=item_id).first()
    if item is None:
        raise NotVisible(_("This entry is gone."))
    return item


@transaction.atomic
def move_item(*, item: ListItem, places: int, by: Scope, now: datetime) -> None:
    """Moves an entry up (negative) or down in its list; the numbers of the list are set anew when it moved."""
    access.needs(by, "settings.edit").enforce()
    rows = list(items(item.list_code, with_inactive=True))
    old = next(place for place, row in enumerate(rows) if row.pk == item.pk)
    new = max(0, min(old + places, len(rows) - 1))
    if old == new:
        return
    rows.insert(new, rows.pop(old))
    changed = [row for place, row in enumerate(rows, start=1) if row.position != place * 10]
    for place, row in enumerate(rows, start=1):
        row.position = place * 10
    ListItem.objects.bulk_update(changed, ["position"])
    audit.record(target=item, action="lists.move", by=by, now=now, changes={"place": [old + 1, new + 1]}, summary=item.label)


def items(list_code: str, *, with_inactive: bool = False) -> QuerySet[ListItem]:
    rows = ListItem.objects.filter(list_code=list_code).order_by("position", "id")
    return rows if with_inactive else rows.filter(is_active=True)


def load_shipped() -> int:
    """Brings the shipped lists in: adds what is missing, leaves what an administrator changed. Returns the number added."""
    wanted: list[ListItem] = []
    for file in sorted(PLAYBOOKS.glob("lists*.yaml")):
        content: dict[str, list[dict[str, Any]]] = yaml.safe_load(file.read_text(encoding="utf-8"))
        for list_code, rows in content.items():
            for position, row in enumerate(rows, start=1):
                wanted.append(
                    ListItem(
                        list_code=list_code, code=row["code"], label_zh=row["zh"], label_en=row["en"], position=position * 10,
                        data=row.get("data", {}), is_own=False,
                    )
                )  # fmt: skip
    known = set(ListItem.objects.values_list("list_code", "code"))
    missing = [row for row in wanted if (row.list_code, row.code) not in known]
    ListItem.objects.bulk_create(missing, ignore_conflicts=True)
    return len(missing)


@transaction.atomic
def add_item(
    *, list_code: str, label_zh: str, label_en: str = "", code: str = "", data: dict[str, Any] | None = None, by: Scope, now: datetime
) -> ListItem:
    """Adds a row at the end; returns the row that is there when one with this code or label exists."""
    access.needs(by, "settings.edit").enforce()
    label_zh, label_en = label_zh.strip(), label_en.strip() or label_zh.strip()
    if not label_zh:
        raise Invalid(_("A list entry needs a name."))
    code = code or label_en.upper().replace(" ", "_")[:60]
    existing = ListItem.objects.filter(list_code=list_code, code=code).first()
    if existing:
        return existing
    last = ListItem.objects.filter(list_code=list_code).aggregate(last=Max("position"))["last"] or 0
    row = ListItem.objects.create(list_code=list_code, code=code, label_zh=label_zh, label_en=label_en, position=last + 10, data=data or {})
    audit.record(target=row, action="lists.add", by=by, now=now, summary=row.label)
    return row


@transaction.atomic
def edit_item(
    *,
    item: ListItem,
    label_zh: str,
    label_en: str,
    is_active: bool,
    position: int,
    by: Scope,
    now: datetime,
    data: dict[str, Any] | None = None,
) -> ListItem:
    """Renames an entry, or stops offering it; records that carry it keep it and stay readable."""
    access.needs(by, "settings.edit").enforce()
    if not label_zh.strip():
        raise Invalid(_("A list entry needs a name."))
    before = {
        "label_zh": item.label_zh,
        "label_en": item.label_en,
        "is_active": item.is_active,
        "position": item.position,
        "data": item.data,
    }
    if data is not None:
        item.data = data
    item.label_zh, item.label_en, item.is_active, item.position = label_zh.strip(), label_en.strip(), is_active, position
    item.version += 1
    fields = list(before)
    audit.save_with_audit(target=item, fields=fields, action="lists.edit", by=by, now=now, before=before)
    return item


def choices(rows: Iterable[ListItem]) -> list[tuple[str, str]]:
    return [(str(row.pk), row.label) for row in rows]
