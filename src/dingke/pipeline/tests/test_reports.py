"""Report, forecast and funnel: figures, where they lead, who sees them, and what they cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from dingke.accounts.models import Competitor, Note
from dingke.accounts.tests.factories import make_account, make_item
from dingke.core import rules
from dingke.ledger.tests.factories import make_product, make_receivable
from dingke.pipeline.actions import funnel as funnel_actions
from dingke.pipeline.calc.forecast import ForecastSettings
from dingke.pipeline.models import OpportunityCompetitor, OpportunityLine, StageSpell
from dingke.pipeline.queries import forecast, funnel, list_filter, reports, reports_stages, symptoms
from dingke.pipeline.queries.list_filter import DealFilter
from dingke.pipeline.tests.factories import make_opportunity, make_playbook

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(db):
    return make_playbook("MAIN")


@pytest.fixture
def ended(cast, account, version, today):
    """Two won, one lost, one dropped, one open; products, an industry, a rival."""
    account.industry = make_item("industries", "MACHINERY", en="Machinery")
    account.save()
    product = make_product(name="GTX Pro")
    rival, reason = Competitor.objects.create(name="对手"), make_item("lost_reasons", "PRICE", en="Price")
    common = {"account": account, "version": version}
    won = make_opportunity(
        "赢一",
        owner=cast.owner.user,
        state="WON",
        won_amount=Decimal("100.10"),
        opened_date=date(2026, 1, 1),
        ended_date=date(2026, 2, 1),
        **common,
    )
    make_opportunity(
        "赢二",
        owner=cast.colleague.user,
        state="WON",
        won_amount=Decimal("50.05"),
        opened_date=date(2026, 4, 1),
        ended_date=date(2026, 5, 1),
        **common,
    )
    lost = make_opportunity(
        "输", owner=cast.owner.user, state="LOST", amount=Decimal("70"), ended_date=date(2026, 5, 2), opened_date=date(2026, 4, 1),
        end_reason=reason, lost_to=rival, **common,
    )  # fmt: skip
    make_opportunity("弃", owner=cast.owner.user, state="DROPPED", ended_date=date(2026, 5, 3), opened_date=date(2026, 4, 1), **common)
    make_opportunity("开", owner=cast.owner.user, amount=Decimal("500"), **common)
    for deal in (won, lost):
        OpportunityLine.objects.create(opportunity=deal, product=product)
        OpportunityCompetitor.objects.create(opportunity=deal, competitor=rival, noted_date=today)
    return lost


def test_the_report_by_everything(cast, ended, today):
    found = reports.pipeline_report(cast.director.scope, DealFilter(), today=today)
    plain = found.plain()
    assert {name: plain[name] for name in ("won", "lost", "dropped", "open", "win_rate", "won_value", "open_value")} == {
        "won": 2, "lost": 1, "dropped": 1, "open": 1, "win_rate": 0.6667, "won_value": "150.15", "open_value": "500.00",
    }  # fmt: skip
    assert {line.label: (line.won, line.lost) for line in found.by_agent} == {"周敏": (1, 1), "何川": (1, 0)}
    assert [(line.label, line.won) for line in found.by_manager] == [("许文静", 2)]
    assert [(line.label, line.won) for line in found.by_region] == [("鼎新", 2)]
    assert {line.label: line.won for line in found.by_product} == {"GTX Pro": 1, "Without a product": 1}
    assert {line.label: line.won for line in found.by_sector} == {"Machinery": 2}
    assert [(line.label, line.won, line.lost) for line in found.by_quarter] == [("2026-Q1", 1, 0), ("2026-Q2", 1, 1)]


def test_every_number_opens_its_rows(cast, ended, today):
    found = reports.pipeline_report(cast.director.scope, DealFilter(), today=today)
    for _code, _title, lines in found.parts():
        for line in lines:
            for state in ("WON", "LOST", "DROPPED"):
                wanted = line.opens(state)
                number = getattr(line, state.lower())
                if wanted is not None:
                    assert list_filter.filtered(cast.director.scope, wanted, today=today).count() == number, (line.label, state)


def test_why_deals_end(cast, ended, today):
    found = reports.win_loss(cast.director.scope, DealFilter(), today=today)
    assert {(cause.label, cause.number) for cause in found.reasons} == {("Price", 1), ("No reason given", 1)}
    assert [(cause.label, cause.number, cause.value) for cause in found.lost_to] == [("对手", 1, Decimal("70.00"))]
    assert [(line.label, line.won, line.lost, line.win_rate) for line in found.rivals] == [("对手", 1, 1, Decimal("0.5000"))]
    assert found.without_reason == 1


def test_reports_are_of_what_the_caller_sees(cast, ended, today):
    assert reports.pipeline_report(cast.owner.scope, DealFilter(), today=today).total.won == 2  # the account is the owner's
    assert reports.pipeline_report(cast.stranger.scope, DealFilter(), today=today).total.won == 0
    blind = replace(cast.director.scope, hidden_fields=frozenset({"amount"}))
    hidden = reports.pipeline_report(blind, DealFilter(), today=today)
    assert (hidden.total.won, hidden.total.won_value, hidden.plain()["won_value"]) == (2, None, None)
    assert all(cause.value is None for cause in reports.win_loss(blind, DealFilter(), today=today).reasons)
    for name in ("report", "forecast", "funnel"):
        page = cast.stranger.client.get(reverse(f"pipeline:{name}"))
        assert (page.status_code, "赢一" in page.content.decode()) == (200, False), name
        assert cast.anonymous.get(reverse(f"pipeline:{name}")).status_code == 303, name


def test_the_pages_say_the_figures(cast, ended):
    page = cast.director.client.get(reverse("pipeline:report")).content.decode()
    assert "66.67%" in page
    assert "150.15" in page
    assert "Price" in page


def test_stages_from_their_history(cast, account, version, now, today):
    deal = make_opportunity(account=account, owner=cast.owner.user, version=version, stage_since=today - timedelta(days=30))
    StageSpell.objects.filter(opportunity=deal).update(left_date=today - timedelta(days=20))
    StageSpell.objects.create(
        opportunity=deal, playbook_version=version, stage="OFFER", stage_position=1, way="FORWARD", entered_date=today - timedelta(days=20),
        entered_at=now,
    )  # fmt: skip
    make_opportunity(
        account=account, owner=cast.owner.user, version=version, state="LOST", stage_since=today - timedelta(days=9), ended_date=today
    )
    found = reports_stages.stage_report(cast.owner.scope, DealFilter(), version, today=today)
    lead, offer = (line.figures for line in found.lines[:2])
    assert (lead.entered, lead.passed, lead.lost, lead.here, lead.pass_rate) == (2, 1, 1, 0, Decimal("0.5000"))
    assert (offer.entered, offer.here, offer.median_here) == (1, 1, Decimal(20))
    assert reports_stages.stage_report(cast.stranger.scope, DealFilter(), version, today=today).lines[0].figures.entered == 0


@pytest.mark.item("P-08")
def test_the_funnel_against_its_profile(cast, account, version, today, now):
    for stage, number in (("LEAD", 4), ("OFFER", 1), ("TERMS", 2)):
        for _place in range(number):
            make_opportunity(account=account, owner=cast.owner.user, version=version, stage=stage)
    bare = funnel.funnel(cast.owner.scope, DealFilter(), version, today=today)
    assert not bare.has_profile
    funnel_actions.store_profile(version=version, needed={"LEAD": 4, "OFFER": 3, "TERMS": 3}, by=cast.administrator.scope, now=now)
    found = funnel.funnel(cast.owner.scope, DealFilter(), version, today=today)
    assert found.sentence == "The bottleneck is “Proposal”: 33.3% filled, 2 missing. Refill it first."
    assert [line.fill.actual for line in found.lines] == [4, 1, 2, 0]
    for line in found.lines:
        assert list_filter.filtered(cast.owner.scope, line.wanted, today=today).count() == line.fill.actual


def test_the_profile_is_set_by_who_may(cast, version):
    url = reverse("pipeline:funnel_profile")
    assert cast.owner.client.get(url).status_code == 403
    assert cast.administrator.client.get(url).status_code == 200
    assert cast.administrator.client.post(url, {"needed-LEAD": "many"}).status_code == 422
    assert cast.administrator.client.post(url, {"needed-LEAD": "5", "needed-OFFER": ""}).status_code == 303
    assert funnel.settings_in_force().of("MAIN") == {"LEAD": 5}


def test_the_forecast_adds_up_by_period(cast, account, version, today):
    month = today.replace(day=1)
    for category, amount, expected in (
        ("COMMIT", "100", today), ("BEST_CASE", "200", today), ("PIPELINE", "400", today), ("OMITTED", "800", today),
        ("COMMIT", "1600", today + timedelta(days=20)), ("COMMIT", "1", month - timedelta(days=1)), ("COMMIT", "1", None),
    ):  # fmt: skip
        make_opportunity(
            account=account, owner=cast.owner.user, version=version, forecast=category, amount=Decimal(amount), expected_date=expected,
            probability=50,
        )  # fmt: skip
    make_opportunity(account=account, owner=cast.colleague.user, version=version, state="WON", won_amount=Decimal("32"), ended_date=today)
    for by in ("owner", "team"):
        found = forecast.forecast(cast.manager.scope, DealFilter(), by=by, unit="month", today=today)
        first, second = found.totals[:2]
        assert (first.commit, first.best, first.pipeline, first.weighted, first.won) == tuple(map(Decimal, (100, 300, 700, 350, 32)))
        assert (second.commit, found.overdue, found.undated) == (Decimal(1600), 1, 1)
        assert len(found.groups) == (2 if by == "owner" else 1)
    by_quarter = forecast.forecast(cast.manager.scope, DealFilter(), by="owner", unit="quarter", today=today)
    assert by_quarter.spans[0].label == "2026-Q3"
    assert forecast.forecast(cast.stranger.scope, DealFilter(), by="owner", unit="month", today=today).groups == []


def test_the_range_with_little_history_takes_the_stored_figures(cast, account, version, today):
    for _place in range(20):
        make_opportunity(account=account, owner=cast.owner.user, version=version, amount=Decimal(100), expected_date=today, probability=50)
    found = forecast.forecast_range(cast.owner.scope, DealFilter(), by="owner", unit="month", today=today)
    assert found.basis == "STORED"
    assert found.totals[0].low <= 1000 <= found.totals[0].high
    assert found.totals[1].high == 0
    blind = replace(cast.director.scope, hidden_fields=frozenset({"amount"}))
    assert forecast.forecast_range(blind, DealFilter(), by="owner", unit="month", today=today) is None


@pytest.fixture
def past(cast, account, version, today):
    """Sixty ended deals and twelve open ones."""
    for place in range(60):
        opened = today - timedelta(days=300 - 4 * place)
        make_opportunity(
            account=account, owner=cast.owner.user, version=version, state="WON" if place % 2 else "LOST",
            won_amount=Decimal(100) if place % 2 else None, opened_date=opened, stage_since=opened, ended_date=opened + timedelta(days=30 + place % 20),
        )  # fmt: skip
    for place in range(12):
        opened = today - timedelta(days=place)
        make_opportunity(
            account=account, owner=cast.owner.user, version=version, opened_date=opened, stage_since=opened, amount=Decimal(100)
        )


def test_the_range_from_history(cast, past, today):
    for unit in ("month", "quarter"):
        found = forecast.forecast_range(cast.director.scope, DealFilter(), by="team", unit=unit, today=today)
        assert (found.basis, found.ended, found.deals) == ("HISTORY", 60, 12)
        assert all(one.low <= one.middle <= one.high for one in found.totals)
        assert found.totals[1].high > 0
    narrow = forecast.forecast_range(cast.stranger.scope, DealFilter(), by="owner", unit="month", today=today)
    assert narrow.totals[1].high == 0


def test_past_quarters_are_replayed_for_who_sees_all(cast, past, today):
    lines = forecast.backtest(cast.director.scope, today=today + timedelta(days=5))
    assert [line.label for line in lines] == ["2026-Q3"]
    assert all(line.realised == line.realised.quantize(Decimal("0.01")) for line in lines)
    assert forecast.backtest(cast.owner.scope, today=today) == []
    assert cast.director.client.get(reverse("pipeline:forecast_backtest")).status_code == 200
    assert "Past quarters" in cast.owner.client.get(reverse("pipeline:forecast_backtest")).content.decode()


def test_the_settings_of_the_range_are_a_rule_group(cast, now):
    rules.store(key=forecast.RULES, kind=ForecastSettings, values={"draws": 100}, by=cast.administrator.scope, now=now)
    assert forecast.settings_in_force().draws == 100


def test_pages_cost_the_same_for_few_and_many(cast, version, count_queries):
    pages = [reverse(f"pipeline:{name}") for name in ("forecast", "forecast_range", "report", "funnel")]

    def fill(number):
        today = timezone.localdate()
        for place in range(number):
            more = {"state": "WON", "won_amount": Decimal(5), "ended_date": today} if place % 3 == 0 else {"expected_date": today}
            make_opportunity(account=make_account(owner=cast.owner.user), owner=cast.owner.user, version=version, **more)

    fill(6)
    before = []
    for url in pages:
        cast.owner.client.get(url)
        with count_queries() as counted:
            assert cast.owner.client.get(url).status_code == 200
        before.append(counted.number)
    fill(60)
    for url, number in zip(pages, before, strict=True):
        with count_queries() as counted:
            cast.owner.client.get(url)
        # learning from history begins with thirty ended deals and asks for the stages' shares and the new deals' owners
        assert counted.number == number, url


@pytest.mark.item("E-01")
def test_symptoms_are_read_for_many_deals_at_once(cast, account, version, today, now, count_queries):
    deal = make_opportunity(
        account=account,
        owner=cast.owner.user,
        version=version,
        opened_date=today - timedelta(days=120),
        stage_since=today - timedelta(days=120),
    )
    for place in range(6):
        Note.objects.create(account=account, kind="MEETING", text="拜访", at=now - timedelta(days=place), author=cast.owner.user)
    Note.objects.create(account=account, kind="NOTE", text="备忘", at=now, author=cast.owner.user)
    Note.objects.create(account=account, kind="CALL", text="以前", at=now - timedelta(days=400), author=cast.owner.user)
    make_receivable(account, amount="88.00", due=today - timedelta(days=45))
    found = symptoms.symptoms_of([deal], today)[deal.pk]
    assert [(one.code, dict(one.params)) for one in found] == [
        ("STUCK", {"days": 120, "limit": 30}), ("COSTLY", {"meetings": 6}), ("UNPAID", {"amount": Decimal("88.00"), "days": 45}),
    ]  # fmt: skip
    symptoms.install(lambda ids: dict.fromkeys(ids, Decimal("0.3")))
    try:
        assert "UNCLEAR" in {one.code for one in symptoms.symptoms_of([deal], today)[deal.pk]}
    finally:
        symptoms._known_shares.clear()
    blind = replace(cast.owner.scope, hidden_fields=frozenset({"amount"}))
    assert "UNPAID" not in {one.code for one in symptoms.told(blind, {deal.pk: found})[deal.pk]}
    with count_queries() as few:
        symptoms.symptoms_of([deal], today)
    more = [make_opportunity(account=make_account(owner=cast.owner.user), owner=cast.owner.user, version=version) for _place in range(20)]
    with count_queries() as many:
        symptoms.symptoms_of([deal, *more], today)
    assert few.number == many.number
