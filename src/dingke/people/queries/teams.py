"""The team tree as it is drawn: who leads what, and who sees whose accounts through it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dingke.core.access import needs
from dingke.core.errors import NotVisible
from dingke.core.scope import Scope
from dingke.people.calc import REACH, Reach, Role
from dingke.people.models import Team, User
from dingke.people.queries.directory import account_counts


@dataclass(slots=True)
class TeamNode:
    """A team with what the tree shows beside it. `people` counts everybody in it and below."""

    team: Team
    leaders: list[User]
    members: list[User]
    below: list[TeamNode] = field(default_factory=list)

    @property
    def people(self) -> int:
        return len(self.members) + sum(node.people for node in self.below)


@dataclass(frozen=True, slots=True)
class LeaderSight:
    """One sentence about a leader: whose accounts he or she sees; `is_gap` when leading shows nothing to this role."""

    leader: User
    sentence: str
    is_gap: bool = False


@dataclass(frozen=True, slots=True)
class TeamPicture:
    """One team looked at closely."""

    node: TeamNode
    sight: list[LeaderSight]
    seen_from_above: str
    nobody_sees: str
    accounts: dict[int, int]
    way: list[Team]


@dataclass(frozen=True, slots=True)
class Board:
    """The whole tree, and the team that is looked at."""

    roots: list[TeamNode]
    chosen: TeamPicture | None
    homeless: list[User]
    archived: list[Team]


def team_for(scope: Scope, team_id: int) -> Team:
    needs(scope, "people.edit").enforce()
    team = Team.objects.select_related("parent").filter(pk=team_id).first()
    if team is None:
        raise NotVisible(_("This team is not there."))
    return team


def parents_for(scope: Scope, team: Team | None = None) -> QuerySet[Team]:
    """Where a team can hang: every current team that is not the team itself or below it."""
    needs(scope, "people.edit").enforce()
    rows = Team.objects.filter(archived_at__isnull=True).order_by("path", "pk")
    return rows.exclude(path__startswith=team.path) if team is not None else rows


def way_names(teams: QuerySet[Team]) -> list[tuple[Team, str]]:
    """Teams with the names of the way to them: "East / Nanjing"; two queries."""
    names = dict(Team.objects.order_by().values_list("pk", "name"))
    found = [(team, " / ".join(names[int(part)] for part in team.path.split("/") if part and int(part) in names)) for team in teams]
    return sorted(found, key=lambda pair: pair[1])


def board(scope: Scope, *, team_id: int | None = None) -> Board:
    """The tree with leaders and members, in a handful of queries whatever its size."""
    needs(scope, "people.edit").enforce()
    teams = list(Team.objects.select_related("parent").prefetch_related("leaders").order_by("position", "pk"))
    members: dict[int | None, list[User]] = defaultdict(list)
    for user in User.objects.order_by("-is_active", "pinyin", "pk"):
        if user.is_active or user.team_id is not None:
            members[user.team_id].append(user)
    nodes = {
        team.pk: TeamNode(team, [leader for leader in team.leaders.all() if leader.is_active], members[team.pk])
        for team in teams
        if team.archived_at is None
    }
    roots: list[TeamNode] = []
    for node in nodes.values():
        above = nodes.get(node.team.parent_id or 0)
        (above.below if above else roots).append(node)
    chosen = nodes.get(team_id or 0) or (roots[0] if roots else None)
    return Board(
        roots=roots, chosen=_picture(chosen, nodes) if chosen else None, homeless=members[None],
        archived=[team for team in teams if team.archived_at is not None],
    )  # fmt: skip


def _picture(node: TeamNode, nodes: dict[int, TeamNode]) -> TeamPicture:
    way = [nodes[int(part)].team for part in node.team.path.split("/") if part and int(part) in nodes]
    sight = [_sight(leader, nodes) for leader in node.leaders]
    from_above = nobody = ""
    if all(row.is_gap for row in sight):
        from_above = _from_above(way, nodes)
        nobody = "" if from_above else _("No leader sees its accounts; only roles that see every account do. Name a leader.")
    return TeamPicture(
        node=node,
        sight=sight,
        seen_from_above=from_above,
        nobody_sees=nobody,
        accounts=account_counts(user.pk for user in node.members),
        way=way,
    )


def _sight(leader: User, nodes: dict[int, TeamNode]) -> LeaderSight:
    """What a leader sees through all the teams he or she leads: the same people as in the scope."""
    reach = REACH[Role(leader.role)]
    if reach is Reach.ALL:
        return LeaderSight(leader, _("%(name)s sees every account, by the role %(role)s.") % {"name": leader, "role": leader.role_label})
    if reach is Reach.OWN:
        message = _("%(name)s leads the team but sees own accounts only: the role %(role)s does not reach the team. Make it Sales manager.")
        return LeaderSight(leader, message % {"name": leader, "role": leader.role_label}, is_gap=True)
    paths = [node.team.path for node in nodes.values() if any(row.pk == leader.pk for row in node.leaders)]
    seen = {user.pk for node in nodes.values() if any(node.team.path.startswith(path) for path in paths) for user in node.members}
    number = len(seen - {leader.pk})
    words = {"name": leader, "number": number}
    return LeaderSight(
        leader,
        ngettext(
            "%(name)s sees own accounts and those of %(number)s person.",
            "%(name)s sees own accounts and those of %(number)s people.",
            number,
        )
        % words,
    )


def _from_above(way: list[Team], nodes: dict[int, TeamNode]) -> str:
    """Who sees the accounts of a team without a leader of its own: the nearest leader above; "" when there is none."""
    for team in reversed(way[:-1]):
        above = [leader for leader in nodes[team.pk].leaders if REACH[Role(leader.role)] is not Reach.OWN]
        if above:
            words = {"names": _(", ").join(str(leader) for leader in above), "team": team}
            return _("Its accounts are seen by %(names)s, who leads %(team)s above it.") % words
    return ""
