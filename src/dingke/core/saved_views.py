"""Saved views of list pages: a person's own, and those shared with everybody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from dingke.core import access, audit
from dingke.core.errors import Invalid, NotVisible
from dingke.core.models import SavedView
from dingke.core.scope import Scope

MOST_VIEWS = 30


def views_of(scope: Scope, page: str) -> list[SavedView]:
    """The person's own views, then those that others shared."""
    rows = SavedView.objects.filter(page=page).filter(Q(owner_id=scope.me) | Q(is_shared=True)).order_by("position", "id")
    return sorted(rows, key=lambda row: (row.owner_id != scope.user_id, row.position, row.pk))


def view_for(scope: Scope, page: str, view_id: int) -> SavedView:
    """A view of the person's own or a shared one. Raises `NotVisible`."""
    row = SavedView.objects.filter(page=page, pk=view_id).filter(Q(owner_id=scope.me) | Q(is_shared=True)).first()
    if row is None:
        raise NotVisible(_("This view was deleted, or is not shared any more."))
    return row


def can_change(scope: Scope, view: SavedView) -> access.Answer:
    """A view is changed by its owner; shared ones also by whoever edits the settings."""
    if view.owner_id == scope.user_id or (view.is_shared and scope.can("settings.edit")):
        return access.YES
    return access.no(_("Only the person who made this view changes it. Save it under a name of your own."))


def _checked_name(*, name: str, page: str, owner_id: int, view: SavedView | None = None) -> str:
    name = " ".join(name.split())[:60]
    if not name:
        raise Invalid(_("A view needs a name."), fields={"name": _("A view needs a name.")})
    taken = SavedView.objects.filter(page=page, owner_id=owner_id, name=name).exclude(pk=view.pk if view else 0)
    if taken.exists():
        raise Invalid(_("You already have a view of this name."), fields={"name": _("You already have a view of this name.")})
    return name


@transaction.atomic
def add_view(*, page: str, name: str, query: Mapping[str, Any], is_shared: bool, by: Scope, now: datetime) -> SavedView:
    if by.user_id is None:
        raise NotVisible(_("Sign in to keep views."))
    name = _checked_name(name=name, page=page, owner_id=by.user_id)
    own = SavedView.objects.filter(page=page, owner_id=by.user_id)
    if own.count() >= MOST_VIEWS:
        raise Invalid(_("You have %(number)s views here. Delete one first.") % {"number": MOST_VIEWS})
    last = own.aggregate(last=Max("position"))["last"] or 0
    view = SavedView.objects.create(page=page, name=name, query=dict(query), owner_id=by.user_id, is_shared=is_shared, position=last + 10)
    if is_shared:
        audit.record(target=view, action="views.share", by=by, now=now, summary=view.name)
    return view


@transaction.atomic
def edit_view(
    *,
    view: SavedView,
    by: Scope,
    now: datetime,
    name: str | None = None,
    is_shared: bool | None = None,
    query: Mapping[str, Any] | None = None,
) -> SavedView:
    """Renames, shares, or takes over new filters; what is None stays."""
    can_change(by, view).enforce()
    before = {"name": view.name, "is_shared": view.is_shared}
    if name is not None:
        view.name = _checked_name(name=name, page=view.page, owner_id=view.owner_id, view=view)
    if is_shared is not None:
        view.is_shared = is_shared
    if query is not None:
        view.query = dict(query)
    view.save()
    changes = audit.changes_between(before, {"name": view.name, "is_shared": view.is_shared})
    if changes:
        audit.record(target=view, action="views.edit", by=by, now=now, changes=changes, summary=view.name)
    return view


@transaction.atomic
def delete_view(*, view: SavedView, by: Scope, now: datetime) -> None:
    can_change(by, view).enforce()
    if view.is_shared:
        audit.record(target=view, action="views.delete", by=by, now=now, summary=view.name)
    view.delete()


@transaction.atomic
def remember(*, page: str, key: str, value: Mapping[str, Any], by: Scope) -> None:
    """Keeps a small choice of one person for a page (its columns), apart from the views that have names."""
    if by.user_id is not None:
        SavedView.objects.update_or_create(page=f"{page}#memory"[:40], owner_id=by.user_id, name=key[:60], defaults={"query": dict(value)})


def remembered(scope: Scope, page: str, key: str) -> dict[str, Any]:
    row = SavedView.objects.filter(page=f"{page}#memory"[:40], owner_id=scope.me, name=key[:60]).first()
    return dict(row.query) if row else {}
