"""The pages of assessments and relations: who sees what, nothing typed is lost, lists, comparison, files, rules, API."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from dingke.accounts.tests.factories import make_account
from dingke.core.models import AuditEntry, Setting
from dingke.insights.actions import relationship as relations
from dingke.insights.calc import maturity
from dingke.insights.calc.assessment import AssessmentSettings
from dingke.insights.forms.assessment_rules import AssessmentRulesForm
from dingke.insights.models import AccountReview, Assessment, PortfolioReview, RelationshipMark
from dingke.insights.tests.assessing import ALL, assessed, scored

pytestmark = pytest.mark.django_db
FRAGMENT = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def moment() -> Any:
    return timezone.now()


@pytest.fixture
def customer(account: Any, moment: Any) -> Any:
    scored(account, timezone.localdate(moment))
    return account


def typed(**changes: str) -> dict[str, str]:
    form = {"version": "0", "newest": "0", "long_term": "三年内翻番", "customer_talk": "希望缩短交期"}
    for code in ALL:
        form |= {f"rating_{code}": "80", f"note_{code}": "看过现场"}
    return {**form, **changes}


def page(client: Any, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(f"insights:{name}", args=args), query)
    assert answer.status_code == 200, answer.content.decode()[:400]
    return answer.content.decode()


@pytest.mark.item("A-11")
def test_from_the_form_to_the_page_with_why(customer, cast):
    client = cast.owner.client
    form = page(client, "edit_assessment", customer.pk)
    assert "Margin after incentives" in form
    assert "25.0%" in form
    answer = client.post(reverse("insights:edit_assessment", args=[customer.pk]), typed(link_DEPTH="https://example.com/minutes"))
    assert answer.status_code == 303
    html = page(client, "assessment", customer.pk)
    row = Assessment.objects.get()
    assert f"{row.total} points" in html
    assert "看过现场" in html
    assert "https://example.com/minutes" in html
    assert "The financial value rests on profit after incentives, not on turnover." in html
    assert "Profit is known and counts in place of turnover" in html
    assert "Measured" in html
    assert "Rated by people" in html
    panel = client.get(reverse("insights:account_assessment", args=[customer.pk]), **FRAGMENT).content.decode()
    assert "<html" not in panel
    assert f"{row.total} points" in panel
    value = client.get(reverse("insights:account_value", args=[customer.pk]), **FRAGMENT).content.decode()
    assert reverse("insights:account_assessment", args=[customer.pk]) in value


@pytest.mark.item("A-12")
def test_too_few_dimensions_are_refused_and_nothing_typed_is_lost(customer, cast):
    url = reverse("insights:edit_assessment", args=[customer.pk])
    answer = cast.owner.client.post(url, typed(rating_REFERRALS="", note_REFERRALS="", note_DEPTH="只此一句"))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "All four dimensions are needed; this one is missing: Word of mouth" in html
    assert "只此一句" in html
    assert 'value="80"' in html
    assert not Assessment.objects.exists()
    wrong = cast.owner.client.post(url, typed(rating_DEPTH="180", link_DEPTH="nothing"))
    assert wrong.status_code == 422
    assert "only" not in wrong.content.decode().split("<form")[0]


@pytest.mark.item("A-18")
def test_pages_show_figures_by_right_and_accounts_by_reach(customer, cast, moment):
    assessed(customer, cast.owner.scope, moment)
    cost = "0 points at 0%, 100 points at 40%"
    assert cost in page(cast.owner.client, "assessment", customer.pk)
    from dingke.accounts.models import Collaborator

    Collaborator.objects.create(account=customer, user=cast.colleague.user, level="READ", added_at=moment)
    seen = page(cast.colleague.client, "assessment", customer.pk)
    assert cost not in seen
    assert "Margin after incentives" in seen  # no hidden criteria
    for name in ("assessment", "account_assessment", "edit_assessment", "relationship", "review_account"):
        assert cast.stranger.client.get(reverse(f"insights:{name}", args=[customer.pk])).status_code == 404
        assert cast.service.client.get(reverse(f"insights:{name}", args=[customer.pk])).status_code == 403
    assert cast.colleague.client.get(reverse("insights:edit_assessment", args=[customer.pk])).status_code == 403
    assert cast.colleague.client.post(reverse("insights:edit_assessment", args=[customer.pk]), typed()).status_code == 403
    assert "江州重工" not in page(cast.stranger.client, "assessments", show="all")
    assert "江州重工" not in page(cast.stranger.client, "compare", account=customer.pk)


@pytest.mark.item("A-12")
def test_the_steps_are_planned_and_ticked_off(customer, cast, moment):
    today = timezone.localdate(moment)
    client, owner = cast.owner.client, str(cast.owner.user.pk)
    plan = {f"owner_{step}": owner for step in ("COLLECT", "ANALYSE", "RATE", "ADJUST")}
    plan |= {
        f"due_{step}": (today + timedelta(days=place)).isoformat() for place, step in enumerate(("COLLECT", "ANALYSE", "RATE", "ADJUST"))
    }
    url = reverse("insights:plan_assessment", args=[customer.pk])
    assert client.get(url, **FRAGMENT).status_code == 200
    assert client.post(url, plan).status_code == 303
    assert "Tick off" in page(client, "assessment", customer.pk)
    step = reverse("insights:finish_step", args=[customer.pk, "collect"])
    assert client.post(step, {"note": ""}).status_code == 422
    assert client.post(step, {"note": "订单与走访"}).status_code == 303
    assert client.post(reverse("insights:edit_assessment", args=[customer.pk]), typed(version="1")).status_code == 303
    assert "Record the adjustment" in page(client, "assessment", customer.pk)
    adjust = reverse("insights:finish_step", args=[customer.pk, "adjust"])
    version = re.search(r'name="version" value="(\d+)"', client.get(adjust).content.decode())[1]
    given = {"version": version, "adjustments": "增派工程师", "next_date": (today + timedelta(days=60)).isoformat()}
    assert client.post(adjust, given).status_code == 303
    assert "增派工程师" in page(client, "assessment", customer.pk)
    assert client.get(reverse("insights:finish_step", args=[customer.pk, "rate"])).status_code == 404


@pytest.mark.item("A-15")
def test_the_list_says_what_is_due_and_why(customer, cast, moment):
    row = assessed(customer, cast.owner.scope, moment)
    Assessment.objects.update(next_date=timezone.localdate(moment) - timedelta(days=1))
    never = make_account("从未评估", owner=cast.owner.user, is_key=True)
    html = page(cast.owner.client, "assessments")
    assert f"Level {row.level}: due on" in html
    assert "A key account that was never assessed." in html
    assert never.name not in page(cast.owner.client, "assessments", show="all", level=row.level)
    assert "江州重工" not in page(cast.owner.client, "assessments", trigger="NEVER")
    assert page(cast.owner.client, "assessments", show="nonsense", level="Z", trigger="?")
    file = cast.owner.client.get(reverse("insights:export_assessments"))
    assert file.status_code == 403 or file.status_code == 200
    file = cast.director.client.get(reverse("insights:export_assessments"), {"show": "all"})
    sheet = openpyxl.load_workbook(BytesIO(file.content)).active
    assert {cell.value for cell in sheet["A"]} >= {"从未评估", customer.name}
    assert AuditEntry.objects.filter(action="insights.export").exists()
    assert cast.director.client.get(reverse("insights:export_assessments"), {"format": "doc"}).status_code == 422


def test_accounts_side_by_side(customer, cast, moment):
    other = make_account("乙机电", owner=cast.owner.user)
    assessed(customer, cast.owner.scope, moment)
    assessed(other, cast.owner.scope, moment, 40)
    html = page(cast.owner.client, "compare", account=[customer.pk, other.pk])
    assert "data-chart" in html
    assert "江州重工" in html
    assert "乙机电" in html
    assert page(cast.owner.client, "compare", account=["x", "²", "99999999999999"])
    file = cast.director.client.get(reverse("insights:export_comparison"), {"account": [customer.pk, other.pk]})
    rows = list(openpyxl.load_workbook(BytesIO(file.content)).active.values)
    assert rows[0][1:3] == ("江州重工", "乙机电")
    assert [row[2] for row in rows if row[0] == "· Depth of cooperation"] == [40]


def test_a_comparison_costs_the_same_for_two_and_five(cast, moment, count_queries):
    accounts = [make_account(f"客户{number}", owner=cast.owner.user) for number in range(5)]
    for account in accounts:
        assessed(account, cast.owner.scope, moment)
    numbers = []
    for some in (accounts[:2], accounts):
        with count_queries() as counted:
            page(cast.owner.client, "compare", account=[one.pk for one in some])
        numbers.append(counted.number)
    assert numbers[0] == numbers[1]


# ---- rules ----------------------------------------------------------------------------------------------------------------------


def rules_form(**changes: str) -> dict[str, str]:
    initial = AssessmentRulesForm.initial_of(AssessmentSettings())
    return {**{name: "on" if value is True else str(value) for name, value in initial.items()}, **changes}


@pytest.mark.item("A-11")
def test_weights_are_previewed_and_saved_as_a_version(customer, cast, moment):
    row = assessed(customer, cast.owner.scope, moment, 30)
    client = cast.director.client if cast.director.scope.can("settings.edit") else cast.administrator.client
    preview = reverse("insights:preview_assessment_rules")
    same = client.post(preview, rules_form()).content.decode()
    assert "0 of 1 customers would change level." in same
    lower = client.post(preview, rules_form(from_A="20", from_B="10")).content.decode()
    assert "1 of 1 customers would change level." in lower
    assert "江州重工" in lower
    assert not Setting.objects.filter(key="insights.assessment").exists()
    assert "add up to 100%" in client.post(preview, rules_form(weight_FINANCIAL="41")).content.decode()
    assert "Fill in every weight" in client.post(preview, rules_form(weight_FINANCIAL="")).content.decode()
    save = reverse("insights:assessment_rules")
    refused = client.post(save, rules_form(weight_FINANCIAL="41"))
    assert refused.status_code == 422
    assert client.post(save, rules_form(low_GROWTH="", high_GROWTH="", from_A="70")).status_code == 303
    stored = Setting.objects.get(key="insights.assessment")
    assert (stored.version, stored.value["a_from"], stored.value["scales"]["GROWTH"]) == (1, "70", "")
    assert stored.value["scales"]["MARGIN"] == "0:0.4"
    row.refresh_from_db()
    assert row.rules["a_from"] == "75"


@pytest.mark.item("A-18")
def test_the_rules_are_open_to_who_sees_scores_and_edited_by_few(cast):
    html = page(cast.colleague.client, "assessment_rules")
    assert "Depth of cooperation" in html
    assert "disabled" in html
    assert cast.colleague.client.post(reverse("insights:assessment_rules"), rules_form()).status_code == 403
    assert cast.colleague.client.post(reverse("insights:preview_assessment_rules"), rules_form()).status_code == 403
    assert cast.service.client.get(reverse("insights:assessment_rules")).status_code == 403


# ---- relation -------------------------------------------------------------------------------------------------------------------


@pytest.mark.item("A-16")
@pytest.mark.item("A-17")
@pytest.mark.item("D-16")
def test_evidence_levels_ladder_and_opportunities(account, cast, moment, count_queries):
    client, url = cast.owner.client, reverse("insights:mark_relationship", args=[account.pk])
    today = timezone.localdate(moment).isoformat()
    for item in maturity.THINKING_LEVELS[0].behaviours:
        given = {"kind": "BEHAVIOUR", "code": item.code, "on_date": today, "evidence": "现场所见"}
        assert client.post(url, given).status_code == 303
    for kind, code in (("LADDER", "BASIC"), ("OPPORTUNITY", "CUSTOM"), ("RELATION", "PREFERRED")):
        assert client.get(url, {"kind": kind, "code": code}).status_code == 200
        assert client.post(url, {"kind": kind, "code": code, "on_date": today, "evidence": f"依据{code}"}).status_code == 303
    assert client.post(url, {"kind": "LADDER", "code": "CUSTOM", "on_date": today, "evidence": ""}).status_code == 422
    assert client.post(url, {"kind": "LADDER", "code": "CUSTOM", "on_date": "2090-01-01", "evidence": "…"}).status_code == 422
    assert client.get(url, {"kind": "LADDER", "code": "NONE"}).status_code == 404
    with count_queries() as few:
        html = page(client, "relationship", account.pk)
    assert "reached" in html
    assert "依据CUSTOM" in html
    assert "Opportunities for the next level: Custom products" in html
    for number in range(20):
        relations.mark_relationship(
            account=account, kind="BEHAVIOUR", code="PROMISES", on_date=timezone.localdate(moment), evidence=f"第{number}次", by=cast.owner.scope,
            now=moment,
        )  # fmt: skip
    with count_queries() as many:
        page(client, "relationship", account.pk)
    assert few.number == many.number
    mark = RelationshipMark.objects.filter(code="PREFERRED").get()
    assert cast.stranger.client.post(reverse("insights:remove_mark", args=[mark.pk])).status_code == 404
    assert client.post(reverse("insights:remove_mark", args=[mark.pk])).status_code == 303
    assert "依据PREFERRED" not in page(client, "relationship", account.pk)


@pytest.mark.item("A-19")
def test_a_review_ticks_the_five_principles_with_evidence(account, cast):
    client, url = cast.owner.client, reverse("insights:review_account", args=[account.pk])
    form = {"met_RISK": "on", "evidence_RISK": "", "conclusion": "补上风险一项"}
    answer = client.post(url, form)
    assert answer.status_code == 422
    assert "补上风险一项" in answer.content.decode()
    assert client.post(url, {**form, "evidence_RISK": "备有替代方案"}).status_code == 303
    review = AccountReview.objects.get()
    assert [(check.code, check.is_met) for check in review.checks.all()] == [
        (item.code, item.code == "RISK") for item in maturity.PRINCIPLES
    ]
    html = page(client, "relationship", account.pk)
    assert "1 of 5 principles met" in html
    assert "备有替代方案" in html


@pytest.mark.item("D-06")
def test_the_monthly_review_is_kept_per_person_and_corrected(cast, moment):
    client, url = cast.owner.client, reverse("insights:portfolio_review")
    html = page(client, "portfolio_review")
    for item in maturity.REMINDERS:
        assert item.label.en in html
    assert client.post(url, {"version": "0"}).status_code == 422
    form = {"version": "0", "done_TIME": "on", "note_TIME": "六成时间给了前五家", "conclusion": "继续"}
    assert client.post(url, form).status_code == 303
    row = PortfolioReview.objects.get()
    assert row.checks["TIME"] == {"done": True, "note": "六成时间给了前五家"}
    assert client.post(url, {**form, "conclusion": "改"}).status_code == 409  # somebody (another tab) saved meanwhile
    assert client.post(url, {**form, "version": str(row.version), "conclusion": "改"}).status_code == 303
    assert "六成时间给了前五家" in page(cast.manager.client, "portfolio_review")
    assert "六成时间给了前五家" not in page(cast.stranger.client, "portfolio_review")
    assert cast.read_only.client.post(url, form).status_code == 403
    assert page(client, "portfolio_review", month="2031-13")


# ---- API ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.item("A-18")
def test_the_api_answers_with_parts_and_why(customer, cast, moment):
    row = assessed(customer, cast.owner.scope, moment)
    url = f"/api/v1/accounts/{customer.pk}/assessments"
    found = cast.owner.client.get(url).json()
    assert [(one["id"], one["level"], one["total"]) for one in found] == [(row.pk, row.level, str(row.total))]
    parts = {part["code"]: part for dimension in found[0]["dimensions"] for part in dimension["parts"]}
    assert parts["MARGIN"]["value"] == "0.250000"
    assert parts["DEPTH"]["note"] == "看过现场"
    assert parts["PURCHASES"]["why"].startswith("Profit is known")
    assert cast.stranger.client.get(url).status_code == 404
    assert cast.service.client.get(url).status_code == 403
    assert cast.anonymous.get(url).status_code == 401
