"""Settings: the index, master lists, custom fields."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import custom_fields, lists, navigation, pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid
from dingke.core.models import CustomField, ListItem


@door("GET")
def index(request: DoorRequest) -> HttpResponse:
    """Everything that can be set, as far as the role may."""
    entries = [entry for entry in navigation.entries_for(request.scope) if entry.section == "settings"]
    return pages.page(request, "core/settings.html", {"entries": entries})


# ---- master lists ----


@door("GET", permission="settings.edit")
def every_list(request: DoorRequest) -> HttpResponse:
    return pages.page(request, "core/lists.html", {"lists": lists.summaries()})


def _list_page(request: DoorRequest, code: str, *, problem: str = "", status: int = 200) -> HttpResponse:
    rows = list(lists.items(code, with_inactive=True))
    parents = {row.code: row.label for row in rows if code == "regions" and not row.data.get("parent")}
    context = {"code": code, "title": lists.title_of(code), "items": rows, "parents": parents, "problem": problem}
    return pages.page(request, "core/list.html", context, partial="core/_list_items.html", status=status)


def _place(request: DoorRequest, code: str) -> dict[str, Any] | None:
    """The part of the country a region lies in; other lists carry nothing besides their labels."""
    if code != "regions":
        return None
    parent = request.POST.get("parent", "")
    return {"parent": parent} if parent and lists.items(code, with_inactive=True).filter(code=parent).exists() else {}


@door("GET", "POST", permission="settings.edit")
def one_list(request: DoorRequest, code: str) -> HttpResponse:
    """The entries of a list; a sent form adds one."""
    if request.method == "POST":
        try:
            item = lists.add_item(
                list_code=code,
                label_zh=request.POST.get("label_zh", "") or request.POST.get("label_en", ""),
                label_en=request.POST.get("label_en", ""),
                data=_place(request, code),
                by=request.scope,
                now=timezone.now(),
            )
        except Invalid as refused:
            return _list_page(request, code, problem=refused.message, status=422)
        return pages.toast(_list_page(request, code), _("“%(name)s” is in the list.") % {"name": item.label})
    return _list_page(request, code)


@door("GET", "POST", permission="settings.edit")
def list_item(request: DoorRequest, item_id: int) -> HttpResponse:
    """Renames an entry, or takes it out of what is offered."""
    item = lists.item_for(item_id)
    if request.method == "GET":
        return _item_dialog(request, item)
    try:
        lists.edit_item(
            item=item,
            label_zh=request.POST.get("label_zh", ""),
            label_en=request.POST.get("label_en", ""),
            is_active=request.POST.get("is_active") == "on",
            position=item.position,
            data=_place(request, item.list_code),
            by=request.scope,
            now=timezone.now(),
        )
    except Invalid as refused:
        return _item_dialog(request, item, problem=refused.message, status=422)
    return pages.trigger(pages.toast(HttpResponse(status=204), _("Saved.")), "dk:list-changed")


def _item_dialog(request: DoorRequest, item: ListItem, *, problem: str = "", status: int = 200) -> HttpResponse:
    rows = lists.items(item.list_code) if item.list_code == "regions" else []
    parents = {row.code: row.label for row in rows if not row.data.get("parent") and row.pk != item.pk}
    return pages.fragment(request, "core/_list_item.html", {"item": item, "parents": parents, "problem": problem}, status=status)


@door("POST", permission="settings.edit")
def move_list_item(request: DoorRequest, item_id: int) -> HttpResponse:
    item = lists.item_for(item_id)
    lists.move_item(item=item, places=-1 if request.POST.get("to") == "up" else 1, by=request.scope, now=timezone.now())
    if not pages.is_fragment(request):
        return pages.go_to(request, reverse("core:list", args=[item.list_code]))
    return _list_page(request, item.list_code)


# ---- custom fields ----


def _fields_page(request: DoorRequest) -> HttpResponse:
    every = custom_fields.every_definition()
    groups = [(target, title, [row for row in every if row.target == target]) for target, title in custom_fields.TARGETS.items()]
    return pages.page(request, "core/fields.html", {"groups": groups, "kind_names": custom_fields.KINDS}, partial="core/_fields.html")


@door("GET", permission="settings.edit")
def fields(request: DoorRequest) -> HttpResponse:
    return _fields_page(request)


def _options(request: DoorRequest) -> list[str]:
    return request.POST.get("options", "").splitlines()


def _field_dialog(request: DoorRequest, *, field: CustomField | None, target: str, refused: Invalid | None = None) -> HttpResponse:
    context = {
        "field": field,
        "target": target,
        "target_title": custom_fields.TARGETS.get(target, target),
        "kind_names": custom_fields.KINDS,
        "problem": refused.message if refused else "",
        "sent": request.POST if refused else None,
    }
    return pages.fragment(request, "core/_field.html", context, status=422 if refused else 200)


@door("GET", "POST", permission="settings.edit")
def add_field(request: DoorRequest, target: str) -> HttpResponse:
    if request.method == "GET":
        return _field_dialog(request, field=None, target=target)
    try:
        custom_fields.add_definition(
            target=target,
            label_zh=request.POST.get("label_zh", ""),
            label_en=request.POST.get("label_en", ""),
            kind=request.POST.get("kind", ""),
            options=_options(request),
            is_required=request.POST.get("is_required") == "on",
            by=request.scope,
            now=timezone.now(),
        )
    except Invalid as refused:
        return _field_dialog(request, field=None, target=target, refused=refused)
    return pages.trigger(pages.toast(HttpResponse(status=204), _("The field was added.")), "dk:fields-changed")


@door("GET", "POST", permission="settings.edit")
def edit_field(request: DoorRequest, field_id: int) -> HttpResponse:
    field = custom_fields.definition_for(field_id)
    if request.method == "GET":
        return _field_dialog(request, field=field, target=field.target)
    try:
        custom_fields.edit_definition(
            field=field,
            label_zh=request.POST.get("label_zh", ""),
            label_en=request.POST.get("label_en", ""),
            options=_options(request),
            is_required=request.POST.get("is_required") == "on",
            is_active=request.POST.get("is_active") == "on",
            by=request.scope,
            now=timezone.now(),
        )
    except Invalid as refused:
        return _field_dialog(request, field=field, target=field.target, refused=refused)
    return pages.trigger(pages.toast(HttpResponse(status=204), _("Saved.")), "dk:fields-changed")


@door("POST", permission="settings.edit")
def move_field(request: DoorRequest, field_id: int) -> HttpResponse:
    field = custom_fields.definition_for(field_id)
    custom_fields.move_definition(field=field, places=-1 if request.POST.get("to") == "up" else 1, by=request.scope, now=timezone.now())
    return _fields_page(request) if pages.is_fragment(request) else pages.go_to(request, reverse("core:fields"))
