"""Quiet hours, digests, waiting and collapsing: tables and properties."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.notices.calc import (
    COLLAPSE_WITHIN,
    LONGEST_WAIT,
    MOST_ATTEMPTS,
    Channel,
    Mail,
    QuietHours,
    Routing,
    collapses,
    digest_is_due,
    quiet_until,
    routed,
    wait_before,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = QuietHours(time(22), time(7, 30))
WEEKEND = QuietHours(time(0), time(0), frozenset({5, 6}))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 9, day, hour, minute, tzinfo=SHANGHAI)  # 2026-09-30 is a Wednesday


@pytest.mark.parametrize(
    ("moment", "quiet", "until"),
    [
        (at(30, 21, 59), NIGHT, None),
        (at(30, 22), NIGHT, datetime(2026, 10, 1, 7, 30, tzinfo=SHANGHAI)),
        (at(30, 3), NIGHT, at(30, 7, 30)),
        (at(30, 7, 30), NIGHT, None),
        (at(30, 12, 30), QuietHours(time(12), time(13)), at(30, 13)),
        (at(26, 9), WEEKEND, at(28, 0)),  # Saturday: both days run into one another
        (at(25, 23), WEEKEND, None),
        (at(30, 23), QuietHours(time(22), time(7), frozenset({3})), None),  # starts on Thursdays only
        (at(25, 2), QuietHours(time(22), time(7), frozenset({3})), at(25, 7)),  # Friday morning belongs to Thursday's night
        (at(30, 9), QuietHours(time(0), time(0)), None),  # always quiet has no end to wait for
        (at(30, 23), None, None),
        (at(30, 23), QuietHours(time(22), time(7), frozenset()), None),
    ],
)
def test_quiet_hours(moment, quiet, until):
    assert quiet_until(moment, quiet) == until


@given(
    st.integers(0, 365 * 24 * 60),
    st.times(),
    st.times(),
    st.frozensets(st.integers(0, 6)),
)
def test_when_quiet_ends_it_is_not_quiet(minute, start, end, days):
    quiet = QuietHours(start.replace(tzinfo=None), end.replace(tzinfo=None), days)
    local = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    until = quiet_until(local, quiet)
    if until is not None:
        assert local < until <= local + timedelta(days=9)
        assert quiet_until(until, quiet) is None


def test_waits_grow_and_end():
    waits = [wait_before(attempt) for attempt in range(1, MOST_ATTEMPTS + 1)]
    assert waits == [*(timedelta(minutes=minutes) for minutes in (1, 4, 16, 64, 240)), None]
    assert all(wait is None or wait <= LONGEST_WAIT for wait in waits)
    with pytest.raises(ValueError, match="counted from 1"):
        wait_before(0)


@pytest.mark.parametrize(
    ("hour", "last", "due"),
    [
        (7, None, False),
        (8, None, True),
        (23, None, True),
        (9, date(2026, 9, 30), False),
        (9, date(2026, 9, 29), True),
        (7, date(2026, 9, 1), False),
    ],
)
def test_the_digest_comes_once_a_day_from_its_hour_on(hour, last, due):
    assert digest_is_due(local=at(30, hour), hour=8, last=last) is due


def test_a_digest_hour_is_an_hour():
    with pytest.raises(ValueError, match="0 to 23"):
        digest_is_due(local=at(30, 8), hour=24, last=None)


@given(st.timedeltas(timedelta(days=-1), timedelta(days=1)), st.booleans())
def test_what_is_read_or_old_is_said_anew(age, is_read):
    now = at(30, 10)
    assert collapses(before=now - age, now=now, is_read=is_read) is (not is_read and timedelta(0) <= age < COLLAPSE_WITHIN)


def test_channels_that_lead_nowhere_fall_away():
    kind = Routing(inbox=True, mail=Mail.NOW, bot=True)
    assert routed(kind, None, has_mail=True, has_bot=True) == {Channel.INBOX, Channel.MAIL, Channel.BOT}
    assert routed(kind, None, has_mail=False, has_bot=False) == {Channel.INBOX}
    assert routed(kind, Routing(inbox=False, mail=Mail.DIGEST), has_mail=True, has_bot=True) == {Channel.DIGEST}
    assert routed(kind, Routing(inbox=False), has_mail=True, has_bot=True) == frozenset()
