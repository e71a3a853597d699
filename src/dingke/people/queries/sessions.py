"""Reads about where a person is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from dingke.core.access import needs
from dingke.core.errors import NotVisible
from dingke.core.scope import Scope
from dingke.people.calc import device_of
from dingke.people.models import User


@dataclass(frozen=True, slots=True)
class SessionRow:
    id: int
    browser: str
    system: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    is_this: bool

    @property
    def is_phone(self) -> bool:
        return self.system in {"iPhone", "Android", "HarmonyOS", "iPad"}

    @property
    def words(self) -> str:
        return device_words(self.browser, self.system)


def device_words(browser: str, system: str) -> str:
    """As in "Chrome on Windows"; what the browser does not say is left out."""
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown device")


def sessions_of(user: User, *, this_key: str, now: datetime) -> list[SessionRow]:
    """Sessions that still open something, this one first, then by the last use: two queries.

    A session of before a password change is dead though its row is still there; it is not shown.
    """
    rows = list(UserSession.objects.filter(user_id=user.pk).order_by("-last_seen_at", "-pk"))
    keys = [row.session_key for row in rows]
    alive = {
        session.session_key
        for session in Session.objects.filter(session_key__in=keys, expire_date__gt=now).order_by("session_key")
        if constant_time_compare(session.get_decoded().get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    }
    found = [
        SessionRow(row.pk, *device_of(row.user_agent), row.ip, row.created_at, row.last_seen_at, row.session_key == this_key)
        for row in rows
        if row.session_key in alive
    ]
    return sorted(found, key=lambda row: not row.is_this)


def session_for(scope: Scope, session_id: int) -> UserSession:
    """One's own, or anybody's for whoever manages people. Raises `NotVisible`."""
    row = UserSession.objects.select_related("user").filter(pk=session_id).first()
    if row is None or (row.user_id != scope.me and not needs(scope, "people.edit")):
        raise NotVisible(_("This sign-in is not there."))
    return row
