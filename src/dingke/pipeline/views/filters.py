"""The filter bar that the pages of deals share."""

from __future__ import annotations

from typing import Any

from dingke.core.doors import DoorRequest
from dingke.core.jinja import language, with_query
from dingke.pipeline.queries import list_filter
from dingke.pipeline.queries.list_filter import DealFilter

PAGES = (("pipeline:board", "layout-kanban"), ("pipeline:list", "list"), ("pipeline:weeks", "calendar-week"))


def wanted_of(request: DoorRequest) -> DealFilter:
    return list_filter.deal_filter(request.GET)


def bar(request: DoorRequest, wanted: DealFilter, base: str, **more: Any) -> dict[str, Any]:
    """What the bar needs: the filter, its choices, and what is filtered beyond it in words."""
    return {
        "wanted": wanted,
        "filter_query": {**wanted.params(), **{name: value for name, value in more.items() if value}},
        "more": more,
        "base": base,
        "choices": list_filter.choices(request.scope, chinese=language().startswith("zh")),
        "chips": [
            (text, with_query(base, **more, **left.params())) for text, left in list_filter.chips(wanted, stages=list_filter.stage_names())
        ],
        "hides_amount": request.scope.hides("amount"),
        "may_edit": request.scope.can("pipeline.edit") or request.scope.can("*"),
        "may_export": request.scope.can("exports.run"),
    }
