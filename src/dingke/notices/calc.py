"""When a notice goes out: channels, quiet hours, the digest hour, waiting longer after each failure, collapsing what repeats.
How a webhook is signed, what it carries and when it is tried again (Standard Webhooks).

Serves every notice of the product. Pure: local times and counts in, moments out; no Django, no clock.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

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


# ---- webhooks --------------------------------------------------------------------------------------------------------------

WEBHOOK_WAITS = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5),
    timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
)  # fmt: skip
WEBHOOK_LOST_AFTER = timedelta(minutes=2)  # longer than one call may take
LONGEST_REST = timedelta(minutes=10)
OFF_AFTER = timedelta(days=3)
OLD_KEY_SIGNS_FOR = timedelta(hours=24)
KEY_PREFIX, KEY_BYTES = "whsec_", 32
_MESSAGES = uuid.UUID("6f0d3d0e-54c6-4f0c-9d0b-2f7a2a3c5b11")  # of our own choosing: the space in which ids of messages are made


def webhook_wait(attempt: int) -> timedelta | None:
    """How long to wait after the ``attempt``-th failure of one message (counted from 1): 5 s, 5 min, 30 min, 2, 5, 10, 14, 20, 24
    hours; None: give up. ValueError below 1.
    """
    if attempt < 1:
        raise ValueError("attempts are counted from 1")
    return WEBHOOK_WAITS[attempt - 1] if attempt <= len(WEBHOOK_WAITS) else None


def webhook_rest(failures: int) -> timedelta:
    """How long a receiver is left alone after so many failures one after another: 5 s, doubled each time, 10 minutes at most."""
    return min(timedelta(seconds=5) * (1 << min(max(failures, 1) - 1, 10)), LONGEST_REST)


def gives_out(*, failing_since: datetime | None, now: datetime) -> bool:
    """Whether a receiver that took nothing since then is switched off."""
    return failing_since is not None and now - failing_since >= OFF_AFTER


def webhook_key(random: bytes) -> str:
    """A key as it is shown, from 24 to 64 random bytes."""
    if not 24 <= len(random) <= 64:
        raise ValueError("a key has 24 to 64 bytes")
    return KEY_PREFIX + base64.b64encode(random).decode()


def webhook_signature(*, keys: Collection[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The header ``webhook-signature``: for each key ``v1,`` and the base64 of HMAC-SHA256 over ``id.timestamp.body``, with spaces between.

    ValueError for a key that is none.
    """
    content = f"{message_id}.{timestamp}.".encode() + body
    return " ".join("v1," + base64.b64encode(hmac.new(_key_bytes(key), content, hashlib.sha256).digest()).decode() for key in keys)


def _key_bytes(key: str) -> bytes:
    if not key.startswith(KEY_PREFIX):
        raise ValueError("not a key of a webhook")
    return base64.b64decode(key.removeprefix(KEY_PREFIX), validate=True)


def message_id(*, event_id: int, name: str, at: datetime) -> str:
    """The id of an event for receivers: always the same for the same event, so that they know what they have had already."""
    return "msg_" + uuid.uuid5(_MESSAGES, f"{event_id} {name} {at.astimezone(UTC).isoformat()}").hex


def event_type(*, domain: str, name: str) -> str:
    """``accounts``, ``AccountCreated`` -> ``accounts.account_created``."""
    return f"{domain}.{re.sub(r'(?<!^)(?=[A-Z])', '_', name).lower()}"


def is_id_field(name: str) -> bool:
    return name.endswith(("_id", "_ids"))


def webhook_body(*, type: str, at: datetime, payload: Mapping[str, Any]) -> bytes:
    """``{"type", "timestamp", "data"}``; of the event only its ids: who may see more asks the API with a token of its own."""
    data = {name: value for name, value in payload.items() if is_id_field(name)}
    moment = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": type, "timestamp": moment, "data": data}, ensure_ascii=False, separators=(",", ":")).encode()
