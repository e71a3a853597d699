"""Verbs on people: users, teams, territories."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from dingke.core import access, audit
from dingke.core.errors import Invalid
from dingke.core.importing.outcomes import COMMON, Batch, Mode, Outcome, Written, apply_values, created, refused, unchanged, updated
from dingke.core.models import snapshot_of
from dingke.core.reasons import Sentences
from dingke.core.scope import Scope
from dingke.core.search_keys import pinyin_forms
from dingke.people.calc import Role
from dingke.people.models import Team, Territory, User

USER_FIELDS = ["username", "name", "email", "role", "team", "phone", "title", "is_active"]


@transaction.atomic
def add_team(*, name: str, parent: Team | None = None, by: Scope, now: datetime) -> Team:
    access.needs(by, "people.edit").enforce()
    if not name.strip():
        raise Invalid(_("A team needs a name."))
    team, created = Team.objects.get_or_create(name=name.strip(), parent=parent)
    if created:
        team.path = f"{parent.path if parent else '/'}{team.pk}/"
        team.save(update_fields=["path"])
        audit.record(target=team, action="people.add_team", by=by, now=now, summary=team.name)
    return team


@transaction.atomic
def lead_team(*, team: Team, leaders: Iterable[User], by: Scope, now: datetime) -> None:
    """Sets who leads a team; a leader sees the accounts of the team and of every team below it."""
    access.needs(by, "people.edit").enforce()
    before = sorted(team.leaders.values_list("name", flat=True))
    team.leaders.set(leaders)
    after = sorted(team.leaders.values_list("name", flat=True))
    if before != after:
        audit.record(target=team, action="people.lead_team", by=by, now=now, changes={"leaders": [before, after]}, summary=team.name)


@transaction.atomic
def add_user(
    *, username: str, name: str, role: Role, by: Scope, now: datetime, email: str = "", team: Team | None = None, phone: str = "",
    title: str = "", password: str | None = None,
) -> User:  # fmt: skip
    """Adds a person. Without a password the account cannot sign in until one is set by the reset mail. Raises `Invalid`."""
    access.needs(by, "people.edit").enforce()
    username = username.strip().lower()
    problems: dict[str, str] = {}
    if not username or not name.strip():
        problems["username"] = _("A person needs a sign-in name and a name.")
    elif User.objects.filter(username=username).exists():
        problems["username"] = _("This sign-in name is taken.")
    if email and User.objects.filter(email__iexact=email).exists():
        problems["email"] = _("Somebody already has this mail address.")
    user = User(
        username=username, name=name.strip(), email=email.strip().lower(), role=Role(role).value, team=team, phone=phone, title=title,
        pinyin=pinyin_forms(name)[0],
    )  # fmt: skip
    if password:
        try:
            validate_password(password, user)
        except ValidationError as error:
            problems["password"] = " ".join(error.messages)
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    if password:
        user.set_password(password)
    else:
        user.set_unusable_password()
    user.save()
    audit.record(target=user, action="people.add_user", by=by, now=now, summary=user.name)
    return user


@transaction.atomic
def edit_user(*, user: User, values: dict[str, Any], by: Scope, now: datetime) -> User:
    """Changes a person's facts. The last active administrator cannot be taken away."""
    access.needs(by, "people.edit").enforce()
    before = snapshot_of(user, USER_FIELDS)
    for field, value in values.items():
        if field in USER_FIELDS:
            setattr(user, field, value)
    user.pinyin = pinyin_forms(user.name)[0]
    was_administrator = before["role"] == Role.ADMINISTRATOR
    if was_administrator and (user.role != Role.ADMINISTRATOR or not user.is_active):
        others = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=user.pk)
        if not others.exists():
            raise Invalid(_("This is the last administrator. Make somebody else an administrator first."))
    audit.save_with_audit(target=user, fields=USER_FIELDS, action="people.edit_user", by=by, now=now, before=before)
    return user


@transaction.atomic
def set_preferences(*, user: User, language: str = "", theme: str = "") -> None:
    """Stores how the person likes to read; empty leaves a choice as it is."""
    if language:
        user.language = language
    if theme:
        user.theme = theme
    user.save(update_fields=["language", "theme"])


@transaction.atomic
def set_territory(
    *, name: str, members: Iterable[User], regions: Iterable[int], industries: Iterable[int], by: Scope, now: datetime
) -> Territory:
    access.needs(by, "people.edit").enforce()
    territory, _created = Territory.objects.get_or_create(name=name.strip())
    territory.members.set(members)
    territory.regions.set(list(regions))
    territory.industries.set(list(industries))
    audit.record(target=territory, action="people.set_territory", by=by, now=now, summary=territory.name)
    return territory


IMPORT_SENTENCES = COMMON | Sentences(
    {
        "MAIL_TAKEN": ("Somebody else already has the mail address {mail}.", "邮箱 {mail} 已被其他人员使用。"),
        "SIGN_IN_TAKEN": ("The sign-in name {username} belongs to somebody else.", "登录名 {username} 已被其他人员使用。"),
        "NAMESAKES": ("More than one person is called {name}. Give the sign-in name.", "有多人名为“{name}”，请提供登录名。"),
    }
)


def username_from(name: str) -> str:
    """A sign-in name from a name: Darcel Schlecht -> darcel.schlecht, 周敏 -> zhoumin."""
    words = re.findall(r"[a-z0-9]+", unicodedata.normalize("NFKD", name).lower())
    return ".".join(words) if words else pinyin_forms(name)[0] or "person"


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
        teams = list(Team.objects.select_related("parent").order_by("path", "pk"))
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
    mails = {mail: pk for mail, pk in User.objects.filter(email__in=[row["email"].lower() for row in rows if row.get("email")]).values_list("email", "pk")}
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
