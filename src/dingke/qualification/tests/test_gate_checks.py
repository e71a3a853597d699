"""Conditions of gates from qualification: each judges many deals by the same number of queries, with a sentence in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from dingke.accounts.tests.factories import NOW, TODAY
from dingke.pipeline.calc.gates import Met
from dingke.pipeline.tests.factories import make_opportunity, make_playbook
from dingke.qualification.calc.elements import CODES
from dingke.qualification.models import ConfirmedNeed, Discovery, Objection, RedFlag, SheetElement
from dingke.qualification.queries.gate_checks import CHECKS

pytestmark = pytest.mark.django_db
CHECK = {check.code: check for check in CHECKS}


@pytest.fixture
def deal(cast: Any, account: Any) -> Any:
    return make_opportunity(account=account, owner=cast.owner.user)


def found(code: str, deal: Any, **params: object) -> tuple[Met, str]:
    finding = CHECK[code].judge([deal], params, TODAY)[deal.pk]
    assert finding.page_params == {"opportunity_id": deal.pk}
    for language in ("zh-hans", "en"):
        assert CHECK[code].sentences.text(finding.reason, language)
    return finding.met, finding.reason.code


@pytest.mark.item("K-01", "K-02")
def test_needs_confirmed(deal: Any) -> None:
    assert found("NEEDS_CONFIRMED", deal) == (Met.UNKNOWN, "NEEDS_NONE")
    need = ConfirmedNeed.objects.create(opportunity=deal, description="对账", range="IN_SCOPE")
    assert found("NEEDS_CONFIRMED", deal) == (Met.NO, "NEEDS_OPEN")
    need.confirmed_date = TODAY
    need.save()
    assert found("NEEDS_CONFIRMED", deal) == (Met.YES, "NEEDS_DONE")
    need.archived_at = NOW
    need.save()
    assert found("NEEDS_CONFIRMED", deal) == (Met.UNKNOWN, "NEEDS_NONE")  # a fact that is taken away opens the condition again


@pytest.mark.item("E-02")
def test_sheet_score(deal: Any) -> None:
    assert found("SHEET_SCORE", deal) == (Met.UNKNOWN, "SCORE_NONE")
    for code in CODES[:6]:
        SheetElement.objects.create(opportunity=deal, element=code, state="CONFIRMED")
    assert found("SHEET_SCORE", deal) == (Met.YES, "SCORE_MET")
    assert found("SHEET_SCORE", deal, least=42) == (Met.NO, "SCORE_LOW")


@pytest.mark.item("E-02")
def test_no_open_red_flag(deal: Any) -> None:
    assert found("NO_OPEN_RED_FLAG", deal) == (Met.YES, "FLAG_FREE")
    row = SheetElement.objects.create(opportunity=deal, element="SERVICE", state="RED_FLAG")
    flag = RedFlag.objects.create(opportunity=deal, element="SERVICE", code="TOO_FAR", raised_at=NOW)
    assert found("NO_OPEN_RED_FLAG", deal) == (Met.NO, "FLAG_WAITING")
    flag.decision = "GO_ON"
    flag.save()
    assert found("NO_OPEN_RED_FLAG", deal) == (Met.YES, "FLAG_FREE")
    flag.decision = "DROP"
    flag.save()
    assert found("NO_OPEN_RED_FLAG", deal) == (Met.NO, "FLAG_DROP")
    row.state = "CONFIRMED"
    row.save()
    assert found("NO_OPEN_RED_FLAG", deal) == (Met.YES, "FLAG_FREE")


@pytest.mark.item("J-15")
def test_objections_settled(deal: Any) -> None:
    assert found("OBJECTIONS_SETTLED", deal) == (Met.YES, "OBJECTIONS_NONE")
    row = Objection.objects.create(opportunity=deal, words="太贵", moment="QUOTE", opened_date=TODAY)
    assert found("OBJECTIONS_SETTLED", deal) == (Met.NO, "OBJECTIONS_OPEN")
    row.result, row.settled_date = "STANDS", TODAY
    row.save()
    assert found("OBJECTIONS_SETTLED", deal) == (Met.YES, "OBJECTIONS_NONE")


@pytest.mark.item("E-06", "E-14")
def test_need_statement(deal: Any) -> None:
    assert found("SPIN_STATEMENT", deal) == (Met.UNKNOWN, "STATEMENT_NONE")
    row = Discovery.objects.create(opportunity=deal, statement="三天内对完账")
    assert found("SPIN_STATEMENT", deal) == (Met.NO, "STATEMENT_OPEN")
    row.statement_confirmed_date = TODAY
    row.save()
    assert found("SPIN_STATEMENT", deal) == (Met.YES, "STATEMENT_DONE")


@pytest.mark.parametrize("code", ["NEEDS_CONFIRMED", "SHEET_SCORE", "NO_OPEN_RED_FLAG", "OBJECTIONS_SETTLED", "SPIN_STATEMENT"])
def test_many_deals_cost_what_few_cost(cast: Any, account: Any, count_queries: Any, code: str) -> None:
    version = make_playbook()
    deals = [make_opportunity(account=account, owner=cast.owner.user, version=version) for _ in range(30)]
    for deal in deals:
        SheetElement.objects.create(opportunity=deal, element="NEED", state="PARTIAL")
        Objection.objects.create(opportunity=deal, words="太贵", moment="QUOTE", opened_date=TODAY)
    with count_queries() as few:
        CHECK[code].judge(deals[:3], {}, TODAY)
    with count_queries() as many:
        assert len(CHECK[code].judge(deals, {}, TODAY)) == 30
    assert few.number == many.number <= 2
