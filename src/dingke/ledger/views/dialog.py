"""The one way a ledger form is shown, refused and saved in the dialog."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse, QueryDict
from django.utils import formats

from dingke.core import pages
from dingke.core.doors import DoorRequest
from dingke.core.errors import Refusal, StaleRecord
from dingke.core.models import Record
from dingke.ledger.forms import LedgerForm

CHANGED = "dk:ledger-changed"


def done(message: str, *, undo_url: str = "") -> HttpResponse:
    """Closes the dialog, lets every part of the page that shows the ledger reload, says what was done."""
    response = pages.trigger(HttpResponse(status=204), CHANGED)
    return pages.toast(response, message, undo_url=undo_url)


def posted(request: DoorRequest, initial: Mapping[str, Any]) -> QueryDict:
    """The form as sent, with the values of others where the person chose to keep those after a stale save."""
    data = request.POST.copy()
    for key in request.POST:
        name = key.removeprefix("keep-")
        if key != name and request.POST[key] == "theirs" and name in initial:
            value = initial[name]
            data[name] = "" if value is None else str(value)
    return data


def add_refusal(form: LedgerForm, refusal: Refusal) -> None:
    """Each sentence beside its field; what belongs to no field above the form."""
    shown = {name: text for name, text in refusal.fields.items() if name in form.fields}
    for name, text in shown.items():
        form.add_error(name, text)
    if not shown:
        form.add_error(None, refusal.message)


def stale_rows(form: LedgerForm, error: StaleRecord) -> list[tuple[str, str, Any, Any]]:
    """(label, name, theirs, yours) of the fields that differ."""

    def shown(name: str, value: Any) -> Any:
        choices = dict(getattr(form.fields[name], "choices", ()))
        return choices.get(str(value), value) if choices else formats.localize(value) if isinstance(value, float) else value

    names = [name for name in error.yours if name in form.fields]
    return [(str(form.fields[name].label), name, shown(name, error.theirs.get(name)), shown(name, error.yours.get(name))) for name in names]


def form_dialog(
    request: DoorRequest,
    *,
    make: Callable[..., LedgerForm],
    save: Callable[[dict[str, Any], int | None], HttpResponse],
    initial: Mapping[str, Any],
    title: str,
    sub: str = "",
    submit: str = "",
    note: str = "",
    record: Record | None = None,
) -> HttpResponse:
    """GET shows the form; POST calls `save(facts, version)` and answers it, or shows the form again with what to mend."""
    start = {**initial, "version": record.version if record else None}
    stale: list[tuple[str, str, Any, Any]] = []
    if request.method == "POST":
        form = make(posted(request, initial), scope=request.scope)
        if form.is_valid():
            try:
                return save(form.facts(), form.cleaned_data.get("version"))
            except StaleRecord as error:
                stale = stale_rows(form, error)
                data = form.data.copy()  # type: ignore[attr-defined]
                data["version"] = str(record.version if record else "")
                form = make(data, scope=request.scope)
                form.is_valid()
            except Refusal as refusal:
                if refusal.status in {403, 404}:
                    raise
                add_refusal(form, refusal)
    else:
        form = make(initial=start, scope=request.scope)
    context = {
        "form": form,
        "title": title,
        "sub": sub,
        "submit": submit,
        "note": note,
        "stale": stale,
        "action": request.get_full_path(),
    }
    return pages.fragment(request, "ledger/_form_dialog.html", context, status=422 if request.method == "POST" else 200)
