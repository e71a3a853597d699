"""The board: columns, cards, filters, moving, and who sees what."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from dingke.accounts.tests.factories import make_account
from dingke.ledger.tests.factories import make_receivable
from dingke.pipeline.models import Opportunity, StageSpell
from dingke.pipeline.queries import board as reads
from dingke.pipeline.queries.list_filter import DealFilter
from dingke.pipeline.tests.factories import make_opportunity, make_playbook

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def version(db):
    return make_playbook("MAIN")


def column(board: reads.Board, code: str) -> reads.BoardColumn:
    return next(one for one in board.columns if one.code == code)


def test_columns_count_and_add_up(cast, account, version, today):
    for amount in ("100.00", "300.50", None):
        make_opportunity(account=account, owner=cast.owner.user, version=version, amount=amount and Decimal(amount))
    make_opportunity(account=account, owner=cast.owner.user, version=version, stage="TERMS", amount=Decimal("1000"))
    make_opportunity(account=account, owner=cast.owner.user, version=version, state="WON", ended_date=today)
    found = reads.board(cast.owner.scope, DealFilter(), version, today=today)
    assert [one.code for one in found.columns] == ["LEAD", "OFFER", "TERMS", "DELIVERY"]
    lead, terms = column(found, "LEAD"), column(found, "TERMS")
    assert (lead.number, lead.amount, lead.weighted) == (3, Decimal("400.50"), Decimal("40.05"))
    assert (terms.number, terms.amount, terms.weighted) == (1, Decimal("1000.00"), Decimal("700.00"))
    assert (found.number, found.amount) == (4, Decimal("1400.50"))


def test_a_column_loads_further_by_keyset(cast, account, version, today):
    for number in range(45):
        expected = today + timedelta(days=number % 7) if number % 5 else None
        make_opportunity(account=account, owner=cast.owner.user, version=version, expected_date=expected)
    found = reads.board(cast.owner.scope, DealFilter(), version, today=today)
    cards, cursor = list(column(found, "LEAD").cards), column(found, "LEAD").next_cursor
    assert len(cards) == 20
    while cursor:
        more, cursor = reads.column_page(cast.owner.scope, DealFilter(), version, "LEAD", today=today, cursor=cursor)
        cards += more
    assert len({card.deal.pk for card in cards}) == len(cards) == 45
    dates = [card.deal.expected_date for card in cards]
    assert dates == sorted((one for one in dates if one), key=lambda one: one) + [None] * dates.count(None)


def test_deals_of_older_versions_stand_apart(cast, account, version, today):
    other = make_playbook("MAIN", content={"stages": [{"code": "FIRST", "zh": "首", "en": "First"}]})
    make_opportunity(account=account, owner=cast.owner.user, version=version, stage="TERMS")
    found = reads.board(cast.owner.scope, DealFilter(), other, today=today)
    assert [(one.code, one.number) for one in found.columns] == [("FIRST", 0), (reads.OTHER, 1)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (DealFilter(text="产线"), 2),
        (DealFilter(text="cxgz"), 0),
        (DealFilter(owner="mine"), 2),
        (DealFilter(family="GTX"), 1),
        (DealFilter(due="overdue"), 1),
        (DealFilter(due="none"), 1),
        (DealFilter(next_step="none"), 1),
    ],
)
def test_filters_narrow(cast, account, version, today, wanted, expected):
    make_opportunity("产线一", account=account, owner=cast.owner.user, version=version, product_family="GTX", next_step="打电话")
    make_opportunity("产线二", account=account, owner=cast.owner.user, version=version, expected_date=today - timedelta(days=1))
    found = reads.board(cast.owner.scope, wanted, version, today=today)
    assert found.number == expected


def test_the_page_shows_cards_with_warnings(cast, account, version):
    today = timezone.localdate()
    make_receivable(account, amount="500.00", due=today - timedelta(days=60))
    make_opportunity("旧项目", account=account, owner=cast.owner.user, version=version, stage_since=today - timedelta(days=200))
    text = cast.owner.client.get(reverse("pipeline:board")).content.decode()
    assert "旧项目" in text
    assert "200 days in this stage, the limit is 30." in text
    assert "500.00 that is up to 60 days past due" in text


def test_strangers_see_no_card_and_cannot_move_one(cast, account, version):
    deal = make_opportunity("秘密项目", account=account, owner=cast.owner.user, version=version)
    assert "秘密项目" not in cast.stranger.client.get(reverse("pipeline:board")).content.decode()
    cards = cast.stranger.client.get(reverse("pipeline:board_cards"), {"stage": "LEAD", "playbook": version.playbook_id})
    assert (cards.status_code, "秘密项目" in cards.content.decode()) == (200, False)
    url = reverse("pipeline:board_move", args=[deal.pk])
    assert cast.stranger.client.post(url, {"stage": "OFFER"}, headers=JSON).status_code == 404
    assert cast.read_only.client.post(url, {"stage": "OFFER"}, headers=JSON).status_code == 403
    assert cast.anonymous.post(url, {"stage": "OFFER"}).status_code == 303


def test_a_deal_without_an_account_is_seen_by_its_owner_and_the_leaders(cast, version):
    make_opportunity("无主客户", owner=cast.owner.user, version=version, open_question="Which account is this deal with?")
    for person, sees in ((cast.owner, True), (cast.manager, True), (cast.director, True), (cast.colleague, False), (cast.stranger, False)):
        assert ("无主客户" in person.client.get(reverse("pipeline:board")).content.decode()) is sees


def test_moving_a_card_answers_the_card_and_the_heads(cast, account, version):
    deal = make_opportunity(account=account, owner=cast.owner.user, version=version)
    response = cast.owner.client.post(
        reverse("pipeline:board_move", args=[deal.pk]), {"stage": "OFFER", "version": deal.version}, headers=JSON
    )
    told = json.loads(response.content)
    assert response.status_code == 200
    assert told["heads"]["OFFER"]["number"] == "1"
    assert "LEAD" not in told["heads"]
    deal.refresh_from_db()
    assert (deal.stage, f'data-version="{deal.version}"' in told["card"]) == ("OFFER", True)
    assert StageSpell.objects.filter(opportunity=deal).count() == 2


def test_a_blocked_move_says_which_condition_and_opens_it(cast, account, version):
    deal = make_opportunity(account=account, owner=cast.owner.user, version=version, stage="OFFER", amount=None)
    url = reverse("pipeline:board_move", args=[deal.pk])
    response = cast.owner.client.post(url, {"stage": "TERMS", "version": deal.version}, headers=JSON)
    told = json.loads(response.content)
    assert 400 <= response.status_code < 500
    assert "stays in its stage" in told["dialog"]
    assert reverse("pipeline:edit", args=[deal.pk]) in told["dialog"]
    plain = cast.owner.client.post(url, {"stage": "TERMS", "version": deal.version})
    assert "stays in its stage" in plain.content.decode()
    deal.refresh_from_db()
    assert deal.stage == "OFFER"


def test_going_back_asks_for_the_reason(cast, account, version):
    deal = make_opportunity(account=account, owner=cast.owner.user, version=version, stage="OFFER")
    url = reverse("pipeline:board_move", args=[deal.pk])
    asked = cast.owner.client.post(url, {"stage": "LEAD", "version": deal.version}, headers=JSON)
    assert (asked.status_code, 'name="reason"' in json.loads(asked.content)["dialog"]) == (422, True)
    empty = cast.owner.client.post(url, {"stage": "LEAD", "version": deal.version, "reason": " "})
    assert empty.status_code == 422
    done = cast.owner.client.post(url, {"stage": "LEAD", "version": deal.version, "reason": "预算被砍"})
    assert done.status_code == 303
    assert StageSpell.objects.get(opportunity=deal, way="BACK").reason == "预算被砍"


def test_two_people_drag_one_card(cast, account, version):
    deal = make_opportunity(account=account, owner=cast.owner.user, version=version)
    url = reverse("pipeline:board_move", args=[deal.pk])
    assert cast.manager.client.post(url, {"stage": "OFFER", "version": deal.version}, headers=JSON).status_code == 200
    late = cast.owner.client.post(url, {"stage": "OFFER", "version": deal.version}, headers=JSON)
    told = json.loads(late.content)
    assert (late.status_code, told["stale"]) == (409, True)
    assert "meanwhile" in told["message"]
    assert Opportunity.objects.get(pk=deal.pk).version == deal.version + 1


def test_the_board_costs_the_same_for_few_and_many(cast, version, count_queries):
    def fill(number: int) -> None:
        for place in range(number):
            account = make_account(owner=cast.owner.user)
            make_opportunity(
                account=account, owner=cast.owner.user, version=version, stage=("LEAD", "OFFER", "TERMS", "DELIVERY")[place % 4]
            )

    fill(8)
    cast.owner.client.get(reverse("pipeline:board"))
    with count_queries() as few:
        cast.owner.client.get(reverse("pipeline:board"))
    fill(92)
    with count_queries() as many:
        cast.owner.client.get(reverse("pipeline:board"))
    assert few.number == many.number


def test_without_a_playbook_the_board_teaches(cast):
    assert "No playbook is published" in cast.owner.client.get(reverse("pipeline:board")).content.decode()
