"""Verbs on the team tree: adding, naming, leading, moving, archiving teams, and moving people between them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.core import access, audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.scope import Scope
from dingke.people.models import Team, User
from dingke.people.queries.directory_source import owned_fields, why_owned
from dingke.people.queries.moves import LeaderChange, effect_of_move


class UnableToMoveTeam(Refusal):
    """The team cannot go there."""


class UnableToArchiveTeam(Refusal):
    """Somebody or something is still in the team."""


def _name(text: str) -> str:
    name = " ".join(text.split())[:80]
    if not name:
        raise Invalid(_("A team needs a name."), fields={"name": _("A team needs a name.")})
    return name


def _refuse_namesake(*, name: str, parent: Team | None, team: Team | None) -> None:
    namesakes = Team.objects.filter(name=name, parent=parent, archived_at__isnull=True).exclude(pk=team.pk if team else 0)
    if namesakes.exists():
        message = _("There is a team “%(name)s” there already.") % {"name": name}
        raise Invalid(message, fields={"name": message})


def _path(team: Team, parent: Team | None) -> str:
    path = f"{parent.path if parent else '/'}{team.pk}/"
    if len(path) > 200:
        raise UnableToMoveTeam(_("The tree would become too deep."))
    return path


def _names(rows: Iterable[LeaderChange]) -> list[str]:
    return [row.leader.name for row in rows]


@transaction.atomic
def add_team(*, name: str, parent: Team | None = None, by: Scope, now: datetime, leaders: Iterable[User] = ()) -> Team:
    """Adds a team below another one; gives back the one that is there when the name is taken, also out of the archive."""
    access.needs(by, "people.edit").enforce()
    name = _name(name)
    known = Team.objects.filter(name=name, parent=parent).order_by("archived_at", "pk").first()
    if known is not None:
        team = restore_team(team=known, by=by, now=now)
    else:
        team = Team.objects.create(name=name, parent=parent)
        team.path = _path(team, parent)
        team.save(update_fields=["path"])
        audit.record(target=team, action="people.add_team", by=by, now=now, summary=team.name)
    if leading := list(leaders):
        lead_team(team=team, leaders=leading, by=by, now=now)
    return team


@transaction.atomic
def edit_team(*, team: Team, name: str, leaders: Iterable[User], by: Scope, now: datetime) -> Team:
    """Renames a team and sets who leads it."""
    access.needs(by, "people.edit").enforce()
    name, before = _name(name), team.name
    if name != before:
        _refuse_namesake(name=name, parent=team.parent, team=team)
        team.name = name
        team.save(update_fields=["name"])
        audit.record(target=team, action="people.rename_team", by=by, now=now, changes={"name": [before, name]}, summary=name)
    lead_team(team=team, leaders=leaders, by=by, now=now)
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
def move_team(*, team: Team, parent: Team | None, by: Scope, now: datetime) -> Team:
    """Hangs a team with all below it under another one, or at the top: every `path` below follows, in this transaction.

    Raises `UnableToMoveTeam` when the team would come to lie below itself.
    """
    access.needs(by, "people.edit").enforce()
    rows = {row.pk: row for row in Team.objects.select_for_update().order_by("path", "pk")}
    moved = rows[team.pk]
    target = rows[parent.pk] if parent else None
    if target is not None and target.path.startswith(moved.path):
        raise UnableToMoveTeam(_("%(name)s cannot come to lie below itself.") % {"name": moved.name})
    if target is not None and target.archived_at:
        raise UnableToMoveTeam(_("%(name)s is archived. Bring it back first.") % {"name": target.name})
    if moved.parent_id == (target.pk if target else None):
        return moved
    _refuse_namesake(name=moved.name, parent=target, team=moved)
    old = moved.path
    new = _path(moved, target)
    effect = effect_of_move(by, team=moved, parent=target)
    below = [row for row in rows.values() if row.path.startswith(old)]
    if any(len(new) + len(row.path) - len(old) > 200 for row in below):
        raise UnableToMoveTeam(_("The tree would become too deep."))
    for row in below:
        row.path = new + row.path[len(old) :]
    moved.parent = target
    Team.objects.bulk_update(below, ["path"])
    moved.save(update_fields=["parent", "path"])
    audit.record(
        target=moved,
        action="people.move_team",
        by=by,
        now=now,
        changes={
            "path": [old, new],
            "teams": [len(below), len(below)],
            "moved_accounts": ["", effect.accounts],
            "no_longer_sees": ["", _names(effect.loses)],
            "sees_now": ["", _names(effect.gains)],
        },
        summary=moved.name,
    )
    return moved


@transaction.atomic
def move_members(*, users: Iterable[User], team: Team | None, by: Scope, now: datetime) -> int:
    """Brings people into a team, or out of every team. Returns how many moved; what each one owns comes along."""
    access.needs(by, "people.edit").enforce()
    if team is not None and team.archived_at:
        raise UnableToMoveTeam(_("%(name)s is archived. Bring it back first.") % {"name": team.name})
    number = 0
    for user in users:
        if user.team_id == (team.pk if team else None):
            continue
        if "team" in owned_fields(user):
            raise UnableToMoveTeam(f"{user.name}: {why_owned()}")
        changes = {"team": [user.team_id, team.pk if team else None]}
        user.team = team
        user.save(update_fields=["team"])
        audit.record(target=user, action="people.move_member", by=by, now=now, changes=changes, summary=user.name)
        number += 1
    return number


@transaction.atomic
def archive_team(*, team: Team, by: Scope, now: datetime) -> Team:
    """Puts an empty team away. Raises `UnableToArchiveTeam` while people or teams are in it."""
    access.needs(by, "people.edit").enforce()
    if team.archived_at:
        return team
    people = list(team.members.order_by("-is_active", "pinyin", "pk")[:4])
    if people:
        names = _(", ").join(str(person) for person in people[:3]) + (" …" if len(people) > 3 else "")
        raise UnableToArchiveTeam(_("%(team)s is not empty: %(names)s. Move its members first.") % {"team": team.name, "names": names})
    if team.children.filter(archived_at__isnull=True).exists():
        raise UnableToArchiveTeam(_("There are teams below %(team)s. Move or archive them first.") % {"team": team.name})
    team.archived_at = now
    team.save(update_fields=["archived_at"])
    audit.record(target=team, action="people.archive_team", by=by, now=now, summary=team.name)
    return team


@transaction.atomic
def restore_team(*, team: Team, by: Scope, now: datetime) -> Team:
    """Takes a team out of the archive, and the teams above it with it."""
    access.needs(by, "people.edit").enforce()
    if team.archived_at is None:
        return team
    if team.parent is not None:
        restore_team(team=team.parent, by=by, now=now)
    _refuse_namesake(name=team.name, parent=team.parent, team=team)
    team.archived_at = None
    team.save(update_fields=["archived_at"])
    audit.record(target=team, action="people.restore_team", by=by, now=now, summary=team.name)
    return team
