"""Trace ids and the content security policy."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from dingke.core import company, errors, failures, pages

logger = logging.getLogger("dingke.requests")
Respond = Callable[[HttpRequest], HttpResponse]

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'self'; object-src 'none'"
)


class TraceMiddleware:
    """Gives every request a trace id, takes one that a proxy sent, and turns refusals into pages or problem documents."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = (request.headers.get("X-Trace-Id", ""), *request.headers.get("traceparent", "").split("-")[1:2])
        trace = next(filter(errors.is_trace_id, sent), "") or errors.new_trace_id()
        token, memo = errors.trace_id.set(trace), company.request_memo.set({})
        try:
            response = self.get_response(request)
        finally:
            errors.trace_id.reset(token)
            company.request_memo.reset(memo)
        response["X-Trace-Id"] = trace
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, errors.Refusal):
            return pages.refusal(request, exception)
        if (refused := failures.unusable(exception)) is not None:
            logger.warning("a value that cannot be stored or looked for", exc_info=exception)
            return pages.refusal(request, refused)
        return None


class ContentSecurityMiddleware:
    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", "geolocation=(self), camera=(self), microphone=()")
        return response
