"""The answer of an access rule: yes, or no with a reason."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from dingke.core.errors import NotAllowed
from dingke.core.scope import Scope


@dataclass(frozen=True, slots=True)
class Answer:
    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed

    def enforce(self) -> None:
        """Raises `NotAllowed` with the reason when the answer is no."""
        if not self.allowed:
            raise NotAllowed(self.reason)


YES = Answer(True)


def no(reason: str) -> Answer:
    return Answer(False, reason)


def needs(scope: Scope, permission: str) -> Answer:
    """Yes when the caller's role carries the permission."""
    if scope.can(permission) or scope.can("*"):
        return YES
    return no(_("Your role does not include this. Ask an administrator if you need it."))
