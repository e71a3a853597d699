from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import hyp2f1

from dingke.insights.calc.buying import BetaGeoNBD, Likelihood, collapsed, purchases
from dingke.insights.calc.maximum import UnableToFit, climb
from dingke.insights.tests.buyers import buyers

pytestmark = pytest.mark.item("A-13")
PUBLISHED = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
CDNOW = BetaGeoNBD.of(**PUBLISHED)
parameters = st.tuples(st.floats(0.05, 5), st.floats(0.5, 50), st.floats(0.05, 5), st.floats(0.1, 20))
triples = st.integers(0, 40).flatmap(
    lambda x: st.tuples(st.just(x), st.floats(0.1, 60) if x else st.just(0.0), st.floats(0, 60)).map(
        lambda one: (one[0], one[1], one[1] + one[2])
    )
)


def model(values: tuple[float, float, float, float]) -> BetaGeoNBD:
    r, alpha, a, b = values
    return BetaGeoNBD.of(r=r, alpha=alpha, a=a, b=b)


def closed_form(one: BetaGeoNBD, horizon: float, x: float, tx: float, t: float) -> float:
    """The conditional expectation as the paper prints it (its equation 10)."""
    r, alpha, a, b = one.parameters_
    z = horizon / (alpha + t + horizon)
    above = 1 - ((alpha + t) / (alpha + t + horizon)) ** (r + x) * hyp2f1(r + x, b + x, a + b + x - 1, z)
    below = 1 + (a / (b + x - 1) * ((alpha + t) / (alpha + tx)) ** (r + x) if x else 0)
    return (a + b + x - 1) / (a - 1) * above / below


class TestThePublishedSample:
    pytestmark = pytest.mark.real_data

    @pytest.fixture
    def sample(self, real_data):
        with (real_data / "cdnow" / "calibration_summary.csv").open() as lines:
            rows = list(csv.DictReader(lines))
        return tuple(np.array([float(row[name]) for row in rows]) for name in ("frequency", "recency", "T"))

    def test_gives_the_published_parameters(self, sample):
        fit = BetaGeoNBD().fit(*sample)
        found = {name: getattr(fit, f"{name}_") for name in PUBLISHED}
        assert found == pytest.approx(PUBLISHED, rel=0.005)
        assert fit.log_likelihood_ == pytest.approx(-9582.4, abs=0.05)
        assert fit.converged_
        assert (fit.n_customers_, fit.n_repeaters_) == (2357, 946)
        assert all(0 < fit.standard_errors_[name] < found[name] for name in PUBLISHED)

    def test_does_not_depend_on_the_start_or_on_the_order(self, sample):
        fit = BetaGeoNBD().fit(*sample)
        turned = BetaGeoNBD().fit(*(column[::-1] for column in sample))
        assert turned.parameters_ == pytest.approx(fit.parameters_, rel=1e-6)
        likelihood = Likelihood(*collapsed(*sample))
        for start in ((3, 1, 3, 1), (0.1, 30, 0.1, 0.5)):
            assert climb(likelihood, start).parameters == pytest.approx(fit.parameters_, rel=1e-4)


class TestTheLikelihood:
    @settings(max_examples=25, deadline=None)
    @given(parameters, st.lists(triples, min_size=1, max_size=12))
    def test_its_slopes_are_those_of_small_steps(self, values, customers):
        x, tx, t = (np.array(column, dtype=float) for column in zip(*customers, strict=True))
        likelihood = Likelihood(x, tx, t, np.ones_like(x))
        place = np.array(values)
        value, gradient, hessian = likelihood(place)
        assert np.isfinite(value)
        for axis in range(4):
            step = np.zeros(4)
            step[axis] = place[axis] * 1e-5
            up, down = likelihood(place + step), likelihood(place - step)
            width = 2 * step[axis]
            size = 1 + np.abs(value) / place[axis]
            assert gradient[axis] == pytest.approx((up[0] - down[0]) / width, rel=1e-4, abs=1e-5 * size)
            assert hessian[axis] == pytest.approx((up[1] - down[1]) / width, rel=1e-3, abs=1e-4 * size)

    def test_weights_are_repetition(self):
        x, tx, t = (column[:200] for column in buyers(200, seed=3))
        times = np.arange(200) % 4
        once = BetaGeoNBD().fit(x, tx, t, weights=times)
        repeated = BetaGeoNBD().fit(*(np.repeat(column, times) for column in (x, tx, t)))
        assert once.log_likelihood_ == pytest.approx(repeated.log_likelihood_, rel=1e-9)
        assert once.parameters_ == pytest.approx(repeated.parameters_, rel=1e-4)

    def test_equal_customers_are_kept_once_with_their_number(self):
        columns = [np.array(column, dtype=float) for column in ([2, 0, 2, 2], [3.5, 0, 3.5, 3], [9, 4, 9, 9])]
        x, tx, t, w = collapsed(*columns)
        assert sorted(zip(x, tx, t, w, strict=True)) == [(0, 0, 4, 1), (2, 3, 9, 1), (2, 3.5, 9, 2)]
        found = collapsed(*columns, weights=np.array([1.0, 2.0, 0.5, 4.0]))
        assert sorted(zip(*found, strict=True)) == [(0, 0, 4, 2), (2, 3, 9, 4), (2, 3.5, 9, 1.5)]


class TestFitting:
    def test_a_simulated_company_gives_its_parameters_back(self):
        truth = {"r": 0.8, "alpha": 20.0, "a": 0.9, "b": 3.0}
        fit = BetaGeoNBD().fit(*buyers(40_000, seed=11, **truth))
        assert fit.converged_
        for name, value in truth.items():
            assert abs(getattr(fit, f"{name}_") - value) < 4 * fit.standard_errors_[name]
            assert fit.standard_errors_[name] < 0.2 * value

    def test_a_sample_to_start_from_does_not_change_the_maximum(self, monkeypatch):
        customers = buyers(3_000, seed=5)
        whole = BetaGeoNBD().fit(*customers)
        monkeypatch.setattr("dingke.insights.calc.buying.SAMPLE", 500)
        assert BetaGeoNBD().fit(*customers).log_likelihood_ == pytest.approx(whole.log_likelihood_, rel=1e-9)

    @pytest.mark.parametrize("unit", [1 / 7, 30.4, 10_000])
    def test_the_unit_of_time_does_not_matter(self, unit):
        x, tx, t = buyers(1_500, seed=2)
        one, other = BetaGeoNBD().fit(x, tx, t), BetaGeoNBD().fit(x, tx * unit, t * unit)
        assert other.parameters_ == pytest.approx(one.parameters_ * (1, unit, 1, 1), rel=1e-5)
        assert other.log_likelihood_ == pytest.approx(one.log_likelihood_ - x.sum() * np.log(unit), rel=1e-9)
        assert other.expected_purchases(10 * unit, x, tx * unit, t * unit) == pytest.approx(one.expected_purchases(10, x, tx, t), rel=1e-5)

    def test_customers_who_never_leave_have_no_maximum_inside(self):
        t = np.full(300, 100.0)
        fit = BetaGeoNBD().fit(np.full(300, 9.0), t - 0.001, t)
        assert not fit.converged_
        assert not fit.hardly_leave_  # their rates do not differ either

    def test_customers_who_hardly_ever_leave_are_told_apart_and_predicted(self):
        x, tx, t = buyers(600, seed=4, r=3.0, alpha=10.0, a=1.0, b=1e9)
        fit = BetaGeoNBD().fit(x, tx, t)
        assert not fit.converged_
        assert fit.hardly_leave_
        assert fit.r_ == pytest.approx(3, rel=0.2)
        assert fit.expected_purchases(50, x, tx, t).sum() == pytest.approx(((fit.r_ + x) / (fit.alpha_ + t)).sum() * 50, rel=0.05)

    @pytest.mark.parametrize(
        ("columns", "says"),
        [
            (([], [], []), "no customers"),
            (([1], [2], [1]), "after the end"),
            (([-1], [0], [1]), "negative"),
            (([1], [np.nan], [1]), "not numbers"),
            (([1.5], [1], [2]), "whole numbers"),
            (([0], [1], [2]), "without repeat"),
            (([1], [0], [2]), "recency 0"),
            (([1, 2], [1], [2]), "one length"),
            (([1, 0], [1, 0], [2, 2]), "bought again"),
        ],
    )
    def test_what_cannot_be_is_refused_with_the_reason(self, columns, says):
        with pytest.raises(UnableToFit, match=says):
            BetaGeoNBD().fit(*columns)

    @pytest.mark.parametrize("weights", [[1], [1, -1], [0, 0], [1, np.inf]])
    def test_weights_that_cannot_be_are_refused(self, weights):
        with pytest.raises(UnableToFit, match="weight"):
            BetaGeoNBD().fit([1, 0], [1, 0], [2, 2], weights=weights)


class TestPredicting:
    def test_the_example_of_the_paper(self):
        """Customer with x = 2, t_x = 30.43, T = 38.86: 1.226 purchases in the next 39 weeks."""
        assert CDNOW.expected_purchases(39, 2, 30.43, 38.86)[0] == pytest.approx(1.226, abs=0.001)

    @settings(max_examples=60, deadline=None)
    @given(parameters, triples, st.floats(0.1, 200))
    def test_it_is_the_closed_form_where_that_can_be_computed(self, values, customer, horizon):
        one, (x, tx, t) = model(values), customer
        if abs(one.a_ - 1) < 0.05 or abs(one.a_ + one.b_ + x - 1) < 0.05:
            return
        wanted = closed_form(one, horizon, x, tx, t)
        if np.isfinite(wanted):
            assert one.expected_purchases(horizon, x, tx, t)[0] == pytest.approx(wanted, rel=1e-6, abs=1e-9)

    @settings(max_examples=40, deadline=None)
    @given(parameters, triples, st.floats(0.1, 100), st.floats(0.1, 100))
    def test_more_time_never_brings_fewer_purchases(self, values, customer, horizon, more):
        x, tx, t = customer
        short, long = (model(values).expected_purchases(end, x, tx, t)[0] for end in (horizon, horizon + more))
        assert 0 <= short <= long * (1 + 1e-9)

    @settings(max_examples=60, deadline=None)
    @given(parameters, triples, st.floats(0.1, 100))
    def test_silence_never_makes_a_customer_likelier_to_be_alive(self, values, customer, more):
        x, tx, t = customer
        now, later = (model(values).probability_alive(x, tx, end)[0] for end in (t, t + more))
        assert 0 <= later <= now <= 1

    def test_old_and_busy_customers_overflow_nothing(self):
        with np.errstate(over="raise", invalid="raise"):
            found = BetaGeoNBD.of(r=0.3, alpha=0.001, a=1.0, b=0.5).outlook(1e4, [0, 1, 5_000, 200_000], [0, 1, 9e5, 1e6], [1e6] * 4)
        assert all(np.all(np.isfinite(values)) for values in found.values())
        assert np.all(found["square"] >= found["mean"])

    @pytest.mark.parametrize("b", [0.3, 0.8])
    def test_first_purchases_have_no_pole(self, b):
        """a + b under and at 1, where the closed form divides by zero."""
        near = BetaGeoNBD.of(r=0.5, alpha=5, a=0.2 + 1e-7, b=b).expected_purchases(30, 0, 0, 10)[0]
        assert BetaGeoNBD.of(r=0.5, alpha=5, a=0.2, b=b).expected_purchases(30, 0, 0, 10)[0] == pytest.approx(near, rel=1e-5)

    def test_moments_are_those_of_simulated_futures(self):
        rng = np.random.default_rng(8)
        one, number, horizon = BetaGeoNBD.of(r=1.5, alpha=10.0, a=0.7, b=2.0), 200_000, 40.0
        x, tx, t = 3, 25.0, 30.0
        rate, leaving = rng.gamma(one.r_ + x, 1 / (one.alpha_ + t), number), rng.beta(one.a_, one.b_ + x, number)
        most = rng.geometric(leaving)
        bought = np.minimum(rng.poisson(rate * horizon), most)
        look = one.outlook(horizon, x, tx, t)
        alive = look["alive"][0]
        assert look["mean"][0] / alive == pytest.approx(bought.mean(), rel=0.01)
        assert look["square"][0] / alive == pytest.approx((bought**2).mean(), rel=0.02)
        assert look["any"][0] / alive == pytest.approx((bought > 0).mean(), rel=0.01)

    def test_the_whole_cohort_is_the_sum_of_its_customers(self):
        """E[X(t)] of somebody unknown equals the expectation of a customer seen for no time."""
        ends = np.array([0.0, 1.0, 39.0, 78.0])
        assert CDNOW.expected_cumulative(ends)[1:] == pytest.approx(
            [CDNOW.expected_purchases(end, 0, 0, 0)[0] for end in ends[1:]], rel=1e-9
        )
        assert CDNOW.expected_cumulative(ends)[0] == 0

    def test_horizons_and_parameters_that_cannot_be_are_refused(self):
        with pytest.raises(ValueError, match="horizon"):
            CDNOW.expected_purchases(-1, 1, 1, 2)
        with pytest.raises(ValueError, match="times"):
            CDNOW.expected_cumulative([-1])
        with pytest.raises(ValueError, match="over 0"):
            BetaGeoNBD.of(r=0, alpha=1, a=1, b=1)
        with pytest.raises(ValueError, match="after the end"):
            purchases(1, 3, 2)
