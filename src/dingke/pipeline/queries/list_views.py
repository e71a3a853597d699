"""The tabs above the list of deals: views that come with the product, own ones, shared ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dingke.core import saved_views
from dingke.core.errors import NotVisible
from dingke.core.models import SavedView
from dingke.core.scope import Scope

PAGE = "deals"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One tab: `code` is the word of a shipped view or the id of a saved one."""

    code: str
    name: str | Promise
    filters: dict[str, str] = field(default_factory=dict)
    sort: str = "expected"
    columns: tuple[str, ...] = ()
    saved: SavedView | None = None


SHIPPED: tuple[View, ...] = (
    View(code="open", name=_("Open deals")),
    View(code="mine", name=_("Mine"), filters={"owner": "mine"}),
    View(code="quarter", name=_("This quarter"), filters={"due": "quarter"}),
    View(code="overdue", name=_("Date has passed"), filters={"due": "overdue"}),
    View(code="undated", name=_("Without a date"), filters={"due": "none"}, sort="-amount"),
    View(code="idle", name=_("Without a next step"), filters={"next_step": "none"}, sort="-days"),
    View(code="questions", name=_("Open questions"), filters={"question": "yes"}, sort="-opened"),
    View(code="won", name=_("Won"), filters={"state": "WON"}, sort="-ended"),
    View(code="lost", name=_("Lost"), filters={"state": "LOST"}, sort="-ended"),
    View(code="all", name=_("All"), filters={"state": "all"}, sort="name"),
)


def _from_saved(row: SavedView) -> View:
    query = row.query if isinstance(row.query, dict) else {}
    kept = query.get("filters")
    filters = {str(key): str(value) for key, value in kept.items()} if isinstance(kept, dict) else {}
    return View(
        code=str(row.pk), name=row.name, filters=filters, sort=str(query.get("sort") or "expected"),
        columns=tuple(str(key) for key in query.get("columns") or ()), saved=row,
    )  # fmt: skip


def views_for(scope: Scope) -> list[View]:
    """All tabs: the shipped ones, then own ones, then those others shared."""
    return [*SHIPPED, *(_from_saved(row) for row in saved_views.views_of(scope, PAGE))]


def view_among(views: Sequence[View], code: str) -> View:
    """The view of a code, the first one when none is asked. Raises `NotVisible` for one that is gone."""
    found = next((view for view in views if view.code == code), None) if code else views[0]
    if found is None:
        raise NotVisible(gettext("This view was deleted, or is not shared any more."))
    return found


def columns_of(scope: Scope, view: View) -> tuple[str, ...]:
    """The columns this person chose for the view, else those it was saved with."""
    own = saved_views.remembered(scope, PAGE, view.code).get("columns")
    return tuple(str(key) for key in own) if isinstance(own, list) and own else view.columns


def stored_form(*, filters: dict[str, str], sort: str, columns: Sequence[str]) -> dict[str, Any]:
    """What a saved view keeps."""
    return {"filters": filters, "sort": sort, "columns": list(columns)}
