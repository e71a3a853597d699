"""Parts that HTMX asks for are the same parts that the whole page holds: a fragment put into the page changes nothing."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from dingke.accounts.actions import search_index
from dingke.accounts.tests.factories import make_account, make_contact
from dingke.ledger.tests.factories import make_order

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"|csrf[-_a-z]*"?:? ?content="[^"]*"')


def plain(html: str) -> str:
    """The HTML without white space and without tokens that differ by request."""
    return re.sub(r"\s+", "", TOKEN.sub("", html))


@pytest.fixture
def books(cast, account):
    make_contact(account, mobile="13900000001")
    make_order(account, amount="120000.00", cost="80000.00")
    make_account("公海企业", owner=None)
    search_index.refresh([account.pk])
    return account


PAGES = [
    ("workspace:today", {}),
    ("accounts:list", {}),
    ("accounts:pool", {}),
    ("accounts:duplicates", {}),
    ("ledger:orders", {}),
    ("ledger:receivables", {}),
    ("ledger:products", {}),
    ("notices:list", {}),
    ("insights:alerts", {}),
    ("insights:watch", {}),
    ("people:list", {}),
    ("people:teams", {}),
]


@pytest.mark.parametrize(("name", "query"), PAGES, ids=[name for name, _query in PAGES])
def test_the_part_stands_in_its_page_word_for_word(cast, books, name, query):
    client = cast.administrator.client
    page, part = client.get(reverse(name), query), client.get(reverse(name), query, headers=PART)
    assert (page.status_code, part.status_code) == (200, 200)
    if "<html" in part.content.decode():
        pytest.skip("this page answers whole")
    assert plain(part.content.decode()) in plain(page.content.decode())


@pytest.mark.parametrize("tab", ["overview", "contacts", "dossier", "money", "value", "risk", "group", "record"])
def test_every_tab_of_an_account_is_a_panel_that_renders_alone(cast, books, tab):
    page = cast.owner.client.get(reverse("workspace:account", args=[books.pk]), {"tab": tab}).content.decode()
    names = {
        "overview": "workspace:account_overview", "contacts": "accounts:contacts", "dossier": "accounts:dossier", "money": "ledger:account",
        "value": "insights:account_value", "risk": "insights:account_risk", "group": "workspace:account_group", "record": "accounts:timeline",
    }  # fmt: skip
    address = reverse(names[tab], args=[books.pk])
    assert address in page
    part = cast.owner.client.get(address, headers=PART)
    assert part.status_code == 200
    assert "<html" not in part.content.decode()
