"""Many plain rows into a table at once, for rows whose id nobody needs: several times faster than model instances."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model


def insert_rows(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Inserts rows with values for these fields (attribute names), in one statement run many times.

    Every column without a database default must be named. Values are made fit for the database by their fields.
    """
    fields = [next(field for field in model._meta.concrete_fields if field.attname == name) for name in names]
    quote = connection.ops.quote_name
    columns, places = ", ".join(quote(field.column) for field in fields), ", ".join(["%s"] * len(fields))
    prepare = [field.get_db_prep_save for field in fields]
    values = [[prepared(value, connection) for prepared, value in zip(prepare, row, strict=True)] for row in rows]
    if values:
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({places})", values)
