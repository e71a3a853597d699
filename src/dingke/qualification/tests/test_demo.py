"""Demonstrations: six steps with their rules, audience from the map, rehearsal before the date, and the result."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from django.urls import reverse
from docx import Document
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.models import Todo
from dingke.accounts.tests.factories import make_contact
from dingke.approvals import events as approval_events
from dingke.core.errors import Invalid, NotAllowed, StaleRecord
from dingke.pipeline.calc.gates import Met
from dingke.pipeline.tests.factories import make_opportunity
from dingke.qualification.actions import demo as actions
from dingke.qualification.actions import demo_results as results
from dingke.qualification.calc import demo as calc
from dingke.qualification.models import DemoBlock, DemoListener, DemoPlan
from dingke.qualification.queries import demo as reads
from dingke.qualification.queries import gate_checks
from dingke.qualification.queries.demo_texts import stored, texts
from dingke.stakeholders.models import BuyingCentre, Stakeholder

ANSWERS = {"message": "重视", "key_need": "对账", "why_able": "做过五家", "why_better": "本地服务"}
YES = {name: {"answer": True} for name in calc.TIMING}


def plan_of(**values: object) -> calc.Plan:
    base: dict[str, object] = {
        "answers": ANSWERS, "aims": ("功能", "OWNER", "对账"), "audience": 2, "key_listeners": 1,
        "timing": dict.fromkeys(calc.TIMING, True), "timing_override": "", "blocks": [calc.Block(1, 30)], "minutes": 60,
        "opening_minutes": 5, "closing_minutes": 5, "full_runs": 1, "opening": "各位好", "closing": "谢谢",
        "checks": frozenset(calc.OPENING + calc.STANDARD + calc.CLOSING),
    }  # fmt: skip
    return calc.Plan(**{**base, **values})  # type: ignore[arg-type]


def codes(reasons) -> list[str]:
    return [reason.code for reason in reasons]


class TestMethod:
    @pytest.mark.item("H-01", "H-03", "H-04", "H-10", "H-12")
    def test_a_whole_plan_is_ready_in_all_six_steps(self):
        found = calc.readiness(plan_of())
        assert [entry.step.value for entry in found] == ["aim", "audience", "strategy", "material", "rehearsal", "speech"]
        assert all(entry.is_ready for entry in found)
        assert calc.barriers(plan_of(), has_date=True) == ()

    @pytest.mark.item("H-02")
    def test_four_answers_before_the_second_step(self):
        assert calc.may_go_on(ANSWERS)
        assert not calc.may_go_on({**ANSWERS, "key_need": "  "})
        assert calc.unanswered({}) == calc.QUESTIONS

    @pytest.mark.item("H-06")
    @pytest.mark.parametrize("name", calc.TIMING)
    def test_the_first_three_questions_are_a_must(self, name):
        timing = {**dict.fromkeys(calc.TIMING, True), name: False}
        assert calc.is_right_moment(timing) == (name not in calc.TIMING[:3])

    @pytest.mark.item("H-06")
    def test_a_no_may_be_overridden_with_a_reason(self):
        timing = {**dict.fromkeys(calc.TIMING, True), "key_person": False}
        assert codes(calc.barriers(plan_of(timing=timing), has_date=True)) == ["TIMING_NO"]
        assert calc.barriers(plan_of(timing=timing, timing_override="总经理改为视频参加"), has_date=True) == ()

    @pytest.mark.item("H-11")
    def test_no_date_before_one_full_run(self):
        assert codes(calc.barriers(plan_of(full_runs=0), has_date=True)) == ["NO_RUN"]

    def test_no_date_before_approval_where_one_is_needed(self):
        assert codes(calc.barriers(plan_of(needs_approval=True), has_date=True)) == ["NO_APPROVAL"]
        assert calc.barriers(plan_of(needs_approval=True, is_approved=True), has_date=True) == ()

    def test_time_counts_opening_kept_blocks_and_closing(self):
        blocks = [calc.Block(1, 30), calc.Block(2, 40, is_dropped=True), calc.Block(3, 25)]
        plan = plan_of(blocks=blocks)
        assert calc.minutes_used(plan) == 65
        assert codes(calc.readiness(plan)[3].missing) == ["OVER_TIME"]

    @given(st.sets(st.sampled_from(calc.QUESTIONS)), st.integers(0, 3), st.booleans())
    def test_doing_more_never_puts_a_barrier_up(self, answered, runs, has_date):
        less = plan_of(answers=dict.fromkeys(answered, "x"), full_runs=runs)
        more = plan_of(full_runs=runs + 1)
        assert set(codes(calc.barriers(more, has_date=has_date))) <= set(codes(calc.barriers(less, has_date=has_date)))


class TestTexts:
    @pytest.mark.item("H-02", "H-04", "H-05", "H-06", "H-07", "H-08", "H-09", "H-10", "H-12")
    def test_the_method_is_whole_in_both_languages(self):
        wanted = {
            "steps": tuple(step.value for step in calc.Step), "questions": calc.QUESTIONS, "timing": calc.TIMING, "rivals": calc.RIVALS,
            "forms": calc.FORMS, "contingencies": calc.CONTINGENCIES, "structures": calc.STRUCTURES, "opening": calc.OPENING,
            "standard": calc.STANDARD, "closing": calc.CLOSING, "techniques": calc.TECHNIQUES,
            "audience": tuple(DemoListener.Kind.values), "special": tuple(DemoListener.Special.values),
            "aims": (*DemoPlan.Product.values, *("STAFF", "HEAD", "OWNER", "MIXED")),
        }  # fmt: skip
        for group, names in wanted.items():
            assert tuple(stored()[group]) == tuple(names), group
            for language in ("zh-hans", "en"):
                assert all(entry["label"] for entry in texts(language)[group].values())
        assert all(texts(language)["contingencies"][code]["reply"] for code in calc.CONTINGENCIES for language in ("zh", "en"))
        assert all(texts(language)["audience"][code]["emphasis"] for code in DemoListener.Kind.values for language in ("zh", "en"))
        assert len(calc.STRUCTURES) == 9
        assert sum(1 for entry in stored()["structures"].values() if entry.get("layered")) == 4


@pytest.fixture
def deal(cast, account):
    return make_opportunity("ERP 一期", account=account, owner=cast.owner.user)


@pytest.fixture
def plan(cast, deal, now):
    return actions.plan_demo(opportunity=deal, title="财务部演示", by=cast.owner.scope, now=now, language="zh-hans")


def save(cast, plan, now, step, **values):
    return actions.save_step(plan=plan, step=step, values=values, by=cast.owner.scope, now=now)


def whole(cast, plan, now, today):
    """A plan with everything that a date needs."""
    save(cast, plan, now, "aim", **ANSWERS)
    save(cast, plan, now, "strategy", timing=YES)
    block = actions.save_block(
        plan=plan, block=None, values={"title": "对账演示", "structure": "PROBLEM", "minutes": 20}, by=cast.owner.scope, now=now
    )
    values = {"on_date": today, "is_full": True, "minutes": {block.pk: 22}, "questions": "能否对接银行？"}
    actions.add_rehearsal(plan=plan, values=values, by=cast.owner.scope, now=now)
    save(cast, plan, now, "date", demo_date=today + timedelta(days=5))
    return reads.plan_for(cast.owner.scope, plan.pk)


def person(centre, name, *, roles, **fields):
    return Stakeholder.objects.create(centre=centre, contact=make_contact(centre.account, name), roles=roles, **fields)


@pytest.mark.django_db
class TestPlan:
    @pytest.mark.item("H-02")
    def test_step_two_waits_for_the_four_answers(self, cast, plan, now):
        with pytest.raises(actions.UnableToPlanDemo, match="four key questions"):
            save(cast, plan, now, "strategy", supporters="财务经理")
        with pytest.raises(actions.UnableToPlanDemo):
            actions.save_listener(plan=plan, listener=None, values={"name": "刘总", "kind": "TOP"}, by=cast.owner.scope, now=now)
        save(cast, plan, now, "aim", **ANSWERS)
        assert save(cast, plan, now, "strategy", supporters="财务经理").supporters == "财务经理"

    @pytest.mark.item("H-09")
    def test_default_replies_are_there_from_the_start(self, plan):
        assert set(plan.contingencies) == set(calc.CONTINGENCIES)
        assert "15 分钟" in plan.contingencies["CHANGE"]["reply"]

    @pytest.mark.item("H-04", "H-05")
    def test_the_audience_comes_from_the_map(self, cast, plan, account, now):
        save(cast, plan, now, "aim", **ANSWERS)
        centre = BuyingCentre.objects.create(account=account, is_standing=True)
        person(centre, "刘总", roles=["TOP_LEADER"], influence=5, attitude="ACCEPT", is_key_person=True)
        person(centre, "王会计", roles=["USER"], influence=2, attitude="RESIST")
        Stakeholder.objects.create(centre=centre, outside_name="对手公司", roles=["COMPETITOR"], influence=3)
        assert actions.load_audience(plan=plan, by=cast.owner.scope, now=now) == 2
        rows = {row.name: (row.kind, row.weight, row.attitude, row.special) for row in plan.audience.all()}
        assert rows == {"刘总": ("TOP", 5, "ACCEPT", ""), "王会计": ("USER", 2, "RESIST", "RESISTING")}
        assert actions.load_audience(plan=plan, by=cast.owner.scope, now=now) == 0

    def test_without_a_map_it_says_what_to_do(self, cast, plan, now):
        save(cast, plan, now, "aim", **ANSWERS)
        with pytest.raises(actions.UnableToPlanDemo, match="map of people"):
            actions.load_audience(plan=plan, by=cast.owner.scope, now=now)

    @pytest.mark.item("H-08", "H-10")
    def test_a_block_has_a_structure_and_what_is_left_out_a_reason(self, cast, plan, now):
        save(cast, plan, now, "aim", **ANSWERS)
        for values, name in (
            ({"title": "x", "structure": "NONE", "minutes": 5}, "structure"),
            ({"title": "x", "structure": "CASE", "minutes": 5, "form": "SHOUT"}, "form"),
            ({"title": "x", "structure": "CASE", "minutes": 5, "is_dropped": True}, "drop_reason"),
        ):
            with pytest.raises(Invalid) as refused:
                actions.save_block(plan=plan, block=None, values=values, by=cast.owner.scope, now=now)
            assert name in refused.value.fields
        one = actions.save_block(
            plan=plan, block=None, values={"title": "一", "structure": "CASE", "minutes": 5}, by=cast.owner.scope, now=now
        )
        two = actions.save_block(
            plan=plan, block=None, values={"title": "二", "structure": "FFAB", "minutes": 5}, by=cast.owner.scope, now=now
        )
        actions.move_block(block=two, places=-1, by=cast.owner.scope, now=now)
        assert list(plan.blocks.order_by("position").values_list("pk", flat=True)) == [two.pk, one.pk]

    @pytest.mark.item("H-11")
    def test_a_full_run_names_the_minutes_of_every_block(self, cast, plan, now, today):
        save(cast, plan, now, "aim", **ANSWERS)
        block = actions.save_block(
            plan=plan, block=None, values={"title": "一", "structure": "CASE", "minutes": 5}, by=cast.owner.scope, now=now
        )
        for minutes in ({}, {block.pk: 0}):
            with pytest.raises(Invalid):
                actions.add_rehearsal(
                    plan=plan, values={"on_date": today, "is_full": True, "minutes": minutes}, by=cast.owner.scope, now=now
                )
        with pytest.raises(Invalid):
            actions.add_rehearsal(plan=plan, values={"on_date": today + timedelta(days=1), "is_full": False}, by=cast.owner.scope, now=now)

    @pytest.mark.item("H-11")
    def test_the_date_stands_after_one_full_run_and_falls_when_it_moves(self, cast, plan, now, today):
        with pytest.raises(actions.UnableToPlanDemo):
            actions.confirm_date(plan=plan, by=cast.owner.scope, now=now)
        ready = whole(cast, plan, now, today)
        assert actions.confirm_date(plan=ready, by=cast.owner.scope, now=now).confirmed_at == now
        moved = save(cast, ready, now, "date", demo_date=today + timedelta(days=9))
        assert moved.confirmed_at is None

    @pytest.mark.item("H-01")
    def test_approval_before_the_date_where_set(self, cast, plan, now, today):
        ready = whole(cast, plan, now, today)
        save(cast, ready, now, "date", needs_approval=True)
        ready = reads.plan_for(cast.owner.scope, plan.pk)
        with pytest.raises(actions.UnableToPlanDemo, match="not approved"):
            actions.confirm_date(plan=ready, by=cast.owner.scope, now=now)
        asked = actions.ask_approval(plan=ready, by=cast.owner.scope, now=now)
        assert asked.approval_state == DemoPlan.Approval.WAITING
        event = approval_events.ApprovalGranted(
            approval_id=asked.approval.pk, kind=actions.KIND, subject_id=asked.pk, decided_by_id=cast.manager.user.pk
        )
        actions.finish_demo_approval(event=event, now=now)
        granted = reads.plan_for(cast.owner.scope, plan.pk)
        assert actions.confirm_date(plan=granted, by=cast.owner.scope, now=now).confirmed_at == now

    def test_two_people_at_one_plan(self, cast, plan, now):
        with pytest.raises(StaleRecord):
            actions.save_step(plan=plan, step="aim", values=ANSWERS, by=cast.owner.scope, now=now, expected_version=99)

    def test_only_who_may_change_the_deal(self, cast, plan, now):
        with pytest.raises(NotAllowed):
            actions.save_step(plan=plan, step="aim", values=ANSWERS, by=cast.stranger.scope, now=now)


@pytest.mark.django_db
@pytest.mark.item("H-19")
class TestResult:
    def values(self, today: date):
        return {
            "held_date": today,
            "reaction": "认可",
            "needs_learnt": "",
            "next_step": "送方案",
            "next_step_date": today + timedelta(days=2),
        }

    def test_it_goes_to_the_map_and_to_the_deal(self, cast, plan, account, deal, now, today):
        ready = whole(cast, plan, now, today)
        centre = BuyingCentre.objects.create(account=account, is_standing=True)
        liu = person(centre, "刘总", roles=["TOP_LEADER"], influence=5, attitude="DOUBT")
        actions.load_audience(plan=ready, by=cast.owner.scope, now=now)
        row = ready.audience.get(name="刘总")
        people = {row.pk: {"was_there": True, "reaction": "当场追问上线时间", "attitude_after": "ACCEPT"}}
        results.record_result(plan=ready, values=self.values(today), people=people, by=cast.owner.scope, now=now)
        liu.refresh_from_db()
        assert liu.attitude == "ACCEPT"
        assert liu.stances.get().evidence == "当场追问上线时间"
        deal.refresh_from_db()
        assert deal.next_step == "送方案"

    def test_it_needs_a_past_day_and_a_next_action(self, cast, plan, now, today):
        for wrong, name in (
            ({"held_date": today + timedelta(days=1)}, "held_date"),
            ({"next_step": " "}, "next_step"),
            ({"next_step_date": today - timedelta(days=1)}, "next_step_date"),
        ):
            with pytest.raises(Invalid) as refused:
                results.record_result(plan=plan, values={**self.values(today), **wrong}, people={}, by=cast.owner.scope, now=now)
            assert name in refused.value.fields

    def test_questions_and_promises_are_to_dos(self, cast, plan, now, today):
        row = results.add_follow_up(
            plan=plan,
            kind="PROMISE",
            text="书面答复接口问题",
            owner=cast.owner.user,
            due_date=today + timedelta(days=2),
            by=cast.owner.scope,
            now=now,
        )
        assert Todo.objects.get(title="书面答复接口问题") == row.todo
        results.finish_follow_up(row=row, by=cast.owner.scope, now=now)
        assert Todo.objects.get(pk=row.todo.pk).done_at == now

    def test_the_gate_sees_it(self, cast, plan, deal, account, now, today, count_queries):
        judge = next(check.judge for check in gate_checks.CHECKS if check.code == "DEMO_HELD")
        none = make_opportunity(account=account, owner=cast.owner.user)
        found = judge([deal, none], {}, today)
        assert (found[deal.pk].reason.code, found[none.pk].reason.code) == ("DEMO_PLANNED", "DEMO_NONE")
        results.record_result(plan=plan, values=self.values(today), people={}, by=cast.owner.scope, now=now)
        with count_queries() as counted:
            assert judge([deal, none], {}, today)[deal.pk].met is Met.YES
        assert counted.number == 1


@pytest.mark.django_db
class TestDoors:
    def test_a_plan_through_its_doors(self, cast, deal, account, today):
        client = cast.owner.client
        assert "six steps" in client.get(reverse("qualification:demo", args=[deal.pk])).content.decode().lower()
        made = client.post(reverse("qualification:demo_new", args=[deal.pk]), {"title": "财务部演示"})
        plan = DemoPlan.objects.get()
        assert made["Location"] == reverse("qualification:demo_plan", args=[plan.pk])
        for step in ("audience", "strategy", "material", "rehearsal", "speech"):
            assert "Step 1 comes first" in client.get(reverse("qualification:demo_plan", args=[plan.pk]), {"step": step}).content.decode()

        def post(step, **values):
            address = reverse("qualification:demo_plan", args=[plan.pk]) + f"?step={step}"
            return client.post(address, values, headers={"HX-Request": "true"})

        assert post("aim", **ANSWERS, product="TRADE", aim_what="功能", aim_rank="OWNER", aim_issues="对账").status_code == 200
        timing = {f"timing-{name}": "yes" for name in calc.TIMING} | {"timing-key_person": "no"}
        words = {"reply-CHANGE": "短版", "person-CHANGE": cast.colleague.user.pk, "rival-STRONG": "守住核心"}
        answer = post("strategy", **timing, **words)
        assert "it is wasted" in answer.content.decode()
        given = {"name": "刘总", "kind": "TOP", "weight": 5}
        assert client.post(reverse("qualification:demo_listener_new", args=[plan.pk]), given).status_code == 204
        block = {"title": "对账", "structure": "PROBLEM", "form": "STORY", "minutes": 20}
        assert client.post(reverse("qualification:demo_block_new", args=[plan.pk]), block).status_code == 204
        row = DemoBlock.objects.get()
        run = {"on_date": "2026-09-01", "is_full": "on", f"block-{row.pk}": 21}
        assert client.post(reverse("qualification:demo_rehearse", args=[plan.pk]), run).status_code == 204
        when = {"title": "财务部演示", "demo_date": "2999-01-05", "minutes": 60, "place": "客户会议室"}
        assert client.post(reverse("qualification:demo_date", args=[plan.pk]), when).status_code == 204
        assert client.post(reverse("qualification:demo_confirm", args=[plan.pk])).status_code == 409
        assert post("strategy", **timing, **words, timing_override="总经理视频参加").status_code == 200
        assert (
            post("speech", opening="各位好", closing="谢谢", opening_minutes=5, closing_minutes=5, **{"check-WELCOME": "on"}).status_code
            == 200
        )
        assert post("material", minutes=45).status_code == 200
        assert client.post(reverse("qualification:demo_confirm", args=[plan.pk])).status_code == 200
        for step in (*calc.Step, "result"):
            assert client.get(reverse("qualification:demo_plan", args=[plan.pk]), {"step": step}).status_code == 200
        printed = client.get(reverse("qualification:demo_print", args=[plan.pk])).content.decode()
        for words in ("刘总", "总经理视频参加", "短版", "何川", "各位好"):
            assert words in printed
        paper = Document(io.BytesIO(client.get(reverse("qualification:demo_word", args=[plan.pk])).content))
        text = "\n".join([*(one.text for one in paper.paragraphs), *(cell.text for table in paper.tables for cell in table._cells)])
        for words in ("刘总", "守住核心", "做过五家", "短版", "各位好"):
            assert words in text
        listener = plan.audience.get()
        result = {
            "held_date": "2026-09-02", "reaction": "好", "next_step": "送方案", "next_step_date": "2026-09-05", "version": "",
            f"was_there-{listener.pk}": "on", f"attitude-{listener.pk}": "ACCEPT", f"reaction-{listener.pk}": "点头",
        }  # fmt: skip
        assert client.post(reverse("qualification:demo_result", args=[plan.pk]), result).status_code == 204
        follow = {"kind": "QUESTION", "text": "接口", "owner": cast.owner.user.pk, "due_date": "2999-01-01"}
        assert client.post(reverse("qualification:demo_follow_up", args=[plan.pk]), follow).status_code == 204
        assert client.post(reverse("qualification:demo_follow_up_done", args=[plan.follow_ups.get().pk])).status_code == 200
        page = client.get(reverse("qualification:demo_plan", args=[plan.pk]), {"step": "result"}).content.decode()
        assert "点头" in page
        for name, key in (("demo_block_out", row.pk), ("demo_listener_out", listener.pk)):
            assert client.post(reverse(f"qualification:{name}", args=[key])).status_code == 200

    def test_strangers_find_nothing_and_readers_change_nothing(self, cast, plan, deal):
        for name, key in (("demo", deal.pk), ("demo_plan", plan.pk), ("demo_print", plan.pk), ("demo_word", plan.pk)):
            assert cast.stranger.client.get(reverse(f"qualification:{name}", args=[key])).status_code == 404
            assert cast.read_only.client.get(reverse(f"qualification:{name}", args=[key])).status_code == 200
        for name in ("demo_load", "demo_ask", "demo_confirm", "demo_date", "demo_result", "demo_follow_up", "demo_rehearse"):
            assert cast.stranger.client.post(reverse(f"qualification:{name}", args=[plan.pk])).status_code == 404
            assert cast.read_only.client.post(reverse(f"qualification:{name}", args=[plan.pk])).status_code == 403
        address = reverse("qualification:demo_plan", args=[plan.pk]) + "?step=aim"
        assert cast.read_only.client.post(address, ANSWERS).status_code == 403

    def test_more_plans_and_rows_cost_no_more_queries(self, cast, plan, deal, now, count_queries):
        def cost():
            with count_queries() as counted:
                cast.owner.client.get(reverse("qualification:demo", args=[deal.pk]))
                cast.owner.client.get(reverse("qualification:demo_plan", args=[plan.pk]), {"step": "audience"})
            return counted.number

        save(cast, plan, now, "aim", **ANSWERS)
        DemoListener.objects.create(plan=plan, name="甲", kind="TOP")
        cost()
        few = cost()
        for number in range(6):
            actions.plan_demo(opportunity=deal, title=f"第{number}场", by=cast.owner.scope, now=now, language="en")
            DemoListener.objects.create(plan=plan, name=f"听众{number}", kind="USER")
        assert cost() == few
