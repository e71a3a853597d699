"""Reads about API tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dingke.core import api_scopes, paging
from dingke.core.access import needs
from dingke.core.errors import NotVisible
from dingke.core.scope import Scope
from dingke.people.models import ApiToken

ACTION_LABELS: dict[str, str | Promise] = {"read": gettext_lazy("Read"), "write": gettext_lazy("Write")}


@dataclass(frozen=True, slots=True)
class TokenRow:
    token: ApiToken
    scopes: list[tuple[str, str]]
    state: str  # ACTIVE | EXPIRED | REVOKED

    @property
    def is_active(self) -> bool:
        return self.state == "ACTIVE"


def scope_choices() -> list[tuple[str, str, str, str]]:
    """(resource, its name, read scope, write scope) of everything the API has."""
    return [(name, api_scopes.label(name), f"{name}:read", f"{name}:write") for name in api_scopes.resources()]


def _scope_words(scopes: list[str]) -> list[tuple[str, str]]:
    """Resource and what may be done with it: [("Accounts and contacts", "Read, Write")]."""
    found: dict[str, list[str]] = {}
    for scope in scopes:
        resource, _colon, action = scope.partition(":")
        found.setdefault(resource, []).append(str(ACTION_LABELS.get(action, action)))
    return [(api_scopes.label(resource), _(", ").join(actions)) for resource, actions in found.items()]


def row_of(token: ApiToken, now: datetime) -> TokenRow:
    state = "REVOKED" if token.revoked_at else "EXPIRED" if token.expires_at and token.expires_at <= now else "ACTIVE"
    return TokenRow(token, _scope_words(token.scopes), state)


def _rows(rows: QuerySet[ApiToken], now: datetime) -> list[TokenRow]:
    return [row_of(token, now) for token in rows.order_by("-id")[:200]]


def my_tokens(scope: Scope, *, now: datetime) -> list[TokenRow]:
    """The caller's own, the newest first; those that ended stay to be seen."""
    return _rows(ApiToken.objects.filter(user_id=scope.me), now)


def tokens_of(scope: Scope, user_id: int, *, now: datetime) -> list[TokenRow]:
    """Those of one person that still work, for whoever manages people."""
    needs(scope, "people.edit").enforce()
    return [row for row in _rows(ApiToken.objects.filter(user_id=user_id, revoked_at__isnull=True), now) if row.is_active]


@dataclass(frozen=True, slots=True)
class TokenPage:
    rows: list[TokenRow]
    next_cursor: str | None


def every_token(scope: Scope, *, now: datetime, cursor: str | None = None, size: int = 50) -> TokenPage:
    """Everybody's, the newest first, with their owners."""
    needs(scope, "people.edit").enforce()
    page = paging.keyset_page(ApiToken.objects.select_related("user"), order=["-id"], size=size, cursor=cursor)
    return TokenPage([row_of(token, now) for token in page.items], page.next_cursor)


def token_for(scope: Scope, token_id: int) -> ApiToken:
    """One's own token, or anybody's for whoever manages people. Raises `NotVisible`."""
    token = ApiToken.objects.select_related("user").filter(pk=token_id).first()
    if token is None or (token.user_id != scope.me and not needs(scope, "people.edit")):
        raise NotVisible(_("This token is not there."))
    return token
