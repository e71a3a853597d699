"""The tabs above the account list: views that come with the product, own ones, shared ones."""

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

PAGE = "accounts"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One tab: `code` is the word of a shipped view or the id of a saved one."""

    code: str
    name: str | Promise
    filters: dict[str, Any] = field(default_factory=dict)
    sort: str = "name"
    columns: tuple[str, ...] = ()
    saved: SavedView | None = None


SHIPPED: tuple[View, ...] = (
    View(code="all", name=_("All")),
    View(code="mine", name=_("Mine"), filters={"owner": ["mine"]}),
    View(code="key", name=_("Key accounts"), filters={"key": "yes"}, sort="-revenue"),
    View(code="a", name=_("A class"), filters={"abc": ["A"]}, sort="-revenue"),
    View(code="quiet", name=_("No order for 90 days"), filters={"order_days": "90"}, sort="-revenue"),
    View(code="contact", name=_("No contact for 30 days"), filters={"quiet_days": "30"}, sort="last_contact"),
    View(code="archived", name=_("Archived"), filters={"archived": "yes"}),
)


def _from_saved(row: SavedView) -> View:
    query = row.query if isinstance(row.query, dict) else {}
    filters = query.get("filters") or {}
    return View(
        code=str(row.pk),
        name=row.name,
        filters=filters if isinstance(filters, dict) else {},
        sort=str(query.get("sort") or "name"),
        columns=tuple(str(key) for key in query.get("columns") or ()),
        saved=row,
    )


def views_for(scope: Scope) -> list[View]:
    """All tabs: the shipped ones, then own ones, then those others shared."""
    return [*SHIPPED, *(_from_saved(row) for row in saved_views.views_of(scope, PAGE))]


def view_among(views: Sequence[View], code: str) -> View:
    """The view of a code, the first one when none is asked. Raises `NotVisible` for one that is gone."""
    if not code:
        return views[0]
    for view in views:
        if view.code == code:
            return view
    raise NotVisible(gettext("This view was deleted, or is not shared any more."))


def columns_of(scope: Scope, view: View) -> tuple[str, ...]:
    """The columns this person chose for the view, else those it was saved with."""
    own = saved_views.remembered(scope, PAGE, view.code).get("columns")
    return tuple(str(key) for key in own) if isinstance(own, list) and own else view.columns


def stored_form(*, filters: dict[str, Any], sort: str, columns: Sequence[str]) -> dict[str, Any]:
    """What a saved view keeps."""
    return {"filters": filters, "sort": sort, "columns": list(columns)}
