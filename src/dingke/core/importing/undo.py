"""Taking an import back: created rows go unless somebody built on them, changed fields are set back unless changed since.

Newest first, a batch per transaction; what is taken back leaves `ImportChange`, what has to stay is listed with its reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import access, audit, jobs
from dingke.core.importing import targets
from dingke.core.importing.outcomes import Said, said
from dingke.core.importing.targets import UndoRule
from dingke.core.models import ImportChange, ImportRun
from dingke.core.reasons import Sentences
from dingke.core.scope import Scope

BATCH = 500
LISTED = 500
SENTENCES = Sentences(
    {
        "EDITED_SINCE": ("{name} was changed after the import and stays.", "“{name}”在导入后被修改过，予以保留。"),
        "BUILT_UPON": (
            "{name} stays: other records ({number}) refer to it: {kinds}.",
            "“{name}”予以保留：另有 {number} 条记录与其关联（{kinds}）。",
        ),
        "CHANGED_SINCE": (
            "{name}: {fields} was changed after the import and stays as it is.",
            "“{name}”的 {fields} 在导入后被修改过，保持现状。",
        ),
    }
)


def undo_import(progress: jobs.Progress) -> dict[str, Any]:
    """The job handler; going on after an interruption is the same call again."""
    run = ImportRun.objects.get(pk=progress.params["run"])
    return take_back(run, by=targets.scope_of(progress.job.owner_id), now=timezone.now(), progress=progress)  # noqa: TID251 (the worker's door)


def take_back(run: ImportRun, *, by: Scope, now: datetime, progress: jobs.Progress | None = None) -> dict[str, Any]:
    access.needs(by, "imports.run").enforce()
    stored = run.options.get("undo", {})
    total = int(stored.get("total") or run.changes.count())
    done = int(stored.get("done", 0))
    while True:
        with transaction.atomic():
            held = ImportRun.objects.select_for_update().get(pk=run.pk)
            state = held.options.get("undo", {"removed": 0, "set_back": 0, "kept": 0, "left": [], "total": total})
            summary = {key: state[key] for key in ("removed", "set_back", "kept")}
            if held.state == ImportRun.State.UNDONE:  # its job was killed after that was written
                break
            rows = held.changes.order_by("-id")
            if state.get("cursor"):
                rows = rows.filter(pk__lt=state["cursor"])
            batch = list(rows[:BATCH])
            if not batch:
                held.state, held.undone_at = ImportRun.State.UNDONE, now
                held.options = {**held.options, "undo": state}
                held.save(update_fields=["state", "undone_at", "options"])
                audit.record(target=held, action="imports.undo", by=by, now=now, changes={"undo": summary}, summary=held.title)
                break
            _take_back_batch(batch, state)
            state["cursor"] = batch[-1].pk
            done += len(batch)
            state["done"] = done
            held.options = {**held.options, "undo": state}
            held.save(update_fields=["options"])
        if progress:
            progress.tell(done, total)
    from django.urls import reverse

    run.refresh_from_db()
    message = _("%(removed)s removed, %(set_back)s set back, %(kept)s had to stay") % {key: f"{value:,}" for key, value in summary.items()}
    return {"message": message, "run": run.pk, "url": reverse("imports:run", kwargs={"run_id": run.pk})}


def _take_back_batch(batch: Sequence[ImportChange], state: dict[str, Any]) -> None:
    by_model: dict[str, list[ImportChange]] = defaultdict(list)
    for change in batch:
        by_model[change.target].append(change)
    finished: list[int] = []
    for label, changes in by_model.items():  # in the order of first appearance: what was written last goes first
        rule = targets.undo_rule(label)
        if rule is None:
            continue
        rows = {row.pk: row for row in rule.model._default_manager.filter(pk__in={change.target_id for change in changes}).order_by("pk")}
        stay = _set_back(rule, [change for change in changes if not change.is_created], rows, state)
        stay |= _remove(rule, [change for change in changes if change.is_created], rows, state)
        finished.extend(change.pk for change in changes if change.pk not in stay)
    ImportChange.objects.filter(pk__in=finished).delete()


def _leave(state: dict[str, Any], change: ImportChange, reason: Said) -> int:
    state["kept"] += 1
    if len(state["left"]) < LISTED:
        state["left"].append({"target": change.target, "id": change.target_id, "en": reason[0], "zh": reason[1]})
    return change.pk


def _set_back(rule: UndoRule, changes: Sequence[ImportChange], rows: dict[int, models.Model], state: dict[str, Any]) -> set[int]:
    stay: set[int] = set()
    touched: dict[int, models.Model] = {}
    names: set[str] = set()
    for change in changes:
        row = rows.get(change.target_id)
        if row is None or not change.before:
            continue
        kept: list[str] = []
        for name, (old, new) in change.before.items():
            field = _field(rule.model, name)
            if _python(field, new) != getattr(row, name):
                kept.append(str(field.verbose_name))
                continue
            setattr(row, name, _python(field, old))
            touched[row.pk] = row
            names.add(name)
        if kept:
            stay.add(_leave(state, change, said(SENTENCES, "CHANGED_SINCE", name=rule.name(row), fields=kept)))
        else:
            state["set_back"] += 1
    if touched:
        if hasattr(rule.model, "version"):
            for row in touched.values():
                row.version += 1  # type: ignore[attr-defined]
            names.add("version")
        with rule.around(sorted(touched)):
            rule.model._default_manager.bulk_update(
                list(touched.values()), sorted({_field(rule.model, name).name for name in names}), batch_size=100
            )
        if rule.changed:
            rule.changed(sorted(touched))
    return stay


def _remove(rule: UndoRule, changes: Sequence[ImportChange], rows: dict[int, models.Model], state: dict[str, Any]) -> set[int]:
    stay: set[int] = set()
    going: dict[int, ImportChange] = {}
    for change in changes:
        row = rows.get(change.target_id)
        if row is None:
            continue
        if getattr(row, "version", 1) > 1:
            stay.add(_leave(state, change, said(SENTENCES, "EDITED_SINCE", name=rule.name(row))))
        else:
            going[row.pk] = change
    for pk, kinds in _built_upon(rule, going).items():
        change = going.pop(pk)
        reason = said(SENTENCES, "BUILT_UPON", name=rule.name(rows[pk]), number=sum(kinds.values()), kinds=sorted(kinds))
        stay.add(_leave(state, change, reason))
    if going:
        if rule.removing:
            rule.removing(list(going))
        with rule.around(list(going)):
            _delete(rule.model, list(going))
        state["removed"] += len(going)
    return stay


def _delete(model: type[models.Model], ids: list[int]) -> None:
    """Rows of a tree that protects its branches go one by one, the newest first; all others at once."""
    is_tree = any(
        field.related_model is model and getattr(field.remote_field, "on_delete", None) is models.PROTECT
        for field in model._meta.concrete_fields
    )
    for group in [[pk] for pk in sorted(ids, reverse=True)] if is_tree else [ids]:
        model._default_manager.filter(pk__in=group).delete()


def _built_upon(rule: UndoRule, going: dict[int, ImportChange]) -> dict[int, dict[str, int]]:
    """Rows of others that point to the rows that are to go: row -> kind -> how many. One query per relation."""
    found: dict[int, dict[str, int]] = {}
    if not going:
        return found
    run_id = next(iter(going.values())).run_id
    for relation in rule.model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel) or relation.related_model is None:
            continue
        model, name = relation.related_model, relation.field.attname
        place = f"{model._meta.label}.{relation.field.name}"
        if place in rule.part_of or model._meta.auto_created or targets.is_computed(model._meta.label):
            continue
        pairs = list(model._default_manager.filter(**{f"{name}__in": list(going)}).order_by("pk").values_list("pk", name))
        if model is rule.model:
            pairs = [(pk, target) for pk, target in pairs if pk not in going]
        if not pairs:
            continue
        label = model._meta.label_lower
        own = set(
            ImportChange.objects.filter(
                run_id=run_id, target=label, is_created=True, target_id__in=[pk for pk, _target in pairs]
            ).values_list("target_id", flat=True)
        )
        for pk, target in pairs:
            if pk not in own or (relation.on_delete is not models.SET_NULL and model is not rule.model):
                kinds = found.setdefault(target, {})
                kinds[str(model._meta.verbose_name)] = kinds.get(str(model._meta.verbose_name), 0) + 1
    return found


def _field(model: type[models.Model], attribute: str) -> models.Field[Any, Any]:
    return next(field for field in model._meta.concrete_fields if attribute in (field.attname, field.name))


def _python(field: models.Field[Any, Any], value: Any) -> Any:
    target: models.Field[Any, Any] = field.target_field if isinstance(field, models.ForeignKey) else field
    return target.to_python(value)
