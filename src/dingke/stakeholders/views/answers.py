"""How the doors of a map answer: a dialog saves, closes, and the page hears of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from dingke.core import pages
from dingke.core.doors import DoorRequest
from dingke.core.errors import NotAllowed, NotVisible, Refusal, StaleRecord
from dingke.core.stale import differences
from dingke.stakeholders.forms.people import BaseForm

CHANGED = "dk:account-changed"  # what every panel of an account listens to


def changed(request: DoorRequest, account_id: int, message: str, *, undo_url: str = "", back: str = "") -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        response = pages.trigger(HttpResponse(status=204), CHANGED, {"account": account_id})
        return pages.toast(response, message, undo_url=undo_url)
    return HttpResponseRedirect(back or reverse("workspace:account", args=[account_id]), status=303)


def dialog(
    request: DoorRequest,
    *,
    form: BaseForm,
    save: Callable[[dict[str, Any], int | None], object],
    said: str,
    account_id: int,
    context: Mapping[str, Any],
    template: str = "stakeholders/_dialog.html",
    fresh_version: Callable[[], int] | None = None,
) -> HttpResponse:
    """Shows the form, or saves it: a refusal stands beside its field, a stale save shows both versions and saves the next time."""
    stale: list[tuple[str, str, str, str]] = []
    if request.method == "POST" and form.is_valid():
        try:
            save(form.values(), form.cleaned_data.get("version"))
        except (NotAllowed, NotVisible):
            raise
        except StaleRecord as refused:
            stale = differences(form, refused.theirs)
            form.add_error(None, refused.message)
            if fresh_version is not None:
                data = request.POST.copy()
                data["version"] = str(fresh_version())
                form.data = data
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            return changed(request, account_id, said)
    shown = {"form": form, "stale": stale, "action": request.get_full_path(), "is_posted": request.method == "POST", **context}
    return pages.fragment(request, template, shown, status=422 if request.method == "POST" else 200)
