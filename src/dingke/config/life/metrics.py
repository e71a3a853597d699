"""Numbers for Prometheus at /metrics, off until a token is set or the machine itself is allowed to ask."""

from __future__ import annotations

import hmac
import logging
import os
import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from dingke.config.life import beats
from dingke.core import outbox
from dingke.core.models import Job, OutboxEvent

access_log = logging.getLogger("dingke.requests")
REQUESTS = Counter("dingke_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram(
    "dingke_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 15, 60),
)
DATABASE_ERRORS = Counter("dingke_database_errors_total", "Requests that ended in an error of the database", ["kind"])


class ObserveMiddleware:
    """Counts and times every request by its route (never by its address, which holds numbers of rows), and logs it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        took = time.perf_counter() - started
        match = request.resolver_match
        route = (match.view_name or match.route) if match else "none"
        REQUESTS.labels(request.method, route, response.status_code).inc()
        SECONDS.labels(route).observe(took)
        facts = {"method": request.method, "route": route, "status": response.status_code, "milliseconds": round(took * 1000, 1)}
        access_log.info("%s %s %s", request.method, request.path, response.status_code, extra=facts)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if isinstance(exception, DatabaseError):
            DATABASE_ERRORS.labels(type(exception).__name__).inc()


class Rows:
    """What the database knows, asked when somebody looks."""

    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        jobs = GaugeMetricFamily("dingke_jobs", "Jobs by kind and state", labels=["kind", "state"])
        for row in Job.objects.values("kind", "state").annotate(number=Count("pk")).order_by("kind", "state"):
            jobs.add_metric([row["kind"], row["state"]], row["number"])
        yield jobs
        oldest = Job.objects.filter(state=Job.State.WAITING).aggregate(oldest=Min("created_at"))["oldest"]
        age = (now - oldest).total_seconds() if oldest else 0
        yield GaugeMetricFamily("dingke_queue_age_seconds", "How long the oldest waiting job waits", value=age)
        waiting = OutboxEvent.objects.filter(delivered_at=None).count()
        yield GaugeMetricFamily("dingke_outbox_waiting", "Events that were not delivered yet", value=waiting)
        yield GaugeMetricFamily("dingke_outbox_set_aside", "Events that readers refused too often", value=outbox.set_aside())
        living = GaugeMetricFamily("dingke_processes", "Living processes by kind", labels=["kind"])
        kinds = [str(beat.kind) for beat in beats.living(now=now)]
        for kind in ("WEB", "WORKER", "SCHEDULER"):
            living.add_metric([kind], kinds.count(kind))
        yield living


def _may_ask(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        sent = request.headers.get("Authorization", "")
        return hmac.compare_digest(sent.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Forwarded-Proto"))
    return settings.METRICS_LOCAL and not forwarded and request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"}


def metrics(request: HttpRequest) -> HttpResponse:
    """Not there for anybody who may not ask."""
    if not _may_ask(request):
        raise Http404
    own = CollectorRegistry()
    own.register(Rows())  # type: ignore[arg-type]
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(own)
        content = generate_latest(own)
    else:
        content = generate_latest(REGISTRY) + generate_latest(own)
    return HttpResponse(content, content_type=CONTENT_TYPE_LATEST)
