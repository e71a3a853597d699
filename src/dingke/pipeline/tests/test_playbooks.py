"""Playbooks as data: reading, shipped ones, the designer, versions of running deals."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.core.errors import Invalid, NotAllowed, StaleRecord
from dingke.pipeline.actions import playbooks, shipped, versions
from dingke.pipeline.actions.opportunity import create_opportunity, move_opportunity
from dingke.pipeline.calc.mapping import compare, map_deal
from dingke.pipeline.calc.playbook import Unsound, gate_between, gate_out, parse, stored
from dingke.pipeline.models import Opportunity, Playbook, PlaybookVersion, StepRun
from dingke.pipeline.queries.gates import gates_of
from dingke.pipeline.queries.playbooks import content_of, known_checks, version_for_family
from dingke.pipeline.tests.factories import CONTENT, make_opportunity, make_playbook

SHIPPED = {row["code"]: parse(row["content"]) for row in shipped.read_playbooks()}


def test_what_is_read_is_stored_the_same():
    content = parse(CONTENT)
    assert parse(stored(content)) == content
    for one in SHIPPED.values():
        assert parse(stored(one)) == one


def test_every_mistake_is_named_in_both_languages():
    wrong = {
        "stages": [
            {"code": "low", "en": "Low", "probability": 101, "strange": 1},
            {"code": "A", "steps": [{"code": "S", "en": "S", "proof": "OATH"}, {"code": "S", "en": "S", "days": -1}]},
            {"code": "A", "en": "A", "buying": "LATER", "exit": [{"key": "K", "check": "NO_SUCH"}, {"key": "K", "check": "STEP_DONE", "params": {"step": "X", "most": 1}}]},
            "no stage",
        ]
    }  # fmt: skip
    with pytest.raises(Unsound) as found:
        parse(wrong, {"STEP_DONE": ("step",)})
    codes = {reason.code for reason in found.value.reasons}
    assert codes == {
        "BAD_CODE", "BAD_NUMBER", "UNKNOWN_FIELD", "NO_NAME", "BAD_CHOICE", "TWICE", "UNKNOWN_CHECK", "NO_STEP", "BAD_PARAM", "NOT_A_RECORD",
    }  # fmt: skip
    assert all(found.value.sentences("zh"))
    assert all(found.value.sentences("en"))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["stages", "code", "steps", "exit", "en", "params", "check"]), inner, max_size=4), max_leaves=12))  # fmt: skip
def test_anything_else_than_a_playbook_is_refused_and_never_breaks(value):
    try:
        stages = len(parse(value, {}).stages)
    except Unsound as problem:
        stages = len(problem.reasons)
    assert stages > 0


@given(st.integers(0, 6), st.integers(0, 6))
def test_a_gate_over_several_stages_is_every_gate_between(before, after):
    content = SHIPPED["SEVEN_PHASES"]
    way = gate_between(content, before, after)
    single = [one for place in range(before, after) for one in gate_between(content, place, place + 1)]
    assert list(way) == single
    assert bool(way) == (after > before)


@pytest.mark.item("F-02", "F-03", "F-04", "F-05", "F-07", "F-09", "F-15", "F-17", "D-05")
def test_the_shipped_playbooks_have_the_stages_of_the_catalogue():
    stages = {code: [stage.label.zh for stage in content.stages] for code, content in SHIPPED.items()}
    assert stages == {
        "SEVEN_PHASES": ["客户开发", "项目立项", "项目提案", "项目投标", "项目谈判", "项目实施", "项目验收"],
        "MAIN_LINE": ["商机阶段", "商机确认", "意向沟通", "商务谈判"],
        "QUICK_KNIFE": ["沟通", "画饼", "迎合", "商务"],
        "PROCESS_STYLE": ["商机", "初访", "演示", "商务", "签约"],
        "TENDER": ["招标信息", "竞争对手情报", "投标准备", "投标方案与标书", "可行性研究", "开标、评标与中标", "合同签署与履行"],
        "ACCOUNT_STRATEGY": ["调研与识别", "定制化方案", "沟通机制", "专业团队", "增值服务", "定期评估", "激励与关系管理"],
        "ADMISSION": ["逐步沟通", "纳入关键客户", "长期合作"],
    }


@pytest.mark.item("F-04")
@pytest.mark.parametrize(
    ("stage", "steps"),
    [
        ("DEVELOPMENT", ["CALL", "VISIT"]), ("SETUP", ["FIRST_SCHEME"]), ("PROPOSAL", ["DETAIL", "FRAMEWORK_NEED"]), ("BID", ["EVALUATION"]),
        ("NEGOTIATION", ["NEGOTIATED", "SIGNED"]), ("EXECUTION", ["MILESTONES"]), ("ACCEPTANCE", ["ACCEPTED"]),
    ],
)  # fmt: skip
def test_the_ten_steps_stand_in_their_phases(stage, steps):
    found = SHIPPED["SEVEN_PHASES"].stage(stage)
    assert [step.code for step in found.steps if step.code in steps] == steps


@pytest.mark.item("F-10", "L-06")
@pytest.mark.parametrize(("code", "stage"), [("SEVEN_PHASES", "BID"), ("MAIN_LINE", "INTENT"), ("PROCESS_STYLE", "DEMO")])
def test_eight_conditions_stand_before_the_negotiation(code, stage):
    content = SHIPPED[code]
    eight = [one.condition for one in gate_out(content, stage) if one.condition.key.startswith("F10_")]
    assert len(eight) == 8
    assert all(one.must and one.check == "STEP_DONE" for one in eight)
    steps = {one.code: one for one in content.stage(stage).steps}
    assert all(steps[str(one.params["step"])].proof == "CONTACT" for one in eight)


@pytest.mark.item("F-11", "K-01", "K-02", "K-03", "K-04")
def test_the_price_gate_asks_confirmed_needs_the_two_confirmations_and_the_budget():
    gate = {one.condition.key: one.condition for one in gate_out(SHIPPED["PROCESS_STYLE"], "DEMO")}
    assert gate["K01_NEEDS"].check == "NEEDS_CONFIRMED"
    needed = {key for key in gate if key.startswith("K0") and gate[key].must}
    assert needed == {"K01_NEEDS", "K02_FEEDBACK", "K02_TRIMMED", "K03_BUDGET"}
    assert {"K03_RECOGNITION", "K03_RIVAL_PRICE"} <= set(gate) - needed


@pytest.mark.item("F-08")
def test_the_eight_concerns_stand_in_the_third_step_of_the_quick_knife():
    concerns = [step for step in SHIPPED["QUICK_KNIFE"].stage("FIT_IN").steps if step.code.startswith("CONCERN_")]
    assert len(concerns) == 8
    assert not any(step.must for step in concerns)


def test_every_check_of_a_shipped_playbook_exists():
    known = known_checks()
    for content in SHIPPED.values():
        parse(stored(content), known)


@pytest.mark.django_db
def test_shipped_playbooks_come_once_and_a_newer_text_is_a_new_version(cast, account, now, today, tmp_path):
    number = shipped.load_shipped(now=now)
    assert number == len(SHIPPED) == PlaybookVersion.objects.count()
    assert shipped.load_shipped(now=now) == 0
    running = make_opportunity(account=account, owner=cast.owner.user, version=PlaybookVersion.objects.get(playbook__code="QUICK_KNIFE"))
    newer = tmp_path / "playbooks.yaml"
    newer.write_text(shipped.FILE.read_text(encoding="utf-8").replace("zh: 画饼", "zh: 描绘愿景"), encoding="utf-8")
    assert shipped.load_shipped(now=now, file=newer) == 1
    versions_now = PlaybookVersion.objects.filter(playbook__code="QUICK_KNIFE").order_by("number")
    assert [one.number for one in versions_now] == [1, 2]
    running.refresh_from_db()
    assert running.playbook_version_id == versions_now[0].pk


@pytest.mark.item("F-06")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("family", "code"), [("纯财务产品", "QUICK_KNIFE"), ("商贸版", "QUICK_KNIFE"), ("专业版", "PROCESS_STYLE"), ("旗舰版", "PROCESS_STYLE"), ("数控机床", "SEVEN_PHASES")]
)  # fmt: skip
def test_the_product_family_chooses_the_playbook(now, family, code):
    shipped.load_shipped(now=now)
    assert version_for_family(family).playbook.code == code


@pytest.mark.django_db
def test_deals_of_a_shipped_playbook_are_judged_by_all_its_checks(cast, account, now, today):
    shipped.load_shipped(now=now)
    for version in PlaybookVersion.objects.select_related("playbook"):
        for stage in content_of(version).stages:
            deal = make_opportunity(account=account, owner=cast.owner.user, version=version, stage=stage.code)
            gate = gates_of([deal], today=today)[deal.pk]
            assert all(line.sentence("zh") and line.sentence("en") and line.label("zh") for line in gate.lines)


# ---- designer -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def write(cast, now):
    return {"by": cast.director.scope, "now": now}


HEAD = {"label_zh": "设备销售", "label_en": "Machines", "mode": "PROJECT", "unit": "PROJECT"}


@pytest.mark.item("F-18")
def test_a_playbook_of_our_own_from_draft_to_published(cast, account, write, today):
    draft = playbooks.create_playbook(values=HEAD, **write)
    draft = playbooks.save_stage(
        draft=draft, code="STAGE_1", values={"zh": "初谈", "en": "First talk", "exit": [{"key": "A", "check": "ACCOUNT_KNOWN"}]}, **write
    )
    draft = playbooks.save_stage(draft=draft, code="", values={"zh": "签约", "en": "Signing", "probability": 80}, **write)
    draft = playbooks.order_stages(draft=draft, order=["STAGE_2", "STAGE_1"], **write)
    draft = playbooks.order_stages(draft=draft, order=["STAGE_1", "STAGE_2"], **write)
    published = playbooks.publish_playbook(draft=draft, note="第一版", **write)
    deal = create_opportunity(
        values={"name": "首单", "account": account}, playbook_version=published, today=today, by=cast.owner.scope, now=write["now"]
    )
    assert deal.stage == "STAGE_1"
    assert published.playbook.is_own


def test_an_unknown_check_is_refused_with_a_sentence(write):
    draft = playbooks.create_playbook(values=HEAD, **write)
    with pytest.raises(Invalid) as refused:
        playbooks.save_stage(draft=draft, code="STAGE_1", values={"exit": [{"key": "A", "check": "MOON_FULL"}]}, **write)
    assert "MOON_FULL" in refused.value.message
    PlaybookVersion.objects.filter(pk=draft.pk).update(
        content={"stages": [{"code": "A", "en": "A", "exit": [{"key": "A", "check": "MOON_FULL"}]}]}
    )
    with pytest.raises(Invalid):
        playbooks.publish_playbook(draft=draft, note="", **write)


def test_sellers_write_no_playbooks(cast, now):
    with pytest.raises(NotAllowed):
        playbooks.create_playbook(values=HEAD, by=cast.owner.scope, now=now)


def test_a_published_version_is_not_changed_and_two_writers_collide(write):
    draft = playbooks.create_playbook(values=HEAD, **write)
    playbooks.save_stage(draft=draft, code="STAGE_1", values={"zh": "新名"}, expected_version=draft.version, **write)
    with pytest.raises(StaleRecord):
        playbooks.save_stage(draft=draft, code="STAGE_1", values={"zh": "旧名"}, expected_version=draft.version, **write)
    playbooks.publish_playbook(draft=draft, note="", **write)
    with pytest.raises(playbooks.UnableToEditPlaybook):
        playbooks.save_stage(draft=draft, code="STAGE_1", values={"zh": "迟了"}, **write)


def test_a_playbook_edited_during_a_deal_leaves_the_deal_its_version(cast, account, write, now, today):
    version = make_playbook()
    deal = make_opportunity(account=account, owner=cast.owner.user, version=version)
    draft = playbooks.open_draft(playbook=version.playbook, **write)
    assert playbooks.open_draft(playbook=version.playbook, **write).pk == draft.pk
    draft = playbooks.remove_stage(draft=draft, code="OFFER", **write)
    published = playbooks.publish_playbook(draft=draft, note="少一段", **write)
    act = {"by": cast.owner.scope, "now": now, "today": today}
    moved = move_opportunity(opportunity=deal, to_stage="OFFER", **act)  # the stage is still there for this deal
    assert moved.stage == "OFFER"
    plan = versions.preview(Opportunity.objects.get(pk=deal.pk), published)
    assert (plan.stage, plan.is_same_stage) == ("TERMS", False)
    with pytest.raises(versions.UnableToChangePlaybook):
        versions.change_version(opportunity=deal, version=published, to_stage="DELIVERY", **act)
    changed = versions.change_version(opportunity=deal, version=published, **act)
    assert (changed.playbook_version_id, changed.stage, changed.stage_position) == (published.pk, "TERMS", 1)
    assert changed.spells.last().way == "VERSION"


def test_steps_done_under_the_same_code_come_along(cast, account, write, now, today):
    version = make_playbook()
    deal = make_opportunity(account=account, owner=cast.owner.user, version=version)
    StepRun.objects.create(opportunity=deal, stage="LEAD", step="CALL", done_at=now, proof="已约")
    draft = playbooks.open_draft(playbook=version.playbook, **write)
    steps = [{"code": "CALL", "zh": "电话", "en": "Call"}, {"code": "VISIT", "zh": "拜访", "en": "Visit", "days": 5}]
    draft = playbooks.save_stage(draft=draft, code="LEAD", values={"steps": steps}, **write)
    published = playbooks.publish_playbook(draft=draft, note="", **write)
    plan = versions.preview(deal, published)
    assert (plan.kept_steps, plan.new_steps) == ((("LEAD", "CALL"),), (("LEAD", "VISIT"),))
    versions.change_version(opportunity=deal, version=published, by=cast.owner.scope, now=now, today=today)
    runs = {run.step: run for run in StepRun.objects.filter(opportunity=deal)}
    assert runs["CALL"].done_at == now
    assert runs["VISIT"].due_date == today + timedelta(days=5)


def test_two_versions_beside_each_other():
    old, new = parse(CONTENT), parse({"stages": [{**CONTENT["stages"][0], "probability": 15}, {"code": "X", "en": "X", "zh": "新"}]})
    rows = {row.code: (row.kind, row.what) for row in compare(old, new)}
    assert rows["LEAD"] == ("CHANGED", ("probability",))
    assert (rows["X"][0], rows["TERMS"][0]) == ("ADDED", "REMOVED")


@given(st.sampled_from(sorted(SHIPPED)), st.sampled_from(sorted(SHIPPED)), st.integers(0, 6))
def test_a_deal_always_lands_in_a_stage_that_exists(one, other, place):
    old, new = SHIPPED[one], SHIPPED[other]
    stage = old.stages[min(place, len(old.stages) - 1)].code
    plan = map_deal(old, new, stage, {(stage, "NO_SUCH")})
    assert new.stage(plan.stage) is not None
    assert plan.lost_steps == ((stage, "NO_SUCH"),)


def test_a_playbook_that_was_put_away_offers_itself_no_more(write):
    version = make_playbook()
    playbooks.set_playbook_archived(playbook=version.playbook, is_archived=True, **write)
    assert version_for_family("") is None or version_for_family("").playbook_id != version.playbook_id
    assert Playbook.objects.get(pk=version.playbook_id).archived_at is not None
