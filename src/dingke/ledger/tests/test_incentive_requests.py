"""Guard 1 of A-08 when an incentive is given: below the line somebody agrees first, with the figures before the eyes."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from dingke.accounts.tests.factories import NOW, TODAY
from dingke.approvals import actions as approvals
from dingke.approvals.models import Approval
from dingke.core.errors import Invalid, NotAllowed
from dingke.ledger.actions.incentive_requests import give_incentive
from dingke.ledger.models import Incentive
from dingke.ledger.tests.factories import make_order

pytestmark = [pytest.mark.django_db, pytest.mark.item("A-08")]
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}
VALUES = {
    "kind": "REBATE", "amount": Decimal("90000"), "start_date": TODAY, "end_date": TODAY + timedelta(days=89), "reason": "冲量返利",
}  # fmt: skip


@pytest.fixture
def poor(account):
    """The worked example: incentive 50k to 80k, gross profit 400k to 410k: 10k / 30k = 0.33."""
    first, second = date(2026, 3, 1), date(2026, 5, 30)
    Incentive.objects.create(account=account, amount="50000", start_date=first, end_date=first + timedelta(days=89))
    Incentive.objects.create(account=account, amount="80000", start_date=second, end_date=second + timedelta(days=89))
    make_order(account, amount="1400000", cost="1000000", on=first + timedelta(days=9))
    make_order(account, amount="1410000", cost="1000000", on=second + timedelta(days=9))
    return account


def give(person, account, **more):
    return give_incentive(account=account, values=VALUES | more, by=person.scope, now=NOW)


def test_below_the_line_a_director_agrees_and_then_it_is_recorded(cast, poor):
    approval = give(cast.finance, poor)
    assert isinstance(approval, Approval)
    assert (approval.amount, Incentive.objects.filter(reason="冲量返利").exists()) == (Decimal("90000"), False)
    page = cast.director.client.get(reverse("approvals:detail", args=[approval.pk])).content.decode()
    assert "30,000 more incentive brought 10,000 more gross profit: 0.33 per yuan" in page
    approvals.decide(approval=approval, agree=True, note="", by=cast.director.scope, now=NOW)
    given = Incentive.objects.get(reason="冲量返利")
    assert (given.amount, given.start_date, given.kind) == (Decimal("90000"), TODAY, "REBATE")


def test_who_does_not_see_costs_does_not_read_the_figures(cast, poor):
    approval = give(cast.finance, poor)
    approvals.hand_on(approval=approval, to=cast.service.user, note="", by=cast.director.scope, now=NOW)
    page = cast.service.client.get(reverse("approvals:detail", args=[approval.pk])).content.decode()
    assert "0.33" not in page
    assert "90,000" not in page


def test_a_director_who_gives_it_has_agreed(cast, poor):
    assert isinstance(give(cast.director, poor), Incentive)
    assert Approval.objects.get().state == Approval.State.GRANTED
    assert Incentive.objects.filter(reason="冲量返利").count() == 1


def test_above_the_line_or_without_an_earlier_one_nothing_is_asked(cast, poor, account):
    make_order(poor, amount="100000", cost="10000", on=date(2026, 6, 20))
    assert isinstance(give(cast.finance, poor), Incentive)
    assert not Approval.objects.exists()


def test_a_rejection_records_nothing_and_wrong_values_ask_nobody(cast, poor):
    with pytest.raises(Invalid):
        give(cast.finance, poor, amount=Decimal(0))
    with pytest.raises(NotAllowed):
        give(cast.owner, poor)
    approval = give(cast.finance, poor)
    approvals.decide(approval=approval, agree=False, note="回报太低", by=cast.director.scope, now=NOW)
    assert not Incentive.objects.filter(reason="冲量返利").exists()


def test_the_form_says_it_before_it_is_saved(cast, poor):
    address = reverse("ledger:new_incentive", args=[poor.pk])
    assert "under the line" in cast.finance.client.get(address, headers=HX).content.decode()
    data = {**VALUES, "start_date": "2026-10-01", "end_date": "2026-12-31"}
    answer = cast.finance.client.post(address, data, headers=HX)
    assert answer.status_code == 204
    assert "somebody has to agree first" in answer["HX-Trigger"]
