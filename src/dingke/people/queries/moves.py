"""What moving a team would change: who sees whose accounts through the tree, before it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dingke.core.access import needs
from dingke.core.scope import Scope
from dingke.people.calc import REACH, Reach, Role
from dingke.people.models import Team, User
from dingke.people.queries.directory import account_counts


@dataclass(frozen=True, slots=True)
class LeaderChange:
    """A leader who would see other accounts than now."""

    leader: User
    people: int
    accounts: int


@dataclass(frozen=True, slots=True)
class MoveEffect:
    """`teams` and `people` come along, `accounts` are theirs; of these, `changed` accounts are seen by other leaders than before."""

    teams: int
    people: int
    accounts: int
    changed: int
    loses: list[LeaderChange]
    gains: list[LeaderChange]

    @property
    def viewers(self) -> int:
        """How many people see other accounts than before."""
        return len({row.leader.pk for row in [*self.loses, *self.gains]})


def effect_of_move(scope: Scope, *, team: Team, parent: Team | None) -> MoveEffect:
    """What hanging `team` under `parent` changes. The same reach as in `scope_for`; a handful of queries whatever the size."""
    needs(scope, "people.edit").enforce()
    before = dict(Team.objects.order_by().values_list("pk", "path"))
    new_path = f"{parent.path if parent else '/'}{team.pk}/"
    after = {pk: new_path + path[len(team.path) :] if path.startswith(team.path) else path for pk, path in before.items()}
    moved = {pk for pk, path in before.items() if path.startswith(team.path)}
    members = dict(User.objects.filter(team_id__in=moved).order_by().values_list("pk", "team_id"))
    counts = account_counts(members)
    loses: list[LeaderChange] = []
    gains: list[LeaderChange] = []
    touched: set[int] = set()
    leaders = User.objects.filter(is_active=True, led_teams__isnull=False).distinct().prefetch_related("led_teams")
    for leader in leaders.order_by("pinyin", "pk"):
        if REACH[Role(leader.role)] is not Reach.TEAM:
            continue
        led = [row.pk for row in leader.led_teams.all()]
        old, new = _seen(members, led, before) - {leader.pk}, _seen(members, led, after) - {leader.pk}
        for people, rows in ((old - new, loses), (new - old, gains)):
            if people:
                rows.append(LeaderChange(leader, len(people), sum(counts.get(pk, 0) for pk in people)))
                touched |= people
    return MoveEffect(
        teams=len(moved), people=len(members), accounts=sum(counts.values()), changed=sum(counts.get(pk, 0) for pk in touched),
        loses=loses, gains=gains,
    )  # fmt: skip


def _seen(members: Mapping[int, int | None], led: list[int], paths: Mapping[int, str]) -> set[int]:
    """Those of the members that lie in or below a led team."""
    roots = tuple(paths[pk] for pk in led if pk in paths)
    return {pk for pk, team_id in members.items() if team_id is not None and roots and paths[team_id].startswith(roots)}
