"""The kinds of request, as the domains above describe them in config/wiring.py; this domain knows none by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from dingke.approvals.models import Approval
from dingke.core.scope import Scope

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of what a request is about, as the reader may see it. `tone` as of a pill; "" for plain text."""

    label: str
    value: str
    href: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """`types` are the values that a condition on the type may name; `has_amount` and `has_account` say what conditions make sense.

    `facts` gives the facts of one request; it is asked on the page of the request alone.
    """

    label: Words
    hint: Words = ""
    types: Mapping[str, Words] = field(default_factory=dict)
    has_amount: bool = False
    has_account: bool = True
    facts: Callable[[Scope, Approval], list[Fact]] | None = None


_kinds: dict[str, Kind] = {}
_account_check: list[Callable[[Scope, int], object]] = []


def install_kinds(table: Mapping[str, Kind], *, account_check: Callable[[Scope, int], object] | None = None) -> None:
    """Takes over the kinds of request. `account_check` raises `NotVisible` for an account that the caller does not see."""
    _kinds.clear()
    _kinds.update(table)
    _account_check[:] = [account_check] if account_check else []


def kinds() -> Mapping[str, Kind]:
    return _kinds


def label_of(kind: str) -> str:
    return str(_kinds[kind].label) if kind in _kinds else _("Request")


def type_label(kind: str, code: str) -> str:
    return str(_kinds[kind].types.get(code, code)) if kind in _kinds else code


def facts_of(scope: Scope, approval: Approval) -> list[Fact]:
    """What the domain that asked says of the request; nothing for a kind that is not installed any more."""
    known = _kinds.get(approval.kind)
    return known.facts(scope, approval) if known and known.facts else []


def check_account(scope: Scope, account_id: int) -> None:
    for check in _account_check:
        check(scope, account_id)
