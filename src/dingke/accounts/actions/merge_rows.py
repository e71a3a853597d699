"""Moves the rows that hang on an account to another one and back, by the table of relations. Called inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from dingke.accounts.models import Account, Collaborator
from dingke.accounts.queries.merge_relations import MOVERS, How, Mover, Relation, colliding, moving, relations

BATCH = 500


def move_all(*, kept_id: int, gone_id: int, now: datetime) -> dict[str, Any]:
    """Moves every relation that has to; returns per relation what is needed to move it back."""
    record: dict[str, Any] = {}
    for key, relation, mover in moving():
        moved = _move(relation, mover, kept_id=kept_id, gone_id=gone_id, now=now)
        if moved["moved"]:
            record[key] = moved
    return record


def _move(relation: Relation, mover: Mover, *, kept_id: int, gone_id: int, now: datetime) -> dict[str, Any]:
    rows = relation.rows(gone_id)
    if relation.model is Account:
        rows = rows.exclude(pk=kept_id)  # the account that stays settles its own place in the group
    if mover.how is How.FILL and relation.rows(kept_id).exists():
        rows = rows.none()
    both = colliding(relation, mover, kept_id=kept_id, gone_id=gone_id)
    if mover.once_by:
        rows = rows.exclude(pk__in=list(both.values_list("pk", flat=True)))
    if relation.model is Collaborator:
        owner = Account.objects.filter(pk=kept_id).values_list("owner_id", flat=True).get()
        rows = rows.exclude(user_id=owner or 0)
    ids = list(rows.values_list("pk", flat=True))
    renamed = _renumber(relation, mover, both, kept_id=kept_id) if mover.numbered else {}
    cleared: list[int] = []
    if mover.single and relation.rows(kept_id).filter(**{mover.single: True}).exists():
        cleared = list(rows.filter(**{mover.single: True}).values_list("pk", flat=True))
        _each(relation, cleared, now=now, **{mover.single: False})
    _each(relation, ids, now=now, **{f"{relation.field}_id": kept_id})
    return {"moved": ids, "renamed": renamed, "cleared": cleared}


def _renumber(relation: Relation, mover: Mover, both: QuerySet[Any], *, kept_id: int) -> dict[str, list[str]]:
    """Gives rows whose number the other account has too an ending, so that no row is lost and no sum changes."""
    field = relation.model._meta.get_field(mover.numbered)
    room = (getattr(field, "max_length", None) or 80) - 6
    found: dict[str, list[str]] = {}
    for row in list(both):
        old = getattr(row, mover.numbered)
        alike = relation.model._default_manager.filter(
            **{
                f"{relation.field}__in": [kept_id, getattr(row, f"{relation.field}_id")],
                f"{mover.numbered}__startswith": old[:room],
            }
        ).order_by()
        taken = set(alike.values_list(mover.numbered, flat=True))
        number = 2
        while f"{old[:room]} ({number})" in taken:
            number += 1
        setattr(row, mover.numbered, f"{old[:room]} ({number})")
        row.save(update_fields=[mover.numbered])
        found[str(row.pk)] = [old, getattr(row, mover.numbered)]
    return found


def move_back(record: Mapping[str, Any], *, kept_id: int, gone_id: int, now: datetime) -> list[str]:
    """Moves the recorded rows back where they still are with the kept account. Returns in words what was not possible."""
    known = relations()
    conflicts: list[str] = []
    for key, moved in record.items():
        relation, mover = known.get(key), MOVERS.get(key)
        if relation is None or mover is None:
            conflicts.append(_("Rows of “%(kind)s” stay: this installation no longer has them.") % {"kind": key})
            continue
        wanted = list(moved["moved"])
        there = _still_there(relation, wanted, kept_id)
        back = _put_back(relation, there, gone_id, now=now)
        _restore_numbers(relation, mover, moved.get("renamed", {}), back, conflicts)
        cleared = [pk for pk in moved.get("cleared", []) if pk in back]
        if cleared and mover.single and not relation.rows(gone_id).filter(**{mover.single: True}).exists():
            _each(relation, cleared, now=now, **{mover.single: True})
        if missing := len(wanted) - len(back):
            conflicts.append(
                _("%(kind)s: %(number)s were moved, removed or taken since and stay as they are.")
                % {"kind": mover.label, "number": missing}
            )
    return conflicts


def _still_there(relation: Relation, ids: list[int], kept_id: int) -> list[int]:
    found: list[int] = []
    for part in _parts(ids):
        found += relation.rows(kept_id).filter(pk__in=part).values_list("pk", flat=True)
    return found


def _restore_numbers(relation: Relation, mover: Mover, renamed: Mapping[str, list[str]], back: set[int], conflicts: list[str]) -> None:
    """Numbers get their old form once the rows are back, unless somebody has changed them since."""
    for key, (old, new) in renamed.items():
        row = relation.model._default_manager.filter(pk=int(key)).first() if int(key) in back else None
        if row is None:
            continue
        if getattr(row, mover.numbered) != new:
            conflicts.append(_("The number %(number)s was changed since and stays.") % {"number": getattr(row, mover.numbered)})
            continue
        setattr(row, mover.numbered, old)
        try:
            with transaction.atomic():
                row.save(update_fields=[mover.numbered])
        except IntegrityError:
            conflicts.append(_("The number %(number)s is taken by now; %(new)s stays.") % {"number": old, "new": new})


def _put_back(relation: Relation, ids: list[int], gone_id: int, *, now: datetime) -> set[int]:
    back: set[int] = set()
    for part in _parts(ids):
        try:
            with transaction.atomic():
                _each(relation, part, now=now, **{f"{relation.field}_id": gone_id})
            back.update(part)
        except IntegrityError:  # one of them is there again: row by row
            for pk in part:
                try:
                    with transaction.atomic():
                        _each(relation, [pk], now=now, **{f"{relation.field}_id": gone_id})
                    back.add(pk)
                except IntegrityError:
                    continue
    return back


def _each(relation: Relation, ids: Iterable[int], *, now: datetime, **values: Any) -> None:
    """Writes values to rows; versioned ones count it as a change, so that open forms and snapshots notice."""
    if relation.is_versioned:
        values |= {"updated_at": now, "version": F("version") + 1}
    for part in _parts(list(ids)):
        relation.model._default_manager.filter(pk__in=part).update(**values)


def _parts(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
