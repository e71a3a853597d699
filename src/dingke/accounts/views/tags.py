"""Settings of tags: add, rename, join, colour, delete."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.actions import tags as actions
from dingke.accounts.queries import tags as queries
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid


def _page(request: DoorRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    context = {"tags": list(queries.all_tags()), "colours": actions.COLOURS, "problem": problem}
    return pages.page(request, "accounts/tags.html", context, partial="accounts/_tags.html", status=status)


@door("GET", "POST", permission="settings.edit")
def tags(request: DoorRequest) -> HttpResponse:
    """The tags of the company; a sent form adds one."""
    if request.method == "POST":
        try:
            tag = actions.add_tag(
                name=request.POST.get("name", ""), colour=request.POST.get("colour", "grey"), by=request.scope, now=timezone.now()
            )
        except Invalid as refused:
            return _page(request, problem=refused.message, status=422)
        return pages.toast(_page(request), _("“%(name)s” was added.") % {"name": tag.name})
    return _page(request)


@door("GET", "POST", permission="settings.edit")
def edit_tag(request: DoorRequest, tag_id: int) -> HttpResponse:
    """Renames, colours or deletes a tag; the name of another tag joins the two."""
    tag = queries.tag_for(tag_id)
    if request.method == "GET":
        return pages.fragment(request, "accounts/_tag_edit.html", {"tag": tag, "colours": actions.COLOURS, "problem": ""})
    try:
        if request.POST.get("do") == "delete":
            actions.delete_tag(tag=tag, by=request.scope, now=timezone.now())
        else:
            actions.edit_tag(
                tag=tag, name=request.POST.get("name", ""), colour=request.POST.get("colour", ""), by=request.scope, now=timezone.now()
            )
    except Invalid as refused:
        return pages.fragment(
            request, "accounts/_tag_edit.html", {"tag": tag, "colours": actions.COLOURS, "problem": refused.message}, status=422
        )
    return pages.trigger(pages.toast(HttpResponse(status=204), _("Saved.")), "dk:tags-changed")
