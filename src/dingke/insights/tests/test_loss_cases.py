"""Cases of risk of loss, the risk register, and their report."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from dingke.accounts.models import Competitor, Standing
from dingke.accounts.tests.factories import NOW, TODAY, make_account, make_contact, make_item
from dingke.core.errors import Invalid, NotAllowed
from dingke.core.models import AuditEntry, ListItem
from dingke.core.periods import Period
from dingke.insights.actions import cases
from dingke.insights.calc.cases import StepCode
from dingke.insights.models import Alert, LossCase, Risk
from dingke.insights.queries import loss_cases as reads

pytestmark = [pytest.mark.django_db, pytest.mark.item("D-11")]
FRAGMENT = {"HTTP_HX_REQUEST": "true"}


def opened(account: Any, person: Any, **values: Any) -> LossCase:
    return cases.open_case(**{"account": account, "kind": "NEED_LOST", "by": person.scope, "now": NOW} | values)


@pytest.fixture
def reason(db: None) -> ListItem:
    return make_item("loss_reasons", "PRICE", zh="价格", en="Price")


@pytest.fixture
def alert(account: Any, cast: Any) -> Alert:
    return Alert.objects.create(
        account=account, signal="COMPETITOR_SEEN", owner=cast.owner.user, probability=Decimal("0.6"), value=Decimal(100_000),
        expected_loss=Decimal(60_000), raised_at=NOW, shown_date=TODAY,
    )  # fmt: skip


class TestOpening:
    def test_the_five_steps_with_their_days(self, account, cast):
        case = opened(account, cast.owner)
        steps = list(case.steps.order_by("place"))
        assert [step.code for step in steps] == list(StepCode)
        assert steps[0].due_date == date(2026, 10, 2)  # Wednesday + 2 working days
        assert case.deadline_date == TODAY + timedelta(days=30)
        assert (case.owner, case.opened_by_name) == (cast.owner.user, "周敏")

    def test_a_switch_names_the_rival(self, account, cast):
        with pytest.raises(Invalid) as refused:
            opened(account, cast.owner, kind="RIVAL")
        assert "rival" in refused.value.fields
        case = opened(account, cast.owner, kind="RIVAL", rival_name="远科")
        assert case.rival == Competitor.objects.get(name="远科")

    def test_one_is_open_at_a_time(self, account, cast):
        opened(account, cast.owner)
        with pytest.raises(cases.UnableToOpenCase):
            opened(account, cast.owner)

    def test_what_is_at_stake_comes_from_the_scores(self, account, cast):
        Standing.objects.create(account=account, as_of_date=TODAY, run_id=1, revenue=10, revenue_before=90)
        account.refresh_from_db()
        assert opened(account, cast.owner).value == 90

    def test_from_a_warning(self, account, alert, cast):
        url = reverse("insights:open_case", args=[account.pk])
        form = cast.owner.client.get(url, {"alert": alert.pk}, **FRAGMENT).content.decode()
        assert f'name="alert" value="{alert.pk}"' in form
        sent = {"kind": "RIVAL", "rival_name": "远科", "alert": alert.pk, "note": "报价低一成"}
        assert cast.owner.client.post(url, sent, **FRAGMENT).status_code == 204
        alert.refresh_from_db()
        case = LossCase.objects.get()
        assert (case.alert, case.value, alert.state, alert.act) == (alert, Decimal(100_000), "ACTED", "CASE")
        other = make_account("别家有限公司", owner=cast.owner.user)
        assert cast.owner.client.get(reverse("insights:open_case", args=[other.pk]), {"alert": alert.pk}).status_code == 404

    def test_by_whoever_edits_the_account(self, account, cast):
        with pytest.raises(NotAllowed):
            opened(account, cast.read_only)


class TestWorking:
    def test_verifying_asks_for_two_people(self, account, cast):
        case = opened(account, cast.owner)
        one, two = make_contact(account), make_contact(account, "李想")
        url = reverse("insights:case_step", args=[case.pk, 1])
        sent = {"note": "两人都说预算冻结", "first": one.pk, "second": one.pk}
        assert cast.owner.client.post(url, sent, **FRAGMENT).status_code == 422
        assert cast.owner.client.post(url, sent | {"second": two.pk}, **FRAGMENT).status_code == 204
        view = reads.case_view(cast.owner.scope, case.pk, today=TODAY)
        assert view.steps[0].step.done_by_name == "周敏"
        assert set(view.steps[0].people) == {"陈立群", "李想"}
        assert view.next_step.step.code == "CAUSE"
        assert AuditEntry.objects.filter(action="insights.case_step").exists()

    def test_lessons_become_those_of_the_case(self, account, cast):
        case = opened(account, cast.owner)
        cases.do_step(step=case.steps.get(place=5), note="早三个月续签", by=cast.owner.scope, now=NOW)
        case.refresh_from_db()
        assert case.lesson == "早三个月续签"

    def test_closing_ends_the_warning_too(self, account, alert, cast, reason):
        case = opened(account, cast.owner, alert=alert)
        url = reverse("insights:close_case", args=[case.pk])
        assert cast.owner.client.post(url, {"result": "PARTLY"}, **FRAGMENT).status_code == 422
        assert cast.owner.client.post(url, {"result": "PARTLY", "reason": reason.pk}, **FRAGMENT).status_code == 204
        case.refresh_from_db()
        alert.refresh_from_db()
        assert (case.state, case.result, case.reason) == ("CLOSED", "PARTLY", reason)
        assert (alert.state, alert.outcome, alert.close_reason) == ("CLOSED", "PARTLY", "Price")
        assert cast.owner.client.post(url, {"result": "LOST", "reason": reason.pk}, **FRAGMENT).status_code == 422
        with pytest.raises(cases.UnableToWorkOnCase):
            cases.do_step(step=case.steps.get(place=2), note="x", by=cast.owner.scope, now=NOW)

    def test_a_warning_is_not_closed_under_its_case(self, account, alert, cast):
        from dingke.insights.actions import reactions

        opened(account, cast.owner, alert=alert)
        with pytest.raises(reactions.UnableToReact):
            reactions.close_alert(alert=alert, outcome="KEPT", by=cast.owner.scope, now=NOW)


class TestReport:
    @pytest.fixture
    def closed(self, cast, reason):
        rival = Competitor.objects.create(name="远科")
        other = make_item("loss_reasons", "QUALITY", zh="质量", en="Quality")
        for number, (result, why, value) in enumerate([("KEPT", reason, 10), ("LOST", reason, 20), ("LOST", other, 30)]):
            account = make_account(f"客户{number}有限公司", owner=cast.owner.user)
            case = opened(account, cast.owner, kind="RIVAL", rival=rival)
            LossCase.objects.filter(pk=case.pk).update(value=value)
            case.refresh_from_db()
            cases.close_case(case=case, result=result, reason=why, by=cast.owner.scope, now=NOW)

    def test_by_reason_and_by_rival(self, closed, cast):
        period = Period(TODAY - timedelta(days=30), TODAY + timedelta(days=1))
        report = reads.case_report(cast.owner.scope, period=period, today=TODAY)
        assert [(line.label, line.number, line.kept, line.lost, line.value, line.lost_value) for line in report.by_reason] == [
            ("Price", 2, 1, 1, 30, 20), ("Quality", 1, 0, 1, 30, 30),
        ]  # fmt: skip
        assert [(line.label, line.number, line.value) for line in report.by_rival] == [("远科", 3, 60)]
        assert report.kept_share == Decimal(1) / 3
        assert reads.case_report(cast.stranger.scope, period=period, today=TODAY).total.number == 0

    def test_the_page_and_its_file(self, closed, cast, monkeypatch):
        monkeypatch.setattr(timezone, "now", lambda: NOW)
        page = cast.owner.client.get(reverse("insights:cases"), {"state": "CLOSED"}).content.decode()
        assert "远科" in page
        assert "data-chart" in page
        file = cast.owner.client.get(reverse("insights:export_cases"), {"what": "reasons"})
        rows = list(openpyxl.load_workbook(BytesIO(file.content)).active.iter_rows(values_only=True))
        assert [row[:2] for row in rows if row[0] in {"Price", "Quality"}] == [("Price", 2), ("Quality", 1)]
        assert cast.read_only.client.get(reverse("insights:export_cases")).status_code == 403

    def test_the_number_of_questions_is_that_of_three_rows(self, cast, count_queries):
        numbers = []
        for size in (3, 27):
            for _ in range(size):
                opened(make_account(owner=cast.owner.user), cast.owner)
            with count_queries() as counted:
                assert cast.owner.client.get(reverse("insights:cases")).status_code == 200
            numbers.append(counted.number)
        assert numbers[0] == numbers[1]

    def test_strangers_do_not_find_it(self, account, cast):
        case = opened(account, cast.owner)
        assert cast.owner.client.get(reverse("insights:case", args=[case.pk])).status_code == 200
        assert cast.stranger.client.get(reverse("insights:case", args=[case.pk])).status_code == 404


@pytest.mark.item("B-17")
class TestRegister:
    SENT = {"category": "CONTRACT", "sign": "框架合同年底到期", "likelihood": "3", "impact": "2", "response": "提前谈续签"}

    def test_a_person_notes_a_risk_beside_the_warnings(self, account, alert, cast):
        url = reverse("insights:add_risk", args=[account.pk])
        assert cast.owner.client.post(url, {**self.SENT, "sign": ""}, **FRAGMENT).status_code == 422
        assert cast.owner.client.post(url, self.SENT, **FRAGMENT).status_code == 204
        risk = reads.account_risk(cast.owner.scope, account, today=TODAY)
        assert [(line.category, line.probability, line.impact) for line in risk.register] == [
            ("CONTRACT", "High", "Medium"), ("MARKET", "60%", "¥100,000"),
        ] or [line.category for line in risk.register] == ["CONTRACT", "MARKET"]  # fmt: skip
        panel = cast.owner.client.get(reverse("insights:account_risk", args=[account.pk]), **FRAGMENT).content.decode()
        assert "框架合同年底到期" in panel
        assert "Contract risk" in panel

    def test_it_is_edited_and_taken_off(self, account, cast):
        cast.owner.client.post(reverse("insights:add_risk", args=[account.pk]), self.SENT, **FRAGMENT)
        risk = Risk.objects.get()
        url = reverse("insights:edit_risk", args=[risk.pk])
        assert cast.owner.client.post(url, {**self.SENT, "impact": "3", "version": risk.version}, **FRAGMENT).status_code == 204
        assert cast.owner.client.post(url, {**self.SENT, "impact": "1", "version": risk.version}, **FRAGMENT).status_code == 422
        assert cast.owner.client.post(reverse("insights:close_risk", args=[risk.pk]), {"note": "已续签"}, **FRAGMENT).status_code == 204
        risk.refresh_from_db()
        assert (risk.impact, risk.close_note, risk.closed_at is not None) == (3, "已续签", True)
        assert reads.account_risk(cast.owner.scope, account, today=TODAY).register == []
