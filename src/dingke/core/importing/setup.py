"""Setting up a run: files in, what they are, how they are read and mapped; then start, stop, go on, undo, discard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core import access, audit, jobs
from dingke.core.errors import Invalid, Refusal
from dingke.core.importing import files, proposals, recipes, targets
from dingke.core.models import ImportFile, ImportRun
from dingke.core.scope import Scope
from dingke.core.tabular.errors import FileRefused, Notice
from dingke.core.tabular.reader import Table, open_table

KINDS = {".csv", ".txt", ".tsv", ".xlsx", ".xls", ".tab"}


class UnableToImport(Refusal):
    """This cannot be imported as it stands."""


class FileNotReadable(Invalid):
    """A file was refused; the sentence is the reader's, in the person's language."""


def as_refusal(refusal: FileRefused, name: str) -> FileNotReadable:
    language = get_language() or settings.LANGUAGE_CODE
    return FileNotReadable(_("%(file)s: %(reason)s") % {"file": name, "reason": refusal.describe(language)})


def too_large(name: str) -> Invalid:
    limit = settings.IMPORT_MAX_BYTES // 1024 // 1024
    return Invalid(_("%(file)s is larger than %(limit)s MB. Split it into several files.") % {"file": name, "limit": limit})


def allowed_targets(by: Scope) -> list[targets.ImportTarget]:
    """What the person may import."""
    if not access.needs(by, "imports.run"):
        return []
    return [target for target in targets.all_targets() if access.needs(by, target.permission)]


@transaction.atomic
def create_run(*, uploads: Sequence[tuple[str, Any]], by: Scope, now: datetime, mode: str = ImportRun.Mode.BOTH) -> ImportRun:
    """A run in the making from (name, open file) pairs: stored, opened, recognised as a recipe or proposed one by one.

    Raises `FileNotReadable` with the reader's sentence; nothing is kept then.
    """
    access.needs(by, "imports.run").enforce()
    if not uploads:
        raise Invalid(_("Choose a file first."))
    for name, content in uploads:
        if content.size > settings.IMPORT_MAX_BYTES:
            raise too_large(name)
    title = ", ".join(name for name, _content in uploads)[:200]
    run = ImportRun.objects.create(
        title=title, mode=mode, owner_id=by.user_id, owner_name=by.name, created_at=now, options={"create_related": True}
    )
    stored = [ImportFile(run=run, position=place, name=name[:200]) for place, (name, _content) in enumerate(uploads)]
    try:
        for row, (name, content) in zip(stored, uploads, strict=True):
            row.file.save(name, content if isinstance(content, File) else File(content), save=False)
        _arrange(run, stored, by=by)
    except Exception:
        for row in stored:
            if row.file:
                row.file.delete(save=False)
        raise
    return run


def _arrange(run: ImportRun, stored: Sequence[ImportFile], *, by: Scope) -> None:
    headers = []
    for row in stored:
        with opened(row) as table:
            headers.append(table.headers)
            row.notices = [{"code": notice.code, "params": dict(notice.params)} for notice in table.notices]
    known = recipes.recognised(headers)
    if known is None:
        for row in stored:
            with opened(row) as table:
                found = proposals.propose_for(table, allowed=[each.key for each in allowed_targets(by)])
            row.target, row.mapping, row.value_mapping = found.target, found.mapping, found.value_mapping
            row.save()
        order = [each.key for each in targets.all_targets()]
        for place, row in enumerate(sorted(stored, key=lambda row: order.index(row.target) if row.target in order else len(order))):
            row.position = place
            row.save(update_fields=["position"])
        return
    recipe, matched = known
    missing = recipe.missing(matched)
    for place, (part, index) in enumerate(matched):
        source = stored[index]
        row = ImportFile(
            run=run,
            position=place,
            name=source.name,
            file=source.file.name,
            target=part.target,
            notices=source.notices,
            mapping=recipes.mapping_for(part, headers[index]),
            reading=part.reading,
        )
        row.save()
    run.options = {**run.options, "recipe": recipe.key, "missing": missing}
    run.title = _title(recipe.label.zh, recipe.label.en)
    run.save(update_fields=["options", "title"])


def _title(chinese: str, english: str) -> str:
    return chinese if (get_language() or settings.LANGUAGE_CODE).startswith("zh") else english


def opened(row: ImportFile) -> Table:
    try:
        return files.opened(row)
    except FileRefused as refusal:
        raise as_refusal(refusal, row.name) from refusal


def uploads_in(path: Path) -> list[Path]:
    """The tables of a folder (or the one file), in name order."""
    if path.is_file():
        return [path]
    return [
        file for file in sorted(path.iterdir()) if file.is_file() and file.suffix.lower() in KINDS and not file.name.startswith((".", "~"))
    ]


def headers_of(path: Path) -> tuple[str, ...]:
    with open_table(path, limits=files.limits()) as table:
        return table.headers


@transaction.atomic
def set_reading(*, part: ImportFile, reading: Mapping[str, Any], by: Scope) -> ImportFile:
    """How the file is to be read: sheet, encoding, delimiter, header row. The mapping is proposed anew when the headers change."""
    _draft(part.run)
    before = opened_headers(part)
    part.reading = {name: value for name, value in reading.items() if value not in (None, "")}
    with opened(part) as table:
        part.notices = [{"code": notice.code, "params": dict(notice.params)} for notice in table.notices]
        part.rows_total = None
        if table.headers != before:
            found = proposals.propose_for(table, allowed=[each.key for each in allowed_targets(by)], target=part.target)
            part.target, part.mapping, part.value_mapping = found.target or part.target, found.mapping, found.value_mapping
    part.save()
    return part


def opened_headers(part: ImportFile) -> tuple[str, ...]:
    try:
        with files.opened(part) as table:
            return table.headers
    except FileRefused:
        return ()


@transaction.atomic
def set_target(*, part: ImportFile, target: str, by: Scope) -> ImportFile:
    """What the file holds; columns are proposed anew for it."""
    _draft(part.run)
    if target not in {each.key for each in allowed_targets(by)}:
        raise UnableToImport(_("Your role does not import this."))
    with opened(part) as table:
        found = proposals.propose_for(table, allowed=[target], target=target)
    part.target, part.mapping, part.value_mapping = target, found.mapping, found.value_mapping
    part.save()
    return part


@transaction.atomic
def set_mapping(
    *, part: ImportFile, pairs: Mapping[str, str], orders: Mapping[str, str], factors: Mapping[str, str], key: str
) -> ImportFile:
    """Which header goes to which field ("" for none), the order of its dates, and the key by which records are found."""
    _draft(part.run)
    target = targets.target(part.target)
    chosen = {header: field for header, field in pairs.items() if field}
    twice = next((field for field in chosen.values() if list(chosen.values()).count(field) > 1), "")
    if twice and (field := target.field(twice)):
        raise Invalid(_("Two columns go to “%(field)s”. Choose one.") % {"field": _title(field.label.zh, field.label.en)})
    with opened(part) as table:
        mapping = proposals.mapping_of(target, chosen, table, part.mapping)
    for spec in mapping["fields"].values():
        header = spec.get("column")
        if header in orders and orders[header] in {"ymd", "dmy", "mdy"}:
            spec["order"] = orders[header]
        if header in factors:
            if factors[header] not in ("", "1"):
                spec["factor"] = factors[header]
            else:
                spec.pop("factor", None)
    if key:
        mapping["key"] = key
    part.mapping = mapping
    part.save(update_fields=["mapping"])
    return part


@transaction.atomic
def set_values(*, part: ImportFile, pairs: Mapping[str, Mapping[str, str]]) -> ImportFile:
    """What misspelt or foreign values mean: field -> {value in the file: value in the system}."""
    _draft(part.run)
    merged = {field: dict(values) for field, values in part.value_mapping.items()}
    for field, values in pairs.items():
        merged.setdefault(field, {}).update(values)
    kept = {field: {old: new for old, new in values.items() if new} for field, values in merged.items()}
    part.value_mapping = {field: values for field, values in kept.items() if values}
    part.save(update_fields=["value_mapping"])
    return part


@transaction.atomic
def take_sure_values(*, run: ImportRun) -> None:
    """Takes every proposal for a misspelt value that is sure, file by file in their order."""
    parts = list(run.files.select_related("run").order_by("position", "id"))
    for part in parts:
        taken = proposals.sure_values(proposals.value_questions(part, parts))
        if taken:
            set_values(part=part, pairs=taken)


@transaction.atomic
def set_options(*, run: ImportRun, mode: str, options: Mapping[str, Any]) -> ImportRun:
    _draft(run)
    if mode not in ImportRun.Mode.values:
        raise Invalid(_("Choose whether to create, to update, or both."))
    run.mode, run.options = mode, {**run.options, **options}
    run.save(update_fields=["mode", "options"])
    return run


def tells_absent(parts: Iterable[ImportFile]) -> bool:
    """Whether one of the files is a list of everything, so that something may be missing in it."""
    return any(target is not None and target.absent is not None for part in parts for target in [targets.known_target(part.target)])


def _draft(run: ImportRun) -> None:
    if run.state != ImportRun.State.DRAFT:
        raise UnableToImport(_("This import has been started already."))


def gaps(run: ImportRun, by: Scope) -> list[str]:
    """What keeps the run from being started, in words; empty when nothing does."""
    found: list[str] = []
    for part in run.files.order_by("position", "id"):
        target = targets.known_target(part.target)
        if target is None:
            found.append(_("%(file)s: say what it holds.") % {"file": part.name})
            continue
        if not access.needs(by, target.permission):
            found.append(_("%(file)s: your role does not import this.") % {"file": part.name})
        fields = part.mapping.get("fields", {})
        missing = [field for field in target.fields if field.required and field.key not in fields]
        if target.needs_one_of and not any(key in fields for key in target.needs_one_of):
            missing.extend(field for field in target.fields if field.key == target.needs_one_of[0])
        for field in missing:
            found.append(_("%(file)s: no column is “%(field)s”.") % {"file": part.name, "field": _title(field.label.zh, field.label.en)})
        for key, spec in fields.items():
            if spec.get("orders") and not spec.get("order") and (dated := target.field(key)):
                found.append(
                    _("%(file)s: say in which order day, month and year stand in “%(field)s”.")
                    % {"file": part.name, "field": _title(dated.label.zh, dated.label.en)}
                )
        if run.mode != ImportRun.Mode.CREATE and target.keys and not target.keys_for(fields):
            found.append(_("%(file)s: to update, a column must tell which record a row means.") % {"file": part.name})
    return found


@transaction.atomic
def start_run(*, run: ImportRun, by: Scope, now: datetime) -> ImportRun:
    """Queues the run and remembers the mappings. Raises `UnableToImport` with what is missing."""
    access.needs(by, "imports.run").enforce()
    held = ImportRun.objects.select_for_update().get(pk=run.pk)
    _draft(held)
    make_ready(run=held, by=by, now=now)
    held.job = jobs.start(kind="import", params={"run": held.pk}, by=by, now=now)
    held.save()
    return held


def make_ready(*, run: ImportRun, by: Scope, now: datetime) -> None:
    missing = gaps(run, by)
    if missing:
        raise UnableToImport(" ".join(missing[:3]))
    for part in run.files.order_by("position", "id"):
        if not run.options.get("recipe"):
            proposals.remember(
                headers=opened_headers(part), target=part.target, mapping=part.mapping, value_mapping=part.value_mapping, now=now
            )
    run.state = ImportRun.State.RUNNING
    run.save(update_fields=["state"])


def _lies_still(run: ImportRun, state: str) -> bool:
    """Whether the run says that it works while its job has ended."""
    return run.state == state and (run.job is None or not run.job.is_open)


def _has_rows(run: ImportRun) -> bool:
    """Whether the run reads files; one over the organisation's directory is made anew instead of going on."""
    return "source" not in run.options


def can_continue(run: ImportRun) -> bool:
    return _has_rows(run) and (run.state == ImportRun.State.FAILED or _lies_still(run, ImportRun.State.RUNNING))


def can_undo(run: ImportRun) -> bool:
    if run.options.get("problem"):
        return False
    return run.state in {ImportRun.State.DONE, ImportRun.State.FAILED} or _lies_still(run, ImportRun.State.UNDOING)


@transaction.atomic
def continue_run(*, run: ImportRun, by: Scope, now: datetime) -> ImportRun:
    """Goes on with a run that was stopped or failed, from the row where it was."""
    access.needs(by, "imports.run").enforce()
    held = ImportRun.objects.select_for_update().get(pk=run.pk)
    if not can_continue(held):
        raise UnableToImport(_("This import did not stop."))
    held.state, held.finished_at = ImportRun.State.RUNNING, None
    held.job = jobs.start(kind="import", params={"run": held.pk}, by=by, now=now)
    held.save()
    return held


@transaction.atomic
def undo_run(*, run: ImportRun, by: Scope, now: datetime) -> ImportRun:
    """Queues the undoing. Created rows go unless somebody built on them; changed fields are set back unless changed since."""
    access.needs(by, "imports.run").enforce()
    held = ImportRun.objects.select_for_update().get(pk=run.pk)
    if not can_undo(held):
        raise UnableToImport(_("Only an import that has ended can be undone."))
    held.state = ImportRun.State.UNDOING
    held.job = jobs.start(kind="undo_import", params={"run": held.pk}, by=by, now=now)
    held.save()
    return held


@transaction.atomic
def discard_run(*, run: ImportRun, by: Scope, now: datetime) -> None:
    """Throws away a run that was never started, with its files."""
    _draft(run)
    access.needs(by, "imports.run").enforce()
    names = {part.file.name: part.file for part in run.files.order_by("id")}
    audit.record(target=run, action="imports.discard", by=by, now=now, summary=run.title)
    run.delete()
    for stored in names.values():
        transaction.on_commit(lambda stored=stored: stored.delete(save=False))  # type: ignore[misc]


def notices_of(part: ImportFile, language: str) -> Iterable[str]:
    return [Notice(entry["code"], entry["params"]).describe(language) for entry in part.notices]
