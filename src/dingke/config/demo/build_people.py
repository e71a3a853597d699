"""People of the demonstration company: master lists, teams, users, territories."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from dingke.config.demo.records import World
from dingke.core import lists
from dingke.core.models import ListItem
from dingke.core.scope import Scope
from dingke.people import actions
from dingke.people.calc import Role
from dingke.people.models import Team, User

Moment = Callable[[date], datetime]


def list_items(world: World, *, by: Scope, now: datetime) -> dict[tuple[str, str], ListItem]:
    """The entries of industries and regions that the company uses, by (list, code)."""
    for industry in world.industries:
        lists.add_item(list_code="industries", code=industry.code, label_zh=industry.name, label_en=industry.name_en, by=by, now=now)
    for region in world.regions:
        lists.add_item(list_code="regions", code=region.code, label_zh=region.name, label_en=region.name_en, by=by, now=now)
    rows = ListItem.objects.filter(list_code__in=["industries", "regions"]).order_by("id")
    return {(row.list_code, row.code): row for row in rows}


def build(world: World, *, password: str, by: Scope, moment: Moment) -> dict[str, User]:
    now = moment(world.start)
    items = list_items(world, by=by, now=now)
    teams: dict[str, Team] = {}
    waiting = list(world.teams)
    while waiting:
        record = waiting.pop(0)
        if record.parent and record.parent not in teams:
            waiting.append(record)
            continue
        teams[record.code] = actions.add_team(name=record.name, parent=teams.get(record.parent or ""), by=by, now=now)
    users: dict[str, User] = {}
    for person in world.users:
        users[person.username] = actions.add_user(
            username=person.username,
            name=person.name,
            role=Role(person.role),
            email=person.email,
            team=teams[person.team],
            phone=person.mobile,
            title=person.title,
            password=password,
            by=by,
            now=now,
        )
    for record in world.teams:
        if record.leader:
            actions.lead_team(team=teams[record.code], leaders=[users[record.leader]], by=by, now=now)
    for territory in world.territories:
        actions.set_territory(
            name=territory.name,
            members=[users[name] for name in territory.members if users[name].role == Role.KEY_ACCOUNT_MANAGER],
            regions=[items["regions", territory.region].pk],
            industries=[items["industries", code].pk for code in territory.industries],
            by=by,
            now=now,
        )
    return users


def dismiss_leavers(world: World, users: dict[str, User], *, by: Scope, now: datetime) -> None:
    for person in world.users:
        if not person.is_active:
            actions.edit_user(user=users[person.username], values={"is_active": False}, by=by, now=now)
