"""Which tables the snapshot holds, and the SQL that reads them from SQLite and PostgreSQL in the same columns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa


class Kind(StrEnum):
    NUMBER = "NUMBER"
    CENTS = "CENTS"
    DAY = "DAY"
    TEXT = "TEXT"
    FLAG = "FLAG"


ARROW: dict[Kind, pa.DataType] = {
    Kind.NUMBER: pa.int64(),
    Kind.CENTS: pa.int64(),
    Kind.DAY: pa.date32(),
    Kind.TEXT: pa.string(),
    Kind.FLAG: pa.bool_(),
}


@dataclass(frozen=True)
class Column:
    name: str
    kind: Kind
    field: str = ""  # the database column, when it has another name

    def sql(self, vendor: str) -> str:
        """Money as whole cents and days as days, so that both databases hand over the same Arrow types.

        SQLite has no column types to speak of, so that they are told from the values: a text column must not hold nulls only.
        """
        source = f't."{self.field or self.name}"'
        if self.kind is Kind.CENTS:
            return f"CAST(ROUND({source} * 100) AS BIGINT)"
        if self.kind is Kind.TEXT:
            return f"COALESCE({source}, '')"
        if self.kind is Kind.DAY and vendor == "sqlite":
            return f"CAST(julianday({source}) - 2440587.5 AS BIGINT)"
        return source


@dataclass(frozen=True)
class Table:
    """`living`: rows that count; `changed`: the time of the last change, on the row or on its parent."""

    name: str
    db_table: str
    columns: tuple[Column, ...]
    parent: str = ""  # db_table of the parent that carries updated_at and archived_at
    parent_key: str = ""

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(column.name, ARROW[column.kind]) for column in self.columns])

    @property
    def sums(self) -> tuple[str, ...]:
        """Columns whose totals prove that the snapshot equals the database."""
        return tuple(column.name for column in self.columns if column.kind is Kind.CENTS)

    def living(self) -> str:
        if self.parent:
            return f'EXISTS (SELECT 1 FROM "{self.parent}" p WHERE p.id = t."{self.parent_key}" AND p.archived_at IS NULL)'
        return "t.archived_at IS NULL"

    def select_rows(self, vendor: str, *, since: str | None = None, after_id: int | None = None) -> str:
        """All living rows, or those changed since a moment or with a higher id."""
        columns = ", ".join(f'{column.sql(vendor)} AS "{column.name}"' for column in self.columns)
        where = self.living()
        if since is not None and after_id is not None:
            moment = f"'{since}'" if vendor == "sqlite" else f"(TIMESTAMP '{since}' AT TIME ZONE 'UTC')"
            if self.parent:
                changed = f't."{self.parent_key}" IN (SELECT id FROM "{self.parent}" WHERE updated_at >= {moment})'
            else:
                changed = f"t.updated_at >= {moment}"
            where += f" AND ({changed} OR t.id > {after_id})"
        return f'SELECT {columns} FROM "{self.db_table}" t WHERE {where} ORDER BY t.id'

    def select_ids(self) -> str:
        return f'SELECT t.id AS id FROM "{self.db_table}" t WHERE {self.living()}'

    def select_totals(self, vendor: str) -> str:
        """Rows, highest id, newest change (UTC text), and the totals of money."""
        source = self.parent or self.db_table
        newest = "MAX(updated_at)" if vendor == "sqlite" else "TO_CHAR(MAX(updated_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
        by_name = {column.name: column for column in self.columns}
        sums = "".join(f", CAST(COALESCE(SUM({by_name[name].sql(vendor)}), 0) AS BIGINT)" for name in self.sums)
        return (
            f"SELECT COUNT(*), COALESCE(MAX(t.id), 0), COALESCE((SELECT {newest} FROM \"{source}\"), ''){sums} "
            f'FROM "{self.db_table}" t WHERE {self.living()}'
        )


def _columns(**kinds: Kind) -> tuple[Column, ...]:
    return tuple(Column(name, kind) for name, kind in kinds.items())


ACCOUNTS = Table(
    "accounts",
    "accounts_account",
    _columns(
        id=Kind.NUMBER,
        is_key=Kind.FLAG,
        influence=Kind.NUMBER,
        industry_id=Kind.NUMBER,
        region_id=Kind.NUMBER,
        annual_revenue=Kind.CENTS,
        currency=Kind.TEXT,
    ),
)
PRODUCTS = Table("products", "ledger_product", _columns(id=Kind.NUMBER, code=Kind.TEXT, family=Kind.TEXT, is_high_profit=Kind.FLAG))
ORDERS = Table(
    "orders",
    "ledger_order",
    _columns(
        id=Kind.NUMBER,
        account_id=Kind.NUMBER,
        order_date=Kind.DAY,
        amount=Kind.CENTS,
        cost=Kind.CENTS,
        currency=Kind.TEXT,
        state=Kind.TEXT,
    ),
)
ORDER_LINES = Table(
    "order_lines",
    "ledger_orderline",
    _columns(id=Kind.NUMBER, order_id=Kind.NUMBER, product_id=Kind.NUMBER, amount=Kind.CENTS, cost=Kind.CENTS),
    parent="ledger_order",
    parent_key="order_id",
)
INCENTIVES = Table(
    "incentives",
    "ledger_incentive",
    _columns(
        id=Kind.NUMBER,
        account_id=Kind.NUMBER,
        kind=Kind.TEXT,
        amount=Kind.CENTS,
        start_date=Kind.DAY,
        end_date=Kind.DAY,
        currency=Kind.TEXT,
    ),
)

TABLES: tuple[Table, ...] = (ACCOUNTS, PRODUCTS, ORDERS, ORDER_LINES, INCENTIVES)
