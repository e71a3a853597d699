"""Rows for tests, each valid by itself; what a test is about is passed by name."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from typing import Any

from dingke.accounts.calc.names import normalise_company_name
from dingke.accounts.models import Account, Contact, ContactJob, ContactWay
from dingke.core.models import ListItem
from dingke.core.search_keys import pinyin_sort_key
from dingke.people.calc import Role
from dingke.people.models import Team, User

NOW = datetime(2026, 9, 30, 2, 0, tzinfo=UTC)  # ten in the morning in Shanghai
TODAY = date(2026, 9, 30)
_numbers = itertools.count(1)


def make_team(name: str = "", *, parent: Team | None = None) -> Team:
    team = Team.objects.create(name=name or f"Team {next(_numbers)}", parent=parent)
    team.path = f"{parent.path if parent else '/'}{team.pk}/"
    team.save()
    return team


def make_user(username: str = "", *, role: Role = Role.REP, team: Team | None = None, **fields: Any) -> User:
    username = username or f"person{next(_numbers)}"
    user = User(
        username=username,
        name=fields.pop("name", username.title()),
        email=f"{username}@dingke.example",
        role=role.value,
        team=team,
        pinyin=username,
        **fields,
    )
    user.set_password("a-good-password-1")
    user.save()
    return user


def make_item(list_code: str, code: str = "", *, zh: str = "", en: str = "") -> ListItem:
    code = code or f"CODE{next(_numbers)}"
    item, _created = ListItem.objects.get_or_create(
        list_code=list_code, code=code, defaults={"label_zh": zh or code, "label_en": en or code}
    )
    return item


def make_account(name: str = "", *, owner: User | None = None, **fields: Any) -> Account:
    """An account with an owner, or in the pool when it has none."""
    name = name or f"江州机电{next(_numbers)}有限公司"
    if owner is None:
        fields.setdefault("pool_at", NOW)
    else:
        fields.setdefault("owned_since", NOW)
    return Account.objects.create(name=name, name_key=normalise_company_name(name), pinyin=pinyin_sort_key(name), owner=owner, **fields)


def make_contact(account: Account, name: str = "陈立群", *, mobile: str = "", **fields: Any) -> Contact:
    contact = Contact.objects.create(account=account, name=name, pinyin=pinyin_sort_key(name), **fields)
    ContactJob.objects.create(contact=contact, title="采购总监", department=ContactJob.Department.PURCHASING, level=ContactJob.Level.TOP)
    if mobile:
        ContactWay.objects.create(contact=contact, kind=ContactWay.Kind.MOBILE, value=mobile, is_main=True)
    return contact
