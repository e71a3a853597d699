"""Dossier stale: what we know of a key account or an A customer is older than it may be."""

from __future__ import annotations

import numpy as np
from django.db.models import Max

from dingke.accounts.models import DossierEntry
from dingke.insights.calc.warning import Category, Context, Signs, days_between, found
from dingke.insights.signals import signal
from dingke.insights.signals.loading import arrays, newest


def load(context: Context) -> np.ndarray:
    """The day of the newest fact of each account."""
    facts = DossierEntry.objects.current().filter(as_of_date__lte=context.as_of).order_by()
    per_account = facts.values("account_id").annotate(newest=Max("as_of_date"))
    return newest(context, *arrays(per_account, "account_id", "newest"))


@signal(
    code="DOSSIER_STALE",
    label=("Dossier stale", "档案陈旧"),
    action=("Ask three open questions of the dossier on the next occasion.", "下次接触时，就档案中的空白问三个问题。"),
    category=Category.SERVICE,
    sentences={
        "WARN_DOSSIER": (
            "The newest fact of the dossier is {days:.0f} days old; {limit} days are allowed.",
            "档案中最新的信息已是 {days:.0f} 天前的，最多允许 {limit} 天。",
        )
    },
    replays=False,
)
def judge(context: Context) -> Signs:
    columns = context.columns
    days = days_between(context.fact("newest_dossier_day", load), context.day)
    with np.errstate(invalid="ignore", divide="ignore"):
        speaks = (columns.is_key | (columns.abc == "A")) & (days > context.settings.dossier_days)
        beyond = 1 - context.settings.dossier_days / days
    return found("DOSSIER_STALE", speaks, beyond, "WARN_DOSSIER", days=days, limit=context.settings.dossier_days)
