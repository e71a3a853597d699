"""The snapshot follows the database: changed rows, deletions, writes past the clock, a kill in between."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.utils import timezone

from dingke.accounts.tests.factories import make_account
from dingke.insights import snapshot
from dingke.insights.snapshot import store
from dingke.insights.snapshot.layout import TABLES
from dingke.insights.snapshot.readers import CursorReader, SqliteReader
from dingke.insights.tests.factories import make_incentive, make_line, make_order, make_product
from dingke.ledger.models import Order, OrderLine


@pytest.fixture
def orders(cast: Any) -> list[Order]:
    account = make_account("江州重工", owner=cast.owner.user, influence=40)
    product = make_product()
    found = [make_order(account, f"2026-0{month}-01", f"{month}00.55", None if month == 3 else f"{month}0.01") for month in range(1, 6)]
    for order in found:
        make_line(order, product)
    make_incentive(account, "2026-01-01", "2026-12-31", 500)
    # all but the newest were written before the overlap of the next refresh
    Order.objects.exclude(pk=found[-1].pk).update(updated_at=timezone.now() - timedelta(days=2))
    return found


def rows(name: str) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in pq.read_table(snapshot.folder() / f"{name}.parquet").to_pylist()}


def refresh(identity: str | None = "here") -> dict[str, snapshot.Brought]:
    return {one.table: one for one in snapshot.refresh(source=CursorReader(identity=identity))}


def test_the_first_refresh_brings_everything(orders: list[Order]) -> None:
    told = refresh()
    assert {name: one.rows for name, one in told.items()} == {"accounts": 1, "products": 1, "orders": 5, "order_lines": 5, "incentives": 1}
    third = rows("orders")[orders[2].pk]
    assert (third["amount"], third["cost"], third["order_date"].isoformat(), third["state"]) == (30_055, None, "2026-03-01", "DELIVERED")
    assert rows("accounts")[orders[0].account_id]["influence"] == 40


def test_only_changed_rows_are_read_again(orders: list[Order]) -> None:
    refresh()
    orders[0].amount += 1
    orders[0].save()
    new = make_order(orders[0].account, "2026-06-01", 7)
    told = refresh()
    assert (told["orders"].read, told["orders"].rows, told["orders"].was_whole) == (3, 6, False), (
        "the newest again, the changed one, the new one"
    )
    assert rows("orders")[orders[0].pk]["amount"] == 10_155
    assert new.pk in rows("orders")


def test_deleted_and_archived_rows_leave(orders: list[Order]) -> None:
    refresh()
    orders[1].delete()
    orders[2].archived_at = timezone.now()
    orders[2].save()
    told = refresh()
    assert set(rows("orders")) == {orders[0].pk, orders[3].pk, orders[4].pk}
    assert told["order_lines"].rows == 3
    assert not told["orders"].was_whole


def test_a_line_changed_with_its_order_is_read_again(orders: list[Order]) -> None:
    refresh()
    OrderLine.objects.filter(order=orders[0]).update(cost=5)
    orders[0].save()
    told = refresh()
    assert not told["order_lines"].was_whole
    assert rows("order_lines")[orders[0].lines.get().pk]["cost"] == 500


def test_a_write_past_the_clock_is_found_by_the_totals(orders: list[Order]) -> None:
    refresh()
    Order.objects.filter(pk=orders[0].pk).update(amount=1)
    told = refresh()
    assert told["orders"].was_whole
    assert rows("orders")[orders[0].pk]["amount"] == 100


def test_another_or_an_older_database_is_read_whole(orders: list[Order]) -> None:
    refresh()
    assert refresh("elsewhere")["orders"].was_whole
    assert refresh(None)["orders"].was_whole, "a database in memory cannot be told from another"
    refresh()
    Order.objects.update(updated_at=timezone.now() - timedelta(days=9))
    assert refresh()["orders"].was_whole


def test_a_killed_refresh_goes_on_where_it_was(orders: list[Order], monkeypatch: pytest.MonkeyPatch) -> None:
    refresh()
    orders[0].amount += 1
    orders[0].save()
    old = rows("orders")

    def killed(_table: Any, _batches: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(store, "_write", killed)
        with pytest.raises(KeyboardInterrupt):
            refresh()
    assert rows("orders") == old, "the old file stays whole"
    (snapshot.folder() / "orders.123.tmp").write_text("left behind")
    assert refresh()["orders"].read >= 1
    assert rows("orders")[orders[0].pk]["amount"] == 10_155
    assert not list(snapshot.folder().glob("*.tmp"))


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="copies the SQLite database")
def test_a_sqlite_file_and_the_cursor_give_the_same_columns(orders: list[Order], tmp_path: Path) -> None:
    by_cursor = {table.name: list(CursorReader().batches(table.select_rows("sqlite"), table.schema)) for table in TABLES}
    file = tmp_path / "copy.sqlite3"
    copy = sqlite3.connect(file)
    for table in TABLES:
        with connection.cursor() as cursor:
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [table.db_table])
            copy.execute(cursor.fetchone()[0])
            cursor.execute(f'SELECT * FROM "{table.db_table}"')
            found = cursor.fetchall()
            if found:
                copy.executemany(f'INSERT INTO "{table.db_table}" VALUES ({",".join("?" * len(found[0]))})', found)
    copy.commit()
    copy.close()
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as handle:
        source = SqliteReader(handle, identity="copy")
        for table in TABLES:
            assert list(source.batches(table.select_rows("sqlite"), table.schema)) == by_cursor[table.name], table.name
            assert source.row(table.select_totals("sqlite")) == CursorReader().row(table.select_totals("sqlite"))
