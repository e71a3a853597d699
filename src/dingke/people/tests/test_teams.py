"""The team tree: paths that always hold, circles refused, who sees whose accounts."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dingke.core.errors import Invalid, NotAllowed, Refusal
from dingke.core.models import AuditEntry
from dingke.core.scope import Scope
from dingke.people import actions
from dingke.people.calc import Role
from dingke.people.models import Team
from dingke.people.queries import moves, scope_for
from dingke.people.queries import teams as queries
from dingke.people.tests.factories import NOW, make_team, make_user

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}
SYSTEM = Scope.system()


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def assert_paths_hold() -> None:
    for team in Team.objects.select_related("parent").order_by("pk"):
        assert team.path == f"{team.parent.path if team.parent else '/'}{team.pk}/"


class TestPaths:
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        shape=st.lists(st.integers(0, 8), min_size=2, max_size=8),
        moves=st.lists(st.tuples(st.integers(0, 8), st.integers(-1, 8)), max_size=6),
    )
    def test_hold_after_any_moves(self, db, shape, moves):
        Team.objects.update(parent=None)
        Team.objects.all().delete()
        teams: list[Team] = []
        for number, above in enumerate(shape):
            parent = teams[above % len(teams)] if teams and above else None
            teams.append(actions.add_team(name=f"T{number}", parent=parent, by=SYSTEM, now=NOW))
        for which, where in moves:
            team = Team.objects.get(pk=teams[which % len(teams)].pk)
            parent = Team.objects.get(pk=teams[where % len(teams)].pk) if where >= 0 else None
            circle = parent is not None and parent.path.startswith(team.path)
            try:
                actions.move_team(team=team, parent=parent, by=SYSTEM, now=NOW)
            except Refusal:
                assert circle
            else:
                assert not circle
            assert_paths_hold()

    def test_everything_below_comes_along_and_with_it_what_leaders_see(self, cast, account):
        group = make_team("南京组", parent=cast.team)
        rep = make_user("rep", team=group)
        assert rep.pk in scope_for(cast.manager.user).user_ids
        moved = actions.move_team(team=group, parent=cast.other_team, by=cast.administrator.scope, now=NOW)
        assert moved.path == f"{cast.other_team.path}{group.pk}/"
        assert_paths_hold()
        assert rep.pk not in scope_for(cast.manager.user).user_ids
        assert AuditEntry.objects.get(action="people.move_team").changes["path"] == [group.path, moved.path]

    def test_no_circles_no_namesakes_no_archived_places(self, cast):
        group = make_team("南京组", parent=cast.team)
        for parent in (group, cast.team):
            with pytest.raises(actions.UnableToMoveTeam, match="below itself"):
                actions.move_team(team=cast.team, parent=parent, by=SYSTEM, now=NOW)
        make_team("南京组", parent=cast.other_team)
        with pytest.raises(Invalid, match="already"):
            actions.move_team(team=group, parent=cast.other_team, by=SYSTEM, now=NOW)
        old = actions.archive_team(team=make_team("旧"), by=SYSTEM, now=NOW)
        with pytest.raises(actions.UnableToMoveTeam, match="archived"):
            actions.move_team(team=group, parent=old, by=SYSTEM, now=NOW)
        assert_paths_hold()


class TestArchiving:
    def test_only_empty_teams_go(self, cast):
        with pytest.raises(actions.UnableToArchiveTeam, match="not empty"):
            actions.archive_team(team=cast.team, by=SYSTEM, now=NOW)
        roof = make_team("大区", parent=cast.team.parent)
        below = make_team("组", parent=roof)
        with pytest.raises(actions.UnableToArchiveTeam, match="below"):
            actions.archive_team(team=roof, by=SYSTEM, now=NOW)
        for team in (below, roof):
            actions.archive_team(team=team, by=SYSTEM, now=NOW)
        below.refresh_from_db()
        actions.restore_team(team=below, by=SYSTEM, now=NOW)
        roof.refresh_from_db()
        assert roof.archived_at is None

    def test_adding_the_name_again_brings_it_back(self, cast):
        team = actions.add_team(name="组", parent=cast.team, by=SYSTEM, now=NOW)
        actions.archive_team(team=team, by=SYSTEM, now=NOW)
        again = actions.add_team(name="组", parent=cast.team, by=SYSTEM, now=NOW)
        assert (again.pk, again.archived_at) == (team.pk, None)


class TestSight:
    def test_the_sentence_says_what_the_scope_holds(self, cast):
        for _each in range(6):
            make_user(team=make_team(parent=cast.team))
        board = queries.board(cast.administrator.scope, team_id=cast.team.pk)
        number = len(scope_for(cast.manager.user).user_ids) - 1
        assert board.chosen.sight[0].sentence == f"许文静 sees own accounts and those of {number} people."
        assert number == 8

    def test_gaps_are_said(self, cast):
        rep = make_user("chief", name="何头", role=Role.REP, team=cast.other_team)
        cast.other_team.leaders.add(rep)
        picture = queries.board(cast.administrator.scope, team_id=cast.other_team.pk).chosen
        assert picture.sight[0].is_gap
        assert "own accounts only" in picture.sight[0].sentence
        assert "No leader sees" in picture.nobody_sees
        cast.team.parent.leaders.add(cast.director.user)
        assert "林致远" in queries.board(cast.administrator.scope, team_id=cast.other_team.pk).chosen.seen_from_above

    def test_costs_the_same_for_few_and_many_teams(self, cast, count_queries):
        def cost() -> int:
            with count_queries() as counted:
                assert cast.administrator.client.get(reverse("people:teams")).status_code == 200
            return counted.number

        cast.administrator.client.get(reverse("people:teams"))
        few = cost()
        for _each in range(27):
            make_user(team=make_team(parent=cast.team))
        assert cost() == few


class TestDoors:
    GETS = [
        ("people:teams", False),
        ("people:team_add", False),
        ("people:team_edit", True),
        ("people:team_move", True),
        ("people:team_members", True),
    ]

    @pytest.mark.parametrize(("name", "takes_team"), GETS)
    def test_only_an_administrator(self, cast, name, takes_team):
        address = reverse(name, args=[cast.team.pk] if takes_team else [])
        for role, person in cast.people().items():
            assert person.client.get(address).status_code == (200 if role == "administrator" else 403), role
        if takes_team:
            assert cast.administrator.client.get(reverse(name, args=[99999])).status_code == 404

    def test_strangers_change_nothing(self, cast):
        for name in ("people:team_edit", "people:team_move", "people:team_members", "people:team_archive", "people:team_restore"):
            for person in (cast.stranger, cast.manager, cast.director):
                assert person.client.post(reverse(name, args=[cast.team.pk]), {"name": "X", "parent": ""}).status_code == 403
        with pytest.raises(NotAllowed):
            actions.move_team(team=cast.team, parent=None, by=cast.director.scope, now=NOW)

    def test_the_whole_story(self, cast):
        client = cast.administrator.client
        assert (
            client.post(
                reverse("people:team_add"), {"name": "苏州组", "parent": cast.team.pk, "leaders": [cast.manager.user.pk]}, headers=HX
            ).status_code
            == 204
        )
        team = Team.objects.get(name="苏州组")
        assert list(team.leaders.all()) == [cast.manager.user]
        assert client.post(reverse("people:team_edit", args=[team.pk]), {"name": "苏南组", "leaders": []}, headers=HX).status_code == 204
        assert (
            client.post(reverse("people:team_members", args=[team.pk]), {"users": [cast.stranger.user.pk]}, headers=HX).status_code == 204
        )
        assert client.post(reverse("people:team_archive", args=[team.pk]), headers=HX).status_code == 409
        assert client.post(reverse("people:team_move", args=[team.pk]), {"parent": ""}, headers=HX).status_code == 204
        team.refresh_from_db()
        assert (team.name, team.parent, team.path, team.leaders.count()) == ("苏南组", None, f"/{team.pk}/", 0)
        assert client.post(reverse("people:team_edit", args=[team.pk]), {"name": "鼎新", "leaders": []}, headers=HX).status_code == 422
        assert client.post(reverse("people:team_move", args=[cast.team.pk]), {"parent": cast.team.pk}, headers=HX).status_code == 422
        page = client.get(reverse("people:teams"), {"team": team.pk}, headers=HX).content.decode()
        assert "梁一凡" in page
        assert "<html" not in page


class TestWhatAMoveChanges:
    def test_leaders_who_see_more_and_fewer_accounts_are_counted_beforehand(self, cast, account):
        other = make_user("south", name="南方", role=Role.SALES_MANAGER)
        cast.other_team.leaders.add(other)
        group = make_team("南京组", parent=cast.team)
        cast.owner.user.team = group
        cast.owner.user.save()
        make_user("rep", team=make_team("更下", parent=group))
        by = cast.administrator.scope
        effect = moves.effect_of_move(by, team=group, parent=cast.other_team)
        assert (effect.teams, effect.people, effect.accounts, effect.changed, effect.viewers) == (2, 2, 1, 1, 2)
        assert [(row.leader.name, row.people, row.accounts) for row in effect.loses] == [("许文静", 2, 1)]
        assert [(row.leader.name, row.people, row.accounts) for row in effect.gains] == [("南方", 2, 1)]

        before = {leader.pk: scope_for(leader).user_ids for leader in (cast.manager.user, other)}
        actions.move_team(team=group, parent=cast.other_team, by=by, now=NOW)
        assert len(before[cast.manager.user.pk] - scope_for(cast.manager.user).user_ids) == 2, "as foretold"
        assert len(scope_for(other).user_ids - before[other.pk]) == 2
        changes = AuditEntry.objects.get(action="people.move_team").changes
        assert (changes["no_longer_sees"][1], changes["sees_now"][1], changes["moved_accounts"][1]) == (["许文静"], ["南方"], 1)

    def test_who_leads_the_team_itself_or_above_both_places_sees_the_same(self, cast):
        group = make_team("南京组", parent=cast.team)
        own = make_user("own", role=Role.SALES_MANAGER, team=group)
        roof = make_user("roof", role=Role.SALES_MANAGER)
        group.leaders.add(own)
        cast.team.parent.leaders.add(roof)
        cast.team.leaders.clear()
        make_user("rep", team=group)
        effect = moves.effect_of_move(cast.administrator.scope, team=group, parent=cast.other_team)
        assert (effect.viewers, effect.changed, effect.people) == (0, 0, 2)
        with pytest.raises(NotAllowed):
            moves.effect_of_move(cast.director.scope, team=group, parent=None)

    def test_the_dialog_says_it_for_the_place_that_is_chosen(self, cast, account):
        address = reverse("people:team_move", args=[cast.team.pk])
        client = cast.administrator.client
        plain = client.get(address).content.decode()
        assert "come along" in plain
        assert "No longer see" not in plain
        group = make_team("南京组", parent=cast.team)
        cast.owner.user.team = group
        cast.owner.user.save()
        dragged = client.get(reverse("people:team_move", args=[group.pk]), {"parent": cast.other_team.pk}).content.decode()
        assert "No longer see them" in dragged
        assert "许文静 (1 account)" in dragged
        assert f'value="{cast.other_team.pk}" selected' in dragged
        part = client.get(reverse("people:team_move", args=[group.pk]), {"parent": "", "part": "effect"}).content.decode()
        assert part.strip().startswith('<div id="move-effect"')
        circle = client.get(address, {"parent": group.pk, "part": "effect"})
        assert circle.status_code == 200
        assert "not below itself" in circle.content.decode()
        assert client.post(address, {"parent": group.pk}, headers=HX).status_code == 422
        assert Team.objects.get(pk=cast.team.pk).path == cast.team.path

    def test_costs_the_same_for_few_and_many(self, cast, count_queries):
        def cost() -> int:
            with count_queries() as counted:
                moves.effect_of_move(cast.administrator.scope, team=cast.team, parent=cast.other_team)
            return counted.number

        few = cost()
        for _each in range(27):
            leader = make_user(role=Role.SALES_MANAGER, team=make_team(parent=cast.team))
            leader.team.leaders.add(leader)
        assert cost() == few

    def test_the_tree_can_be_dragged_and_reached_by_keyboard(self, cast):
        page = cast.administrator.client.get(reverse("people:teams")).content.decode()
        assert f'data-parent="{cast.team.pk}"' in page
        assert "Move 华东 under …" in page
        assert "people/teams" in page
