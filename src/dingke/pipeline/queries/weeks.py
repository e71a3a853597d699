"""Open deals by the week in which they are expected: overdue ones first, then week by week, then what is later or has no date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, IntegerField, Sum
from django.db.models.expressions import Case, Value, When
from django.utils.translation import gettext as _

from dingke.core.money import rounded
from dingke.core.scope import Scope
from dingke.pipeline.models import Opportunity
from dingke.pipeline.queries.list import Row, as_rows, with_names
from dingke.pipeline.queries.list_filter import DealFilter, filtered, groups_of

WEEKS = 13
SHOWN = 8
OVERDUE, LATER, UNDATED = -1, WEEKS, WEEKS + 1


@dataclass(frozen=True, slots=True)
class Week:
    """`start` and `end` are None for overdue, later and undated deals; `rows` are the first ones, `wanted` opens all of them."""

    label: str
    start: date | None
    number: int
    amount: Decimal | None
    weighted: Decimal | None
    rows: Sequence[Row]
    wanted: DealFilter
    is_overdue: bool = False

    @property
    def more(self) -> int:
        return max(0, self.number - len(self.rows))


def weeks(scope: Scope, wanted: DealFilter, *, today: date) -> list[Week]:
    """The table by week: one query for counts and sums, one for the rows shown, one for their stages."""
    monday = today - timedelta(days=today.weekday())
    base = replace(wanted, due="", state=Opportunity.State.OPEN.value)
    starts = [monday + timedelta(weeks=index) for index in range(WEEKS)]
    end = starts[-1] + timedelta(weeks=1)
    cases = [
        When(expected_date__isnull=True, then=Value(UNDATED)),
        When(expected_date__lt=today, then=Value(OVERDUE)),
        *(When(expected_date__lt=start + timedelta(weeks=1), then=Value(index)) for index, start in enumerate(starts)),
    ]
    rows = filtered(scope, base, today=today).annotate(week=Case(*cases, default=Value(LATER), output_field=IntegerField()))
    grouped = rows.values("week").annotate(number=Count("pk"), whole=Sum("amount"), weighted=Sum(F("amount") * F("probability")))
    sums = {group["week"]: group for group in groups_of(grouped.order_by("week"))}
    shown = _first_rows(rows, sums, today=today)
    hides = scope.hides("amount")
    found = []
    for place in [OVERDUE, *range(WEEKS), LATER, UNDATED]:
        group = sums.get(place)
        if group is None and not 0 <= place < WEEKS:
            continue
        label, narrowed, start = _described(place, base, starts, end, today)
        found.append(
            Week(
                label, start, group["number"] if group else 0,
                None if hides else rounded((group or {}).get("whole") or Decimal(0)),
                None if hides else rounded(Decimal((group or {}).get("weighted") or 0) / 100),
                shown.get(place, []), narrowed, is_overdue=place == OVERDUE,
            )
        )  # fmt: skip
    return found


def _first_rows(rows: Any, sums: dict[int, Any], *, today: date) -> dict[int, list[Row]]:
    """The largest deals of each group; as many queries as there are groups, at most sixteen however many deals there are."""
    deals: list[tuple[int, Opportunity]] = []
    for place in sorted(sums):
        of_week = with_names(rows.filter(week=place)).order_by(F("amount").desc(nulls_last=True), "pk")[:SHOWN]
        deals += [(place, deal) for deal in of_week]
    found: dict[int, list[Row]] = {}
    for (place, _deal), row in zip(deals, as_rows([deal for _place, deal in deals], today=today), strict=True):
        found.setdefault(place, []).append(row)
    return found


def _described(place: int, base: DealFilter, starts: Sequence[date], end: date, today: date) -> tuple[str, DealFilter, date | None]:
    if place == OVERDUE:
        return _("Date has passed"), replace(base, due="overdue"), None
    if place == UNDATED:
        return _("Without a date"), replace(base, due="none"), None
    if place == LATER:
        return _("Later"), replace(base, expected_from=end), None
    start = starts[place]
    last = start + timedelta(days=6)
    label = _("This week") if place == 0 else _("Next week") if place == 1 else f"{start:%m-%d} – {last:%m-%d}"
    return label, replace(base, expected_from=max(start, today), expected_to=last), start
