"""The pages of the public pool: the list, claiming in one tap, releasing by the dialog, the rules."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from dingke.accounts.actions import pool
from dingke.accounts.calc.pool import PoolRules
from dingke.accounts.models import Account, OwnershipChange, Standing
from dingke.accounts.queries import pool as queries
from dingke.accounts.tests.factories import NOW, TODAY, make_account, make_item

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def stand(account, **fields):
    return Standing.objects.create(account=account, as_of_date=TODAY, run_id=1, **fields)


def limit(by, **values):
    form = {
        "claims_per_day": 10,
        "holding_limit": 200,
        "days_without_contact": 30,
        "days_without_order": None,
        "notice_days": 7,
        "reclaim_after_days": 30,
    }
    return pool.set_pool_rules(values=form | values, by=by, now=NOW)


class TestPages:
    def test_the_list_says_why_and_since_when(self, cast, account):
        pool.release_account(account=account, reason="已转由集团采购", by=cast.owner.scope, now=NOW)
        stand(account, revenue="1284000", abc="A", last_order_date=TODAY)
        page = cast.stranger.client.get(reverse("accounts:pool")).content.decode()
        assert "江州重工集团有限公司" in page
        assert "已转由集团采购" in page
        assert "1,284,000.00" in page
        assert "10 more accounts today" in page

    def test_amounts_are_hidden_from_roles_without_the_right(self, cast, account):
        pool.release_account(account=account, reason="…", by=cast.owner.scope, now=NOW)
        stand(account, revenue="1284000", abc="A")
        page = cast.service.client.get(reverse("accounts:pool"), {"sort": "value"}).content.decode()
        assert "江州重工集团有限公司" in page
        assert "1,284,000" not in page
        assert reverse("accounts:claim", args=[account.pk]) not in page

    def test_filters_and_order(self, cast):
        machines, east = make_item("industries", "MACHINES"), make_item("regions", "EAST")
        make_account("甲机械有限公司", industry=machines, region=east)
        second = make_account("乙电子有限公司")
        third = make_account("丙电子有限公司")
        stand(second, revenue=5)
        stand(third, revenue=9)
        client = cast.stranger.client
        page = client.get(reverse("accounts:pool"), {"industry": machines.pk, "region": east.pk}).content.decode()
        assert "甲机械" in page
        assert "乙电子" not in page
        by_value = client.get(reverse("accounts:pool"), {"sort": "value"}).content.decode()
        assert by_value.index("丙电子") < by_value.index("乙电子") < by_value.index("甲机械")

    def test_pages_follow_each_other_without_gap(self, cast, monkeypatch):
        monkeypatch.setattr(queries, "PAGE_SIZE", 4)
        wanted = {make_account(pool_at=NOW + timedelta(minutes=number // 2)).pk for number in range(11)}
        for sort in (queries.NEWEST, queries.VALUE):
            filters, cursor, found = queries.PoolFilter(sort=sort), None, []
            while True:
                rows, cursor = queries.page_of(queries.pooled(cast.owner.scope, filters), filters, cursor=cursor)
                found += [row.account.pk for row in rows]
                if cursor is None:
                    break
            assert sorted(found) == sorted(wanted)

    def test_one_tap_claims_and_the_row_says_so(self, cast):
        pooled = make_account("清河泵业有限公司")
        headers = {"HX-Request": "true"}
        answer = cast.owner.client.post(reverse("accounts:claim", args=[pooled.pk]), {"from": "pool"}, headers=headers)
        assert answer.status_code == 200
        assert "is yours now" in answer.content.decode()
        assert "dk:pool-changed" in answer.headers["HX-Trigger"]
        late = cast.stranger.client.post(reverse("accounts:claim", args=[pooled.pk]), {"from": "pool"}, headers=headers)
        assert late.status_code == 404
        assert "not in the pool any more" in late.content.decode()
        assert "清河" not in late.content.decode()

    def test_a_used_quota_leaves_the_row(self, cast):
        limit(cast.administrator.scope, claims_per_day=0)
        pooled = make_account()
        answer = cast.owner.client.post(reverse("accounts:claim", args=[pooled.pk]), {"from": "pool"}, headers={"HX-Request": "true"})
        assert answer.status_code == 409
        assert f'id="pooled-{pooled.pk}"' in answer.content.decode()
        assert reverse("accounts:ask_claim", args=[pooled.pk]) in answer.content.decode()
        assert "quota" in answer.headers["HX-Trigger"]
        assert "cannot claim more today" in cast.owner.client.get(reverse("accounts:pool_quota")).content.decode()

    def test_from_the_page_of_the_account_it_is_opened_anew(self, cast):
        pooled = make_account()
        answer = cast.owner.client.post(reverse("accounts:claim", args=[pooled.pk]))
        assert answer.headers["Location"] == reverse("workspace:account", args=[pooled.pk])

    def test_releasing_by_the_dialog(self, cast, account):
        address = reverse("accounts:release", args=[account.pk])
        assert cast.owner.client.get(address).status_code == 200
        assert cast.owner.client.post(address, {}).status_code == 422
        assert cast.owner.client.post(address, {"why": "NO_NEED", "note": "明年再谈"}).status_code == 303
        assert OwnershipChange.objects.get(account=account, kind="RELEASED").reason.endswith("明年再谈")

    def test_strangers_and_roles(self, cast, account):
        assert cast.stranger.client.get(reverse("accounts:release", args=[account.pk])).status_code == 404
        assert cast.stranger.client.post(reverse("accounts:claim", args=[account.pk])).status_code == 404
        assert cast.finance.client.post(reverse("accounts:claim", args=[account.pk])).status_code == 403
        assert cast.service.client.get(reverse("accounts:release", args=[account.pk])).status_code == 403
        for name in ("accounts:pool_rules", "accounts:pool_rules_preview"):
            assert cast.manager.client.get(reverse(name)).status_code == 403
            assert cast.director.client.get(reverse(name)).status_code == 200
        for name in ("accounts:pool", "accounts:pool_quota"):
            assert cast.stranger.client.get(reverse(name)).status_code == 200
            assert Client().get(reverse(name)).status_code in {302, 303}

    def test_the_rules_page_saves_and_shows_the_outlook(self, cast, account):
        client, address = cast.administrator.client, reverse("accounts:pool_rules")
        assert client.get(address).status_code == 200
        values = {
            "days_without_contact": "45",
            "days_without_order": "",
            "notice_days": "10",
            "claims_per_day": "3",
            "holding_limit": "",
            "reclaim_after_days": "60",
        }
        assert client.post(address, values).status_code == 303
        assert queries.pool_rules() == PoolRules(
            claims_per_day=3, holding_limit=None, days_without_contact=45, days_without_order=None, notice_days=10, reclaim_after_days=60
        )
        wrong = client.post(address, values | {"notice_days": "50"})
        assert wrong.status_code == 422
        assert "do not fit together" in client.get(reverse("accounts:pool_rules_preview"), values | {"notice_days": "50"}).content.decode()

    def test_as_many_questions_for_thirty_rows_as_for_three(self, cast, count_queries):
        def cost(rows):
            Account.objects.all().delete()
            for number in range(rows):
                account = make_account(industry=make_item("industries", f"I{number % 3}"))
                stand(account, revenue=number)
                OwnershipChange.objects.create(account=account, kind="RELEASED", before=cast.owner.user, at=NOW, by_name="周敏", reason="…")
            with count_queries() as counted:
                assert cast.owner.client.get(reverse("accounts:pool")).status_code == 200
            return counted.number

        assert cost(3) == cost(30)
