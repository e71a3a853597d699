"""`dingke import`: a file or a folder, taken in by the same engine as the pages, with the proposals shown and asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core import jobs
from dingke.core.errors import Refusal
from dingke.core.importing import dry_run, engine, files, proposals, setup, targets
from dingke.core.importing.outcomes import Alike
from dingke.core.models import ImportFailure, ImportFile, ImportRun, Job
from dingke.core.scope import Scope

SHOWN = 10
Ask = Callable[[str], bool]
Tell = Callable[[str, int, int | None], None]


class NotConfirmed(Refusal):
    """The person said no; nothing was imported."""


def import_path(
    path: Path,
    *,
    by: Scope,
    now: datetime,
    yes: bool,
    mode: str = "BOTH",
    alike: str = "CREATE",
    tell: Tell | None = None,
    ask: Ask | None = None,
) -> dict[str, Any]:
    """Imports a file, or the tables of a folder. Shows what it understood and asks, unless `yes`.

    `alike` says what is done with new accounts that seem to be there already; "alike" in the counts says how many rows were.
    `tell(what, done, total)` hears of progress. Returns counts per target, the run's id and the path of the failed rows.
    Raises `Refusal` with the sentence to show.
    """
    if mode not in ImportRun.Mode.values:
        raise Refusal(_("Choose whether to create, to update, or both."))
    if alike not in set(Alike):
        raise Refusal(_("Choose what happens to accounts that seem to be there already: create, skip or update."))
    sources = setup.uploads_in(path)
    if not sources:
        raise Refusal(_("There is no csv, xlsx or text file in %(path)s.") % {"path": path})
    run = setup.set_options(run=_set_up(sources, by=by, now=now, mode=mode), mode=mode, options={"alike": alike})
    try:
        _take_values(run, yes=yes, ask=ask or _ask_on_screen)
        missing = setup.gaps(run, by)
        if missing:
            raise setup.UnableToImport(" ".join(missing))
        if not yes and not (ask or _ask_on_screen)("\n".join([*alike_lines(run, by=by, now=now), plan(run)])):
            raise NotConfirmed(_("Nothing was imported."))
    except BaseException:  # also when the person breaks off at a question
        setup.discard_run(run=run, by=by, now=now)
        raise
    return _performed(run, by=by, now=now, tell=tell)


def _set_up(sources: list[Path], *, by: Scope, now: datetime, mode: str) -> ImportRun:
    streams = [source.open("rb") for source in sources]
    try:
        uploads = [(source.name, File(stream, name=source.name)) for source, stream in zip(sources, streams, strict=True)]
        return setup.create_run(uploads=uploads, by=by, now=now, mode=mode)
    finally:
        for stream in streams:
            stream.close()


def _parts(run: ImportRun) -> list[ImportFile]:
    return list(run.files.order_by("position", "id"))


def _take_values(run: ImportRun, *, yes: bool, ask: Ask) -> None:
    parts = _parts(run)
    for part in parts:
        questions = proposals.value_questions(part, parts)
        taken = proposals.sure_values(questions)
        if taken and not yes:
            lines = [
                f"  {question.value} → {question.candidate.value} ({question.rows:,})"
                for question in questions
                if question.is_sure and question.candidate
            ]
            if not ask("\n".join([_("%(file)s: these values look misspelt. Take what they mean?") % {"file": part.name}, *lines])):
                continue
        if taken:
            setup.set_values(part=part, pairs=taken)


def alike_lines(run: ImportRun, *, by: Scope, now: datetime) -> list[str]:
    """The first rows that would create an account which seems to be there already, by a trial that is taken back."""
    lines: list[str] = []
    for tried in dry_run.trial(run, by=by, now=now):
        if tried.alike:
            number = f"{tried.counts['alike']:,}"
            lines.append(_("%(file)s: %(number)s rows seem to be there already.") % {"file": tried.file.name, "number": number})
            lines += [f"    {row.number}: {_in_language(*outcome.alike.text)}" for row, outcome in tried.alike[:SHOWN] if outcome.alike]
    return lines


def plan(run: ImportRun) -> str:
    """What will be done, in words."""
    lines = [run.title, str(run.get_mode_display())]
    for part in _parts(run):
        target = targets.target(part.target)
        lines.append(f"{part.name} → {_in_language(target.label.en, target.label.zh)}")
        for field in target.fields:
            spec = part.mapping["fields"].get(field.key)
            if spec:
                source = spec.get("column") or spec.get("template") or spec.get("value") or _("from another file")
                lines.append(f"    {source} → {_in_language(field.label.en, field.label.zh)}")
        for key, values in part.value_mapping.items():
            lines.extend(f"    {key}: {old} → {new}" for old, new in values.items())
    missing = run.options.get("missing")
    if missing:
        lines.append(_("Not in the folder: %(names)s") % {"names": ", ".join(missing)})
    lines.append(_("Import this?"))
    return "\n".join(lines)


def _in_language(english: str, chinese: str) -> str:
    return chinese if (get_language() or settings.LANGUAGE_CODE).startswith("zh") else english


def _ask_on_screen(question: str) -> bool:
    import typer

    return typer.confirm(question)


def _performed(run: ImportRun, *, by: Scope, now: datetime, tell: Tell | None) -> dict[str, Any]:
    token = engine.listener.set(tell)
    try:
        run = setup.start_run(run=run, by=by, now=now)
        assert run.job_id is not None
        job = jobs.run(run.job_id)
        while job.is_open:  # a worker of a running system was quicker
            time.sleep(0.5)
            job.refresh_from_db()
            if tell:
                tell(run.title, job.done, job.total)
    finally:
        engine.listener.reset(token)
    if job.state != Job.State.DONE:
        raise Refusal(job.message or str(job.get_state_display()))
    run.refresh_from_db()
    return _report(run)


def _report(run: ImportRun) -> dict[str, Any]:
    counts = {key: value for key, value in run.counts.items() if key != "total"}
    result: dict[str, Any] = {"run": run.pk, **counts, "total": run.counts.get("total", {})}
    written = _failures_file(run)
    if written:
        result["failed_rows"] = str(written)
    return result


def _failures_file(run: ImportRun) -> Path | None:
    """The failed rows beside the uploads, one sheet per file of the run; None when every row was taken."""
    chinese = (get_language() or settings.LANGUAGE_CODE).startswith("zh")
    folder = Path(settings.UPLOADS) / "imports" / f"run-{run.pk}"
    found: Path | None = None
    for part in _parts(run):
        failures = ImportFailure.objects.filter(file=part).order_by("row_number", "id")
        if failures.exists():
            folder.mkdir(parents=True, exist_ok=True)
            headers = setup.opened_headers(part)
            found = folder / f"failed-{part.position + 1}-{Path(part.name).stem}.xlsx"
            found.write_bytes(files.failures_as_xlsx(headers, failures.iterator(), chinese=chinese))
    return found
