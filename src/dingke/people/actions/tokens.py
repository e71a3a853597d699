"""Verbs on API tokens: made and shown once, used, revoked."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.core import api_scopes, audit
from dingke.core.errors import Invalid, NotAllowed
from dingke.core.scope import Scope
from dingke.people import calc
from dingke.people.models import ApiToken
from dingke.people.queries import second_factor
from dingke.people.queries.reach import scope_for

PREFIX = "dk_"
LIFETIMES = (30, 90, 365, 0)  # days; 0 never ends
_SHAPE = re.compile(r"dk_[A-Za-z0-9_-]{43}")


class UnableToUseToken(NotAllowed):
    """The token is real, but its owner has to set up a second factor first, or made it before that."""

    code = "second_factor"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who a token speaks for, cut down to what the token may do."""

    token_id: int
    scope: Scope
    token_scopes: frozenset[str]
    language: str


def digest_of(secret: str) -> str:
    """What is kept of a token. The secret is 256 random bits: nobody can try them all, so one SHA-256 is enough, and unlike a
    slow salted hash it can be looked up by an index. Slow hashes are for passwords, which people choose."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def create_token(*, name: str, scopes: Iterable[str], days: int, by: Scope, now: datetime) -> tuple[ApiToken, str]:
    """Makes a token of the caller's own and gives its secret, which cannot be read again. Raises `Invalid`."""
    problems: dict[str, str] = {}
    wanted = sorted(set(scopes))
    if not name.strip():
        problems["name"] = _("Give the token a name, such as the program that uses it.")
    if not wanted:
        problems["scopes"] = _("Choose at least one thing that the token may do.")
    elif unknown := sorted(set(wanted) - set(api_scopes.known())):
        problems["scopes"] = _("Unknown scopes: %(names)s") % {"names": ", ".join(unknown)}
    if days not in LIFETIMES:
        problems["days"] = _("This choice does not exist.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user_id=by.me,
        name=name.strip()[:80],
        start=secret[:7],
        digest=digest_of(secret),
        scopes=wanted,
        created_at=now,
        expires_at=now + timedelta(days=days) if days else None,
    )
    audit.record(target=token, action="people.create_token", by=by, now=now, summary=token.name, changes={"scopes": [None, wanted]})
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, by: Scope, now: datetime) -> ApiToken:
    """Ends a token at once. Doing it twice changes nothing."""
    fresh = ApiToken.objects.select_for_update().get(pk=token.pk)
    if fresh.revoked_at is None:
        fresh.revoked_at = now
        fresh.save(update_fields=["revoked_at"])
        audit.record(target=fresh, action="people.revoke_token", by=by, now=now, summary=fresh.name)
    return fresh


def bearer_of(*, secret: str, address: str, now: datetime) -> Bearer | None:
    """Who sends this token; None when it is unknown, revoked, expired, or its owner cannot sign in any more.

    Raises `UnableToUseToken` when the owner's role needs a second factor and the token is older than the first one.
    """
    if not _SHAPE.fullmatch(secret):
        return None
    token = ApiToken.objects.select_related("user").filter(digest=digest_of(secret), revoked_at__isnull=True).first()
    if token is None or not token.user.is_active or (token.expires_at is not None and token.expires_at <= now):
        return None
    if second_factor.is_forced(token.user.role):
        since = second_factor.has_since(token.user)
        if since is None or token.created_at < since:
            raise UnableToUseToken(
                _("Your role needs a second factor to sign in. Set one up under Account security, then make a new API token.")
            )
    if token.last_used_at is None or now - token.last_used_at >= timedelta(minutes=1):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now, last_used_address=address[:45])
    scopes = frozenset(token.scopes)
    whole = scope_for(token.user)
    name = f"{whole.name} · {token.name}"[:150]
    cut = replace(whole, name=name, permissions=calc.permissions_within(whole.permissions, scopes))
    return Bearer(token.pk, cut, scopes, token.user.language)
