"""What the trend chart draws, as an ECharts option."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core.jinja import with_query
from dingke.core.scope import Scope
from dingke.ledger.queries.account_money import AccountMoney, Quarter


def money_unit() -> tuple[Decimal, str]:
    """What one unit on a bar's label is: 万元, or thousands."""
    return (Decimal(10_000), _("in 10,000 yuan")) if (get_language() or "zh").startswith("zh") else (Decimal(1_000), _("in thousands"))


def _bar(quarter: Quarter, money: AccountMoney, unit: Decimal, places: int) -> dict[str, Any]:
    point: dict[str, Any] = {"value": float(quarter.turnover.revenue)}
    if quarter.turnover.revenue:
        point["label"] = {"formatter": f"{quarter.turnover.revenue / unit:,.{places}f}"}
        point["url"] = with_query(
            reverse("ledger:orders"),
            account=money.account.pk,
            **{"from": quarter.period.start.isoformat(), "to": min(money.today, quarter.period.end).isoformat()},
        )
    else:
        point["label"] = {"show": False}
    if quarter.is_running:
        point["itemStyle"] = {
            "color": "var(--dk-sunken)",
            "borderColor": "var(--dk-chart-1)",
            "borderType": "dashed",
            "borderWidth": 1,
        }
    return point


def _strip(text: str, top: int, colour: str) -> dict[str, Any]:
    """The name of a strip, at its upper left, clear of its numbers."""
    return {"text": text, "left": 0, "top": top, "padding": 0, "textStyle": {"fontSize": 12, "fontWeight": 400, "color": colour}}


def trend_option(money: AccountMoney, scope: Scope) -> dict[str, Any] | None:
    """Revenue as bars, the margin as a line in a strip of its own above them. None when there is nothing to draw or to be shown."""
    if scope.hides("amount") or not any(quarter.turnover.orders for quarter in money.quarters):
        return None
    unit, _text = money_unit()
    largest = max(quarter.turnover.revenue for quarter in money.quarters)
    places = 0 if largest >= 100 * unit else 1
    so_far = _("so far")
    names = [f"{quarter.name}\n{so_far}" if quarter.is_running else quarter.name for quarter in money.quarters]
    label = {"show": True, "position": "top", "fontSize": 11, "color": "var(--dk-soft)"}
    bars = {
        "type": "bar",
        "name": _("Revenue"),
        "data": [_bar(quarter, money, unit, places) for quarter in money.quarters],
        "itemStyle": {"color": "var(--dk-chart-area)"},
        "label": label,
        "labelLayout": {"hideOverlap": True},
        "barMaxWidth": 30,
    }
    margins = [quarter.turnover.profit.rate if quarter.turnover.profit else None for quarter in money.quarters]
    has_margin = not scope.hides("cost") and any(rate is not None for rate in margins)
    # The axes of a strip carry no titles: the numbers stand on the bars and points themselves.
    quiet: dict[str, Any] = {"type": "value", "axisLabel": {"show": False}, "splitLine": {"show": False}}
    option: dict[str, Any] = {
        "tooltip": {"trigger": "axis", "valueFormatter": "@wan", "axisPointer": {"type": "shadow"}},
        "grid": [{"left": 4, "right": 4, "top": 22, "bottom": 38, "containLabel": False}],
        "xAxis": [{"type": "category", "data": names, "axisLabel": {"interval": 0, "hideOverlap": True, "lineHeight": 15}}],
        "yAxis": [quiet],
        "series": [bars],
        "aria": {"enabled": True},
    }
    if has_margin:
        line = {
            "type": "line",
            "name": _("Gross margin"),
            "xAxisIndex": 1,
            "yAxisIndex": 1,
            "data": [
                {"value": None} if rate is None else {"value": round(float(rate), 4), "label": {"formatter": f"{rate * 100:.0f}%"}}
                for rate in margins
            ],
            "lineStyle": {"color": "var(--dk-chart-2)"},
            "itemStyle": {"color": "var(--dk-chart-2)"},
            "label": {**label, "color": "var(--dk-bronze-text)"},
            "labelLayout": {"hideOverlap": True},
            "connectNulls": False,
            "tooltip": {"valueFormatter": "@percent"},
        }
        option["grid"] = [
            {"left": 4, "right": 4, "top": 122, "bottom": 38, "containLabel": False},
            {"left": 4, "right": 4, "top": 34, "height": 34, "containLabel": False},
        ]
        option["xAxis"].append(
            {
                "type": "category",
                "data": names,
                "gridIndex": 1,
                "axisLabel": {"show": False},
                "axisLine": {"show": False},
            }
        )
        option["yAxis"].append({**quiet, "gridIndex": 1, "scale": True})
        option["title"] = [_strip(_("Gross margin"), 0, "var(--dk-bronze-text)"), _strip(_("Revenue"), 80, "var(--dk-soft)")]
        option["axisPointer"] = {"link": [{"xAxisIndex": "all"}]}
        option["series"].append(line)
    return option
