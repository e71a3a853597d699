"""Builds the demonstration company: the records of `world` through the product's own actions, all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dingke.accounts import notices as account_notices
from dingke.accounts.actions import territories
from dingke.config import content
from dingke.config.demo import (
    build_accounts,
    build_assessments,
    build_ledger,
    build_library,
    build_people,
    build_pipeline,
    build_prospects,
    build_qualification,
    build_reviews,
    build_stakeholders,
    build_warnings,
)
from dingke.config.demo.records import World
from dingke.config.demo.world import build_world
from dingke.core import rules
from dingke.core.models import Setting
from dingke.core.scope import Scope
from dingke.ledger import notices as ledger_notices
from dingke.notices.actions import inbox
from dingke.notices.actions import tell as telling

PASSWORD = "dingke-demo-2026"
SHOWN = ("fangjinglan", "lujingheng", "zhoumin", "chenqizhou", "wangpeirong", "gaoshaojun")
KEY = "demo.company"
SCORED_BEFORE = timedelta(days=30)  # an earlier run, so that there is a last time to compare with
REPORTED_AFTER = timedelta(days=7)
READ_AFTER = timedelta(days=10)  # what is older has been read
Tell = Callable[[int, int | None, str], object]


def moment(day: date, hour: int = 10) -> datetime:
    """An hour of a day where the company works."""
    return datetime.combine(day, time(hour), tzinfo=ZoneInfo(settings.TIME_ZONE))


def is_demo() -> bool:
    return rules.in_force(KEY).version > 0


def build_demo(*, today: date | None = None, tell: Tell = lambda done, total, what: None) -> World:
    """Builds the company as of `today` (default: the current day) and scores it. Either all of it is there afterwards, or nothing."""
    now = timezone.now()
    day = today or timezone.localdate(now)
    world = build_world(day)
    by = Scope.system()
    with telling.held(), transaction.atomic():  # what happened long ago is in the inboxes, and nobody is mailed about it
        content.load_shipped(now=moment(day, 8) if today else now)
        users = build_people.build(world, password=PASSWORD, by=by, moment=moment)
        accounts = build_accounts.build(world, users=users, by=by, moment=moment, tell=tell)
        build_ledger.build(world, accounts=accounts, by=by, moment=moment, tell=tell)
        build_accounts.build_standing(world, accounts=accounts, users=users, moment=moment, tell=tell)
        territories.place_in_territories(by=by, now=now)
        account_notices.remind_due_todos(now=now)
        ledger_notices.tell_overdue(now=now)
        inbox.mark_older_read(before=now - READ_AFTER, now=now)
        Setting.objects.create(key=KEY, version=1, value={"today": day.isoformat(), "company": world.company.name}, at=now)
    from dingke.insights import actions as insights

    tell(0, None, "scoring")
    with telling.held():
        earlier = day - SCORED_BEFORE
        insights.run_scores(by=by, now=moment(earlier, 18), as_of=earlier)
        build_warnings.report_unanswered(now=moment(earlier + REPORTED_AFTER))
        inbox.mark_older_read(before=now - READ_AFTER, now=now)
        insights.run_scores(by=by, now=moment(day, 18) if today else now, as_of=day)
        build_warnings.build(users=users, today=day, moment=moment)
        build_assessments.build(users=users, today=day, moment=moment, tell=tell)
        build_library.build(users=users, today=day, moment=moment)
        build_stakeholders.build(today=day, moment=moment, tell=tell)
        build_pipeline.build(today=day, moment=moment, tell=tell)
        build_prospects.build(users=users, today=day, moment=moment)
        build_qualification.build(today=day, moment=moment, tell=tell)  # after the deals
        build_reviews.build(users=users, today=day, moment=moment)
        insights.run_backtest(by=by, now=moment(day, 18) if today else now)
    return world


def sign_ins() -> list[tuple[str, str]]:
    """(sign-in name, name and role) of the people shown at the start."""
    from dingke.people.models import User

    people_by_name = {user.username: user for user in User.objects.filter(username__in=SHOWN).order_by("username")}
    return [(name, f"{people_by_name[name]} · {people_by_name[name].role_label}") for name in SHOWN if name in people_by_name]
