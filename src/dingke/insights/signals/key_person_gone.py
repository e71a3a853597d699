"""Key person gone (D-08 "contact person left", O-19): a main contact has left lately."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np

from dingke.accounts.models import Contact
from dingke.insights.calc.warning import Category, Context, Signs, days_between, found
from dingke.insights.signals import signal
from dingke.insights.signals.loading import arrays, newest, places

STILL_ONE = 0.5  # half as grave while another main contact is there


def load(context: Context) -> Mapping[str, np.ndarray]:
    """When a main contact left last, and how many main contacts are still there."""
    people = Contact.objects.filter(archived_at__isnull=True, erased_at__isnull=True, is_main=True)
    since = context.as_of - timedelta(days=context.settings.fresh_days)
    gone = newest(context, *arrays(people.filter(left_date__gte=since, left_date__lte=context.as_of), "account_id", "left_date"))
    ids, left = arrays(people, "account_id", "left_date")
    here = [account_id for account_id, day in zip(ids, left, strict=True) if day is None or day > context.as_of]
    rows, known = places(context, here)
    return {"gone": gone, "here": np.bincount(rows[known], minlength=len(context.columns))}


@signal(
    code="KEY_PERSON_GONE",
    label=("Key person gone", "关键人离职"),
    action=(
        "Ask who follows, let the one who left introduce you, and meet the successor within two weeks.",
        "问清由谁接任，请离任者引荐，两周内与接任者见面。",
    ),
    category=Category.SERVICE,
    sentences={
        "WARN_PERSON": (
            "A main contact left {days:.0f} days ago; main contacts still there: {here}.",
            "{days:.0f} 天前有主要联系人离职，仍在任的主要联系人：{here} 位。",
        )
    },
    replays=False,
)
def judge(context: Context) -> Signs:
    people = context.fact("main_contacts", load)
    days = days_between(people["gone"], context.day)
    return found(
        "KEY_PERSON_GONE",
        ~np.isnan(days),
        np.where(people["here"] > 0, STILL_ONE, 1.0),
        "WARN_PERSON",
        days=days,
        here=people["here"],
    )
