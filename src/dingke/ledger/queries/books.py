"""How the books are kept, for the page where that is set."""

from __future__ import annotations

from dataclasses import dataclass

from dingke.core import company, rules
from dingke.core.models import Setting
from dingke.ledger import calc
from dingke.ledger.models import Incentive, Order, Payment, Receivable

AGEING = "ageing"
LAST = 10


@dataclass(frozen=True, slots=True)
class Held:
    """What stands in the books in one currency, archived rows left out."""

    orders: int
    receivables: int
    payments: int
    incentives: int

    @property
    def total(self) -> int:
        return self.orders + self.receivables + self.payments + self.incentives


def held_in(currency: str) -> Held:
    """Over all accounts: who asks may set how the books are kept, and learns numbers only."""
    orders, receivables, payments, incentives = (
        model.objects.filter(currency=currency, archived_at__isnull=True).count() for model in (Order, Receivable, Payment, Incentive)
    )
    return Held(orders, receivables, payments, incentives)


@dataclass(frozen=True, slots=True)
class BookRules:
    currency: str
    currency_versions: tuple[Setting, ...]
    held: Held
    edges: tuple[int, ...]
    ageing_versions: tuple[Setting, ...]

    @property
    def currency_version(self) -> int:
        return self.currency_versions[0].version if self.currency_versions else 0

    @property
    def ageing_version(self) -> int:
        return self.ageing_versions[0].version if self.ageing_versions else 0


def book_rules() -> BookRules:
    """What is in force and who set it when."""
    currency = company.currency()
    versions: dict[str, list[Setting]] = {company.KEY: [], AGEING: []}
    for row in Setting.objects.filter(key__in=versions).order_by("key", "-version"):
        versions[row.key].append(row)
    return BookRules(
        currency=currency,
        currency_versions=tuple(versions[company.KEY][:LAST]),
        held=held_in(currency),
        edges=rules.load(AGEING, calc.AgeingSettings).edges,
        ageing_versions=tuple(versions[AGEING][:LAST]),
    )
