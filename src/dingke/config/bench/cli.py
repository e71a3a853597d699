"""The command `dingke bench`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from dingke.config.bench.fit_cli import fit
from dingke.config.bench.pipeline_cli import pipeline
from dingke.config.bench.scale_cli import score
from dingke.config.console import REFUSED, AsJson, bar, django_ready, fail, screen

bench_app = typer.Typer(invoke_without_command=True)


@bench_app.callback()
def bench(
    context: typer.Context,
    engine: Annotated[str, typer.Option(help="sqlite, postgresql or all.")] = "all",
    postgres: Annotated[str, typer.Option(help="A PostgreSQL server that may make databases; else a private one is started.")] = "",
    only: Annotated[str, typer.Option(help="Names of figures, separated by commas.")] = "",
    quick: Annotated[bool, typer.Option("--quick", help="Small data and few requests: shows that it works, judges nothing.")] = False,
    keep: Annotated[str, typer.Option(help="Folder in which the synthetic company is kept for the next run.")] = "",
    markdown: Annotated[bool, typer.Option("--markdown", help="Write the tables as Markdown to standard output.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure pages, API, import and score run on a synthetic company, each beside the floor it cannot go below."""
    if context.invoked_subcommand:
        return
    from rich.table import Table

    from dingke.config.bench import command

    try:
        with bar() as progress:
            task = progress.add_task("measuring", total=None)
            result = command.run(
                asked=engine,
                url=postgres,
                quick=quick,
                only=[name.strip() for name in only.split(",") if name.strip()],
                keep=Path(keep).expanduser().resolve() if keep else None,
                tell=lambda what, done, total: progress.update(task, description=what, completed=done, total=total),
            )
    except command.CannotMeasure as problem:
        fail(str(problem), REFUSED)
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
        return
    django_ready()  # goals are told in the words of the models
    from dingke.config.bench import report

    if markdown:
        typer.echo(report.markdown(result))
        return
    for found in result["engines"]:
        for heads, lines in ((report.HEADS, report.rows(found)), (("work", "took", "floor", "times"), report.long_rows(found))):
            table = Table(*heads, title=f"{found['engine']} {found['version']}")
            for line in lines:
                table.add_row(*line)
            screen.print(table)
        if found["memory"]:
            screen.print(f"  web process: {found['memory']['megabytes']:.0f} MB")


bench_app.command()(fit)
bench_app.command()(pipeline)
bench_app.command()(score)
