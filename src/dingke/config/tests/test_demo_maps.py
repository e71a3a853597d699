"""The maps of the demonstration company: every account of the weightiest, the same every time."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from dingke.accounts.models import Standing
from dingke.accounts.tests.factories import make_account, make_contact
from dingke.config.demo import build_stakeholders
from dingke.stakeholders.models import BuyingCentre, NeedEntry, Stance
from dingke.stakeholders.queries.facts import facts_of

pytestmark = pytest.mark.django_db


def moment(day, hour=10):
    return datetime.combine(day, time(hour), tzinfo=ZoneInfo("Asia/Shanghai"))


def test_maps_with_movement_are_built_for_key_accounts(cast, today):
    for rank in range(1, 7):
        account = make_account(f"重工{rank}", owner=cast.owner.user, is_key=True)
        Standing.objects.create(account=account, run_id=1, as_of_date=today, rank=rank)
        for name in ("林致和", "陈立群", "周衡", "何雨"):
            make_contact(account, name)
    build_stakeholders.build(today=today, moment=moment, tell=lambda *told: None)
    standing = BuyingCentre.objects.filter(is_standing=True)
    assert standing.count() == 6
    assert BuyingCentre.objects.filter(is_standing=False).count() == 2, "two deals have a map of their own"
    found = facts_of(standing.values_list("pk", flat=True))
    assert all(one.people >= 4 for one in found.values())
    assert any(one.key_person_ticked for one in found.values())
    assert any(one.chain_steps == 0 for one in found.values())
    assert Stance.objects.filter(on_date__lt=today).count() > 20
    assert NeedEntry.objects.count() == 6
