"""The API of opportunities: list, detail, create, move; with the same rights as the pages."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from dingke.pipeline.models import Opportunity
from dingke.pipeline.schemas import OpportunityOut
from dingke.pipeline.tests.factories import make_opportunity, make_playbook

pytestmark = pytest.mark.django_db
URL = "/api/v1/opportunities/"


@pytest.fixture
def version(db):
    return make_playbook("MAIN")


def post(person, url, body, **headers):
    return person.client.post(url, body, content_type="application/json", headers=headers)


def test_the_list_pages_and_projects(cast, account, version, today):
    made = [make_opportunity(account=account, owner=cast.owner.user, version=version, expected_date=today) for _place in range(5)]
    first = cast.owner.client.get(URL, {"size": 2, "fields": "name,stage_name,amount"}).json()
    assert [set(item) for item in first["items"]] == [{"id", "name", "stage_name", "amount"}] * 2
    seen, following = [item["id"] for item in first["items"]], first["next"]
    while following:
        page = cast.owner.client.get(URL, {"size": 2, "cursor": following}).json()
        seen += [item["id"] for item in page["items"]]
        following = page["next"]
    assert seen == [deal.pk for deal in made]
    assert cast.owner.client.get(URL, {"fields": "secret"}).status_code == 422
    assert cast.owner.client.get(URL, {"size": 0}).status_code == 422


def test_the_list_filters(cast, account, version, today):
    make_opportunity("开着", account=account, owner=cast.owner.user, version=version, expected_date=today)
    make_opportunity("赢了", account=account, owner=cast.owner.user, version=version, state="WON", ended_date=today)
    for query, expected in (
        ({}, ["开着"]),
        ({"state": "WON"}, ["赢了"]),
        ({"state": "all"}, ["开着", "赢了"]),
        ({"expected_from": str(today + timedelta(days=1))}, []),
        ({"account": account.pk, "owner": "mine", "text": "开"}, ["开着"]),
        ({"state": "all", "ended_from": str(today)}, ["赢了"]),
    ):
        assert [item["name"] for item in cast.owner.client.get(URL, query).json()["items"]] == expected, query


def test_the_record_has_every_field(cast, account, version):
    deal = make_opportunity(account=account, owner=cast.owner.user, version=version, amount=Decimal("12.30"))
    record = cast.owner.client.get(f"{URL}{deal.pk}").json()
    assert set(record) == set(OpportunityOut.model_fields)
    assert (record["amount"], record["stage"], record["playbook"], record["account"]) == ("12.30", "LEAD", "MAIN", "江州重工")


def test_who_sees_what(cast, account, version):
    deal = make_opportunity(account=account, owner=cast.owner.user, version=version)
    assert cast.stranger.client.get(f"{URL}{deal.pk}").status_code == 404
    assert cast.stranger.client.get(URL).json()["items"] == []
    assert cast.anonymous.get(URL).status_code == 401
    assert post(cast.stranger, f"{URL}{deal.pk}/move", {"stage": "OFFER"}).status_code == 404
    assert post(cast.read_only, URL, {"name": "x"}).status_code == 403


def test_an_opportunity_is_made_once(cast, account, version, today):
    body = {
        "name": "二期产线", "account_id": account.pk, "playbook": "MAIN", "amount": "1000", "expected_date": str(today), "next_step": "拜访",
        "next_step_date": str(today),
    }  # fmt: skip
    first = post(cast.owner, URL, body, **{"Idempotency-Key": "k1"})
    again = post(cast.owner, URL, body, **{"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    made = Opportunity.objects.get()
    assert (made.owner, made.stage, made.amount, made.account) == (cast.owner.user, "LEAD", Decimal("1000.00"), account)
    assert post(cast.owner, URL, {**body, "playbook": "NOPE"}).status_code == 422
    assert post(cast.owner, URL, {**body, "owner_id": 0}).status_code == 422
    assert post(cast.owner, URL, {**body, "secret": 1}).status_code == 422
    assert post(cast.stranger, URL, body).status_code == 404  # the account is not theirs


def test_moving_through_gates(cast, account, version):
    deal = make_opportunity(account=account, owner=cast.owner.user, version=version, amount=None)
    moved = post(cast.owner, f"{URL}{deal.pk}/move", {"stage": "OFFER", "version": deal.version})
    assert (moved.status_code, moved.json()["stage"]) == (200, "OFFER")
    stale = post(cast.owner, f"{URL}{deal.pk}/move", {"stage": "OFFER", "version": deal.version})
    assert stale.status_code == 409
    closed = post(cast.owner, f"{URL}{deal.pk}/move", {"stage": "TERMS"})
    assert closed.status_code == 409 or closed.status_code == 422
    assert closed.json()["type"] == "urn:dingke:gate_closed"
    back = post(cast.owner, f"{URL}{deal.pk}/move", {"stage": "LEAD"})
    assert (back.status_code, "reason" in back.json()["fields"]) == (422, True)
