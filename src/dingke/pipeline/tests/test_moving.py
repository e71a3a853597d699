"""Deals through the gates of their playbook: nothing skips, back is free, waivers, two people, facts that go."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from dingke.accounts.tests.factories import make_account, make_contact, make_item
from dingke.core.errors import Invalid, NotAllowed, StaleRecord
from dingke.core.models import AuditEntry, OutboxEvent
from dingke.pipeline.actions import ending, opportunity, steps, waivers
from dingke.pipeline.actions.opportunity import UnableToMove, create_opportunity, move_opportunity
from dingke.pipeline.models import GateWaiver, Opportunity, StageSpell, StepRun
from dingke.pipeline.queries.gates import gates_of, gates_passed
from dingke.pipeline.queries.playbooks import content_of
from dingke.pipeline.tests.factories import make_opportunity, make_playbook

State = Opportunity.State


@pytest.fixture
def deal(cast, account):
    return make_opportunity(account=account, owner=cast.owner.user)


@pytest.fixture
def act(cast, now, today):
    return {"by": cast.owner.scope, "now": now, "today": today}


@pytest.mark.item("F-18")
def test_a_deal_begins_in_the_first_stage_with_its_steps(cast, account, act, today):
    version = make_playbook()
    row = create_opportunity(
        values={"name": " 产线  改造 ", "account": account, "amount": Decimal("1000.005")}, playbook_version=version, **act
    )
    assert (row.name, row.stage, row.owner, row.probability) == ("产线 改造", "LEAD", cast.owner.user, 10)
    assert row.amount == Decimal("1000.01")
    step = StepRun.objects.get(opportunity=row)
    assert (step.step, step.assignee, step.due_date) == ("CALL", cast.owner.user, today + timedelta(days=3))
    assert StageSpell.objects.get(opportunity=row).way == "START"
    assert OutboxEvent.objects.filter(name="OpportunityCreated").exists()
    assert AuditEntry.objects.filter(action="pipeline.create", target_id=row.pk, account_id=account.pk).exists()


def test_without_an_account_a_deal_carries_an_open_question(cast, act):
    row = create_opportunity(values={"name": "无主线索"}, playbook_version=make_playbook(), **act)
    assert row.account is None
    assert row.open_question


def test_a_deal_is_not_begun_at_somebody_elses_account(cast, act):
    other = make_account(owner=cast.stranger.user)
    with pytest.raises(Invalid):
        create_opportunity(values={"name": "x", "account": other}, playbook_version=make_playbook(), **act)


@pytest.mark.item("F-02")
def test_a_gate_blocks_with_the_conditions_that_do_not_hold(deal, act):
    Opportunity.objects.filter(pk=deal.pk).update(account=None)
    deal.refresh_from_db()
    with pytest.raises(UnableToMove) as refused:
        move_opportunity(opportunity=deal, to_stage="OFFER", **act)
    assert [one.condition.key for one in refused.value.blocking] == ["ACCOUNT"]
    assert "account" in refused.value.message
    assert Opportunity.objects.get(pk=deal.pk).stage == "LEAD"


def test_a_should_condition_only_warns(deal, act):
    moved = move_opportunity(opportunity=deal, to_stage="TERMS", **act)  # the budget is not known
    assert (moved.stage, moved.probability) == ("TERMS", 70)
    assert [one.left_date for one in StageSpell.objects.filter(opportunity=deal)] == [act["today"], None]


def test_a_move_over_several_stages_needs_every_gate_between(deal, act):
    Opportunity.objects.filter(pk=deal.pk).update(amount=None)
    deal.refresh_from_db()
    with pytest.raises(UnableToMove) as refused:
        move_opportunity(opportunity=deal, to_stage="DELIVERY", **act)
    assert [one.condition.key for one in refused.value.blocking] == ["AMOUNT", "DATE"]


def test_back_is_free_with_a_reason(deal, act):
    moved = move_opportunity(opportunity=deal, to_stage="OFFER", **act)
    with pytest.raises(Invalid):
        move_opportunity(opportunity=moved, to_stage="LEAD", **act)
    back = move_opportunity(opportunity=moved, to_stage="LEAD", reason="客户换了负责人", **act)
    spell = StageSpell.objects.filter(opportunity=deal).last()
    assert (back.stage, spell.way, spell.reason) == ("LEAD", "BACK", "客户换了负责人")


def test_two_people_move_one_deal_and_the_second_is_told(deal, act):
    version = deal.version
    move_opportunity(opportunity=deal, to_stage="OFFER", expected_version=version, **act)
    with pytest.raises(StaleRecord):
        move_opportunity(opportunity=deal, to_stage="TERMS", expected_version=version, **act)
    assert Opportunity.objects.get(pk=deal.pk).stage == "OFFER"


def test_whoever_may_only_read_moves_nothing(cast, deal, act, now, today):
    with pytest.raises(NotAllowed):
        move_opportunity(opportunity=deal, to_stage="OFFER", by=cast.read_only.scope, now=now, today=today)


def test_a_gate_whose_fact_was_deleted_later_says_so_and_stops_nothing_else(deal, act, today):
    moved = move_opportunity(opportunity=deal, to_stage="OFFER", **act)
    Opportunity.objects.filter(pk=deal.pk).update(account=None)
    fresh = Opportunity.objects.select_related("playbook_version").get(pk=moved.pk)
    passed = gates_passed(fresh, content_of(fresh.playbook_version), today=today)
    assert [line.key for line in passed.lines if line.blocks] == ["ACCOUNT"]


CONTACT_BOOK = {
    "stages": [
        {
            "code": "A", "en": "A", "zh": "甲", "steps": [{"code": "SEEN", "en": "Seen", "zh": "看过", "proof": "CONTACT"}],
            "exit": [{"key": "SEEN", "check": "STEP_DONE", "params": {"step": "SEEN"}}],
        },
        {"code": "B", "en": "B", "zh": "乙"},
    ]
}  # fmt: skip


@pytest.mark.item("F-10", "L-06", "K-02")
def test_a_condition_confirmed_by_a_contact_needs_the_contact_and_falls_when_the_contact_goes(cast, account, act, today, now):
    deal = make_opportunity(account=account, owner=cast.owner.user, version=make_playbook(content=CONTACT_BOOK))
    person = make_contact(account)
    with pytest.raises(Invalid) as problem:
        steps.finish_step(opportunity=deal, stage="A", step="SEEN", **act)
    assert set(problem.value.fields) == {"contact", "proof_date"}
    with pytest.raises(UnableToMove):
        move_opportunity(opportunity=deal, to_stage="B", **act)
    steps.finish_step(opportunity=deal, stage="A", step="SEEN", contact=person, proof_date=today, **act)
    assert gates_of([Opportunity.objects.get(pk=deal.pk)], today=today)[deal.pk].is_open
    person.archived_at = now
    person.save()
    gate = gates_of([Opportunity.objects.get(pk=deal.pk)], today=today)[deal.pk]
    assert not gate.is_open
    assert "no longer on file" in gate.lines[0].sentence("en")


def test_a_contact_of_another_account_confirms_nothing(cast, account, act, today):
    deal = make_opportunity(account=account, owner=cast.owner.user, version=make_playbook(content=CONTACT_BOOK))
    elsewhere = make_contact(make_account(owner=cast.owner.user))
    with pytest.raises(Invalid):
        steps.finish_step(opportunity=deal, stage="A", step="SEEN", contact=elsewhere, proof_date=today, **act)


def test_a_step_is_undone_and_counts_no_more(cast, account, act, today, now):
    deal = make_opportunity(account=account, owner=cast.owner.user, version=make_playbook(content=CONTACT_BOOK))
    steps.finish_step(opportunity=deal, stage="A", step="SEEN", contact=make_contact(account), proof_date=today, **act)
    steps.undo_step(opportunity=deal, stage="A", step="SEEN", by=act["by"], now=now)
    assert not gates_of([Opportunity.objects.get(pk=deal.pk)], today=today)[deal.pk].is_open


# ---- waivers ------------------------------------------------------------------------------------------------------------


def _no_amount(deal):
    Opportunity.objects.filter(pk=deal.pk).update(amount=None, stage="OFFER", stage_position=1)
    return Opportunity.objects.select_related("playbook_version__playbook", "account", "owner").get(pk=deal.pk)


def test_a_waiver_is_asked_of_the_leader_and_holds_when_agreed(cast, deal, act, now, today):
    from dingke.approvals import actions as approvals

    deal = _no_amount(deal)
    waiver = waivers.waive_condition(opportunity=deal, stage="OFFER", condition="AMOUNT", reason="客户尚未立项", by=act["by"], now=now)
    assert waiver.state == "WAITING"
    with pytest.raises(UnableToMove):
        move_opportunity(opportunity=deal, to_stage="TERMS", **act)
    approvals.decide(approval=waiver.approval, agree=True, note="", by=cast.manager.scope, now=now)
    assert GateWaiver.objects.get(pk=waiver.pk).state == "HOLDS"
    assert move_opportunity(opportunity=deal, to_stage="TERMS", **act).stage == "TERMS"


def test_a_leaders_own_waiver_holds_at_once(cast, deal, now):
    deal = _no_amount(deal)
    waiver = waivers.waive_condition(
        opportunity=deal, stage="OFFER", condition="AMOUNT", reason="已与总监商定", by=cast.manager.scope, now=now
    )
    assert waiver.state == "HOLDS"


def test_a_refused_waiver_blocks_on_and_may_be_asked_again(cast, deal, act, now):
    from dingke.approvals import actions as approvals

    deal = _no_amount(deal)
    waiver = waivers.waive_condition(opportunity=deal, stage="OFFER", condition="AMOUNT", reason="试试", by=act["by"], now=now)
    with pytest.raises(waivers.UnableToWaive):
        waivers.waive_condition(opportunity=deal, stage="OFFER", condition="AMOUNT", reason="再试", by=act["by"], now=now)
    approvals.decide(approval=waiver.approval, agree=False, note="先估金额", by=cast.manager.scope, now=now)
    assert GateWaiver.objects.get(pk=waiver.pk).state == "REFUSED"
    again = waivers.waive_condition(opportunity=deal, stage="OFFER", condition="AMOUNT", reason="再试", by=act["by"], now=now)
    waivers.take_back_waiver(waiver=again, by=act["by"], now=now)
    assert GateWaiver.objects.get(pk=again.pk).state == "TAKEN_BACK"


def test_a_waiver_without_an_account_goes_to_the_owners_leader(cast, act, now):
    deal = make_opportunity(owner=cast.owner.user)
    waiver = waivers.waive_condition(opportunity=deal, stage="LEAD", condition="ACCOUNT", reason="展会线索", by=act["by"], now=now)
    assert waiver.state == "WAITING"


def test_a_waiver_needs_a_reason_and_a_condition_of_the_playbook(deal, act, now):
    with pytest.raises(Invalid):
        waivers.waive_condition(opportunity=deal, stage="LEAD", condition="ACCOUNT", reason=" ", by=act["by"], now=now)
    with pytest.raises(waivers.UnableToWaive):
        waivers.waive_condition(opportunity=deal, stage="LEAD", condition="NOTHING", reason="x", by=act["by"], now=now)


# ---- how deals end -------------------------------------------------------------------------------------------------------


def test_winning_needs_the_gates_that_are_left(deal, act, today):
    with pytest.raises(UnableToMove):
        ending.win_opportunity(opportunity=deal, won_amount=Decimal(100), ended_date=today, **act)
    Opportunity.objects.filter(pk=deal.pk).update(expected_date=today)
    won = ending.win_opportunity(opportunity=deal, won_amount=Decimal("99.995"), ended_date=today, **act)
    assert (won.state, won.won_amount, won.probability) == (State.WON, Decimal("100.00"), 100)
    assert not StageSpell.objects.filter(opportunity=deal, left_date__isnull=True).exists()
    with pytest.raises(ending.UnableToEnd):
        ending.win_opportunity(opportunity=won, won_amount=Decimal(1), ended_date=today, **act)


def test_losing_needs_a_reason_of_the_list_and_names_the_rival(deal, act, today):
    with pytest.raises(Invalid):
        ending.lose_opportunity(opportunity=deal, reason=make_item("industries"), ended_date=today, **act)
    lost = ending.lose_opportunity(opportunity=deal, reason=make_item("lost_reasons", "PRICE"), ended_date=today, lost_to="某某软件", **act)
    assert (lost.state, lost.probability, str(lost.lost_to)) == (State.LOST, 0, "某某软件")


@pytest.mark.item("E-22")
def test_leaders_drop_a_deal_with_a_day_to_look_again(cast, deal, act, now, today):
    reason = make_item("lost_reasons", "NO_BUDGET")
    with pytest.raises(NotAllowed):
        ending.drop_opportunity(opportunity=deal, reason=reason, recheck_date=today + timedelta(days=30), **act)
    lead = {**act, "by": cast.manager.scope}
    with pytest.raises(Invalid):
        ending.drop_opportunity(opportunity=deal, reason=reason, recheck_date=today, **lead)
    dropped = ending.drop_opportunity(opportunity=deal, reason=reason, recheck_date=today + timedelta(days=30), **lead)
    assert (dropped.state, dropped.recheck_date) == (State.DROPPED, today + timedelta(days=30))
    again = ending.reopen_opportunity(opportunity=dropped, reason="预算已批", **lead)
    assert (again.state, again.recheck_date, again.probability) == (State.OPEN, None, 10)
    assert StageSpell.objects.filter(opportunity=deal).last().way == "REOPENED"


def test_a_day_to_come_or_before_the_deal_ends_nothing(deal, act, today):
    reason = make_item("lost_reasons", "PRICE")
    for day in (today + timedelta(days=1), date(2020, 1, 1)):
        with pytest.raises(Invalid):
            ending.lose_opportunity(opportunity=deal, reason=reason, ended_date=day, **act)


def test_a_next_step_has_words_and_a_day(deal, act, today):
    with pytest.raises(Invalid):
        opportunity.set_next_step(opportunity=deal, next_step="演示", next_step_date=None, **act)
    assert opportunity.set_next_step(opportunity=deal, next_step="演示", next_step_date=today, **act).next_step == "演示"


def test_a_stale_edit_is_refused_with_both_versions(deal, act):
    opportunity.edit_opportunity(opportunity=deal, values={"name": "新名称"}, expected_version=deal.version, **act)
    with pytest.raises(StaleRecord) as stale:
        opportunity.edit_opportunity(opportunity=deal, values={"name": "另一名称"}, expected_version=deal.version, **act)
    assert stale.value.theirs["name"] == "新名称"


def test_probability_by_hand_by_history_and_by_stage(cast, account, act, today):
    version = make_playbook()
    for number in range(20):
        make_opportunity(
            account=account, owner=cast.owner.user, version=version, ended_date=today, state=State.WON if number < 7 else State.LOST
        )
    row = create_opportunity(values={"name": "按历史", "account": account}, playbook_version=version, **act)
    assert row.probability == 35
    row = opportunity.edit_opportunity(opportunity=row, values={"hand_probability": 80}, **act)
    assert row.probability == 80
    with pytest.raises(Invalid):
        opportunity.edit_opportunity(opportunity=row, values={"hand_probability": 101}, **act)


def test_giving_a_deal_to_somebody_outside_the_team_is_refused(cast, deal, now):
    with pytest.raises(opportunity.UnableToSaveOpportunity):
        opportunity.give_opportunity(opportunity=deal, to=cast.stranger.user, by=cast.manager.scope, now=now)
    given = opportunity.give_opportunity(opportunity=deal, to=cast.colleague.user, by=cast.manager.scope, now=now)
    assert given.owner == cast.colleague.user


def test_judging_thirty_deals_asks_no_more_than_three(cast, account, today, count_queries):
    version = make_playbook()
    numbers = []
    for wanted in (3, 30):
        while Opportunity.objects.count() < wanted:
            make_opportunity(account=account, owner=cast.owner.user, version=version)
        deals = list(Opportunity.objects.order_by("pk"))
        with count_queries() as counted:
            gates_of(deals, today=today)
        numbers.append(counted.number)
    assert numbers[0] == numbers[1]
