"""Bots against a real HTTP receiver: what WeCom, DingTalk and Feishu are sent, what they answer, what may not be called."""

from __future__ import annotations

import pytest
from apprise.plugins import dingtalk, feishu, wecombot
from django.urls import reverse

from dingke.core.errors import Invalid, NotAllowed
from dingke.core.models import AuditEntry
from dingke.notices.actions import bots, deliver
from dingke.notices.models import Bot

pytestmark = pytest.mark.django_db
WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
DINGTALK = "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
FEISHU = "https://open.feishu.cn/open-apis/bot/v2/hook/2b8a9e1c-1f2d-4c3b-9a5e-0d6c7b8a9f10"


@pytest.fixture
def services(open_receiver, monkeypatch):
    """The three services answer at the receiver."""
    monkeypatch.setattr(wecombot.NotifyWeComBot, "notify_url", open_receiver.url + "/cgi-bin/webhook/send?key={key}")
    monkeypatch.setattr(dingtalk.NotifyDingTalk, "notify_url", open_receiver.url + "/robot/send?access_token={token}")
    monkeypatch.setattr(feishu.NotifyFeishu, "notify_url", open_receiver.url + "/open-apis/bot/v2/hook/{token}/")
    return open_receiver


def bot(cast, address, **fields):
    return Bot.objects.create(owner=cast.owner.user, name="群", address=address, **fields)


def send(bot, now):
    bots.send(bot=bot, title="许文静 把江州重工交给了你", body="请在 9 月 30 日前联系\nhttp://127.0.0.1:8000/notices/1/", now=now)


def test_wecom_gets_text_with_title_and_body(services, cast, now):
    send(bot(cast, WECOM), now)
    path, payload = services.received[0]
    assert path == "/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
    assert payload["msgtype"] == "text"
    said = "".join(payload["text"]["content"].split())
    assert said == "许文静把江州重工交给了你请在9月30日前联系http://127.0.0.1:8000/notices/1/"


def test_dingtalk_gets_text_and_a_signature_where_a_secret_is_given(services, cast, now):
    send(bot(cast, DINGTALK), now)
    token = DINGTALK.rpartition("=")[2]
    send(bot(cast, f"dingtalk://SEC0123456789abcdef@{token}/"), now)
    (plain, payload), (signed, _again) = services.received
    assert plain == f"/robot/send?access_token={token}"
    assert payload["msgtype"] == "text"
    assert payload["text"]["content"].startswith("许文静 把江州重工交给了你")
    assert "&timestamp=" in signed
    assert "&sign=" in signed


def test_feishu_gets_text(services, cast, now):
    services.answer = (200, {"code": 0, "msg": "success", "data": {}})
    send(bot(cast, FEISHU), now)
    path, payload = services.received[0]
    assert path == "/open-apis/bot/v2/hook/2b8a9e1c-1f2d-4c3b-9a5e-0d6c7b8a9f10/"
    assert payload["msg_type"] == "text"
    assert "江州重工" in payload["content"]["text"]


@pytest.mark.parametrize(
    ("address", "answer", "said"),
    [
        (WECOM, (200, {"errcode": 93000, "errmsg": "invalid webhook url"}), "93000 invalid webhook url"),
        (DINGTALK, (200, {"errcode": 310000, "errmsg": "keywords not in content"}), "310000 keywords not in content"),
        (FEISHU, (200, {"code": 19001, "msg": "param invalid: incoming webhook access token invalid"}), "19001 param invalid"),
        (WECOM, (503, {}), "HTTP 503"),
    ],
)
def test_a_refusal_is_no_success_even_with_status_200(services, cast, now, address, answer, said):
    services.answer = answer
    row = bot(cast, address)
    with pytest.raises(bots.UnableToSend, match=said.split()[0]):
        send(row, now)
    row.refresh_from_db()
    assert said in row.last_problem
    services.answer = (200, {"errcode": 0, "code": 0})
    send(row, now)
    row.refresh_from_db()
    assert (row.last_problem, row.last_sent_at) == ("", now)


def test_nothing_inside_is_called_unless_the_administrator_allows_it(services, cast, now, settings):
    settings.ALLOWED_PRIVATE_HOSTS = []
    with pytest.raises(bots.UnableToSend):
        send(bot(cast, WECOM), now)
    assert services.received == []


@pytest.mark.parametrize(
    "address",
    [
        "json://127.0.0.1:8000/", "json://localhost/", "json://2130706433/", "jsons://[::1]/hook", "ntfy://10.0.0.1/topic", "gotify://192.168.1.5/token123456789ab",
        "file:///etc/passwd", "dbus://", "syslog://", "rsyslog://127.0.0.1", "exec://ls", "glib://", "gnome://", "windows://", "macosx://",
        "smpp://user:pw@1.1.1.1/1/2", "mqtt://1.1.1.1/topic", "msteams://a/b/c?template=/etc/passwd", "mailto://a:b@1.1.1.1", "apprise://1.1.1.1/x",
        "https://example.com/hook", "http://169.254.169.254/latest", "", "wecombot://", "not an address", "x" * 600,
    ],  # fmt: skip
)  # fmt: skip
def test_other_addresses_are_refused_with_a_sentence(cast, now, address):
    with pytest.raises(Invalid) as refused:
        bots.add_bot(name="群", address=address, by=cast.owner.scope, now=now)
    assert "address" in refused.value.fields
    assert Bot.objects.count() == 0


def test_the_secret_is_shown_masked_and_is_in_no_audit_entry(cast, now):
    row = bots.add_bot(name="销售群", address=WECOM, by=cast.owner.scope, now=now)
    html = cast.owner.client.get(reverse("notices:preferences")).content.decode()
    assert "销售群" in html
    assert "企业微信" in html
    assert "693a91f6" not in html
    assert "693a91f6" not in cast.owner.client.get(reverse("notices:bot_edit", args=[row.pk])).content.decode()
    new = WECOM.replace("693a", "777a")
    bots.edit_bot(bot=row, name="销售一群", address=new, is_active=True, by=cast.owner.scope, now=now)
    assert not [entry for entry in AuditEntry.objects.all() if "93a91f6" in str(entry.changes) + entry.summary]
    bots.remove_bot(bot=row, by=cast.owner.scope, now=now)
    row.refresh_from_db()
    assert (row.address, row.is_active) == ("", False)


def test_an_empty_address_keeps_the_one_that_is_there(cast, now):
    row = bots.add_bot(name="群", address=FEISHU, by=cast.owner.scope, now=now)
    answer = cast.owner.client.post(reverse("notices:bot_edit", args=[row.pk]), {"name": "新名", "address": ""})
    assert answer.status_code == 303
    row.refresh_from_db()
    assert (row.name, row.address, row.is_active) == ("新名", FEISHU, False)


def test_bots_belong_to_their_owner(cast, now):
    row = bots.add_bot(name="群", address=FEISHU, by=cast.owner.scope, now=now)
    for name in ("bot_edit", "bot_test", "bot_remove"):
        for other in (cast.stranger, cast.administrator):
            assert other.client.post(reverse(f"notices:{name}", args=[row.pk]), {}).status_code == 404
    with pytest.raises(NotAllowed):
        bots.edit_bot(bot=row, name="x", is_active=True, by=cast.stranger.scope, now=now)
    assert cast.owner.client.post(reverse("notices:bot_remove", args=[row.pk])).status_code == 303


def test_the_test_button_says_what_the_service_answered(services, cast):
    row = bot(cast, WECOM)
    client = cast.owner.client
    client.post(reverse("notices:bot_test", args=[row.pk]))
    assert "The service took the message" in client.get(reverse("notices:preferences")).content.decode()
    assert len(services.received) == 1
    services.answer = (200, {"errcode": 93000, "errmsg": "invalid webhook url"})
    client.post(reverse("notices:bot_test", args=[row.pk]))
    assert "93000 invalid webhook url" in client.get(reverse("notices:preferences")).content.decode()


def test_bots_of_the_company_are_for_those_who_change_its_settings(cast, now):
    add = reverse("notices:bot_add")
    body = {"for": "company", "name": "喜报群", "address": WECOM, "kinds": ["account.given", "nothing"]}
    assert cast.owner.client.post(add, body | {"kinds": ["account.given"]}).status_code == 403
    assert cast.administrator.client.post(add, body).status_code == 422
    assert cast.administrator.client.post(add, body | {"kinds": ["account.given"]}).status_code == 303
    row = Bot.objects.get()
    assert (row.owner_id, row.kinds) == (None, ["account.given"])
    page = cast.administrator.client.get(reverse("notices:company")).content.decode()
    assert "喜报群" in page
    assert "693a91f6" not in page
    assert cast.owner.client.get(reverse("notices:company")).status_code == 403
    assert "喜报群" not in cast.owner.client.get(reverse("notices:preferences")).content.decode()


def test_a_wrong_address_comes_back_with_the_form(cast):
    answer = cast.owner.client.post(reverse("notices:bot_add"), {"name": "群", "address": "file:///etc/passwd"})
    assert answer.status_code == 422
    assert "This is not the address of a service" in answer.content.decode()


def test_a_notice_goes_out_by_the_own_bot_with_why_and_a_way_to_end_it(services, told, cast, now, settings):
    settings.SITE_URL = "https://crm.example.cn"
    bot(cast, WECOM)
    notice = told()
    row = notice.deliveries.get(channel="BOT")
    assert deliver.deliver(delivery_id=row.pk, now=now) == "SENT"
    assert deliver.deliver(delivery_id=row.pk, now=now) == "LEFT"
    assert len(services.received) == 1
    said = services.received[0][1]["text"]["content"]
    assert said.splitlines()[0] == "Dingke · 许文静 gave you 江州重工"
    assert f"https://crm.example.cn/notices/{notice.pk}/" in said
    assert "You own this account now." in said
    assert "https://crm.example.cn/notices/off/" in said


def test_a_group_is_told_in_the_companys_language_and_with_the_page_itself(services, told, cast, now, settings):
    settings.SITE_URL = "https://crm.example.cn"
    Bot.objects.create(owner=None, name="喜报群", address=WECOM, kinds=["account.given"])
    notice = told(link="/accounts/")
    assert deliver.deliver(delivery_id=notice.deliveries.get(channel="COMPANY_BOT").pk, now=now) == "SENT"
    said = services.received[0][1]["text"]["content"]
    assert "鼎客" in said
    assert "https://crm.example.cn/accounts/" in said
    assert "/notices/" not in said, "nobody's inbox is linked to a group"


def test_a_bot_that_was_paused_or_removed_says_nothing(services, told, cast, now):
    row = bot(cast, WECOM)
    notice = told()
    bots.remove_bot(bot=row, by=cast.owner.scope, now=now)
    assert deliver.deliver(delivery_id=notice.deliveries.get(channel="BOT").pk, now=now) == "SKIPPED"
    assert services.received == []
