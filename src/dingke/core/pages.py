"""Answers of the page doors: whole pages, fragments for HTMX, refusals, toasts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from dingke.core.errors import Refusal, no_room, trace_id
from dingke.core.tables_out import CONTENT_TYPES, FileKind


def is_fragment(request: HttpRequest) -> bool:
    """Whether HTMX asks for a part of a page (and not for a whole one by link boosting or history)."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Request-Type", "partial") != "full"
        and "HX-History-Restore-Request" not in headers
    )


def render(template: str, context: Mapping[str, Any], request: HttpRequest) -> str:
    return str(engines["jinja2"].get_template(template).render(dict(context), request))


def page(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, partial: str | None = None, status: int = 200
) -> HttpResponse:
    """The page, or its partial when HTMX asks for a part. The partial must also be included by the page itself."""
    name = partial if partial and is_fragment(request) else template
    response = HttpResponse(render(name, context or {}, request), status=status)
    response["Vary"] = "HX-Request"
    return response


def fragment(request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
    return HttpResponse(render(template, context or {}, request), status=status)


def toast(response: HttpResponse, message: str, *, kind: str = "success", undo_url: str = "") -> HttpResponse:
    """Adds a short message that the shell shows; with `undo_url` it carries an undo button that posts there."""
    detail = {"message": message, "kind": kind, "undo": undo_url}
    existing = json.loads(response.headers.get("HX-Trigger", "{}"))
    response["HX-Trigger"] = json.dumps({**existing, "dk:toast": detail}, ensure_ascii=True)
    return response


def trigger(response: HttpResponse, event: str, detail: object = None) -> HttpResponse:
    """Lets the page hear an event after this answer, e.g. so that a panel reloads itself."""
    existing = json.loads(response.headers.get("HX-Trigger", "{}"))
    response["HX-Trigger"] = json.dumps({**existing, event: detail or {}}, ensure_ascii=True)
    return response


def table_file(content: bytes, *, name: str, kind: FileKind, day: date) -> HttpResponse:
    """A table as a file to keep, named by what it holds and the day."""
    response = HttpResponse(content, content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = content_disposition_header(True, f"{name}-{day.isoformat()}.{kind.value}") or ""
    return response


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """Sends the browser on: by HTMX when it asked, else by a redirect."""
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=200)
        response["HX-Redirect"] = url
        return response
    response = HttpResponse(status=303)
    response["Location"] = url
    return response


def refusal(request: HttpRequest, error: Refusal) -> HttpResponse:
    """A refusal as the caller wants it: a toast for HTMX, a problem document for the API, else a page."""
    if request.path.startswith("/api/"):
        return problem(status=error.status, code=error.code, detail=error.message, fields=error.fields)
    if is_fragment(request):
        response = HttpResponse(status=error.status)
        return toast(response, error.message, kind="danger")
    context = {"status": error.status, "title": _title(error.status), "message": error.message, "trace": trace_id.get()}
    return HttpResponse(render("core/error.html", context, request), status=error.status)


def problem(*, status: int, code: str, detail: str, fields: Mapping[str, str] | None = None) -> HttpResponse:
    """An RFC 9457 problem document with the trace id."""
    body = {"type": f"urn:dingke:{code}", "title": _title(status), "status": status, "detail": detail, "trace_id": trace_id.get()}
    if fields:
        body["fields"] = dict(fields)
    return JsonResponse(body, status=status, content_type="application/problem+json", json_dumps_params={"ensure_ascii": False})


def database_away(request: HttpRequest) -> HttpResponse:
    """503 without touching the database: what happened, what was kept, what to do."""
    message = _("The database does not answer at the moment. What you typed is kept in this browser; please try again in a minute.")
    if request.path.startswith("/api/"):
        response = problem(status=503, code="database_away", detail=message)
    elif is_fragment(request):
        response = toast(HttpResponse(status=503), message, kind="danger")
    else:
        response = _bare(503, _("The database is away"), message)
    response["Retry-After"] = "15"
    return response


def disk_full(request: HttpRequest) -> HttpResponse:
    """507: the server has no room; said without writing anything."""
    message = no_room()
    if request.path.startswith("/api/"):
        return problem(status=507, code="disk_full", detail=message)
    if is_fragment(request):
        return toast(HttpResponse(status=507), message, kind="danger")
    return _bare(507, _title(507), message)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 without touching the database, with the trace id to quote."""
    message = _("Something went wrong on our side. Nothing half done was kept. Please quote the number below when you report it.")
    if request.path.startswith("/api/"):
        return problem(status=500, code="server_error", detail=message)
    if is_fragment(request):
        return toast(HttpResponse(status=500), message, kind="danger")
    return _bare(500, _title(500), message)


def _bare(status: int, title: str, message: str) -> HttpResponse:
    """A page that needs neither request nor database."""
    context = {"status": status, "title": title, "message": message, "trace": trace_id.get()}
    return HttpResponse(engines["jinja2"].get_template("core/away.html").render(context), status=status)


def _title(status: int) -> str:
    return {
        400: _("This request is not complete"),
        401: _("Sign in first"),
        403: _("Not allowed"),
        404: _("Not found"),
        409: _("This could not be done"),
        422: _("Please check the input"),
        429: _("Too many requests"),
        500: _("Something went wrong on our side"),
        507: _("The disk of the server is full"),
        503: _("Please try again in a minute"),
    }.get(status, _("This could not be done"))
