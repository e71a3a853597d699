"""The command `dingke fit`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from dingke.config.console import REFUSED, AsJson, fail, screen, show


def fit(
    path: Annotated[Path, typer.Argument(help="A file of frequency, recency and T (weeks), or of purchases: customer, date, amount.")],
    money: Annotated[Path | None, typer.Option(help="The purchases behind the figures, for what a purchase brings.")] = None,
    customers: Annotated[Path | None, typer.Option(help="Which customer of the purchases each is: a file of ID and customer.")] = None,
    until: Annotated[str, typer.Option(help="Last day of purchases that count, YYYY-MM-DD.")] = "",
    details: Annotated[bool, typer.Option("--details", help="Also standard errors, numbers of customers, correlation.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fit the models of continuing value: BG/NBD, and Gamma-Gamma where amounts are known."""
    from dingke.config import fitting
    from dingke.core.tabular.errors import FileRefused
    from dingke.insights.calc.maximum import UnableToFit

    try:
        end = date.fromisoformat(until) if until else None
    except ValueError:
        fail(f"{until!r} is not a day; write it as 1997-09-30.", REFUSED)
    for one in (path, money, customers):
        if one is not None and not one.is_file():
            fail(f"{one} is not a file.", REFUSED)
    try:
        told, remarks = fitting.fit(path, money=money, same=customers, until=end, details=details or not as_json)
    except FileRefused as refused:
        fail(refused.describe("en"), REFUSED)
    except (fitting.UnableToRead, UnableToFit) as refused:
        fail(f"{path.name}: {refused}" if isinstance(refused, UnableToFit) else str(refused), REFUSED)
    for remark in remarks:
        screen.print(remark, highlight=False)
    show(told, as_json)
