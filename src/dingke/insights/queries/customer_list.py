"""The list of customers by revenue, cut into classes (A-09): within the caller's reach, at the rule's cut-offs or the caller's."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from django.db.models import QuerySet

from dingke.accounts.models import Standing
from dingke.core import rules
from dingke.core.scope import Scope
from dingke.insights.calc import pareto
from dingke.insights.calc.rules import key_of
from dingke.insights.models import ScoreRun

POINTS = 5_000  # on the curve and in the list; beyond it the curve is flat to the eye
IN_FULL = 500  # read with names and margins for a page
CURVE_POINTS = 200


@dataclass(frozen=True)
class Line:
    """One customer in the list; amounts None when the caller's role hides them."""

    account_id: int
    name: str
    owner: str
    rank: int
    abc: str
    revenue: Decimal | None
    share: Decimal
    cumulative: Decimal
    gross_profit: Decimal | None
    margin: Decimal | None
    face: str
    proposed_face: str
    is_key: bool


@dataclass(frozen=True)
class Cut:
    """The list cut at two shares, stated against what the caller sees. `lines`: the largest in full; `curve`: customers along the whole
    list; `size`: how many are listed; `counts`: by class."""

    lines: list[Line]
    curve: list[Line]
    size: int
    counts: dict[str, int]
    a_until: Decimal
    b_until: Decimal
    is_own: bool  # the cut-offs are the caller's, not the rule
    for_80: int

    def count(self, abc: str) -> int:
        return self.counts.get(abc, 0)

    @property
    def largest(self) -> Line | None:
        return self.lines[0] if self.lines else None


def standings_in_reach(scope: Scope) -> QuerySet[Standing]:
    return Standing.objects.visible_to(scope).filter(account__archived_at__isnull=True)


def cut(
    scope: Scope, run: ScoreRun | None, *, a_until: Decimal | None = None, b_until: Decimal | None = None, in_full: int = IN_FULL
) -> Cut:
    """Customers by revenue of the twelve months, with classes at the given cut-offs; else at the rule's.

    For who sees the whole company the largest are read, and what the others bring is known from the run; else all in reach.
    """
    settings = rules.load(key_of("pareto"), pareto.ParetoSettings)
    a = a_until if a_until is not None and 0 < a_until <= 1 else settings.a_until
    b = b_until if b_until is not None and a <= b_until <= 1 else max(a, settings.b_until)
    figures = standings_in_reach(scope).filter(rank__isnull=False).order_by("rank", "account_id").values_list("account_id", "revenue")
    whole = scope.sees_all and run is not None and "revenue" in run.summary
    rows = list(figures[:POINTS] if whole else figures)
    ids = np.array([account_id for account_id, _revenue in rows], dtype=np.int64)
    cents = np.array([int(revenue * 100) for _account, revenue in rows], dtype=np.int64)
    rest = 0
    if whole and run is not None and len(rows) == POINTS:
        rest = max(int(Decimal(run.summary["revenue"]) * 100) - int(cents.sum()), 0)
    ranked = pareto.ranking(ids, cents, pareto.ParetoSettings(a, b), rest=rest)
    size = min(len(rows), POINTS)
    order = np.argsort(ranked.rank)[:size]
    step = max(1, size // CURVE_POINTS)
    on_curve = {place for place in range(size) if (place + 1) % step == 0 or place in {0, size - 1}}
    wanted = sorted(on_curve | set(range(min(in_full, size))))
    lines = _lines(scope, ids[order[wanted]], ranked, order[wanted], cents)
    by_place = dict(zip(wanted, lines, strict=True))
    # beyond what is listed the run has counted
    for_80 = run.summary["for_80_percent"] if rest and run is not None else pareto.count_for_share(cents, Decimal("0.8"))
    return Cut(
        [by_place[place] for place in wanted if place < in_full],
        [by_place[place] for place in sorted(on_curve)],
        size,
        {abc: int((ranked.abc[order] == abc).sum()) for abc in ("A", "B", "C")},
        a,
        b,
        is_own=(a, b) != (settings.a_until, settings.b_until),
        for_80=for_80,
    )


def _lines(scope: Scope, ids: Any, ranked: pareto.Ranking, places: Any, cents: Any) -> list[Line]:
    hides_amount, hides_cost = scope.hides("amount"), scope.hides("cost")
    shown = ("account__short_name", "account__name", "account__owner__name", "account__is_key")
    names = (*shown, "gross_profit", "margin", "face", "proposed_face")
    rows = standings_in_reach(scope).filter(account_id__in=ids.tolist()).order_by().values_list("account_id", *names)
    found = {row[0]: row[1:] for row in rows}
    lines = []
    for account_id, place in zip(ids.tolist(), places.tolist(), strict=True):
        if account_id not in found:
            continue
        short_name, name, owner, is_key, profit, margin, face, proposed = found[account_id]
        value = int(cents[place])
        lines.append(
            Line(
                account_id,
                short_name or name,
                owner or "",
                int(ranked.rank[place]),
                str(ranked.abc[place]),
                None if hides_amount else Decimal(value) / 100,
                Decimal(max(value, 0)) / ranked.total if ranked.total else Decimal(0),
                Decimal(int(ranked.cumulative[place])) / ranked.total if ranked.total else Decimal(0),
                None if hides_cost else profit,
                None if hides_cost else margin,
                face,
                proposed,
                is_key,
            )
        )
    return lines
