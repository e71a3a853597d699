"""Portraits of product families and the positioning ladder: master data that those who publish keep (D-12 to D-15)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.core import audit
from dingke.core.errors import Invalid
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.library import access
from dingke.library.models import LadderLevel, Portrait

PORTRAIT = [
    "family",
    "family_en",
    "industries",
    "industry_zh",
    "industry_en",
    "sales_below",
    "staff_below",
    "operators",
    "needs",
    "values",
    "ladder",
]
LEVEL = ["code", "label_zh", "label_en", "is_standard", "problems", "families", "position"]
R = TypeVar("R", Portrait, LadderLevel)


@transaction.atomic
def save_portrait(
    *, portrait: Portrait | None, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> Portrait:
    """Adds or changes a portrait; filled by hand it no longer counts as a start value."""
    access.can_publish(by).enforce()
    if not str(values.get("family", "")).strip():
        raise Invalid(_("A portrait needs a product family."), fields={"family": _("A portrait needs a product family.")})
    taken = Portrait.objects.filter(family=values["family"]).exclude(pk=portrait.pk if portrait else 0).exists()
    if taken:
        message = _("This product family has a portrait already.")
        raise Invalid(message, fields={"family": message})
    return _save(
        portrait or Portrait(), {**values, "is_filled": True}, [*PORTRAIT, "is_filled"], "library.portrait", by, now, expected_version
    )


@transaction.atomic
def save_level(
    *, level: LadderLevel | None, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> LadderLevel:
    """Adds or changes a rung of the ladder."""
    access.can_publish(by).enforce()
    if not values.get("label_zh") and not values.get("label_en"):
        raise Invalid(_("A level needs a name."), fields={"label_zh": _("A level needs a name.")})
    row = level or LadderLevel(code=f"OWN-{now:%Y%m%d%H%M%S%f}", position=1000)
    return _save(row, values, [name for name in LEVEL if name in values], "library.ladder", by, now, expected_version)


def _save(row: R, values: Mapping[str, Any], fields: list[str], action: str, by: Scope, now: datetime, expected_version: int | None) -> R:
    if row.pk is None:
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
        audit.record(target=row, action=action, by=by, now=now, summary=str(row))
        return row
    fresh = locked(row, expected_version=expected_version, yours=values)
    before = snapshot_of(fresh, fields)
    for name, value in values.items():
        setattr(fresh, name, value)
    audit.save_with_audit(target=fresh, fields=fields, action=action, by=by, now=now, before=before)
    return fresh


@transaction.atomic
def archive_portrait(*, portrait: Portrait, by: Scope, now: datetime) -> None:
    access.can_publish(by).enforce()
    fresh = locked(portrait, expected_version=None, yours={})
    fresh.archived_at = now
    fresh.save()
    audit.record(target=fresh, action="library.portrait_archive", by=by, now=now, summary=str(fresh))
