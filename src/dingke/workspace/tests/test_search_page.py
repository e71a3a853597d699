"""The search door: options for the palette, a page for everybody else."""

from __future__ import annotations

import pytest
from django.urls import reverse

from dingke.accounts.actions import search_index
from dingke.accounts.models import RecentView
from dingke.accounts.tests.factories import make_account, make_contact

pytestmark = pytest.mark.django_db
SEARCH = reverse("workspace:search")
PALETTE = {"HX-Request": "true"}


@pytest.fixture
def huawei(cast):
    account = make_account("华为技术有限公司", owner=cast.owner.user, short_name="华为")
    make_contact(account, "陈立群", mobile="13912345678")
    search_index.refresh([account.pk])
    return account


def asked(client, text, **options):
    response = client.get(SEARCH, {"q": text}, **options)
    assert response.status_code == 200
    return response.content.decode()


def test_the_palette_gets_options_for_accounts_and_contacts(cast, huawei):
    part = asked(cast.owner.client, "hwjs", headers=PALETTE)
    assert 'role="option"' in part
    assert "华为技术有限公司" in part
    assert "<html" not in part
    assert "陈立群" in asked(cast.owner.client, "5678", headers=PALETTE)


def test_the_page_works_without_htmx(cast, huawei):
    page = asked(cast.owner.client, "华为")
    assert "<html" in page
    assert "华为技术有限公司" in page
    assert "Nothing found" in asked(cast.owner.client, "腾讯")


def test_without_a_text_recent_accounts_are_offered(cast, huawei, now):
    RecentView.objects.create(account=huawei, user=cast.owner.user, at=now)
    assert "Recently opened" in asked(cast.owner.client, "", headers=PALETTE)
    assert "华为技术有限公司" not in asked(cast.stranger.client, "", headers=PALETTE)


def test_strangers_find_nothing_and_anonymous_people_sign_in(cast, huawei):
    assert "华为技术" not in asked(cast.stranger.client, "华为", headers=PALETTE)
    assert cast.anonymous.get(SEARCH, {"q": "华为"}).status_code == 303


def test_the_shell_names_the_address_for_the_palette(cast, huawei):
    assert f'data-search-url="{SEARCH}"' in asked(cast.owner.client, "")
