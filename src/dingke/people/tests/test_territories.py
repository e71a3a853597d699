"""Territories: rules, members, who may, and the event that places accounts anew."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import translation

from dingke.core.errors import Invalid, NotAllowed
from dingke.core.models import AuditEntry, Job, OutboxEvent
from dingke.people import actions
from dingke.people.models import Territory
from dingke.people.queries import scope_for
from dingke.people.tests.factories import NOW, make_item, make_user

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def rules(db):
    return make_item("regions", "EAST", zh="华东", en="East China"), make_item("industries", "AUTO", zh="汽车", en="Vehicles")


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def test_the_whole_story(cast, rules):
    region, industry = rules
    client, address = cast.administrator.client, reverse("people:territory_add")
    assert client.get(address).status_code == 200
    given = {"name": "华东汽车", "regions": [region.pk], "industries": [industry.pk], "members": [cast.stranger.user.pk]}
    assert client.post(address, given, headers=HX).status_code == 204
    territory = Territory.objects.get(name="华东汽车")
    assert scope_for(cast.stranger.user).territory_ids == {territory.pk}
    page = client.get(reverse("people:territories")).content.decode()
    assert all(word in page for word in ("华东汽车", "East China", "Vehicles", "梁一凡"))
    edit = reverse("people:territory_edit", args=[territory.pk])
    assert client.post(edit, given | {"industries": [], "name": "华东"}, headers=HX).status_code == 204
    entry = AuditEntry.objects.get(action="people.edit_territory")
    assert entry.changes == {"name": ["华东汽车", "华东"], "industries": [["AUTO"], []]}
    assert client.post(reverse("people:territory_archive", args=[territory.pk]), headers=HX).status_code == 200
    assert scope_for(cast.stranger.user).territory_ids == set()
    assert client.post(address, given | {"name": "华东"}, headers=HX).status_code == 422
    assert client.post(reverse("people:territory_restore", args=[territory.pk]), headers=HX).status_code == 200
    assert scope_for(cast.stranger.user).territory_ids == {territory.pk}


def test_new_rules_place_accounts_anew_and_members_alone_do_not(cast, rules):
    region, _industry = rules
    by = cast.administrator.scope
    territory = actions.add_territory(name="东", members=[], regions=[region.pk], industries=[], by=by, now=NOW)
    assert Job.objects.filter(kind="place_territories").count() == 1
    actions.edit_territory(territory=territory, name="东", members=[cast.stranger.user], regions=[region.pk], industries=[], by=by, now=NOW)
    assert OutboxEvent.objects.filter(name="TerritoryChanged").count() == 1
    actions.edit_territory(territory=territory, name="东", members=[], regions=[], industries=[], by=by, now=NOW)
    assert OutboxEvent.objects.filter(name="TerritoryChanged").count() == 2
    assert Job.objects.filter(kind="place_territories").count() == 1  # one that waits is enough


def test_refusals(cast, rules):
    by = cast.administrator.scope
    actions.add_territory(name="东", members=[], regions=[], industries=[], by=by, now=NOW)
    for name in ("", " 东 "):
        with pytest.raises(Invalid):
            actions.add_territory(name=name, members=[], regions=[], industries=[], by=by, now=NOW)
    with pytest.raises(NotAllowed):
        actions.add_territory(name="西", members=[], regions=[], industries=[], by=cast.director.scope, now=NOW)


def test_only_an_administrator(cast):
    territory = actions.add_territory(name="东", members=[], regions=[], industries=[], by=cast.administrator.scope, now=NOW)
    addresses = [reverse("people:territories"), reverse("people:territory_add"), reverse("people:territory_edit", args=[territory.pk])]
    for role, person in cast.people().items():
        for address in addresses:
            assert person.client.get(address).status_code == (200 if role == "administrator" else 403), role
        for name in ("people:territory_archive", "people:territory_restore", "people:territory_edit"):
            if role != "administrator":
                assert person.client.post(reverse(name, args=[territory.pk])).status_code == 403
    assert cast.administrator.client.get(reverse("people:territory_edit", args=[99999])).status_code == 404


def test_costs_the_same_for_three_and_thirty(cast, rules, count_queries):
    region, industry = rules

    def cost() -> int:
        with count_queries() as counted:
            assert cast.administrator.client.get(reverse("people:territories")).status_code == 200
        return counted.number

    def more(number: int) -> None:
        for _each in range(number):
            actions.set_territory(
                name=f"T{Territory.objects.count()}",
                members=[make_user()],
                regions=[region.pk],
                industries=[industry.pk],
                by=cast.administrator.scope,
                now=NOW,
            )

    more(3)
    cost()
    few = cost()
    more(27)
    assert cost() == few
