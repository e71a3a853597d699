"""`dingke fit` on the published sample and on files that it has to refuse."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from dingke.config import fitting
from dingke.config.cli import app
from dingke.insights.calc.buying import BetaGeoNBD
from dingke.insights.tests.buyers import buyers, spending

pytestmark = pytest.mark.item("A-13")
SAMPLE = Path(__file__).with_name("cdnow_sample.csv")
"""Which customers of the master file the published sample of 2,357 are; the sample's own file numbers them anew."""


def fit(*arguments: object, code: int = 0) -> dict:
    ended = CliRunner().invoke(app, ["fit", *(str(one) for one in arguments), "--json"])
    assert ended.exit_code == code, ended.output
    if code:
        assert not ended.stdout
        return {"says": " ".join(ended.stderr.split())}
    return json.loads(ended.stdout)


@pytest.mark.real_data
class TestThePublishedSample:
    BUYING = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426, "log_likelihood": -9582.4}

    def test_figures_give_the_published_fit_and_nothing_else(self, real_data):
        assert fit(real_data / "cdnow" / "calibration_summary.csv") == pytest.approx(self.BUYING, rel=0.005)

    def test_with_the_purchases_of_the_sample_also_that_of_spending(self, real_data):
        folder = real_data / "cdnow"
        found = fit(folder / "calibration_summary.csv", "--money", folder / "CDNOW_master.txt", "--customers", SAMPLE, "--details")
        assert found["payers"] == 946
        assert found["correlation"] == pytest.approx(0.11, abs=0.01)
        assert {name: found[name] for name in ("p", "q", "v")} == pytest.approx({"p": 6.25, "q": 3.74, "v": 15.44}, rel=0.005)
        assert found["standard_errors"].keys() == {"r", "alpha", "a", "b", "p", "q", "v"}

    def test_customers_are_found_by_their_figures_where_nobody_names_them(self, real_data):
        """30 of the 946 have the same figures as others; evenly spaced in the order of the file, 26 of them are found."""
        folder = real_data / "cdnow"
        found = fit(folder / "calibration_summary.csv", "--money", folder / "CDNOW_master.txt")
        assert {name: found[name] for name in ("p", "q", "v")} == pytest.approx({"p": 6.25, "q": 3.74, "v": 15.44}, rel=0.005)
        figures = fitting.read_figures(folder / "calibration_summary.csv")
        purchases, _first, _end = fitting.read_purchases(folder / "CDNOW_master.txt", None, weeks=float(figures.T.max()))
        (taken, open_), (named, none) = (fitting.values_of(figures, purchases, same) for same in ({}, fitting.read_same(SAMPLE)))
        assert (open_, none) == (30, 0)
        assert int((taken != named)[figures.frequency > 0].sum()) == 4

    def test_all_purchases_are_fitted_as_they_are(self, real_data):
        found = fit(real_data / "cdnow" / "CDNOW_master.txt", "--until", "1997-09-30", "--details")
        assert (found["customers"], found["repeaters"]) == (23_570, 9_451)
        assert found["r"] == pytest.approx(0.25, abs=0.02)


def test_who_shares_figures_is_taken_evenly_spaced():
    """Every third of twelve: in between stand others alike. Steps of three lie nearest to each other; places ascend all the same."""
    alike = [np.array([0, 1]), np.array([1, 3, 4]), np.array([4, 6]), np.array([9])]
    assert fitting._evenly(alike, 3.0) == [0, 3, 6, 9]
    assert fitting._evenly([np.array([0]), np.array([1, 2])], 9.0) == [0, 2]
    assert fitting._evenly([np.array([0]), np.array([1, 4]), np.array([6])], 3.0) == [0, 4, 6]
    there = ["a", "b"] * 500
    places = fitting._candidates(there, 0, 998)
    assert (places[0], places[-1], len(places)) == (0, 998, fitting.MOST_ALIKE + 2)


@pytest.fixture
def customers(tmp_path):
    x, tx, t = buyers(400, seed=6)
    return tmp_path / "customers.csv", x, tx, t


def write(path: Path, head: list[str], *columns: object) -> Path:
    with path.open("w", newline="", encoding="utf-8") as lines:
        csv.writer(lines).writerows([head, *zip(*columns, strict=True)])
    return path


@pytest.mark.parametrize("head", [["frequency", "recency", "T"], ["Frequency", "t_x", "Age"], ["x", "tx", "t"], ["频次", "近度", "观察期"]])
def test_heads_have_many_names(customers, head):
    path, x, tx, t = customers
    found = fit(write(path, head, x.astype(int), tx, t))
    assert set(found) == {"r", "alpha", "a", "b", "log_likelihood"}
    assert found["r"] == pytest.approx(BetaGeoNBD().fit(x, tx, t).r_)


def test_a_column_of_values_is_fitted_too(customers):
    path, x, tx, t = customers
    value = spending(x, seed=1)
    found = fit(write(path, ["frequency", "recency", "T", "monetary_value"], x, tx, t, ["" if np.isnan(one) else one for one in value]))
    assert {"p", "q", "v"} <= set(found)


def test_purchases_of_a_day_count_as_one_and_later_ones_do_not_count(tmp_path):
    rows = []
    for number in range(60):
        for day in range(number % 4 + 1):
            rows += [(number, f"2026-01-{1 + 5 * day + number % 5:02d}", 10.0 + number)] * 2
        rows.append((number, "2026-06-01", 5.0))
    path = write(tmp_path / "p.csv", ["customer", "date", "amount"], *zip(*rows, strict=True))
    found, first, end = fitting.read_purchases(path, date(2026, 3, 1))
    assert (len(found.ids), int((found.frequency > 0).sum()), end) == (60, 45, date(2026, 3, 1))
    at = found.ids.index("7")  # bought on the 3rd, 8th, 13th and 18th of January, twice each day for 17
    assert (found.frequency[at], found.value[at]) == (3, 34)
    assert (found.recency[at] * 7, found.T[at] * 7) == pytest.approx((15, 57))
    assert date.fromordinal(int(first[at])) == date(2026, 1, 3)


def test_people_read_it_with_its_errors(customers):
    path, x, tx, t = customers
    ended = CliRunner().invoke(app, ["fit", str(write(path, ["frequency", "recency", "T"], x, tx, t))])
    assert ended.exit_code == 0
    assert "standard_errors" in ended.stderr
    assert not ended.stdout


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("a,b\n1,2\n3,4\n", "neither the columns frequency, recency and T"),
        ("frequency,recency,T\n1,x,3\n1,1,3\n", "recency"),
        ("frequency,recency,T\n1,,3\n1,1,3\n", "recency is missing"),
        ("frequency,recency,T\n1,5,3\n2,1,3\n", "after the end of the period"),
        ("frequency,recency,T\n1,2,3\n0,0,3\n", "bought again"),
        ("customer,date,amount\nA,2026-01-01,5\nA,nonsense,5\n", "line"),
    ],
)
def test_files_that_cannot_be_fitted_are_refused_with_the_reason(tmp_path, text, says):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    assert says in fit(path, code=2)["says"]


def test_missing_files_wrong_days_and_strangers_are_refused(customers, tmp_path):
    path, x, tx, t = customers
    write(path, ["ID", "frequency", "recency", "T"], range(400), x.astype(int), tx, t)
    assert "not a file" in fit(tmp_path / "none.csv", code=2)["says"]
    assert "not a day" in fit(path, "--until", "soon", code=2)["says"]
    money = write(tmp_path / "money.csv", ["customer", "date", "amount"], ["A", "B"], ["2026-01-01", "2026-02-01"], [1, 2])
    assert "do not belong together" in fit(path, "--money", money, code=2)["says"]
    same = write(tmp_path / "same.csv", ["ID", "customer"], [1, 2], ["A", "B"])
    assert "other figures" in fit(path, "--money", money, "--customers", same, code=2)["says"]


def test_the_benchmark_measures_ours_alone():
    ended = CliRunner().invoke(app, ["bench", "fit", "--customers", "2000", "--turns", "1", "--alone", "--json"])
    assert ended.exit_code == 0, ended.output
    found = json.loads(ended.stdout)
    assert [run["times"] for run in found["runs"]] == ["whole days, as a ledger has", "any time"]
    assert all(run["ours"]["parameters"]["r"] > 0 for run in found["runs"])


def test_the_benchmark_says_when_lifetimes_does_not_start(tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 3\n")
    python.chmod(0o755)
    ended = CliRunner().invoke(app, ["bench", "fit", "--customers", "1000", "--turns", "1", "--lifetimes", str(python)])
    assert ended.exit_code == 2
    assert "lifetimes does not start" in " ".join(ended.stderr.split())
