"""`dingke`: the product's command."""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

app = typer.Typer(
    help="Dingke 鼎客: key account management 大客户管理. `dingke demo` shows it, `dingke up` runs it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
report_app = typer.Typer(help="Reports for people and machines.", no_args_is_help=True)
app.add_typer(report_app, name="report")
screen = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Write the result as JSON to standard output.")]
FAILED, REFUSED = 1, 2


def django_ready() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dingke.config.settings")
    import django

    django.setup()


def prepared() -> None:
    """Django, with the tables current and the shipped lists loaded."""
    django_ready()
    from dingke.config import installation

    installation.prepare()


def fail(message: str, code: int = FAILED) -> None:
    screen.print(f"[red]✗[/red] {message}")
    raise typer.Exit(code)


def bar() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=screen,
        transient=True,
    )


def show(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, default=str))
        return
    for key, value in result.items():
        screen.print(f"  {key}: {value}")


Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.")]


@app.command()
def up(host: Host = "127.0.0.1", port: Port = 8000, workers: Annotated[int, typer.Option(help="Job workers.")] = 1) -> None:
    """Run the system: web server, job worker and scheduler, supervised."""
    prepared()
    from dingke.config import installation, supervisor

    installation.collect_static()
    if not installation.has_people():
        screen.print(
            "No people yet. Create the first administrator with [bold]dingke admin NAME[/bold], or look at [bold]dingke demo[/bold]."
        )
    raise typer.Exit(supervisor.run(host=host, port=port, workers=workers, announce=screen.print))


@app.command()
def demo(
    host: Host = "127.0.0.1", port: Port = 8000, build_only: Annotated[bool, typer.Option(help="Build the company and stop.")] = False
) -> None:
    """Build the demonstration company (once) and run the system on it."""
    prepared()
    from dingke.config import installation, supervisor
    from dingke.config.demo import build

    if not installation.has_people():
        with bar() as progress:
            task = progress.add_task("building the demonstration company", total=None)
            build.build_demo(tell=lambda done, total, what: progress.update(task, completed=done, total=total, description=what))
    elif not build.is_demo():
        fail(
            "This installation holds a company of its own; the demonstration needs an empty one (set DINGKE_HOME to a new folder).", REFUSED
        )
    installation.collect_static()
    if build_only:
        return
    screen.print(f"\n[bold green]鼎客 Dingke[/bold green]  http://{host}:{port}")
    for name, role in build.sign_ins():
        screen.print(f"  {name:<14} {build.PASSWORD:<18} {role}")
    screen.print("")
    raise typer.Exit(supervisor.run(host=host, port=port, workers=1, announce=screen.print))


@app.command()
def admin(
    username: Annotated[str, typer.Argument(help="Sign-in name of the first administrator.")],
    name: Annotated[str, typer.Option(help="Name shown to colleagues.")] = "",
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, envvar="DINGKE_ADMIN_PASSWORD")] = "",
) -> None:
    """Create an administrator."""
    prepared()
    from django.utils import timezone

    from dingke.core.errors import Refusal
    from dingke.core.scope import Scope
    from dingke.people.actions import add_user
    from dingke.people.calc import Role

    try:
        add_user(
            username=username, name=name or username, role=Role.ADMINISTRATOR, password=password, by=Scope.system(), now=timezone.now()
        )
    except Refusal as refusal:
        fail(refusal.message, REFUSED)
    screen.print(f"[green]✓[/green] {username} may sign in")


@app.command(name="import")
def import_(
    path: Annotated[Path, typer.Argument(help="A csv, xlsx or text file, or a folder of them.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take the proposed mapping without asking.")] = False,
    mode: Annotated[str, typer.Option(help="create, update or both")] = "both",
    as_json: AsJson = False,
) -> None:
    """Import a customer base from the files a company has."""
    if not path.exists():
        fail(f"{path} does not exist.", REFUSED)
    prepared()
    from django.utils import timezone

    from dingke.config import import_command
    from dingke.core.errors import Refusal
    from dingke.core.scope import Scope
    from dingke.core.tabular.errors import FileRefused

    try:
        with bar() as progress:
            tasks: dict[str, Any] = {}

            def tell(what: str, done: int, total: int | None) -> None:
                task = tasks.get(what)
                if task is None:
                    task = tasks[what] = progress.add_task(what, total=total)
                progress.update(task, completed=done, total=total)

            result = import_command.import_path(path, by=Scope.system(), now=timezone.now(), yes=yes, mode=mode.upper(), tell=tell)
    except FileRefused as refused:
        fail(refused.describe("zh" if os.environ.get("LANG", "").startswith("zh") else "en"), REFUSED)
        return
    except Refusal as refusal:
        fail(refusal.message, REFUSED)
        return
    show(result, as_json)


class _ScoreBar:
    """Shows what a score run tells."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self.progress, self.task = progress, task

    def tell(self, done: int, total: int | None = None, message: str = "") -> None:
        self.progress.update(self.task, completed=done, total=total, description=message or "scoring")


@app.command()
def score(as_of: Annotated[str, typer.Option(help="Day to score for, YYYY-MM-DD.")] = "", as_json: AsJson = False) -> None:
    """Compute who is key, and why."""
    prepared()
    from django.utils import timezone

    from dingke.core.errors import Refusal
    from dingke.core.scope import Scope
    from dingke.insights import actions

    try:
        day = date.fromisoformat(as_of) if as_of else None
    except ValueError:
        fail(f"{as_of!r} is not a day; write it as 2026-09-30.", REFUSED)
        return
    try:
        with bar() as progress:
            task = progress.add_task("scoring", total=None)

            run = actions.run_scores(by=Scope.system(), now=timezone.now(), as_of=day, progress=_ScoreBar(progress, task))
    except Refusal as refusal:
        fail(refusal.message, REFUSED)
        return
    show({"run": run.pk, "as_of": run.as_of_date.isoformat(), **run.summary}, as_json)


@report_app.command("portfolio")
def report_portfolio(as_json: AsJson = False) -> None:
    """Which customers carry the business."""
    prepared()
    from dingke.core.scope import Scope
    from dingke.insights import queries

    show(queries.report_portfolio(Scope.system()), as_json)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say whether this installation is in order, and how to mend it."""
    django_ready()
    from dingke.config import installation

    findings = installation.findings()
    if as_json:
        typer.echo(json.dumps(findings, ensure_ascii=False))
    else:
        for finding in findings:
            mark = "[green]✓[/green]" if finding["ok"] else "[red]✗[/red]"
            screen.print(f"{mark} {finding['what']}" + ("" if finding["ok"] else f": {finding['mend']}"))
    if not all(finding["ok"] for finding in findings):
        raise typer.Exit(FAILED)


def main() -> None:
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
