from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dingke.insights.calc.maximum import UnableToFit
from dingke.insights.calc.spending import GammaGamma, Likelihood, independence
from dingke.insights.tests.buyers import buyers, spending

pytestmark = pytest.mark.item("A-13")
PUBLISHED = GammaGamma.of(p=6.25, q=3.74, v=15.44)


@pytest.fixture(scope="module")
def payers():
    x = buyers(30_000, seed=4)[0]
    x = x[x > 0]
    return x, spending(x, seed=9)


class TestFitting:
    def test_a_simulated_company_gives_its_parameters_back(self, payers):
        fit = GammaGamma().fit(*payers)
        assert fit.converged_
        for name, value in {"p": 6.0, "q": 4.0, "v": 15.0}.items():
            assert abs(getattr(fit, f"{name}_") - value) < 4 * fit.standard_errors_[name]
            assert fit.standard_errors_[name] < 0.1 * value
        assert abs(fit.correlation_) < 0.05

    @pytest.mark.parametrize("unit", [0.01, 100, 1e6])
    def test_the_unit_of_money_does_not_matter(self, payers, unit):
        x, m = payers[0][:3000], payers[1][:3000]
        one, other = GammaGamma().fit(x, m), GammaGamma().fit(x, m * unit)
        assert other.parameters_ == pytest.approx(one.parameters_ * (1, 1, unit), rel=1e-4)
        assert other.log_likelihood_ == pytest.approx(one.log_likelihood_ - len(x) * np.log(unit), rel=1e-9)

    def test_weights_are_repetition(self, payers):
        x, m = payers[0][:300], payers[1][:300]
        times = np.arange(300) % 4
        once = GammaGamma().fit(x, m, weights=times)
        repeated = GammaGamma().fit(np.repeat(x, times), np.repeat(m, times))
        assert once.log_likelihood_ == pytest.approx(repeated.log_likelihood_, rel=1e-9)
        assert once.correlation_ == pytest.approx(repeated.correlation_)

    @settings(max_examples=25, deadline=None)
    @given(
        st.tuples(st.floats(0.2, 20), st.floats(0.2, 20), st.floats(0.1, 50)),
        st.lists(st.tuples(st.integers(1, 50), st.floats(0.5, 500)), min_size=1, max_size=10),
    )
    def test_slopes_are_those_of_small_steps(self, values, customers):
        x, m = (np.array(column, dtype=float) for column in zip(*customers, strict=True))
        likelihood, place = Likelihood(x, m, np.ones_like(x)), np.array(values)
        value, gradient, hessian = likelihood(place)
        for axis in range(3):
            step = np.zeros(3)
            step[axis] = place[axis] * 1e-5
            up, down = likelihood(place + step), likelihood(place - step)
            size = 1 + np.abs(value) / place[axis]
            assert gradient[axis] == pytest.approx((up[0] - down[0]) / (2 * step[axis]), rel=1e-4, abs=1e-4 * size)
            assert hessian[axis] == pytest.approx((up[1] - down[1]) / (2 * step[axis]), rel=1e-3, abs=1e-3 * size)

    @pytest.mark.parametrize(
        ("columns", "says"),
        [
            (([], []), "no customers"),
            (([0], [5]), "1 repeat purchase"),
            (([1], [0]), "over 0"),
            (([1], [np.nan]), "not numbers"),
            (([1, 2], [1]), "one length"),
            (([1, 2], [1, 3]), "bought again"),
        ],
    )
    def test_what_cannot_be_is_refused_with_the_reason(self, columns, says):
        with pytest.raises(UnableToFit, match=says):
            GammaGamma().fit(*columns)


class TestPredicting:
    def test_nothing_known_is_the_mean_of_all(self):
        assert PUBLISHED.expected_mean(0, np.nan)[0] == pytest.approx(6.25 * 15.44 / 2.74)
        assert PUBLISHED.population_mean_ == pytest.approx(6.25 * 15.44 / 2.74)

    def test_it_weighs_the_own_mean_and_that_of_all(self):
        """The form of the note: weights (q - 1) and p x."""
        wanted = (2.74 * PUBLISHED.population_mean_ + 6.25 * 3 * 80) / (6.25 * 3 + 2.74)
        assert PUBLISHED.expected_mean(3, 80)[0] == pytest.approx(wanted)

    @given(st.integers(1, 200), st.floats(1, 1000))
    def test_more_purchases_lead_to_the_own_mean(self, x, m):
        near, far = (abs(PUBLISHED.expected_mean(count, m)[0] - m) for count in (x + 1, x))
        assert near <= far + 1e-9

    def test_without_a_mean_nothing_is_said(self):
        one = GammaGamma.of(p=1, q=0.8, v=2)
        assert np.isnan(one.population_mean_)
        assert np.isnan(one.expected_mean(0, np.nan)[0])
        assert one.expected_mean(1, 5)[0] == pytest.approx(1 * (2 + 5) / 0.8)

    def test_squares_are_those_of_simulated_customers(self):
        rng = np.random.default_rng(1)
        rate = rng.gamma(6.25 * 2 + 3.74, 1 / (15.44 + 2 * 40), 400_000)
        square, around = PUBLISHED.mean_square(2, 40)
        assert square[0] == pytest.approx(((6.25 / rate) ** 2).mean(), rel=0.01)
        assert around[0] == pytest.approx((6.25 / rate**2).mean(), rel=0.01)

    def test_parameters_are_over_0(self):
        with pytest.raises(ValueError, match="over 0"):
            GammaGamma.of(p=1, q=-1, v=1)


def test_independence_is_the_correlation():
    x, m = np.array([1.0, 2, 3, 9]), np.array([5.0, 3, 8, 20])
    assert independence(x, m) == pytest.approx(np.corrcoef(x, m)[0, 1])
    assert independence(x, np.full(4, 7.0)) == 0
