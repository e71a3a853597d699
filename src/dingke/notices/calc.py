"""When a notice goes out: channels, quiet hours, the digest hour, waiting longer after each failure, collapsing what repeats.

Serves every notice of the product. Pure: local times and counts in, moments out; no Django, no clock.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

MOST_ATTEMPTS = 6
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=4)
COLLAPSE_WITHIN = timedelta(hours=1)
LOST_AFTER = timedelta(minutes=10)


class Urgency(StrEnum):
    """LOW: worth knowing. NORMAL: concerns what you own. URGENT: somebody waits for you, or you lose something."""

    LOW = "LOW"
    NORMAL = "NORMAL"
    URGENT = "URGENT"


class Mail(StrEnum):
    OFF = "OFF"
    NOW = "NOW"
    DIGEST = "DIGEST"


class Channel(StrEnum):
    """INBOX is the row itself; the others are deliveries. COMPANY_BOT speaks to a group, once per event."""

    INBOX = "INBOX"
    MAIL = "MAIL"
    DIGEST = "DIGEST"
    BOT = "BOT"
    COMPANY_BOT = "COMPANY_BOT"


@dataclass(frozen=True)
class Routing:
    """Where notices of one kind go for one person."""

    inbox: bool = True
    mail: Mail = Mail.OFF
    bot: bool = False

    def channels(self) -> frozenset[Channel]:
        mail = {Mail.OFF: set(), Mail.NOW: {Channel.MAIL}, Mail.DIGEST: {Channel.DIGEST}}[self.mail]
        return frozenset(({Channel.INBOX} if self.inbox else set()) | mail | ({Channel.BOT} if self.bot else set()))


@dataclass(frozen=True)
class QuietHours:
    """From ``start`` to ``end`` by the person's clock, over midnight when ``end`` is not later; ``days`` are the weekdays
    (0 Monday … 6 Sunday) on which it starts. Equal times mean the whole day.
    """

    start: time
    end: time
    days: frozenset[int] = frozenset(range(7))


def quiet_until(at: datetime, quiet: QuietHours | None) -> datetime | None:
    """The moment at which the quiet time around ``at`` ends; None when ``at`` is not quiet.

    ``at`` is aware, in the person's own time zone. Neighbouring quiet times run into one another: whole quiet days end with
    the last of them. After a week without a pause there is no end to wait for, so None.
    """
    if quiet is None or not quiet.days:
        return None
    end = at
    for _step in range(8):
        following = _end_of_window(end, quiet)
        if following is None:
            return end if end > at else None
        end = following
    return None


def _end_of_window(at: datetime, quiet: QuietHours) -> datetime | None:
    for day in (at.date() - timedelta(days=1), at.date()):
        if day.weekday() not in quiet.days:
            continue
        start = _on(day, quiet.start, at)
        last = day if quiet.end > quiet.start else day + timedelta(days=1)
        end = _on(last, quiet.end, at)
        if start <= at < end:
            return end
    return None


def _on(day: date, clock: time, like: datetime) -> datetime:
    return datetime.combine(day, clock, tzinfo=like.tzinfo)


def wait_before(attempt: int) -> timedelta | None:
    """How long to wait after the ``attempt``-th failure (counted from 1): 1, 4, 16, 64, 240 minutes; None: give up.

    ValueError below 1.
    """
    if attempt < 1:
        raise ValueError("attempts are counted from 1")
    if attempt >= MOST_ATTEMPTS:
        return None
    return min(FIRST_WAIT * (1 << 2 * (attempt - 1)), LONGEST_WAIT)


def digest_is_due(*, local: datetime, hour: int, last: date | None) -> bool:
    """Whether today's digest has still to go: the person's hour has come and none went today. ValueError for a wrong hour."""
    if not 0 <= hour <= 23:
        raise ValueError("an hour is 0 to 23")
    return local.hour >= hour and (last is None or last < local.date())


def collapses(*, before: datetime, now: datetime, is_read: bool) -> bool:
    """Whether the same thing said again joins the notice that is there: unread and less than an hour old."""
    return not is_read and timedelta(0) <= now - before < COLLAPSE_WITHIN


def routed(default: Routing, chosen: Routing | None, *, has_mail: bool, has_bot: bool) -> frozenset[Channel]:
    """The channels for one person: the person's own choice, else the kind's, without those that lead nowhere."""
    channels = (chosen or default).channels()
    nowhere: Collection[Channel] = [
        *(() if has_mail else (Channel.MAIL, Channel.DIGEST)),
        *(() if has_bot else (Channel.BOT,)),
    ]
    return channels - frozenset(nowhere)
