"""Teams, people and list entries for tests, each valid by itself."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

from dingke.core.models import ListItem
from dingke.people.calc import Role
from dingke.people.models import Team, User

NOW = datetime(2026, 9, 30, 2, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def make_team(name: str = "", *, parent: Team | None = None) -> Team:
    team = Team.objects.create(name=name or f"Group {next(_numbers)}", parent=parent)
    team.path = f"{parent.path if parent else '/'}{team.pk}/"
    team.save()
    return team


def make_user(username: str = "", *, role: Role = Role.REP, team: Team | None = None, name: str = "", **fields: Any) -> User:
    username = username or f"colleague{next(_numbers)}"
    user = User(
        username=username,
        name=name or username.title(),
        email=f"{username}@dingke.example",
        role=role.value,
        team=team,
        pinyin=username,
        **fields,
    )
    user.set_password("a-good-password-1")
    user.save()
    return user


def make_item(list_code: str, code: str, *, zh: str = "", en: str = "") -> ListItem:
    return ListItem.objects.create(list_code=list_code, code=code, label_zh=zh or code, label_en=en or code)
