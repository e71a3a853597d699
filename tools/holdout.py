"""The CDNOW holdout for docs/method/continuing-value.md: figures on standard output, the tracking plot as SVG into docs/pictures.

`.venv/bin/python tools/holdout.py [FOLDER]`: FOLDER holds CDNOW_master.txt; by default ../shared/data/cdnow beside the project.
"""

from __future__ import annotations

import csv
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from dingke.config import fitting
from dingke.insights.calc.buying import BetaGeoNBD
from dingke.insights.calc.continuing import ContinuingSettings, Customers, continuing_value, fit_company
from dingke.insights.calc.spending import GammaGamma

CUT, END, WEEKS = date(1997, 9, 30), date(1998, 6, 30), 39
SAMPLE = ROOT / "src/dingke/config/tests/cdnow_sample.csv"
PICTURE = ROOT / "docs/pictures/cdnow-tracking.svg"


def purchases(file: Path) -> tuple[Any, Any, Any]:
    """Customer, day and amount of each day of purchase, of the published sample."""
    with SAMPLE.open() as lines:
        sample = {int(row["customer"]) for row in csv.DictReader(lines)}
    days: dict[tuple[int, int], float] = {}
    for line in file.read_text().splitlines()[1:]:
        who, when, _units, paid = line.split()
        if int(who) in sample:
            day = date(int(when[:4]), int(when[4:6]), int(when[6:])).toordinal()
            days[int(who), day] = days.get((int(who), day), 0.0) + float(paid)
    keys = np.array(list(days))
    return keys[:, 0], keys[:, 1], np.array(list(days.values()))


def errors(predicted: Any, actual: Any) -> str:
    apart = predicted - actual
    together = f"{np.corrcoef(predicted, actual)[0, 1]:.3f}" if np.ptp(predicted) > 0 else "–"
    by_customer = f"{np.abs(apart).mean():.3f} | {np.sqrt((apart**2).mean()):.3f} | {together}"
    return f"{by_customer} | {predicted.sum():,.0f} | {apart.sum() / actual.sum():+.1%}"


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared/data/cdnow"
    who, when, paid = purchases(folder / "CDNOW_master.txt")
    seen, _first, _end = fitting.read_purchases(folder / "CDNOW_master.txt", CUT)
    kept = np.isin([int(one) for one in seen.ids], np.unique(who))
    ids = np.array([int(one) for one in seen.ids])[kept]
    x, tx, t, value = (column[kept] for column in (seen.frequency, seen.recency, seen.T, seen.value))
    later = (when > CUT.toordinal()) & (when <= END.toordinal())
    actual = np.array([np.count_nonzero(later & (who == one)) for one in ids])
    spent = np.array([paid[later & (who == one)].sum() for one in ids])
    fit = BetaGeoNBD().fit(x, tx, t)
    rate = np.divide(x, t, out=np.zeros_like(x), where=t > 0)
    rules = {
        "BG/NBD": fit.expected_purchases(WEEKS, x, tx, t),
        "same rate as before": rate * WEEKS,
        "mean rate of all": np.full(len(x), x.sum() / t.sum() * WEEKS),
    }
    print(f"actual {actual.sum():,} purchases, {spent.sum():,.0f} dollars, of {len(x):,} customers")
    for name, predicted in rules.items():
        print(f"| {name} | {errors(predicted, actual)} |")
    paid_again = (x > 0) & (value > 0)
    spending = GammaGamma().fit(x[paid_again], value[paid_again])
    first = np.array([paid[(who == one) & (when <= CUT.toordinal())].mean() for one in ids])
    print("money")
    print(f"| CV | {errors(rules['BG/NBD'] * spending.expected_mean(x, value), spent)} |")
    print(f"| same rate x own average | {errors(rules['same rate as before'] * first, spent)} |")
    print(f"| mean rate x mean purchase | {errors(rules['mean rate of all'] * paid[when <= CUT.toordinal()].mean(), spent)} |")
    customers = Customers(x.astype(int), tx * 7, t * 7, value, first)
    found = continuing_value(customers, fit_company(customers), ContinuingSettings(horizon=273, unit="DAY"))
    inside = (spent >= found.low) & (spent <= found.high)
    print(f"inside the interval {inside.mean():.1%}, above {(spent > found.high).mean():.1%}, below {(spent < found.low).mean():.1%}")
    print(f"{np.isnan(found.value).sum()} customers without CV: their purchases were free")
    groups = [(str(count), x == count) for count in range(7)] + [("7+", x >= 7)]
    for name, rows in groups:
        means = [f"{column[rows].mean():.2f}" for column in (actual, rules["BG/NBD"], rules["same rate as before"])]
        print(f"| {name} | {rows.sum():,} | {' | '.join(means)} |")
    track(who, when, fit, t, rate)


def track(who: Any, when: Any, fit: BetaGeoNBD, t: Any, rate: Any) -> None:
    """Cumulative repeat purchases by week, since the first customer came."""
    begin = int(when.min())
    first = {one: int(day) for one, day in zip(*_first(who, when), strict=True)}
    repeat = np.array([day > first[one] for one, day in zip(who.tolist(), when.tolist(), strict=True)])
    weeks = np.arange(1, 79)
    starts = 38.857 - t  # weeks from the first day of the cohort to a customer's first purchase
    real = np.array([np.count_nonzero(repeat & (when - begin <= 7 * week)) for week in weeks])
    model = np.array([fit.expected_cumulative(np.maximum(week - starts, 0)).sum() for week in weeks])
    naive = np.where(weeks > WEEKS, real[WEEKS - 1] + (weeks - WEEKS) * rate.sum(), np.nan)
    worst = np.max(np.abs(model / real - 1)[WEEKS:])
    print(f"tracking: week 39 {real[38]:,} and {model[38]:,.0f}, week 78 {real[77]:,} and {model[77]:,.0f}; farthest then {worst:.1%}")
    print(f"same rate at week 78: {naive[77]:,.0f} ({naive[77] / real[77] - 1:+.1%})")
    PICTURE.write_text(picture(weeks, {"actual 实际": real, "BG/NBD": model, "same rate 原频率": naive}), encoding="utf-8")


def _first(who: Any, when: Any) -> tuple[list[int], list[int]]:
    order = np.lexsort((when, who))
    names, places = np.unique(who[order], return_index=True)
    return names.tolist(), when[order][places].tolist()


def picture(weeks: Any, lines: dict[str, Any]) -> str:
    """A plain SVG that can be read on light and dark ground."""
    width, height, left, top = 720, 360, 60, 20
    high = max(np.nanmax(line) for line in lines.values()) * 1.05

    def at(week: float, count: float) -> str:
        return f"{left + (width - left - 20) * week / 78:.1f},{height - 40 - (height - 40 - top) * count / high:.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" role="img">',
        "<title>CDNOW: cumulative repeat purchases by week, actual and predicted 累计重复购买次数</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for count in range(0, int(high), 1000):
        x, y = at(0, count).split(",")
        parts.append(f'<path d="M{at(0, count)} L{at(78, count)}" stroke="#e2e5ea"/>')
        parts.append(f'<text x="{float(x) - 8}" y="{float(y) + 4}" text-anchor="end" fill="#5b6472">{count:,}</text>')
    for week in range(0, 79, 13):
        x, y = at(week, 0).split(",")
        parts.append(f'<text x="{x}" y="{float(y) + 18}" text-anchor="middle" fill="#5b6472">{week}</text>')
    parts.append(f'<path d="M{at(WEEKS, 0)} L{at(WEEKS, high)}" stroke="#5b6472" stroke-dasharray="2 3"/>')
    styles = (("#1f2937", ""), ("#0f766e", ' stroke-dasharray="7 4"'), ("#c2410c", ' stroke-dasharray="2 3"'))
    for number, ((name, line), (colour, dashes)) in enumerate(zip(lines.items(), styles, strict=True)):
        points = " L".join(at(week, count) for week, count in zip(weeks, line, strict=True) if not np.isnan(count))
        parts.append(f'<path d="M{points}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>')
        y = top + 10 + 18 * number
        parts.append(f'<path d="M{left + 14},{y - 4} h26" stroke="{colour}" stroke-width="2"{dashes}/>')
        parts.append(f'<text x="{left + 48}" y="{y}" fill="#1f2937">{name}</text>')
    parts.append(f'<text x="{left + (width - left - 20) / 2}" y="{height - 6}" text-anchor="middle" fill="#5b6472">week 周</text>')
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    main()
