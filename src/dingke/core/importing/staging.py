"""Rows whose domain is not there yet: kept whole, by their key, until it is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from dingke.core.importing.outcomes import COMMON, Batch, Mode, Outcome, apply_values, created, refused, unchanged, updated
from dingke.core.importing.targets import Field, ImportTarget
from dingke.core.models import StagedRow
from dingke.core.reasons import Label


def staging_target(*, kind: str, key: str, label: Label, fields: tuple[Field, ...], permission: str) -> ImportTarget:
    """A target that keeps its rows as `StagedRow`s of a kind. The field "key" names the row."""

    @transaction.atomic
    def write(batch: Batch) -> list[Outcome]:
        known = {row.key: row for row in StagedRow.objects.filter(kind=kind, key__in=[row["key"] for row in batch.rows]).order_by("pk")}
        outcomes: list[Outcome | None] = []
        new: list[tuple[int, StagedRow]] = []
        changed: list[tuple[int, StagedRow, dict[str, list[Any]]]] = []
        for place, (row, raw) in enumerate(zip(batch.rows, batch.raw, strict=True)):
            values = {"row": dict(raw), **{name: _kept(value) for name, value in row.items() if name != "key"}}
            stored = known.get(row["key"])
            outcomes.append(None)
            if stored is None and batch.mode == Mode.UPDATE:
                outcomes[place] = refused(COMMON, "NOT_THERE", name=row["key"])
            elif stored is None:
                stored = known[row["key"]] = StagedRow(run_id=batch.run_id, kind=kind, key=row["key"], values=values)
                new.append((place, stored))
            elif batch.mode == Mode.CREATE or stored.pk is None:
                outcomes[place] = refused(COMMON, "ALREADY_THERE", name=row["key"])
            else:
                changed.append((place, stored, apply_values(stored, {"values": {**stored.values, **values}})))
        StagedRow.objects.bulk_create([row for _place, row in new], batch_size=500)
        StagedRow.objects.bulk_update([row for _place, row, changes in changed if changes], ["values"], batch_size=200)
        for place, kept in new:
            outcomes[place] = created(kept)
        for place, kept, changes in changed:
            outcomes[place] = updated(kept, changes) if changes else unchanged(kept)
        return [outcome for outcome in outcomes if outcome is not None]

    return ImportTarget(key=key, label=label, fields=fields, keys=("key",), permission=permission, write=write, icon="inbox")


def _kept(value: Any) -> Any:
    return str(value) if isinstance(value, (date, Decimal)) else value
