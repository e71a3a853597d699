"""`dingke`: the product's command."""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress, TaskID

from dingke.config.backtest_command import backtest
from dingke.config.bench.cli import bench_app
from dingke.config.console import REFUSED, AsJson, bar, fail, prepared, screen, show
from dingke.config.fit_command import fit
from dingke.config.ldap_command import ldap
from dingke.config.life import commands as life
from dingke.config.report_command import pipeline as report_pipeline

app = typer.Typer(
    help="Dingke 鼎客: key account management 大客户管理. `dingke demo` shows it, `dingke up` runs it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
report_app = typer.Typer(help="Reports for people and machines.", no_args_is_help=True)
report_app.command("pipeline")(report_pipeline)
app.add_typer(report_app, name="report")
life.add_to(app)
app.add_typer(bench_app, name="bench")
app.command()(backtest)
app.command()(ldap)
app.command()(fit)


Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.")]


@app.command()
def up(host: Host = "127.0.0.1", port: Port = 8000, workers: Annotated[int, typer.Option(help="Job workers.")] = 1) -> None:
    """Run the system: web server, job worker and scheduler, supervised."""
    prepared(upgrade=True)
    from dingke.config import installation, supervisor

    installation.collect_static()
    if not installation.has_people():
        screen.print(
            "No people yet. Create the first administrator with [bold]dingke admin NAME[/bold], or look at [bold]dingke demo[/bold]."
        )
    raise typer.Exit(supervisor.run(host=host, port=port, workers=workers, announce=screen.print))


@app.command()
def web(
    host: Host = "127.0.0.1", port: Port = 8000, processes: Annotated[int, typer.Option(help="Server processes of this node.")] = 1
) -> None:
    """Run the web server alone, one of several nodes; workers and the scheduler run elsewhere."""
    prepared()
    from dingke.config import installation, supervisor

    installation.collect_static()
    raise typer.Exit(supervisor.run(host=host, port=port, workers=0, scheduler=False, processes=processes, announce=screen.print))


@app.command()
def worker() -> None:
    """Run one job worker; as many as there is work, on as many machines."""
    prepared()
    from dingke.config import worker as one

    one.main()


@app.command()
def scheduler() -> None:
    """Run the work by the clock. Of several, one works and the others stand by."""
    prepared()
    from dingke.config import scheduler as clock

    clock.main()


@app.command()
def demo(
    host: Host = "127.0.0.1", port: Port = 8000, build_only: Annotated[bool, typer.Option(help="Build the company and stop.")] = False
) -> None:
    """Build the demonstration company (once) and run the system on it."""
    prepared(upgrade=True)
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
    alike: Annotated[str, typer.Option(help="New accounts that seem to be there already: create, skip or update.")] = "create",
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

            result = import_command.import_path(
                path, by=Scope.system(), now=timezone.now(), yes=yes, mode=mode.upper(), alike=alike.upper(), tell=tell
            )
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
def score(
    as_of: Annotated[str, typer.Option(help="Day to score for, YYYY-MM-DD.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would change; write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
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
            told = _ScoreBar(progress, progress.add_task("scoring", total=None))
            now, by = timezone.now(), Scope.system()
            if dry_run:
                result = actions.preview_scores(by=by, now=now, as_of=day, progress=told).as_json()
            else:
                run = actions.run_scores(by=by, now=now, as_of=day, progress=told)
                result = {"run": run.pk, "as_of": run.as_of_date.isoformat(), **run.summary}
    except Refusal as refusal:
        fail(refusal.message, REFUSED)
        return
    show(result, as_json)


@report_app.command("portfolio")
def report_portfolio(as_json: AsJson = False) -> None:
    """Which customers carry the business."""
    prepared()
    from dingke.core.scope import Scope
    from dingke.insights import queries

    show(queries.report_portfolio(Scope.system()), as_json)


def main() -> None:
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
