"""Logs, metrics, and what a proxy may say."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import RequestFactory
from django.utils import timezone

from dingke.config.life.logs import JsonFormatter, TraceFilter
from dingke.config.life.metrics import ObserveMiddleware
from dingke.config.life.proxy import ProxyMiddleware, is_proxy
from dingke.core.errors import trace_id
from dingke.core.models import Job


@pytest.mark.django_db
def test_metrics_answer_nobody_until_they_are_switched_on(client, settings):
    assert client.get("/metrics").status_code == 404
    settings.METRICS_LOCAL = True
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.0.0.9"}).status_code == 404
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.9").status_code == 404
    settings.METRICS_TOKEN = "a-long-token-of-the-monitoring"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer a-long-token-of-the-monitorinG"}).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer a-long-token-of-the-monitoring"}).status_code == 200


@pytest.mark.django_db
def test_metrics_count_requests_by_route_and_jobs_by_state(client, settings):
    settings.METRICS_LOCAL = True
    Job.objects.create(kind="score", created_at=timezone.now() - timedelta(seconds=90))
    client.get("/healthz")
    text = client.get("/metrics").content.decode()
    assert 'dingke_requests_total{method="GET",route="core:healthz",status="200"}' in text
    assert 'dingke_request_seconds_bucket{le="0.1",route="core:healthz"}' in text
    assert 'dingke_jobs{kind="score",state="WAITING"} 1.0' in text
    age = next(line for line in text.splitlines() if line.startswith("dingke_queue_age_seconds "))
    assert float(age.split()[1]) >= 90
    assert "dingke_outbox_waiting 0.0" in text


def test_errors_of_the_database_are_counted(client):
    from prometheus_client import REGISTRY

    def number() -> float:
        return REGISTRY.get_sample_value("dingke_database_errors_total", {"kind": "OperationalError"}) or 0

    before = number()
    ObserveMiddleware(lambda request: None).process_exception(RequestFactory().get("/"), OperationalError("away"))
    assert number() == before + 1


def test_a_log_line_is_json_with_the_trace_and_what_was_added():
    record = logging.makeLogRecord({"name": "dingke.x", "levelname": "INFO", "msg": "订单 %s", "args": ("A-1",), "route": "core:healthz"})
    token = trace_id.set("abc12345")
    try:
        TraceFilter().filter(record)
    finally:
        trace_id.reset(token)
    facts = json.loads(JsonFormatter().format(record))
    assert (facts["message"], facts["trace"], facts["route"], facts["level"]) == ("订单 A-1", "abc12345", "core:healthz", "INFO")
    try:
        raise ValueError("broken")
    except ValueError as error:
        record.exc_info = (ValueError, error, error.__traceback__)
    assert "ValueError: broken" in json.loads(JsonFormatter().format(record))["error"]


def test_every_answer_carries_its_number(client):
    first, second = (client.get("/healthz")["X-Trace-Id"] for _ in range(2))
    assert first != second
    assert client.get("/healthz", headers={"X-Trace-Id": "0123456789abcdef"})["X-Trace-Id"] == "0123456789abcdef"


@pytest.mark.parametrize(
    ("named", "address", "kept"),
    [
        ([], "127.0.0.1", True),
        ([], "10.0.0.9", False),
        (["10.0.0.0/24"], "10.0.0.9", True),
        (["10.0.0.0/24"], "127.0.0.1", False),
        (["10.0.0.2"], "10.0.0.9", False),
        ([], "", True),
        ([], "nonsense", False),
    ],
)
def test_only_a_known_proxy_says_that_a_request_was_encrypted(named, address, kept, settings):
    settings.TRUSTED_PROXIES = named
    assert is_proxy(address) is kept
    seen = []
    request = RequestFactory().get("/", headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}, REMOTE_ADDR=address)
    ProxyMiddleware(lambda request: seen.append(request))(request)
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert seen[0].is_secure() is kept
    assert ("X-Forwarded-Host" in seen[0].headers) is kept
