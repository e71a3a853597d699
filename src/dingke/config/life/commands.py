"""`dingke backup`, `restore`, `upgrade`, `doctor`: the commands of an installation's life."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from dingke.config.console import FAILED, REFUSED, AsJson, Shown, bar, django_ready, fail, screen, show, speak, upgraded

PassphraseFile = Annotated[
    Path | None, typer.Option("--passphrase-file", help="File that holds the passphrase; else DINGKE_BACKUP_PASSPHRASE or …_FILE.")
]


def _now() -> datetime:
    return datetime.now(UTC)


def _ready() -> None:
    django_ready()
    speak()


def _passphrase(file: Path | None) -> str:
    from django.conf import settings

    if file is None:
        return str(settings.BACKUP_PASSPHRASE)
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        fail(f"{file}: {error.strerror}", REFUSED)


def backup(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; else a dated one in the backup folder.")] = None,
    encrypt: Annotated[bool, typer.Option("--encrypt", help="Encrypt with the passphrase.")] = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Write everything into one verified file, while the system runs."""
    _ready()
    from django.conf import settings

    from dingke.config.life.backup import back_up
    from dingke.core.errors import Refusal

    now = _now()
    file = output or Path(settings.BACKUP_FOLDER) / f"dingke-{now:%Y%m%d-%H%M%S}.dingke"
    passphrase = _passphrase(passphrase_file) if encrypt else ""
    if encrypt and not passphrase:
        fail("--encrypt needs a passphrase: DINGKE_BACKUP_PASSPHRASE, DINGKE_BACKUP_PASSPHRASE_FILE or --passphrase-file.", REFUSED)
    try:
        with bar() as progress:
            result = back_up(output=file, passphrase=passphrase, now=now, tell=Shown(progress, "backup").tell)
    except Refusal as refusal:
        fail(refusal.message, REFUSED)
    show(result, as_json)


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `dingke backup` wrote.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of what is there, of which a backup is made first.")
    ] = False,
    without_safety_backup: Annotated[bool, typer.Option("--without-safety-backup", help="With --replace: make none first.")] = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Bring a backup back, on SQLite or PostgreSQL, whole or not at all. The system must be stopped."""
    _ready()
    from dingke.config.life.restore import restore as bring_back
    from dingke.core.errors import Refusal

    if not yes and not typer.confirm(f"{file} -> this installation?", err=True):
        raise typer.Exit(REFUSED)
    try:
        with bar() as progress:
            result = bring_back(
                file=file,
                passphrase=_passphrase(passphrase_file),
                now=_now(),
                replace=replace,
                keep_present=not without_safety_backup,
                tell=Shown(progress, "restore").tell,
            )
    except Refusal as refusal:
        fail(refusal.message, REFUSED)
    show(result, as_json)


def upgrade(
    check_only: Annotated[bool, typer.Option("--check", help="Say what would be done, and whether it can be; change nothing.")] = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Bring the data to this version: check, back up, migrate, verify; or put everything back.

    Exit codes: 0 done (or nothing to do), 1 failed and the data is as it was, 2 refused before any change, 3 failed and not put back.
    """
    _ready()
    upgraded(passphrase=_passphrase(passphrase_file), as_json=as_json, check_only=check_only)


def doctor(
    as_json: AsJson = False,
    send_to: Annotated[str, typer.Option("--send-to", help="Send a test mail to this address.")] = "",
    mend: Annotated[bool, typer.Option("--mend", help="First mend what can be mended here.")] = False,
) -> None:
    """Say whether this installation is in order, and how to mend it. Exit code 1 when something fails."""
    _ready()
    from dingke.config.life import doctor as doctors

    if mend:
        from dingke.config import installation

        for mended in installation.mend():
            screen.print(f"[green]✓[/green] {mended}", highlight=False)
    findings = doctors.findings(now=_now(), send_to=send_to)
    if as_json:
        show({"findings": [finding.as_json() for finding in findings], "level": doctors.worst(findings)}, as_json)
    else:
        for finding in findings:
            mark = {"ok": "[green]✓[/green]", "warn": "[yellow]![/yellow]", "fail": "[red]✗[/red]"}[finding.level]
            screen.print(f"{mark} {finding.what}: {finding.found}" + (f"\n    {finding.mend}" if finding.mend else ""), highlight=False)
    if doctors.worst(findings) == "fail":
        raise typer.Exit(FAILED)


COMMANDS: list[Any] = [backup, restore, upgrade, doctor]


def add_to(app: typer.Typer) -> None:
    for command in COMMANDS:
        app.command()(command)
