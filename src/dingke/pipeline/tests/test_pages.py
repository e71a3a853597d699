"""The pages of deals and playbooks: what they show, who may, and what they answer."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from dingke.accounts.models import Collaborator
from dingke.accounts.tests.factories import NOW, make_contact, make_item
from dingke.ledger.models import Product
from dingke.pipeline.actions import shipped
from dingke.pipeline.models import GateWaiver, Opportunity, OpportunityCompetitor, OpportunityLine, PlaybookVersion, StepRun
from dingke.pipeline.tests.factories import make_opportunity, make_playbook

HTMX = {"HX-Request": "true"}


@pytest.fixture
def deal(cast, account):
    return make_opportunity("压铸线改造", account=account, owner=cast.owner.user)


def page(person, route, /, *args, **query):
    return person.client.get(reverse(f"pipeline:{route}", args=args), query)


def post(person, route, /, *args, htmx=True, **data):
    return person.client.post(reverse(f"pipeline:{route}", args=args), data, headers=HTMX if htmx else {})


def test_the_page_of_a_deal_shows_next_step_gate_and_steps(cast, deal):
    Opportunity.objects.filter(pk=deal.pk).update(account=None)
    text = page(cast.owner, "deal", deal.pk).content.decode()
    for words in (
        "压铸线改造",
        "No next step is set",
        "Gate to Proposal",
        "The deal hangs on no account yet",
        "Phone appointment",
        "Waive",
    ):
        assert words in text, words


def test_a_colleague_with_a_read_share_sees_and_changes_nothing(cast, account, deal):
    assert page(cast.colleague, "deal", deal.pk).status_code == 404
    Collaborator.objects.create(account=account, user=cast.colleague.user, level=Collaborator.Level.READ, added_at=NOW)
    shown = page(cast.colleague, "deal", deal.pk)
    assert shown.status_code == 200
    assert "Won</button>" not in shown.content.decode()
    assert post(cast.colleague, "next_step", deal.pk, next_step="x", next_step_date="2026-10-10").status_code == 403
    assert page(cast.stranger, "deal", deal.pk).status_code == 404
    assert page(cast.read_only, "edit", deal.pk).status_code == 403


def test_the_service_desk_sees_no_amount(cast, account, deal):
    Opportunity.objects.filter(pk=deal.pk).update(amount=Decimal("987654.00"), budget_low=Decimal("876543.00"))
    text = page(cast.service, "deal", deal.pk).content.decode()
    assert "987,654" not in text
    assert "876,543" not in text
    assert "987,654" in page(cast.owner, "deal", deal.pk).content.decode()


def test_a_deal_is_begun_from_the_form(cast, account):
    version = make_playbook()
    answer = post(
        cast.owner, "new", htmx=False, name="新产线", account=account.pk, playbook=version.pk, forecast="PIPELINE", amount="1200000",
        next_step="拜访", next_step_date="2026-10-10",
    )  # fmt: skip
    row = Opportunity.objects.get(name="新产线")
    assert answer["Location"] == reverse("pipeline:deal", args=[row.pk])
    assert (row.account, row.owner, row.mode) == (account, cast.owner.user, version.playbook.mode)
    bad = post(cast.owner, "new", htmx=False, name="", playbook=version.pk, forecast="PIPELINE")
    assert bad.status_code == 422
    assert "A deal needs a name." in bad.content.decode()


def test_the_form_of_a_new_deal_knows_its_account(cast, account):
    make_playbook()
    assert account.name in page(cast.owner, "new", account=account.pk).content.decode()


def test_a_stale_edit_shows_both_versions(cast, deal):
    data = {"name": "我的名称", "account": deal.account_id, "mode": deal.mode, "forecast": "PIPELINE", "version": deal.version}
    Opportunity.objects.filter(pk=deal.pk).update(name="别人的名称", version=deal.version + 1)
    answer = post(cast.owner, "edit", deal.pk, htmx=False, **data)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "别人的名称" in text
    assert "我的名称" in text
    again = post(cast.owner, "edit", deal.pk, htmx=False, **data | {"version": deal.version + 1, "keep-name": "theirs"})
    assert again.status_code == 303
    assert Opportunity.objects.get(pk=deal.pk).name == "别人的名称"


def test_dialogs_open_and_do_what_they_say(cast, deal, today):
    for name in ("next_step", "move", "win", "lose", "reopen", "give", "cycle", "line_new", "rival_new"):
        assert page(cast.owner, name, deal.pk).status_code == 200, name
    answer = post(cast.owner, "next_step", deal.pk, next_step="约演示", next_step_date="2026-10-10", version=deal.version)
    assert answer.status_code == 204
    assert "dk:deal-changed" in answer["HX-Trigger"]
    assert Opportunity.objects.get(pk=deal.pk).next_step == "约演示"
    assert post(cast.owner, "next_step", deal.pk, next_step="").status_code == 422


def test_the_step_dialog_asks_for_its_proof(cast, deal):
    where = (deal.pk, "LEAD", "CALL")
    assert page(cast.owner, "step", *where).status_code == 200
    assert "what shows it" in post(cast.owner, "step", *where, proof="", proof_date="").content.decode()
    assert post(cast.owner, "step", *where, proof="已约周五", proof_date="").status_code == 204
    assert StepRun.objects.get(opportunity=deal).proof == "已约周五"
    assert post(cast.owner, "step_undo", *where).status_code == 204
    assert page(cast.owner, "step", deal.pk, "LEAD", "NOTHING").status_code == 404
    assert post(cast.owner, "step_plan", *where, assignee=cast.owner.user.pk, due_date="2026-10-12").status_code == 204


def test_moving_on_says_what_blocks(cast, deal):
    moved = post(cast.owner, "advance", deal.pk, version=deal.version)
    assert moved["HX-Redirect"] == reverse("pipeline:deal", args=[deal.pk])
    Opportunity.objects.filter(pk=deal.pk).update(amount=None)
    answer = post(cast.owner, "move", deal.pk, to_stage="DELIVERY", reason="", version=deal.version + 1)
    assert answer.status_code == 422
    assert "No amount is entered yet." in answer.content.decode()


def test_a_waiver_is_asked_and_taken_back_on_the_page(cast, account):
    deal = make_opportunity(owner=cast.owner.user)
    assert page(cast.owner, "waive", deal.pk, "LEAD", "ACCOUNT").status_code == 200
    assert post(cast.owner, "waive", deal.pk, "LEAD", "ACCOUNT", reason="展会线索").status_code == 204
    waiver = GateWaiver.objects.get()
    assert "waiver asked for" in page(cast.owner, "deal", deal.pk).content.decode()
    assert "展会线索" in page(cast.owner, "history", deal.pk).content.decode()
    assert post(cast.owner, "unwaive", deal.pk, waiver.pk).status_code == 204


def test_ending_by_the_dialogs(cast, deal, today):
    reason = make_item("lost_reasons", "PRICE")
    answer = post(cast.owner, "lose", deal.pk, reason=reason.pk, lost_to="锐达", ended_date=str(today), note="价格", version=deal.version)
    assert answer["HX-Redirect"]
    assert "Lost to 锐达" in page(cast.owner, "deal", deal.pk).content.decode()
    assert post(cast.owner, "reopen", deal.pk, reason="对手延期")["HX-Redirect"]
    assert post(cast.owner, "drop", deal.pk, reason=reason.pk).status_code == 403
    lead = post(cast.manager, "drop", deal.pk, reason=reason.pk, recheck_date="2099-01-31")
    assert lead.status_code in {200, 303}
    Opportunity.objects.filter(pk=deal.pk).update(state="OPEN", expected_date=today)
    assert post(cast.owner, "win", deal.pk, won_amount="100", ended_date=str(today))["HX-Redirect"]


@pytest.mark.item("C-02", "E-09")
def test_rivals_and_lines_of_a_deal(cast, deal):
    assert post(cast.owner, "rival_new", deal.pk, competitor_name="锐达", strength="价低", price="90000").status_code == 204
    rival = OpportunityCompetitor.objects.get()
    assert "no answer yet" in page(cast.owner, "overview", deal.pk).content.decode()
    assert post(cast.owner, "rival_new", deal.pk, competitor_name="锐达").status_code == 422
    edited = post(cast.owner, "rival_edit", deal.pk, rival.pk, counter="强调交付", version=rival.version)
    assert edited.status_code == 204
    assert post(cast.owner, "rival_edit", deal.pk, rival.pk, counter="旧", version=rival.version).status_code == 409
    assert post(cast.owner, "rival_remove", deal.pk, rival.pk).status_code == 204
    product = Product.objects.create(code="P-1", name="主轴", list_price=Decimal("500.00"))
    assert post(cast.owner, "line_new", deal.pk, product=product.pk, quantity="3").status_code == 204
    line = OpportunityLine.objects.get()
    assert line.amount == Decimal("1500.00")
    assert post(cast.owner, "lines_amount", deal.pk).status_code == 204
    assert Opportunity.objects.get(pk=deal.pk).amount == Decimal("1500.00")
    assert post(cast.owner, "line_new", deal.pk, product=product.pk, quantity="0").status_code == 422
    assert post(cast.owner, "line_remove", deal.pk, line.pk).status_code == 204


@pytest.mark.item("C-13")
def test_the_decision_cycle_is_shown_with_its_bottleneck(cast, deal):
    answer = post(cast.owner, "cycle", deal.pk, mind="10", levels="20", objections="15", relation="5", mode="SUM", version=deal.version)
    assert answer.status_code == 204
    assert "50 days, bottleneck: Levels that decide" in page(cast.owner, "overview", deal.pk).content.decode()


@pytest.mark.item("C-03")
def test_an_empty_fact_of_the_project_is_a_question_for_the_next_visit(cast, deal):
    text = page(cast.owner, "overview", deal.pk).content.decode()
    assert text.count("dk-gap-ask") == 6
    Opportunity.objects.filter(pk=deal.pk).update(timetable="十二月定标")
    assert page(cast.owner, "overview", deal.pk).content.decode().count("dk-gap-ask") == 5


@pytest.mark.item("C-10")
def test_a_customer_who_is_behind_is_warned_of(cast, deal):
    Opportunity.objects.filter(pk=deal.pk).update(stage="OFFER", stage_position=1, buying_stage="NEED_FELT")
    assert "this one is still need felt" in page(cast.owner, "head", deal.pk).content.decode()


@pytest.mark.item("F-06")
def test_a_mode_that_is_not_the_usual_one_is_warned_of(cast, deal):
    Opportunity.objects.filter(pk=deal.pk).update(product_family="商贸版")
    assert "is usually sold in the mode Quick knife" in page(cast.owner, "head", deal.pk).content.decode()


def test_scripts_in_texts_are_shown_as_text(cast, deal):
    Opportunity.objects.filter(pk=deal.pk).update(
        name="<script>alert(1)</script>", problem="<img src=x onerror=alert(1)>", next_step="<b>x</b>"
    )
    text = page(cast.owner, "deal", deal.pk).content.decode()
    assert "<script>alert" not in text
    assert "<img src=x" not in text


def test_the_panel_of_an_account_lists_its_deals(cast, account, deal):
    assert "压铸线改造" in page(cast.owner, "account", account.pk).content.decode()
    assert page(cast.stranger, "account", account.pk).status_code == 404


def test_the_page_asks_as_much_for_many_rivals_as_for_few(cast, account, deal, count_queries):
    from dingke.accounts.models import Competitor

    numbers = []
    for wanted in (3, 30):
        while OpportunityCompetitor.objects.count() < wanted:
            rival = Competitor.objects.create(name=f"对手{OpportunityCompetitor.objects.count()}")
            OpportunityCompetitor.objects.create(opportunity=deal, competitor=rival, noted_date=NOW.date())
            product = Product.objects.create(code=rival.name, name=rival.name)
            OpportunityLine.objects.create(opportunity=deal, product=product)
        with count_queries() as counted:
            page(cast.owner, "overview", deal.pk)
        numbers.append(counted.number)
    assert numbers[0] == numbers[1]


def test_the_panel_of_an_account_asks_as_much_for_many_deals_as_for_few(cast, account, count_queries):
    version, numbers = make_playbook(), []
    for wanted in (3, 30):
        while Opportunity.objects.count() < wanted:
            make_opportunity(account=account, owner=cast.owner.user, version=version)
        with count_queries() as counted:
            page(cast.owner, "account", account.pk)
        numbers.append(counted.number)
    assert numbers[0] == numbers[1]


# ---- playbooks ----------------------------------------------------------------------------------------------------------


def test_the_designer_from_a_new_playbook_to_its_publication(cast):
    assert page(cast.owner, "playbook_new").status_code == 403
    answer = post(
        cast.director, "playbook_new", htmx=False, label_zh="备件销售", label_en="Spare parts", unit="PROJECT", mode="QUICK_KNIFE"
    )
    draft = PlaybookVersion.objects.get(playbook__label_zh="备件销售")
    assert answer["Location"] == reverse("pipeline:playbook_version", args=[draft.pk])
    data = {
        "zh": "问询", "en": "Enquiry", "probability": "20", "version": draft.version, "papers": "询价单 | Enquiry form",
        "step-1-zh": "回电", "step-1-en": "Call back", "step-1-days": "1", "step-1-proof": "NOTE", "step-1-must": "1",
        "gate-1-check": "ACCOUNT_KNOWN", "gate-1-must": "1", "gate-2-check": "BUYING_STAGE_AT_LEAST", "gate-2-least": "3", "gate-2-must": "0",
    }  # fmt: skip
    assert page(cast.director, "stage_edit", draft.pk, "STAGE_1").status_code == 200
    saved = post(cast.director, "stage_edit", draft.pk, "STAGE_1", htmx=False, **data)
    assert saved.status_code == 303, saved.content.decode()[-2000:]
    draft.refresh_from_db()
    stage = draft.content["stages"][0]
    assert stage["steps"][0]["code"] == "STEP_1"
    assert stage["exit"][1] == {"key": "COND_2", "check": "BUYING_STAGE_AT_LEAST", "must": False, "params": {"least": 3}}
    assert post(cast.director, "stage_new", draft.pk, htmx=False, zh="成交", en="Deal", probability="80").status_code == 303
    assert post(cast.director, "stage_move", draft.pk, "STAGE_2", htmx=False, places="-1").status_code == 303
    draft.refresh_from_db()
    assert [one["code"] for one in draft.content["stages"]] == ["STAGE_2", "STAGE_1"]
    wrong = post(
        cast.director,
        "stage_edit",
        draft.pk,
        "STAGE_1",
        htmx=False,
        **data | {"gate-1-check": "STEP_DONE", "gate-1-step": "GONE", "version": draft.version},
    )
    assert wrong.status_code == 422
    assert "has no step GONE" in wrong.content.decode()
    assert post(cast.director, "playbook_publish", draft.pk, htmx=False, note="首版").status_code == 303
    assert "首版" in page(cast.owner, "playbook", draft.playbook_id).content.decode()


def test_two_versions_are_compared_and_the_list_shows_them_all(cast, now):
    shipped.load_shipped(now=now)
    one, two = PlaybookVersion.objects.order_by("pk")[:2]
    assert page(cast.owner, "playbook_compare", one.pk, two.pk).status_code == 200
    text = page(cast.owner, "playbooks").content.decode()
    assert "Quick knife in four steps" in text
    for version in PlaybookVersion.objects.order_by("pk"):
        assert page(cast.owner, "playbook_version", version.pk).status_code == 200


def test_a_running_deal_is_changed_over_after_a_preview(cast, deal):
    other = make_playbook()
    shown = page(cast.owner, "version", deal.pk, to=other.pk)
    assert shown.status_code == 200
    assert post(cast.owner, "version", deal.pk, htmx=False, to=other.pk, stage="LEAD", version=deal.version).status_code == 303
    assert Opportunity.objects.get(pk=deal.pk).playbook_version_id == other.pk


@pytest.mark.item("F-06")
def test_the_rules_by_product_family_are_set_by_an_administrator(cast):
    assert page(cast.owner, "rules").status_code == 403
    data = {"least_cases": "5", "family-1-family": "备件", "family-1-mode": "QUICK_KNIFE", "family-1-least": "1", "family-1-most": "2"}
    assert post(cast.administrator, "rules", htmx=False, **data).status_code == 303
    assert "备件" in page(cast.administrator, "rules").content.decode()
    assert post(cast.administrator, "rules", htmx=False, **data | {"family-1-most": "0"}).status_code == 422


def test_a_contact_of_the_account_is_offered_for_a_confirmation(cast, account, now):
    shipped.load_shipped(now=now)
    version = PlaybookVersion.objects.select_related("playbook").get(playbook__code="QUICK_KNIFE")
    deal = make_opportunity(account=account, owner=cast.owner.user, version=version)
    person = make_contact(account, "贺知远")
    where = (deal.pk, "COMMUNICATE", "LISTEN")
    assert "贺知远" in page(cast.owner, "step", *where).content.decode()
    assert post(cast.owner, "step", *where, contact=person.pk, proof_date="2026-09-29").status_code == 204
    assert "贺知远" in page(cast.owner, "overview", deal.pk).content.decode()
