"""Checks on what is written on the deal itself (C-03, C-10, E-04, E-05, E-09, K-03)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from dingke.core.reasons import Label, Reason, Sentences
from dingke.pipeline.calc.buying import LABELS
from dingke.pipeline.calc.gates import Finding, Met
from dingke.pipeline.calc.playbook import BUYING
from dingke.pipeline.checks import Check
from dingke.pipeline.checks.facts import centres_of, lines_of, rivals_of
from dingke.pipeline.models import Opportunity

EDIT = "pipeline:edit"
DEAL = "pipeline:deal"


def at_deal(deal: Opportunity, page: str = EDIT) -> tuple[str, dict[str, int | str]]:
    return page, {"opportunity_id": deal.pk}


def finding(met: Met, reason: Reason, where: tuple[str, dict[str, int | str]]) -> Finding:
    return Finding(met, reason, where[0], where[1])


def written(code: str, label: Label, holds: Callable[[Opportunity], bool], there: tuple[str, str], missing: tuple[str, str]) -> Check:
    """A check that looks at the columns of the deal alone."""

    def judge(deals: Sequence[Opportunity], params: Mapping[str, object], today: date) -> Mapping[int, Finding]:
        return {
            deal.pk: finding(Met.YES, Reason(f"{code}_YES"), at_deal(deal))
            if holds(deal)
            else finding(Met.UNKNOWN, Reason(f"{code}_MISSING"), at_deal(deal))
            for deal in deals
        }

    return Check(code, label, judge, Sentences({f"{code}_YES": there, f"{code}_MISSING": missing}))


def _rivals_answered(deals: Sequence[Opportunity], params: Mapping[str, object], today: date) -> Mapping[int, Finding]:
    found, rivals = {}, rivals_of(deals)
    for deal in deals:
        names = [one.competitor.name for one in rivals[deal.pk]]
        open_ones = [one.competitor.name for one in rivals[deal.pk] if not one.counter.strip()]
        if not names:
            reason, met = Reason("RIVALS_NONE"), Met.UNKNOWN
        elif open_ones:
            reason, met = Reason("RIVALS_OPEN", {"names": open_ones}), Met.NO
        else:
            reason, met = Reason("RIVALS_YES", {"names": names}), Met.YES
        found[deal.pk] = finding(met, reason, at_deal(deal, DEAL))
    return found


def _rival_prices(deals: Sequence[Opportunity], params: Mapping[str, object], today: date) -> Mapping[int, Finding]:
    found, rivals = {}, rivals_of(deals)
    for deal in deals:
        unknown = [one.competitor.name for one in rivals[deal.pk] if one.price is None]
        if not rivals[deal.pk]:
            reason, met = Reason("RIVAL_PRICE_NONE"), Met.UNKNOWN
        elif unknown:
            reason, met = Reason("RIVAL_PRICE_MISSING", {"names": unknown}), Met.UNKNOWN
        else:
            reason, met = Reason("RIVAL_PRICE_YES"), Met.YES
        found[deal.pk] = finding(met, reason, at_deal(deal, DEAL))
    return found


def _recognition(deals: Sequence[Opportunity], params: Mapping[str, object], today: date) -> Mapping[int, Finding]:
    found, rivals = {}, rivals_of(deals)
    for deal in deals:
        unknown = [one.competitor.name for one in rivals[deal.pk] if not one.recognition.strip()]
        if not rivals[deal.pk]:
            reason, met = Reason("RECOGNITION_NONE"), Met.UNKNOWN
        elif unknown:
            reason, met = Reason("RECOGNITION_MISSING", {"names": unknown}), Met.UNKNOWN
        else:
            reason, met = Reason("RECOGNITION_YES"), Met.YES
        found[deal.pk] = finding(met, reason, at_deal(deal, DEAL))
    return found


def _lines(deals: Sequence[Opportunity], params: Mapping[str, object], today: date) -> Mapping[int, Finding]:
    lines = lines_of(deals)
    return {
        deal.pk: finding(Met.YES, Reason("LINES_YES", {"number": len(lines[deal.pk])}), at_deal(deal, DEAL))
        if lines[deal.pk]
        else finding(Met.NO, Reason("LINES_NONE"), at_deal(deal, DEAL))
        for deal in deals
    }


def _next_step(deals: Sequence[Opportunity], params: Mapping[str, object], today: date) -> Mapping[int, Finding]:
    found = {}
    for deal in deals:
        if not deal.next_step.strip() or deal.next_step_date is None:
            reason, met = Reason("NEXT_STEP_NONE"), Met.NO
        elif deal.next_step_date < today:
            reason, met = Reason("NEXT_STEP_LATE", {"day": deal.next_step_date}), Met.NO
        else:
            reason, met = Reason("NEXT_STEP_YES", {"day": deal.next_step_date}), Met.YES
        found[deal.pk] = finding(met, reason, at_deal(deal, DEAL))
    return found


def _process(deals: Sequence[Opportunity], params: Mapping[str, object], today: date) -> Mapping[int, Finding]:
    found, centres = {}, centres_of(deals)
    for deal in deals:
        centre = centres[deal.pk]
        if deal.purchase_process.strip() or (centre is not None and centre.chain_steps):
            found[deal.pk] = finding(Met.YES, Reason("PROCESS_YES"), at_deal(deal))
        else:
            found[deal.pk] = finding(Met.UNKNOWN, Reason("PROCESS_MISSING"), at_deal(deal))
    return found


def _buying_stage(deals: Sequence[Opportunity], params: Mapping[str, object], today: date) -> Mapping[int, Finding]:
    least = min(max(int(str(params.get("least", 1)).split(".")[0]), 1), len(BUYING))
    wanted, found = LABELS[BUYING[least - 1]], {}
    for deal in deals:
        if not deal.buying_stage:
            found[deal.pk] = finding(Met.UNKNOWN, Reason("BUYING_UNKNOWN", {"wanted": wanted}), at_deal(deal))
            continue
        met = Met.YES if BUYING.index(deal.buying_stage) >= least - 1 else Met.NO
        reason = Reason(f"BUYING_{met}", {"stage": LABELS[deal.buying_stage], "wanted": wanted})
        found[deal.pk] = finding(met, reason, at_deal(deal))
    return found


CHECKS: tuple[Check, ...] = (
    written(
        "ACCOUNT_KNOWN", Label("The account is known", "已关联客户"), lambda deal: deal.account_id is not None,
        ("The deal hangs on an account.", "商机已关联客户。"),
        ("The deal hangs on no account yet. Choose one.", "商机尚未关联客户，请选择。"),
    ),
    written(
        "AMOUNT_KNOWN", Label("The amount is estimated", "已预计金额"), lambda deal: deal.amount is not None and deal.amount > 0,
        ("The amount is entered.", "金额已填写。"), ("No amount is entered yet.", "尚未填写金额。"),
    ),
    written(
        "EXPECTED_DATE_SET", Label("The day of signing is expected", "已预计签约日期"), lambda deal: deal.expected_date is not None,
        ("The expected day is entered.", "预计签约日期已填写。"), ("No expected day of signing is entered yet.", "尚未填写预计签约日期。"),
    ),
    written(
        "BUDGET_KNOWN", Label("The budget range is known", "预算范围明确"),
        lambda deal: (deal.budget_low is not None or deal.budget_high is not None) and bool(deal.budget_basis),
        ("The budget range is entered, and how we know it.", "预算范围及依据已填写。"),
        (
            "The budget range, or how we know it, is missing. Quoting without it is likely to lose the order.",
            "缺少预算范围或依据。没有预算概念就报价，很可能输单。",
        ),
    ),
    written(
        "TIMETABLE_KNOWN", Label("The purchase timetable is known", "采购时间表明确"), lambda deal: bool(deal.timetable.strip()),
        ("The timetable of the purchase is entered.", "采购时间表已填写。"),
        ("The timetable of the purchase is not known. Ask for it on the next visit.", "采购时间表未知，请在下次拜访时了解。"),
    ),
    written(
        "PROBLEM_STATED", Label("The problem to solve is stated", "要解决的问题明确"), lambda deal: bool(deal.problem.strip()),
        ("The problem that the project solves is entered.", "项目要解决的问题已填写。"),
        ("The problem that the project solves is not stated.", "尚未写明项目要解决的问题。"),
    ),
    written(
        "PURCHASE_PLAN_KNOWN", Label("The latest purchase plan is known", "最近的采购计划明确"),
        lambda deal: bool(deal.purchase_plan.strip()),
        ("The latest purchase plan is entered.", "最近的采购计划已填写。"),
        ("The latest purchase plan is not known.", "最近的采购计划未知。"),
    ),
    written(
        "DECIDERS_KNOWN", Label("Deciders and influencers are known", "决策人和影响者明确"), lambda deal: bool(deal.deciders.strip()),
        ("Deciders and influencers are entered.", "决策人和影响者已填写。"),
        ("Nobody wrote down who decides and who has influence.", "尚未写明决策人和影响者。"),
    ),
    Check(
        "PURCHASE_PROCESS_KNOWN", Label("The purchase process is known", "采购流程明确"), _process,
        Sentences({
            "PROCESS_YES": ("The purchase process is written down.", "采购流程已写明。"),
            "PROCESS_MISSING": (
                "The purchase process is not known: neither in words nor as a decision chain.", "采购流程未知：既无文字说明，也没有决策链。"
            ),
        }),
    ),
    Check(
        "COMPETITORS_ANSWERED", Label("Every rival has an answer", "每个竞争对手都有应对策略"), _rivals_answered,
        Sentences({
            "RIVALS_YES": ("There is an answer to {names}.", "已有针对{names}的应对策略。"),
            "RIVALS_NONE": ("No rival is entered. Ask the inside supporter who is in.", "尚未登记竞争对手，请向内部支持者了解还有谁参与。"),
            "RIVALS_OPEN": ("There is no answer to {names} yet.", "尚无针对{names}的应对策略。"),
        }),
    ),
    Check(
        "RIVAL_PRICE_KNOWN", Label("The prices of the rivals are known", "了解竞争对手的价格"), _rival_prices,
        Sentences({
            "RIVAL_PRICE_YES": ("The price of every rival is known.", "已了解各竞争对手的价格。"),
            "RIVAL_PRICE_NONE": ("No rival is entered, so no price is known.", "尚未登记竞争对手，价格也未知。"),
            "RIVAL_PRICE_MISSING": ("The price of {names} is not known.", "不了解{names}的价格。"),
        }),
    ),
    Check(
        "RECOGNITION_KNOWN", Label("How far the customer accepts the rivals is known", "了解客户对竞争对手的认可度"), _recognition,
        Sentences({
            "RECOGNITION_YES": ("How far the customer accepts every rival is written down.", "已记录客户对各竞争对手的认可度。"),
            "RECOGNITION_NONE": (
                "No rival is entered, so nothing is known of how the customer sees them.", "尚未登记竞争对手，客户对其认可度也未知。"
            ),
            "RECOGNITION_MISSING": ("How far the customer accepts {names} is not known.", "不了解客户对{names}的认可度。"),
        }),
    ),
    Check(
        "LINES_ENTERED", Label("Products are entered", "已填写产品明细"), _lines,
        Sentences({
            "LINES_YES": ("{number} product lines are entered.", "已填写 {number} 行产品。"),
            "LINES_NONE": ("No product is entered yet.", "尚未填写产品。"),
        }),
    ),
    Check(
        "NEXT_STEP_SET", Label("A next step with a day is set", "已定下一步及日期"), _next_step,
        Sentences({
            "NEXT_STEP_YES": ("The next step is set for {day}.", "下一步已定于 {day}。"),
            "NEXT_STEP_NONE": ("There is no next step with a day.", "尚未定下一步及日期。"),
            "NEXT_STEP_LATE": ("The next step was due on {day}. Do it or set a new one.", "下一步已于 {day} 到期，请完成或重新安排。"),
        }),
    ),
    Check(
        "BUYING_STAGE_AT_LEAST", Label("The customer is far enough in buying", "客户购买阶段已到位"), _buying_stage,
        Sentences({
            "BUYING_YES": ("The customer is {stage}; at least {wanted} was asked.", "客户处于“{stage}”，要求至少“{wanted}”。"),
            "BUYING_NO": ("The customer is still {stage}; at least {wanted} is needed.", "客户仍处于“{stage}”，要求至少“{wanted}”。"),
            "BUYING_UNKNOWN": ("The customer's stage is not known; {wanted} is needed.", "尚未填写客户购买阶段，要求至少“{wanted}”。"),
        }),
        params=("least",),
    ),
)  # fmt: skip
