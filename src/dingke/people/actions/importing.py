"""People and teams from a file: who is new, who changes, which teams they bring with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q

from dingke.core import access
from dingke.core.importing.outcomes import COMMON, Batch, Mode, Outcome, Written, apply_values, created, refused, unchanged, updated
from dingke.core.reasons import Sentences
from dingke.core.search_keys import pinyin_forms
from dingke.people.actions.users import username_from
from dingke.people.calc import Role
from dingke.people.models import Team, User

IMPORT_SENTENCES = COMMON | Sentences(
    {
        "MAIL_TAKEN": ("Somebody else already has the mail address {mail}.", "邮箱 {mail} 已被其他人员使用。"),
        "SIGN_IN_TAKEN": ("The sign-in name {username} belongs to somebody else.", "登录名 {username} 已被其他人员使用。"),
        "NAMESAKES": ("More than one person is called {name}. Give the sign-in name.", "有多人名为“{name}”，请提供登录名。"),
    }
)


class _Staff:
    """People and teams as they are and as the batch makes them: loaded once, written at the end."""

    def __init__(self, names: Iterable[str], usernames: Iterable[str]) -> None:
        wanted = list(names)
        asked = {*usernames, *(username_from(name) for name in wanted)}
        rows = list(User.objects.filter(Q(name__in=wanted) | Q(username__in=asked)).order_by("pk"))
        self.by_username = {user.username: user for user in rows}
        self.by_name: dict[str, list[User]] = {}
        for user in rows:
            self.by_name.setdefault(user.name, []).append(user)
        teams = sorted(Team.objects.select_related("parent").order_by("path", "pk"), key=lambda team: team.archived_at is None)
        self.teams = {(team.parent_id, team.name): team for team in teams}
        self.leaders = set(Team.leaders.through.objects.order_by().values_list("team_id", "user_id"))

    def free_username(self, name: str) -> str:
        base = username_from(name)
        number, candidate = 1, base
        while candidate in self.by_username:
            number += 1
            candidate = f"{base}{number}"
        return candidate

    def keep(self, user: User) -> None:
        self.by_username[user.username] = user
        self.by_name.setdefault(user.name, []).append(user)


@transaction.atomic
def import_people(batch: Batch) -> list[Outcome]:
    """Creates and updates people, the teams they are in ("East/Nanjing") and who leads those. New people cannot sign in
    until a password is set by the reset mail."""
    access.needs(batch.by, "people.edit").enforce()
    rows = batch.rows
    names = [row[name] for row in rows for name in ("name", "manager") if row.get(name)]
    staff = _Staff(names, [row["username"].lower() for row in rows if row.get("username")])
    mails = dict(User.objects.filter(email__in=[row["email"].lower() for row in rows if row.get("email")]).values_list("email", "pk"))
    return [_import_person(batch, row, staff, mails) for row in rows]


def _import_person(batch: Batch, row: Mapping[str, Any], staff: _Staff, mails: dict[str, int]) -> Outcome:
    username = row.get("username", "").strip().lower()
    namesakes = staff.by_name.get(row["name"], [])
    user = staff.by_username.get(username) if username else namesakes[0] if namesakes else None
    if not username and len(namesakes) > 1:
        return refused(IMPORT_SENTENCES, "NAMESAKES", name=row["name"])
    mail = row.get("email", "").lower()
    if mail and mails.get(mail) not in (None, user.pk if user else None):
        return refused(IMPORT_SENTENCES, "MAIL_TAKEN", mail=mail)
    if user is None and batch.mode == Mode.UPDATE:
        return refused(IMPORT_SENTENCES, "NOT_THERE", name=row["name"])
    if user is not None and batch.mode == Mode.CREATE:
        return refused(IMPORT_SENTENCES, "ALREADY_THERE", name=user.name)
    written: list[Written] = []
    team = _team(row.get("team", ""), staff, written)
    _lead(batch, row, team, staff, written)
    facts = {name: row[name] for name in ("name", "email", "phone", "title", "role") if name in row}
    if team is not None:
        facts["team_id"] = team.pk
    if user is None:
        user = _new_person({"role": Role.REP.value, **facts}, username or staff.free_username(row["name"]), staff)
        return created(user, *written)
    changes = apply_values(user, facts)
    if changes:
        changes |= apply_values(user, {"pinyin": pinyin_forms(user.name)[0]})
        user.save()
    return updated(user, changes, *written) if changes or written else unchanged(user)


def _new_person(facts: Mapping[str, Any], username: str, staff: _Staff) -> User:
    user = User(username=username, pinyin=pinyin_forms(facts["name"])[0], **facts)
    user.set_unusable_password()
    user.save()
    staff.keep(user)
    return user


def _team(path: str, staff: _Staff, written: list[Written]) -> Team | None:
    team: Team | None = None
    for name in (part.strip()[:80] for part in path.split("/") if part.strip()):
        known = staff.teams.get((team.pk if team else None, name))
        if known is None:
            known = Team.objects.create(name=name, parent=team)
            known.path = f"{team.path if team else '/'}{known.pk}/"
            known.save(update_fields=["path"])
            staff.teams[(known.parent_id, name)] = known
            written.append(Written(known._meta.label_lower, known.pk, True))
        elif known.archived_at is not None:
            known.archived_at = None
            known.save(update_fields=["archived_at"])
        team = known
    return team


def _lead(batch: Batch, row: Mapping[str, Any], team: Team | None, staff: _Staff, written: list[Written]) -> None:
    """The named manager leads the person's team and, when it is named, the team above that the manager is in."""
    name = row.get("manager", "")
    if not name:
        return
    own = _team(row.get("manager_team", ""), staff, written) or team
    people = staff.by_name.get(name, [])
    manager = people[0] if people else None
    if manager is None:
        facts = {"name": name, "role": Role.SALES_MANAGER.value, "team_id": own.pk if own else None}
        manager = _new_person(facts, staff.free_username(name), staff)
        written.append(Written(manager._meta.label_lower, manager.pk, True))
    for led in (team, own):
        if led is not None and (led.pk, manager.pk) not in staff.leaders:
            led.leaders.add(manager)
            staff.leaders.add((led.pk, manager.pk))
