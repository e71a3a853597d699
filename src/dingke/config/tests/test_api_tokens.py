"""API tokens: made and shown once, cut to their scopes, limited, revoked."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.models import Account
from dingke.accounts.tests.factories import make_account, make_item
from dingke.core import api_scopes
from dingke.core.errors import Invalid, NotVisible
from dingke.core.models import AuditEntry
from dingke.people import calc
from dingke.people.actions import limits, tokens
from dingke.people.calc import Role, permissions_of, permissions_within
from dingke.people.models import ApiToken, RequestCount, User
from dingke.people.queries import tokens as queries

ACCOUNTS = "/api/v1/accounts/"
EVERYTHING = ["accounts:read", "accounts:write", "ledger:read", "ledger:write", "insights:read", "insights:write"]


def made(person: Any, *scopes: str, days: int = 90) -> tuple[ApiToken, str]:
    return tokens.create_token(name="ERP", scopes=scopes or EVERYTHING, days=days, by=person.scope, now=timezone.now())


def call(secret: str, method: str = "get", url: str = ACCOUNTS, body: Any = None, client: Client | None = None, **headers: str) -> Any:
    client = client or Client(enforce_csrf_checks=True)
    extra = {"headers": {"Authorization": f"Bearer {secret}", **headers}}
    if method == "get":
        return client.get(url, **extra)
    return getattr(client, method)(url, json.dumps(body), content_type="application/json", **extra)


class TestWithinScopes:
    @given(st.sampled_from(list(Role)), st.frozensets(st.sampled_from(EVERYTHING)))
    def test_never_more_than_the_person_and_nothing_without_scopes(self, role, scopes):
        whole = permissions_of(role)
        cut = permissions_within(whole, scopes)
        assert cut <= whole
        assert permissions_within(whole, frozenset()) == frozenset()
        assert cut <= permissions_within(whole, frozenset(EVERYTHING))

    def test_a_reading_token_keeps_what_only_reads(self):
        cut = permissions_within(permissions_of(Role.DIRECTOR), frozenset({"accounts:read", "ledger:read"}))
        assert cut == {"accounts.pool", "ledger.see"}

    def test_products_belong_to_the_ledger_and_settings_to_no_token(self):
        cut = permissions_within(permissions_of(Role.ADMINISTRATOR), frozenset(EVERYTHING))
        assert "products.edit" in cut
        assert not {"settings.edit", "people.edit"} & cut

    def test_every_reading_permission_exists(self):
        assert set(calc.PERMISSIONS) >= calc.READING


@pytest.mark.django_db
class TestMaking:
    def test_is_kept_as_a_digest_only(self, cast):
        token, secret = made(cast.owner)
        assert re.fullmatch(r"dk_[A-Za-z0-9_-]{43}", secret)
        row = ApiToken.objects.get()
        assert secret not in json.dumps([row.digest, row.start, row.name])
        assert secret.startswith(row.start)
        assert row.digest == tokens.digest_of(secret)
        entry = AuditEntry.objects.get(action="people.create_token")
        assert (entry.actor_id, entry.target_id) == (cast.owner.user.pk, token.pk)
        assert secret not in json.dumps(entry.changes)

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"name": " "}, "name"),
            ({"scopes": []}, "scopes"),
            ({"scopes": ["accounts:burn"]}, "scopes"),
            ({"days": 9000}, "days"),
        ],
    )
    def test_is_refused(self, cast, values, field):
        facts = {"name": "ERP", "scopes": ["accounts:read"], "days": 90} | values
        with pytest.raises(Invalid) as refused:
            tokens.create_token(**facts, by=cast.owner.scope, now=timezone.now())
        assert field in refused.value.fields

    def test_every_part_of_the_api_has_its_scopes(self):
        from dingke.config.routers import api

        parts = {path.split("/")[3] for path in api.get_openapi_schema()["paths"]}
        assert parts == set(api_scopes.resources()), "list the parts of the API in API_RESOURCES of config/wiring.py"


@pytest.mark.django_db
class TestUsing:
    def test_reads_what_the_person_sees(self, cast, account):
        make_account("别人的公司", owner=cast.stranger.user)
        answer = call(made(cast.owner)[1])
        assert answer.status_code == 200
        assert [row["id"] for row in answer.json()["items"]] == [account.pk]
        assert call(made(cast.stranger)[1], url=f"{ACCOUNTS}{account.pk}/").status_code == 404

    def test_writes_without_csrf_and_signs_the_audit_trail(self, cast):
        make_item("industries", "MACHINERY")
        answer = call(made(cast.owner)[1], "post", body={"name": "江州重工"})
        assert answer.status_code == 201, answer.content
        entry = AuditEntry.objects.filter(action__startswith="accounts.").latest("id")
        assert entry.actor_id == cast.owner.user.pk
        assert "ERP" in entry.actor_name

    def test_a_missing_scope_is_named(self, cast):
        answer = call(made(cast.owner, "accounts:read")[1], "post", body={"name": "江州重工"})
        assert answer.status_code == 403
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:dingke:scope_missing"
        assert "accounts:write" in answer.json()["detail"]
        assert not Account.objects.exists()
        assert call(made(cast.owner, "ledger:read")[1]).status_code == 403

    def test_a_role_without_the_right_gains_nothing(self, cast):
        assert call(made(cast.read_only)[1], "post", body={"name": "江州重工"}).status_code == 403

    @pytest.mark.parametrize("secret", ["", "dk_", "dk_" + "A" * 43, "xx_" + "A" * 43, "dk_" + "A" * 43 + "x"])
    def test_a_bad_token_is_401(self, db, secret):
        answer = call(secret)
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["type"] == "urn:dingke:token_invalid"

    def test_none_is_401_and_says_how(self, client, db):
        answer = client.get(ACCOUNTS)
        assert answer.status_code == 401
        assert answer.json()["type"] == "urn:dingke:sign_in"
        assert answer["WWW-Authenticate"] == 'Bearer realm="dingke"'

    def test_expired_revoked_and_closed_are_401(self, cast):
        token, secret = made(cast.owner, days=30)
        assert call(secret).status_code == 200
        ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())
        assert call(secret).status_code == 401
        token, secret = made(cast.owner)
        tokens.revoke_token(token=token, by=cast.owner.scope, now=timezone.now())
        assert call(secret).status_code == 401
        _token, secret = made(cast.colleague)
        User.objects.filter(pk=cast.colleague.user.pk).update(is_active=False)
        assert call(secret).status_code == 401

    def test_a_bad_token_is_not_saved_by_a_session(self, cast):
        assert cast.owner.client.get(ACCOUNTS).status_code == 200
        assert call("dk_" + "A" * 43, client=cast.owner.client).status_code == 401
        assert call("x", client=cast.owner.client).status_code == 401

    def test_a_token_with_a_session_of_somebody_else_is_the_token_alone(self, cast, account):
        answer = call(made(cast.stranger)[1], client=cast.owner.client)
        assert answer.json()["items"] == []

    def test_opens_no_page(self, cast):
        answer = Client().get(reverse("people:me"), headers={"Authorization": f"Bearer {made(cast.owner)[1]}"})
        assert answer.status_code == 303

    def test_last_use_is_written_once_a_minute(self, cast):
        token, secret = made(cast.owner)
        now = timezone.now()
        for seconds, expected in ((0, 0), (59, 0), (61, 61)):
            tokens.bearer_of(secret=secret, address="203.0.113.9", now=now + timedelta(seconds=seconds))
            token.refresh_from_db()
            assert token.last_used_at == now + timedelta(seconds=expected)
        assert token.last_used_address == "203.0.113.9"

    def test_an_idempotency_key_writes_once(self, cast):
        secret = made(cast.owner)[1]
        first = call(secret, "post", body={"name": "江州重工"}, **{"Idempotency-Key": "k-1"})
        again = call(secret, "post", body={"name": "江州重工"}, **{"Idempotency-Key": "k-1"})
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json()["id"] == again.json()["id"]
        assert Account.objects.count() == 1


@pytest.mark.django_db
class TestLimits:
    @override_settings(API_REQUESTS_PER_TOKEN=2)
    def test_a_token_has_its_requests_a_minute(self, cast):
        secret, other = made(cast.owner)[1], made(cast.owner)[1]
        codes = [call(secret).status_code for _try in range(8)]
        assert 429 in codes  # eight requests span two minutes at most
        answer = next(answer for answer in (call(secret) for _try in range(8)) if answer.status_code == 429)
        assert 1 <= int(answer["Retry-After"]) <= 60
        assert answer["Content-Type"] == "application/problem+json"
        assert call(other).status_code == 200

    @override_settings(API_REQUESTS_PER_ADDRESS=2)
    def test_an_address_too_also_without_a_valid_token(self, db):
        assert 429 in [call("dk_" + "A" * 43).status_code for _try in range(8)]

    @override_settings(REQUEST_COUNT_SECONDS=1)
    def test_processes_tell_each_other_once_a_second(self, db, now, django_assert_num_queries):
        """Ten readings cost one write; what another process counted is known a second later."""
        start = now.replace(second=10)
        with django_assert_num_queries(1):
            assert [limits.count_request(limits={"token:1": 20}, now=start) for _try in range(10)] == [0] * 10
        limits.forget_known()  # as another process
        assert limits.count_request(limits={"token:1": 20}, now=start) == 0
        RequestCount.objects.filter(caller="token:1").update(number=40)
        assert limits.count_request(limits={"token:1": 20}, now=start) == 0
        assert limits.count_request(limits={"token:1": 20}, now=start + timedelta(seconds=2)) == 48

    def test_counts_by_minute_and_forgets(self, db, now):
        start = now.replace(second=10)
        for wait in (0, 0, 50):
            assert limits.count_request(limits={"token:1": 2, "address:a": 9}, now=start) == wait
        assert limits.count_request(limits={"token:1": 2}, now=start + timedelta(minutes=1)) == 0
        assert limits.count_request(limits={"token:1": 0}, now=start) == 0
        assert limits.forget_old_counts(now=start + timedelta(hours=1)) == RequestCount.objects.count() + 3


@pytest.mark.django_db
class TestPages:
    def test_the_secret_is_shown_once(self, cast):
        client = cast.owner.client
        answer = client.post(reverse("people:token_new"), {"name": "ERP", "scopes": ["accounts:read"], "days": "90"})
        secret = re.search(r"dk_[A-Za-z0-9_-]{43}", answer.content.decode())
        assert secret
        assert answer["Cache-Control"] == "no-store"
        assert "dk:tokens-changed" in answer["HX-Trigger"]
        page = client.get(reverse("people:tokens")).content.decode()
        assert secret.group() not in page
        assert secret.group()[:7] in page
        assert call(secret.group()).status_code == 200

    def test_a_refused_form_keeps_what_was_typed(self, cast):
        answer = cast.owner.client.post(reverse("people:token_new"), {"name": "ERP", "days": "90"})
        assert answer.status_code == 422
        assert 'value="ERP"' in answer.content.decode()

    def test_a_stranger_does_not_find_it_an_administrator_revokes_it(self, cast):
        token, _secret = made(cast.owner)
        url = reverse("people:token_revoke", args=[token.pk])
        assert cast.stranger.client.post(url).status_code == 404
        assert cast.director.client.post(url).status_code == 404
        with pytest.raises(NotVisible):
            queries.token_for(cast.stranger.scope, token.pk)
        assert cast.administrator.client.post(url).status_code == 303
        entry = AuditEntry.objects.get(action="people.revoke_token")
        assert (entry.actor_id, entry.target_id) == (cast.administrator.user.pk, token.pk)
        assert cast.administrator.client.post(url).status_code == 303
        assert AuditEntry.objects.filter(action="people.revoke_token").count() == 1

    def test_the_owner_revokes_it(self, cast):
        token, secret = made(cast.owner)
        answer = cast.owner.client.post(reverse("people:token_revoke", args=[token.pk]), headers={"HX-Request": "true"})
        assert answer.status_code == 204
        assert call(secret).status_code == 401

    def test_everybodys_are_for_administrators(self, cast):
        made(cast.owner)
        assert cast.director.client.get(reverse("people:every_token")).status_code == 403
        page = cast.administrator.client.get(reverse("people:every_token")).content.decode()
        assert cast.owner.user.name in page

    def test_the_list_costs_the_same_for_3_and_30(self, cast, count_queries):
        url, numbers = reverse("people:every_token"), []
        cast.administrator.client.get(url)
        for total in (3, 30):
            while ApiToken.objects.count() < total:
                made(cast.owner)
            with count_queries() as counted:
                cast.administrator.client.get(url)
            numbers.append(counted.number)
        assert numbers[0] == numbers[1]


def test_the_description_names_both_ways_in():
    from dingke.config.routers import api

    schemes = api.get_openapi_schema()["components"]["securitySchemes"]
    assert (schemes["TokenAuth"]["type"], schemes["TokenAuth"]["scheme"]) == ("http", "bearer")
    assert schemes["SessionAuth"]["in"] == "cookie"
