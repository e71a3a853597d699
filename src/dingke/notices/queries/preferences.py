"""Reads of what people want to hear: choices per kind, rhythm, bots, and deliveries that failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from dingke.core.errors import NotVisible
from dingke.core.paging import Page, keyset_page
from dingke.core.scope import Scope
from dingke.notices import access
from dingke.notices.calc import Mail, QuietHours, Routing
from dingke.notices.models import Bot, Delivery, Preference, Rhythm
from dingke.notices.queries.kinds import Kind, kind_of, kinds_for
from dingke.people.models import User

OFTEN = ("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Singapore", "Asia/Tokyo", "Europe/Berlin", "Europe/London", "America/New_York", "UTC")


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind with where it goes for the caller."""

    kind: Kind
    routing: Routing
    is_own: bool


def choices(scope: Scope) -> list[tuple[str, list[Choice]]]:
    """Every kind that the caller can get, by group, with the caller's routing."""
    own = own_routings(scope.me)
    groups: dict[str, list[Choice]] = {}
    for kind in kinds_for(scope):
        groups.setdefault(str(kind.group), []).append(Choice(kind, own.get(kind.key, kind.routing), kind.key in own))
    return list(groups.items())


def routing_of(row: Preference) -> Routing:
    return Routing(inbox=row.inbox, mail=Mail(row.mail), bot=row.bot)


def own_routings(user_id: int) -> dict[str, Routing]:
    return {row.kind: routing_of(row) for row in Preference.objects.filter(user_id=user_id).order_by("kind")}


def routings(kind: str, user_ids: Iterable[int]) -> dict[int, Routing]:
    rows = Preference.objects.filter(kind=kind, user_id__in=list(user_ids)).order_by("user_id")
    return {row.user_id: routing_of(row) for row in rows}


def rhythm_of(scope: Scope) -> Rhythm:
    """The caller's rhythm; unsaved with the defaults when none was chosen."""
    return Rhythm.objects.filter(user_id=scope.me).first() or Rhythm(user_id=scope.me)


def zone_of(rhythm: Rhythm | None) -> ZoneInfo:
    try:
        return ZoneInfo((rhythm.time_zone if rhythm else "") or settings.TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.TIME_ZONE)


def quiet_of(rhythm: Rhythm | None) -> QuietHours | None:
    if rhythm is None or rhythm.quiet_from is None or rhythm.quiet_to is None:
        return None
    return QuietHours(rhythm.quiet_from, rhythm.quiet_to, frozenset(int(day) for day in rhythm.quiet_days))


def local_time(rhythm: Rhythm | None, now: datetime) -> datetime:
    return now.astimezone(zone_of(rhythm))


def time_zones() -> list[str]:
    """Common ones first, then all by name."""
    first = list(dict.fromkeys([settings.TIME_ZONE, *OFTEN]))
    return [*first, *sorted(zone for zone in available_timezones() if "/" in zone and zone not in first and not zone.startswith("Etc/"))]


def known_zone(name: str) -> bool:
    return name in available_timezones()


def mail_address(scope: Scope) -> str:
    """Where the caller's mails go; "" when no address is known."""
    return User.objects.filter(pk=scope.me).values_list("email", flat=True).first() or ""


def own_bots(scope: Scope) -> QuerySet[Bot]:
    return Bot.objects.filter(owner_id=scope.me, archived_at__isnull=True).order_by("name", "pk")


def company_bots(scope: Scope) -> QuerySet[Bot]:
    """The bots that speak for the company, for those who set them up."""
    rows = Bot.objects.filter(owner__isnull=True, archived_at__isnull=True).order_by("name", "pk")
    return rows if access.can_set_company_bots(scope) else rows.none()


def bot_for(scope: Scope, bot_id: int) -> Bot:
    """A bot of the caller's own, or one of the company for those who set them up. Raises `NotVisible`."""
    bot = Bot.objects.filter(pk=bot_id, archived_at__isnull=True).first()
    if bot is None or not access.can_edit_bot(scope, bot):
        raise NotVisible(_("There is no such bot, or it is not yours."))
    return bot


def failed_deliveries(scope: Scope, *, cursor: str | None = None, size: int = 30) -> Page[Delivery]:
    """What was given up, newest first: everything for those who set up the company's bots, else the caller's own."""
    rows = Delivery.objects.filter(state=Delivery.State.GIVEN_UP).select_related("notice__recipient", "bot")
    if not access.can_set_company_bots(scope):
        rows = rows.filter(notice__recipient_id=scope.me)
    return keyset_page(rows, order=["-pk"], size=size, cursor=cursor)


def delivery_for(scope: Scope, delivery_id: int) -> Delivery:
    row = Delivery.objects.filter(pk=delivery_id).select_related("notice", "bot").first()
    if row is None or not (row.notice.recipient_id == scope.me or access.can_set_company_bots(scope)):
        raise NotVisible(_("There is no such delivery, or it is not yours."))
    return row


def kind_words(key: str) -> str:
    kind = kind_of(key)
    return str(kind.label) if kind else key
