"""The API reads accounts as plain values: it must say of every account exactly what the objects hold, list and detail alike."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dingke.accounts.models import Account, AccountTag, Collaborator, Standing, Tag
from dingke.accounts.queries.contacts import account_phone
from dingke.accounts.schemas import AccountOut
from dingke.accounts.tests.factories import make_account, make_item

pytestmark = pytest.mark.django_db
ACCOUNTS = "/api/v1/accounts/"


@pytest.fixture
def filled(cast, now, today):
    """One account with everything, one with nothing, one in the pool."""
    whole = make_account("甲公司", owner=cast.owner.user)
    Account.objects.filter(pk=whole.pk).update(
        industry=make_item("industries", "MACHINERY"), region=make_item("regions", "EAST_X"), phone="13900001111", last_contact_at=now,
        annual_revenue=Decimal("12.30"), employees=12, custom={"level": "金"}, key_since=today, is_key=True, influence=7,
    )  # fmt: skip
    Standing.objects.create(
        account=whole,
        as_of_date=today,
        run_id=1,
        revenue=Decimal("100.50"),
        margin=Decimal("0.25"),
        abc="A",
        face="RED",
        last_order_date=today,
    )
    for name in ("乙标签", "甲标签"):
        AccountTag.objects.create(account=whole, tag=Tag.objects.create(name=name))
    make_account("乙公司", owner=cast.owner.user)
    pooled = make_account("丙公司", owner=None)
    Account.objects.filter(pk=pooled.pk).update(pool_at=now, owner=None, phone="13900002222")
    return whole, pooled


def expected(account: Account, scope) -> dict[str, object]:
    """What the API is to say of an account, from its objects and the rights of the asker; days and moments left out."""
    standing = getattr(account, "standing", None)
    sees_amount, sees_cost = not scope.hides("amount"), not scope.hides("cost")
    same = ("id", "version", "name", "short_name", "city", "customer_type", "employees", "custom", "owner_id", "is_key", "influence")
    return {
        **{name: getattr(account, name) for name in same},
        "is_pooled": account.is_pooled,
        "industry": account.industry.code if account.industry else None,
        "region": account.region.code if account.region else None,
        "phone": account_phone(scope, account),
        "annual_revenue": str(account.annual_revenue) if account.annual_revenue is not None and sees_amount else None,
        "tags": sorted(link.tag.name for link in account.tag_links.all()),
        "owner": str(account.owner) if account.owner else None,
        "abc": standing.abc if standing else None,
        "face": (standing.face or None) if standing else None,
        "revenue": str(standing.revenue) if standing and sees_amount else None,
        "margin": str(standing.margin) if standing and standing.margin is not None and sees_amount and sees_cost else None,
    }


@pytest.mark.parametrize("who", ["owner", "manager", "director", "finance", "service", "administrator"])
def test_a_row_of_the_list_and_the_account_itself_say_what_the_objects_hold(cast, filled, who):
    person = getattr(cast, who)
    rows = person.client.get(ACCOUNTS).json()["items"]
    assert rows
    for row in rows:
        assert list(row) == list(AccountOut.model_fields)
        assert row == person.client.get(f"{ACCOUNTS}{row['id']}").json()
        told = expected(Account.objects.get(pk=row["id"]), person.scope)
        assert {name: row[name] for name in told} == told


def test_a_phone_in_the_pool_shows_to_whom_the_account_is_shared(cast, filled, now):
    _whole, pooled = filled

    def phone() -> str:
        return next(row["phone"] for row in cast.owner.client.get(ACCOUNTS).json()["items"] if row["id"] == pooled.pk)

    assert phone() == ""
    Collaborator.objects.create(account=pooled, user=cast.owner.user, added_at=now)
    assert phone() == "13900002222"


def test_asked_fields_come_alone_and_cursors_go_on(cast, filled):
    first = cast.owner.client.get(ACCOUNTS, {"fields": "name,tags,owner", "size": 1}).json()
    assert set(first["items"][0]) == {"id", "name", "tags", "owner"}
    second = cast.owner.client.get(ACCOUNTS, {"fields": "phone", "size": 1, "cursor": first["next"]}).json()
    assert second["items"][0]["id"] != first["items"][0]["id"]
    assert cast.owner.client.get(ACCOUNTS, {"cursor": "broken"}).status_code == 422
