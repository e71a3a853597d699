"""Money facts of the demonstration company: products, orders, receivables, payments, incentives, in bulk as an import brings them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from dingke.accounts.models import Account
from dingke.config.demo.records import World
from dingke.core.scope import Scope
from dingke.ledger.models import Incentive, Order, OrderLine, Payment, Product, Receivable

Moment = Callable[..., datetime]
Tell = Callable[[int, int | None, str], object]
