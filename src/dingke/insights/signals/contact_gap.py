"""Contact gap (D-08, O-19): nobody of ours has spoken with the customer for longer than its class asks."""

from __future__ import annotations

import numpy as np

from dingke.accounts.models import Account
from dingke.accounts.queries.pool import local_day
from dingke.insights.calc.warning import Category, Context, Numbers, Signs, days_between, found
from dingke.insights.signals import signal
from dingke.insights.signals.loading import arrays, newest


def limits(context: Context) -> Numbers:
    """Days by class; key accounts by their own limit, and the stricter one counts. NaN asks for no contact."""
    settings, columns = context.settings, context.columns
    by_class = {"A": settings.contact_days_a, "B": settings.contact_days_b, "C": settings.contact_days_c}
    allowed = np.full(len(columns), np.inf)
    for letter, days in by_class.items():
        if days:
            allowed[columns.abc == letter] = days
    if settings.contact_days_key:
        allowed[columns.is_key] = np.minimum(allowed[columns.is_key], settings.contact_days_key)
    return np.where(np.isinf(allowed), np.nan, allowed)


def load(context: Context) -> np.ndarray:
    """The day of the last contact of each account."""
    ids, moments = arrays(Account.objects.filter(archived_at__isnull=True, last_contact_at__isnull=False), "id", "last_contact_at")
    return newest(context, ids, [local_day(moment) for moment in moments])


@signal(
    code="CONTACT_GAP",
    label=("Contact gap", "联系中断"),
    action=("Call or visit this week and note what was said.", "本周内致电或拜访，并记下谈话内容。"),
    category=Category.SERVICE,
    sentences={
        "WARN_CONTACT": (
            "Last contact {days:.0f} days ago; {limit:.0f} days are allowed here.",
            "上次联系在 {days:.0f} 天前，此类客户最多间隔 {limit:.0f} 天。",
        )
    },
    replays=False,
)
def judge(context: Context) -> Signs:
    """As sure as the part of the silence that is beyond the limit. Who was never contacted is no gap but a beginning."""
    days = days_between(context.fact("last_contact", load), context.day)
    allowed = limits(context)
    with np.errstate(invalid="ignore", divide="ignore"):
        speaks, beyond = days > allowed, 1 - allowed / days
    return found("CONTACT_GAP", speaks, beyond, "WARN_CONTACT", days=days, limit=allowed)
