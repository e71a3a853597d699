"""Writing playbooks without code (F-18): a draft, changed part by part, published as the next version. Running deals keep theirs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core import audit, bus
from dingke.core.errors import Invalid, Refusal, StaleRecord
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.pipeline import access
from dingke.pipeline.calc.playbook import Unsound, parse, stored
from dingke.pipeline.events import PlaybookPublished
from dingke.pipeline.models import Playbook, PlaybookVersion
from dingke.pipeline.queries.playbooks import known_checks, newest_published

HEAD = ["label_zh", "label_en", "mode", "unit", "industries", "product_families"]
State = PlaybookVersion.State
Rows = list[dict[str, Any]]


class UnableToEditPlaybook(Refusal):
    """The playbook cannot be changed so."""


@transaction.atomic
def create_playbook(*, values: Mapping[str, Any], by: Scope, now: datetime, copied_from: Playbook | None = None) -> PlaybookVersion:
    """A playbook of the company, with a draft: empty but for one stage, or as another playbook says. Gives the draft."""
    access.can_edit_playbooks(by).enforce()
    playbook = Playbook(is_own=True, code=_free_code(str(values.get("label_en") or values.get("label_zh") or "")))
    _set_head(playbook, values)
    playbook.position = (Playbook.objects.aggregate(last=Max("position"))["last"] or 0) + 10
    playbook.save()
    source = newest_published(copied_from) if copied_from is not None else None
    first = {"code": "STAGE_1", "zh": "第一阶段", "en": "First stage", "probability": 10}
    draft = PlaybookVersion.objects.create(playbook=playbook, number=1, content=dict(source.content) if source else {"stages": [first]})
    audit.record(target=playbook, action="playbooks.create", by=by, now=now, summary=str(values.get("label_zh") or playbook.code))
    return draft


@transaction.atomic
def edit_playbook(
    *, playbook: Playbook, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> Playbook:
    """Names, mode, and for which industries and families it is."""
    access.can_edit_playbooks(by).enforce()
    fresh = locked(playbook, expected_version=expected_version, yours=values)
    before = snapshot_of(fresh, HEAD)
    _set_head(fresh, values)
    audit.save_with_audit(target=fresh, fields=HEAD, action="playbooks.edit", by=by, now=now, before=before)
    return fresh


@transaction.atomic
def set_playbook_archived(*, playbook: Playbook, is_archived: bool, by: Scope, now: datetime) -> Playbook:
    """Puts a playbook away, or takes it out again: no new deal begins in it, running ones go on."""
    access.can_edit_playbooks(by).enforce()
    if (playbook.archived_at is not None) == is_archived:
        return playbook
    fresh = locked(playbook, expected_version=None, yours={})
    fresh.archived_at = now if is_archived else None
    fresh.save()
    action = "playbooks.archive" if is_archived else "playbooks.restore"
    audit.record(target=fresh, action=action, by=by, now=now, summary=fresh.label_zh)
    return fresh


@transaction.atomic
def open_draft(*, playbook: Playbook, by: Scope, now: datetime) -> PlaybookVersion:
    """The draft of a playbook; made from the newest published version when there is none."""
    access.can_edit_playbooks(by).enforce()
    draft = playbook.versions.filter(state=State.DRAFT).order_by("-number").first()
    if draft is not None:
        return draft
    newest = newest_published(playbook)
    number = (playbook.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    draft = PlaybookVersion.objects.create(playbook=playbook, number=number, content=dict(newest.content) if newest else {"stages": []})
    audit.record(target=playbook, action="playbooks.draft", by=by, now=now, summary=playbook.label_zh)
    return draft


@transaction.atomic
def discard_draft(*, draft: PlaybookVersion, by: Scope, now: datetime) -> None:
    access.can_edit_playbooks(by).enforce()
    _refuse_published(draft)
    if not draft.playbook.versions.filter(state=State.PUBLISHED).exists():
        raise UnableToEditPlaybook(_("This playbook has only this draft. Put the playbook away instead."))
    audit.record(target=draft.playbook, action="playbooks.discard_draft", by=by, now=now, summary=draft.playbook.label_zh)
    draft.delete()


@transaction.atomic
def publish_playbook(
    *, draft: PlaybookVersion, note: str, by: Scope, now: datetime, expected_version: int | None = None
) -> PlaybookVersion:
    """The draft becomes the version in which new deals begin. Refused with sentences while it is not sound, or names unknown checks."""
    access.can_edit_playbooks(by).enforce()
    fresh = _draft_locked(draft, expected_version)
    try:
        fresh.content = stored(parse(fresh.content, known_checks()))
    except Unsound as problem:
        raise Invalid(" ".join(problem.sentences(get_language() or "zh"))) from problem
    fresh.state, fresh.note, fresh.published_at, fresh.published_by_name = State.PUBLISHED, note.strip()[:300], now, by.name
    fresh.save()
    audit.record(
        target=fresh.playbook, action="playbooks.publish", by=by, now=now, changes={"number": [None, fresh.number]}, summary=fresh.note
    )
    bus.publish(PlaybookPublished(version_id=fresh.pk, number=fresh.number), now=now)
    return fresh


@transaction.atomic
def save_stage(
    *, draft: PlaybookVersion, code: str, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> PlaybookVersion:
    """Changes a stage of a draft, or adds one at the end when `code` is empty. `values` as in the stored form; lists replace lists."""

    def change(stages: Rows) -> Rows:
        found = next((row for row in stages if row.get("code") == code), None) if code else None
        if code and found is None:
            raise UnableToEditPlaybook(_("This stage is no longer in the draft."))
        new = {**(found or {}), **values}
        new["code"] = code or str(values.get("code") or "") or _stage_code(stages)
        new = {name: value for name, value in new.items() if value not in (None, "", [], {}) or name == "code"}
        return [new if row is found else row for row in stages] if found is not None else [*stages, new]

    return _changed(draft, change, by=by, now=now, expected_version=expected_version)


@transaction.atomic
def remove_stage(*, draft: PlaybookVersion, code: str, by: Scope, now: datetime, expected_version: int | None = None) -> PlaybookVersion:
    def change(stages: Rows) -> Rows:
        if len(stages) == 1:
            raise UnableToEditPlaybook(_("A playbook needs at least one stage."))
        return [row for row in stages if row.get("code") != code]

    return _changed(draft, change, by=by, now=now, expected_version=expected_version)


@transaction.atomic
def order_stages(
    *, draft: PlaybookVersion, order: Iterable[str], by: Scope, now: datetime, expected_version: int | None = None
) -> PlaybookVersion:
    """The stages in the order of these codes; all of them have to be named."""
    wanted = list(order)

    def change(stages: Rows) -> Rows:
        known = {str(row.get("code")): row for row in stages}
        if sorted(known) != sorted(wanted):
            raise UnableToEditPlaybook(_("Somebody else changed the stages. Look at the draft again."))
        return [known[code] for code in wanted]

    return _changed(draft, change, by=by, now=now, expected_version=expected_version)


def _changed(
    draft: PlaybookVersion, change: Callable[[Rows], Rows], *, by: Scope, now: datetime, expected_version: int | None
) -> PlaybookVersion:
    access.can_edit_playbooks(by).enforce()
    fresh = _draft_locked(draft, expected_version)
    before = fresh.content
    stages = change(list(before.get("stages", [])))
    try:
        content = stored(parse({"stages": stages}, known_checks()))
    except Unsound as problem:
        raise Invalid(" ".join(problem.sentences(get_language() or "zh"))) from problem
    if content != before:
        fresh.content, fresh.version = content, fresh.version + 1
        fresh.save()
        changes = {"stages": [_codes(before), _codes(content)]}
        audit.record(target=fresh.playbook, action="playbooks.edit_draft", by=by, now=now, changes=changes)
    return fresh


def _codes(content: Mapping[str, Any]) -> list[str]:
    return [str(row.get("code")) for row in content.get("stages", [])]


def _draft_locked(draft: PlaybookVersion, expected_version: int | None) -> PlaybookVersion:
    fresh = PlaybookVersion.objects.select_for_update(of=("self",)).select_related("playbook").filter(pk=draft.pk).order_by("pk").first()
    if fresh is None:
        raise UnableToEditPlaybook(_("This draft was discarded."))
    _refuse_published(fresh)
    if expected_version is not None and fresh.version != expected_version:
        raise StaleRecord(
            _("Somebody else saved this while you were editing. Nothing of yours is lost: compare and save again."),
            theirs={"version": fresh.version}, yours={"version": expected_version},
        )  # fmt: skip
    return fresh


def _refuse_published(version: PlaybookVersion) -> None:
    if version.state != State.DRAFT:
        raise UnableToEditPlaybook(_("A published version is not changed any more. Begin a draft."))


def _set_head(playbook: Playbook, values: Mapping[str, Any]) -> None:
    unknown = set(values) - set(HEAD)
    if unknown:
        raise Invalid(_("Unknown fields: %(names)s") % {"names": ", ".join(sorted(unknown))})
    for field, value in values.items():
        setattr(playbook, field, value.strip() if isinstance(value, str) else value)
    zh, en = playbook.label_zh or playbook.label_en, playbook.label_en or playbook.label_zh
    if not zh:
        raise Invalid(_("A playbook needs a name."), fields={"label_zh": _("A playbook needs a name.")})
    playbook.label_zh, playbook.label_en = zh, en


def _free_code(name: str) -> str:
    base = re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")[:30] or "PLAYBOOK"
    if not base[0].isalpha():
        base = f"P_{base}"[:30]
    taken = set(Playbook.objects.filter(code__startswith=base).order_by().values_list("code", flat=True))
    return next(code for code in (base, *(f"{base}_{number}" for number in range(2, 10_000))) if code not in taken)


def _stage_code(stages: Rows) -> str:
    taken = {str(row.get("code")) for row in stages}
    return next(f"STAGE_{number}" for number in range(1, 1000) if f"STAGE_{number}" not in taken)
