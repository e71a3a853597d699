"""Competitor seen (D-11 switch to a rival): a rival was noted at a customer that buys from us."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np

from dingke.accounts.models import AccountCompetitor
from dingke.insights.calc.warning import Category, Context, Signs, days_between, found
from dingke.insights.signals import signal
from dingke.insights.signals.loading import arrays, days, places

UNRATED = 3  # of 5, as content with the rival as with us


def load(context: Context) -> Mapping[str, np.ndarray]:
    """Per account the rival it is most content with, of those noted lately."""
    since = context.as_of - timedelta(days=context.settings.fresh_days)
    rows = AccountCompetitor.objects.filter(archived_at__isnull=True, noted_date__gte=since, noted_date__lte=context.as_of)
    ids, names, noted, content = arrays(rows, "account_id", "competitor__name", "noted_date", "satisfaction")
    size = len(context.columns)
    rival = np.full(size, "", dtype=object)
    day, rating = np.full(size, np.datetime64("NaT"), dtype="datetime64[D]"), np.zeros(size)
    at, known = places(context, ids)
    rated = np.array([UNRATED if value is None else value for value in content], dtype=np.float64)
    order = np.lexsort((days(noted)[known], rated[known]))  # the most content, then the latest, is written last
    placed: Any = at[known][order]
    rival[placed] = np.array(names, dtype=object)[known][order]
    day[placed], rating[placed] = days(noted)[known][order], rated[known][order]
    return {"rival": rival, "day": day, "rating": rating}


@signal(
    code="COMPETITOR_SEEN",
    label=("Competitor seen", "发现竞争对手"),
    action=(
        "Find out which need the rival serves, fix the cause, bring in your superior, and offer inside the guards.",
        "弄清对手满足了哪项需求，消除原因，请上级出面，并在防线内给出方案。",
    ),
    category=Category.MARKET,
    sentences={
        "WARN_RIVAL": (
            "{rival} was noted there {days:.0f} days ago; the customer's contentment with them: {rating:.0f} of 5.",
            "{days:.0f} 天前在该客户处发现 {rival}；客户对其满意度 {rating:.0f}/5。",
        )
    },
    replays=False,
)
def judge(context: Context) -> Signs:
    seen = context.fact("rivals", load)
    ago = days_between(seen["day"], context.day)
    buys = (context.columns.revenue > 0) | (context.columns.revenue_before > 0)
    return found(
        "COMPETITOR_SEEN",
        ~np.isnan(ago) & buys,
        seen["rating"] / 5,
        "WARN_RIVAL",
        rival=seen["rival"],
        days=ago,
        rating=seen["rating"],
    )
