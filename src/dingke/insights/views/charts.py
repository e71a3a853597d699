"""Figures as chart options; colours by token, numbers formatted by the shell's chart script."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from dingke.core.jinja import with_query
from dingke.core.links import address
from dingke.insights.queries.account import Point
from dingke.insights.queries.customer_list import Cut, Line
from dingke.insights.queries.stages import StageLine, StageReport

MATRIX_POINTS = 400
SKEWED = 15  # the largest against the middle one: beyond it a linear axis shows a heap and a dot
SHAPES = {
    "RED": ("triangle", "var(--dk-red)"),
    "BLACK": ("rect", "var(--dk-text)"),
    "WHITE": ("emptyCircle", "var(--dk-amber)"),
    "": ("circle", "var(--dk-chart-1)"),
}


def _account(account_id: int) -> str:
    return address("workspace:account", account_id=account_id)


def pareto(cut: Cut) -> dict[str, Any]:
    """The cumulative curve, a point for every customer or, in long lists, for every few."""
    points = [{"value": [line.rank, float(line.cumulative)], "name": line.name, "url": _account(line.account_id)} for line in cut.curve]
    marks = [
        {"xAxis": cut.count("A"), "name": "A", "label": {"formatter": _("A: %(count)s") % {"count": cut.count("A")}}},
        {"xAxis": cut.count("A") + cut.count("B"), "name": "B", "label": {"formatter": _("B: %(count)s") % {"count": cut.count("B")}}},
    ]
    return {
        "xAxis": {
            "type": "value",
            "min": 0,
            "max": max(cut.size, 1),
            "name": _("Customers, largest first"),
            "nameLocation": "middle",
            "nameGap": 26,
            "splitLine": {"show": False},
            "minInterval": 1,
        },
        "yAxis": {"type": "value", "min": 0, "max": 1, "axisLabel": {"formatter": "@percent"}},
        "grid": {"left": 8, "right": 16, "top": 26, "bottom": 22, "containLabel": True},
        "tooltip": {"trigger": "axis", "valueFormatter": "@percent"},
        "series": [
            {
                "type": "line",
                "name": _("Cumulative share"),
                "showSymbol": len(points) <= 120,
                "symbolSize": 4,
                "data": points,
                "areaStyle": {"color": "var(--dk-chart-area)", "opacity": 0.22},
                "markLine": {
                    "symbol": "none",
                    "silent": True,
                    "animation": False,
                    "lineStyle": {"color": "var(--dk-bronze)", "type": "solid", "width": 1.5},
                    "label": {"color": "var(--dk-bronze-text)", "position": "end", "distance": 4},
                    "data": marks,
                },
            }
        ],
    }


def matrix(cut: Cut, average: Decimal | None) -> dict[str, Any] | None:
    """Volume by margin, one point a customer, by face; None when no margin is known."""
    known = [line for line in cut.lines if line.margin is not None and line.revenue is not None and line.revenue > 0][:MATRIX_POINTS]
    if not known:
        return None
    largest = {line.account_id for line in known[:3]}
    names = {"RED": _("Red face"), "BLACK": _("Black face"), "WHITE": _("White face"), "": _("No face")}
    series: list[dict[str, Any]] = []
    for face, (symbol, colour) in SHAPES.items():
        of_face = [line for line in known if _face(line) == face]
        if of_face:
            series.append(
                {
                    "type": "scatter",
                    "name": names[face],
                    "symbol": symbol,
                    "symbolSize": 10,
                    "itemStyle": {"color": colour, "opacity": 0.8},
                    "data": [_dot(line, line.account_id in largest) for line in of_face],
                }
            )
    if average is not None:
        series[0]["markLine"] = {
            "symbol": "none",
            "silent": True,
            "lineStyle": {"color": "var(--dk-soft)", "type": "dashed"},
            "label": {"formatter": _("average %(margin)s") % {"margin": f"{average:.1%}"}, "position": "insideStartTop"},
            "data": [{"yAxis": float(average)}],
        }
    revenues = sorted(float(line.revenue or 0) for line in known)
    scale = "log" if revenues[-1] > SKEWED * revenues[len(revenues) // 2] else "value"
    return {
        "legend": {"top": 0, "left": 0},
        "xAxis": {
            "type": scale,
            "name": _("Revenue, 12 months"),
            "nameLocation": "middle",
            "nameGap": 26,
            "axisLabel": {"formatter": "@wan"},
            "splitLine": {"show": False},
        },
        "yAxis": {"type": "value", "axisLabel": {"formatter": "@percent"}, "scale": True},
        "grid": {"left": 8, "right": 24, "top": 36, "bottom": 22, "containLabel": True},
        "tooltip": {"trigger": "item", "formatter": "{b}"},
        "series": series,
    }


def _face(line: Line) -> str:
    face = line.face or line.proposed_face
    return "" if face == "NONE" else face


def _dot(line: Line, is_named: bool) -> dict[str, Any]:
    return {
        "value": [float(line.revenue or 0), float(line.margin or 0)],
        "name": line.name,
        "url": _account(line.account_id),
        **({"label": {"show": True, "formatter": "{b}", "position": "top", "color": "var(--dk-text)"}} if is_named else {}),
    }


def history(points: Sequence[Point]) -> dict[str, Any] | None:
    """Revenue of twelve months as each run saw it; None with fewer than two runs or hidden amounts."""
    if len(points) < 2 or any(point.revenue is None for point in points):
        return None
    return {
        "xAxis": {"type": "category", "data": [point.day for point in points]},
        "yAxis": {"type": "value", "axisLabel": {"formatter": "@wan"}},
        "tooltip": {"trigger": "axis", "valueFormatter": "@wan"},
        "series": [{"type": "line", "name": _("Revenue, 12 months"), "data": [float(point.revenue or 0) for point in points]}],
    }


def quarters(rows: Sequence[tuple[str, Decimal | None, Decimal | None]]) -> dict[str, Any] | None:
    """Quarterly revenue, and the margin where it is known."""
    if not rows or any(revenue is None for _name, revenue, _profit in rows):
        return None
    margins = [float(profit / revenue) if profit is not None and revenue else None for _name, revenue, profit in rows]
    option: dict[str, Any] = {
        "legend": {"top": 0, "left": 0},
        "xAxis": {"type": "category", "data": [name for name, _revenue, _profit in rows]},
        "yAxis": [{"type": "value", "axisLabel": {"formatter": "@wan"}}],
        "tooltip": {"trigger": "axis"},
        "series": [{"type": "bar", "name": _("Revenue"), "data": [float(revenue or 0) for _name, revenue, _profit in rows]}],
    }
    if any(margin is not None for margin in margins):
        option["yAxis"].append({"type": "value", "axisLabel": {"formatter": "@percent"}, "splitLine": {"show": False}})
        option["series"].append({"type": "line", "name": _("Margin"), "yAxisIndex": 1, "data": margins, "connectNulls": False})
    return option


def stages(report: StageReport) -> dict[str, Any]:
    """Customers per stage, those over its limit apart; a bar leads to its list."""
    lines = list(reversed(report.lines))  # the first stage on top
    base = address("accounts:list")

    def bar(number: int, line: StageLine, **more: Any) -> dict[str, Any]:
        return {"value": number, "url": with_query(base, edited=1, stage=line.stage.value, **more)}

    def labelled(point: dict[str, Any]) -> dict[str, Any]:
        return {**point, "label": {"show": point["value"] > 0}}

    within = [bar(line.number - line.over, line) for line in lines]
    over = [bar(line.over, line, stage_days=(line.limit or 0) + 1) if line.over else {"value": 0} for line in lines]
    label = {"position": "inside", "color": "var(--dk-surface)"}
    over_label = {"position": "right", "color": "var(--dk-amber-text)"}
    return {
        "legend": {"top": 0, "left": 0},
        "xAxis": {"type": "value", "minInterval": 1},
        "yAxis": {"type": "category", "data": [line.label for line in lines]},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "series": [
            {
                "type": "bar",
                "stack": "n",
                "name": _("Within the limit"),
                "data": [labelled(point) for point in within],
                "label": label,
                "itemStyle": {"borderRadius": 0},
            },
            {
                "type": "bar",
                "stack": "n",
                "name": _("Over the limit"),
                "data": [labelled(point) for point in over],
                "label": over_label,
                "itemStyle": {"borderRadius": 0, "color": "var(--dk-amber)"},
            },
        ],
    }
