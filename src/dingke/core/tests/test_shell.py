"""The kept parts of the shell: each role, language and place gets its own, and nothing of a person or a page stands in them."""

from __future__ import annotations

import re

import pytest

from dingke.core import shell

pytestmark = pytest.mark.django_db


def nav(client, address="/", **headers) -> str:
    page = client.get(address, headers=headers).content.decode()
    return re.search(r'<nav class="dk-nav">.*?</nav>', page, re.S)[0]


def test_each_role_sees_its_own_menu_whoever_came_first(cast):
    shell._kept.clear()
    first = nav(cast.administrator.client)
    assert "/settings/" in first
    assert "/settings/" not in nav(cast.owner.client)
    assert nav(cast.administrator.client) == first


def test_the_place_one_is_at_is_marked_and_no_other(cast):
    here = nav(cast.owner.client, "/accounts/")
    assert re.findall(r'href="([^"]+)" aria-current', here) == ["/accounts/"]
    assert re.findall(r'href="([^"]+)" aria-current', nav(cast.owner.client, "/")) == ["/"]


def test_the_language_is_the_reader_s(cast):
    cast.owner.user.language = ""
    cast.owner.user.save()
    english, chinese = (nav(cast.owner.client, **{"Accept-Language": tag}) for tag in ("en", "zh-CN"))
    assert "Accounts" in english
    assert "客户" in chinese
    assert "Accounts" not in chinese


def test_nothing_of_a_person_is_kept(cast):
    shell._kept.clear()
    cast.owner.client.get("/")
    assert shell._kept
    assert not any(cast.owner.user.name in part for part in shell._kept.values())


def test_the_store_does_not_grow_for_ever(cast, monkeypatch):
    shell._kept.clear()
    monkeypatch.setattr(shell, "MOST", 3)
    for address in ("/", "/accounts/", "/insights/"):
        cast.director.client.get(address)
    assert len(shell._kept) <= 3
