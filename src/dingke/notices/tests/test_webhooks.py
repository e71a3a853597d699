"""Webhooks against a real HTTP receiver: signatures, retries, switching off, keys, sending again, what may not be called."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from dingke.core import outbox, outgoing
from dingke.core.errors import Invalid, NotAllowed
from dingke.core.models import AuditEntry, OutboxEvent
from dingke.notices import calc
from dingke.notices.actions import webhook_sending, webhooks
from dingke.notices.models import Notice, Webhook, WebhookDelivery
from dingke.notices.queries import webhooks as queries

pytestmark = pytest.mark.django_db
PUBLIC = "https://erp.example.com/in?token=geheim"


@pytest.fixture(autouse=True)
def resolved(monkeypatch):
    """The public name resolves without a name server."""
    import ipaddress

    real = outgoing.addresses_of
    known = {"erp.example.com": [ipaddress.ip_address("93.184.215.14")]}
    monkeypatch.setattr(outgoing, "addresses_of", lambda host, port=None: known.get(host) or real(host, port))


@pytest.fixture
def queued(monkeypatch) -> list[int]:
    ids: list[int] = []
    monkeypatch.setattr(webhook_sending, "_queue", [ids.append])
    return ids


@pytest.fixture
def hook(cast, open_receiver, now, queued) -> Webhook:
    made, _key = webhooks.add_webhook(
        name="ERP", address=open_receiver.url + "/dingke?token=geheim", events=["PaymentReceived"], by=cast.administrator.scope, now=now
    )
    Webhook.objects.filter(pk=made.pk).update(created_at=now - timedelta(days=30))
    made.refresh_from_db()
    return made


@pytest.fixture
def answers(open_receiver, monkeypatch) -> list[dict[str, Any]]:
    """Whole requests as they came: headers and raw bodies."""
    seen: list[dict[str, Any]] = []
    handler = type(open_receiver).__init__.__globals__["_Handler"]

    def post(self: Any) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        seen.append({"path": self.path, "body": body, **{name.lower(): value for name, value in self.headers.items()}})
        self.send_response(self.server.answer[0])
        self.send_header("Location", "http://169.254.169.254/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    monkeypatch.setattr(handler, "do_POST", post)
    return seen


def happens(now: datetime, number: int = 1) -> list[OutboxEvent]:
    for payment in range(number):
        payload = {"account_id": 7, "payment_id": payment, "receivable_id": None}
        OutboxEvent.objects.create(name="PaymentReceived", payload=payload, at=now)
    outbox.hand_over(now=now)
    return list(OutboxEvent.objects.order_by("pk"))


def verified(request: dict[str, Any], key: str) -> bool:
    """As a receiver does it, written down from the specification."""
    content = f"{request['webhook-id']}.{request['webhook-timestamp']}.".encode() + request["body"]
    wanted = base64.b64encode(hmac.new(base64.b64decode(key[len("whsec_") :]), content, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(part, f"v1,{wanted}") for part in request["webhook-signature"].split(" "))


# ---- pure -------------------------------------------------------------------------------------------------------------------


def test_the_signature_of_the_specification():
    # the example of the Standard Webhooks libraries: whsec_, msg_p5jXN8AQM9LWM0D4loKWxJek, 1614265330
    key, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    found = calc.webhook_signature(keys=[key], message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=body)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    with pytest.raises(ValueError, match="not a key"):
        calc.webhook_signature(keys=["geheim"], message_id="m", timestamp=1, body=b"")


def test_waits_rests_and_the_end():
    waits = [calc.webhook_wait(attempt) for attempt in range(1, 11)]
    hours = [timedelta(hours=number) for number in (2, 5, 10, 14, 20, 24)]
    assert waits == [timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), *hours, None]
    with pytest.raises(ValueError, match="from 1"):
        calc.webhook_wait(0)
    assert [calc.webhook_rest(number).total_seconds() for number in (1, 2, 3, 50)] == [5, 10, 20, 600]
    at = datetime(2026, 9, 1, tzinfo=UTC)
    assert not calc.gives_out(failing_since=at, now=at + timedelta(hours=71))
    assert calc.gives_out(failing_since=at, now=at + timedelta(hours=72))
    assert not calc.gives_out(failing_since=None, now=at)


def test_the_body_carries_ids_only():
    at = datetime(2026, 9, 30, 2, 0, 0, 123456, tzinfo=UTC)
    payload = {"approval_id": 3, "approver_ids": [1, 2], "note": "贵", "kind": "X", "paid": True}
    body = calc.webhook_body(type="approvals.approval_rejected", at=at, payload=payload)
    assert json.loads(body) == {
        "type": "approvals.approval_rejected",
        "timestamp": "2026-09-30T02:00:00.123Z",
        "data": {"approval_id": 3, "approver_ids": [1, 2]},
    }


# ---- sending ----------------------------------------------------------------------------------------------------------------


def test_an_event_goes_out_signed_once_with_ids_only(hook, answers, queued, now):
    happens(now, 2)
    assert webhook_sending.queue_due(now=now) == 1
    assert webhook_sending.queue_due(now=now) == 0, "a worker has it already"
    assert webhook_sending.send_due(webhook_id=hook.pk, now=now) == 2
    first, second = answers
    assert first["path"] == "/dingke?token=geheim"
    assert json.loads(first["body"])["data"] == {"account_id": 7, "payment_id": 0, "receivable_id": None}
    assert json.loads(first["body"])["type"] == "ledger.payment_received"
    assert verified(first, hook.secret)
    assert verified(second, hook.secret)
    assert not verified({**first, "body": first["body"] + b" "}, hook.secret)
    assert first["webhook-id"] != second["webhook-id"]
    assert abs(int(first["webhook-timestamp"]) - now.timestamp()) < 30
    assert webhook_sending.send_due(webhook_id=hook.pk, now=now) == 0
    assert set(hook.deliveries.values_list("state", "attempts", "status")) == {("SENT", 1, 200)}


def test_only_chosen_events_since_it_is_there_and_while_it_is_on(cast, hook, now):
    Webhook.objects.filter(pk=hook.pk).update(created_at=now)
    happens(now - timedelta(seconds=1))
    OutboxEvent.objects.create(name="AccountCreated", payload={"account_id": 1}, at=now)
    assert outbox.hand_over(now=now) == 1
    assert not hook.deliveries.exists()
    webhooks.switch_webhook(webhook=hook, on=False, by=cast.administrator.scope, now=now)
    happens(now)
    assert not hook.deliveries.exists()


def test_a_failure_is_tried_again_later_and_the_receiver_rests(hook, open_receiver, answers, queued, now):
    open_receiver.answer = (500, {})
    happens(now, 3)
    assert webhook_sending.send_due(webhook_id=hook.pk, now=now) == 0
    assert len(answers) == 1, "the others wait until it takes something again"
    row = hook.deliveries.exclude(attempts=0).get()
    assert (row.state, row.status, row.problem) == ("WAITING", 500, "HTTP 500")
    assert timedelta(seconds=5) <= row.due_at - now < timedelta(seconds=10)
    assert webhook_sending.queue_due(now=now) == 0
    open_receiver.answer = (204, {})
    later = now + timedelta(seconds=20)
    assert webhook_sending.queue_due(now=later) == 1
    assert webhook_sending.send_due(webhook_id=hook.pk, now=later) == 3
    assert len({request["webhook-id"] for request in answers}) == 3
    hook.refresh_from_db()
    assert (hook.failures, hook.failing_since, hook.rests_until, hook.last_problem) == (0, None, None, "")


def test_after_days_of_failures_it_is_switched_off_and_its_maker_is_told(cast, hook, open_receiver, answers, now):
    open_receiver.answer = (503, {})
    happens(now)
    at, tries = now, 0
    while hook.is_active and tries < 20:
        webhook_sending.send_due(webhook_id=hook.pk, now=at)
        hook.refresh_from_db()
        tries += 1
        at = hook.deliveries.get().due_at + timedelta(seconds=1)
    assert (tries, hook.is_active, hook.switched_off_at is not None) == (10, False, True)
    assert hook.deliveries.get().state == "GIVEN_UP"
    notice = Notice.objects.get(kind="webhook.off")
    assert (notice.recipient, notice.link) == (cast.administrator.user, reverse("notices:webhook", args=[hook.pk]))
    webhooks.switch_webhook(webhook=hook, on=True, by=cast.administrator.scope, now=at)
    hook.refresh_from_db()
    assert (hook.is_active, hook.switched_off_at, hook.failing_since) == (True, None, None)


def test_a_receiver_that_is_gone_switches_it_off_at_once(hook, open_receiver, answers, now):
    open_receiver.answer = (410, {})
    happens(now)
    webhook_sending.send_due(webhook_id=hook.pk, now=now)
    hook.refresh_from_db()
    assert not hook.is_active
    assert Notice.objects.filter(kind="webhook.off").count() == 1


def test_what_a_killed_worker_held_is_sent_again_with_its_id(hook, answers, now):
    happens(now)
    row = webhook_sending._claim_next(hook.pk, now=now)
    assert webhook_sending._claim_next(hook.pk, now=now) is None
    webhook_sending.queue_due(now=now + timedelta(minutes=1))
    assert hook.deliveries.get().state == "SENDING", "a worker that lives may still hold it"
    later = now + timedelta(minutes=3)
    webhook_sending.queue_due(now=later)
    assert webhook_sending.send_due(webhook_id=hook.pk, now=later) == 1
    assert [request["webhook-id"] for request in answers] == [row.message_id]


def test_redirects_are_not_followed_and_private_addresses_not_called(cast, hook, open_receiver, answers, now, settings):
    open_receiver.answer = (302, {})
    happens(now)
    webhook_sending.send_due(webhook_id=hook.pk, now=now)
    assert (len(answers), hook.deliveries.get().problem) == (1, "HTTP 302")
    settings.ALLOWED_PRIVATE_HOSTS = []
    webhook_sending.send_due(webhook_id=hook.pk, now=now + timedelta(minutes=1))
    row = hook.deliveries.get()
    assert (len(answers), row.status) == (1, None)
    assert "private network" in webhook_sending.problem_words(row)
    for address in ("http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest", "ftp://erp.example.com/", "erp", ""):
        with pytest.raises(Invalid) as refused:
            webhooks.add_webhook(name="", address=address, events=["PaymentReceived"], by=cast.administrator.scope, now=now)
        assert "address" in refused.value.fields


# ---- keys, sending again -----------------------------------------------------------------------------------------------------


def test_a_new_key_and_the_old_one_sign_side_by_side_for_a_day(cast, hook, answers, now):
    old = hook.secret
    new = webhooks.change_key(webhook=hook, by=cast.administrator.scope, now=now)
    assert new != old
    happens(now)
    webhook_sending.send_due(webhook_id=hook.pk, now=now)
    assert verified(answers[-1], new)
    assert verified(answers[-1], old)
    later = now + timedelta(hours=25)
    happens(later)
    webhook_sending.send_due(webhook_id=hook.pk, now=later)
    assert verified(answers[-1], new)
    assert not verified(answers[-1], old)


def test_one_and_a_span_are_sent_again_with_the_same_ids(cast, hook, answers, queued, now):
    happens(now, 3)
    webhook_sending.send_due(webhook_id=hook.pk, now=now)
    ids = [request["webhook-id"] for request in answers]
    webhooks.send_again(message=hook.deliveries.get(message_id=ids[1]), by=cast.administrator.scope, now=now)
    webhook_sending.send_due(webhook_id=hook.pk, now=now)
    assert [request["webhook-id"] for request in answers[3:]] == [ids[1]]

    hook.deliveries.filter(message_id=ids[0]).delete()  # as if it had come while the webhook was off
    with pytest.raises(webhooks.UnableToSendEvents):
        webhooks.send_again_since(webhook=hook, since=now + timedelta(days=1), by=cast.administrator.scope, now=now)
    again = {"webhook": hook, "since": now - timedelta(hours=1), "by": cast.administrator.scope, "now": now}
    assert webhooks.send_again_since(**again, only_missing=True) == 1
    webhook_sending.send_due(webhook_id=hook.pk, now=now)
    assert webhooks.send_again_since(**again) == 3
    webhook_sending.send_due(webhook_id=hook.pk, now=now)
    assert sorted(request["webhook-id"] for request in answers[5:]) == sorted(ids)
    assert [answers[4]["webhook-id"]] == [ids[0]]
    assert hook.deliveries.count() == 3
    webhooks.switch_webhook(webhook=hook, on=False, by=cast.administrator.scope, now=now)
    hook.refresh_from_db()
    with pytest.raises(webhooks.UnableToSendEvents):
        webhooks.send_again_since(**again)


def test_secrets_are_sealed_in_no_audit_entry_and_forgotten(cast, hook, now):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT address, secret FROM notices_webhook")
        assert not any(text in str(cursor.fetchone()) for text in ("whsec_", "geheim", "127.0.0.1"))
    webhooks.edit_webhook(webhook=hook, name="ERP 2", address=PUBLIC, events=["PaymentReceived"], by=cast.administrator.scope, now=now)
    said = str(list(AuditEntry.objects.values_list("summary", "changes")))
    assert "geheim" not in said
    assert "whsec_" not in said
    webhooks.remove_webhook(webhook=hook, by=cast.administrator.scope, now=now)
    row = Webhook.objects.get(pk=hook.pk)
    assert (row.address, row.secret, row.is_active) == ("", "", False)


def test_without_the_key_of_the_installation_nothing_goes_out(hook, answers, now, settings):
    happens(now)
    settings.SECRET_KEY = "another"
    webhook_sending.send_due(webhook_id=hook.pk, now=now)
    assert answers == []
    assert "secret key" in webhook_sending.problem_words(hook.deliveries.get())


# ---- pages ------------------------------------------------------------------------------------------------------------------


def test_set_up_on_the_pages_with_a_key_shown_once(cast, queued, now):
    client = cast.administrator.client
    assert "PaymentReceived" in client.get(reverse("notices:webhook_add")).content.decode()
    body = {"name": "ERP", "address": PUBLIC, "events": ["PaymentReceived", "AccountCreated"]}
    answer = client.post(reverse("notices:webhook_add"), body)
    hook = Webhook.objects.get()
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert hook.secret in answer.content.decode()
    assert hook.events == ["AccountCreated", "PaymentReceived"]
    for name in ("notices:webhooks", "notices:webhook", "notices:webhook_edit"):
        page = client.get(reverse(name, args=[] if name == "notices:webhooks" else [hook.pk])).content.decode()
        assert "https://erp.example.com/" in page
        assert hook.secret not in page
        assert PUBLIC not in page
    assert "ledger.payment_received" in client.get(reverse("notices:webhooks")).content.decode()
    old = hook.secret
    answer = client.post(reverse("notices:webhook_key", args=[hook.pk]))
    hook.refresh_from_db()
    assert hook.secret != old
    assert hook.secret in answer.content.decode()
    wrong = client.post(reverse("notices:webhook_add"), {"address": "http://127.0.0.1/", "events": ["PaymentReceived"]})
    assert wrong.status_code == 422
    assert "private network" in wrong.content.decode()
    assert client.post(reverse("notices:webhook_edit", args=[hook.pk]), {"name": "X", "address": ""}).status_code == 422
    client.post(reverse("notices:webhook_edit", args=[hook.pk]), {"name": "X", "address": "", "events": ["PaymentReceived"]})
    hook.refresh_from_db()
    assert (hook.name, hook.address, hook.events) == ("X", PUBLIC, ["PaymentReceived"])
    client.post(reverse("notices:webhook_switch", args=[hook.pk]))
    client.post(reverse("notices:webhook_remove", args=[hook.pk]))
    assert Webhook.objects.get().archived_at is not None


def test_the_test_says_what_the_receiver_answered_and_stands_in_the_log(cast, hook, open_receiver, answers, now):
    client, page = cast.administrator.client, reverse("notices:webhook", args=[hook.pk])
    client.post(reverse("notices:webhook_test", args=[hook.pk]))
    assert "HTTP 200" in client.get(page).content.decode()
    assert json.loads(answers[0]["body"])["type"] == "dingke.test"
    assert verified(answers[0], hook.secret)
    open_receiver.answer = (401, {})
    client.post(reverse("notices:webhook_test", args=[hook.pk]))
    assert "HTTP 401" in client.get(page).content.decode()
    assert list(hook.deliveries.order_by("pk").values_list("state", flat=True)) == ["SENT", "GIVEN_UP"]
    hook.refresh_from_db()
    assert (hook.failures, hook.is_active) == (0, True)


def test_the_log_sends_again_and_costs_the_same_for_three_and_thirty(
    cast, hook, answers, queued, now, django_assert_max_num_queries, django_assert_num_queries
):
    client, page = cast.administrator.client, reverse("notices:webhook", args=[hook.pk])
    happens(now, 3)
    webhook_sending.send_due(webhook_id=hook.pk, now=now)
    client.get(page)
    with django_assert_max_num_queries(40) as few:
        client.get(page)
    happens(now, 26)
    with django_assert_num_queries(len(few.captured_queries)):
        client.get(page + "?state=WAITING")
    message = hook.deliveries.filter(state="SENT").first()
    client.post(reverse("notices:webhook_again", args=[message.pk]))
    message.refresh_from_db()
    assert message.state == "WAITING"
    body = {"since": (now - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"), "only_missing": ""}
    assert client.post(reverse("notices:webhook_since", args=[hook.pk]), body).status_code == 303
    assert client.post(reverse("notices:webhook_since", args=[hook.pk]), {"since": ""}).status_code == 422
    assert WebhookDelivery.objects.filter(state="SENT").count() == 0


def test_only_those_who_change_the_settings(cast, hook, now):
    for person, status in ((cast.owner, 403), (cast.manager, 403), (cast.director, 200)):
        assert person.client.get(reverse("notices:webhooks")).status_code == status
    with pytest.raises(NotAllowed):
        webhooks.change_key(webhook=hook, by=cast.owner.scope, now=now)
    assert queries.visible_webhooks(cast.owner.scope, [hook.pk]) == set()
    assert queries.visible_webhooks(cast.administrator.scope, [hook.pk]) == {hook.pk}
