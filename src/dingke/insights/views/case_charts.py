"""Charts of cases and of the retention funnel."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from dingke.insights.queries.loss_cases import CaseReport
from dingke.insights.queries.silence import Silence

SHOWN = 12


def by_reason(report: CaseReport) -> dict[str, Any]:
    """Closed cases by reason, stacked by how they ended."""
    lines = list(reversed(report.by_reason[:SHOWN]))
    parts = (
        (_("Customer kept"), "var(--dk-green)", [line.kept for line in lines]),
        (_("Partly kept"), "var(--dk-amber)", [line.partly for line in lines]),
        (_("Customer lost"), "var(--dk-red)", [line.lost for line in lines]),
    )
    return {
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "legend": {"right": 0, "top": 0},
        "grid": {"left": 8, "right": 16, "top": 30, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "value", "minInterval": 1},
        "yAxis": {"type": "category", "data": [line.label for line in lines]},
        "series": [
            {"name": name, "type": "bar", "stack": "cases", "data": data, "itemStyle": {"color": colour}, "barMaxWidth": 22}
            for name, colour, data in parts
        ],
    }


def rates(report: Silence) -> dict[str, Any]:
    """Repurchase rate and loss rate over the years."""
    years = list(reversed(report.years))

    def figure(value: Any) -> float | None:
        return None if value is None else float(value)

    return {
        "tooltip": {"trigger": "axis", "valueFormatter": "@percent"},
        "legend": {"right": 0, "top": 0},
        "grid": {"left": 8, "right": 16, "top": 34, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "category", "data": [str(year.year) for year in years]},
        "yAxis": {"type": "value", "min": 0, "axisLabel": {"formatter": "@percent"}},
        "series": [
            {
                "name": _("Repurchase rate"), "type": "line", "data": [figure(year.repurchase_rate) for year in years],
                "itemStyle": {"color": "var(--dk-chart-1)"}, "symbolSize": 7,
            },
            {
                "name": _("Loss rate"), "type": "line", "data": [figure(year.loss_rate) for year in years],
                "itemStyle": {"color": "var(--dk-red)"}, "symbolSize": 7, "lineStyle": {"type": "dashed"},
            },
        ],
    }  # fmt: skip
