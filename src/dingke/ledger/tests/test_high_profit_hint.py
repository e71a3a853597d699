"""A-04 criterion 1: the computed share on the nomination page, and for whom."""

from __future__ import annotations

import pytest

from dingke.accounts.queries import nomination
from dingke.ledger.queries.high_profit import purchase_quantity_hint
from dingke.ledger.tests.factories import make_line, make_order, make_product

pytestmark = [pytest.mark.django_db, pytest.mark.item("A-04")]


@pytest.fixture
def bought(account):
    order = make_order(account)
    make_line(order, make_product(is_high_profit=True), amount="450.00")
    make_line(order, make_product(), amount="550.00")


def test_says_the_share_and_proposes_a_rating(cast, account, bought, today):
    found = purchase_quantity_hint(cast.owner.scope, account.pk, today)
    assert found is not None
    assert "45%" in found.text
    assert found.value == "4"


def test_says_nothing_without_orders_by_product(cast, account, today):
    make_order(account)
    assert purchase_quantity_hint(cast.owner.scope, account.pk, today) is None


def test_is_what_the_nomination_page_asks_for(cast, account, bought, today):
    """Wired in config/wiring.py under the name the page asks by."""
    desk = nomination.nomination_desk(cast.owner.scope, account.pk, today=today)
    assert desk.hint is not None
    assert desk.hint.value == "4"
