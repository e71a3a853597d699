"""Assessing: what is measured, what is refused, which rules count, what is due, and what follows."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from dingke.accounts.actions import privacy
from dingke.accounts.models import AccountCompetitor, Competitor, StageChange, Todo
from dingke.accounts.tests.factories import make_account, make_contact
from dingke.core import rules
from dingke.core.errors import Invalid, NotAllowed, NotVisible, StaleRecord
from dingke.core.models import AuditEntry
from dingke.core.scope import Scope
from dingke.insights.actions import assessments as actions
from dingke.insights.actions.assessment_duties import LEVEL_CHANGED, remind_due_assessments
from dingke.insights.actions.assessment_handover import PARTS as HANDOVER
from dingke.insights.actions.assessments import Rating
from dingke.insights.calc.assessment import AssessmentSettings
from dingke.insights.calc.assessment_due import Trigger
from dingke.insights.calc.rules import key_of
from dingke.insights.models import Assessment, AssessmentStep
from dingke.insights.queries import assessments as reads
from dingke.insights.queries.assessment_due import due_rows
from dingke.insights.queries.assessment_measures import measure
from dingke.insights.tests.assessing import ALL, assessed, given, scored
from dingke.insights.tests.factories import make_line, make_order, make_product
from dingke.ledger.models import Payment, Receivable
from dingke.notices.models import Notice

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def customer(account: Any, today: date) -> Any:
    scored(account, today)
    return account


# ---- measured -----------------------------------------------------------------------------------------------------------------


@pytest.mark.item("A-11")
@pytest.mark.item("N-17")
def test_measured_parts_come_from_the_books_and_the_stored_scores(account, cast, today):
    scored(account, today)
    scored(make_account("小客户", owner=cast.owner.user), today, revenue=10_000, profit=9_000)
    scored(make_account("大客户", owner=cast.stranger.user), today, revenue=900_000, profit=20_000)
    tools, oil = make_product("刀具"), make_product("润滑油")
    for days in (30, 60, 90, 120):
        make_line(make_order(account, today - timedelta(days=days), 1000, 500), tools)
    returned = make_order(account, today - timedelta(days=40), 250, 100, state="RETURNED")
    make_line(returned, oil)
    make_order(account, today - timedelta(days=40), 9_999, state="CANCELLED")
    bill = Receivable.objects.create(
        account=account, number="1", amount=D(10_000), invoice_date=today - timedelta(days=90), due_date=today - timedelta(days=60)
    )
    Payment.objects.create(account=account, receivable=bill, amount=D(4_000), paid_date=today - timedelta(days=40))
    Receivable.objects.filter(pk=bill.pk).update(paid_amount=D(4_000))
    found = measure(account, today=today)
    value = {code: part.value for code, part in found.parts.items()}
    place = {code: part.place for code, part in found.parts.items() if part.place is not None}
    assert value["PURCHASES"] == 100_000
    assert value["ORDER_SIZE"] == 10_000
    assert value["FREQUENCY"] == 10
    assert value["PROFIT"] == 25_000  # after 5,000 of incentives
    assert value["MARGIN"] == D("0.25")
    assert value["GROWTH"] == D("0.25")
    assert value["RANGE"] == D("0.5")  # what came back was not taken
    assert value["RETURNS"] == (D(250) / 4250).quantize(D("0.000001"))
    assert value["REGULARITY"] == 0
    assert value["PAYMENT"] == 20
    assert value["MONEY_TIED"] == D("21.9")
    assert value["YEARS"] == (D(120) / D("365.25")).quantize(D("0.000001"))
    assert value["COOPERATION"] is None
    assert place == {"PURCHASES": D("0.5"), "ORDER_SIZE": D("0.5"), "FREQUENCY": 0, "PROFIT": 1}
    assert found.cycle_days == 30


def test_a_customer_without_scores_or_orders_has_gaps_and_no_zeros(account, today):
    found = measure(account, today=today)
    assert {code for code, part in found.parts.items() if part.value is not None} == set()
    scored(account, today, revenue=0, orders_count=0, profit=None)
    found = measure(account, today=today)
    assert {code for code, part in found.parts.items() if part.value is not None} == set()


def test_measuring_costs_the_same_for_many_customers(account, cast, today, count_queries):
    scored(account, today)
    with count_queries() as few:
        measure(account, today=today)
    for number in range(12):
        scored(make_account(f"客户{number}"), today)
        make_order(account, today - timedelta(days=number * 9), 100)
    with count_queries() as many:
        measure(account, today=today)
    assert few.number == many.number


# ---- saving -------------------------------------------------------------------------------------------------------------------


@pytest.mark.item("A-11")
def test_a_rating_gives_total_level_and_next_day_and_keeps_the_rules(customer, cast, now, today):
    row = assessed(customer, cast.owner.scope, now)
    assert row.state == "DONE"
    assert row.level in "ABC"
    assert (row.strategic, row.word_of_mouth) == (80, 80)
    assert row.total == (
        sum(getattr(row, name) * weight for name, weight in
            (("financial", D("0.40")), ("strategic", D("0.25")), ("loyalty", D("0.20")), ("word_of_mouth", D("0.15"))))
    ).quantize(D("0.1"))  # fmt: skip
    assert (row.rules_version, row.rules["weight_financial"]) == (0, "0.40")
    assert (row.revenue_then, row.class_then) == (100_000, "A")
    assert [step.step for step in row.steps.all()] == ["COLLECT", "ANALYSE", "RATE", "ADJUST"]
    assert [step.done_date for step in row.steps.all()] == [today, today, today, None]
    assert AuditEntry.objects.filter(action="insights.assess", account_id=customer.pk).count() == 1


@pytest.mark.item("A-12")
def test_fewer_than_four_dimensions_are_refused_and_nothing_is_written(customer, cast, now):
    with pytest.raises(Invalid, match="All four dimensions are needed; this one is missing: Word of mouth") as refused:
        assessed(customer, cast.owner.scope, now, codes=("DEPTH", "COMMITMENT"))
    assert list(refused.value.fields) == ["rating_REFERRALS"]
    assert not Assessment.objects.exists()


@pytest.mark.item("A-12")
@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"long_term": " "}, "long_term"),
        ({"customer_talk": ""}, "customer_talk"),
        ({"talk_date": date(2030, 1, 1)}, "talk_date"),
        ({"ratings": {"DEPTH": Rating(D(80), "")}}, "note_DEPTH"),
        ({"ratings": {"DEPTH": Rating(None, "好")}}, "rating_DEPTH"),
        ({"ratings": {"DEPTH": Rating(D(101), "好")}}, "rating_DEPTH"),
        ({"ratings": {"DEPTH": Rating(D(80), "好", evidence_date=date(2030, 1, 1))}}, "date_DEPTH"),
    ],
)
def test_cautions_are_enforced(customer, cast, now, fields, named):
    with pytest.raises(Invalid) as refused:
        actions.save_assessment(account=customer, given=given(**fields), by=cast.owner.scope, now=now)
    assert named in refused.value.fields


@pytest.mark.item("A-18")
def test_who_may_assess(customer, cast, now):
    for person in (cast.colleague, cast.finance, cast.service, cast.read_only, cast.stranger):
        with pytest.raises(NotAllowed):
            assessed(customer, person.scope, now)
    assert assessed(customer, cast.manager.scope, now).pk


def test_an_earlier_assessment_stays_readable_after_the_rules_change(customer, cast, now, today):
    first = assessed(customer, cast.owner.scope, now)
    weights = {"weight_financial": D("0.10"), "weight_strategic": D("0.55"), "weight_loyalty": D("0.20"), "weight_word_of_mouth": D("0.15")}
    kept = AssessmentSettings()
    rules.store(
        key=key_of("assessment"), kind=AssessmentSettings, values={**weights, "a_from": kept.a_from}, by=cast.administrator.scope, now=now
    )
    second = assessed(customer, cast.owner.scope, now + timedelta(days=1))
    assert (first.rules_version, second.rules_version) == (0, 1)
    page = reads.account_assessments(cast.owner.scope, customer.pk, today=today, assessment_id=first.pk)
    assert page.chosen.result.total == first.total
    assert page.chosen.settings.weight_financial == D("0.40")
    assert [row.pk for row in page.history] == [second.pk, first.pk]
    with pytest.raises(NotVisible):
        reads.account_assessments(cast.owner.scope, make_account("别家", owner=cast.owner.user).pk, today=today, assessment_id=first.pk)


def test_a_correction_keeps_figures_and_rules_and_a_stale_one_is_refused(customer, cast, now, today):
    row = assessed(customer, cast.owner.scope, now)
    scored(customer, today, revenue=1)
    fixed = actions.save_assessment(account=customer, given=given(20), by=cast.owner.scope, now=now, expected_version=row.version)
    assert fixed.pk == row.pk
    assert (fixed.revenue_then, fixed.strategic) == (100_000, 20)
    with pytest.raises(StaleRecord):
        actions.save_assessment(
            account=customer, given=given(90, long_term="别的"), by=cast.owner.scope, now=now, expected_version=row.version
        )
    with pytest.raises(actions.UnableToAssess, match="has assessed this account"):
        actions.save_assessment(account=customer, given=given(90), by=cast.owner.scope, now=now, expected_version=0, newest_seen=0)


# ---- four steps -----------------------------------------------------------------------------------------------------------------


def plan(cast: Any, today: date) -> dict[str, tuple[Any, date]]:
    return {step: (cast.owner.user, today + timedelta(days=place)) for place, step in enumerate(actions.STEPS, start=1)}


@pytest.mark.item("A-12")
def test_the_four_steps_with_owner_and_day(customer, cast, now, today):
    row = actions.plan_assessment(account=customer, plan=plan(cast, today), by=cast.owner.scope, now=now)
    with pytest.raises(actions.UnableToAssess, match="Collect the data first"):
        actions.finish_step(assessment=row, step="ANALYSE", note="看过", by=cast.owner.scope, now=now)
    with pytest.raises(Invalid):
        actions.finish_step(assessment=row, step="COLLECT", note="", by=cast.owner.scope, now=now)
    with pytest.raises(actions.UnableToAssess):
        actions.adjust_cooperation(
            assessment=row, adjustments="加一人", next_date=today + timedelta(days=90), by=cast.owner.scope, now=now
        )  # fmt: skip
    actions.finish_step(assessment=row, step="COLLECT", note="订单、走访", by=cast.owner.scope, now=now)
    actions.finish_step(assessment=row, step="ANALYSE", note="四维看过", by=cast.owner.scope, now=now)
    rated = assessed(customer, cast.owner.scope, now)
    assert rated.pk == row.pk
    done = actions.adjust_cooperation(
        assessment=rated, adjustments="增派工程师", next_date=today + timedelta(days=80), by=cast.owner.scope, now=now,
        expected_version=rated.version,
    )  # fmt: skip
    assert done.next_date == today + timedelta(days=80)
    assert not AssessmentStep.objects.filter(done_date__isnull=True).exists()
    again = assessed(customer, cast.owner.scope, now + timedelta(days=1))
    assert again.pk != rated.pk


@pytest.mark.item("A-12")
def test_a_plan_needs_people_who_see_the_account_and_days_in_order(customer, cast, now, today):
    steps = plan(cast, today)
    steps["RATE"] = (cast.stranger.user, today)
    with pytest.raises(Invalid) as refused:
        actions.plan_assessment(account=customer, plan=steps, by=cast.owner.scope, now=now)
    assert set(refused.value.fields) == {"owner_RATE", "due_RATE"}


def test_open_steps_are_handed_over_and_back(customer, cast, now, today):
    row = actions.plan_assessment(account=customer, plan=plan(cast, today), by=cast.owner.scope, now=now)
    part, leaver, to = HANDOVER[0], cast.owner.user.pk, cast.colleague.user.pk
    things = part.things(leaver)
    assert [thing.account_id for thing in things] == [customer.pk] * 4
    handed = list(part.hand(leaver_id=leaver, receivers={thing.id: to for thing in things}, by=cast.administrator.scope, now=now))
    assert set(row.steps.values_list("owner_id", flat=True)) == {to}
    assert part.back(leaver_id=leaver, rows=handed, by=cast.administrator.scope, now=now) == {}
    assert set(row.steps.values_list("owner_id", flat=True)) == {leaver}


# ---- due ------------------------------------------------------------------------------------------------------------------------


def reasons(account: Any, today: date) -> set[str]:
    return next((row.triggers for row in due_rows(Scope.system(), today=today) if row.account.pk == account.pk), set())


@pytest.mark.item("A-15")
def test_cycle_and_triggers_make_an_assessment_due(customer, cast, now, today):
    assert reasons(customer, today) == set()
    customer.is_key = True
    customer.save()
    assert reasons(customer, today) == {Trigger.NEVER}
    row = assessed(customer, cast.owner.scope, now)
    assert reasons(customer, today) == set()
    assert reasons(customer, row.next_date - timedelta(days=3)) == {Trigger.SOON}
    assert reasons(customer, row.next_date) == {Trigger.CYCLE}
    later = today + timedelta(days=20)
    scored(customer, later, revenue=60_000, abc="B", is_quiet=True)
    rival = Competitor.objects.create(name="远科")
    AccountCompetitor.objects.create(account=customer, competitor=rival, noted_date=later)
    StageChange.objects.create(account=customer, before="NEW", after="DECLINING", since_date=later, by_name="…")
    assert reasons(customer, later) == {
        Trigger.ORDER_DROP, Trigger.CLASS, Trigger.QUIET, Trigger.COMPETITOR, Trigger.SITUATION,
    }  # fmt: skip
    assessed(customer, cast.owner.scope, now + timedelta(days=21))
    assert reasons(customer, later) == set()


@pytest.mark.item("A-15")
def test_the_clock_gives_the_owner_one_to_do_and_a_rating_settles_it(customer, cast, now):
    row = assessed(customer, cast.owner.scope, now)
    later = now + timedelta(days=400)
    assert remind_due_assessments(now=now) == 0
    assert remind_due_assessments(now=later) == 1
    assert remind_due_assessments(now=later + timedelta(days=1)) == 0
    todo = Todo.objects.get(source=f"assessment:{row.pk}")
    assert (todo.assignee, todo.due_date, todo.title) == (cast.owner.user, timezone.localdate(later), "Assess 江州重工 again")
    assert "due on" in todo.reason
    assessed(customer, cast.owner.scope, later)
    todo.refresh_from_db()
    assert todo.done_at == later


@pytest.mark.item("A-15")
def test_a_changed_level_is_told_to_the_owner_and_old_scores_stay(customer, cast, now, today):
    first = assessed(customer, cast.manager.scope, now, 95)
    assert not Notice.objects.filter(kind=LEVEL_CHANGED).exists()
    scored(customer, today, revenue=1_000, profit=10, orders_count=1, revenue_before=90_000)
    second = assessed(customer, cast.manager.scope, now + timedelta(days=1), 5)
    assert (second.level_before, second.level) == (first.level, "C")
    notice = Notice.objects.get(kind=LEVEL_CHANGED)
    assert (notice.recipient, notice.values["after"]) == (cast.owner.user, "C")
    first.refresh_from_db()
    assert first.level != "C"


def test_the_due_list_costs_the_same_for_three_and_thirty(cast, now, today, count_queries):
    for number in range(3):
        assessed(make_account(f"客户{number}", owner=cast.owner.user), cast.owner.scope, now, codes=ALL)
    with count_queries() as few:
        assert reads.assessment_list(cast.owner.scope, reads.ListFilter(show="all"), today=today).number == 3
    for number in range(27):
        assessed(make_account(f"又一家{number}", owner=cast.owner.user), cast.owner.scope, now, codes=ALL)
    with count_queries() as many:
        assert reads.assessment_list(cast.owner.scope, reads.ListFilter(show="all"), today=today).number == 30
    assert few.number == many.number == 3


# ---- preview, privacy -------------------------------------------------------------------------------------------------------------


@pytest.mark.item("A-11")
def test_a_preview_says_who_would_change_level_and_writes_nothing(cast, now, today):
    mine, theirs = make_account("甲", owner=cast.owner.user), make_account("乙", owner=cast.stranger.user)
    mixed = {"ratings": {**given(100, codes=("DEPTH",)).ratings, **given(20, codes=("COMMITMENT", "REFERRALS", "COST_TO_SERVE")).ratings}}
    for one in (mine, theirs):
        actions.save_assessment(account=one, given=given(**mixed), by=cast.director.scope, now=now)
    entries = AuditEntry.objects.count()
    bold = AssessmentSettings(
        weight_financial=D("0.05"), weight_strategic=D("0.85"), weight_loyalty=D("0.05"), weight_word_of_mouth=D("0.05")
    )
    whole, own = reads.preview(cast.director.scope, bold), reads.preview(cast.owner.scope, bold)
    assert [(one.level, one.level_then) for one in whole.changes] == [("C", "A"), ("C", "A")]
    assert (whole.number, own.number) == (2, 1)
    assert (whole.levels_now["C"], whole.levels["A"]) == (2, 2)
    assert reads.preview(cast.director.scope, AssessmentSettings()).changes == []
    assert AuditEntry.objects.count() == entries
    assert set(Assessment.objects.values_list("level", flat=True)) == {"C"}


@pytest.mark.item("A-18")
def test_figures_that_the_role_does_not_see_are_hidden_with_their_points(customer, cast, now):
    row = assessed(customer, cast.owner.scope, now)
    row = reads.with_parts(Assessment.objects.filter(pk=row.pk))[0]

    def of(person):
        return {part.guide.code: part for listed in reads.shown(person.scope, row).parts.values() for part in listed}

    assert cast.colleague.scope.hides("cost")
    assert of(cast.colleague)["MARGIN"].is_hidden
    assert of(cast.colleague)["MARGIN"].sentence == ""
    assert not of(cast.colleague)["PURCHASES"].is_hidden
    assert not of(cast.owner)["MARGIN"].is_hidden
    assert of(cast.service)["PURCHASES"].is_hidden


@pytest.mark.item("A-18")
def test_an_erasure_reaches_what_assessments_say_of_the_person(customer, cast, now):
    contact = make_contact(customer, "欧阳鸿飞")
    row = actions.save_assessment(
        account=customer, given=given(customer_talk="欧阳鸿飞希望缩短交期", ratings={**given().ratings, "DEPTH": Rating(D(70), "欧阳鸿飞说过")}),
        by=cast.owner.scope, now=now,
    )  # fmt: skip
    privacy.erase_contact(contact=contact, reason="本人要求", confirmation="欧阳鸿飞", by=cast.administrator.scope, now=now)
    row.refresh_from_db()
    assert "欧阳鸿飞" not in row.customer_talk
    assert "欧阳鸿飞" not in row.parts.get(code="DEPTH").note
