"""The history of a guard as a small chart: its figure over the runs, the line it must not cross."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from dingke.insights.calc.guards import Guard
from dingke.insights.queries.guard_panel import Watched

SHARES = {Guard.ONE_ACCOUNT, Guard.TOP_ACCOUNTS, Guard.CONTACT_COVERAGE}


def history(watched: Watched) -> dict[str, Any]:
    points = watched.history
    form = "@percent" if watched.guard in SHARES else "@number"
    limits = [float(point.threshold) for point in points]
    return {
        "tooltip": {"trigger": "axis", "valueFormatter": form},
        "grid": {"left": 8, "right": 14, "top": 10, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "category", "data": [point.day.isoformat() for point in points]},
        "yAxis": {"type": "value", "min": 0, "splitNumber": 2, "axisLabel": {"formatter": form}},
        "series": [
            {
                "name": _("Figure"), "type": "line", "data": [float(point.figure) for point in points], "symbolSize": 6,
                "itemStyle": {"color": "var(--dk-chart-1)"},
            },
            {
                "name": _("Line"), "type": "line", "data": limits, "symbol": "none",
                "lineStyle": {"type": "dashed", "width": 1.2}, "itemStyle": {"color": "var(--dk-amber)"},
            },
        ],
    }  # fmt: skip
