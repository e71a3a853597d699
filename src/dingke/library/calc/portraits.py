"""How well a prospect fits the portrait of a product family (D-12 to D-14).

Pure. Each fact that both sides know is one test; the score is the share of tests passed, 0 to 100; unknown facts are named, never
counted as failed. "Below" is strict, as in the portraits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from dingke.core.reasons import Reason, Sentences

SENTENCES = Sentences(
    {
        "TRADE_FITS": ("The trade fits.", "行业相符。"),
        "TRADE_OTHER": ("The portrait is of another trade.", "画像针对的是别的行业。"),
        "SALES_FIT": ("Yearly sales are below {limit:,.0f} yuan.", "年销售额低于 {limit:,.0f} 元。"),
        "SALES_ABOVE": (
            "Yearly sales of {sales:,.0f} yuan are not below {limit:,.0f}.",
            "年销售额 {sales:,.0f} 元，不低于 {limit:,.0f} 元。",
        ),
        "STAFF_FIT": ("Fewer than {limit} people.", "人数少于 {limit} 人。"),
        "STAFF_ABOVE": ("{staff} people are not fewer than {limit}.", "{staff} 人，不少于 {limit} 人。"),
        "UNKNOWN_TRADE": ("The trade is not known: ask.", "行业未知：请询问。"),
        "UNKNOWN_SALES": ("Yearly sales are not known: ask.", "年销售额未知：请询问。"),
        "UNKNOWN_STAFF": ("The headcount is not known: ask.", "人数未知：请询问。"),
    }
)


@dataclass(frozen=True, slots=True)
class Prospect:
    industry: str = ""  # code of the list "industries"
    sales: Decimal | None = None  # yuan a year
    staff: int | None = None


@dataclass(frozen=True, slots=True)
class PortraitFacts:
    family: str
    industries: tuple[str, ...] = ()  # empty: every trade
    sales_below: Decimal | None = None
    staff_below: int | None = None


@dataclass(frozen=True, slots=True)
class Match:
    family: str
    score: int | None  # 0 to 100; None when nothing could be compared
    known: int
    possible: int
    reasons: tuple[Reason, ...]


def match(prospect: Prospect, portrait: PortraitFacts) -> Match:
    tests: list[bool | None] = []
    reasons: list[Reason] = []
    if portrait.industries:
        fits = None if not prospect.industry else prospect.industry in portrait.industries
        tests.append(fits)
        reasons.append(Reason("UNKNOWN_TRADE" if fits is None else "TRADE_FITS" if fits else "TRADE_OTHER"))
    if portrait.sales_below is not None:
        fits = None if prospect.sales is None else prospect.sales < portrait.sales_below
        tests.append(fits)
        params = {"limit": portrait.sales_below, "sales": prospect.sales}
        reasons.append(Reason("UNKNOWN_SALES") if fits is None else Reason("SALES_FIT" if fits else "SALES_ABOVE", params))
    if portrait.staff_below is not None:
        fits = None if prospect.staff is None else prospect.staff < portrait.staff_below
        tests.append(fits)
        params_staff = {"limit": portrait.staff_below, "staff": prospect.staff}
        reasons.append(Reason("UNKNOWN_STAFF") if fits is None else Reason("STAFF_FIT" if fits else "STAFF_ABOVE", params_staff))
    known = [test for test in tests if test is not None]
    score = round(100 * sum(known) / len(known)) if known else None
    return Match(portrait.family, score, len(known), len(tests), tuple(reasons))


def ranked(prospect: Prospect, portraits: Sequence[PortraitFacts]) -> list[Match]:
    """Best first: by score, then by how many facts were known, then by the tighter portrait."""
    limit = {row.family: (row.staff_below or 10**9, row.sales_below or Decimal(10**15)) for row in portraits}
    found = [match(prospect, row) for row in portraits]
    return sorted(found, key=lambda row: (-(row.score if row.score is not None else -1), -row.known, limit[row.family], row.family))
