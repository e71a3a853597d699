"""Who gets which account: the closer word holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.calc.handover import STAYS, AccountFacts, Plan, plan_from_json, receiver_of_account, receiver_of_thing

pytestmark = pytest.mark.item("A-01")
ids = st.integers(min_value=1, max_value=9)
choices = st.dictionaries(ids, st.integers(min_value=0, max_value=9), max_size=4)
plans = st.builds(
    Plan, receiver=ids, parts=st.dictionaries(st.sampled_from(["accounts", "todos"]), st.integers(0, 9)), regions=choices, groups=choices,
    accounts=choices,
)  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (AccountFacts(id=1, region=7, group=5), 40),  # by hand
        (AccountFacts(id=2, region=7, group=5), 30),  # by group
        (AccountFacts(id=2, region=7, group=2), 20),  # by region
        (AccountFacts(id=2, region=8, group=2), 10),  # everything
        (AccountFacts(id=3, region=7, group=5), STAYS),  # left by hand
    ],
)
def test_by_hand_before_group_before_region_before_everything(facts, expected):
    plan = Plan(receiver=10, regions={7: 20}, groups={5: 30}, accounts={1: 40, 3: STAYS})
    assert receiver_of_account(plan, facts) == expected


def test_things_follow_their_account_unless_the_plan_names_their_kind():
    plan = Plan(receiver=10, parts={"approvals": 50})
    assert receiver_of_thing(plan, "todos", with_account=20) == 20
    assert receiver_of_thing(plan, "todos") == 10
    assert receiver_of_thing(plan, "approvals", with_account=20) == 50


@given(plan=plans)
def test_a_plan_survives_being_stored(plan):
    assert plan_from_json(plan.as_json()) == plan


@given(plan=plans, account=st.builds(AccountFacts, id=ids, region=ids, group=ids))
def test_the_receiver_is_somebody_the_plan_names(plan, account):
    assert receiver_of_account(plan, account) in plan.people() | {STAYS}
