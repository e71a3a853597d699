from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dingke.insights.calc.buying import BetaGeoNBD
from dingke.insights.calc.continuing import (
    SENTENCES,
    CompanyFit,
    ContinuingSettings,
    Customers,
    State,
    _purchases,
    continuing_value,
    fit_company,
)
from dingke.insights.calc.spending import GammaGamma
from dingke.insights.calc.told import reasons_at
from dingke.insights.calc.uncertainty import moved, quantile, spread
from dingke.insights.tests.buyers import buyers, spending

pytestmark = pytest.mark.item("A-13")
KNOWN = CompanyFit(BetaGeoNBD.of(r=0.6, alpha=84.0, a=0.8, b=2.5), GammaGamma.of(p=6, q=4, v=15), (), 100, 60)
KNOWN.buying.covariance_ = np.diag([0.01, 0.01, 0.02, 0.02])
KNOWN.spending.covariance_ = np.diag([0.01, 0.01, 0.01])
KNOWN.spending.correlation_ = 0.1


def one(**given) -> Customers:
    """A customer with six repeat purchases in a year and a half."""
    told = {"frequency": 6, "recency_days": 500.0, "age_days": 540.0, "repeat_value": 40.0, "average_value": 42.0} | given
    return Customers(**{name: np.array([value], dtype=int if name in {"frequency"} else float) for name, value in told.items()})


@cache
def company(number: int = 4_000, seed: int = 21) -> Customers:
    x, tx, t = buyers(number, seed=seed, alpha=84.0, longest=546.0)
    value = spending(x, seed=seed)
    return Customers(frequency=x.astype(int), recency_days=tx, age_days=t, repeat_value=value, average_value=np.where(x > 0, value, 20.0))


def codes(customers: Customers, fit: CompanyFit = KNOWN, settings: ContinuingSettings | None = None) -> list[str]:
    found = continuing_value(customers, fit, settings)
    reasons = reasons_at(found.told, 0)
    assert all(SENTENCES.text(reason, language) for reason in reasons for language in ("en", "zh-hans"))
    return [reason.code for reason in reasons]


class TestByTheModel:
    def test_it_is_n_times_p(self):
        found = continuing_value(one(), KNOWN)
        assert found.state[0] == State.MODEL
        assert found.purchases[0] == pytest.approx(KNOWN.buying.expected_purchases(365.25, 6, 500, 540)[0])
        assert found.average[0] == pytest.approx(KNOWN.spending.expected_mean(6, 40)[0])
        assert found.value[0] == pytest.approx(found.purchases[0] * found.average[0])
        assert found.alive[0] == pytest.approx(KNOWN.buying.probability_alive(6, 500, 540)[0])
        assert 0 <= found.low[0] < found.value[0] < found.high[0]
        assert 0 < found.error[0] < found.value[0]
        assert codes(one()) == ["CV_BY_MODEL", "CV_IS_TURNOVER", "CV_NOT_DISCOUNTED"]

    @pytest.mark.parametrize(("horizon", "unit", "days"), [(52, "WEEK", 364), (90, "DAY", 90), (6, "MONTH", 182.625)])
    def test_the_horizon_is_a_setting(self, horizon, unit, days):
        found = continuing_value(one(), KNOWN, ContinuingSettings(horizon=horizon, unit=unit))
        assert found.purchases[0] == pytest.approx(KNOWN.buying.expected_purchases(days, 6, 500, 540)[0])

    @settings(max_examples=15, deadline=None)
    @given(st.integers(1, 30), st.floats(0.01, 1))
    def test_discounting_takes_off_no_more_than_the_rate_of_the_last_month(self, months, rate):
        rules = ContinuingSettings(horizon=months, discount=Decimal(str(round(rate, 4))))
        plain = continuing_value(one(), KNOWN, replace(rules, discount=Decimal(0))).value[0]
        found = continuing_value(one(), KNOWN, rules).value[0]
        assert plain / (1 + rate + 1e-4) ** (months / 12) < found <= plain
        assert ("CV_DISCOUNTED" in codes(one(), settings=rules)) == bool(rules.discount)

    def test_profit_takes_the_own_margin_or_the_mean_one(self):
        both = replace(
            one(),
            **{
                name: np.repeat(getattr(one(), name), 3)
                for name in ("frequency", "recency_days", "age_days", "repeat_value", "average_value")
            },
        )
        settings = ContinuingSettings(by_profit=True)
        found = continuing_value(replace(both, margin=np.array([0.2, np.nan, 0.4])), KNOWN, settings)
        assert found.value / continuing_value(both, KNOWN).value == pytest.approx([0.2, 0.3, 0.4])
        assert np.isnan(continuing_value(both, KNOWN, settings).value).all()
        assert "CV_IS_PROFIT" in codes(one(), settings=settings)

    def test_the_interval_holds_what_happens_as_often_as_it_says(self):
        """Customers seen halfway, their second half simulated with them."""
        rng = np.random.default_rng(5)
        number = 6_000
        rate, most = rng.gamma(1.2, 1 / 60.0, number), rng.geometric(rng.beta(0.8, 2.5, number))
        days = np.cumsum(rng.exponential(1 / rate[:, None], (number, 120)), axis=1)
        days[np.arange(120)[None, :] >= most[:, None]] = np.inf
        money = rng.gamma(4.0, 1 / 15.0, number)
        paid = rng.gamma(6.0, 1 / money[:, None], (number, 120))
        seen, later = days <= 365, (days > 365) & (days <= 730)
        x = seen.sum(axis=1)
        total = (paid * seen).sum(axis=1)
        value = np.where(x > 0, total / np.maximum(x, 1), np.nan)
        known = Customers(x, np.where(seen, days, 0).max(axis=1), np.full(number, 365.0), value, np.where(x > 0, value, 20.0))
        fit = fit_company(known)
        found = continuing_value(known, fit, ContinuingSettings(horizon=365, unit="DAY"))
        future = (paid * later).sum(axis=1)
        assert found.value.sum() == pytest.approx(future.sum(), rel=0.06)
        inside = (future >= found.low) & (future <= found.high)
        assert 0.78 < inside.mean() < 0.93  # sums of 0 lie inside together, so more than four in five
        assert 0.06 < (future > found.high).mean() < 0.14


class TestTheCompany:
    def test_a_fit_says_its_parameters_with_errors(self):
        fit = fit_company(company())
        told = fit.as_json()
        assert (told["customers"], told["problems"]) == (4_000, [])
        assert told["buying"].keys() == told["buying_errors"].keys() == {"r", "alpha", "a", "b"}
        assert told["spending"].keys() == told["spending_errors"].keys() == {"p", "q", "v"}
        assert abs(told["buying"]["r"] - 0.6) < 4 * told["buying_errors"]["r"]

    @pytest.mark.parametrize(("number", "code"), [(0, "CV_FEW_CUSTOMERS"), (40, "CV_FEW_CUSTOMERS"), (60, "CV_FEW_REPEATERS")])
    def test_too_few_customers_are_not_fitted(self, number, code):
        x, tx, t = (column[:number] for column in buyers(4_000, seed=1))
        if code == "CV_FEW_REPEATERS":
            x, tx = np.where(np.arange(number) < 20, x, 0), np.where(np.arange(number) < 20, tx, 0)
        few = Customers(x, tx, t, np.full(number, 5.0), np.full(number, 5.0))
        fit = fit_company(few)
        assert fit.buying is None
        assert [reason.code for reason in fit.problems] == [code]
        found = continuing_value(few, fit)
        assert set(found.state) <= {State.NONE}
        if number:
            assert code in codes(few, fit)

    def test_customers_for_whom_the_likelihood_has_no_maximum(self):
        t = np.full(300, 100.0)
        forever = Customers(np.full(300, 9), t - 0.001, t, np.full(300, 5.0), np.full(300, 5.0))
        assert [reason.code for reason in fit_company(forever).problems] == ["CV_NOT_CONVERGED"]

    def test_money_that_goes_with_frequency_leaves_p_to_the_own_average(self):
        whole = company()
        bound = replace(whole, repeat_value=whole.repeat_value * (1 + whole.frequency) ** 2, average_value=whole.average_value * 3)
        fit = fit_company(bound)
        assert [reason.code for reason in fit.problems] == ["CV_MONEY_NOT_INDEPENDENT"]
        found = continuing_value(bound, fit)
        assert found.average == pytest.approx(bound.average_value)
        assert "CV_MONEY_NOT_INDEPENDENT" in codes(bound, fit)

    def test_odd_money_leaves_p_to_the_own_average(self):
        whole = company()
        odd = replace(whole, repeat_value=np.full(len(whole), np.nan))
        fit = fit_company(odd)
        assert [reason.code for reason in fit.problems] == ["CV_SPENDING_NOT_FITTED"]
        found = continuing_value(odd, fit)
        assert found.average == pytest.approx(odd.average_value)
        assert np.isnan(found.low).all()


REGULAR = {"gaps_count": 12, "log_gap_mean": np.log(30.0), "log_gap_sd": 0.1}
PLAN = {"planned_purchases": 24, "planned_average": 50_000}


class TestWhatSpeaksAgainstIt:
    @pytest.mark.parametrize(
        ("given", "state", "says"),
        [
            ({"frequency": 0, "recency_days": np.nan, "age_days": np.nan}, State.NONE, ["CV_NEVER_BOUGHT", "CV_NO_PLAN"]),
            ({"recency_days": 600.0}, State.NONE, ["CV_DATED_WRONGLY", "CV_NO_PLAN"]),
            ({"age_days": -3.0, "recency_days": 0.0, "frequency": 0}, State.NONE, ["CV_DATED_WRONGLY", "CV_NO_PLAN"]),
            ({"average_value": -5.0}, State.NONE, ["CV_NOT_POSITIVE", "CV_NO_PLAN"]),
            (REGULAR | {"recency_days": 400.0}, State.NONE, ["CV_CONTRACT", "CV_CONTRACT_SILENT", "CV_NO_PLAN"]),
            ({"frequency": 0, "recency_days": 0.0}, State.MODEL, ["CV_BOUGHT_ONCE", "CV_BY_MODEL"]),
            ({"frequency": 1}, State.MODEL, ["CV_FEW_PURCHASES", "CV_BY_MODEL"]),
            (
                {"age_days": 900.0, "recency_days": 890.0, "purchases_now": 25, "purchases_before": 4},
                State.MODEL,
                ["CV_TREND_BROKEN", "CV_BY_MODEL"],
            ),
            ({"age_days": 900.0, "recency_days": 890.0, "purchases_now": 6, "purchases_before": 4}, State.MODEL, ["CV_BY_MODEL"]),
        ],
    )
    def test_each_check_says_so_and_a_plan_stands_in(self, given, state, says):
        customer = one(**given)
        found = continuing_value(customer, KNOWN)
        assert found.state[0] == state
        assert [code for code in codes(customer) if not code.startswith(("CV_IS", "CV_NOT_DISC"))] == says
        assert np.isnan(found.value[0]) == (state == State.NONE)
        planned = continuing_value(one(**given, **PLAN), KNOWN)
        if says != ["CV_BY_MODEL"]:
            assert (planned.state[0], planned.value[0]) == (State.PLANNED, 1_200_000)
            assert codes(one(**given, **PLAN))[0] == says[0]
            assert np.isnan(planned.alive[0])
        else:
            assert planned.state[0] == State.MODEL

    def test_contract_business_goes_by_its_own_rhythm(self):
        found = continuing_value(one(**REGULAR), KNOWN)
        assert found.state[0] == State.RHYTHM
        assert found.purchases[0] == pytest.approx(365.25 / 30, rel=0.01)
        assert found.value[0] == pytest.approx(found.purchases[0] * 42)
        assert codes(one(**REGULAR))[:2] == ["CV_CONTRACT", "CV_BY_RHYTHM"]
        assert continuing_value(one(**REGULAR, **PLAN), KNOWN).state[0] == State.PLANNED

    def test_buying_at_random_is_not_taken_for_contract_business(self):
        rng = np.random.default_rng(3)
        logs = np.log(rng.exponential(30, (5_000, 12)))
        sd = logs.std(axis=1, ddof=1)
        size = len(sd)
        many = Customers(np.full(size, 12), np.full(size, 360.0), np.full(size, 365.0), sd, sd, np.full(size, 12), logs.mean(axis=1), sd)
        assert many.orders_regularly(ContinuingSettings()).mean() < 0.002

    @pytest.mark.parametrize(
        "given",
        [{"unit": "YEAR"}, {"horizon": 0}, {"discount": Decimal(2)}, {"confidence": Decimal("0.2")}, {"least_repeaters": 2}, {"least_repeats": 0},
         {"trend_times": Decimal(1)}, {"rhythm_patience": Decimal("0.5")}],
    )  # fmt: skip
    def test_settings_that_cannot_be_are_refused(self, given):
        with pytest.raises(ValueError):
            ContinuingSettings(**given)


class TestUncertainty:
    def test_the_moved_points_have_the_covariance_of_the_fit(self):
        covariance = np.array([[0.04, 0.01], [0.01, 0.09]])
        logs = np.log(moved(np.array([2.0, 3.0]), covariance)) - np.log([2.0, 3.0])
        assert logs.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
        assert logs.T @ logs / len(logs) == pytest.approx(covariance)
        assert spread(np.array([1.0]), iter([np.array([2.0]), np.array([0.0])]))[0] == 1

    def test_quantiles_of_a_sum_that_may_be_nothing(self):
        rng = np.random.default_rng(0)
        for any_, shape in ((0.3, 0.8), (0.95, 2.0), (1.0, 9.0)):
            drawn = np.where(rng.random(400_000) < any_, rng.gamma(shape, 10.0, 400_000), 0)
            for level in (0.1, 0.5, 0.9):
                found = quantile(level, any_=np.array([any_]), mean=np.array([any_ * shape * 10]), variance=np.array([drawn.var()]))
                assert found[0] == pytest.approx(np.quantile(drawn, level), rel=0.03, abs=0.05)


def test_a_fit_that_leaves_everything_open_gives_a_value_without_an_interval():
    """Parameters moved by so loose a fit are beyond all numbers; the run goes on, and says no interval."""
    extreme = BetaGeoNBD.of(r=0.6, alpha=84.0, a=1e300, b=1e300)
    assert np.isnan(_purchases(extreme, 365.0, np.array([2.0]), np.array([100.0]), np.array([200.0]))).all()
