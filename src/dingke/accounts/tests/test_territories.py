"""Placing accounts in territories: what would change, doing it, and whom it shows them to."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import translation

from dingke.accounts.actions import territories as verbs
from dingke.accounts.models import Account
from dingke.accounts.queries import territories as queries
from dingke.accounts.tests.factories import NOW, make_account, make_item
from dingke.core.errors import NotAllowed
from dingke.core.models import AuditEntry, Job
from dingke.core.scope import Scope
from dingke.people import actions as people
from dingke.people.models import Territory
from dingke.people.queries import scope_for

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def market(cast):
    """East China with Jiangsu in it; a territory of the East, one of its vehicle makers; accounts in each."""

    class Market:
        east = make_item("regions", "EAST")
        jiangsu = make_item("regions", "CN-32")
        south = make_item("regions", "SOUTH")
        auto = make_item("industries", "AUTO")

    Market.jiangsu.data = {"parent": "EAST"}
    Market.jiangsu.save()
    by = cast.administrator.scope
    Market.all_east = people.add_territory(
        name="华东", members=[cast.stranger.user], regions=[Market.east.pk], industries=[], by=by, now=NOW
    )
    Market.east_auto = people.add_territory(
        name="华东汽车", members=[], regions=[Market.east.pk], industries=[Market.auto.pk], by=by, now=NOW
    )
    owner = cast.owner.user
    Market.in_jiangsu = make_account(owner=owner, region=Market.jiangsu)
    Market.maker = make_account(owner=owner, region=Market.jiangsu, industry=Market.auto)
    Market.in_south = make_account(owner=owner, region=Market.south)
    return Market


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def where() -> dict[int, int | None]:
    return dict(Account.objects.order_by("pk").values_list("pk", "territory_id"))


def test_the_preview_counts_what_would_move(cast, market):
    found = queries.preview(cast.administrator.scope)
    assert (found.moves, found.nowhere, found.total) == (2, 1, 3)
    assert [(row.territory.name, row.now, row.by_rules) for row in found.territories] == [("华东", 0, 1), ("华东汽车", 0, 1)]


def test_placing_does_what_the_preview_said_and_shows_the_accounts(cast, market):
    assert not Account.objects.visible_to(scope_for(cast.stranger.user)).exists()
    done = verbs.place_in_territories(by=cast.administrator.scope, now=NOW)
    assert (done.moved, done.placed, done.taken_out) == (2, 2, 0)
    assert where() == {market.in_jiangsu.pk: market.all_east.pk, market.maker.pk: market.east_auto.pk, market.in_south.pk: None}
    assert [row.pk for row in Account.objects.visible_to(scope_for(cast.stranger.user)).order_by("pk")] == [market.in_jiangsu.pk]
    assert queries.preview(cast.administrator.scope).moves == 0
    entries = AuditEntry.objects.filter(action="accounts.place_in_territory").order_by("pk")
    assert [entry.changes for entry in entries] == [{"came": [0, 1], "left": [0, 0]}] * 2


def test_what_no_longer_fits_is_taken_out_and_twice_changes_nothing(cast, market):
    verbs.place_in_territories(by=Scope.system(), now=NOW)
    people.archive_territory(territory=market.east_auto, by=cast.administrator.scope, now=NOW)
    Account.objects.filter(pk=market.in_jiangsu.pk).update(region=market.south)
    done = verbs.place_in_territories(by=Scope.system(), now=NOW)
    assert (done.moved, done.taken_out) == (2, 1)
    assert where() == {market.in_jiangsu.pk: None, market.maker.pk: market.all_east.pk, market.in_south.pk: None}
    assert verbs.place_in_territories(by=Scope.system(), now=NOW).moved == 0


def test_a_territory_without_rules_keeps_what_was_put_into_it(cast, market):
    by_hand = Territory.objects.create(name="专项")
    Account.objects.filter(pk__in=[market.in_south.pk, market.maker.pk]).update(territory=by_hand)
    verbs.place_in_territories(by=Scope.system(), now=NOW)
    assert where()[market.in_south.pk] == by_hand.pk
    assert where()[market.maker.pk] == market.east_auto.pk


def test_archived_accounts_stay_where_they_are(cast, market):
    Account.objects.filter(pk=market.maker.pk).update(archived_at=NOW)
    assert verbs.place_in_territories(by=Scope.system(), now=NOW).moved == 1


def test_a_rule_is_counted_while_it_is_written(cast, market):
    scope = cast.administrator.scope
    count = queries.rule_count(scope, territory_id=None, name="江苏", regions=[market.jiangsu.pk], industries=[])
    assert (count.fits, count.here, dict(count.elsewhere)) == (2, 1, {"华东汽车": 1})
    page = cast.administrator.client.get(reverse("accounts:territories_rule"), {"regions": market.jiangsu.pk}).content.decode()
    assert "1 account falls into it" in page
    assert "华东汽车 lies closer" in page
    assert "Choose a region" in cast.administrator.client.get(reverse("accounts:territories_rule")).content.decode()


def test_the_job_runs_and_says_what_it_did(cast, market, django_capture_on_commit_callbacks):
    Job.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        answer = cast.administrator.client.post(reverse("accounts:territories_place"), headers=HX)
    assert answer.status_code == 200
    job = Job.objects.get(kind="place_territories")
    assert (job.state, job.result["moved"]) == ("DONE", 2)
    assert job.owner_id == cast.administrator.user.pk


def test_new_rules_start_the_job_by_themselves(cast, market, django_capture_on_commit_callbacks):
    Job.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        people.edit_territory(
            territory=market.all_east,
            name="华东",
            members=[],
            regions=[market.south.pk],
            industries=[],
            by=cast.administrator.scope,
            now=NOW,
        )
    assert where()[market.in_south.pk] == market.all_east.pk


def test_only_who_manages_people(cast, market):
    for role, person in cast.people().items():
        expected = 200 if role == "administrator" else 403
        for name in ("accounts:territories_preview", "accounts:territories_rule"):
            assert person.client.get(reverse(name)).status_code == expected, role
        if role != "administrator":
            assert person.client.post(reverse("accounts:territories_place")).status_code == 403
            with pytest.raises(NotAllowed):
                verbs.place_in_territories(by=person.scope, now=NOW)


def test_the_preview_costs_the_same_for_three_and_thirty(cast, market, count_queries):
    def cost() -> int:
        with count_queries() as counted:
            queries.preview(cast.administrator.scope)
        return counted.number

    few = cost()
    for _each in range(27):
        make_account(owner=cast.owner.user, region=market.jiangsu)
    assert cost() == few
