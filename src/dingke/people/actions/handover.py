"""What a person leads and belongs to, handed to somebody else: teams, territories, shared views."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.functional import Promise
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


# ---- places in a team or a territory -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """A place that several people can hold at once: leading a team, working a territory."""

    model: type[Team] | type[Territory]
    people: str  # the relation, and what the audit trail calls it
    action: str
    held_already: str  # under which a hand-over remembers that the receiver had the place before
    changed_since: Promise

    def things(self, ids: Iterable[int]) -> Iterable[Team | Territory]:
        return self.model._default_manager.filter(pk__in=ids).order_by("pk")

    def swap(self, thing: Team | Territory, *, out: User | None, into: User, by: Scope, now: datetime) -> None:
        people = getattr(thing, self.people)
        before = sorted(people.values_list("name", flat=True))
        if out is not None:
            people.remove(out)
        people.add(into)
        after = sorted(people.values_list("name", flat=True))
        audit.record(target=thing, action=self.action, by=by, now=now, changes={self.people: [before, after]}, summary=thing.name)

    @transaction.atomic
    def hand(self, *, leaver_id: int, receivers: Receivers, by: Scope, now: datetime) -> Iterable[Handed]:
        leaver, done = _person(leaver_id), []
        for thing in self.things(receivers):
            receiver = _person(receivers[thing.pk])
            held = getattr(thing, self.people).filter(pk=receiver.pk).exists()
            self.swap(thing, out=leaver, into=receiver, by=by, now=now)
            done.append(Handed(thing_id=thing.pk, receiver_id=receiver.pk, before={self.held_already: held}))
        return done

    @transaction.atomic
    def back(self, *, leaver_id: int, rows: Sequence[Handed], by: Scope, now: datetime) -> Mapping[int, str]:
        left: dict[int, str] = {}
        leaver = _person(leaver_id)
        things = {thing.pk: thing for thing in self.things([row.thing_id for row in rows])}
        for row in rows:
            thing = things.get(row.thing_id)
            holds = thing is not None and getattr(thing, self.people).filter(pk=row.receiver_id or 0).exists()
            if thing is None or thing.archived_at is not None or not holds:
                left[row.thing_id] = str(self.changed_since)
                continue
            receiver = None if row.before.get(self.held_already) else _person(row.receiver_id or 0)
            self.swap(thing, out=receiver, into=leaver, by=by, now=now)
        return left


_LEADS = _Place(
    model=Team,
    people="leaders",
    action="people.lead_team",
    held_already="led_already",
    changed_since=gettext_lazy("The leaders of this team were changed since."),
)
_WORKS = _Place(
    model=Territory,
    people="members",
    action="people.edit_territory",
    held_already="member_already",
    changed_since=gettext_lazy("The members of this territory were changed since."),
)


def _teams_of(user_id: int) -> Sequence[Thing]:
    rows = Team.objects.filter(leaders=user_id, archived_at__isnull=True).order_by("path", "pk")
    return [Thing(id=row.pk, title=row.name, link=f"{reverse('people:teams')}?team={row.pk}") for row in rows]


def _territories_of(user_id: int) -> Sequence[Thing]:
    rows = Territory.objects.filter(members=user_id, archived_at__isnull=True).order_by("name", "pk")
    return [Thing(id=row.pk, title=row.name, link=reverse("people:territories")) for row in rows]


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
    code="teams", label=gettext_lazy("Teams led"), icon="users-group", things=_teams_of, hand=_LEADS.hand, back=_LEADS.back,
    permission="people.edit", keys=("people.Team.leaders",),
)  # fmt: skip
TERRITORIES = Part(
    code="territories", label=gettext_lazy("Territories"), icon="map-2", things=_territories_of, hand=_WORKS.hand,
    back=_WORKS.back, permission="people.edit", keys=("people.Territory.members",),
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
