"""One rule for who has gone quiet: scores, warnings and the next step never differ; and what a warned customer is worth."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.models import Standing
from dingke.accounts.tests.factories import make_account
from dingke.core.models import Setting
from dingke.core.scope import Scope
from dingke.insights import actions, queries, signals
from dingke.insights.actions import alerts
from dingke.insights.calc import rhythm
from dingke.insights.calc.continuing import Continuing, ContinuingSettings, State
from dingke.insights.calc.rules import Rules
from dingke.insights.calc.warning import Combined, Context, ValueBasis, WarningSettings
from dingke.insights.judging import Outside, unjudged
from dingke.insights.models import Alert
from dingke.insights.tests.factories import make_order
from dingke.insights.tests.history_makers import columns, gaps_of, silent_for
from dingke.insights.tests.test_columns import columns as run_columns
from dingke.insights.valuing import year_at_stake

SYSTEM = Scope.system()
TODAY = date(2026, 9, 30)


@pytest.fixture
def company(cast: Any) -> dict[str, Any]:
    """On its rhythm; beyond it; stopped within two years; gone for longer; bought once."""
    found = {name: make_account(name, owner=cast.owner.user) for name in ("STEADY", "BROKEN", "STOPPED", "GONE", "ONCE")}
    for name, silent in (("STEADY", 12), ("BROKEN", 150), ("STOPPED", 400), ("GONE", 900)):
        for number in range(18):
            make_order(found[name], TODAY - timedelta(days=silent + 20 * number), 1_000, 600)
    make_order(found["ONCE"], TODAY - timedelta(days=200), 1_000, 600)
    return found


@pytest.mark.django_db
@pytest.mark.item("D-11", "D-17", "O-18")
def test_scores_and_warnings_say_the_same_from_one_fit(company: dict[str, Any], now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    fits: list[int] = []
    fit = rhythm.BuyingRhythm.fit
    monkeypatch.setattr(rhythm.BuyingRhythm, "fit", lambda self, *given, **named: fits.append(1) or fit(self, *given, **named))
    run = actions.run_scores(by=SYSTEM, now=now, as_of=TODAY)
    assert len(fits) == 1
    quiet = {row.account.name for row in Standing.objects.filter(is_quiet=True).select_related("account")}
    warned = Alert.objects.filter(signal__in=["RHYTHM_BROKEN", "STOPPED"]).order_by("pk")
    assert quiet == {row.account.name for row in warned} == {"BROKEN", "STOPPED", "GONE"}
    standing = Standing.objects.get(account=company["BROKEN"])
    (stored,) = [one for one in standing.evidence["reasons"]["weak"] if one["code"].startswith("WARN_")]
    alert = Alert.objects.get(account=company["BROKEN"], signal="RHYTHM_BROKEN")
    texts = queries.sentences.sentences(SYSTEM, [stored, *alert.reasons])
    assert texts[0] == texts[1]
    assert texts[0].startswith("Usually orders every 20 days, now 150 days without an order;")
    # who is gone for years is quiet, but nothing is at stake any more
    assert Standing.objects.get(account=company["GONE"]).at_stake is None
    assert Standing.objects.get(account=company["STOPPED"]).at_stake is not None
    assert run.rules["warning"]["warn_from"] == "0.40"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("chosen", "names"),
    [({"stopped_days": 120}, {"BROKEN", "STOPPED", "GONE", "ONCE"}), ({"weight_rhythm": "0"}, {"STOPPED", "GONE"})],
)
def test_the_rules_of_the_warnings_decide_who_is_quiet(
    company: dict[str, Any], now: datetime, chosen: dict[str, Any], names: set[str]
) -> None:
    Setting.objects.create(key="insights.warning", version=1, value=chosen, at=now, actor_name="x")
    actions.run_scores(by=SYSTEM, now=now, as_of=TODAY)
    assert set(Standing.objects.filter(is_quiet=True).values_list("account__name", flat=True)) == names
    assert set(Alert.objects.filter(signal="STOPPED").values_list("account__name", flat=True)) == names
    assert not Alert.objects.filter(signal="RHYTHM_BROKEN").exists()


@given(st.lists(st.tuples(st.integers(1, 800), st.integers(2, 90)), min_size=1, max_size=20))
def test_who_is_quiet_is_who_the_signals_speak_of(accounts: list[tuple[int, int]]) -> None:
    given_columns = columns(
        len(accounts),
        gaps=gaps_of(*[[gap, gap + 1, gap + 2] for _silent, gap in accounts]),
        repeats=[4] * len(accounts),
        last_order=silent_for(*[silent for silent, _gap in accounts]),
    )
    settings = WarningSettings()
    context = Context(date(2026, 6, 30), given_columns, settings)
    found = rhythm.rhythms(given_columns.gaps, repeats=given_columns.repeats, silent=context.days_silent, settings=settings)
    rows = [one.judge(context).rows for one in signals.signals() if one.code in {"RHYTHM_BROKEN", "STOPPED"}]
    assert np.flatnonzero(found.is_quiet).tolist() == sorted(np.concatenate(rows).tolist())
    assert not (found.is_broken & found.is_stopped).any()


def continuing(state: list[str], value: list[float], alive: list[float]) -> Continuing:
    unknown = np.full(len(state), np.nan)
    return Continuing(
        state=np.array(state), purchases=unknown, average=unknown, value=np.array(value), low=unknown, high=unknown, error=unknown,
        alive=np.array(alive), told=(),
    )  # fmt: skip


STATES = [State.MODEL.value, State.RHYTHM.value, State.PLANNED.value, State.NONE.value, State.MODEL.value]


@pytest.mark.item("A-13", "D-08")
def test_at_stake_is_a_year_of_a_customer_that_stays() -> None:
    """Cents in, yuan out: 100.00 expected with a chance of 25% to be there is 400.00 if it stays."""
    given = run_columns([*[(10**6, 0, None)] * 4, (10**6, 0, 4 * 10**5)])
    judged = unjudged(given, Rules(), Outside())
    assert year_at_stake(given, judged) is None
    judged.continuing = continuing(STATES, [10_000, 20_000, 30_000, np.nan, 10_000], [0.25, np.nan, np.nan, np.nan, 0.25])
    found = year_at_stake(given, judged)
    assert found is not None
    np.testing.assert_allclose(found, [400, 200, 300, np.nan, 160])  # the last one as profit: its margin of 40% is known
    judged.rules = Rules(continuing=ContinuingSettings(horizon=24, by_profit=True))
    found = year_at_stake(given, judged)
    assert found is not None
    np.testing.assert_allclose(found, [200, 100, 300, np.nan, 200])


@pytest.mark.django_db
def test_the_expected_loss_uses_the_continuing_value(company: dict[str, Any], now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who orders like clockwork is counted on by its rhythm: 365.25 / 20 orders of 1,000 at a margin of 40%."""
    seen: list[Combined] = []
    raised = alerts.raise_alerts_of_run
    monkeypatch.setattr(alerts, "raise_alerts_of_run", lambda **given: seen.append(given["combined"]) or raised(**given))
    actions.run_scores(by=SYSTEM, now=now, as_of=TODAY)
    (combined,) = seen
    row = combined.account_id.tolist().index(company["STEADY"].pk)
    assert combined.basis[row] == ValueBasis.CONTINUING
    assert combined.value[row] == pytest.approx(365.25 / 20 * 1_000 * 0.4, rel=1e-3)
    alert = Alert.objects.get(account=company["BROKEN"], signal="RHYTHM_BROKEN")
    row = combined.account_id.tolist().index(company["BROKEN"].pk)
    assert combined.basis[row] == ValueBasis.PROFIT  # its rhythm is broken and the company is too small for a model
    assert alert.value == Decimal(str(combined.value[row])).quantize(Decimal("0.01"))
