"""Bus, rules, custom fields, health, and what happens when the database is away."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.db import OperationalError, transaction

from dingke.core import bus, custom_fields, errors, rules
from dingke.core.errors import Invalid, NotAllowed
from dingke.core.events import Event
from dingke.core.models import CustomField, OutboxEvent, Setting

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, slots=True, kw_only=True)
class TeaServed(Event):
    cups: int


@dataclass(frozen=True)
class TeaRules:
    limit: Decimal = Decimal("3.5")
    kinds: tuple[str, ...] = ("green",)

    def __post_init__(self):
        if self.limit <= 0:
            raise ValueError("limit must be positive")


class TestBus:
    def test_stores_the_event_and_calls_its_handlers_in_the_same_transaction(self, now, monkeypatch):
        heard = []
        monkeypatch.setattr(bus, "_handlers", {TeaServed: (lambda event, now: heard.append(event.cups),)})
        with pytest.raises(RuntimeError), transaction.atomic():
            bus.publish(TeaServed(cups=2), now=now)
            raise RuntimeError
        assert heard == [2]
        assert not OutboxEvent.objects.exists()
        with transaction.atomic():
            bus.publish(TeaServed(cups=3), now=now)
        assert OutboxEvent.objects.get().payload == {"cups": 3}


class TestRules:
    def test_every_version_is_kept_and_the_newest_holds(self, cast, now):
        assert rules.load("tea", TeaRules) == TeaRules()
        rules.store(key="tea", kind=TeaRules, values={"limit": "2", "kinds": ["red", "black"]}, by=cast.director.scope, now=now)
        rules.store(key="tea", kind=TeaRules, values={"limit": "4"}, by=cast.director.scope, now=now)
        assert rules.load("tea", TeaRules) == TeaRules(limit=Decimal(4))
        assert list(Setting.objects.values_list("version", flat=True)) == [2, 1]

    def test_values_that_do_not_fit_are_refused_and_nothing_is_stored(self, cast, now):
        with pytest.raises(Invalid):
            rules.store(key="tea", kind=TeaRules, values={"limit": "-1"}, by=cast.director.scope, now=now)
        with pytest.raises(NotAllowed):
            rules.store(key="tea", kind=TeaRules, values={}, by=cast.owner.scope, now=now)
        assert not Setting.objects.exists()


class TestCustomFields:
    def test_values_are_typed_and_wrong_ones_named(self):
        CustomField.objects.create(target="account", key="plants", label_zh="工厂数", label_en="Plants", kind="NUMBER")
        CustomField.objects.create(
            target="account", key="grade", label_zh="等级", label_en="Grade", kind="CHOICE", options=["甲", "乙"], is_required=True
        )
        assert custom_fields.cleaned("account", {"plants": "1,200", "grade": "甲"}) == {"plants": "1200", "grade": "甲"}
        with pytest.raises(Invalid) as refused:
            custom_fields.cleaned("account", {"plants": "many", "colour": "red"})
        assert set(refused.value.fields) == {"custom_plants", "custom_grade", "custom_colour"}


class TestHealth:
    def test_answers_without_signing_in(self, client):
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/readyz").json() == {"status": "ok"}

    def test_every_answer_carries_a_trace_id_and_the_content_policy(self, client):
        response = client.get("/healthz", headers={"X-Trace-Id": "abcdef1234567890"})
        assert response["X-Trace-Id"] == "abcdef1234567890"
        assert "script-src 'self'" in response["Content-Security-Policy"]
        assert errors.trace_id.get() == ""


class TestDatabaseAway:
    @pytest.mark.parametrize(("language", "words"), [("en", "does not answer"), ("zh-hans", "数据库")])
    def test_gives_a_page_that_says_so_and_touches_no_table(self, client, monkeypatch, language, words):
        def away(*args, **kwargs):
            raise OperationalError("connection refused")

        monkeypatch.setattr("django.contrib.auth.middleware.get_user", away)
        client.raise_request_exception = False
        response = client.get("/jobs/1/", headers={"Accept-Language": language})
        assert response.status_code == 503
        assert response["Retry-After"]
        assert words in response.content.decode()
