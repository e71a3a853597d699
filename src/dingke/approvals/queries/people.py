"""The company as flows look at it, and who speaks for whom today."""

from __future__ import annotations

from datetime import date

from dingke.approvals.calc import delegation as delegations
from dingke.approvals.calc.directory import Directory, Person, Team
from dingke.approvals.models import Delegation
from dingke.core.scope import Scope
from dingke.people import models as people
from dingke.people.queries import user_by_id


def directory() -> Directory:
    """Everybody with role and team, and every current team with its leaders: three queries."""
    leaders: dict[int, list[int]] = {}
    for team_id, user_id in people.Team.leaders.through.objects.order_by("pk").values_list("team_id", "user_id"):
        leaders.setdefault(team_id, []).append(user_id)
    return Directory(
        people={
            pk: Person(pk, role, team, is_active)
            for pk, role, team, is_active in people.User.objects.order_by().values_list("pk", "role", "team_id", "is_active")
        },
        teams={
            pk: Team(pk, parent, tuple(leaders.get(pk, ()))) for pk, parent in people.Team.objects.order_by().values_list("pk", "parent_id")
        },
    )


class Lent:
    """The delegations of one day; answers for whom a person speaks. One query, made when first needed."""

    def __init__(self, day: date | None) -> None:
        self._day = day
        self._rows: list[delegations.Delegation] | None = None

    def speaks_for(self, person: int, kind: str) -> frozenset[int]:
        if self._day is None or not person:
            return frozenset()
        if self._rows is None:
            rows = Delegation.objects.filter(ended_at__isnull=True, start_date__lte=self._day, end_date__gte=self._day)
            rows = rows.filter(taker__is_active=True).order_by("pk")
            self._rows = [
                delegations.Delegation(giver, taker, start, end, frozenset(kinds))
                for giver, taker, start, end, kinds in rows.values_list("giver_id", "taker_id", "start_date", "end_date", "kinds")
            ]
        return delegations.speaks_for(person, self._rows, kind=kind, day=self._day)

    def givers(self, person: int) -> frozenset[int]:
        """Everybody for whom a person speaks in some kind of request."""
        self.speaks_for(person, "")
        kinds = {kind for row in self._rows or () for kind in row.kinds} | {""}
        return frozenset(giver for kind in kinds for giver in self.speaks_for(person, kind))


def lent(scope: Scope, day: date | None) -> Lent:
    return Lent(day if scope.user_id is not None else None)


def agreed_by(user_id: int) -> Scope:
    """Whoever agreed, with what it takes to carry out what was agreed to: the request gave the right, not the role."""
    user, system = user_by_id(user_id), Scope.system()
    if user is None:
        return system
    return Scope(user_id=user.pk, name=str(user), role=user.role, sees_all=True, sees_pool=True, permissions=system.permissions)
