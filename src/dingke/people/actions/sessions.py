"""Verbs on sign-ins: noticing where somebody is signed in, ending it there."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from dingke.core import audit
from dingke.core.scope import Scope
from dingke.people.models import User


def notice_session(*, user: User, session_key: str, address: str, user_agent: str, now: datetime) -> None:
    """Writes down that this session was used, by which device, from where."""
    facts = {"user": user, "ip": address, "user_agent": user_agent[:200], "last_seen_at": now}
    UserSession.objects.update_or_create(session_key=session_key, defaults=facts, create_defaults=facts | {"created_at": now})


def _end(rows: QuerySet[UserSession]) -> int:
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    keys = list(rows.order_by("pk").values_list("session_key", flat=True))
    for key in keys:
        store.delete(key)
    rows.delete()
    return len(keys)


@transaction.atomic
def end_session(*, session: UserSession, by: Scope, now: datetime) -> None:
    """Signs a person out on one device."""
    audit.record(target=session.user, action="people.end_session", by=by, now=now, summary=f"{session.user} {session.ip}")
    _end(UserSession.objects.filter(pk=session.pk))


@transaction.atomic
def end_sessions(*, user: User, keep_key: str, by: Scope, now: datetime) -> int:
    """Signs a person out everywhere except in the session `keep_key` ("" keeps none), and says in how many places."""
    number = _end(UserSession.objects.filter(user_id=user.pk).exclude(session_key=keep_key))
    if number:
        audit.record(target=user, action="people.end_sessions", by=by, now=now, summary=f"{user} {number}")
    return number
