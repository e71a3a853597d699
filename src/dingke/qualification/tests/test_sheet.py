"""The 7+3 sheet: saving, red flags, verdict, what is known already, its page."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from dingke.accounts.models import DossierEntry, Question
from dingke.accounts.tests.factories import NOW, TODAY, make_account, make_contact, make_item
from dingke.core.errors import Invalid, NotAllowed, StaleRecord
from dingke.core.models import AuditEntry
from dingke.pipeline.tests.factories import make_opportunity
from dingke.qualification.actions import sheet as actions
from dingke.qualification.models import Evidence, RedFlag, SheetDecision, SheetElement, SheetSnapshot
from dingke.qualification.queries import sheet as queries
from dingke.stakeholders.models import BuyingCentre, Stakeholder

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"
PART = {"HX-Request": "true"}


@pytest.fixture
def deal(cast: Any, account: Any) -> Any:
    return make_opportunity("账务系统项目", account=account, owner=cast.owner.user)


def save(deal: Any, by: Any, element: str = "NEED", **values: Any) -> SheetElement:
    version = values.pop("expected_version", None)
    rest = {name: values.pop(name) for name in ("flag_code", "flag_text", "budget") if name in values}
    return actions.save_element(opportunity=deal, element=element, values=values, by=by.scope, now=NOW, expected_version=version, **rest)


@pytest.mark.item("E-02")
def test_each_save_of_a_day_moves_the_same_point_of_the_trend(cast: Any, deal: Any) -> None:
    save(deal, cast.owner, state="PARTIAL", text="月底对账慢")
    save(deal, cast.owner, "COMPETITOR", state="CONFIRMED", text="只有一家")
    point = SheetSnapshot.objects.get()
    assert (point.on_date, point.score, point.states) == (TODAY, 9, {"NEED": "PARTIAL", "COMPETITOR": "CONFIRMED"})
    actions.save_element(opportunity=deal, element="NEED", values={"state": "CONFIRMED"}, by=cast.owner.scope, now=NOW + timedelta(days=1))
    assert list(SheetSnapshot.objects.order_by("on_date").values_list("score", flat=True)) == [9, 12]


def test_a_first_save_needs_no_row(cast: Any, deal: Any) -> None:
    assert save(deal, cast.owner, state="PARTIAL", expected_version=0).as_of_date == TODAY


def test_a_stale_save_is_refused_with_both(cast: Any, deal: Any) -> None:
    first = save(deal, cast.owner, state="PARTIAL", text="一")
    save(deal, cast.owner, text="二", expected_version=first.version)
    with pytest.raises(StaleRecord) as refused:
        save(deal, cast.manager, text="三", expected_version=first.version)
    assert (refused.value.theirs["text"], refused.value.yours["text"]) == ("二", "三")
    with pytest.raises(StaleRecord):
        save(deal, cast.manager, text="三", expected_version=0)


@pytest.mark.item("E-04")
def test_a_schedule_without_date_needs_a_cause(cast: Any, deal: Any) -> None:
    with pytest.raises(Invalid) as refused:
        save(deal, cast.owner, "SCHEDULE", state="PARTIAL", text="说不清", facts={})
    assert "no_date_cause" in refused.value.fields
    assert save(deal, cast.owner, "SCHEDULE", state="PARTIAL", facts={"no_date_cause": "NO_PLAN"}).state == "PARTIAL"


@pytest.mark.item("E-05")
def test_the_budget_is_the_deals_own(cast: Any, deal: Any) -> None:
    budget = {"budget_low": Decimal(80_000), "budget_high": Decimal(100_000), "budget_basis": "PROBED"}
    save(deal, cast.owner, "BUDGET", state="PARTIAL", budget=budget)
    deal.refresh_from_db()
    assert (deal.budget_low, deal.budget_high, deal.budget_basis) == (80_000, 100_000, "PROBED")
    with pytest.raises(Invalid):
        save(deal, cast.owner, "BUDGET", budget={**budget, "budget_low": Decimal(200_000)})


@pytest.mark.item("E-02")
def test_a_red_flag_is_decided_by_whoever_leads(cast: Any, deal: Any) -> None:
    with pytest.raises(Invalid):
        save(deal, cast.owner, "BASICS", state="RED_FLAG")
    with pytest.raises(Invalid):
        save(deal, cast.owner, "BASICS", state="RED_FLAG", flag_code="TOO_FAR")
    save(deal, cast.owner, "BASICS", state="RED_FLAG", flag_code="BAD_PAYER")
    flag = RedFlag.objects.get()
    with pytest.raises(actions.UnableToSaveSheet):
        save(deal, cast.owner, "BASICS", state="CONFIRMED")
    for person in (cast.owner, cast.colleague):
        with pytest.raises(NotAllowed):
            actions.decide_flag(flag=flag, decision="CLEARED", reason="已付清", by=person.scope, now=NOW)
    with pytest.raises(Invalid):
        actions.decide_flag(flag=flag, decision="CLEARED", reason=" ", by=cast.manager.scope, now=NOW)
    actions.decide_flag(flag=flag, decision="CLEARED", reason="已付清", by=cast.manager.scope, now=NOW)
    assert SheetElement.objects.get(element="BASICS").state == "PARTIAL"
    with pytest.raises(actions.UnableToSaveSheet):
        actions.decide_flag(flag=flag, decision="DROP", reason="再想想", by=cast.manager.scope, now=NOW)


@pytest.mark.item("E-22")
def test_the_verdict_is_decided_with_a_reason(cast: Any, deal: Any) -> None:
    soon = TODAY + timedelta(days=90)
    save(deal, cast.owner, "SERVICE", state="RED_FLAG", flag_code="TOO_FAR")
    with pytest.raises(actions.UnableToSaveSheet):
        actions.decide_verdict(opportunity=deal, verdict="IDEAL", reason="我有把握", by=cast.owner.scope, now=NOW)
    with pytest.raises(NotAllowed):
        actions.decide_verdict(opportunity=deal, verdict="DROP", reason="太远", recheck_date=soon, by=cast.owner.scope, now=NOW)
    with pytest.raises(Invalid):
        actions.decide_verdict(opportunity=deal, verdict="DROP", reason="太远", by=cast.manager.scope, now=NOW)
    decision = actions.decide_verdict(opportunity=deal, verdict="DROP", reason="太远", recheck_date=soon, by=cast.manager.scope, now=NOW)
    assert (decision.proposed, decision.score) == ("DROP", 0)
    assert decision.causes[0]["code"] == "FLAG_DROP"
    deal.refresh_from_db()
    assert deal.recheck_date == soon
    assert SheetDecision.objects.count() == 1


def test_questions_go_to_the_account_and_leave_it_again(cast: Any, deal: Any) -> None:
    save(deal, cast.owner, state="PARTIAL", next_question="谁来验收？")
    question = Question.objects.get()
    assert (question.account, question.text) == (deal.account, "谁来验收？")
    save(deal, cast.owner, next_question="谁来验收，标准是什么？")
    assert list(Question.objects.filter(archived_at=None).values_list("text", flat=True)) == ["谁来验收，标准是什么？"]
    save(deal, cast.owner, state="CONFIRMED")
    assert not Question.objects.filter(archived_at=None).exists()


@pytest.mark.item("C-03")
def test_all_open_elements_ask_at_once(cast: Any, deal: Any) -> None:
    save(deal, cast.owner, state="CONFIRMED")
    shown = queries.sheet_of(cast.owner.scope, deal, today=TODAY)
    assert actions.ask_all(opportunity=deal, questions=shown.to_ask, by=cast.owner.scope, now=NOW) == 9
    assert Question.objects.filter(account=deal.account, archived_at=None).count() == 9
    assert actions.ask_all(opportunity=deal, questions=shown.to_ask, by=cast.owner.scope, now=NOW) == 0


def test_evidence_makes_an_unknown_element_known_in_part(cast: Any, deal: Any) -> None:
    evidence = actions.add_evidence(
        opportunity=deal, element="DECISION", kind="VISIT", reference="11 月 3 日拜访", on_date=TODAY, by=cast.owner.scope, now=NOW
    )
    assert SheetElement.objects.get(element="DECISION").state == "PARTIAL"
    with pytest.raises(Invalid):
        actions.add_evidence(
            opportunity=deal, element="NEED", kind="VISIT", reference=" ", on_date=TODAY + timedelta(days=3), by=cast.owner.scope, now=NOW
        )
    actions.remove_evidence(evidence=evidence, by=cast.owner.scope, now=NOW)
    assert not Evidence.objects.exists()
    assert AuditEntry.objects.filter(action="qualification.remove_evidence", summary="11 月 3 日拜访").exists()


@pytest.mark.item("E-03", "E-07")
def test_what_is_known_already_is_taken_over(cast: Any) -> None:
    account = make_account(
        "远航机械", owner=cast.owner.user, employees=180, industry=make_item("industries", "MACHINERY", zh="机械", en="Machinery")
    )
    source = make_item("info_sources", "PUBLIC", zh="公开资料", en="Public")
    DossierEntry.objects.create(account=account, field="PROBLEM", text="月底对账要一周", source=source, as_of_date=TODAY)
    centre = BuyingCentre.objects.create(account=account, is_standing=True)
    Stakeholder.objects.create(centre=centre, contact=make_contact(account, "陈立群"), is_key_person=True, competence_accepted=True)
    deal = make_opportunity(account=account, owner=cast.owner.user, expected_date=date(2026, 12, 20))
    shown = queries.sheet_of(cast.owner.scope, deal, today=TODAY)
    known = {view.element.code: view.proposals for view in shown.elements}
    assert known["BASICS"][0].facts["headcount"] == "180"
    assert known["SCHEDULE"][0].facts == {"decision_date": "2026-12-20"}
    assert "陈立群" in known["KEY_PERSON"][0].text
    for code in ("BASICS", "SCHEDULE", "NEED", "KEY_PERSON"):
        url = reverse("qualification:take_over", args=[deal.pk, code])
        assert cast.owner.client.post(url, {"key": known[code][0].key}, headers=PART).status_code == 204
    rows = {row.element: row for row in SheetElement.objects.all()}
    assert rows["BASICS"].facts["industry"] in {"Machinery", "机械"}
    assert rows["NEED"].text == "月底对账要一周"
    assert all(row.state == "PARTIAL" for row in rows.values())
    again = queries.sheet_of(cast.owner.scope, deal, today=TODAY)
    assert not any(view.proposals for view in again.elements)
    assert cast.owner.client.post(reverse("qualification:take_over", args=[deal.pk, "NEED"]), {"key": "gone"}).status_code == 409


# ---- pages ----------------------------------------------------------------------------------------------------------


def post(client: Any, deal: Any, element: str, **data: Any) -> Any:
    fields = {
        "state": "PARTIAL",
        "version": "0",
        "text": "",
        "next_question": "",
        "as_of_date": "",
        "flag_code": "",
        "flag_text": "",
        **data,
    }
    return client.post(reverse("qualification:sheet_element", args=[deal.pk, element]), fields, headers=PART)


def test_saving_answers_small_parts_of_the_page(cast: Any, deal: Any) -> None:
    answer = post(cast.owner.client, deal, "NEED", text="月底对账慢")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'id="version-NEED" value="' in text
    assert 'id="sheet-head" hx-swap-oob="true"' in text
    assert "<textarea" not in text
    answer = post(cast.owner.client, deal, "SCHEDULE")
    assert answer.status_code == 422
    assert "no plan" in answer.content.decode()


def test_two_people_edit_one_element(cast: Any, deal: Any) -> None:
    post(cast.owner.client, deal, "NEED", text="一")
    version = SheetElement.objects.get().version
    post(cast.owner.client, deal, "NEED", text="二", version=str(version))
    answer = post(cast.manager.client, deal, "NEED", text="三", version=str(version))
    text = answer.content.decode()
    assert (answer.status_code, answer["HX-Retarget"]) == (409, "#element-NEED")
    assert "二" in text
    assert "三" in text
    now_version = SheetElement.objects.get().version
    kept = post(cast.manager.client, deal, "NEED", text="三", version=str(now_version), **{"keep-text": "theirs"})
    assert (kept.status_code, kept["HX-Retarget"]) == (200, "#element-NEED")
    assert SheetElement.objects.get().text == "二"


def test_scripts_in_texts_are_shown_as_text(cast: Any, deal: Any) -> None:
    save(deal, cast.owner, "BASICS", state="RED_FLAG", flag_text=SCRIPT, text=SCRIPT, next_question=SCRIPT, facts={"industry": SCRIPT})
    actions.add_evidence(opportunity=deal, element="NEED", kind="NOTE", reference=SCRIPT, on_date=TODAY, by=cast.owner.scope, now=NOW)
    for person in (cast.owner, cast.director, cast.read_only):
        page = person.client.get(reverse("qualification:sheet", args=[deal.pk]), headers=PART)
        assert page.status_code == 200
        assert SCRIPT not in page.content.decode()


@pytest.mark.parametrize("who", ["owner", "manager", "director", "finance", "service", "read_only", "administrator"])
def test_who_sees_the_sheet(cast: Any, deal: Any, who: str) -> None:
    assert getattr(cast, who).client.get(reverse("qualification:sheet", args=[deal.pk]), headers=PART).status_code == 200


def test_rights(cast: Any, deal: Any) -> None:
    save(deal, cast.owner, "BASICS", state="RED_FLAG", flag_code="BAD_PAYER")
    flag = reverse("qualification:flag_decide", args=[RedFlag.objects.get().pk])
    assert cast.stranger.client.get(reverse("qualification:sheet", args=[deal.pk]), headers=PART).status_code == 404
    assert post(cast.stranger.client, deal, "NEED").status_code == 404
    assert post(cast.read_only.client, deal, "NEED").status_code == 403
    assert cast.stranger.client.get(flag).status_code == 404
    assert cast.owner.client.get(flag).status_code == 403
    assert cast.manager.client.get(flag).status_code == 200
    assert cast.manager.client.post(flag, {"decision": "GO_ON", "reason": "预付一半"}, headers=PART).status_code == 204
    assert RedFlag.objects.get().decision == "GO_ON"


def test_amounts_are_hidden_from_who_may_not_see_them(cast: Any, deal: Any) -> None:
    deal.budget_low = Decimal("654321.00")
    deal.save()
    assert "654,321" not in cast.service.client.get(reverse("qualification:sheet", args=[deal.pk]), headers=PART).content.decode()


def test_a_deal_without_an_account(cast: Any) -> None:
    deal = make_opportunity(owner=cast.owner.user)
    assert post(cast.owner.client, deal, "NEED", next_question="是哪家公司？").status_code == 200
    assert not Question.objects.exists()
    assert cast.owner.client.get(reverse("qualification:sheet", args=[deal.pk]), headers=PART).status_code == 200
    assert cast.colleague.client.get(reverse("qualification:sheet", args=[deal.pk]), headers=PART).status_code == 404


def test_dialogs_open_and_save(cast: Any, deal: Any) -> None:
    evidence = reverse("qualification:evidence_new", args=[deal.pk, "NEED"])
    verdict = reverse("qualification:verdict", args=[deal.pk])
    for url in (evidence, verdict, reverse("qualification:sheet", args=[deal.pk])):
        assert cast.owner.client.get(url, headers=PART).status_code == 200
        assert cast.owner.client.get(url).status_code == 200
    assert cast.owner.client.post(evidence, {"kind": "MAIL", "reference": "邮件", "on_date": "2020-01-01"}, headers=PART).status_code == 204
    assert cast.owner.client.post(verdict, {"verdict": "LEARN", "reason": ""}, headers=PART).status_code == 422
    answer = cast.owner.client.post(verdict, {"verdict": "LEARN", "reason": "先弄清流程"})
    assert answer.status_code == 303
    removed = reverse("qualification:evidence_remove", args=[Evidence.objects.get().pk])
    assert cast.owner.client.post(removed, headers=PART).status_code == 204


def test_an_erasure_reaches_the_sub_fields(cast: Any, deal: Any) -> None:
    from dingke.qualification.actions.erasure import erase_from_kept

    contact = make_contact(deal.account, "陈立群")
    save(deal, cast.owner, "BASICS", state="PARTIAL", facts={"organisation": "采购由陈立群负责"})
    erase_from_kept(contact=contact, words=["陈立群"], stand_in="某人", with_mentions=True, now=NOW)
    assert "陈立群" not in SheetElement.objects.get().facts["organisation"]


def test_queries_do_not_grow_with_what_is_known(cast: Any, deal: Any, count_queries: Any) -> None:
    url = reverse("qualification:sheet", args=[deal.pk])
    cast.owner.client.get(url, headers=PART)
    with count_queries() as few:
        cast.owner.client.get(url, headers=PART)
    for code in ("NEED", "COMPETITOR", "STRENGTH", "PRODUCT", "DECISION"):
        save(deal, cast.owner, code, state="PARTIAL", text=code, next_question="？")
        for number in range(5):
            actions.add_evidence(
                opportunity=deal, element=code, kind="NOTE", reference=f"{number}", on_date=TODAY, by=cast.owner.scope, now=NOW
            )
    with count_queries() as many:
        cast.owner.client.get(url, headers=PART)
    assert many.number == few.number
