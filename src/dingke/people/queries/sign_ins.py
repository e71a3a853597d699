"""The sign-in log: who came in, who was refused, who was locked out, and from where."""

from __future__ import annotations

from typing import Any

from axes.models import AccessFailureLog, AccessLog

from dingke.core.access import needs
from dingke.core.paging import Page, keyset_page
from dingke.core.scope import Scope
from dingke.people.models import User

KINDS = ("ok", "failed", "locked")


def sign_ins(scope: Scope, *, kind: str, username: str = "", cursor: str | None = None) -> Page[Any]:
    """One page of the log, newest first: "ok" (came in), "failed" (wrong password), "locked" (refused for too many tries)."""
    needs(scope, "audit.see").enforce()
    rows: Any = AccessLog.objects.all() if kind == "ok" else AccessFailureLog.objects.filter(locked_out=kind == "locked")
    if username:
        rows = rows.filter(username=username)
    return keyset_page(rows, order=["-attempt_time", "-pk"], cursor=cursor, size=50)


def names_of(rows: Page[Any]) -> dict[str, User]:
    """The people behind the sign-in names of a page; a name that nobody has is not in it."""
    return {user.username: user for user in User.objects.filter(username__in={row.username for row in rows.items}).order_by("pk")}
