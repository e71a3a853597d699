"""Errors that people meet: a sentence in their language, an HTTP status, and a trace id to quote."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

trace_id: ContextVar[str] = ContextVar("trace_id", default="")


def new_trace_id() -> str:
    return secrets.token_hex(8)


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
