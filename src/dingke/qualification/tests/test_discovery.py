"""Discovery: the SPIN sheet, the need statement, need amplification, and their page."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from dingke.accounts.tests.factories import NOW, TODAY, make_account, make_contact
from dingke.core.errors import Invalid, NotAllowed, StaleRecord
from dingke.library.models import Entry, EntryUse
from dingke.pipeline.tests.factories import make_opportunity
from dingke.qualification.actions import discovery as actions
from dingke.qualification.models import Amplification, Discovery, SpinQuestion
from dingke.qualification.queries import discovery as queries

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"
PART = {"HX-Request": "true"}


@pytest.fixture
def deal(cast: Any, account: Any) -> Any:
    return make_opportunity("账务系统项目", account=account, owner=cast.owner.user)


def ask(deal: Any, by: Any, column: str = "SITUATION", text: str = "现在怎么核算成本？", **fields: Any) -> SpinQuestion:
    return actions.add_questions(opportunity=deal, column=column, texts=[{"text": text, **fields}], by=by.scope, now=NOW)[0]


def answer(question: SpinQuestion, by: Any, text: str = "用表格", version: int | None = None) -> SpinQuestion:
    return actions.answer_question(question=question, values={"answer": text}, by=by.scope, now=NOW, expected_version=version)


def bank(code: str, spin: str, **fields: Any) -> Entry:
    return Entry.objects.create(
        code=code, kind="QUESTION", topic="SPIN", spin=spin, form="OPEN", title_zh=f"问题 {code}", title_en=f"Question {code}",
        state="PUBLISHED", number=1, **fields,
    )  # fmt: skip


@pytest.mark.item("E-14")
def test_a_column_opens_when_the_one_before_has_an_answer(cast: Any, deal: Any) -> None:
    with pytest.raises(actions.UnableToSaveDiscovery):
        ask(deal, cast.owner, "PROBLEM")
    first = ask(deal, cast.owner)
    with pytest.raises(actions.UnableToSaveDiscovery):
        ask(deal, cast.owner, "PROBLEM")
    assert answer(first, cast.owner).asked_date == TODAY
    answer(ask(deal, cast.owner, "PROBLEM", "知道钱花在哪儿吗？", form="CLOSED"), cast.owner, "说不清")
    shown = queries.discovery_of(cast.owner.scope, deal)
    assert [view.is_open for view in shown.columns] == [True, True, True, False]
    assert (shown.ratio.open, shown.ratio.closed) == (1, 1)
    assert shown.draft == "说不清"


@pytest.mark.item("E-14")
def test_questions_of_the_bank_that_fit(cast: Any, deal: Any) -> None:
    fits, other = bank("a", "S"), bank("b", "P")
    bank("c", "S", industries=["FISHING"])
    found = queries.bank_for(cast.owner.scope, deal, column="SITUATION", today=TODAY)
    assert fits in found
    assert other not in found
    url = reverse("qualification:spin_bank", args=[deal.pk, "SITUATION"])
    assert cast.owner.client.get(url, headers=PART).status_code == 200
    assert cast.owner.client.post(url, {"entries": [fits.pk]}, headers=PART).status_code == 204
    assert cast.owner.client.post(url, {"entries": [other.pk]}, headers=PART).status_code == 422
    question = SpinQuestion.objects.get()
    assert (question.entry_id, question.form) == (fits.pk, "OPEN")
    assert EntryUse.objects.get().subject == "opportunity"
    actions.add_questions(opportunity=deal, column="SITUATION", texts=[{"text": "又一次", "entry": fits}], by=cast.owner.scope, now=NOW)
    assert SpinQuestion.objects.count() == 1


@pytest.mark.item("E-06")
def test_other_words_have_to_be_confirmed_again(cast: Any, deal: Any) -> None:
    contact = make_contact(deal.account)
    values = {"statement": "月底对账三天内完成", "statement_confirmed_date": TODAY, "statement_contact": contact}
    row = actions.save_discovery(opportunity=deal, values=values, by=cast.owner.scope, now=NOW)
    changed = actions.save_discovery(
        opportunity=deal, values={**values, "statement": "月底对账一天内完成"}, by=cast.owner.scope, now=NOW, expected_version=row.version
    )
    assert (changed.statement_confirmed_date, changed.statement_contact) == (None, None)
    with pytest.raises(StaleRecord):
        actions.save_discovery(opportunity=deal, values=values, by=cast.owner.scope, now=NOW, expected_version=row.version)
    stranger = make_contact(make_account("别家", owner=cast.owner.user))
    with pytest.raises(Invalid):
        actions.save_discovery(opportunity=deal, values={**values, "statement_contact": stranger}, by=cast.owner.scope, now=NOW)


@pytest.mark.item("E-10")
def test_a_loss_is_worked_out_from_the_answers(cast: Any, deal: Any) -> None:
    values = {"answer": "每月加班三十小时", "hours_per_month": Decimal(30), "cost_per_hour": Decimal(50)}
    actions.save_amplification(opportunity=deal, item="OVERTIME", values=values, by=cast.owner.scope, now=NOW)
    shown = queries.discovery_of(cast.owner.scope, deal)
    assert shown.total_loss == 18_000
    assert queries.losses_of(deal) == {"EFFICIENCY": 18_000}
    with pytest.raises(Invalid):
        actions.save_amplification(opportunity=deal, item="OVERTIME", values={"other_loss": Decimal(-1)}, by=cast.owner.scope, now=NOW)
    with pytest.raises(Invalid):
        actions.save_amplification(opportunity=deal, item="NOTHING", values=values, by=cast.owner.scope, now=NOW)
    page = cast.owner.client.get(reverse("qualification:spin", args=[deal.pk]), headers=PART).content.decode()
    assert "18,000" in page
    assert "18,000" not in cast.service.client.get(reverse("qualification:spin", args=[deal.pk]), headers=PART).content.decode()


def test_dialogs(cast: Any, deal: Any) -> None:
    client = cast.owner.client
    ask(deal, cast.owner)
    saves = {
        reverse("qualification:spin_basics", args=[deal.pk]): {"version": "0", "leading_department": "FINANCE", "company": SCRIPT},
        reverse("qualification:spin_statement", args=[deal.pk]): {"version": "1", "statement": SCRIPT},
        reverse("qualification:spin_own", args=[deal.pk, "SITUATION"]): {"text": SCRIPT, "form": "OPEN", "prompt": "WHO"},
        reverse("qualification:amplify", args=[deal.pk, "DEAD_STOCK"]): {"version": "0", "answer": SCRIPT, "other_loss": "5000"},
    }
    for url, data in saves.items():
        assert client.get(url, headers=PART).status_code == 200
        sent = {**data, "version": str(Discovery.objects.get().version)} if url.endswith("statement/") else data
        assert client.post(url, sent, headers=PART).status_code == 204, url
        assert cast.stranger.client.get(url, headers=PART).status_code == 404
        assert cast.read_only.client.get(url, headers=PART).status_code == 403
    assert Amplification.objects.get().other_loss == 5_000
    assert Discovery.objects.get().leading_department == "FINANCE"
    page = client.get(reverse("qualification:spin", args=[deal.pk]), headers=PART).content.decode()
    assert SCRIPT not in page
    assert client.get(reverse("qualification:spin_own", args=[deal.pk, "NOPE"]), headers=PART).status_code == 404


def test_an_answer_is_saved_as_it_is_typed(cast: Any, deal: Any) -> None:
    question = ask(deal, cast.owner)
    url = reverse("qualification:spin_answer", args=[question.pk])
    first = cast.owner.client.post(url, {"version": "1", "answer": "用表格"}, headers=PART)
    assert first.status_code == 200
    assert 'id="column-head-PROBLEM" hx-swap-oob="true"' in first.content.decode()
    late = cast.manager.client.post(url, {"version": "1", "answer": "用软件"}, headers=PART)
    assert (late.status_code, late["HX-Retarget"]) == (409, f"#question-{question.pk}")
    assert "用表格" in late.content.decode()
    version = SpinQuestion.objects.get().version
    mine = cast.manager.client.post(url, {"version": str(version), "answer": "用软件", "keep-answer": "yours"}, headers=PART)
    assert mine.status_code == 200
    assert SpinQuestion.objects.get().answer == "用软件"
    assert cast.stranger.client.post(url, {"answer": "x"}, headers=PART).status_code == 404
    archive = reverse("qualification:spin_archive", args=[question.pk])
    assert cast.owner.client.post(archive, headers=PART).status_code == 204
    assert cast.owner.client.post(url, {"version": "9", "answer": "x"}, headers=PART).status_code in {409, 422}


def test_rights(cast: Any, deal: Any) -> None:
    with pytest.raises(NotAllowed):
        ask(deal, cast.colleague)
    url = reverse("qualification:spin", args=[deal.pk])
    assert cast.stranger.client.get(url, headers=PART).status_code == 404
    for who in ("owner", "manager", "director", "finance", "service", "read_only"):
        assert getattr(cast, who).client.get(url, headers=PART).status_code == 200


def test_queries_do_not_grow(cast: Any, deal: Any, count_queries: Any) -> None:
    url = reverse("qualification:spin", args=[deal.pk])
    answer(ask(deal, cast.owner), cast.owner)
    cast.owner.client.get(url, headers=PART)
    with count_queries() as few:
        cast.owner.client.get(url, headers=PART)
    for number in range(20):
        answer(ask(deal, cast.owner, "SITUATION", f"问 {number}"), cast.owner)
        actions.save_amplification(opportunity=deal, item="VIEW", values={"answer": str(number)}, by=cast.owner.scope, now=NOW)
    with count_queries() as many:
        cast.owner.client.get(url, headers=PART)
    assert many.number == few.number
