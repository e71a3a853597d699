"""Two workers on one delivery, or on one person's digest: it goes out once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.core import mail
from django.db import connection

from dingke.notices.actions import deliver
from dingke.notices.actions import mail as mails
from dingke.notices.actions.preferences import set_routings
from dingke.notices.calc import Mail, Routing
from dingke.notices.models import Delivery

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL"),
]


def both(work: Callable[[], object]) -> list[object]:
    """The same work in two threads that begin together."""
    start, results = threading.Barrier(2), []

    def run() -> None:
        start.wait(10)
        try:
            results.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _worker in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.fixture
def slowly(monkeypatch):
    """A mail takes a while, so that the second worker comes while the first is sending."""
    real, pause = mails._send, threading.Event()

    def slow(*args, **kwargs):
        pause.wait(0.3)
        return real(*args, **kwargs)

    monkeypatch.setattr(mails, "_send", slow)


def test_a_delivery_goes_out_once(told, now, slowly):
    row = told().deliveries.get()
    Delivery.objects.update(state="WAITING", attempts=0)
    mail.outbox.clear()
    for _again in range(3):
        Delivery.objects.filter(pk=row.pk).update(state="WAITING", attempts=0)
        mail.outbox.clear()
        assert sorted(map(str, both(lambda: deliver.deliver(delivery_id=row.pk, now=now)))) == ["LEFT", "SENT"]
        assert len(mail.outbox) == 1
    row.refresh_from_db()
    assert row.attempts == 1


def test_a_digest_goes_out_once(told, cast, now, slowly):
    set_routings(routings={"account.given": Routing(mail=Mail.DIGEST)}, by=cast.owner.scope)
    told()
    mail.outbox.clear()
    assert sorted(both(lambda: deliver.send_digest(user_id=cast.owner.user.pk, now=now))) == [0, 1]
    assert len(mail.outbox) == 1
