"""Continuing value in a score run and on the page of an account."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.urls import reverse

from dingke.accounts.models import Standing
from dingke.accounts.tests.factories import make_account
from dingke.core import rules as stored_rules
from dingke.core.scope import Scope
from dingke.insights import actions, queries
from dingke.insights.calc.continuing import ContinuingSettings
from dingke.insights.calc.rules import key_of
from dingke.insights.models import ValueCard
from dingke.insights.tests.buyers import buyers, spending
from dingke.insights.tests.factories import make_order
from dingke.ledger.models import Order

pytestmark = [pytest.mark.item("A-13"), pytest.mark.django_db]
SYSTEM = Scope.system()
END = date(2026, 9, 30)


@pytest.fixture
def company(cast: Any, django_capture_on_commit_callbacks: Any) -> list[Any]:
    """120 customers who live by the models, of the owner; bought since 2025-01."""
    x, tx, age = (np.ceil(column) for column in buyers(120, seed=12, r=1.2, alpha=60.0, longest=600.0))
    value = np.nan_to_num(spending(x, seed=2), nan=20.0)
    rng = np.random.default_rng(7)
    accounts = []
    for number in range(120):
        account = make_account(f"客户{number}", owner=cast.owner.user)
        accounts.append(account)
        first = END - timedelta(days=int(age[number]))
        between = (
            sorted(
                rng.choice(np.arange(1, max(int(tx[number]), 2)), size=min(int(x[number]) - 1, max(int(tx[number]) - 1, 0)), replace=False)
            )
            if x[number] > 1
            else []
        )
        for day in [0, *between, *([int(tx[number])] if x[number] else [])]:
            make_order(account, first + timedelta(days=int(day)), Decimal(f"{value[number] * 100:.2f}"))
    return accounts


def test_a_run_values_every_customer_and_keeps_the_fit(company: list[Any], now: Any) -> None:
    planned, stranger = company[0], make_account("没有买过")
    ValueCard.objects.create(account=stranger, expected_purchases=24, average_purchase=50_000, created_at=now, updated_at=now)
    run = actions.run_scores(by=SYSTEM, now=now)
    told = run.summary["continuing"]
    assert told["problems"] == []
    assert set(told["buying"]) == set(told["buying_errors"]) == {"r", "alpha", "a", "b"}
    assert set(told["spending"]) == {"p", "q", "v"}
    assert sum(told["states"].values()) == 121
    by_model = [one for one in Standing.objects.all() if one.evidence.get("continuing", {}).get("state") == "MODEL"]
    assert len(by_model) > 90
    for one in by_model:
        found = one.evidence["continuing"]
        wanted = Decimal(str(found["purchases"])) * Decimal(found["average"])
        assert Decimal(found["value"]) == pytest.approx(wanted, abs=Decimal(found["average"]) * Decimal("0.006"))
        assert 0 <= Decimal(found["low"]) <= Decimal(found["high"])  # a customer most likely gone: nothing to nothing
        assert 0 <= found["alive"] <= 1
    found = Standing.objects.get(account=stranger).evidence["continuing"]
    assert (found["state"], found["value"], found["alive"]) == ("PLANNED", "1200000.00", None)
    assert planned.pk != stranger.pk


def test_without_enough_customers_the_reason_is_told(cast: Any, now: Any) -> None:
    account = make_account("甲", owner=cast.owner.user)
    for month in (3, 6, 8):
        make_order(account, date(2026, month, 1), 1_000)
    actions.run_scores(by=SYSTEM, now=now)
    shown = queries.account_value(cast.owner.scope, account.pk).continuing
    assert (shown.state, shown.value) == ("NONE", None)
    assert shown.reasons == [
        "1 customers are too few to fit the model; it needs 50.",
        "Enter the planned number and average of purchases in the value card.",
    ]
    ValueCard.objects.create(account=account, expected_purchases=10, average_purchase=1_000, created_at=now, updated_at=now)
    actions.run_scores(by=SYSTEM, now=now)
    shown = queries.account_value(cast.owner.scope, account.pk).continuing
    assert (shown.state, shown.value) == ("PLANNED", 10_000)


def test_the_page_shows_value_interval_and_why(company: list[Any], cast: Any, now: Any) -> None:
    actions.run_scores(by=SYSTEM, now=now)
    one = next(one for one in Standing.objects.order_by("rank") if one.evidence["continuing"]["state"] == "MODEL")
    client = cast.owner.client
    page = client.get(reverse("insights:account_value", args=[one.account_id]))
    text = page.content.decode()
    assert page.status_code == 200, text[:300]
    for words in ("by the model", "Probability of still being a customer", "BG/NBD", "not profit", "Expected purchases N"):
        assert words in text
    client = cast.stranger.client
    assert client.get(reverse("insights:account_value", args=[one.account_id])).status_code == 404


def test_amounts_and_profits_are_hidden_from_those_who_may_not_see_them(company: list[Any], cast: Any, now: Any, monkeypatch: Any) -> None:
    stored_rules.store(
        key=key_of("continuing"), kind=ContinuingSettings, values={"by_profit": True, "discount": Decimal("0.1")}, by=SYSTEM, now=now
    )
    Order.objects.update(cost=10)
    actions.run_scores(by=SYSTEM, now=now)
    one = next(one for one in Standing.objects.order_by("rank") if one.evidence["continuing"]["state"] == "MODEL")
    whole = queries.account_value(cast.director.scope, one.account_id).continuing
    assert whole.value > 0
    assert "Later purchases are discounted by 10.0% a year." in whole.reasons
    monkeypatch.setattr(Scope, "hides", lambda _scope, what: what == "cost")
    shown = queries.account_value(cast.director.scope, one.account_id).continuing
    assert (shown.value, shown.low, shown.error) == (None, None, None)
    assert shown.average > 0
    monkeypatch.setattr(Scope, "hides", lambda _scope, what: what == "amount")
    shown = queries.account_value(cast.director.scope, one.account_id).continuing
    assert shown.average is None
    assert shown.purchases > 0
