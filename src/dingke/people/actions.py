"""Verbs on people: users, teams, territories."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from dingke.core import access, audit
from dingke.core.errors import Invalid
from dingke.core.models import snapshot_of
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
