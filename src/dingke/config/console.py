"""What every command of `dingke` says and how: Django made ready, results, refusals, progress."""

from __future__ import annotations

import json
import os
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

screen = Console(stderr=True)
AsJson = Annotated[bool, typer.Option("--json", help="Write the result as JSON to standard output.")]
FAILED, REFUSED = 1, 2


def django_ready() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dingke.config.settings")
    import django

    django.setup()


def speak() -> None:
    """Messages in the language of the terminal. Not for commands that write rows, whose texts are the company's."""
    from django.utils import translation

    spoken = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    translation.activate("zh-hans" if spoken.startswith("zh") else "en")


def prepared(*, upgrade: bool = False) -> None:
    """Django, with current tables: made in an empty installation, never changed under somebody's work without a backup.

    With `upgrade` older data is brought to this version as `dingke upgrade` does it; else that is refused.
    """
    django_ready()
    from dingke.config import installation
    from dingke.config.life import tracing
    from dingke.core.errors import Refusal

    try:
        tracing.check_installed()
        installation.prepare()
    except installation.NotCurrent as refusal:
        if not upgrade:
            fail(refusal.message, REFUSED)
        screen.print(refusal.message, highlight=False)
        upgraded()
    except Refusal as refusal:
        fail(refusal.message, REFUSED)
    except tracing.TracingNotInstalled as missing:
        fail(str(missing), REFUSED)


def upgraded(*, passphrase: str = "", as_json: bool = False, check_only: bool = False) -> None:
    """`dingke upgrade`, step by step on the screen. Leaves with its code when it does not end well."""
    from datetime import UTC, datetime

    from django.conf import settings

    from dingke.config.life import upgrade as upgrading
    from dingke.core.errors import Refusal

    now, passphrase = datetime.now(UTC), passphrase or settings.BACKUP_PASSPHRASE
    try:
        with bar() as progress:
            if check_only:
                outcome = upgrading.look(passphrase=passphrase, now=now)
            else:
                outcome = upgrading.upgrade(passphrase=passphrase, now=now, tell=Shown(progress, "upgrade").tell)
    except Refusal as refusal:
        fail(refusal.message, REFUSED)
    for step in outcome.steps:
        screen.print(f"{'[green]✓[/green]' if step.done else '[red]✗[/red]'} {step.what}", highlight=False)
    if as_json:
        show(outcome.as_json(), as_json)
    screen.print(outcome.sentence, highlight=False)
    if outcome.code:
        raise typer.Exit(outcome.code)


def fail(message: str, code: int = FAILED) -> NoReturn:
    screen.print(f"[red]✗[/red] {message}", highlight=False)
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


class Shown:
    """A progress bar that is told how far the work is."""

    def __init__(self, progress: Progress, what: str) -> None:
        self.progress = progress
        self.task: TaskID = progress.add_task(what, total=None)

    def tell(self, done: int, total: int | None = None, message: str = "") -> None:
        self.progress.update(self.task, completed=done, total=total, description=message or None)


def show(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, default=str))
        return
    for key, value in result.items():
        screen.print(f"  {key}: {value}", highlight=False)
