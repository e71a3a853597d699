"""One entry: the page to read, the quick view, and what a reader does with it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.queries.account import account_for
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Refusal
from dingke.library.actions import marks, uses
from dingke.library.forms.entry import UseForm
from dingke.library.models import Entry, EntryUse
from dingke.library.queries import reading
from dingke.library.queries.entries import entry_for
from dingke.library.views.list import ICONS


def _entry(request: DoorRequest, library_id: int) -> Entry:
    return entry_for(request.scope, library_id, today=timezone.localdate())


def _shown(request: DoorRequest, found: Entry) -> dict[str, Any]:
    return {"it": reading.read(request.scope, found, today=timezone.localdate()), "icons": ICONS, "outcomes": EntryUse.Outcome.choices}


@door("GET", permission="library.see")
def entry(request: DoorRequest, library_id: int) -> HttpResponse:
    found = _entry(request, library_id)
    return pages.page(request, "library/entry.html", _shown(request, found), partial="library/_entry.html")


@door("GET", permission="library.see")
def quick(request: DoorRequest, library_id: int) -> HttpResponse:
    return pages.fragment(request, "library/_quick.html", _shown(request, _entry(request, library_id)))


@door("POST", permission="library.see")
def rate(request: DoorRequest, library_id: int) -> HttpResponse:
    """Useful, not useful, or the voice taken back; the marks are answered again."""
    found = _entry(request, library_id)
    voice = {"1": True, "0": False}.get(request.POST.get("useful", ""))
    marks.rate(entry=found, is_useful=voice, by=request.scope, now=timezone.now())
    return pages.fragment(request, "library/_marks.html", _shown(request, _entry(request, library_id)))


@door("POST", permission="library.see")
def read(request: DoorRequest, library_id: int) -> HttpResponse:
    found = _entry(request, library_id)
    marks.mark_read(entry=found, is_read=request.POST.get("read") == "1", by=request.scope, now=timezone.now())
    return pages.fragment(request, "library/_marks.html", _shown(request, found))


@door("GET", "POST", permission="library.see")
def use(request: DoorRequest, library_id: int) -> HttpResponse:
    """ "I used this", noted by hand."""
    found = _entry(request, library_id)
    form = UseForm(request.POST or None)
    form.fields["account"].widget.attrs["data-url"] = reverse("accounts:parents")
    if request.method == "POST" and form.is_valid():
        try:
            account_id = form.account_id()
            made = uses.note_use(
                entry=found,
                subject_label=form.cleaned_data["subject_label"],
                account=account_for(request.scope, account_id) if account_id else None,
                by=request.scope,
                now=timezone.now(),
            )
            if form.cleaned_data["outcome"]:
                uses.note_outcome(
                    use=made,
                    outcome=form.cleaned_data["outcome"],
                    note=form.cleaned_data["outcome_note"],
                    by=request.scope,
                    now=timezone.now(),
                )
            answer = pages.trigger(HttpResponse(status=204), "dk:library-changed")
            return pages.toast(answer, _("Noted. Thank you: outcomes show what works."))
        except Refusal as refusal:
            if refusal.status == 403:
                raise
            form.add_error(None, refusal.message)
    context = {"form": form, "title": _("I used this"), "sub": found.title, "action": request.get_full_path()}
    return pages.fragment(request, "library/_form_dialog.html", context, status=422 if request.method == "POST" else 200)


@door("POST", permission="library.see")
def outcome(request: DoorRequest, library_use_id: int) -> HttpResponse:
    row = reading.use_for(request.scope, library_use_id)
    uses.note_outcome(
        use=row,
        outcome=request.POST.get("outcome", ""),
        note=request.POST.get("note", row.outcome_note),
        by=request.scope,
        now=timezone.now(),
    )
    return pages.toast(pages.trigger(HttpResponse(status=204), "dk:library-changed"), _("Noted. Thank you: outcomes show what works."))
