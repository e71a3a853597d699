"""The API's door to the portfolio."""

from __future__ import annotations

from typing import Any

from ninja import Router

from dingke.core import access
from dingke.core.doors import DoorRequest
from dingke.core.rest import ProblemOut
from dingke.insights import queries

router = Router(tags=["insights"])


@router.get("/portfolio", response={200: dict[str, Any], 401: ProblemOut, 403: ProblemOut})
def portfolio(request: DoorRequest) -> dict[str, Any]:
    """Which customers carry the business, over what the caller sees."""
    access.needs(request.scope, "insights.see").enforce()
    return queries.report_portfolio(request.scope)
