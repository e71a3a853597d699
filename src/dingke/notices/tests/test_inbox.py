"""The inbox and the bell: filters, marks, paging, and never a word about what one may not see."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from dingke.notices.actions import inbox as actions
from dingke.notices.models import Delivery, Notice, Preference
from dingke.notices.queries import inbox as queries

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def taken(account, cast):
    """Gives the account to the stranger: the owner sees it no more."""

    def take():
        account.owner = cast.stranger.user
        account.save()

    return take


def page(client, **query) -> str:
    answer = client.get(reverse("notices:list"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_owner_reads_it_and_nobody_else(told, cast):
    told(body="说明")
    html = page(cast.owner.client)
    assert "许文静" in html
    assert "江州重工" in html
    assert "You own this account now." in html, "why it came"
    for other in (cast.stranger, cast.director, cast.administrator):
        assert "江州重工" not in page(other.client)


def test_a_subject_that_is_gone_takes_its_notice_along(told, cast, taken, now):
    notice = told()
    taken()
    assert "江州重工" not in page(cast.owner.client)
    notice.refresh_from_db()
    assert notice.hidden_at is not None
    assert queries.bell(cast.owner.scope).unread == 0, "the count heals"
    for name in ("open", "read", "unread", "archive", "unarchive", "turn_off", "turn_on"):
        url = reverse(f"notices:{name}", args=[notice.pk])
        assert (cast.owner.client.get(url) if name == "open" else cast.owner.client.post(url)).status_code == 404


def test_the_short_message_of_the_bell_does_not_speak_of_it_either(told, cast, taken):
    told()
    taken()
    answer = cast.owner.client.get(reverse("notices:bell"), {"state": "0-0"})
    assert "dk:toast" not in answer.headers.get("HX-Trigger", "")


def test_the_bell_counts_in_one_query_and_is_silent_while_nothing_is_new(told, cast, now, count_queries):
    with count_queries() as counted:
        empty = queries.bell(cast.owner.scope)
    assert (empty.unread, empty.newest, counted.number) == (0, 0, 1)
    told()
    first = cast.owner.client.get(reverse("notices:bell"), {"state": empty.state})
    assert ">1<" in first.content.decode()
    detail = json.loads(first.headers["HX-Trigger"])["dk:toast"]
    assert detail["message"] == "许文静 gave you 江州重工"
    state = queries.bell(cast.owner.scope).state
    assert cast.owner.client.get(reverse("notices:bell"), {"state": state}).status_code == 204
    on_load = cast.owner.client.get(reverse("notices:bell"))
    assert on_load.status_code == 200
    assert "HX-Trigger" not in on_load.headers, "a page that has just loaded needs no message about what it shows"


def test_marks(told, cast):
    notice = told()
    client = cast.owner.client

    def post(name):
        return client.post(reverse(f"notices:{name}", args=[notice.pk]), headers=PART)

    post("read")
    assert queries.bell(cast.owner.scope).unread == 0
    assert "Mark as unread" in post("unread").content.decode() or queries.bell(cast.owner.scope).unread == 1
    answer = post("archive")
    assert reverse("notices:unarchive", args=[notice.pk]) in answer.headers["HX-Trigger"]
    assert "江州重工" not in page(client)
    assert "江州重工" in page(client, show="archived")
    post("unarchive")
    assert "江州重工" in page(client)
    assert "江州重工" not in page(client, show="unread")


def test_opening_follows_the_link_and_counts_as_read(told, cast, now):
    notice = told(link="/accounts/")
    answer = cast.owner.client.get(reverse("notices:open", args=[notice.pk]))
    assert (answer.status_code, answer["Location"]) == (303, "/accounts/")
    outside = told(subject=("", 0), link="https://evil.example/")
    assert cast.owner.client.get(reverse("notices:open", args=[outside.pk]))["Location"] == reverse("notices:list")
    assert queries.bell(cast.owner.scope).unread == 0


def test_filters_by_kind_and_period(told, cast, now):
    from django.utils import timezone

    moment = timezone.now()
    told(kind="account.stage", values={"account": "旧客户"}, at=moment - timedelta(days=40))
    told(kind="account.shared", values={"account": "新客户"}, at=moment)
    both = page(cast.owner.client)
    assert "旧客户" in both
    assert "新客户" in both
    assert "旧客户" not in page(cast.owner.client, period="month")
    assert "新客户" not in page(cast.owner.client, kind="account.stage")
    assert "No notice fits" in page(cast.owner.client, kind="account.stage", period="week")
    assert page(cast.owner.client, kind="nothing", period="nothing", show="nothing")


def test_all_of_a_kind_or_everything_is_marked(told, cast):
    told()
    told(kind="account.stage")
    cast.owner.client.post(reverse("notices:read_all"), {"kind": "account.stage"})
    assert queries.bell(cast.owner.scope).unread == 1
    cast.owner.client.post(reverse("notices:read_all"))
    assert queries.bell(cast.owner.scope).unread == 0


def test_nobody_marks_notices_of_others(told, cast, now):
    notice = told()
    other = cast.stranger.scope
    assert actions.mark_read(ids=[notice.pk], by=other, now=now) == 0
    assert actions.archive(ids=[notice.pk], by=other, now=now) == 0
    assert actions.hide(ids=[notice.pk], by=other, now=now) == 0
    assert actions.mark_all_read(by=other, now=now) == 0


def test_pages_follow_one_another_without_a_gap(told, cast, now):
    for number in range(7):
        told(subject=("", 0), values={"account": f"客户{number}"}, at=now - timedelta(minutes=number))
    seen, cursor = [], None
    while True:
        found = queries.inbox(cast.owner.scope, queries.InboxFilter(), today=now.date(), cursor=cursor, size=3)
        seen += [item.title for item in found.items]
        if not (cursor := found.next_cursor):
            break
    assert seen == [f"许文静 gave you 客户{number}" for number in range(7)]


def test_the_page_costs_the_same_for_three_and_thirty(told, cast, now, count_queries):
    def cost():
        with count_queries() as counted:
            page(cast.owner.client)
        return counted.number

    for number in range(3):
        told(kind="account.stage", at=now - timedelta(hours=2 * number))
    cost()
    three = cost()
    for number in range(27):
        told(kind="account.stage", at=now - timedelta(hours=10 + 2 * number))
    assert cost() == three


def test_turning_a_kind_off_and_on_again(told, cast):
    notice = told()
    answer = cast.owner.client.post(reverse("notices:turn_off", args=[notice.pk]), headers=PART)
    assert reverse("notices:turn_on", args=[notice.pk]) in answer.headers["HX-Trigger"]
    assert Preference.objects.filter(user=cast.owner.user, kind="account.given", inbox=False, mail="OFF", bot=False).exists()
    with pytest.raises(IndexError):
        told()
    cast.owner.client.post(reverse("notices:turn_on", args=[notice.pk]), headers=PART)
    assert told()


def test_old_read_notices_go_and_unread_ones_stay(told, cast, now, settings):
    settings.NOTICES_KEEP_DAYS = 90
    old, unread, waiting = told(subject=("", 0)), told(subject=("", 0)), told(subject=("", 0))
    Delivery.objects.exclude(notice=waiting).update(state="SENT")
    long_ago = now - timedelta(days=91)
    Notice.objects.filter(pk__in=[old.pk, waiting.pk]).update(read_at=long_ago, at=long_ago)
    Notice.objects.filter(pk=unread.pk).update(at=long_ago)
    assert actions.delete_old(now=now) == 1
    assert set(Notice.objects.values_list("pk", flat=True)) == {unread.pk, waiting.pk}
    settings.NOTICES_KEEP_DAYS = 0
    assert actions.delete_old(now=now + timedelta(days=999)) == 0


# ---- API ---------------------------------------------------------------------------------------------------------------


def test_the_api_lists_the_callers_notices(told, cast, taken):
    notice = told()
    answer = cast.owner.client.get("/api/v1/notices/").json()
    assert [item["id"] for item in answer["items"]] == [notice.pk]
    assert answer["items"][0]["title"] == "许文静 gave you 江州重工"
    assert cast.owner.client.get("/api/v1/notices/", {"fields": "title"}).json()["items"][0].keys() == {"id", "title"}
    assert cast.stranger.client.get("/api/v1/notices/").json()["items"] == []
    assert cast.anonymous.get("/api/v1/notices/").status_code == 401
    taken()
    assert cast.owner.client.get("/api/v1/notices/").json()["items"] == []


def test_the_api_marks_as_read(told, cast):
    one, two = told(), told(kind="account.stage")
    client = cast.owner.client
    assert client.post(f"/api/v1/notices/{one.pk}/read").json()["read_at"]
    assert cast.stranger.client.post(f"/api/v1/notices/{one.pk}/read").status_code == 404
    others = cast.stranger.client.post("/api/v1/notices/read", {"ids": [two.pk]}, content_type="application/json")
    assert others.json() == {"changed": 0, "unread": 0}
    assert client.get("/api/v1/notices/", {"unread": True}).json()["items"][0]["id"] == two.pk
    assert client.post("/api/v1/notices/read", {"all": True}, content_type="application/json").json() == {"changed": 1, "unread": 0}
