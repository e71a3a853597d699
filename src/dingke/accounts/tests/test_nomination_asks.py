"""Who is asked when the person who leads the owner nominates: the next leader above, never nobody."""

from __future__ import annotations

import pytest

from dingke.accounts.actions import nomination
from dingke.accounts.calc.key_account import Answer, Judgement
from dingke.accounts.calc.nomination import Answers
from dingke.accounts.tests.factories import make_account, make_user
from dingke.people.calc import Role
from dingke.people.queries import scope_for


@pytest.mark.django_db
@pytest.mark.item("A-01")
def test_a_leader_who_nominates_asks_the_leader_above(cast, now):
    chief = make_user("chief", role=Role.SALES_MANAGER, team=cast.team.parent, name="沈延庭")
    cast.team.parent.leaders.add(chief)
    account = make_account("江州重工", owner=cast.owner.user)
    answers = Answers(
        reason="采购额居前", tests={"LARGE_SALES": Judgement(Answer.YES, "订单记录")}, benefits={"STABLE_INCOME": "年采购额不低于上年"}
    )
    row = nomination.propose_key_account(account=account, answers=answers, by=scope_for(cast.manager.user), now=now)
    assert row.approval is not None
    asked = [[voice.approver.username for voice in step.voices.all()] for step in row.approval.steps.order_by("position")]
    assert asked == [["chief"], ["director"]]
