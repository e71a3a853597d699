"""Conditions of gates that are read from qualification: needs, sheet, red flags, objections, need statement.

Each judge takes many deals and needs a fixed number of queries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from dingke.core.reasons import Label, Reason, Sentences
from dingke.pipeline.calc.gates import Finding, Met
from dingke.pipeline.checks import Check
from dingke.pipeline.models import Opportunity
from dingke.qualification.calc.needs import ListedNeed, ListState, state_of
from dingke.qualification.calc.sheet import MOST
from dingke.qualification.models import ConfirmedNeed, DemoPlan, Discovery, Objection
from dingke.qualification.queries.standing import standings

SHEET, NEEDS, OBJECTIONS, SPIN = (
    "qualification:sheet",
    "qualification:needs",
    "qualification:objections",
    "qualification:spin",
)
DEMO = "qualification:demo"
DEFAULT_LEAST = 36


def _finding(met: Met, code: str, page: str, deal: Opportunity, **params: object) -> Finding:
    return Finding(met, Reason(code, params), page, {"opportunity_id": deal.pk})


def _ids(deals: Sequence[Opportunity]) -> list[int]:
    return [deal.pk for deal in deals]


# ---- needs ----------------------------------------------------------------------------------------------------------

NEED_SENTENCES = Sentences(
    {
        "NEEDS_NONE": ("No need is listed yet.", "还没有列出任何需求。"),
        "NEEDS_OPEN": (
            "Of {total} listed needs {unconfirmed} in scope are not confirmed with the customer and {undecided} are not decided on.",
            "共列出 {total} 条需求，范围内有 {unconfirmed} 条未经客户确认，{undecided} 条未定取舍。",
        ),
        "NEEDS_DONE": ("{total} needs in scope are confirmed with the customer.", "范围内的 {total} 条需求都已与客户确认。"),
    }
)


def _needs_confirmed(deals: Sequence[Opportunity], params: Mapping[str, object], today: date) -> Mapping[int, Finding]:
    """K-01, K-02, E-17."""
    lists: dict[int, list[ListedNeed]] = {deal.pk: [] for deal in deals}
    rows = ConfirmedNeed.objects.filter(opportunity_id__in=_ids(deals), archived_at__isnull=True).order_by("pk")
    for row in rows:
        lists[row.opportunity_id].append(ListedNeed(row.priority, row.fit, row.range, row.confirmed_date))
    return {deal.pk: _judge_needs(deal, state_of(lists[deal.pk])) for deal in deals}


def _judge_needs(deal: Opportunity, state: ListState) -> Finding:
    if state.total == 0:
        return _finding(Met.UNKNOWN, "NEEDS_NONE", NEEDS, deal)
    if state.is_confirmed:
        return _finding(Met.YES, "NEEDS_DONE", NEEDS, deal, total=state.in_scope)
    return _finding(Met.NO, "NEEDS_OPEN", NEEDS, deal, total=state.total, unconfirmed=state.unconfirmed, undecided=state.undecided)


# ---- sheet ----------------------------------------------------------------------------------------------------------

SCORE_SENTENCES = Sentences(
    {
        "SCORE_NONE": ("The 7+3 sheet is empty.", "7+3 要素表还是空的。"),
        "SCORE_LOW": (
            "The 7+3 sheet has {score} of {most} points; {least} are needed.",
            "7+3 要素表得 {score} 分（满分 {most}），需要 {least} 分。",
        ),
        "SCORE_MET": (
            "The 7+3 sheet has {score} of {most} points; {least} are needed.",
            "7+3 要素表得 {score} 分（满分 {most}），达到要求的 {least} 分。",
        ),
    }
)


def _sheet_score(deals: Sequence[Opportunity], params: Mapping[str, object], today: date) -> Mapping[int, Finding]:
    """E-02: at least so many of 60 points."""
    least = _number(params.get("least"), DEFAULT_LEAST)
    found: dict[int, Finding] = {}
    all_of_them = standings(_ids(deals))
    for deal in deals:
        standing = all_of_them[deal.pk]
        score = standing.judgement.score
        if not standing.states:
            found[deal.pk] = _finding(Met.UNKNOWN, "SCORE_NONE", SHEET, deal)
            continue
        met, code = (Met.YES, "SCORE_MET") if score >= least else (Met.NO, "SCORE_LOW")
        found[deal.pk] = _finding(met, code, SHEET, deal, score=score, most=MOST, least=least)
    return found


FLAG_SENTENCES = Sentences(
    {
        "FLAG_FREE": ("No red flag waits for a decision.", "没有待决定的红旗。"),
        "FLAG_WAITING": ("Red flags wait for a decision of whoever leads: {number}.", "有 {number} 面红旗等待主管决定。"),
        "FLAG_DROP": ("Dropping this deal was decided on a red flag.", "针对红旗已决定放弃这笔商机。"),
    }
)


def _no_open_red_flag(deals: Sequence[Opportunity], params: Mapping[str, object], today: date) -> Mapping[int, Finding]:
    """E-02: every red flag is decided, none of them by dropping the deal."""
    all_of_them = standings(_ids(deals))
    found: dict[int, Finding] = {}
    for deal in deals:
        standing = all_of_them[deal.pk]
        if standing.undecided:
            found[deal.pk] = _finding(Met.NO, "FLAG_WAITING", SHEET, deal, number=len(standing.undecided))
        elif any(flag.decision == "DROP" for flag in standing.flags):
            found[deal.pk] = _finding(Met.NO, "FLAG_DROP", SHEET, deal)
        else:
            found[deal.pk] = _finding(Met.YES, "FLAG_FREE", SHEET, deal)
    return found


# ---- objections -----------------------------------------------------------------------------------------------------

OBJECTION_SENTENCES = Sentences(
    {
        "OBJECTIONS_NONE": ("No objection is open.", "没有未处理的异议。"),
        "OBJECTIONS_OPEN": ("Objections are still open: {number}.", "还有 {number} 条异议未处理。"),
    }
)


def _objections_settled(deals: Sequence[Opportunity], params: Mapping[str, object], today: date) -> Mapping[int, Finding]:
    """J-15: nothing that the customer holds against it is open."""
    waiting = dict.fromkeys(_ids(deals), 0)
    rows = Objection.objects.filter(opportunity_id__in=waiting, archived_at__isnull=True, result="")
    for opportunity_id in rows.order_by("pk").values_list("opportunity_id", flat=True):
        waiting[opportunity_id] += 1
    return {
        deal.pk: _finding(Met.NO, "OBJECTIONS_OPEN", OBJECTIONS, deal, number=waiting[deal.pk])
        if waiting[deal.pk]
        else _finding(Met.YES, "OBJECTIONS_NONE", OBJECTIONS, deal)
        for deal in deals
    }


# ---- need statement -------------------------------------------------------------------------------------------------

STATEMENT_SENTENCES = Sentences(
    {
        "STATEMENT_NONE": ("There is no need statement yet: work through the SPIN sheet.", "还没有需求陈述：先完成 SPIN 提问表。"),
        "STATEMENT_OPEN": ("The need statement is not confirmed by the customer.", "需求陈述尚未得到客户确认。"),
        "STATEMENT_DONE": ("The need statement was confirmed on {day}.", "需求陈述已于 {day} 得到确认。"),
    }
)


def _spin_statement(deals: Sequence[Opportunity], params: Mapping[str, object], today: date) -> Mapping[int, Finding]:
    """E-06, E-14: the need in words, confirmed by the customer."""
    rows = {row.opportunity_id: row for row in Discovery.objects.filter(opportunity_id__in=_ids(deals)).order_by("pk")}
    found: dict[int, Finding] = {}
    for deal in deals:
        row = rows.get(deal.pk)
        if row is None or not row.statement:
            found[deal.pk] = _finding(Met.UNKNOWN, "STATEMENT_NONE", SPIN, deal)
        elif row.statement_confirmed_date is None:
            found[deal.pk] = _finding(Met.NO, "STATEMENT_OPEN", SPIN, deal)
        else:
            found[deal.pk] = _finding(Met.YES, "STATEMENT_DONE", SPIN, deal, day=row.statement_confirmed_date)
    return found


# ---- demonstration --------------------------------------------------------------------------------------------------

DEMO_SENTENCES = Sentences(
    {
        "DEMO_NONE": ("No demonstration is planned.", "还没有安排方案演示。"),
        "DEMO_PLANNED": ("A demonstration is planned, but its result is not recorded.", "已安排方案演示，尚未记录结果。"),
        "DEMO_DONE": ("The demonstration was held on {day}.", "已于 {day} 完成方案演示。"),
    }
)


def _demo_held(deals: Sequence[Opportunity], params: Mapping[str, object], today: date) -> Mapping[int, Finding]:
    """H-19: a demonstration was held and its result recorded."""
    held: dict[int, date | None] = {}
    rows = DemoPlan.objects.filter(opportunity_id__in=_ids(deals), archived_at__isnull=True)
    for opportunity_id, day in rows.order_by("pk").values_list("opportunity_id", "held_date"):
        held[opportunity_id] = max((one for one in (held.get(opportunity_id), day) if one), default=None)
    found: dict[int, Finding] = {}
    for deal in deals:
        day = held.get(deal.pk)
        if day is not None:
            found[deal.pk] = _finding(Met.YES, "DEMO_DONE", DEMO, deal, day=day)
        else:
            found[deal.pk] = _finding(Met.NO, "DEMO_PLANNED" if deal.pk in held else "DEMO_NONE", DEMO, deal)
    return found


def _number(value: object, default: int) -> int:
    return int(value) if isinstance(value, int | float | str) and str(value).strip() else default


CHECKS: tuple[Check, ...] = (
    Check("NEEDS_CONFIRMED", Label("Needs confirmed with the customer", "需求已与客户确认"), _needs_confirmed, NEED_SENTENCES),
    Check("SHEET_SCORE", Label("Points of the 7+3 sheet", "7+3 要素表得分"), _sheet_score, SCORE_SENTENCES, ("least",)),
    Check("NO_OPEN_RED_FLAG", Label("No red flag waits", "没有待决定的红旗"), _no_open_red_flag, FLAG_SENTENCES),
    Check("OBJECTIONS_SETTLED", Label("Objections handled", "异议已处理"), _objections_settled, OBJECTION_SENTENCES),
    Check("SPIN_STATEMENT", Label("Need statement confirmed", "需求陈述已确认"), _spin_statement, STATEMENT_SENTENCES),
    Check("DEMO_HELD", Label("Demonstration held", "已完成方案演示"), _demo_held, DEMO_SENTENCES),
)
