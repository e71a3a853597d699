"""What is decided about an account before its history is written: who it is, and how it will buy and pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from dingke.config.demo.names import City
from dingke.config.demo.workdays import years_before

WAN = 10_000


@dataclass(frozen=True, slots=True)
class Windows:
    """Three cooperation years of twelve months, the last one ending today."""

    today: date
    bounds: tuple[tuple[date, date], ...]

    @property
    def start(self) -> date:
        return self.bounds[0][0]

    def index(self, day: date) -> int:
        return next(n for n, (_, last) in enumerate(self.bounds) if day <= last)


def windows_to(today: date) -> Windows:
    edges = [years_before(today, years) for years in (3, 2, 1, 0)]
    bounds = tuple((edges[n] + timedelta(days=1), edges[n + 1]) for n in range(3))
    return Windows(today, bounds)


@dataclass(slots=True, kw_only=True)
class Draft:
    """An account in the making. `revenue` is in yuan per cooperation year, `orders` the number of orders in each."""

    code: str
    name: str
    short_name: str
    english_name: str
    industry: str
    city: City
    brand: str  # pinyin, for addresses on the web
    revenue: tuple[int, int, int]
    orders: tuple[int, int, int]
    form: str = "ENTERPRISE"
    is_consumer: bool = False
    owner: str | None = None
    previous_owner: str | None = None
    pool_reason: str = ""
    pooled_days: int = 0
    collaborators: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    parent: str | None = None
    employees: int | None = None
    turnover_wan: int | None = None
    founded_years: int | None = None
    influence: int = 30
    term_days: int = 30
    habit: str = "USUAL"  # PROMPT, USUAL, LATE, PART, SLIPPING, DISPUTE
    discount: float = 0.08
    # Set for stories only: gross profit of each year as a share of revenue, or in yuan.
    margins: tuple[float, float, float] | None = None
    gross_profits: tuple[int, int, int] | None = None
    silent_days: int = 0  # no order in the last so many days
    contact_gap: int | None = None  # days since the last note
    dossier_fields: int = 6
    rival: str | None = None
    story: str = ""
    phone: str = ""
    credit_code: str = ""
    has_credit_code: bool = True
    website: str = ""
    kind: str = "91"
    may_be_key: bool = True
    mix: dict[str, float] | None = None
    key_reason: str = ""
