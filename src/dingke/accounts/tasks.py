"""Long work of the customer base: what the worker runs."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dingke.accounts.actions import duplicates, handover, territories
from dingke.core.jobs import Progress
from dingke.people import queries as people


def find_duplicates(progress: Progress) -> dict[str, Any]:
    """Job "find_duplicates": compares the accounts of the whole company."""
    result = duplicates.find_duplicates(now=timezone.now(), tell=progress.tell)
    return {**result, "url": reverse("accounts:duplicates"), "url_label": _("Show the pairs")}


def place_territories(progress: Progress) -> dict[str, Any]:
    """Job "place_territories": puts every account into the territory that its region and industry fall into."""
    done = territories.place_in_territories(by=people.scope_by_id(progress.job.owner_id), now=timezone.now(), tell=progress.tell)
    message = ngettext("%(number)s account lies elsewhere now.", "%(number)s accounts lie elsewhere now.", done.moved) % {
        "number": f"{done.moved:,}"
    }
    if not done.moved:
        message = _("Every account lies where the rules put it.")
    return {
        "moved": done.moved,
        "message": message,
        "url": reverse("people:territories"),
        "url_label": _("Show the territories"),
    }


def hand_over(progress: Progress) -> dict[str, Any]:
    """Job "hand_over": very much of a leaver, in one transaction."""
    row = handover.run_waiting(
        handover_id=int(progress.params["handover"]), by=people.scope_by_id(progress.job.owner_id), now=timezone.now()
    )
    return {"message": handover.said(row), "url": reverse("accounts:handover", args=[row.pk]), "url_label": _("Show what was handed over")}
