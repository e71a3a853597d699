"""People and teams from a list, whichever way it comes, a file or the organisation's directory: one rule writes both."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import translation

from dingke.core import access, audit
from dingke.core.importing.outcomes import Batch, Outcome, Written, apply_values, created, unchanged, updated
from dingke.core.reasons import Label
from dingke.core.search_keys import pinyin_forms
from dingke.people.actions.roster import FIELD_LABELS, Line, Path, Staff, judged, shown
from dingke.people.calc import Role
from dingke.people.models import ROLE_LABELS, Team, Territory, User

FACTS = ("name", "email", "phone", "title", "role")


@transaction.atomic
def import_people(batch: Batch) -> list[Outcome]:
    """Creates and updates people, the teams they are in ("East/Nanjing"), who leads those and who works which territory.

    Every row is judged first, then those that stand are written. New people cannot sign in until a password is set by the
    reset mail. Whoever a row names leaves a mark among the changes of the run, so that `missing` knows who was not named.
    """
    access.needs(batch.by, "people.edit").enforce()
    staff = Staff(batch.rows)
    lines = judged(batch, staff)
    standing = [line for line in lines if line.refusal is None]
    for line in standing:
        _person(batch, line, staff)
    for line in standing:
        _leads(batch, line, staff)
        _territories(batch, line, staff)
    return [_outcome(line) for line in lines]


def _outcome(line: Line) -> Outcome:
    user = line.user
    if line.refusal is not None:
        return Outcome(line.refusal.fate, (_mark(user),) if user else (), reason=line.refusal.reason)
    assert user is not None
    says = tuple(line.says)
    if line.is_new:
        return created(user, *line.written, says=says)
    if line.changes:
        return updated(user, line.changes, *line.written, says=says)
    if line.written:
        return updated(user, {}, *line.written, says=says)
    return unchanged(user, _mark(user), says=says)


def _mark(user: User) -> Written:
    """That the list names the person: no change, and nothing to take back."""
    return Written(user._meta.label_lower, user.pk, False)


def _person(batch: Batch, line: Line, staff: Staff) -> None:
    row, user = line.row, line.user
    team = _team(batch, line.team, line, staff)
    facts: dict[str, Any] = {name: row[name] for name in FACTS if name in row and not (name == "role" and line.keeps_role)}
    if "email" in facts:
        facts["email"] = facts["email"].lower()
    if team is not None:
        facts["team_id"] = team.pk
    if row.get("directory_id"):
        facts["directory_id"] = row["directory_id"]
        if line.username:
            facts["username"] = line.username
    if user is None:
        username = facts.pop("username", "") or line.username or staff.free_username(row["name"])
        line.user, line.is_new = _new(batch, {"role": row.get("default_role", Role.REP.value), **facts}, username, staff), True
        return
    old_team = staff.path_of(staff.ids.get(user.team_id)) if user.team_id else ()
    line.changes = apply_values(user, facts)
    if line.changes:
        _tell_changes(line, old=old_team, new=line.team)
        audited = {name: pair for name, pair in line.changes.items() if name != "team_id"}
        if "team_id" in line.changes:
            audited["team"] = [shown(old_team), shown(line.team)]
        line.changes |= apply_values(user, {"pinyin": pinyin_forms(user.name)[0]})
        user.save()
        staff.keep(user)
        audit.record(target=user, action="people.edit_user", by=batch.by, now=batch.now, changes=audited, summary=user.name)
    if not user.is_active:
        line.say("CLOSED_HERE")


def _tell_changes(line: Line, *, old: Path, new: Path) -> None:
    for name, (before, after) in line.changes.items():
        if name == "directory_id":
            line.say("JOINED")
        elif name in FIELD_LABELS:
            pair: tuple[object, object] = (before or "—", after or "—")
            if name == "team_id":
                pair = (shown(old) or "—", shown(new))
            elif name == "role":
                pair = (_role_word(before), _role_word(after))
            line.say("CHANGES", field=FIELD_LABELS[name], old=pair[0], new=pair[1])


def _role_word(code: str) -> Label:
    words = []
    for language in ("en", "zh-hans"):
        with translation.override(language):
            words.append(str(ROLE_LABELS[Role(code)]))
    return Label(*words)


def _new(batch: Batch, facts: dict[str, Any], username: str, staff: Staff) -> User:
    user = User(username=username, pinyin=pinyin_forms(facts["name"])[0], **facts)
    user.set_unusable_password()
    user.save()
    staff.keep(user)
    audit.record(target=user, action="people.add_user", by=batch.by, now=batch.now, summary=user.name)
    return user


def _team(batch: Batch, path: Path, line: Line, staff: Staff) -> Team | None:
    """The team at the end of the way, made with those above it where they are not there."""
    team: Team | None = None
    for place, name in enumerate(path, start=1):
        known = staff.teams.get((team.pk if team else None, name))
        if known is None:
            known = Team.objects.create(name=name, parent=team)
            known.path = f"{team.path if team else '/'}{known.pk}/"
            known.save(update_fields=["path"])
            staff.teams[(known.parent_id, name)] = staff.ids[known.pk] = known
            line.written.append(Written(known._meta.label_lower, known.pk, True))
            line.say("NEW_TEAM", team=shown(path[:place]))
            audit.record(target=known, action="people.add_team", by=batch.by, now=batch.now, summary=name)
        elif known.archived_at is not None:
            line.written.append(Written(known._meta.label_lower, known.pk, False, apply_values(known, {"archived_at": None})))
            known.save(update_fields=["archived_at"])
            line.say("TEAM_BACK", team=shown(path[:place]))
            audit.record(target=known, action="people.restore_team", by=batch.by, now=batch.now, summary=name)
        team = known
    return team


def _leads(batch: Batch, line: Line, staff: Staff) -> None:
    """The named leader leads the person's team and, when it is named, the team above that the leader is in."""
    assert line.user is not None
    for path in line.leads:
        _lead(batch, line, line.user, _team(batch, path, line, staff), path, staff)
    if not line.leader:
        return
    own_path = line.leader_team or line.team
    team, own = _team(batch, line.team, line, staff), _team(batch, own_path, line, staff)
    people = staff.by_name.get(line.leader, [])
    leader = staff.by_username.get(line.leader) or (people[0] if people else None)
    if leader is None:
        facts = {"name": line.leader, "role": Role.SALES_MANAGER.value, "team_id": own.pk if own else None}
        leader = _new(batch, facts, staff.free_username(line.leader), staff)
        line.written.append(Written(leader._meta.label_lower, leader.pk, True))
        line.say("NEW_LEADER", name=leader.name, team=shown(own_path))
    for led, path in ((team, line.team), (own, own_path)):
        _lead(batch, line, leader, led, path, staff)


def _lead(batch: Batch, line: Line, leader: User, team: Team | None, path: Path, staff: Staff) -> None:
    if team is None or (team.pk, leader.pk) in staff.leaders:
        return
    before = sorted(team.leaders.values_list("name", flat=True))
    link = Team.leaders.through.objects.create(team_id=team.pk, user_id=leader.pk)
    staff.leaders.add((team.pk, leader.pk))
    line.written.append(Written(link._meta.label_lower, link.pk, True))
    line.say("LEADS", name=leader.name, team=shown(path))
    changes = {"leaders": [before, sorted([*before, leader.name])]}
    audit.record(target=team, action="people.lead_team", by=batch.by, now=batch.now, changes=changes, summary=team.name)


def _territories(batch: Batch, line: Line, staff: Staff) -> None:
    assert line.user is not None
    for territory in line.territories:
        if (territory.pk, line.user.pk) in staff.members:
            continue
        before = sorted(territory.members.values_list("name", flat=True))
        link = Territory.members.through.objects.create(territory_id=territory.pk, user_id=line.user.pk)
        staff.members.add((territory.pk, line.user.pk))
        line.written.append(Written(link._meta.label_lower, link.pk, True))
        line.say("WORKS", name=territory.name)
        changes = {"members": [before, sorted([*before, line.user.name])]}
        audit.record(target=territory, action="people.edit_territory", by=batch.by, now=batch.now, changes=changes, summary=territory.name)
