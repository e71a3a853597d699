"""How the books are kept: their currency, and by how many days past due open invoices are sorted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.core import access, company, rules
from dingke.core.errors import Invalid, Refusal
from dingke.core.scope import Scope
from dingke.ledger import calc
from dingke.ledger.queries import books as book_queries

MOST_EDGES = 8
LAST_DAY = 3650


class UnableToChangeBooks(Refusal):
    """The books cannot be kept in that way."""


def _unchanged_since(key: str, expected_version: int | None) -> None:
    if expected_version is not None and rules.in_force(key).version != expected_version:
        raise UnableToChangeBooks(_("Somebody else changed this meanwhile. Look at what is in force now, then change it again."))


@transaction.atomic
def set_ageing(*, edges: Sequence[int], by: Scope, now: datetime, expected_version: int | None = None) -> calc.AgeingSettings:
    """Sorts open invoices by these days from now on. Raises `Invalid` unless they rise from 1 on."""
    access.needs(by, "settings.edit").enforce()
    days, problem = list(edges), ""
    if not days:
        problem = _("Give at least one day.")
    elif len(days) > MOST_EDGES:
        problem = _("%(most)s buckets are the most that can be read side by side.") % {"most": MOST_EDGES}
    elif days[0] < 1 or days != sorted(set(days)):
        problem = _("The days rise from 1 on, each larger than the one before: 30, 60, 90.")
    elif days[-1] > LAST_DAY:
        problem = _("No bucket ends later than %(days)s days past due.") % {"days": LAST_DAY}
    if problem:
        raise Invalid(problem, fields={"edges": problem})
    _unchanged_since(book_queries.AGEING, expected_version)
    return rules.store(key=book_queries.AGEING, kind=calc.AgeingSettings, values={"edges": days}, by=by, now=now)


@transaction.atomic
def set_currency(*, code: str, by: Scope, now: datetime, expected_version: int | None = None) -> None:
    """Adds the books up in this currency from now on.

    Raises `Invalid` for what is no currency code, `UnableToChangeBooks` while something stands in the books in the
    currency they have: it would drop out of every sum and nobody converts it.
    """
    access.needs(by, "settings.edit").enforce()
    code = code.strip().upper()
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        message = _("“%(value)s” is not a currency code such as CNY.") % {"value": code}
        raise Invalid(message, fields={"currency": message})
    _unchanged_since(company.KEY, expected_version)
    old = company.currency()
    if code == old:
        return
    held = book_queries.held_in(old)
    if held.total:
        message = _(
            "%(orders)s orders, %(receivables)s invoices, %(payments)s payments and %(incentives)s incentives are kept in %(old)s. "
            "In books kept in %(new)s they would drop out of every sum, and Dingke does not convert amounts. "
            "Take them out first, or import them again in %(new)s."
        ) % {
            "orders": held.orders,
            "receivables": held.receivables,
            "payments": held.payments,
            "incentives": held.incentives,
            "old": old,
            "new": code,
        }
        raise UnableToChangeBooks(message, fields={"currency": message})
    company.set_currency(code=code, by=by, now=now)
