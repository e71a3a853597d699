"""Facts of the company that runs this installation: the currency its books are kept in."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from dingke.core import rules
from dingke.core.scope import Scope

KEY = "company"


@dataclass(frozen=True, slots=True)
class Company:
    """`currency` is the ISO 4217 code in which amounts are added up; amounts in others are listed but not added."""

    currency: str = ""

    def __post_init__(self) -> None:
        if self.currency and not (len(self.currency) == 3 and self.currency.isascii() and self.currency.isupper()):
            raise ValueError(f"{self.currency!r} is not a currency code such as CNY")


# what was read once in a request; None outside of requests, where nothing is remembered
request_memo: ContextVar[dict[str, str] | None] = ContextVar("company_memo", default=None)


def currency() -> str:
    """The currency of the books: as adopted from the first books brought in, else the setting DINGKE_CURRENCY. One query per request."""
    memo = request_memo.get()
    if memo is not None and "currency" in memo:
        return memo["currency"]
    found = rules.load(KEY, Company).currency or settings.DEFAULT_CURRENCY
    if memo is not None:
        memo["currency"] = found
    return found


def has_adopted_currency() -> bool:
    return bool(rules.load(KEY, Company).currency)


def set_currency(*, code: str, by: Scope, now: datetime) -> None:
    """Keeps the books in this currency from now on; every earlier choice stays in the history of settings."""
    rules.store(key=KEY, kind=Company, values={"currency": code}, by=by, now=now)
    memo = request_memo.get()
    if memo is not None:
        memo["currency"] = code
