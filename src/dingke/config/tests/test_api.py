"""The API: shapes, pages, chosen fields, repeated writes, problems in words, rights."""

from __future__ import annotations

import json

import pytest

from dingke.accounts.models import Account
from dingke.accounts.tests.factories import make_account, make_contact, make_item
from dingke.ledger.tests.factories import make_order

pytestmark = pytest.mark.django_db
ACCOUNTS = "/api/v1/accounts/"


def post(person, url, body, **headers):
    return person.client.post(url, json.dumps(body), content_type="application/json", headers=headers)


def patch(person, url, body):
    return person.client.patch(url, json.dumps(body), content_type="application/json")


class TestSignIn:
    def test_nobody_gets_a_problem_document(self, cast):
        answer = cast.anonymous.get(ACCOUNTS)
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["trace_id"]

    def test_a_write_without_the_csrf_header_is_refused(self, cast):
        from django.test import Client

        client = Client(enforce_csrf_checks=True)
        client.force_login(cast.owner.user, backend="django.contrib.auth.backends.ModelBackend")
        answer = client.post(ACCOUNTS, json.dumps({"name": "某公司"}), content_type="application/json")
        assert answer.status_code == 403
        assert not Account.objects.exists()


class TestReading:
    def test_pages_hold_every_visible_account_once(self, cast):
        for number in range(7):
            make_account(f"公司{number}", owner=cast.owner.user)
        make_account("别人的公司", owner=cast.stranger.user)
        names, cursor = [], ""
        for _page in range(9):
            answer = cast.owner.client.get(ACCOUNTS, {"size": 3, "cursor": cursor, "fields": "name"}).json()
            names += [row["name"] for row in answer["items"]]
            cursor = answer["next"]
            if not cursor:
                break
        assert names == [f"公司{number}" for number in range(7)]

    def test_only_the_asked_fields_come_and_unknown_ones_are_refused(self, cast, account):
        answer = cast.owner.client.get(f"{ACCOUNTS}{account.pk}", {"fields": "name,city"})
        assert set(answer.json()) == {"id", "name", "city"}
        assert cast.owner.client.get(ACCOUNTS, {"fields": "colour"}).status_code == 422

    def test_the_number_of_queries_does_not_grow_with_the_rows(self, cast, count_queries):
        for number in range(3):
            make_account(f"公司{number}", owner=cast.owner.user)
        with count_queries() as few:
            cast.owner.client.get(ACCOUNTS)
        for number in range(27):
            make_account(f"企业{number}", owner=cast.owner.user)
        with count_queries() as many:
            cast.owner.client.get(ACCOUNTS)
        assert few.number == many.number

    def test_a_stranger_finds_nothing_and_a_hidden_field_is_null(self, cast, account):
        make_contact(account, mobile="13900000001")
        make_order(account, amount="100.00", cost="60.00")
        assert cast.stranger.client.get(f"{ACCOUNTS}{account.pk}").status_code == 404
        assert cast.stranger.client.get(f"{ACCOUNTS}{account.pk}/contacts").status_code == 404
        assert cast.stranger.client.get("/api/v1/ledger/orders", {"account_id": account.pk}).json()["items"] == []
        order = cast.service.client.get("/api/v1/ledger/orders").json()["items"][0]
        assert (order["amount"], order["cost"]) == (None, None)
        order = cast.finance.client.get("/api/v1/ledger/orders").json()["items"][0]
        assert (order["amount"], order["cost"]) == ("100.00", "60.00")
        ways = cast.finance.client.get(f"{ACCOUNTS}{account.pk}/contacts").json()[0]["ways"]
        assert "13900000001" not in json.dumps(ways)


class TestWriting:
    def test_creates_once_for_one_idempotency_key(self, cast):
        make_item("industries", "MACHINERY")
        body = {"name": "江州重工", "industry": "MACHINERY", "tags": ["战略"]}
        first = post(cast.owner, ACCOUNTS, body, **{"Idempotency-Key": "k-1"})
        again = post(cast.owner, ACCOUNTS, body, **{"Idempotency-Key": "k-1"})
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json() == again.json()
        assert first.json()["industry"] == "MACHINERY"
        assert Account.objects.count() == 1
        other = post(cast.owner, ACCOUNTS, {"name": "另一家"}, **{"Idempotency-Key": "k-1"})
        assert other.status_code == 422
        assert post(cast.colleague, ACCOUNTS, {"name": "另一家"}, **{"Idempotency-Key": "k-1"}).status_code == 201

    def test_a_refused_write_keeps_no_key(self, cast):
        assert post(cast.owner, ACCOUNTS, {"name": "某公司", "credit_code": "123"}, **{"Idempotency-Key": "k-2"}).status_code == 422
        assert post(cast.owner, ACCOUNTS, {"name": "某公司"}, **{"Idempotency-Key": "k-2"}).status_code == 201

    def test_says_what_is_wrong_with_each_field(self, cast):
        assert post(cast.owner, ACCOUNTS, {"name": "某公司", "industry": "NONE"}).json()["fields"].keys() == {"industry"}
        answer = post(cast.owner, ACCOUNTS, {"name": "某公司", "influence": 300, "colour": "red"})
        assert answer.status_code == 422
        assert {"body.influence", "body.colour"} <= {f"body.{name.split('.')[-1]}" for name in answer.json()["fields"]}

    def test_a_stale_change_is_refused_and_a_colleague_may_not_change(self, cast, account):
        url = f"{ACCOUNTS}{account.pk}"
        assert patch(cast.owner, url, {"city": "江州", "version": 1}).json()["city"] == "江州"
        assert patch(cast.owner, url, {"city": "海州", "version": 1}).status_code == 409
        assert patch(cast.read_only, url, {"city": "海州"}).status_code == 403
        assert patch(cast.stranger, url, {"city": "海州"}).status_code == 404


class TestSearchAndPortfolio:
    def test_search_finds_by_initials_what_the_caller_sees(self, cast, account):
        from dingke.accounts.actions import search_index

        search_index.refresh([account.pk])
        assert cast.owner.client.get(ACCOUNTS + "search", {"q": "jzzg"}).json()[0]["title"] == account.name
        assert cast.stranger.client.get(ACCOUNTS + "search", {"q": "jzzg"}).json() == []

    def test_the_portfolio_is_over_what_the_caller_sees(self, cast, account):
        make_order(account, amount="100.00")
        assert cast.owner.client.get("/api/v1/insights/portfolio").json()["revenue"] == "100.00"
        assert cast.stranger.client.get("/api/v1/insights/portfolio").json()["accounts"] == 0
        assert cast.service.client.get("/api/v1/insights/portfolio").status_code == 403
