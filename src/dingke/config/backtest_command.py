"""`dingke backtest`: the warnings replayed on the company's own orders, or on a file of purchases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from dingke.config.console import REFUSED, AsJson, Shown, bar, django_ready, fail, prepared, screen, show

WORDS = {
    "customer": ("customer", "account", "client", "客户", "买家"),
    "day": ("close_date", "order_date", "date", "day", "日期", "时间"),
    "amount": ("close_value", "amount", "dollar", "value", "revenue", "price", "金额", "销售额"),
}


class CannotRead(Exception):
    """The file does not say who bought when for how much."""


def backtest(
    path: Annotated[
        Path | None, typer.Argument(help="A file of purchases: customer, day, amount. Without it, the company's orders.")
    ] = None,
    cut: Annotated[list[str] | None, typer.Option(help="A cut day, YYYY-MM-DD; may be given several times. Else every month end.")] = None,
    customer: Annotated[str, typer.Option(help="Column of the customer.")] = "",
    day: Annotated[str, typer.Option(help="Column of the day.")] = "",
    amount: Annotated[str, typer.Option(help="Column of the amount.")] = "",
    only: Annotated[str, typer.Option(help="Only rows where COLUMN=VALUE.")] = "",
    order: Annotated[str, typer.Option(help="Order of the parts of a day: ymd, dmy or mdy; else it is found out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Replay history and measure the warnings: precision, recall and lead time, beside a rule of fixed days."""
    try:
        cuts = [date.fromisoformat(one) for one in cut or []] or None
    except ValueError:
        fail("A cut day is written as 2026-09-30.", REFUSED)
    if path is None:
        prepared()
        result = _of_the_company()
    else:
        django_ready()
        result = _of_a_file(path, cuts, customer=customer, day=day, amount=amount, only=only, order=order)
    if as_json:
        show(result, as_json)
        return
    _print(result)


def _of_the_company() -> dict[str, Any]:
    from django.utils import timezone

    from dingke.core.errors import Refusal
    from dingke.core.scope import Scope
    from dingke.insights import actions

    try:
        with bar() as progress:
            return actions.run_backtest(by=Scope.system(), now=timezone.now(), progress=Shown(progress, "replaying")).result
    except Refusal as refusal:
        fail(refusal.message, REFUSED)


def _of_a_file(path: Path, cuts: list[date] | None, *, customer: str, day: str, amount: str, only: str, order: str) -> dict[str, Any]:
    from dingke.core.tabular.errors import FileRefused
    from dingke.insights import actions
    from dingke.insights.calc.warning import WarningSettings
    from dingke.insights.calc.weakening import WeakeningSettings

    try:
        history = read_purchases(path, customer=customer, day=day, amount=amount, only=only, order=order)
    except (CannotRead, FileRefused, OSError) as problem:
        fail(str(problem), REFUSED)
    with bar() as progress:
        # the settings as shipped: a file belongs to no installation
        return actions.replay(
            history,
            cuts=cuts,
            settings=WarningSettings(),
            weakening=WeakeningSettings(),
            progress=Shown(progress, "replaying"),
        ).as_json()


def read_purchases(path: Path, *, customer: str = "", day: str = "", amount: str = "", only: str = "", order: str = "") -> Any:
    """The history of a file, one row per purchase. Raises `CannotRead`."""
    import numpy as np

    from dingke.core.tabular.coerce import examine_date_order, to_date, to_decimal
    from dingke.core.tabular.reader import open_table
    from dingke.insights.calc.history import History

    table = open_table(path)
    names = list(table.headers)
    at = {what: _column(names, given, what) for what, given in (("customer", customer), ("day", day), ("amount", amount))}
    rows = [row.values for row in table.rows() if not row.problems]
    if only:
        name, _equals, wanted = only.partition("=")
        place = _column(names, name, name)
        rows = [row for row in rows if str(row[place]).strip() == wanted]
    rows = [row for row in rows if str(row[at["customer"]] or "").strip() and row[at["day"]] not in {None, ""}]
    parts: Any = order or examine_date_order(row[at["day"]] for row in rows).order or "ymd"
    try:
        days = [to_date(row[at["day"]], order=parts) for row in rows]
        cents = [int(round((to_decimal(row[at["amount"]]) or 0) * 100)) for row in rows]
    except ValueError as problem:
        raise CannotRead(str(problem)) from problem
    known, numbers = np.unique(np.array([str(row[at["customer"]]).strip() for row in rows]), return_inverse=True)
    return History.of(numbers, days, cents, known=np.arange(len(known)))


def _column(names: Sequence[str], given: str, what: str) -> int:
    """The column by its name, or by a word in it."""
    lowered = [name.strip().lower() for name in names]
    for word in (given.lower(),) if given else WORDS.get(what, ()):
        for exact in (True, False):
            for place, name in enumerate(lowered):
                if (name == word) if exact else (word in name and not given):
                    return place
    raise CannotRead(f"Which column is the {what}? Name it with --{what}. There are: {', '.join(names)}.")


def _print(result: dict[str, Any]) -> None:
    from rich.table import Table

    base = "—" if result["base_rate"] is None else f"{result['base_rate']:.0%}"
    screen.print(
        f"{result['judged']:,} cases at risk at {len(result['cuts'])} cut days; {base} of them were lost or shrank.", highlight=False
    )
    table = Table("rule", "warnings", "precision", "(95%)", "losses", "recall", "(95%)", "lead days")
    for rule in result["rules"]:
        if not rule["warnings"] and not rule["caught"]:
            continue
        table.add_row(
            rule["code"],
            f"{rule['warnings']:,}",
            _share(rule["precision"]),
            _interval(rule["precision_interval"]),
            f"{rule['losses']:,}",
            _share(rule["recall"]),
            _interval(rule["recall_interval"]),
            f"{rule['lead_days'][1]:.0f}" if rule["lead_days"] else "—",
        )
    screen.print(table)


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.1%}"


def _interval(value: Sequence[float] | None) -> str:
    return "" if value is None else f"{value[0]:.0%}–{value[1]:.0%}"
