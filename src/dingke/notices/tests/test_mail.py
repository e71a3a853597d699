"""Mails through a real SMTP server: languages, subjects, both bodies, the one-click way to turn them off; digests."""

from __future__ import annotations

import email
import email.policy
import re
import socket
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.core.mail.backends.smtp import EmailBackend
from django.test import Client

from dingke.notices.actions import deliver, preferences
from dingke.notices.calc import Mail, Routing
from dingke.notices.models import Delivery, Notice, Preference, Rhythm

pytestmark = pytest.mark.django_db
GIVEN = "account.given"


class Post:
    """Keeps what a real mail server was given; `refuses` is what it answers instead."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.refuses = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refuses:
            return self.refuses
        self.raw.append(envelope.content)
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
        return "250 Message accepted for delivery"


@pytest.fixture
def post(settings: Any) -> Iterator[Post]:
    found = Post()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(found, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_BACKEND = f"{EmailBackend.__module__}.{EmailBackend.__name__}"
    settings.SITE_URL = "https://crm.example.cn"
    yield found
    controller.stop()


def bodies(mail: EmailMessage) -> tuple[str, str]:
    return mail.get_body(("plain",)).get_content(), mail.get_body(("html",)).get_content()


def test_a_mail_in_chinese(post, told, cast, now):
    cast.owner.user.language = ""  # the company's
    cast.owner.user.save()
    notice = told(body="说明：%(account)s", title="%(account)s is no longer a key account")
    assert deliver.deliver(delivery_id=notice.deliveries.get().pk, now=now) == "SENT"
    mail = post.mails[0]
    headers = post.raw[0].split(b"\r\n\r\n")[0]
    assert headers.isascii(), "Chinese in headers is encoded"
    assert re.search(rb"Subject:\s+=\?utf-8\?", headers)
    assert "江州重工" in mail["Subject"]
    assert "鼎客" in mail["Subject"]
    assert mail["To"] == "owner@dingke.example"
    plain, html = bodies(mail)
    for body in (plain, html):
        assert "说明：江州重工" in body
        assert f"https://crm.example.cn/notices/{notice.pk}/" in body
        assert "https://crm.example.cn/notices/off/" in body
    assert '<html lang="zh-CN">' in html
    assert "<script" not in html


def test_a_mail_in_english_with_what_is_dangerous_escaped(post, told, cast, now):
    notice = told(values={"account": "<b>R&D</b>", "name": "a\nBcc: x@evil.example"})
    deliver.deliver(delivery_id=notice.deliveries.get().pk, now=now)
    plain, html = bodies(post.mails[0])
    assert "You own this account now." in plain
    assert "<b>R&D</b>" in plain
    assert "&lt;b&gt;R&amp;D&lt;/b&gt;" in html
    assert post.mails[0]["Bcc"] is None


def test_one_click_turns_mails_of_the_kind_off_and_nothing_else(post, told, cast, now):
    notice = told()
    deliver.deliver(delivery_id=notice.deliveries.get().pk, now=now)
    mail = post.mails[0]
    assert re.search(rb"List-Unsubscribe:\s+<https://crm\.example\.cn/notices/off/", post.raw[0]), "not encoded"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.search(r"<https://crm\.example\.cn(/notices/off/[^>]+)>", mail["List-Unsubscribe"]).group(1)
    robot = Client(enforce_csrf_checks=True)
    asked = robot.get(link)
    assert asked.status_code == 200
    assert "Turn" in asked.content.decode() or "关闭" in asked.content.decode()
    assert Preference.objects.count() == 0, "a mail scanner that follows links turns nothing off"
    answer = robot.post(link, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    choice = Preference.objects.get()
    assert (choice.user_id, choice.kind, choice.inbox, choice.mail, choice.bot) == (cast.owner.user.pk, GIVEN, True, "OFF", True)
    assert robot.post(link).status_code == 200, "twice is once"


@pytest.mark.parametrize("change", [lambda link: link[:-3] + "xyz/", lambda link: "/notices/off/nonsense/"])
def test_a_link_that_nobody_signed_does_nothing(cast, change):
    link = "/notices/off/" + preferences.off_token(user_id=cast.owner.user.pk, kind=GIVEN, channel="mail") + "/"
    assert Client().get(link).status_code == 200
    assert Client().post(change(link)).status_code == 404
    cast.owner.user.is_active = False
    cast.owner.user.save()
    assert Client().post(link).status_code == 404
    assert Preference.objects.count() == 0


def test_a_server_that_refuses_is_tried_again_later_and_then_given_up_visibly(post, told, cast, now):
    post.refuses = "451 try again"
    row = told().deliveries.get()
    moment = now
    for attempt in range(1, 6):
        assert deliver.deliver(delivery_id=row.pk, now=moment) == "WAITING"
        row.refresh_from_db()
        assert row.due_at > moment
        assert deliver.deliver(delivery_id=row.pk, now=moment) == "LEFT", "not before its time"
        assert row.attempts == attempt
        moment = row.due_at
    assert deliver.deliver(delivery_id=row.pk, now=moment) == "GIVEN_UP"
    row.refresh_from_db()
    assert "451" in row.problem
    assert "Could not be sent" in cast.owner.client.get("/notices/preferences/").content.decode()
    assert "An account was given to you" in cast.administrator.client.get("/notices/company/").content.decode()
    assert cast.stranger.client.post(f"/notices/deliveries/{row.pk}/again/").status_code == 404
    post.refuses = ""
    assert cast.owner.client.post(f"/notices/deliveries/{row.pk}/again/").status_code == 303
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("WAITING", 0)
    assert deliver.deliver(delivery_id=row.pk, now=row.due_at) == "SENT"
    assert len(post.mails) == 1


def test_what_was_read_or_may_not_be_seen_any_more_is_not_mailed(post, told, cast, account, now):
    read = told(kind="account.recycle_soon")
    Notice.objects.filter(pk=read.pk).update(read_at=now)
    assert deliver.deliver(delivery_id=read.deliveries.get().pk, now=now) == "SKIPPED"
    lost = told()
    account.owner = cast.stranger.user
    account.save()
    assert deliver.deliver(delivery_id=lost.deliveries.get().pk, now=now) == "SKIPPED"
    assert post.mails == []


def test_what_a_dead_worker_held_is_given_up_and_not_sent_twice(post, told, now):
    row = told().deliveries.get()
    Delivery.objects.filter(pk=row.pk).update(state="SENDING", claimed_at=now - timedelta(minutes=11))
    deliver.queue_due(now=now)
    row.refresh_from_db()
    assert row.state == "GIVEN_UP"
    assert "Interrupted" in deliver.problem_words(row)


def test_what_is_due_is_queued_once(told, now):
    row = told().deliveries.get()
    assert deliver.queue_due(now=now) == 0, "it was handed to a worker when it was written"
    assert deliver.queue_due(now=now + timedelta(minutes=11)) == 1, "a worker that never came is asked again"
    assert deliver.queue_due(now=now + timedelta(minutes=12)) == 0
    Delivery.objects.filter(pk=row.pk).update(state="SENT")
    assert deliver.queue_due(now=now + timedelta(hours=1)) == 0


# ---- digest -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def daily(cast):
    preferences.set_routings(
        routings={kind: Routing(inbox=True, mail=Mail.DIGEST, bot=False) for kind in (GIVEN, "account.shared")}, by=cast.owner.scope
    )


def test_the_digest_says_a_day_in_one_mail_once(post, told, daily, cast, now):
    Rhythm.objects.create(user=cast.owner.user, digest_hour=18)  # now is ten in the morning
    told()
    told(kind="account.shared", title="%(name)s shared %(account)s with you")
    assert deliver.digests_wait(now=now)
    assert deliver.send_digests(now=now) == 0
    evening = now + timedelta(hours=8)
    assert deliver.send_digests(now=evening) == 1
    assert deliver.send_digests(now=evening) == 0
    told(kind="account.given", subject=("", 0), at=evening)
    assert deliver.send_digests(now=evening + timedelta(hours=1)) == 0, "one a day"
    assert deliver.send_digests(now=evening + timedelta(days=1)) == 1
    mail = post.mails[0]
    assert "2 notices" in mail["Subject"]
    plain, html = bodies(mail)
    for body in (plain, html):
        assert "许文静 gave you 江州重工" in body
        assert "许文静 shared 江州重工 with you" in body
    assert set(Delivery.objects.values_list("state", flat=True)) == {"SENT"}


def test_the_digest_leaves_out_what_was_read_or_is_hidden_now(post, told, daily, cast, account, now):
    told(subject=("", 0), values={"account": "留下的"})
    read = told(kind="account.shared")
    told()
    Notice.objects.filter(pk=read.pk).update(read_at=now)
    account.owner = cast.stranger.user
    account.save()
    assert deliver.send_digests(now=now) == 1
    plain, _html = bodies(post.mails[0])
    assert "留下的" in plain
    assert "江州重工" not in plain
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["SENT", "SKIPPED", "SKIPPED"]


def test_a_digest_that_failed_comes_later_the_same_day(post, told, daily, now):
    told()
    post.refuses = "451 try again"
    assert deliver.send_digests(now=now) == 0
    post.refuses = ""
    assert deliver.send_digests(now=now + timedelta(minutes=2)) == 1


def test_one_click_ends_the_digest(post, told, daily, cast, now):
    told()
    deliver.send_digests(now=now)
    link = re.search(r"/notices/off/[^>]+", post.mails[0]["List-Unsubscribe"]).group(0)
    assert Client().post(link).status_code == 200
    groups = preferences.preferences.choices(cast.owner.scope)
    assert not [choice for _group, choices in groups for choice in choices if choice.routing.mail is Mail.DIGEST]
