"""Errors that people meet: a sentence in their language, an HTTP status, and a trace id to quote."""

from __future__ import annotations

import errno
import re
import secrets
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from django.utils.translation import gettext as _

trace_id: ContextVar[str] = ContextVar("trace_id", default="")


_TRACE_ID = re.compile(r"[0-9a-f]{8,32}")
_bytes = [8]


def long_trace_ids(wanted: bool) -> None:
    """Of sixteen bytes where traces are recorded, which have such numbers; else of eight, which people can read out."""
    _bytes[0] = 16 if wanted else 8


def new_trace_id() -> str:
    return secrets.token_hex(_bytes[0])


def is_trace_id(text: str) -> bool:
    return _TRACE_ID.fullmatch(text) is not None and text.strip("0") != ""


class Refusal(Exception):
    """An anticipated refusal: the action was not done, nothing was changed, the sentence says why and what to do."""

    status = 409
    code = "refused"

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields = dict(fields or {})


class NotAllowed(Refusal):
    """Visible, but not allowed: 403 with the reason."""

    status = 403
    code = "not_allowed"


class NotVisible(Refusal):
    """Not there for this caller: 404, whether it exists or not."""

    status = 404
    code = "not_found"


class Invalid(Refusal):
    """The input has the right shape but breaks a rule; `fields` names what to mend."""

    status = 422
    code = "invalid"


class StaleRecord(Refusal):
    """Somebody else saved in between: both versions are handed back so that the person can choose."""

    status = 409
    code = "stale"

    def __init__(self, message: str, *, theirs: Mapping[str, Any], yours: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.theirs = dict(theirs)
        self.yours = dict(yours)


def is_disk_full(fault: BaseException | None) -> bool:
    """Whether a file, or the database, could not grow: no space, a quota, a largest size. Also behind the error of a library."""
    seen = 0
    while fault is not None and seen < 8:
        if isinstance(fault, OSError) and fault.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return True
        if getattr(fault, "sqlstate", "") == "53100" or "disk is full" in str(fault):
            return True
        fault, seen = fault.__cause__ or fault.__context__, seen + 1
    return False


def no_room() -> str:
    return _("No space is left on the disk of the server. Nothing half done was kept. Please tell your administrator, and try again later.")
