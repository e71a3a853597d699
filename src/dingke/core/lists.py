"""Master lists: loaded from dingke/playbooks/*.yaml, edited by administrators, read everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from dingke.core import access, audit
from dingke.core.errors import Invalid
from dingke.core.models import ListItem
from dingke.core.scope import Scope

PLAYBOOKS = Path(__file__).resolve().parent.parent / "playbooks"


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
def add_item(*, list_code: str, label_zh: str, label_en: str = "", code: str = "", by: Scope, now: datetime) -> ListItem:
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
    row = ListItem.objects.create(list_code=list_code, code=code, label_zh=label_zh, label_en=label_en, position=last + 10)
    audit.record(target=row, action="lists.add", by=by, now=now, summary=row.label)
    return row


@transaction.atomic
def edit_item(*, item: ListItem, label_zh: str, label_en: str, is_active: bool, position: int, by: Scope, now: datetime) -> ListItem:
    access.needs(by, "settings.edit").enforce()
    if not label_zh.strip():
        raise Invalid(_("A list entry needs a name."))
    before = {"label_zh": item.label_zh, "label_en": item.label_en, "is_active": item.is_active, "position": item.position}
    item.label_zh, item.label_en, item.is_active, item.position = label_zh.strip(), label_en.strip(), is_active, position
    item.version += 1
    fields = list(before)
    audit.save_with_audit(target=item, fields=fields, action="lists.edit", by=by, now=now, before=before)
    return item


def choices(rows: Iterable[ListItem]) -> list[tuple[str, str]]:
    return [(str(row.pk), row.label) for row in rows]
