"""Silent customers with their rates, and the feed of watched accounts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from dingke.accounts.actions import bulk, marks
from dingke.accounts.models import Account, Contact, FaceMark, Favourite, OwnershipChange, StageChange, Standing, Todo
from dingke.accounts.tests.factories import NOW, TODAY, make_account, make_contact
from dingke.insights.actions import reactions, watching
from dingke.insights.calc.silence import Status
from dingke.insights.models import Alert, Score, ScoreRun
from dingke.insights.queries import silence as reads
from dingke.insights.queries import watching as feeds
from dingke.insights.tests.factories import make_order

pytestmark = pytest.mark.django_db
FRAGMENT = {"HTTP_HX_REQUEST": "true"}


@pytest.mark.item("D-17", "O-18")
class TestSilence:
    @pytest.fixture
    def books(self, cast: Any) -> list[Account]:
        mine = cast.owner.user
        rows = [make_account(f"客户{number}有限公司", owner=mine) for number in range(5)]
        for account, days in zip(
            rows,
            (["2025-03-01", "2025-05-01", "2026-05-01"], ["2025-03-01"], ["2026-08-01"], ["2024-01-05", "2024-02-05"], []),
            strict=True,
        ):
            for day in days:
                make_order(account, day, 100)
        stranger = make_account("外队有限公司", owner=cast.stranger.user)
        make_order(stranger, "2025-01-01", 100)
        make_order(rows[4], "2026-09-01", 100, state="CANCELLED")
        return rows

    def test_the_rates_of_each_year(self, books, cast):
        found = reads.silence(cast.owner.scope, today=TODAY)
        by_year = {year.year: year for year in found.years}
        assert (by_year[2025].buyers, by_year[2025].repeat, by_year[2025].repurchase_rate) == (2, 1, Decimal("0.5"))
        assert (by_year[2025].before, by_year[2025].lost, by_year[2025].loss_rate) == (1, 1, 1)
        assert (by_year[2026].before, by_year[2026].lost) == (2, 1)
        assert (found.buyers, found.repeat, found.repeat_rate, found.never) == (4, 2, Decimal("0.5"), 1)
        assert found.numbers == {Status.SEED: 2, Status.GOLDEN_BEAN: 1, Status.SILENT: 2}

    def test_the_examples_of_the_catalogue(self, cast):
        mine = cast.owner.user
        for number in range(120):  # 45 of 120 order twice
            account = make_account(owner=mine)
            make_order(account, "2026-02-01", 1)
            if number < 45:
                make_order(account, "2026-03-01", 1)
            if number < 82:  # and 82 of last year's 100 are among them
                make_order(account, "2025-02-01", 1)
        for _number in range(18):
            make_order(make_account(owner=mine), "2025-02-01", 1)
        year = reads.silence(cast.owner.scope, today=TODAY).years[0]
        assert (year.repeat, year.buyers, year.repurchase_rate) == (45, 120, Decimal("0.375"))
        assert (year.lost, year.before, year.loss_rate) == (18, 100, Decimal("0.18"))

    def test_the_list_by_the_last_order_and_in_pages(self, books, cast):
        page, rows = reads.silent_page(cast.owner.scope, today=TODAY, size=1)
        assert [(row.account, row.last, row.orders) for row in rows] == [(books[1], date(2025, 3, 1), 1)]
        page, rows = reads.silent_page(cast.owner.scope, today=TODAY, size=1, cursor=page.next_cursor)
        assert [(row.account, row.orders) for row in rows] == [(books[3], 2)]
        assert page.next_cursor is None
        assert reads.silent_number(cast.stranger.scope, today=TODAY).number == 1

    def test_the_page_and_winning_back_in_bulk(self, books, cast):
        page = cast.owner.client.get(reverse("insights:silent")).content.decode()
        assert "Silent customers" in page
        assert "Repurchase rate" in page
        sent = {"ids": [books[1].pk, books[3].pk, 999_999]}
        answer = cast.owner.client.post(reverse("insights:reactivate"), sent, **FRAGMENT)
        assert "Win-back started at 2 accounts." in answer.content.decode()
        assert Todo.objects.filter(source="winback").count() == 12
        done, left = reactions.reactivate(account_ids=[books[1].pk], by=cast.owner.scope, now=NOW)
        assert (done, len(left)) == (0, 1)
        assert cast.stranger.client.post(reverse("insights:reactivate"), sent, **FRAGMENT).status_code == 200
        assert Todo.objects.count() == 12
        assert cast.read_only.client.post(reverse("insights:reactivate"), sent).status_code == 403

    def test_the_number_of_questions_does_not_grow(self, cast, count_queries):
        numbers = []
        for size in (3, 27):
            for _ in range(size):
                make_order(make_account(owner=cast.owner.user), "2025-02-01", 1)
            with count_queries() as counted:
                assert cast.owner.client.get(reverse("insights:silent")).status_code == 200
            numbers.append(counted.number)
        assert numbers[0] == numbers[1]


@pytest.mark.item("D-08", "O-19")
class TestFeed:
    @pytest.fixture
    def watched(self, account: Any, cast: Any) -> Account:
        marks.watch(account=account, by=cast.owner.scope, now=NOW)
        return account

    @pytest.fixture
    def told(self, watched: Account, cast: Any) -> Account:
        """One change of each sort, an hour or a day apart."""

        def at(hours: int) -> datetime:
            return NOW - timedelta(hours=hours)

        mine = cast.owner.user
        Alert.objects.create(
            account=watched, signal="RHYTHM_BROKEN", owner=mine, probability=Decimal("0.5"), value=1, expected_loss=1, raised_at=at(1),
            shown_date=TODAY, state="CLOSED", outcome="KEPT", closed_at=at(0),
        )  # fmt: skip
        OwnershipChange.objects.create(
            account=watched, kind="ASSIGNED", before=cast.colleague.user, after=mine, at=at(2), by_name="许文静", reason="换区"
        )
        FaceMark.objects.create(account=watched, face="WHITE", confirmed_by=mine, confirmed_at=at(3), extra_step="毛利不低于 8%")
        StageChange.objects.create(account=watched, before="MATURE", after="DECLINING", since_date=TODAY - timedelta(days=1), by_name="x")
        contact = make_contact(watched)
        Contact.objects.filter(pk=contact.pk).update(left_date=TODAY - timedelta(days=2))
        Standing.objects.create(account=watched, as_of_date=TODAY, run_id=1, revenue=4_000, orders_count=4)
        make_order(watched, TODAY - timedelta(days=3), 3_500)
        make_order(watched, TODAY - timedelta(days=3), 900)
        for number, abc in enumerate(["A", "A", "B"]):
            run = ScoreRun.objects.create(
                state="DONE", as_of_date=TODAY, started_at=at(90 - number), finished_at=at(90 - number), formula_version="1"
            )
            Score.objects.create(run=run, account=watched, revenue=1, abc=abc)
        return watched

    def test_each_change_with_why_and_what_to_do(self, told, cast):
        feed = feeds.feed(cast.owner.scope)
        assert [item.kind for item in feed.items] == ["alert_ended", "alert", "owner", "face", "stage", "left", "large", "class"]
        texts = {item.kind: item.text for item in feed.items}
        assert texts["class"] == "Class: A → B"
        assert texts["stage"] == "Stage: Mature → Declining"
        assert texts["left"] == "陈立群 left the customer"
        assert all(item.doings for item in feed.items if item.kind != "alert_ended")
        page = cast.owner.client.get(reverse("insights:watch")).content.decode()
        assert "换区" in page

    @pytest.mark.parametrize("size", [1, 2, 3])
    def test_pages_lose_nothing_and_say_nothing_twice(self, told, cast, size):
        StageChange.objects.create(account=told, before="GROWING", after="MATURE", since_date=TODAY - timedelta(days=1), by_name="x")
        whole = [(item.kind, item.at) for item in feeds.feed(cast.owner.scope, size=50).items]
        seen: list[Any] = []
        cursor: str | None = None
        while True:
            part = feeds.feed(cast.owner.scope, cursor=cursor, size=size)
            seen += [(item.kind, item.at) for item in part.items]
            cursor = part.next_cursor
            if cursor is None:
                break
        assert seen == whole
        assert len(whole) == 9

    def test_what_is_new_since_the_last_look(self, told, cast):
        assert feeds.feed(cast.owner.scope).new == 8
        watching.mark_read(by=cast.owner.scope, now=NOW - timedelta(hours=2))
        assert feeds.feed(cast.owner.scope).new == 2
        answer = cast.owner.client.post(reverse("insights:watch_read"), **FRAGMENT)
        assert answer.status_code == 204
        assert feeds.feed(cast.owner.scope).new == 0

    def test_only_what_one_sees_and_watches(self, told, cast):
        assert feeds.feed(cast.director.scope).watched == 0
        Favourite.objects.create(account=told, user=cast.stranger.user, at=NOW)
        assert feeds.feed(cast.stranger.scope).items == []

    def test_amounts_by_right(self, told, cast):
        from dingke.core.scope import Scope

        plain = {name: getattr(cast.owner.scope, name) for name in Scope.__dataclass_fields__}
        feed = feeds.feed(Scope(**{**plain, "hidden_fields": frozenset({"amount"})}))
        (large,) = [item for item in feed.items if item.kind == "large"]
        assert "3,500" not in large.text
        assert large.text.startswith("A large order: SO")

    def test_watching_in_bulk(self, cast):
        ids = [make_account(owner=cast.owner.user).pk for _ in range(3)]
        outcome = bulk.change_many(account_ids=ids, wish=bulk.Wish(verb=bulk.Verb.WATCH), by=cast.owner.scope, now=NOW)
        assert outcome.done == 3
        assert sorted(feeds.watched_ids(cast.owner.scope)) == sorted(ids)

    def test_the_number_of_questions_does_not_grow(self, cast, count_queries):
        numbers = []
        for size in (3, 27):
            for _ in range(size):
                account = make_account(owner=cast.owner.user)
                marks.watch(account=account, by=cast.owner.scope, now=NOW)
                FaceMark.objects.create(account=account, face="RED", confirmed_by=cast.owner.user, confirmed_at=NOW)
            with count_queries() as counted:
                assert cast.owner.client.get(reverse("insights:watch")).status_code == 200
            numbers.append(counted.number)
        assert numbers[0] == numbers[1]


def test_a_run_warns(cast):
    """The whole way: orders that stop, a score run, a warning at the owner."""
    from dingke.core.scope import Scope
    from dingke.insights.actions import run_scores

    account = make_account("停单有限公司", owner=cast.owner.user)
    for number in range(20):
        make_order(account, TODAY - timedelta(days=150 + 20 * number), 1_000, 600)
    run_scores(by=Scope.system(), now=NOW, as_of=TODAY)
    rows = Alert.objects.filter(account=account)
    assert "RHYTHM_BROKEN" in set(rows.values_list("signal", flat=True))
    assert all(row.owner == cast.owner.user and row.expected_loss > 0 for row in rows if row.signal == "RHYTHM_BROKEN")
    assert timezone.localdate(rows[0].raised_at) == TODAY
