"""At least two rows in every table, with awkward values in every column: what a backup has to bring back unchanged."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

AT = datetime(2026, 9, 30, 2, 3, 4, 567890, tzinfo=UTC)
TEXTS = ("江州重工“集团”\n\t有限公司", 'a,"b";c\\d\\n', "🐎 ñ Ω 鼎", "")
LEFT_EMPTY = {"sessions.Session", "config.Beat", "people.SharedCache", "usersessions.UserSession"}


def _ordered() -> list[type[models.Model]]:
    """Every model after those it points at."""
    done: list[type[models.Model]] = []
    waiting = [m for m in apps.get_models(include_auto_created=True) if m._meta.managed and not m._meta.proxy]
    while waiting:
        for model in waiting:
            needs = {f.related_model for f in model._meta.concrete_fields if f.is_relation and not f.null and f.related_model is not model}
            if needs <= set(done):
                done.append(model)
                waiting.remove(model)
                break
        else:
            raise AssertionError(f"models point at each other: {waiting}")
    return done


def _value(field: models.Field[Any, Any], number: int) -> Any:
    if field.is_relation:
        rows = list(field.related_model._base_manager.order_by("pk").values_list(field.target_field.attname, flat=True)[:9])
        if field.null and (number == 2 or not rows):
            return None
        alike = [f for f in field.model._meta.concrete_fields if f.related_model is field.related_model]
        return rows[(number + alike.index(field)) % len(rows)]
    if field.null and number == 2:
        return None
    if field.choices:
        return [key for key, _label in field.flatchoices][number % len(field.flatchoices)]
    kind = field.get_internal_type()
    if kind in {"CharField", "SlugField", "FileField", "TextField"}:
        text = f"{number}-{field.name[:3]}" if field.unique or kind in {"SlugField", "FileField"} else TEXTS[number % len(TEXTS)]
        return text[: field.max_length]
    values = {
        "EmailField": f"p{number}@dingke.example",
        "BooleanField": number % 2 == 0,
        "DateField": date(2024, 2, 29) + timedelta(days=number),
        "DateTimeField": AT + timedelta(days=number, microseconds=number),
        "TimeField": time(8, 30, number),
        "DurationField": timedelta(hours=number, seconds=1),
        "JSONField": [{"名": "鼎", "b": [1, 2.5, None, True], "a": {"z": "\\", "y": ""}}, [], {}][number % 3],
        "UUIDField": uuid.UUID(int=number + 7),
        "GenericIPAddressField": f"10.0.0.{number}",
        "FloatField": 0.1 + number,
        "BinaryField": bytes([0, 255, number]),
    }
    if kind in values:
        return values[kind]
    if kind == "DecimalField":
        return Decimal(number).scaleb(-field.decimal_places)
    return number


def _rows(model: type[models.Model]) -> Iterator[models.Model]:
    for number in range(4):
        fields = [f for f in model._meta.concrete_fields if not f.primary_key or not isinstance(f, models.AutoField)]
        yield model(**{f.attname: _value(f, number) for f in fields if not getattr(f, "generated", False)})


def fill() -> list[str]:
    """Fills every table as far as its rules allow; answers the tables that stayed empty."""
    for model in _ordered():
        if model._meta.label in LEFT_EMPTY:
            continue
        for row in _rows(model):
            try:
                with transaction.atomic():
                    if model._meta.label in {"accounts.Account"}:
                        row.pool_at = None if row.owner_id else AT
                    model._base_manager.bulk_create([row])
            except IntegrityError:
                continue
    # rows that were there and are gone: their numbers are not to be given again
    from dingke.core.models import AuditEntry, MappingMemory

    gone = AuditEntry.objects.create(at=AT, actor_name="周敏", action="test", target="x", target_id=1)
    gone.delete()
    MappingMemory.objects.all().delete()
    MappingMemory.objects.create(target="orders", headers_key="k", mapping={"客户": "account"}, used_at=AT)
    return [m._meta.label for m in _ordered() if m._meta.label not in LEFT_EMPTY and not m._base_manager.exists()]


def dump() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, read in the ordinary way, by code that backups do not use."""
    tables = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy and model._meta.label not in LEFT_EMPTY:
            tables[model._meta.db_table] = list(model._base_manager.order_by("pk").values())
    return tables


def columns() -> dict[str, list[str]]:
    with connection.cursor() as cursor:
        return {
            table: sorted(column.name for column in connection.introspection.get_table_description(cursor, table))
            for table in connection.introspection.table_names()
            if "_fts" not in table  # how SQLite keeps the index of the search
        }
