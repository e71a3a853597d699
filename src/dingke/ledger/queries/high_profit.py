"""A-04 criterion 1, answered to the nomination page: how much of what an account buys are our high-profit products."""

from __future__ import annotations

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from dingke.accounts.calc.nomination import rating_of_share
from dingke.accounts.queries.account import account_for
from dingke.core import hints, periods
from dingke.core.scope import Scope
from dingke.ledger.queries.account_money import share_of_high_profit


def purchase_quantity_hint(scope: Scope, account_id: int, today: date) -> hints.Hint | None:
    """The share of the last twelve months and the rating it proposes; None without the right or without orders by product."""
    if not (scope.can("ledger.see") or scope.can("*")):
        return None
    share = share_of_high_profit(scope, account_for(scope, account_id), periods.last_twelve_months(today))
    if share is None:
        return None
    text = _("High-profit products made %(percent)s of its orders in the last twelve months.") % {"percent": f"{share:.0%}"}
    return hints.Hint(text, str(rating_of_share(share)), reverse("ledger:account", args=[account_id]))
