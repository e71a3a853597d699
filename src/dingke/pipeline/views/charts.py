"""Figures of the pipeline as chart options; colours by token, numbers formatted by the shell's chart script."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from dingke.core.jinja import with_query
from dingke.core.links import address
from dingke.pipeline.queries.forecast import ForecastReport, RangeReport
from dingke.pipeline.queries.funnel import Funnel
from dingke.pipeline.queries.list_filter import DealFilter
from dingke.pipeline.queries.reports import Line

FEWEST = 5  # decided deals below which a win rate says nothing
MOST = 15


def _list(wanted: DealFilter | None) -> str:
    return with_query(address("pipeline:list"), **wanted.params()) if wanted else ""


def _number(amount: Decimal | None) -> float:
    return float(amount or 0)


def forecast(report: ForecastReport) -> dict[str, Any]:
    """By period: won, committed, the rest of the best case, the rest of the pipeline; and the weighted sum as a line."""
    parts = (
        (_("Won"), "var(--dk-chart-1)", [_number(one.won) for one in report.totals]),
        (_("Commit"), "var(--dk-chart-2)", [_number(one.commit) for one in report.totals]),
        (_("Best case"), "var(--dk-chart-3)", [_number(one.best) - _number(one.commit) for one in report.totals]),
        (_("In the pipeline"), "var(--dk-chart-area)", [_number(one.pipeline) - _number(one.best) for one in report.totals]),
    )
    series: list[dict[str, Any]] = [
        {"type": "bar", "stack": "all", "name": name, "data": data, "itemStyle": {"color": colour, "borderRadius": 0}}
        for name, colour, data in parts
    ]
    series.append(
        {
            "type": "line", "name": _("Weighted"), "data": [_number(one.weighted) + _number(one.won) for one in report.totals],
            "itemStyle": {"color": "var(--dk-bronze)"}, "symbolSize": 7,
        }
    )  # fmt: skip
    return {
        "legend": {"top": 0, "left": 0},
        "xAxis": {"type": "category", "data": [span.label for span in report.spans]},
        "yAxis": {"type": "value", "axisLabel": {"formatter": "@wan"}},
        "tooltip": {"trigger": "axis", "valueFormatter": "@wan"},
        "series": series,
    }


def ranges(found: RangeReport) -> dict[str, Any]:
    """A band from low to high by period, the middle as a line."""
    lows = [float(one.whole[0]) for one in found.totals]
    highs = [float(one.whole[2]) for one in found.totals]
    invisible = {"opacity": 0}
    return {
        "legend": {"top": 0, "left": 0, "data": [_("Range"), _("Middle")]},
        "xAxis": {"type": "category", "data": [span.label for span in found.spans]},
        "yAxis": {"type": "value", "axisLabel": {"formatter": "@wan"}},
        "tooltip": {"trigger": "axis", "valueFormatter": "@wan"},
        "series": [
            {"type": "bar", "stack": "band", "name": _("Low"), "data": lows, "itemStyle": {"color": "transparent"}, "emphasis": invisible},
            {
                "type": "bar", "stack": "band", "name": _("Range"), "data": [high - low for low, high in zip(lows, highs, strict=True)],
                "itemStyle": {"color": "var(--dk-chart-area)", "borderRadius": 3},
            },
            {
                "type": "line", "name": _("Middle"), "data": [float(one.whole[1]) for one in found.totals],
                "itemStyle": {"color": "var(--dk-chart-1)"},
            },
        ],
    }  # fmt: skip


def quarters(lines: Sequence[Line]) -> dict[str, Any]:
    """Won and lost deals by quarter with the win rate; a bar opens its deals."""
    return {
        "legend": {"top": 0, "left": 0},
        "xAxis": {"type": "category", "data": [line.label for line in lines]},
        "yAxis": [
            {"type": "value", "minInterval": 1},
            {"type": "value", "min": 0, "max": 1, "axisLabel": {"formatter": "@percent"}, "splitLine": {"show": False}},
        ],
        "tooltip": {"trigger": "axis"},
        "series": [
            {"type": "bar", "name": _("Won"), "data": [{"value": line.won, "url": _list(line.opens("WON"))} for line in lines]},
            {
                "type": "bar", "name": _("Lost"), "itemStyle": {"color": "var(--dk-grey)"},
                "data": [{"value": line.lost, "url": _list(line.opens("LOST"))} for line in lines],
            },
            {
                "type": "line", "name": _("Win rate"), "yAxisIndex": 1, "itemStyle": {"color": "var(--dk-bronze)"},
                "data": [None if line.win_rate is None else float(line.win_rate) for line in lines],
            },
        ],
    }  # fmt: skip


def win_rates(lines: Sequence[Line]) -> dict[str, Any] | None:
    """Win rates of owners who decided enough deals, the best on top; None when nobody did."""
    known = sorted((line for line in lines if line.won + line.lost >= FEWEST), key=lambda line: (line.win_rate or 0, line.label))[-MOST:]
    if len(known) < 2:
        return None
    return {
        "xAxis": {"type": "value", "min": 0, "max": 1, "axisLabel": {"formatter": "@percent"}},
        "yAxis": {"type": "category", "data": [line.label for line in known]},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}, "valueFormatter": "@percent"},
        "series": [
            {
                "type": "bar", "name": _("Win rate"), "label": {"show": True, "position": "right", "formatter": "@percent"},
                "data": [{"value": float(line.win_rate or 0), "url": _list(line.opens("WON"))} for line in known],
            }
        ],
    }  # fmt: skip


def funnel(found: Funnel) -> dict[str, Any]:
    """Deals per stage, the needed number as a mark; a bar opens its deals."""
    lines = list(reversed(found.lines))
    return {
        "legend": {"top": 0, "left": 0},
        "xAxis": {"type": "value", "minInterval": 1},
        "yAxis": {"type": "category", "data": [line.label for line in lines]},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "series": [
            {
                "type": "bar", "name": _("Deals"), "label": {"show": True, "position": "right"},
                "data": [
                    {
                        "value": line.fill.actual, "url": _list(line.wanted),
                        **({"itemStyle": {"color": "var(--dk-amber)"}} if line.fill.is_bottleneck else {}),
                    }
                    for line in lines
                ],
            },
            {
                "type": "scatter", "name": _("Needed"), "symbol": "rect", "symbolSize": [3, 24], "itemStyle": {"color": "var(--dk-bronze)"},
                "data": [line.fill.needed for line in lines],
            },
        ],
    }  # fmt: skip
