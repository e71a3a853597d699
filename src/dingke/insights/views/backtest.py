"""The backtest of early warning: the page, the customers behind its numbers, the file, and a new replay."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid, NotVisible
from dingke.core.jinja import with_query
from dingke.core.tables_out import FileKind
from dingke.insights import actions, exports, queries
from dingke.insights.forms.backtest import CasesForm
from dingke.insights.models import BacktestCase
from dingke.insights.queries.backtest import LISTED, BacktestPage, rule_label


@door("GET", permission="insights.score")
def backtest(request: DoorRequest) -> HttpResponse:
    """How good the warnings were on the company's own history."""
    found = queries.backtest(request.scope)
    context = {
        "b": found,
        "compare_chart": _compare_chart(found) if found else None,
        "budget_chart": _budget_chart(found) if found else None,
        "can_export": request.scope.can("exports.run"),
        "cases_base": reverse("insights:backtest_cases"),
    }
    return pages.page(request, "insights/backtest.html", context)


@door("POST", permission="insights.score")
def run(request: DoorRequest) -> HttpResponse:
    """Starts a replay and shows its progress."""
    job = actions.start_backtest(by=request.scope, now=timezone.now())
    job.refresh_from_db()
    return pages.page(request, "core/job.html", {"job": job}, partial="core/_job.html")


@door("GET", permission="insights.score")
def cases(request: DoorRequest) -> HttpResponse:
    """The customers behind one number: a panel, or a page of its own."""
    asked = CasesForm(request.GET)
    found = queries.backtest(request.scope)
    if not asked.is_valid() or found is None or found.line(asked.cleaned_data["rule"]) is None:
        raise NotVisible(_("There is no such list."))
    given: dict[str, Any] = asked.cleaned_data
    context = {
        "listed": queries.cases(request.scope, rule=given["rule"], what=given["what"]),
        "most": LISTED,
        "title": rule_label(given["rule"], found.settings),
        "what": given["what"],
        "sub": BacktestCase.What(given["what"]).label,
        "here": with_query(reverse("insights:backtest_cases"), **given),
    }
    return pages.page(request, "insights/backtest_cases.html", context, partial="insights/_backtest_cases.html")


@door("GET", permission="exports.run")
def export(request: DoorRequest) -> HttpResponse:
    """The table of the page as a file."""
    try:
        kind = FileKind(request.GET.get("format", "xlsx"))
    except ValueError as error:
        raise Invalid(_("Choose xlsx or csv.")) from error
    now = timezone.now()
    content = exports.export_backtest(kind=kind, by=request.scope, now=now)
    return pages.table_file(content, name=_("Backtest of warnings"), kind=kind, day=timezone.localdate(now))


def _compare_chart(found: BacktestPage) -> dict[str, Any]:
    """Precision and recall of the rules side by side."""
    lines = [line for line in found.lines if line.warnings or line.losses][::-1]

    def points(name: str) -> list[float | None]:
        return [getattr(line, name) for line in lines]

    def series(name: str, title: str, color: str) -> dict[str, Any]:
        label = {"show": True, "position": "right", "formatter": "@percent", "color": "var(--dk-soft)"}
        return {"type": "bar", "name": title, "data": points(name), "label": label, "itemStyle": {"color": color}, "barMaxWidth": 14}

    return {
        "legend": {"top": 0, "left": 0},
        "xAxis": {"type": "value", "min": 0, "max": 1, "axisLabel": {"formatter": "@percent", "hideOverlap": True}},
        "yAxis": {"type": "category", "data": [line.label for line in lines], "axisLabel": {"width": 150, "overflow": "break"}},
        "grid": {"left": 8, "right": 48, "top": 34, "bottom": 6, "containLabel": True},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}, "valueFormatter": "@percent"},
        "series": [
            series("recall", _("Of the lost, warned of before"), "var(--dk-chart-2)"),
            series("precision", _("Of the warnings, right"), "var(--dk-chart-1)"),
        ],
    }


def _budget_chart(found: BacktestPage) -> dict[str, Any] | None:
    """The value of the customers that were lost or shrank, by how many warnings a month are read."""
    if not found.budgets:
        return None

    def shares(name: str, of: str) -> list[float | None]:
        return [budget[name] / budget[of] if budget[of] else None for budget in found.budgets]

    def line(title: str, data: list[float | None], color: str, dashed: bool = False) -> dict[str, Any]:
        style = {"color": color, "type": "dashed" if dashed else "solid"}
        return {"type": "line", "name": title, "data": data, "lineStyle": style, "itemStyle": {"color": color}}

    return {
        "legend": {"top": 0, "left": 0},
        "xAxis": {
            "type": "category",
            "data": [str(budget["k"]) for budget in found.budgets],
            "name": _("Warnings read each month"),
            "nameLocation": "middle",
            "nameGap": 26,
        },
        "yAxis": {"type": "value", "min": 0, "max": 1, "axisLabel": {"formatter": "@percent"}},
        "grid": {"left": 8, "right": 16, "top": 56, "bottom": 24, "containLabel": True},
        "tooltip": {"trigger": "axis", "valueFormatter": "@percent"},
        "series": [
            line(_("Right, by expected loss"), shares("by_loss", "of"), "var(--dk-chart-1)"),
            line(_("Right, longest silence"), shares("by_silence", "of"), "var(--dk-chart-3)"),
            line(_("Value found, by expected loss"), shares("value_by_loss", "value"), "var(--dk-chart-2)", dashed=True),
            line(_("Value found, longest silence"), shares("value_by_silence", "value"), "var(--dk-chart-4)", dashed=True),
        ],
    }
