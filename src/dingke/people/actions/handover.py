"""What a person leads and belongs to, handed to somebody else: teams, territories, shared views."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dingke.core import audit
from dingke.core.handover import Handed, Part, Thing
from dingke.core.models import ImportRun, Job, SavedView
from dingke.core.scope import Scope
from dingke.people.models import Team, Territory, User

Receivers = Mapping[int, int]


def _person(user_id: int) -> User:
    return User.objects.get(pk=user_id)


# ---- teams led -----------------------------------------------------------------------------------------------------------


def _teams_of(user_id: int) -> Sequence[Thing]:
    rows = Team.objects.filter(leaders=user_id, archived_at__isnull=True).order_by("path", "pk")
    return [Thing(id=row.pk, title=row.name, link=f"{reverse('people:teams')}?team={row.pk}") for row in rows]


@transaction.atomic
def _hand_teams(*, leaver_id: int, receivers: Receivers, by: Scope, now: datetime) -> Iterable[Handed]:
    leaver, done = _person(leaver_id), []
    for team in Team.objects.filter(pk__in=receivers).order_by("pk"):
        receiver = _person(receivers[team.pk])
        led = team.leaders.filter(pk=receiver.pk).exists()
        _swap_leader(team, leaver, receiver, by=by, now=now)
        done.append(Handed(thing_id=team.pk, receiver_id=receiver.pk, before={"led_already": led}))
    return done


def _swap_leader(team: Team, old: User, new: User | None, *, by: Scope, now: datetime) -> None:
    before = sorted(team.leaders.values_list("name", flat=True))
    team.leaders.remove(old)
    if new is not None:
        team.leaders.add(new)
    after = sorted(team.leaders.values_list("name", flat=True))
    audit.record(target=team, action="people.lead_team", by=by, now=now, changes={"leaders": [before, after]}, summary=team.name)


@transaction.atomic
def _teams_back(*, leaver_id: int, rows: Sequence[Handed], by: Scope, now: datetime) -> Mapping[int, str]:
    left: dict[int, str] = {}
    leaver = _person(leaver_id)
    teams = {row.pk: row for row in Team.objects.filter(pk__in=[row.thing_id for row in rows]).order_by("pk")}
    for row in rows:
        team = teams.get(row.thing_id)
        leads = team is not None and team.leaders.filter(pk=row.receiver_id or 0).exists()
        if team is None or team.archived_at is not None or not leads:
            left[row.thing_id] = _("The leaders of this team were changed since.")
            continue
        if row.before.get("led_already"):
            _swap_leader(team, leaver, leaver, by=by, now=now)
        else:
            _swap_leader(team, _person(row.receiver_id or 0), leaver, by=by, now=now)
    return left


# ---- territories ---------------------------------------------------------------------------------------------------------


def _territories_of(user_id: int) -> Sequence[Thing]:
    rows = Territory.objects.filter(members=user_id, archived_at__isnull=True).order_by("name", "pk")
    return [Thing(id=row.pk, title=row.name, link=reverse("people:territories")) for row in rows]


def _swap_member(territory: Territory, old: User | None, new: User | None, *, by: Scope, now: datetime) -> None:
    before = sorted(territory.members.values_list("name", flat=True))
    if old is not None:
        territory.members.remove(old)
    if new is not None:
        territory.members.add(new)
    after = sorted(territory.members.values_list("name", flat=True))
    audit.record(
        target=territory, action="people.edit_territory", by=by, now=now, changes={"members": [before, after]}, summary=territory.name
    )


@transaction.atomic
def _hand_territories(*, leaver_id: int, receivers: Receivers, by: Scope, now: datetime) -> Iterable[Handed]:
    leaver, done = _person(leaver_id), []
    for territory in Territory.objects.filter(pk__in=receivers).order_by("pk"):
        receiver = _person(receivers[territory.pk])
        was = territory.members.filter(pk=receiver.pk).exists()
        _swap_member(territory, leaver, receiver, by=by, now=now)
        done.append(Handed(thing_id=territory.pk, receiver_id=receiver.pk, before={"member_already": was}))
    return done


@transaction.atomic
def _territories_back(*, leaver_id: int, rows: Sequence[Handed], by: Scope, now: datetime) -> Mapping[int, str]:
    left: dict[int, str] = {}
    leaver = _person(leaver_id)
    territories = {row.pk: row for row in Territory.objects.filter(pk__in=[row.thing_id for row in rows]).order_by("pk")}
    for row in rows:
        territory = territories.get(row.thing_id)
        is_member = territory is not None and territory.members.filter(pk=row.receiver_id or 0).exists()
        if territory is None or territory.archived_at is not None or not is_member:
            left[row.thing_id] = _("The members of this territory were changed since.")
            continue
        _swap_member(territory, None if row.before.get("member_already") else _person(row.receiver_id or 0), leaver, by=by, now=now)
    return left


# ---- views shared with everybody ---------------------------------------------------------------------------------------


def _views_of(user_id: int) -> Sequence[Thing]:
    rows = SavedView.objects.filter(owner_id=user_id, is_shared=True).order_by("page", "position", "pk")
    return [Thing(id=row.pk, title=row.name, detail=row.page) for row in rows]


def _free_name(view: SavedView, owner_id: int, suffix: str) -> str:
    taken = set(SavedView.objects.filter(page=view.page, owner_id=owner_id).exclude(pk=view.pk).order_by().values_list("name", flat=True))
    name, number = view.name, 1
    while name in taken:
        ending = f" ({suffix})" if number == 1 else f" ({suffix} {number})"
        name, number = view.name[: 60 - len(ending)] + ending, number + 1
    return name


def _give_view(view: SavedView, *, owner: User, name: str, by: Scope, now: datetime) -> None:
    before = {"owner": str(_person(view.owner_id)), "name": view.name}
    view.owner_id, view.name = owner.pk, name
    view.save(update_fields=["owner_id", "name"])
    changes = audit.changes_between(before, {"owner": str(owner), "name": name})
    audit.record(target=view, action="views.hand_over", by=by, now=now, changes=changes, summary=name)


@transaction.atomic
def _hand_views(*, leaver_id: int, receivers: Receivers, by: Scope, now: datetime) -> Iterable[Handed]:
    leaver, done = _person(leaver_id), []
    for view in SavedView.objects.filter(pk__in=receivers, owner_id=leaver_id).order_by("pk"):
        receiver = _person(receivers[view.pk])
        before: dict[str, Any] = {"name": view.name}
        _give_view(view, owner=receiver, name=_free_name(view, receiver.pk, leaver.name[:40]), by=by, now=now)
        done.append(Handed(thing_id=view.pk, receiver_id=receiver.pk, before=before, after={"name": view.name}))
    return done


@transaction.atomic
def _views_back(*, leaver_id: int, rows: Sequence[Handed], by: Scope, now: datetime) -> Mapping[int, str]:
    left: dict[int, str] = {}
    leaver = _person(leaver_id)
    views = {row.pk: row for row in SavedView.objects.filter(pk__in=[row.thing_id for row in rows]).order_by("pk")}
    for row in rows:
        view = views.get(row.thing_id)
        if view is None or view.owner_id != row.receiver_id or view.name != row.after.get("name"):
            left[row.thing_id] = _("This view was changed or deleted since.")
            continue
        view.name = str(row.before["name"])
        _give_view(view, owner=leaver, name=_free_name(view, leaver.pk, "2"), by=by, now=now)
    return left


# ---- shown only --------------------------------------------------------------------------------------------------------


def _jobs_of(user_id: int) -> Sequence[Thing]:
    rows = Job.objects.filter(owner_id=user_id, state__in=[Job.State.WAITING, Job.State.RUNNING]).order_by("-pk")[:50]
    files = Job.objects.filter(owner_id=user_id, kind__startswith="export", state=Job.State.DONE).order_by("-pk")[:50]
    runs = ImportRun.objects.filter(owner_id=user_id, state=ImportRun.State.DRAFT).order_by("-pk")[:50]
    found = [Thing(id=row.pk, title=row.message or row.kind, detail=str(row.get_state_display())) for row in rows]
    found += [Thing(id=row.pk, title=str(row.result.get("download_as") or row.kind), detail=_("Export")) for row in files]
    return found + [Thing(id=row.pk, title=row.title, detail=_("Import being set up")) for row in runs]


TEAMS = Part(
    code="teams", label=gettext_lazy("Teams led"), icon="users-group", things=_teams_of, hand=_hand_teams, back=_teams_back,
    permission="people.edit", keys=("people.Team.leaders",),
)  # fmt: skip
TERRITORIES = Part(
    code="territories", label=gettext_lazy("Territories"), icon="map-2", things=_territories_of, hand=_hand_territories,
    back=_territories_back, permission="people.edit", keys=("people.Territory.members",),
)  # fmt: skip
VIEWS = Part(
    code="views",
    label=gettext_lazy("Views shared with everybody"),
    icon="layout-list",
    things=_views_of,
    hand=_hand_views,
    back=_views_back,
)
JOBS = Part(
    code="jobs", label=gettext_lazy("Exports, imports and running work"), icon="file-export", things=_jobs_of,
    note=gettext_lazy(
        "They stay: a file holds what this person was allowed to see. Whoever needs it exports again with rights of their own. "
        "Files are removed after some days."
    ),
)  # fmt: skip
PARTS = (TEAMS, TERRITORIES, VIEWS, JOBS)
