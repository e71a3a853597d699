"""Coming days of the customer in words (O-03): birthdays, anniversaries, and when they fall next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from dingke.accounts.calc import key_dates as calc
from dingke.accounts.models import Account, KeyDate
from dingke.core.scope import Scope


@dataclass(frozen=True)
class ComingDay:
    """`day` None: a lunar date whose coming solar day has to be entered."""

    key_date: KeyDate
    words: str
    day: date | None
    days_left: int | None
    years: int | None

    @property
    def is_due(self) -> bool:
        """Within its reminder days."""
        return self.days_left is not None and self.days_left <= self.key_date.remind_days


def occasion(row: KeyDate) -> str:
    """The day by name: the person's birthday, the label it was given, or its kind."""
    if row.kind == KeyDate.Kind.BIRTHDAY and row.contact is not None:
        return _("Birthday of %(name)s") % {"name": row.contact.name}
    return row.label or str(row.get_kind_display())


def as_record(row: KeyDate) -> calc.KeyDate:
    """For the method. A lunar day is stored as the solar day it falls on next, and is asked for again once that has passed."""
    day = min(row.on_date.day, 30) if row.is_lunar else row.on_date.day
    return calc.KeyDate(
        id=row.pk,
        month=row.on_date.month,
        day=day,
        year=row.on_date.year,
        is_yearly=row.is_yearly,
        is_lunar=row.is_lunar,
        solar_days=(row.on_date,) if row.is_lunar else (),
        remind_days=row.remind_days,
    )


def coming(rows: Iterable[KeyDate], *, today: date) -> list[ComingDay]:
    """The next occurrence of each, soonest first, undated lunar ones at the end; days that are past for good are left out."""
    found: list[ComingDay] = []
    for row in rows:
        record = as_record(row)
        day = calc.next_occurrence(record, today=today)
        if day is None and not (row.is_lunar and row.is_yearly):
            continue
        years = day.year - row.on_date.year if day is not None and row.is_yearly and not row.is_lunar else 0
        found.append(ComingDay(row, occasion(row), day, None if day is None else (day - today).days, years if years > 0 else None))
    return sorted(found, key=lambda coming_day: (coming_day.day is None, coming_day.day or today, coming_day.key_date.pk))


# The birthday of somebody who has left is not prepared any more.
STILL_THERE = Q(contact__isnull=True) | Q(contact__archived_at__isnull=True, contact__left_date__isnull=True)


def days_of(scope: Scope, account: Account) -> QuerySet[KeyDate]:
    rows = KeyDate.objects.visible_to(scope).current().filter(STILL_THERE, account=account)
    return rows.select_related("contact").order_by("on_date", "pk")


def coming_days_of_owner(scope: Scope, *, today: date, within: int) -> list[ComingDay]:
    """The days that fall within the next days at the caller's own accounts. One query, by month, so that years do not matter."""
    until = today + timedelta(days=within)
    months = {today.month, until.month}
    rows = (
        KeyDate.objects.current()
        .filter(account__owner_id=scope.me, account__archived_at__isnull=True)
        .filter(STILL_THERE)
        .filter(Q(on_date__month__in=sorted(months)) | Q(on_date__range=(today, until)))
        .select_related("contact", "account")
        .order_by("on_date", "pk")
    )
    return [one for one in coming(rows, today=today) if one.days_left is not None and one.days_left <= within]
