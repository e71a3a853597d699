"""Many plain rows into a table at once, for rows whose id nobody needs: several times faster than model instances."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model


def insert_rows(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Inserts rows with values for these fields (attribute names); the others take their default, as a new instance would.

    Values are made fit for the database by their fields. Not for models with `auto_now` fields.
    """
    given = {field.attname: field for field in model._meta.concrete_fields if not field.primary_key}
    fields = [*(given.pop(name) for name in names), *given.values()]
    defaults = [field.get_default() for field in given.values()]
    quote = connection.ops.quote_name
    columns, places = ", ".join(quote(str(field.column)) for field in fields), ", ".join(["%s"] * len(fields))
    prepare = [field.get_db_prep_save for field in fields]
    values = [[prepared(value, connection) for prepared, value in zip(prepare, [*row, *defaults], strict=True)] for row in rows]
    if values:
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({places})", values)
