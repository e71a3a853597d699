"""Playbooks: the list, a version, two versions compared, and the designer for drafts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, NotVisible, Refusal
from dingke.pipeline import access, checks
from dingke.pipeline.actions import playbooks as actions
from dingke.pipeline.calc.mapping import compare as compared
from dingke.pipeline.calc.playbook import Content, Unsound
from dingke.pipeline.forms import playbooks as forms
from dingke.pipeline.models import PlaybookVersion
from dingke.pipeline.queries import playbooks as reads


def _language() -> str:
    return get_language() or "zh-hans"


def _labels() -> dict[str, str]:
    return {check.code: check.label.text(_language()) for check in checks.every()}


def _content(version: PlaybookVersion) -> tuple[Content, list[str]]:
    """What a version says; of a draft that is not sound, why."""
    try:
        return reads.content_of(version), []
    except Unsound as problem:
        return Content(()), problem.sentences(_language())


@door("GET", permission="pipeline.see")
def playbooks(request: DoorRequest) -> HttpResponse:
    context = {"rows": reads.playbook_rows(request.scope), "can_edit": access.can_edit_playbooks(request.scope), "lang": _language()}
    return pages.page(request, "pipeline/playbooks.html", context)


@door("GET", permission="pipeline.see")
def playbook(request: DoorRequest, playbook_id: int) -> HttpResponse:
    """The newest version, and all the others."""
    book = reads.playbook_for(request.scope, playbook_id)
    shown = reads.newest_published(book) or book.versions.order_by("-number").first()
    if shown is None:
        raise NotVisible(_("There is no such version of a playbook."))
    return playbook_version(request, shown.pk)


@door("GET", permission="pipeline.see")
def playbook_version(request: DoorRequest, version_id: int) -> HttpResponse:
    version = reads.version_for(request.scope, version_id)
    content, problems = _content(version)
    context = {
        "version": version, "book": version.playbook, "name": reads.name_of(version.playbook), "content": content, "problems": problems,
        "versions": reads.versions_of(version.playbook), "can_edit": access.can_edit_playbooks(request.scope), "checks": _labels(),
        "lang": _language(), "is_draft": version.state == PlaybookVersion.State.DRAFT,
    }  # fmt: skip
    return pages.page(request, "pipeline/playbook.html", context)


@door("GET", permission="pipeline.see")
def playbook_compare(request: DoorRequest, version_id: int, other_id: int) -> HttpResponse:
    """What changed from the older of two versions to the newer one."""
    both = sorted((reads.version_for(request.scope, version_id), reads.version_for(request.scope, other_id)), key=lambda one: one.number)
    old, new = both
    context = {
        "old": old, "new": new, "book": new.playbook, "name": reads.name_of(new.playbook), "checks": _labels(), "lang": _language(),
        "rows": compared(_content(old)[0], _content(new)[0]),
    }  # fmt: skip
    return pages.page(request, "pipeline/playbook_compare.html", context)


@door("GET", "POST", permission="playbooks.edit")
def playbook_new(request: DoorRequest) -> HttpResponse:
    sources = reads.published_playbooks()
    initial = {"copied_from": request.GET.get("from", ""), "unit": "PROJECT", "mode": "PROJECT"}
    form = forms.HeadForm(
        request.POST if request.method == "POST" else None, initial=initial, industries=forms.industries(), sources=sources
    )
    if request.method == "POST" and form.is_valid():
        try:
            draft = actions.create_playbook(
                values=form.values(), copied_from=form.cleaned_data["copied_from"], by=request.scope, now=timezone.now()
            )
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            return pages.go_to(request, reverse("pipeline:playbook_version", args=[draft.pk]))
    context = {"form": form, "book": None, "title": _("New playbook"), "back": reverse("pipeline:playbooks")}
    return pages.page(request, "pipeline/playbook_form.html", context, status=422 if form.errors else 200)


@door("GET", "POST", permission="playbooks.edit")
def playbook_edit(request: DoorRequest, playbook_id: int) -> HttpResponse:
    book = reads.playbook_for(request.scope, playbook_id)
    initial = {
        "label_zh": book.label_zh, "label_en": book.label_en, "unit": book.unit, "mode": book.mode, "industries": book.industries,
        "product_families": "\n".join(book.product_families), "version": book.version,
    }  # fmt: skip
    form = forms.HeadForm(request.POST if request.method == "POST" else None, initial=initial, industries=forms.industries())
    back = reverse("pipeline:playbook", args=[book.pk])
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_playbook(
                playbook=book, values=form.values(), by=request.scope, now=timezone.now(), expected_version=form.cleaned_data["version"]
            )
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            messages.success(request, _("Saved."))
            return pages.go_to(request, back)
    context = {"form": form, "book": book, "title": reads.name_of(book), "back": back}
    return pages.page(request, "pipeline/playbook_form.html", context, status=422 if form.errors else 200)


@door("POST", permission="playbooks.edit")
def playbook_archive(request: DoorRequest, playbook_id: int) -> HttpResponse:
    """Puts a playbook away; a second time takes it out again."""
    book = reads.playbook_for(request.scope, playbook_id)
    actions.set_playbook_archived(playbook=book, is_archived=book.archived_at is None, by=request.scope, now=timezone.now())
    messages.success(request, _("Saved."))
    return pages.go_to(request, reverse("pipeline:playbooks"))


@door("POST", permission="playbooks.edit")
def playbook_draft(request: DoorRequest, playbook_id: int) -> HttpResponse:
    """Opens the draft of a playbook, begun from the newest version."""
    book = reads.playbook_for(request.scope, playbook_id)
    draft = actions.open_draft(playbook=book, by=request.scope, now=timezone.now())
    return pages.go_to(request, reverse("pipeline:playbook_version", args=[draft.pk]))


@door("POST", permission="playbooks.edit")
def playbook_discard(request: DoorRequest, version_id: int) -> HttpResponse:
    draft = reads.version_for(request.scope, version_id)
    actions.discard_draft(draft=draft, by=request.scope, now=timezone.now())
    messages.success(request, _("The draft was discarded."))
    return pages.go_to(request, reverse("pipeline:playbook", args=[draft.playbook_id]))


@door("POST", permission="playbooks.edit")
def playbook_publish(request: DoorRequest, version_id: int) -> HttpResponse:
    draft = reads.version_for(request.scope, version_id)
    given = request.POST.get("version", "")
    published = actions.publish_playbook(
        draft=draft, note=request.POST.get("note", ""), by=request.scope, now=timezone.now(),
        expected_version=int(given) if given.isdigit() else None,
    )  # fmt: skip
    messages.success(request, _("Version %(number)s is published. Deals that run keep theirs.") % {"number": published.number})
    return pages.go_to(request, reverse("pipeline:playbook", args=[published.playbook_id]))


def _stage_page(request: DoorRequest, draft: PlaybookVersion, code: str, stage: dict[str, Any]) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    form = forms.StageForm(posted, initial={**forms.initial_of(stage), "version": draft.version})
    lines: dict[str, Any] = forms.posted_lines(request.POST) if posted is not None else forms.lines_of(stage)
    back = reverse("pipeline:playbook_version", args=[draft.pk])
    first, second = ("zh", "en") if _language().startswith("zh") else ("en", "zh")
    steps = [(row["code"], row.get(first) or row.get(second) or row["code"]) for row in lines["step"] if row.get("code")]
    if posted is not None and form.is_valid():
        try:
            actions.save_stage(
                draft=draft, code=code, values=form.values(lines), by=request.scope, now=timezone.now(),
                expected_version=form.cleaned_data["version"],
            )  # fmt: skip
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            messages.success(request, _("Saved."))
            return pages.go_to(request, back)
    context = {
        "form": form, "lines": lines, "draft": draft, "name": reads.name_of(draft.playbook), "code": code,
        "back": back, "proofs": forms.PROOFS,
        "step_choices": steps,
        "checks": sorted(_labels().items(), key=lambda one: one[1]),
        "title": stage.get("zh" if _language().startswith("zh") else "en") or _("New stage"),
    }  # fmt: skip
    return pages.page(request, "pipeline/stage_form.html", context, status=422 if form.errors else 200)


@door("GET", "POST", permission="playbooks.edit")
def stage_new(request: DoorRequest, version_id: int) -> HttpResponse:
    return _stage_page(request, reads.version_for(request.scope, version_id), "", {})


@door("GET", "POST", permission="playbooks.edit")
def stage_edit(request: DoorRequest, version_id: int, stage_code: str) -> HttpResponse:
    draft = reads.version_for(request.scope, version_id)
    found = next((row for row in draft.content.get("stages", []) if row.get("code") == stage_code), None)
    if found is None:
        raise NotVisible(_("The playbook has no such stage."))
    return _stage_page(request, draft, stage_code, found)


@door("POST", permission="playbooks.edit")
def stage_remove(request: DoorRequest, version_id: int, stage_code: str) -> HttpResponse:
    draft = reads.version_for(request.scope, version_id)
    actions.remove_stage(draft=draft, code=stage_code, by=request.scope, now=timezone.now())
    return pages.go_to(request, reverse("pipeline:playbook_version", args=[draft.pk]))


@door("POST", permission="playbooks.edit")
def stage_move(request: DoorRequest, version_id: int, stage_code: str) -> HttpResponse:
    """One place up (`places` = -1) or down (1)."""
    draft = reads.version_for(request.scope, version_id)
    codes = [str(row.get("code")) for row in draft.content.get("stages", [])]
    if stage_code in codes:
        place = codes.index(stage_code)
        target = min(max(place + (-1 if request.POST.get("places") == "-1" else 1), 0), len(codes) - 1)
        codes.insert(target, codes.pop(place))
        actions.order_stages(draft=draft, order=codes, by=request.scope, now=timezone.now())
    return pages.go_to(request, reverse("pipeline:playbook_version", args=[draft.pk]))
