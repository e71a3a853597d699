"""From columns to judgements: reads what a run needs beside the snapshot, and goes through the steps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dingke.accounts.models import DossierEntry, FaceMark, Standing
from dingke.core.models import ListItem
from dingke.core.reasons import Label
from dingke.insights.actions.movement_facts import movement_facts
from dingke.insights.calc.rules import Rules
from dingke.insights.columns import Columns
from dingke.insights.judging import Judged, Outside, Place, unjudged
from dingke.insights.models import ValueCard
from dingke.insights.steps import STEPS


def outside_facts(columns: Columns) -> Outside:
    """Master lists, mentions in dossiers, confirmed faces, and who was silent in the run before."""
    places = {
        item.pk: Place(
            item.code,
            tuple(code for code in [str(item.data.get("parent", ""))] if code),
            Label(item.label_en or item.label_zh, item.label_zh or item.label_en),
        )
        for item in ListItem.objects.filter(list_code__in=["industries", "regions"]).order_by("id")
    }
    mentions = DossierEntry.objects.current().order_by("id").values_list("account_id", "source__code", "as_of_date")
    faced = frozenset(FaceMark.objects.order_by().values_list("account_id", flat=True))
    was_judged, was_quiet = np.zeros(len(columns), dtype=np.bool_), np.zeros(len(columns), dtype=np.bool_)
    before = list(Standing.objects.order_by().values_list("account_id", "is_quiet", "rank", "is_candidate"))
    for place, (_account, is_quiet, rank, is_candidate) in zip(columns.places([row[0] for row in before]).tolist(), before, strict=True):
        if place >= 0 and (rank is not None or is_candidate):
            was_judged[place], was_quiet[place] = True, is_quiet
    cards = ValueCard.objects.filter(expected_purchases__isnull=False, average_purchase__isnull=False).order_by()
    plans = {
        account: (number, amount) for account, number, amount in cards.values_list("account_id", "expected_purchases", "average_purchase")
    }
    return Outside(places, list(mentions.iterator()), faced, was_judged, was_quiet, plans, movement_facts(columns))


def assess(columns: Columns, rules: Rules, outside: Outside, *, tell: Callable[[int], None] = lambda _done: None) -> Judged:
    """Goes through all steps; `tell` hears how many are done."""
    judged = unjudged(columns, rules, outside)
    for number, step in enumerate(STEPS, start=1):
        step.judge(columns, judged)
        tell(number)
    return judged
