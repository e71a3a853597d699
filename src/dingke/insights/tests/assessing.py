"""Assessments for tests."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from dingke.accounts.models import Account, Standing
from dingke.core.scope import Scope
from dingke.insights.actions.assessments import Given, Rating, save_assessment
from dingke.insights.models import Assessment

ALL = ("DEPTH", "COMMITMENT", "REFERRALS", "COST_TO_SERVE")


def given(points: int = 80, *, codes: tuple[str, ...] = ALL, **fields: Any) -> Given:
    ratings = {code: Rating(Decimal(points), "看过现场") for code in codes}
    return Given(**{"ratings": ratings, "long_term": "三年内翻番", "customer_talk": "希望缩短交期", **fields})


def assessed(account: Account, by: Scope, now: datetime, points: int = 80, **fields: Any) -> Assessment:
    return save_assessment(account=account, given=given(points, **fields), by=by, now=now)


def scored(account: Account, day: date, revenue: int = 100_000, profit: int | None = 30_000, **fields: Any) -> Standing:
    """A stored standing, as a score run leaves it."""
    values = {
        "as_of_date": day, "run_id": 1, "revenue": revenue, "revenue_before": 80_000, "orders_count": 10, "gross_profit": profit, "abc": "A",
        "rank": 1, "evidence": {"figures": {"incentives": "5000.00"}}, **fields,
    }  # fmt: skip
    return Standing.objects.update_or_create(account=account, defaults=values)[0]
