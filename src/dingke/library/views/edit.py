"""Writing: a new entry, both languages side by side, versions with comparison, publishing, proposals."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Refusal, StaleRecord
from dingke.library import access
from dingke.library.actions import texts
from dingke.library.calc.parts import parts_of
from dingke.library.forms.entry import EntryForm, field_label
from dingke.library.models import Entry
from dingke.library.queries import reading
from dingke.library.queries.entries import entries, entry_for
from dingke.library.views.list import ICONS


def _entry(request: DoorRequest, library_id: int) -> Entry:
    return entry_for(request.scope, library_id, today=timezone.localdate())


def _form(request: DoorRequest, entry: Entry, data: Any = None) -> EntryForm:
    objections = entries(request.scope, kinds=[Entry.Kind.OBJECTION]) if entry.kind == Entry.Kind.SCRIPT else ()
    names = (
        "version", "title_zh", "title_en", "body_zh", "body_en", "topic", "industries", "product_families", "spin", "form", "dimension",
        "region", "may_cite", "consent_by", "consent_date", "cite_until", "consent_proof",
    )  # fmt: skip
    start = {name: getattr(entry, name) for name in names}
    return EntryForm(data, entry=entry, scope=request.scope, objections=objections, initial={**start, "about": entry.about_id or ""})


def _page(request: DoorRequest, entry: Entry, form: EntryForm, *, stale: str = "", status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "it": entry,
        "stale": stale,
        "icons": ICONS,
        "is_new": entry.pk is None,
        "may_publish": bool(access.can_publish(request.scope)),
        "is_proposal": entry.pk is not None and entry.state != Entry.State.DRAFT and not access.can_publish(request.scope),
        "back": reverse("library:entry", args=[entry.pk]) if entry.pk else reverse("library:list"),
    }
    return pages.page(request, "library/edit.html", context, status=status)


@door("GET", "POST", permission="library.edit")
def new(request: DoorRequest) -> HttpResponse:
    """A draft of one's own; first the kind, then the form of that kind."""
    kind = request.GET.get("kind", "")
    if kind not in Entry.Kind.values:
        return pages.page(request, "library/new.html", {"kinds": Entry.Kind.choices, "icons": ICONS})
    entry = Entry(kind=kind)
    if request.method != "POST":
        return _page(request, entry, _form(request, entry))
    form = _form(request, entry, request.POST)
    if form.is_valid():
        try:
            now = timezone.now()
            made = texts.create_entry(kind=kind, values=form.facts(), by=request.scope, now=now)
            if request.POST.get("do") == "publish" and access.can_publish(request.scope):
                try:
                    texts.publish_text(entry=made, note=form.cleaned_data["note"], by=request.scope, now=now)
                except Refusal as refusal:  # the draft is kept; what is missing is said on its page
                    return _refused(request, made, _form(request, made, request.POST), refusal)
            return pages.go_to(request, reverse("library:entry", args=[made.pk]))
        except Refusal as refusal:
            return _refused(request, entry, form, refusal)
    return _page(request, entry, form, status=422)


@door("GET", "POST", permission="library.edit")
def edit(request: DoorRequest, library_id: int) -> HttpResponse:
    """Saves a draft, publishes a version, or proposes one, as the caller may."""
    entry = _entry(request, library_id)
    if request.method != "POST":
        return _page(request, entry, _form(request, entry))
    form = _form(request, entry, request.POST)
    if not form.is_valid():
        return _page(request, entry, form, status=422)
    now, facts, note = timezone.now(), form.facts(), form.cleaned_data["note"]
    version = form.cleaned_data.get("version")
    try:
        if request.POST.get("do") == "publish":
            texts.publish_text(entry=entry, values=facts, note=note, by=request.scope, now=now, expected_version=version)
        elif entry.state == Entry.State.DRAFT and access.can_edit(request.scope, entry):
            texts.edit_entry(entry=entry, values=facts, by=request.scope, now=now, expected_version=version)
        else:
            texts.propose_text(entry=entry, values=facts, note=note, by=request.scope, now=now)
    except StaleRecord as error:
        fresh = _entry(request, library_id)
        data = request.POST.copy()
        data["version"] = str(fresh.version)
        return _page(request, fresh, _form(request, fresh, data), stale=error.message, status=409)
    except Refusal as refusal:
        return _refused(request, entry, form, refusal)
    return pages.go_to(request, reverse("library:entry", args=[entry.pk]))


def _refused(request: DoorRequest, entry: Entry, form: EntryForm, refusal: Refusal) -> HttpResponse:
    if refusal.status in {403, 404}:
        raise refusal
    form.is_valid()
    known = {name: text for name, text in refusal.fields.items() if name in form.fields}
    for name, text in known.items():
        form.add_error(name, text)
    if not known:
        form.add_error(None, refusal.message)
    return _page(request, entry, form, status=422)


def _done(request: DoorRequest, entry: Entry, message: str) -> HttpResponse:
    answer = pages.go_to(request, reverse("library:entry", args=[entry.pk]))
    return pages.toast(answer, message)


@door("POST", permission="library.publish")
def publish(request: DoorRequest, library_id: int) -> HttpResponse:
    entry = texts.publish_text(entry=_entry(request, library_id), by=request.scope, now=timezone.now())
    return _done(request, entry, _("“%(name)s” is published.") % {"name": entry.title})


@door("POST", permission="library.publish")
def retire(request: DoorRequest, library_id: int) -> HttpResponse:
    entry = texts.retire_entry(entry=_entry(request, library_id), by=request.scope, now=timezone.now())
    return _done(request, entry, _("“%(name)s” is out of use.") % {"name": entry.title})


@door("POST", permission="library.publish")
def restore(request: DoorRequest, library_id: int) -> HttpResponse:
    entry = texts.restore_entry(entry=_entry(request, library_id), by=request.scope, now=timezone.now())
    return _done(request, entry, _("“%(name)s” is back.") % {"name": entry.title})


@door("GET", permission="library.see")
def version(request: DoorRequest, library_id: int, number: int) -> HttpResponse:
    """A version beside the text in force, as a dialog."""
    entry = _entry(request, library_id)
    row = reading.version_for(request.scope, entry, number)
    language = get_language() or "zh"
    content = entry.content or {}
    parts = {
        f"content.parts.{code}": label.text(language)
        for code, label in parts_of(entry.kind, entry.topic, is_reference=bool(content.get("is_reference")))
    }

    def name_of(name: str) -> str:
        if name.startswith("content.parts."):
            stem, _dot, lang = name.rpartition(".")
            return f"{parts.get(stem, stem.rpartition('.')[2])} · {_('Chinese') if lang == 'zh' else _('English')}"
        if name.startswith("content."):
            return name.partition(".")[2]
        return field_label(name)

    context = {
        "it": entry,
        "row": row,
        "differences": [(name_of(item.field), item.lines) for item in reading.compared(entry, row)],
        "may_publish": bool(access.can_publish(request.scope)),
    }
    return pages.fragment(request, "library/_version.html", context)


@door("POST", permission="library.publish")
def decide(request: DoorRequest, library_id: int, number: int) -> HttpResponse:
    entry = _entry(request, library_id)
    row = reading.version_for(request.scope, entry, number)
    accept = request.POST.get("accept") == "1"
    texts.decide_proposal(version=row, accept=accept, by=request.scope, now=timezone.now())
    return _done(request, entry, _("The proposal is in force.") if accept else _("The proposal was declined."))


@door("POST", permission="library.publish")
def back(request: DoorRequest, library_id: int, number: int) -> HttpResponse:
    entry = _entry(request, library_id)
    texts.go_back(entry=entry, version=reading.version_for(request.scope, entry, number), by=request.scope, now=timezone.now())
    return _done(request, entry, _("Version %(number)s is in force again.") % {"number": number})
