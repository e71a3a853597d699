"""Traces for OpenTelemetry, off until an endpoint is named: requests, queries, jobs and steps, without anything about people.

The spans are made here from Django's own hooks: OpenTelemetry's instrumentations put addresses with their parameters, callers'
addresses and headers into spans, and whatever they add next is there before anybody looks. Here stands what may go out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

import dingke
from dingke.core import errors, jobs, spans
from dingke.core.spans import Fact

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
QUIET = ("/static/", "/healthz", "/readyz", "/metrics")
LONGEST_QUERY = 2000
_TEXT = re.compile(r"'(?:[^']|'')*'")
_tracer: Any = None


class TracingNotInstalled(ImproperlyConfigured):
    """An endpoint is named, but the packages that speak to it are not there."""


def check_installed() -> None:
    """Raises `TracingNotInstalled` when an endpoint is named and the packages are missing."""
    if not settings.OTEL_ENDPOINT:
        return
    try:
        import opentelemetry.exporter.otlp.proto.http.trace_exporter
        import opentelemetry.sdk.trace  # noqa: F401
    except ImportError as error:
        text = _("DINGKE_OTEL_ENDPOINT is set, but OpenTelemetry is not installed: pip install 'dingke[otel]', or unset it.")
        raise TracingNotInstalled(text) from error


def traces_endpoint(named: str) -> str:
    """`http://collector:4318` names the collector; the address of traces follows from it."""
    bare = named.rstrip("/")
    return bare if bare.endswith("/v1/traces") else f"{bare}/v1/traces"


def _headers(text: str) -> dict[str, str]:
    """`name=value,name=value`, as OTEL_EXPORTER_OTLP_HEADERS writes them."""
    pairs = (item.partition("=") for item in text.split(",") if "=" in item)
    return {name.strip().lower(): value.strip() for name, _sign, value in pairs}


def start(process: str) -> Callable[[], None]:
    """Begins to record in this process ("web", "worker"); gives what ends it and sends the rest. Nothing without an endpoint."""
    global _tracer
    if not settings.OTEL_ENDPOINT:
        return lambda: None
    check_installed()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class TraceIds(RandomIdGenerator):  # type: ignore[misc]
        """A trace has the number that the log lines and the error page show."""

        def generate_trace_id(self) -> int:
            number = errors.trace_id.get()
            return int(number, 16) if errors.is_trace_id(number) else int(super().generate_trace_id())

        def is_trace_id_random(self) -> bool:
            return False  # a proxy may have chosen it

    named = {"service.version": dingke.__version__, "dingke.process": process}
    resource = Resource.create(named if settings.OTEL_NAMED else {"service.name": "dingke", **named})
    provider = TracerProvider(resource=resource, id_generator=TraceIds())
    exporter = OTLPSpanExporter(endpoint=traces_endpoint(settings.OTEL_ENDPOINT), headers=_headers(settings.OTEL_HEADERS) or None)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = provider.get_tracer("dingke", dingke.__version__)
    errors.long_trace_ids(True)
    spans.install(recorder=recorded, carrier=_where)

    def end() -> None:
        global _tracer
        _tracer = None
        spans.install(recorder=None)
        errors.long_trace_ids(False)
        provider.shutdown()

    return end


def _where() -> str:
    """The place of the caller in its trace, in the form of W3C's traceparent."""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "")


def _continued(parent: str) -> Any:
    """The context of a parent elsewhere, if it belongs to the trace at hand; else None, for a new beginning."""
    from opentelemetry import trace
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({"traceparent": parent}, Context())
    found, number = trace.get_current_span(context).get_span_context(), errors.trace_id.get()
    same = errors.is_trace_id(number) and found.trace_id == int(number, 16)
    return context if found.is_valid and same else None


@contextmanager
def recorded(name: str, parent: str, facts: Mapping[str, Fact]) -> Iterator[Any]:
    """A span, with the queries of this thread as its children. Of an error its class alone: a sentence may hold a name."""
    from opentelemetry.trace import Status, StatusCode

    tracer = _tracer
    if tracer is None:
        yield None
        return
    with tracer.start_as_current_span(
        name, context=_continued(parent) if parent else None, attributes=dict(facts), record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            if _query in connection.execute_wrappers:
                yield span
            else:
                with connection.execute_wrapper(_query):
                    yield span
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            if not isinstance(error, (errors.Refusal, jobs.Cancelled)):
                span.set_status(Status(StatusCode.ERROR))
            raise


def _query(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """A query as a child span: its text with places for the values, never the values."""
    from opentelemetry import trace

    tracer = _tracer
    if tracer is None or not trace.get_current_span().is_recording():
        return execute(sql, params, many, context)
    text = _TEXT.sub("'?'", sql) if isinstance(sql, str) else ""
    operation = text.split(None, 1)[0].upper() if text.strip() else "QUERY"
    facts = {
        "db.system.name": {"postgresql": "postgresql", "sqlite": "sqlite"}.get(connection.vendor, "other_sql"),
        "db.operation.name": operation,
        "db.query.text": text[:LONGEST_QUERY],
    }
    with tracer.start_as_current_span(
        operation, kind=trace.SpanKind.CLIENT, attributes=facts, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            return execute(sql, params, many, context)
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(trace.Status(trace.StatusCode.ERROR))
            raise


class SpanMiddleware:
    """One span for each request, named by its route. Stands in the settings only where an endpoint is named."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _tracer is None or request.path.startswith(QUIET):
            return self.get_response(request)
        from opentelemetry.trace import Status, StatusCode

        method = request.method if request.method in METHODS else "_OTHER"
        with recorded(f"{method}", request.headers.get("traceparent", ""), {"http.request.method": f"{method}"}) as span:
            response = self.get_response(request)
            match = request.resolver_match
            if match is not None:
                span.update_name(f"{method} {match.view_name or match.route}")
                span.set_attribute("http.route", f"/{match.route}")
            span.set_attribute("http.response.status_code", response.status_code)
            if response.status_code >= 500:
                span.set_status(Status(StatusCode.ERROR))
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if _tracer is not None:
            from opentelemetry import trace

            trace.get_current_span().set_attribute("error.type", type(exception).__name__)
