"""Traces, received by a real OTLP server: what is in them, how they hang together, and what is never in them."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.test import Client
from django.urls import reverse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from dingke.config.life import tracing
from dingke.config.life.doctor import place
from dingke.config.life.logs import JsonFormatter, TraceFilter
from dingke.core import errors, jobs, spans
from dingke.core.scope import Scope
from dingke.core.tasks import run_job

MIDDLEWARE = "dingke.config.life.tracing.SpanMiddleware"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Collector:
    """Takes traces as an OpenTelemetry collector does."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.resources: list[dict[str, Any]] = []
        self.spans: list[Any] = []

        class Door(BaseHTTPRequestHandler):
            def do_POST(door) -> None:
                self.take(door.path, dict(door.headers), door.rfile.read(int(door.headers["Content-Length"])))
                door.send_response(200)
                door.end_headers()

            def log_message(door, *_arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        assert path == "/v1/traces"
        self.raw.append(body)
        self.headers.append({name.lower(): value for name, value in headers.items()})
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resources.append(facts_of(group.resource))
            self.spans += [span for scope in group.scope_spans for span in scope.spans]

    def named(self, name: str) -> Any:
        found = [span for span in self.spans if span.name == name]
        assert len(found) == 1, [span.name for span in self.spans]
        return found[0]


def facts_of(thing: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in thing.attributes}


@pytest.fixture
def collector() -> Iterator[Collector]:
    taking = Collector()
    yield taking
    taking.server.shutdown()
    taking.server.server_close()


@pytest.fixture
def traced(collector, settings) -> Iterator[Any]:
    """Recording is on; called, it ends and everything has arrived."""
    settings.OTEL_ENDPOINT, settings.OTEL_HEADERS = collector.url, "Authorization=Bearer of-the-collector"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE]
    settings.MIDDLEWARE.insert(settings.MIDDLEWARE.index("dingke.core.middleware.TraceMiddleware") + 1, MIDDLEWARE)
    end = tracing.start("web")
    yield end
    end()


@pytest.mark.django_db
class TestRequests:
    def test_one_span_with_the_route_and_its_queries_beneath(self, cast, account, collector, traced):
        cast.owner.client.handler.load_middleware()
        answer = cast.owner.client.get(f"/accounts/?q={account.name}")
        traced()
        span = collector.named("GET accounts:list")
        assert facts_of(span) == {"http.request.method": "GET", "http.route": "/accounts/", "http.response.status_code": 200}
        assert span.trace_id.hex() == answer["X-Trace-Id"]
        assert span.parent_span_id == b""
        queries = [one for one in collector.spans if one is not span]
        assert queries
        assert {one.parent_span_id for one in queries} == {span.span_id}
        assert {one.trace_id for one in queries} == {span.trace_id}
        assert "SELECT" in {one.name for one in queries}
        said = facts_of(queries[0])
        assert set(said) == {"db.system.name", "db.operation.name", "db.query.text"}
        assert "FROM" in said["db.query.text"]

    def test_nothing_about_people_or_customers_goes_out(self, cast, account, collector, traced):
        client = cast.owner.client
        client.handler.load_middleware()
        client.get(f"/accounts/?q={account.name}", headers={"User-Agent": "Secret-Browser", "X-Forwarded-For": "203.0.113.77"})
        client.post("/accounts/new/", {"name": "江州秘密铸造厂", "phone": "13900001234"})
        client.post(reverse("people:invited", args=["a-secret-token"]), {"name": "甲"})
        Client().post("/sign-in/login/", {"login": "zhao@example.com", "password": "three-legs-of-bronze"})
        traced()
        sent = b"".join(collector.raw)
        assert len(collector.spans) > 10
        for secret in (
            account.name,
            "江州秘密铸造厂",
            "13900001234",
            "a-secret-token",
            "zhao@example.com",
            "three-legs-of-bronze",
            "Secret-Browser",
            "203.0.113.77",
            "127.0.0.1",
            client.cookies["sessionid"].value,
        ):
            assert secret.encode() not in sent, secret

    def test_logs_and_problem_documents_carry_the_same_number(self, cast, collector, traced, caplog):
        client = Client()
        client.handler.load_middleware()
        with caplog.at_level(logging.INFO, logger="dingke.requests"):
            caplog.handler.addFilter(TraceFilter())
            answer = client.get("/api/v1/accounts/")
        line = json.loads(JsonFormatter().format(next(row for row in caplog.records if row.name == "dingke.requests")))
        traced()
        number = collector.spans[-1].trace_id.hex()
        assert (answer.status_code, answer.json()["trace_id"], line["trace"]) == (401, number, number)

    def test_a_trace_that_began_before_goes_on(self, collector, traced):
        client = Client()
        client.handler.load_middleware()
        answer = client.get("/sign-in/login/", headers={"traceparent": PARENT})
        client.get("/sign-in/login/", headers={"traceparent": PARENT, "X-Trace-Id": "00000000000000000123456789abcdef"})
        client.get("/healthz")
        traced()
        first, second = (span for span in collector.spans if span.name == "GET account_login")
        assert answer["X-Trace-Id"] == first.trace_id.hex() == PARENT.split("-")[1]
        assert first.parent_span_id.hex() == PARENT.split("-")[2]
        assert second.trace_id.hex() == "00000000000000000123456789abcdef"  # what our own proxy says goes before
        assert second.parent_span_id == b""
        assert not [span for span in collector.spans if "healthz" in span.name]

    def test_a_fault_is_marked_without_its_sentence(self, collector, traced, monkeypatch, cast):
        from dingke.people.views import me

        def broken(*_a: Any, **_k: Any) -> None:
            raise RuntimeError("赵 of 13900001234")

        monkeypatch.setattr(me.pages, "page", broken)
        client = cast.owner.client
        client.handler.load_middleware()
        client.raise_request_exception = False
        assert client.get("/people/me/").status_code == 500
        traced()
        span = collector.named("GET people:me")
        assert span.status.code == 2
        assert facts_of(span)["error.type"] == "RuntimeError"
        assert not span.events
        assert b"13900001234" not in b"".join(collector.raw)

    def test_who_is_told_and_who_tells(self, collector, traced):
        client = Client()
        client.handler.load_middleware()
        client.get("/sign-in/login/")
        traced()
        assert collector.headers[0]["authorization"] == "Bearer of-the-collector"
        assert collector.resources[0]["service.name"] == "dingke"
        assert collector.resources[0]["dingke.process"] == "web"


@pytest.mark.django_db
class TestJobs:
    def handled(self, monkeypatch, handler: Any) -> None:
        monkeypatch.setitem(jobs._handlers, "score", handler)

    def test_a_job_continues_the_trace_of_the_request_that_asked(self, collector, traced, monkeypatch, now):
        def handler(_progress: Any) -> dict[str, Any]:
            with spans.Steps() as step:
                step("score.read")
                authenticate(None)
                step("score.write")
            return {}

        self.handled(monkeypatch, handler)
        token = errors.trace_id.set(errors.new_trace_id())
        with spans.span("GET asked"):
            carried = spans.carried()
            job = jobs.start(kind="score", params={}, by=Scope.system(), now=now)
        errors.trace_id.reset(token)
        run_job.func(job.pk, **carried)
        traced()
        asked, done = collector.named("GET asked"), collector.named("job score")
        assert done.trace_id == asked.trace_id
        assert done.trace_id.hex() == job.trace_id
        assert done.parent_span_id == asked.span_id
        assert facts_of(done) == {"dingke.job.id": job.pk, "dingke.job.kind": "score", "dingke.job.attempt": 1}
        for name in ("score.read", "score.write"):
            assert collector.named(name).parent_span_id == done.span_id

    def test_a_job_that_nobody_asked_for_has_the_number_in_its_row(self, collector, traced, monkeypatch, now):
        def handler(_progress: Any) -> dict[str, Any]:
            raise ValueError("赵的电话 13900001234")

        self.handled(monkeypatch, handler)
        job = jobs.start(kind="score", params={}, by=Scope.system(), now=now)
        assert jobs.run(job.pk).state == "FAILED"
        traced()
        span = collector.named("job score")
        assert span.trace_id.hex() == job.trace_id
        assert (span.status.code, facts_of(span)["error.type"]) == (2, "ValueError")
        assert b"13900001234" not in b"".join(collector.raw)

    def test_a_task_carries_where_it_came_from_only_when_traces_are_on(self, monkeypatch, django_capture_on_commit_callbacks, now):
        seen: list[dict[str, str]] = []
        monkeypatch.setattr("dingke.core.tasks.run_job", type("Task", (), {"enqueue": lambda self, pk, **more: seen.append(more)})())
        self.handled(monkeypatch, lambda _progress: {})
        with django_capture_on_commit_callbacks(execute=True):
            jobs.start(kind="score", params={}, by=Scope.system(), now=now)
        assert seen == [{}]


class TestSwitchedOff:
    def test_nothing_stands_in_the_way(self, settings):
        assert MIDDLEWARE not in settings.MIDDLEWARE
        tracing.start("web")()
        assert spans.span("a") is spans.span("b")
        assert spans.carried() == {}
        assert place.tracing() == []
        assert len(errors.new_trace_id()) == 16

    def test_a_missing_package_is_said_at_the_start_and_by_the_doctor(self, settings, monkeypatch):
        settings.OTEL_ENDPOINT = "http://127.0.0.1:4318"
        assert [finding.level for finding in place.tracing()] == ["ok"]
        monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
        with pytest.raises(tracing.TracingNotInstalled, match=r"dingke\[otel\]"):
            tracing.start("web")
        assert [finding.level for finding in place.tracing()] == ["fail"]

    @pytest.mark.parametrize(
        ("named", "address"),
        [
            ("http://a:4318", "http://a:4318/v1/traces"),
            ("http://a:4318/", "http://a:4318/v1/traces"),
            ("https://a/x/v1/traces", "https://a/x/v1/traces"),
        ],
    )
    def test_the_address_of_traces(self, named, address):
        assert tracing.traces_endpoint(named) == address


def test_the_settings_alone_switch_it_on(collector, tmp_path):
    """The application as a web server loads it, in a process of its own."""
    script = """
from dingke.config.wsgi import application
from django.test import Client
print(Client(HTTP_HOST="localhost").get("/no-such-page")["X-Trace-Id"])
"""
    environment = {
        "PATH": os.environ["PATH"],
        "DINGKE_HOME": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "dingke.config.settings_test",
        "DINGKE_DATABASE_URL": "sqlite:///:memory:",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "OTEL_SERVICE_NAME": "crm",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
    }
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {span.trace_id.hex() for span in collector.spans} == {done.stdout.strip()}
    assert collector.resources[0]["service.name"] == "crm"
