"""What a score run says of every account, step by step, over columns: classes, faces, signs of weakening, candidates.

A step is a function `(columns, judged)`: it reads what was gathered and what the steps before it found, and sets its own part. Pure: the
facts from outside the snapshot come in with `Outside`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dingke.insights.calc import explanation, faces, guards, identification, pareto, rhythm, weakening
from dingke.insights.calc.continuing import Continuing
from dingke.insights.calc.figures import share, shares_above, unknown
from dingke.insights.calc.movement import MovementFacts
from dingke.insights.calc.rules import Rules
from dingke.insights.calc.told import Told
from dingke.insights.calc.warning import Gaps
from dingke.insights.columns import Columns, Flags, Floats, Ints


@dataclass(frozen=True)
class Place:
    """An industry or region of the master lists: its code, the codes above it, and its name as sentences show it."""

    code: str
    above: tuple[str, ...] = ()
    label: object = ""


@dataclass(frozen=True)
class Outside:
    """What a run needs beside the snapshot. ``places``: by row of the master lists; ``mentions``: account, source, day; ``faced``:
    accounts with a confirmed face; ``plans``: N and P of value cards that have both; ``quiet_before``: silent in the run before, None for
    those that were not in it."""

    places: Mapping[int, Place] = field(default_factory=dict)
    mentions: Sequence[tuple[int, str, Any]] = ()
    faced: frozenset[int] = frozenset()
    was_judged: Flags | None = None
    was_quiet: Flags | None = None
    plans: Mapping[int, tuple[Any, Any]] = field(default_factory=dict)
    movement: MovementFacts = field(default_factory=MovementFacts)


@dataclass
class Judged:
    """The results, as arrays as long as the columns. ``reasons``: by group (class, face, weak, candidate, and what other steps add) the
    sentences told; ``evidence``: further entries of the evidence of accounts, name -> a function that answers
    (places, JSON texts) when the evidence is written: a dry run needs none."""

    rules: Rules
    outside: Outside
    rank: Ints
    """From 1; 0: never bought."""
    abc: NDArray[np.str_]
    share: Floats
    cumulative_share: Floats
    average_margin: float
    """Of all accounts whose profit is known, weighted by revenue; NaN when there is none."""
    proposed_face: NDArray[np.str_]
    rhythms: rhythm.Rhythms
    weak: weakening.WeakColumns
    candidate_score: Floats
    """NaN: not a candidate."""
    methods: dict[identification.Method, Flags]
    continuing: Continuing | None = None
    reasons: dict[str, tuple[Told, ...]] = field(default_factory=dict)
    evidence: dict[str, Callable[[], tuple[Ints, list[str]]]] = field(default_factory=dict)
    company: dict[str, Any] = field(default_factory=dict)
    """What steps add to the summary of the run."""
    proposed_stage: NDArray[np.str_] = field(default_factory=lambda: np.zeros(0, dtype="<U10"))
    """"": none."""

    @property
    def is_candidate(self) -> Flags:
        return ~np.isnan(self.candidate_score)

    @property
    def newly_quiet(self) -> Flags:
        """Quiet now and not in the run before, while something is at stake; nobody when there was none."""
        was_judged, was_quiet = self.outside.was_judged, self.outside.was_quiet
        if was_judged is None or was_quiet is None:
            return np.zeros(len(self.rank), dtype=np.bool_)
        return self.weak.is_quiet & self.weak.is_weak & was_judged & ~was_quiet


def unjudged(columns: Columns, rules: Rules, outside: Outside) -> Judged:
    """Before the first step."""
    number = len(columns)
    nobody = np.zeros(number, dtype=np.bool_)
    return Judged(
        rules=rules,
        outside=outside,
        rank=np.zeros(number, dtype=np.int64),
        abc=np.full(number, "", dtype="<U1"),
        share=np.zeros(number),
        cumulative_share=np.zeros(number),
        average_margin=np.nan,
        proposed_face=np.full(number, "", dtype="<U5"),
        rhythms=rhythm.no_rhythms(number),
        weak=weakening.WeakColumns(nobody, nobody, np.zeros(number, dtype=np.int64), ()),
        candidate_score=np.full(number, np.nan),
        methods={},
        proposed_stage=np.full(number, "", dtype="<U10"),
    )


def rank_customers(columns: Columns, judged: Judged) -> None:
    """A-09: rank, class and shares of all who ever bought."""
    settings = judged.rules.pareto
    bought = columns.has_bought
    ranked = pareto.ranking(columns.account_id[bought], columns.revenue[bought], settings)
    judged.rank[bought], judged.abc[bought] = ranked.rank, ranked.abc
    if ranked.total:
        judged.share[bought] = share(np.maximum(columns.revenue[bought], 0), ranked.total)
        judged.cumulative_share[bought] = share(ranked.cumulative, ranked.total)
    told = explanation.class_reasons(
        value=columns.revenue,
        rank=judged.rank,
        abc=judged.abc,
        cumulative_share=judged.cumulative_share,
        count=int(bought.sum()),
        settings=settings,
        among=bought,
    )
    missing = Told(
        "COSTS_MISSING", columns.orders_without_cost > 0, {"missing": columns.orders_without_cost, "orders": columns.orders_count}
    )
    judged.reasons["class"] = (*told, missing)


def judge_faces(columns: Columns, judged: Judged) -> None:
    """A-10: the face that the figures propose to each account that bought in the period."""
    active = columns.has_bought & (columns.revenue > 0)
    known = active & ~np.isnan(columns.gross_profit)
    revenue = int(columns.revenue[known].sum())
    judged.average_margin = float(columns.gross_profit[known].sum()) / revenue if revenue else np.nan
    found = faces.propose_faces(
        influence=columns.influence,
        margin=share(columns.gross_profit, columns.revenue),
        average_margin=judged.average_margin,
        volume=columns.revenue,
        volume_above=shares_above(columns.revenue, among=active),
        profit=columns.gross_profit,
        profit_above=shares_above(columns.gross_profit, among=known),
        orders_in_year=columns.orders_count,
        among=active,
        settings=judged.rules.faces,
    )
    judged.proposed_face = found.face
    judged.reasons["face"] = (*found.rules, *found.evidence)


def find_rhythms(columns: Columns, judged: Judged) -> None:
    """D-11, D-17: every customer beside its own buying rhythm, learned from this company; the warnings read the same arrays."""
    judged.rhythms = rhythm.rhythms(
        Gaps.of(columns), repeats=columns.frequency.astype(np.float64), silent=columns.days_silent, settings=judged.rules.warning
    )


def find_weakening(columns: Columns, judged: Judged) -> None:
    """Which customers weaken, and what is at stake."""
    judged.weak = weakening.weakenings(
        revenue=columns.revenue,
        revenue_before=columns.revenue_before,
        is_quiet=judged.rhythms.is_quiet,
        quarter_margins=share(columns.quarter_profit, columns.quarter_revenue),
        families=columns.families,
        families_before=columns.families_before,
        settings=judged.rules.weakening,
    )
    silent = judged.rhythms.told(columns.last_order_date, among=judged.weak.is_weak)
    judged.reasons["weak"] = (*silent, *judged.weak.signs)


def find_candidates(columns: Columns, judged: Judged) -> None:
    """Methods 1, 3 and 4 of A-05, merged: which methods found whom; key accounts are found already."""
    settings = judged.rules.identification
    lists = [
        identification.market_data(
            spend=columns.revenue,
            orders=columns.orders_count,
            steadiness=identification.steadiness_of(columns.quarter_revenue[:, -4:].astype(np.float64)),
            potential=np.full(len(columns), np.nan),
            growth=share(columns.revenue - columns.revenue_before, columns.revenue_before),
            among=columns.has_bought,
            settings=settings.market(),
        )
    ]
    if (target := settings.positioning()) is not None:
        lists.append(_positioned(columns, target, judged.outside.places))
    lists.append(_named(columns, judged))
    free = ~columns.is_key
    judged.candidate_score = np.where(free, identification.joined([found.score for found in lists]), np.nan)
    judged.methods = {found.method: free & ~np.isnan(found.score) for found in lists}
    judged.reasons["candidate"] = tuple(
        Told(told.code, told.where & judged.methods[found.method], told.params) for found in lists for told in found.reasons
    )


def _positioned(columns: Columns, target: identification.PositioningSettings, places: Mapping[int, Place]) -> identification.FindingColumns:
    labels = {place.code: place.label or place.code for place in places.values()}

    def met(rows: Ints, wanted: frozenset[str], *, with_above: bool) -> Any:
        found = np.full(len(rows), None, dtype=object)
        for row, place in places.items():
            code = next((code for code in (place.code, *(place.above if with_above else ())) if code in wanted), None)
            if code is not None:
                found[np.flatnonzero(rows == row)] = labels.get(code, code)
        return found

    power_known = ~np.isnan(columns.annual_revenue)
    return identification.positioning(
        industry=met(columns.industry_id, target.industries, with_above=False),
        region=met(columns.region_id, target.regions, with_above=True),
        power=np.nan_to_num(columns.annual_revenue).astype(np.int64),
        power_known=power_known,
        settings=target,
    )


def _named(columns: Columns, judged: Judged) -> identification.FindingColumns:
    """Method 4, from the mentions of the dossiers: few, so that they are judged one by one."""
    mentions = judged.outside.mentions
    places = columns.places([account_id for account_id, _source, _day in mentions])
    known = [
        identification.SourceMention(int(place), source, day, has_orders=bool(columns.orders_total[place] > 0))
        for (_account, source, day), place in zip(mentions, places, strict=True)
        if place >= 0
    ]
    score = np.full(len(columns), np.nan)
    told: list[Told] = []
    found = identification.by_sources(known, judged.rules.identification.sources())
    if found:
        at = np.array([finding.account_id for finding in found])
        score[at] = [float(finding.score) for finding in found]
        where = np.zeros(len(columns), dtype=np.bool_)
        where[at] = True
        params: dict[str, object] = {}
        for name in found[0].reasons[0].params:
            column = np.full(len(columns), None, dtype=object)
            for finding in found:
                column[finding.account_id] = finding.reasons[0].params[name]
            params[name] = column
        told.append(Told(found[0].reasons[0].code, where, params))
    return identification.FindingColumns(identification.Method.MULTI_SOURCE, score, tuple(told))


def watch_guards(columns: Columns, judged: Judged) -> None:
    """A-08: the guards that figures can watch, worst results first; incentive returns one per account."""
    settings = judged.rules.guards
    one, top = guards.concentration_of(columns.account_id, np.where(columns.has_bought, columns.revenue, 0), settings)
    key = np.flatnonzero(columns.has_bought & columns.is_key)
    volume = guards.volume_without_margin(
        (
            guards.AccountProfit(
                int(columns.account_id[place]),
                explanation.yuan(columns.revenue[place]),
                explanation.yuan_if_known(columns.gross_profit[place]),
                incentives=explanation.yuan(columns.incentives[place]),
                has_face=int(columns.account_id[place]) in judged.outside.faced,
            )
            for place in key
        ),
        settings,
    )
    given = np.flatnonzero(columns.has_bought & ((columns.incentives > 0) | (columns.incentives_before > 0)))
    returns = [
        guards.incentive_return(
            guards.IncentiveChange(
                int(columns.account_id[place]),
                explanation.yuan(columns.incentives_before[place]),
                explanation.yuan(columns.incentives[place]),
                explanation.yuan_if_known(columns.gross_profit_before[place]),
                explanation.yuan_if_known(columns.gross_profit[place]),
            ),
            settings,
        )
        for place in given
    ]
    returns.sort(key=lambda result: (result.figure is None, unknown(result.figure or 0), result.account_ids))
    judged.company["guards"] = [explanation.packed_guard(result) for result in (one, top, volume, *returns)]
