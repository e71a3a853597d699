"""What every API router shares: sign-in, answers with chosen fields, pages, problem documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import orjson
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema, Status
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import APIKeyCookie, HttpBearer

from dingke.core import api_scopes, idempotency, pages
from dingke.core.doors import DoorRequest
from dingke.core.errors import Invalid, NotAllowed, Refusal
from dingke.core.paging import Page
from dingke.core.scope import Scope

S = TypeVar("S", bound=Schema)
MAX_SIZE = 200


class TokenAuth(HttpBearer):
    """`Authorization: Bearer dk_…`: an API token. It acts as its owner, within the token's scopes (`resource:action`)."""

    openapi_bearerFormat = "dk_…"

    def authenticate(self, request: HttpRequest, token: str) -> Scope | None:
        scope: Scope = request.scope  # type: ignore[attr-defined]
        allowed: frozenset[str] | None = getattr(request, "token_scopes", None)
        if scope.user_id is None or allowed is None:
            return None
        needed = api_scopes.needed(request.method or "GET", request.path)
        if needed not in allowed:
            raise ScopeMissing(_("This token may not do that: it lacks the scope %(scope)s.") % {"scope": needed})
        return scope


class ScopeMissing(NotAllowed):
    """The person may, the token may not."""

    code = "scope_missing"


class SessionAuth(APIKeyCookie):
    """The signed-in browser session; writes need the CSRF header. A request that sends a token is judged by the token alone."""

    param_name = "sessionid"

    def __init__(self) -> None:
        super().__init__(csrf=True)

    def __call__(self, request: HttpRequest) -> Any | None:
        return None if "Authorization" in request.headers else super().__call__(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Scope | None:
        scope: Scope = request.scope  # type: ignore[attr-defined]
        return scope if scope.user_id is not None else None


class PageOf(Schema):
    """A keyset page: `next` is the cursor of the following page, null on the last one."""

    items: list[dict[str, Any]]
    next: str | None


class ProblemOut(Schema):
    """RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str
    trace_id: str
    fields: dict[str, str] | None = None


def wanted_fields(schema: type[Schema], fields: str) -> list[str]:
    """The asked fields and the id in the order of the schema; all of them when none is asked. Raises `Invalid` on an unknown one."""
    wanted = {name.strip() for name in fields.split(",") if name.strip()}
    unknown = sorted(wanted - set(schema.model_fields))
    if unknown:
        raise Invalid(
            _("Unknown fields: %(names)s") % {"names": ", ".join(unknown)}, fields={"fields": ", ".join(sorted(schema.model_fields))}
        )
    return [name for name in schema.model_fields if not wanted or name in wanted or name == "id"]


def projected(schema: type[S], rows: Iterable[Any], read: Callable[[Any], S], fields: str) -> list[dict[str, Any]]:
    """Rows as JSON-ready records with the asked fields only. Raises `Invalid` on an unknown one."""
    include = set(wanted_fields(schema, fields))
    return [read(row).model_dump(mode="json", include=include) for row in rows]


def page_answer(page: Page[dict[str, Any]]) -> HttpResponse:
    """A page of records that are plain values already, written at once: long lists need no shape checked row by row."""
    return record_answer({"items": page.items, "next": page.next_cursor})


def record_answer(record: dict[str, Any]) -> HttpResponse:
    """A record of plain values."""
    return HttpResponse(orjson.dumps(record, option=orjson.OPT_UTC_Z), content_type="application/json; charset=utf-8")


def page_of(schema: type[S], page: Page[Any], read: Callable[[Any], S], fields: str) -> dict[str, Any]:
    return {"items": projected(schema, page.items, read, fields), "next": page.next_cursor}


def checked_size(size: int) -> int:
    if not 1 <= size <= MAX_SIZE:
        raise Invalid(_("A page has 1 to %(most)d rows.") % {"most": MAX_SIZE}, fields={"size": str(MAX_SIZE)})
    return size


def write_once(request: DoorRequest, write: Callable[[], tuple[int, dict[str, Any]]]) -> Status[Any]:
    """Honours the Idempotency-Key header of a write."""
    status, answer = idempotency.once(
        key=request.headers.get("Idempotency-Key", ""),
        scope=request.scope,
        path=f"{request.method} {request.path}",
        body=request.body,
        now=timezone.now(),
        write=write,
    )
    return Status(status, answer)


def make_api(routers: Sequence[tuple[str, Any]], *, version: str) -> NinjaAPI:
    """The API with its routers and its way of saying no."""
    api = NinjaAPI(
        title="Dingke 鼎客",
        version=version,
        description="Key account management. The caller sees and may do exactly what the same person sees and may do on the pages; "
        "an API token further only what its scopes name. Too many requests in a minute are answered 429 with Retry-After.",
        auth=[TokenAuth(), SessionAuth()],
        docs_url=None,
        openapi_url="/openapi.json",
        urls_namespace="api",
    )
    for prefix, router in routers:
        api.add_router(prefix, router)

    @api.exception_handler(Refusal)
    def refused(request: HttpRequest, error: Refusal) -> HttpResponse:
        return pages.problem(status=error.status, code=error.code, detail=error.message, fields=error.fields)

    @api.exception_handler(ValidationError)
    def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
        fields = {
            ".".join(str(part) for part in problem["loc"][1:]) or str(problem["loc"][0]): str(problem["msg"]) for problem in error.errors
        }
        return pages.problem(status=422, code="malformed", detail=_("The request does not have the right shape."), fields=fields)

    @api.exception_handler(AuthenticationError)
    def unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        sent = "Authorization" in request.headers
        detail = _("This API token is not valid: it is unknown, revoked or expired.") if sent else _("Sign in first, or send an API token.")
        answer = pages.problem(status=401, code="token_invalid" if sent else "sign_in", detail=detail)
        answer["WWW-Authenticate"] = 'Bearer realm="dingke", error="invalid_token"' if sent else 'Bearer realm="dingke"'
        return answer

    @api.exception_handler(HttpError)
    def refused_by_protocol(request: HttpRequest, error: HttpError) -> HttpResponse:
        return pages.problem(status=error.status_code, code="refused", detail=str(error))

    @api.exception_handler(Http404)
    def missing(request: HttpRequest, error: Http404) -> HttpResponse:
        return pages.problem(status=404, code="not_found", detail=_("There is nothing at this address, or it is not shared with you."))

    return api
