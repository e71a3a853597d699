"""Assessments as chart options: the radar of the four dimensions, and the trend over assessments."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.insights.calc.assessment_parts import DIMENSIONS
from dingke.insights.models import Assessment
from dingke.insights.queries.assessments import Compared, Shown

_FIELDS = ("financial", "strategic", "loyalty", "word_of_mouth")


def _points(row: Assessment) -> list[float | None]:
    return [_plain(getattr(row, name)) for name in _FIELDS]


def _plain(value: Decimal | None) -> float | None:
    return None if value is None else round(float(value), 1)


def _radar(series: list[dict[str, Any]], *, legend: bool) -> dict[str, Any]:
    language = get_language() or "zh-hans"
    option: dict[str, Any] = {
        "radar": {
            "indicator": [{"name": guide.label.text(language).replace(" ", "\n"), "max": 100} for guide in DIMENSIONS],
            "radius": "54%",
            "center": ["50%", "54%" if legend else "52%"],
            "splitNumber": 4,
        },
        "tooltip": {"trigger": "item"},
        "series": [{"type": "radar", "symbolSize": 5, "data": series}],
    }
    if legend:
        option["legend"] = {"top": 0, "type": "scroll"}
    return option


def radar(chosen: Shown, before: Assessment | None) -> dict[str, Any]:
    """This assessment, with the one before as a thin line."""
    series: list[dict[str, Any]] = [
        {"name": str(chosen.row.assessed_date), "value": _points(chosen.row), "areaStyle": {"opacity": 0.18}, "lineStyle": {"width": 2}}
    ]
    if before is not None:
        thin = {"width": 1.2, "type": "dashed"}
        series.append({"name": str(before.assessed_date), "value": _points(before), "lineStyle": thin})
    return _radar(series, legend=before is not None)


def overlay(compared: Sequence[Compared]) -> dict[str, Any] | None:
    """Several accounts over each other."""
    series = [
        {"name": one.account.shown_name, "value": _points(one.shown.row), "areaStyle": {"opacity": 0.06}} for one in compared if one.shown
    ]
    return _radar(series, legend=True) if series else None


def trend(history: Sequence[Assessment]) -> dict[str, Any] | None:
    """Totals and dimensions over the assessments, the oldest first; None with fewer than two."""
    if len(history) < 2:
        return None
    rows = list(reversed(history))
    language = get_language() or "zh-hans"
    lines: list[dict[str, Any]] = [
        {
            "type": "line", "name": _("Total points"), "data": [_plain(row.total) for row in rows],
            "lineStyle": {"width": 3}, "symbolSize": 7,
        },
        *(
            {
                "type": "line", "name": guide.label.text(language), "data": [_plain(getattr(row, name)) for row in rows],
                "lineStyle": {"width": 1.4},
            }
            for guide, name in zip(DIMENSIONS, _FIELDS, strict=True)
        ),
    ]  # fmt: skip
    return {
        "legend": {"top": 0, "type": "scroll"},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": [str(row.assessed_date) for row in rows]},
        "yAxis": {"type": "value", "min": 0, "max": 100},
        "series": lines,
    }
