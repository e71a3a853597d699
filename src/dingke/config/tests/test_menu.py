"""The menu marks one place at a time."""

from __future__ import annotations

import re

import pytest

MARKED = re.compile(r'<a class="dk-nav-link" href="([^"]*)" aria-current="page"')


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("/", "/"),
        ("/accounts/", "/accounts/"),
        ("/accounts/pool/", "/accounts/pool/"),
        ("/accounts/duplicates/", "/accounts/duplicates/"),
        ("/insights/rules/", "/insights/"),
    ],
)
def test_one_entry_is_marked(cast, account, path, marked):
    assert MARKED.findall(cast.director.client.get(path).content.decode()) == [marked]


@pytest.mark.django_db
def test_the_page_of_an_account_belongs_to_accounts(cast, account):
    html = cast.owner.client.get(f"/account/{account.pk}/").content.decode()
    assert MARKED.findall(html) == ["/accounts/"]
