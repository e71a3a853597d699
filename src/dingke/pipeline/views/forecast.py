"""The forecast: the page, its range, and how well the range did."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.jinja import with_query
from dingke.pipeline.queries import forecast as reads
from dingke.pipeline.views import charts
from dingke.pipeline.views.filters import bar, wanted_of


def _asked(request: DoorRequest) -> tuple[str, str, int]:
    """By whom, by which period, and which of the periods is looked at."""
    by = "team" if request.GET.get("by") == "team" else "owner"
    unit = "quarter" if request.GET.get("unit") == "quarter" else "month"
    text = request.GET.get("span", "0")
    most = (reads.QUARTERS if unit == "quarter" else reads.MONTHS) - 1
    return by, unit, min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 3 else 0


@door("GET", permission="pipeline.see")
def forecast(request: DoorRequest) -> HttpResponse:
    """Commit, best case and weighted by the database; the range comes after by itself."""
    wanted, today = wanted_of(request).without("state", "due"), timezone.localdate()
    by, unit, span = _asked(request)
    report = reads.forecast(request.scope, wanted, by=by, unit=unit, today=today)
    base = reverse("pipeline:forecast")
    query: dict[str, Any] = {"by": by, "unit": unit, "span": span, **wanted.params()}
    context = bar(request, wanted, base, by=by, unit=unit, span=str(span)) | {
        "report": report,
        "by": by,
        "unit": unit,
        "span": span,
        "total": report.totals[span],
        "query": query,
        "range_href": with_query(reverse("pipeline:forecast_range"), **query),
        "backtest_href": reverse("pipeline:forecast_backtest") if request.scope.sees_all else "",
        "list_base": reverse("pipeline:list"),
        "chart": None if request.scope.hides("amount") else charts.forecast(report),
        "knows_any": reads.visible_any(request.scope),
    }
    return pages.page(request, "pipeline/forecast.html", context, partial="pipeline/_forecast.html")


@door("GET", permission="pipeline.see")
def forecast_range(request: DoorRequest) -> HttpResponse:
    """The simulated range, below the sums."""
    wanted, today = wanted_of(request).without("state", "due"), timezone.localdate()
    by, unit, span = _asked(request)
    found = reads.forecast_range(request.scope, wanted, by=by, unit=unit, today=today)
    names = reads.group_names(found.groups if found else {}, by)
    context = {
        "range": found,
        "span": span,
        "unit": unit,
        "names": names,
        "is_part": not request.scope.sees_all,
        "chart": charts.ranges(found) if found else None,
    }
    return pages.fragment(request, "pipeline/_forecast_range.html", context)


@door("GET", permission="pipeline.see")
def forecast_backtest(request: DoorRequest) -> HttpResponse:
    """The range of past quarters as it would have been told, beside what came."""
    lines = reads.backtest(request.scope, today=timezone.localdate())
    inside = sum(line.is_inside for line in lines)
    sentence = _("In %(inside)s of %(all)s quarters the range held what came.") % {"inside": inside, "all": len(lines)} if lines else ""
    return pages.fragment(request, "pipeline/_forecast_backtest.html", {"lines": lines, "sentence": sentence})
