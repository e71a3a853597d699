"""The list of deals, its columns and saved views, the table by week, and the file of either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.http import FileResponse, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone

from dingke.core import jobs, pages, saved_views
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid
from dingke.core.jinja import with_query
from dingke.core.links import link_to
from dingke.core.scope import Scope
from dingke.pipeline import exports
from dingke.pipeline.models import Opportunity
from dingke.pipeline.queries import list as reads
from dingke.pipeline.queries import list_filter, list_views, weeks
from dingke.pipeline.queries.forecast import visible_any
from dingke.pipeline.queries.list_filter import DealFilter
from dingke.pipeline.views.filters import bar, wanted_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ListState:
    """The list as the caller asked for it, checked against what he or she may see."""

    views: list[list_views.View]
    view: list_views.View
    wanted: DealFilter
    sort_text: str
    sort: reads.Column
    descending: bool
    available: list[reads.Column]
    columns: list[reads.Column]

    @property
    def is_changed(self) -> bool:
        return self.wanted != list_filter.deal_filter(self.view.filters) or self.sort_text != self.view.sort

    def params(self, **more: Any) -> dict[str, Any]:
        """The query of this list: a view by its code while nothing differs from it."""
        own = {"view": self.view.code} if self.view.code != "open" else {}
        if self.is_changed:
            own = {"view": self.view.code, "edited": "1", **self.wanted.params(), "sort": self.sort_text}
        return {**own, **more}


def list_state(data: QueryDict, scope: Scope) -> ListState:
    """Reads an address. A view's own filters hold until the address says "edited"; filters written by hand count without a view."""
    views = list_views.views_for(scope)
    view = list_views.view_among(views, data.get("view", ""))
    edited = data.get("edited") == "1" or ("view" not in data and any(name in data for name in DealFilter.__slots__))
    wanted = list_filter.deal_filter(data if edited else view.filters)
    available = reads.columns_for(scope)
    sort_text, sort, descending = reads.sort_for(
        available, data.get("sort") or ("expected" if edited and "view" not in data else view.sort)
    )
    ended = wanted.state in {Opportunity.State.WON, Opportunity.State.LOST, Opportunity.State.DROPPED}
    columns = reads.chosen(available, list_views.columns_of(scope, view), ended=ended)
    return ListState(
        views=views, view=view, wanted=wanted, sort_text=sort_text, sort=sort, descending=descending, available=available, columns=columns
    )


@door("GET", permission="pipeline.see")
def deals(request: DoorRequest) -> HttpResponse:
    """The list. With a cursor only the next rows."""
    state, today = list_state(request.GET, request.scope), timezone.localdate()
    rows = list_filter.filtered(request.scope, state.wanted, today=today)
    page = reads.page_of(rows, sort=state.sort, descending=state.descending, cursor=request.GET.get("cursor") or None)
    context: dict[str, Any] = {
        "state": state,
        "rows": reads.as_rows(page.items, today=today),
        "next_href": with_query(reverse("pipeline:list"), **state.params(cursor=page.next_cursor)) if page.next_cursor else "",
        "today": today,
        "hides_amount": request.scope.hides("amount"),
    }
    if request.GET.get("cursor") and pages.is_fragment(request):
        return pages.fragment(request, "pipeline/_list_rows.html", context)
    context |= bar(request, state.wanted, reverse("pipeline:list"), view=state.view.code, edited="1", sort=state.sort_text)
    context |= {
        "totals": reads.totals(request.scope, rows),
        "knows_any": bool(page.items) or visible_any(request.scope),
        "query": state.params(),
        "new_href": link_to("pipeline:new"),
        "import_href": link_to("imports:new") if request.scope.can("imports.run") else "",
    }
    return pages.page(request, "pipeline/list.html", context, partial="pipeline/_list.html")


@door("GET", "POST", permission="pipeline.see")
def list_columns(request: DoorRequest) -> HttpResponse:
    """Which columns this person sees in a view; remembered for the view."""
    state = list_state(request.GET, request.scope)
    if request.method == "POST":
        known = {column.key for column in state.available}
        keys = [key for key in request.POST.getlist("columns") if key in known]
        saved_views.remember(page=list_views.PAGE, key=state.view.code, value={"columns": keys}, by=request.scope)
        return pages.go_to(request, with_query(reverse("pipeline:list"), **state.params()))
    return pages.fragment(request, "pipeline/_list_columns.html", {"state": state, "query": state.params()})


@door("GET", "POST", permission="pipeline.see")
def view_save(request: DoorRequest) -> HttpResponse:
    """Keeps the current filters, order and columns under a name, or in the own view they came from."""
    state, scope, now = list_state(request.GET, request.scope), request.scope, timezone.now()
    can_change = bool(state.view.saved and saved_views.can_change(scope, state.view.saved))
    problem = ""
    if request.method == "POST":
        query = list_views.stored_form(
            filters=state.wanted.params(), sort=state.sort_text, columns=[column.key for column in state.columns]
        )
        try:
            if request.POST.get("into") == "this" and state.view.saved:
                view = saved_views.edit_view(view=state.view.saved, query=query, by=scope, now=now)
            else:
                shared = request.POST.get("is_shared") == "on"
                view = saved_views.add_view(
                    page=list_views.PAGE, name=request.POST.get("name", ""), query=query, is_shared=shared, by=scope, now=now
                )
        except Invalid as refused:
            problem = refused.message
        else:
            return pages.go_to(request, f"{reverse('pipeline:list')}?view={view.pk}")
    context = {"state": state, "can_change": can_change, "problem": problem, "query": state.params(), "name": request.POST.get("name", "")}
    return pages.fragment(request, "pipeline/_view_save.html", context, status=422 if problem else 200)


@door("POST", permission="pipeline.see")
def view_delete(request: DoorRequest, view_id: int) -> HttpResponse:
    """Deletes a saved view of the list."""
    view = saved_views.view_for(request.scope, list_views.PAGE, view_id)
    saved_views.can_change(request.scope, view).enforce()
    saved_views.delete_view(view=view, by=request.scope, now=timezone.now())
    return pages.go_to(request, reverse("pipeline:list"))


@door("GET", permission="pipeline.see")
def by_week(request: DoorRequest) -> HttpResponse:
    """Open deals by the week in which they are expected."""
    wanted, today = wanted_of(request), timezone.localdate()
    context = bar(request, wanted, reverse("pipeline:weeks")) | {
        "weeks": weeks.weeks(request.scope, wanted, today=today),
        "today": today,
        "list_base": reverse("pipeline:list"),
    }
    context["knows_any"] = any(week.number for week in context["weeks"]) or visible_any(request.scope)
    return pages.page(request, "pipeline/weeks.html", context, partial="pipeline/_weeks.html")


@door("POST", permission="exports.run")
def export(request: DoorRequest) -> HttpResponse:
    """Queues the file of the list as it is filtered; its progress can be left."""
    state = list_state(request.GET, request.scope)
    params = {"filters": state.wanted.params(), "sort": state.sort_text, "columns": [column.key for column in state.columns]}
    job = jobs.start(kind=exports.KIND, params=params, by=request.scope, now=timezone.now())
    return pages.go_to(request, reverse("core:job", args=[job.pk]))


@door("GET", permission="exports.run")
def export_file(request: DoorRequest, job_id: int) -> HttpResponse:
    path, name = exports.file_of(request.scope, jobs.job_for(request.scope, job_id))
    return cast(HttpResponse, FileResponse(path.open("rb"), as_attachment=True, filename=name))
