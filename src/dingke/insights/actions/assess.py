"""From figures to assessments: classes, faces, signs of weakening, guards and candidates, each with its reasons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from dingke.accounts.models import DossierEntry, FaceMark
from dingke.core.models import ListItem
from dingke.core.reasons import Label, Reason
from dingke.insights.calc import explanation, faces, guards, identification, pareto, weakening
from dingke.insights.calc.figures import AccountFigure, share_above
from dingke.insights.calc.rules import Rules
from dingke.insights.metrics.gather import FAMILIES, Figures, Gathered

RATIO = Decimal("0.000001")


@dataclass
class Assessment:
    figures: Figures
    row: pareto.ParetoRow | None = None
    face: faces.FaceProposal | None = None
    weak: weakening.Weakening | None = None
    candidate: identification.Candidate | None = None
    class_reasons: tuple[Reason, ...] = ()
    was_quiet: bool | None = None  # in the run before; None when it was not in it

    @cached_property
    def evidence(self) -> dict[str, Any]:
        """Read when everything is judged: written down with the score and with the standing."""
        return evidence_of(self)


@dataclass
class Company:
    """What the run says of the company as a whole."""

    guards: list[dict[str, Any]] = field(default_factory=list)
    average_margin: Decimal | None = None
    buying: int = 0


def assess(gathered: Gathered, rules: Rules) -> tuple[list[Assessment], Company]:
    """Every account, the customers by rank first."""
    found = {account_id: Assessment(figures) for account_id, figures in gathered.accounts.items()}
    buyers = [figures for figures in gathered.accounts.values() if figures.has_bought]
    ranked = pareto.pareto((AccountFigure(one.account_id, one.revenue) for one in buyers), rules.pareto)
    for row in ranked.rows:
        one = found[row.account_id]
        one.row = row
        one.class_reasons = (explanation.class_reason(row, count=len(ranked.rows), settings=rules.pareto), *_costs_missing(one.figures))
    company = Company(average_margin=average_margin(buyers), buying=sum(1 for one in buyers if one.revenue > 0))
    for proposal in _faces(buyers, company.average_margin, rules.faces):
        found[proposal.account_id].face = proposal
    for one in found.values():
        one.weak = weakening.weakening(_trend(one.figures), as_of=gathered.as_of, settings=rules.weakening)
    for candidate in candidates(gathered, rules):
        if not gathered.accounts[candidate.account_id].is_key:
            found[candidate.account_id].candidate = candidate
    company.guards = company_guards(buyers, rules.guards)
    return sorted(found.values(), key=lambda one: (one.row.rank if one.row else 10**9, one.figures.account_id)), company


def average_margin(figures: Iterable[Figures]) -> Decimal | None:
    """Of all accounts whose profit is known, weighted by revenue."""
    known = [one for one in figures if one.gross_profit is not None and one.revenue > 0]
    revenue = sum((one.revenue for one in known), Decimal(0))
    return sum((one.gross_profit or Decimal(0) for one in known), Decimal(0)) / revenue if revenue else None


def _costs_missing(figures: Figures) -> tuple[Reason, ...]:
    if not figures.orders_without_cost:
        return ()
    return (Reason("COSTS_MISSING", {"missing": figures.orders_without_cost, "orders": figures.orders_count}),)


def _faces(buyers: list[Figures], average: Decimal | None, settings: faces.FaceSettings) -> Iterable[faces.FaceProposal]:
    active = [one for one in buyers if one.revenue > 0]
    volume_above = share_above(AccountFigure(one.account_id, one.revenue) for one in active)
    profit_above = share_above(AccountFigure(one.account_id, one.gross_profit) for one in active if one.gross_profit is not None)
    for one in active:
        yield faces.propose_face(
            faces.FaceFacts(
                one.account_id,
                influence=None if one.influence is None else Decimal(one.influence),
                margin=one.margin,
                average_margin=average,
                volume=one.revenue,
                volume_above=volume_above[one.account_id],
                profit=one.gross_profit,
                profit_above=profit_above.get(one.account_id),
                orders_in_year=one.orders_count,
            ),
            settings,
        )


def _trend(figures: Figures) -> weakening.Trend:
    margins = tuple(profit / revenue if profit is not None and revenue > 0 else None for _day, revenue, profit in figures.quarters)
    return weakening.Trend(
        figures.account_id,
        figures.revenue,
        figures.revenue_before,
        figures.last_order_date,
        figures.usual_gap_days,
        figures.long_gap_days,
        margins,
        families=sum(1 for _name, now, _before in figures.families if now > 0),
        families_before=sum(1 for _name, _now, before in figures.families if before > 0),
    )


def candidates(gathered: Gathered, rules: Rules) -> tuple[identification.Candidate, ...]:
    """Methods 1, 3 and 4 of A-05, merged: which methods found whom."""
    settings = rules.identification
    lists = [identification.by_market_data((_market(one) for one in gathered.accounts.values() if one.has_bought), settings.market())]
    if (positioning := settings.positioning()) is not None:
        lists.append(_positioned(gathered, positioning))
    mentions = DossierEntry.objects.current().order_by().values_list("account_id", "source__code", "as_of_date")
    lists.append(
        identification.by_sources(
            (
                identification.SourceMention(account_id, source, day, has_orders=gathered.accounts[account_id].has_bought)
                for account_id, source, day in mentions.iterator()
                if account_id in gathered.accounts
            ),
            settings.sources(),
        )
    )
    return identification.merge_candidates(lists)


def _market(figures: Figures) -> identification.MarketFacts:
    growth = (figures.revenue - figures.revenue_before) / figures.revenue_before if figures.revenue_before > 0 else None
    return identification.MarketFacts(
        figures.account_id,
        spend=figures.revenue,
        orders=figures.orders_count,
        steadiness=identification.steadiness([revenue for _day, revenue, _profit in figures.quarters[-4:]]),
        growth=growth,
    )


def _positioned(gathered: Gathered, settings: identification.PositioningSettings) -> tuple[identification.Finding, ...]:
    items = {item.pk: item for item in ListItem.objects.filter(list_code__in=["industries", "regions"])}
    labels = {item.code: Label(item.label_en or item.label_zh, item.label_zh or item.label_en) for item in items.values()}
    facts = []
    for one in gathered.accounts.values():
        industry, region = items.get(one.industry_id or 0), items.get(one.region_id or 0)
        regions = tuple(code for code in (region.code, str(region.data.get("parent", ""))) if code) if region else ()
        facts.append(identification.PositioningFacts(one.account_id, industry.code if industry else "", regions, power=one.annual_revenue))
    findings = identification.by_positioning(facts, settings)
    return tuple(
        identification.Finding(item.account_id, item.method, item.score, tuple(_labelled(reason, labels) for reason in item.reasons))
        for item in findings
    )


def _labelled(reason: Reason, labels: dict[str, Label]) -> Reason:
    """Codes of industries and regions by their names."""
    return Reason(
        reason.code, {name: labels.get(value, value) if isinstance(value, str) else value for name, value in reason.params.items()}
    )


def company_guards(buyers: list[Figures], settings: guards.GuardSettings) -> list[dict[str, Any]]:
    """The guards of A-08 that figures can watch, worst results first; incentive returns one per account."""
    faced = set(FaceMark.objects.order_by().values_list("account_id", flat=True))
    one, top = guards.concentration((AccountFigure(item.account_id, item.revenue) for item in buyers), settings)
    volume = guards.volume_without_margin(
        (
            guards.AccountProfit(
                item.account_id,
                item.revenue,
                item.gross_profit,
                incentives=item.incentives,
                is_key_account=item.is_key,
                has_face=item.account_id in faced,
            )
            for item in buyers
        ),
        settings,
    )
    returns = [
        guards.incentive_return(
            guards.IncentiveChange(item.account_id, item.incentives_before, item.incentives, item.gross_profit_before, item.gross_profit),
            settings,
        )
        for item in buyers
        if item.incentives > 0 or item.incentives_before > 0
    ]
    returns.sort(key=lambda result: (result.figure is None, result.figure if result.figure is not None else Decimal(0), result.account_ids))
    return [_packed(result) for result in (one, top, volume, *returns)]


def _packed(result: guards.GuardResult) -> dict[str, Any]:
    figure = None if result.figure is None else str(result.figure.quantize(RATIO, rounding=ROUND_HALF_UP))
    return {
        "guard": result.guard.value,
        "level": result.level.value,
        "figure": figure,
        "threshold": str(result.threshold),
        "account_ids": list(result.account_ids)[:500],
        "sentence": result.sentence.as_json(),
    }


def evidence_of(one: Assessment) -> dict[str, Any]:
    """What stands behind the scores of an account: figures, the reasons with their thresholds, the formula version."""
    figures = one.figures
    reasons: dict[str, list[dict[str, object]]] = {}
    told: dict[str, tuple[Reason, ...]] = {
        "class": one.class_reasons,
        "face": (one.face.rule, *one.face.evidence) if one.face else (),
        "weak": one.weak.reasons if one.weak else (),
        "candidate": one.candidate.reasons if one.candidate else (),
    }
    for name, listed in told.items():
        if listed:
            reasons[name] = [reason.as_json() for reason in listed]
    evidence: dict[str, Any] = {"formula": explanation.FORMULA_VERSION, "reasons": reasons}
    if figures.has_bought:
        evidence["figures"] = {
            "revenue": str(figures.revenue),
            "revenue_before": str(figures.revenue_before),
            "orders": figures.orders_count,
            "orders_before": figures.orders_before,
            "orders_without_cost": figures.orders_without_cost,
            "gross_profit_before": _text(figures.gross_profit_before),
            "incentives": str(figures.incentives),
            "incentives_before": str(figures.incentives_before),
            "first_order": figures.first_order_date.isoformat() if figures.first_order_date else None,
        }
        evidence["quarters"] = [
            [f"{day:%y}Q{(day.month + 2) // 3}", str(revenue), _text(profit)] for day, revenue, profit in figures.quarters
        ]
        families = sorted(figures.families, key=lambda family: (-family[1], -family[2], family[0]))
        evidence["families"] = [[name, str(now), str(before)] for name, now, before in families[:FAMILIES]]
    if one.candidate:
        evidence["candidate_score"] = float(one.candidate.score)
    if one.weak:
        evidence["at_stake"], evidence["is_quiet"] = str(one.weak.at_stake), one.weak.is_quiet
        evidence["newly_quiet"] = one.weak.is_quiet and one.was_quiet is False
    return evidence


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def ratio(value: Decimal | None) -> Decimal | None:
    """A share as the tables store it."""
    return None if value is None else min(Decimal(999), max(Decimal(-999), value)).quantize(RATIO, rounding=ROUND_HALF_UP)
