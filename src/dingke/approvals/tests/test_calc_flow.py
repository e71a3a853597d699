"""Flows: whom a step names, conditions, the asker as approver, nobody fits, as stored, what changed; delegation by day and kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dingke.approvals.calc import Decision, Mode
from dingke.approvals.calc.changes import What, between
from dingke.approvals.calc.delegation import Delegation, speaks_for
from dingke.approvals.calc.directory import Directory, Person, Team
from dingke.approvals.calc.flow import (
    Conditions,
    Facts,
    Flow,
    NobodyToAsk,
    OwnStep,
    Rule,
    StepRule,
    Who,
    flow_as_json,
    flow_from_json,
    plan,
)

CALM = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a busy machine is no failure

# the company: 1 director above team 20 (leader 2) above team 30 (leader 3) with 4 and 5; 6 another director's peer; 9 administrator
COMPANY = Directory(
    people={
        1: Person(1, "DIRECTOR", 10), 2: Person(2, "SALES_MANAGER", 20), 3: Person(3, "KEY_ACCOUNT_MANAGER", 30), 4: Person(4, "REP", 30),
        5: Person(5, "REP", 30), 6: Person(6, "FINANCE", 10), 7: Person(7, "FINANCE", 10, is_active=False), 9: Person(9, "ADMINISTRATOR", 10),
    },
    teams={10: Team(10), 20: Team(20, 10, (2,)), 30: Team(30, 20, (3,))},
)  # fmt: skip


def step(*rules: Rule, **more) -> StepRule:
    return StepRule(rules=rules, **more)


def people(flow: Flow, facts: Facts, company: Directory = COMPANY) -> list[tuple[int, ...]]:
    return [one.people for one in plan(flow, facts, company)]


LEADER, DIRECTOR = Rule(Who.ASKER_LEADER), Rule(Who.DIRECTOR)


class TestWho:
    @pytest.mark.parametrize(
        ("rule", "expected"),
        [
            (Rule(Who.ASKER_LEADER), (3,)),
            (Rule(Who.ASKER_LEADER, level=2), (2,)),
            (Rule(Who.ASKER_LEADER, level=3), (1,)),  # above the top: the directors
            (Rule(Who.OWNER_LEADER), (2,)),
            (Rule(Who.ACCOUNT_OWNER), (3,)),
            (Rule(Who.KEY_ACCOUNT_MANAGER), (3, 5)),
            (Rule(Who.DIRECTOR), (1,)),
            (Rule(Who.ADMINISTRATOR), (9,)),
            (Rule(Who.ROLE, roles=("FINANCE",)), (6,)),  # who has left is not asked
            (Rule(Who.PERSON, people=(6, 7)), (6,)),
        ],
    )
    def test_each_rule(self, rule, expected):
        assert people(Flow((step(rule),)), Facts(asker=4, owner=3, managers=(3, 5))) == [expected]

    def test_several_rules_join_and_name_each_once(self):
        assert people(Flow((step(LEADER, Rule(Who.PERSON, people=(3, 6))),)), Facts(asker=4)) == [(3, 6)]

    def test_nobody_fits_goes_up_and_at_last_to_the_administrator(self):
        flow = Flow((step(Rule(Who.ROLE, roles=("SERVICE",))),))
        (one,) = plan(flow, Facts(asker=4), COMPANY)
        assert (one.people, one.is_escalated) == ((3,), True)
        alone = Directory(people={4: Person(4, "REP"), 9: Person(9, "ADMINISTRATOR")})
        assert people(flow, Facts(asker=4), alone) == [(9,)]
        with pytest.raises(NobodyToAsk):
            plan(flow, Facts(asker=9), Directory(people={9: Person(9, "ADMINISTRATOR")}))

    def test_a_leader_twice_up_the_tree_counts_as_one_level(self):
        company = replace(COMPANY, teams={**COMPANY.teams, 30: Team(30, 20, (2,))})
        assert company.leaders_above(4) == [(2,)]
        assert company.leader(4, 2) == (1,)

    def test_a_tree_that_bites_its_tail_ends(self):
        company = Directory(people={4: Person(4, "REP", 1)}, teams={1: Team(1, 2), 2: Team(2, 1)})
        assert company.leaders_above(4) == []


class TestOwnStep:
    flow = Flow((step(Rule(Who.OWNER_LEADER)), step(DIRECTOR)))

    def test_up(self):
        assert people(self.flow, Facts(asker=3, owner=4)) == [(2,), (1,)]

    def test_agree(self):
        first, second = plan(replace(self.flow, own_step=OwnStep.AGREE), Facts(asker=3, owner=4), COMPANY)
        assert [voice.decision for voice in first.voices] == [Decision.AGREED]
        assert second.people == (1,)

    def test_leave_out(self):
        assert people(replace(self.flow, own_step=OwnStep.LEAVE_OUT), Facts(asker=3, owner=4)) == [(1,)]
        only = Flow((step(DIRECTOR),), own_step=OwnStep.LEAVE_OUT)
        assert people(only, Facts(asker=1)) == [(9,)]  # all fell away: somebody looks at it all the same

    def test_the_same_people_one_after_the_other_are_asked_once(self):
        flow = Flow((step(DIRECTOR), step(Rule(Who.ASKER_LEADER))))
        assert people(flow, Facts(asker=2)) == [(1,)]
        assert people(replace(flow, again=False), Facts(asker=2)) == [(1,), (1,)]


class TestConditions:
    @pytest.mark.parametrize(
        ("conditions", "facts", "holds"),
        [
            (Conditions(amount_from=Decimal(100)), {"amount": Decimal(100)}, True),
            (Conditions(amount_from=Decimal(100)), {"amount": Decimal("99.99")}, False),
            (Conditions(amount_to=Decimal(100)), {"amount": Decimal(100)}, False),
            (Conditions(amount_to=Decimal(100)), {"amount": None}, True),  # unknown: rather asked than skipped
            (Conditions(types=("REBATE",)), {"type": "SUPPORT"}, False),
            (Conditions(types=("REBATE",)), {"type": "REBATE"}, True),
            (Conditions(regions=("EAST",)), {"regions": ("SHANGHAI", "EAST")}, True),
            (Conditions(regions=("EAST",)), {"regions": ("SOUTH",)}, False),
            (Conditions(classes=("A",)), {"account_class": "B"}, False),
            (Conditions(classes=("A",)), {}, True),
        ],
    )
    def test_each(self, conditions, facts, holds):
        assert conditions.hold(Facts(asker=4, **facts)) is holds

    def test_no_step_applies_and_nobody_is_asked(self):
        flow = Flow((step(DIRECTOR, conditions=Conditions(amount_from=Decimal(100))),))
        assert plan(flow, Facts(asker=4, amount=Decimal(5)), COMPANY) == ()

    def test_an_empty_range_and_a_step_for_nobody_are_refused(self):
        for wrong in (
            lambda: Conditions(amount_from=Decimal(2), amount_to=Decimal(2)),
            lambda: StepRule(rules=()),
            lambda: Rule(Who.ROLE),
            lambda: Rule(Who.PERSON),
            lambda: Rule(Who.ASKER_LEADER, level=0),
            lambda: step(DIRECTOR, remind_hours=0),
        ):
            with pytest.raises(ValueError):
                wrong()


RULES = st.one_of(
    st.builds(Rule, st.sampled_from([Who.ASKER_LEADER, Who.OWNER_LEADER]), level=st.integers(1, 4)),
    st.builds(Rule, st.sampled_from([Who.ACCOUNT_OWNER, Who.KEY_ACCOUNT_MANAGER, Who.DIRECTOR, Who.ADMINISTRATOR])),
    st.builds(lambda roles: Rule(Who.ROLE, roles=tuple(roles)), st.sets(st.sampled_from(["REP", "FINANCE", "SERVICE"]), min_size=1)),
    st.builds(lambda ids: Rule(Who.PERSON, people=tuple(sorted(ids))), st.sets(st.integers(1, 9), min_size=1, max_size=3)),
)
AMOUNTS = st.one_of(st.none(), st.integers(0, 50).map(Decimal))
CONDITIONS = st.builds(
    lambda start, types: Conditions(amount_from=start, types=types), AMOUNTS, st.sampled_from([(), ("REBATE",), ("REBATE", "SUPPORT")])
)
STEPS = st.builds(
    StepRule,
    rules=st.lists(RULES, min_size=1, max_size=2).map(tuple),
    mode=st.sampled_from(Mode),
    conditions=CONDITIONS,
    remind_hours=st.one_of(st.none(), st.integers(1, 99)),
)
FLOWS = st.builds(
    Flow, steps=st.lists(STEPS, max_size=3).map(tuple), own_step=st.sampled_from(OwnStep), again=st.booleans(), bulk=st.booleans()
)
FACTS = st.builds(
    Facts, asker=st.sampled_from([1, 2, 3, 4, 9]), owner=st.one_of(st.none(), st.integers(1, 7)), amount=AMOUNTS,
    type=st.sampled_from(["", "REBATE", "OTHER"]),
)  # fmt: skip


@CALM
@given(FLOWS, FACTS)
def test_a_plan_asks_people_who_are_here_never_the_asker_and_nothing_else_than_its_steps(flow, facts):
    planned = plan(flow, facts, COMPANY)
    assert [one.place for one in planned] == sorted({one.place for one in planned})
    for one in planned:
        assert one.voices
        waiting = [voice.person for voice in one.voices if voice.decision is Decision.WAITING]
        assert facts.asker not in waiting
        assert len(set(one.people)) == len(one.people)
        assert all(COMPANY.is_here(person) for person in waiting)
        assert waiting or flow.own_step is OwnStep.AGREE
    applies = any(one.conditions.hold(facts) for one in flow.steps)
    assert bool(planned) == applies


@CALM
@given(FLOWS)
def test_a_flow_is_stored_without_loss(flow):
    assert flow_from_json(flow_as_json(flow)) == flow
    assert between(flow, flow) == []


@CALM
@given(FLOWS, st.data())
def test_a_step_that_only_moved_is_told_as_moved(flow, data):
    order = data.draw(st.permutations(range(len(flow.steps))))
    after = replace(flow, steps=tuple(flow.steps[place] for place in order))
    assert {change.what for change in between(flow, after)} <= {What.MOVED}


def test_what_changed_is_named():
    before = Flow((step(LEADER), step(DIRECTOR)))
    after = Flow((step(LEADER), step(DIRECTOR, mode=Mode.ALL), step(Rule(Who.ADMINISTRATOR))), bulk=True)
    assert [change.what for change in between(before, after)] == [What.EDITED, What.ADDED, What.SETTING]
    assert [change.what for change in between(after, before)] == [What.EDITED, What.REMOVED, What.SETTING]


def test_what_is_no_flow_is_refused():
    for stored in ({"steps": [{}]}, {"steps": [{"rules": [{"who": "NOBODY"}]}]}, {"steps": 4}, {"own_step": "?"}):
        with pytest.raises(ValueError):
            flow_from_json(stored)


class TestDelegation:
    day = date(2026, 9, 30)

    def lent(self, giver, taker, *kinds, start=0, end=0):
        return Delegation(giver, taker, self.day + timedelta(days=start), self.day + timedelta(days=end), frozenset(kinds))

    @pytest.mark.parametrize(("offset", "found"), [(-1, set()), (0, {1}), (3, {1}), (4, set())])
    def test_days_are_inclusive(self, offset, found):
        rows = [self.lent(1, 2, start=0, end=3)]
        assert speaks_for(2, rows, kind="x", day=self.day + timedelta(days=offset)) == found

    def test_kinds_and_chains(self):
        rows = [self.lent(1, 2, "x"), self.lent(2, 3), self.lent(3, 1)]
        assert speaks_for(3, rows, kind="x", day=self.day) == {2, 1}
        assert speaks_for(3, rows, kind="y", day=self.day) == {2}
        assert speaks_for(1, rows, kind="x", day=self.day) == {3, 2}

    def test_wrong_ones_are_refused(self):
        with pytest.raises(ValueError, match="themselves"):
            self.lent(1, 1)
        with pytest.raises(ValueError, match="ends"):
            self.lent(1, 2, end=-1)
