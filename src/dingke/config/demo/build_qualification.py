"""Sheets, discovery, needs and objections of some deals of the demonstration company, built through the product's own actions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.db import transaction

from dingke.core.scope import Scope
from dingke.library.models import Entry
from dingke.people.calc import Role
from dingke.people.models import User
from dingke.people.queries import managers_of, scope_for
from dingke.pipeline.models import Opportunity
from dingke.qualification.actions import discovery, needs, next_actions, objections, sheet
from dingke.qualification.calc.elements import CODES

DEALS = 25
_SEED = 20260930
Moment = Callable[..., datetime]
Tell = Callable[[int, int | None, str], object]

_KNOWN: dict[str, tuple[tuple[str, dict[str, str]], ...]] = {
    "BASICS": (
        (
            "汽车零部件机加工，两个厂区",
            {
                "industry": "汽车零部件",
                "turnover": "约 3.2 亿元",
                "headcount": "460",
                "organisation": "生产、工艺、设备、采购、财务",
                "credit": "对供应商按合同付款",
            },
        ),
        (
            "电机壳体加工，出口占四成",
            {"industry": "新能源", "turnover": "约 1.8 亿元", "headcount": "280", "credit": "偶有拖延，月底前付清"},
        ),
    ),
    "SCHEDULE": (("年内定设备，春节前安装", {}), ("等二期厂房验收后启动", {})),
    "BUDGET": (
        ("设备处按三台立项", {"probe": "提到同行去年花了三百多万，对方点头"}),
        ("财务只说“控制在去年水平”", {"probe": "对方没有接话"}),
    ),
    "NEED": (("换型时间从四十分钟降到十五分钟，尺寸一次合格", {}), ("主轴返修太多，要把停机降到每月四小时以内", {})),
    "KEY_PERSON": (("生产副总牵头，认可我们的工艺能力", {}), ("设备部长主导，还没见到总经理", {})),
    "DECISION": (("工艺初选，设备与采购会评，总经理定", {}), ("采购比价后报集团", {})),
    "COMPETITOR": (("有一家外资和一家本地厂在谈", {"seen_on_site": "YES"}), ("只听说对方找过一家，尚未见到", {"seen_on_site": "NO"})),
    "STRENGTH": (("夹具要定制，其余是标准机型", {"go": "GO", "go_note": "定制夹具交给长期合作方"}),),
    "PRODUCT": (("五条需求里四条是标准功能", {"references": "6"}), ("排产联网不是我们的强项，可由伙伴做", {"references": "2"})),
    "SERVICE": (
        (
            "距服务站八十公里，操作工较熟练",
            {"user_quality": "4", "distance_km": "80", "visits_per_year": "4", "cost_per_visit": "1500", "delivery_capacity": "4"},
        ),
        (
            "距服务站九百公里，需要驻场",
            {"user_quality": "2", "distance_km": "900", "visits_per_year": "6", "cost_per_visit": "6800", "delivery_capacity": "3"},
        ),
    ),
}
_FLAGS = (
    ("BASICS", "BAD_PAYER"),
    ("SERVICE", "TOO_FAR"),
    ("BUDGET", "BUDGET_TOO_LOW"),
    ("KEY_PERSON", "NOT_KEY_PERSON"),
    ("SCHEDULE", "DATE_UNCERTAIN"),
)
_FLAG_REASONS = ("预付一半，余款发货前付清，可以继续", "与伙伴服务站签了协议，原因已消除", "半年后再看，先不投入")
_SPIN = (
    ("SITUATION", "现在一天换几次型，每次多久？", "OPEN", "一天三次，每次四十分钟左右"),
    ("SITUATION", "返修记录有没有专人统计？", "CLOSED", "有，设备部每月汇总"),
    ("PROBLEM", "换型慢的时候，最先影响哪道工序？", "OPEN", "后面的检测排队，夜班要加人"),
    ("IMPLICATION", "交期拖了，客户那边会怎样？", "OPEN", "去年被扣过两次款，主机厂要求整改"),
    ("NEED_PAYOFF", "换型降到十五分钟，对夜班意味着什么？", "OPEN", "夜班可以少排四个人"),
)
_LOSSES = (
    ("OVERTIME", "夜班加班", "120", "45"),
    ("COSTING_TIME", "成本核算每月两天", "30", "50"),
    ("STOCK_BOOKS", "备件账实对不上", "24", "60"),
)
_NEEDS = (
    ("换型时间不超过十五分钟", "NEED", "STANDARD", "快换夹具", True),
    ("主轴年返修不超过两次", "NEED", "STANDARD", "恒温主轴", True),
    ("与现有系统自动传送产量", "WANT", "CONFIGURABLE", "数据接口", False),
    ("按订单自动排产", "WANT", "CUSTOM", "", False),
)
_OBJECTIONS = (
    ("比本地厂贵了近三成", "EXPENSIVE", "TRUE", ("BUDGET",), "按五年摊到每天，再对比停机损失"),
    ("今年行情不好，再等等", "MARKET", "FALSE", ("EXCUSE",), "先弄清是不是已有别的方案"),
    ("让我们再考虑一下", "THINK", "HIDDEN", ("HIDES",), "问清还有哪一点没讲明白"),
    ("能不能再便宜一些", "CHEAPER", "TRUE", ("BUDGET", "POOR_TALK"), "不降价，改付款节奏"),
    ("别家的服务点更近", "ELSEWHERE", "TRUE", ("NEED_UNMET",), "承诺二十四小时到场，写进合同"),
)


def build(*, today: date, moment: Moment, tell: Tell) -> None:
    """For the open deals with an account that change soonest; the same company every time."""
    tell(0, None, "qualification")
    rng = Random(_SEED)
    rows = Opportunity.objects.filter(state=Opportunity.State.OPEN, account__isnull=False, archived_at__isnull=True)
    deals = list(rows.select_related("account", "account__owner", "owner").order_by("expected_date", "pk")[:DEALS])
    with transaction.atomic():
        for place, deal in enumerate(deals):
            _deal(deal, place, rng=rng, today=today, moment=moment)


def _deal(deal: Opportunity, place: int, *, rng: Random, today: date, moment: Moment) -> None:
    by = scope_for(deal.owner)
    leader = _decider(deal.owner) or by
    day = max(deal.opened_date, today - timedelta(days=70))
    _sheet(deal, place, by=by, leader=leader, day=day, rng=rng, today=today, moment=moment)
    _discovery(deal, place, by=by, today=today, moment=moment)
    _needs(deal, place, by=by, today=today, moment=moment)
    _objections(deal, place, by=by, day=day, rng=rng, today=today, moment=moment)


def _decider(owner: User) -> Scope | None:
    """The nearest leader who decides on deals: whoever leads a small team may sell only."""
    directors = User.objects.filter(role=Role.DIRECTOR, is_active=True).order_by("pk")
    return next((scope for leader in [*managers_of(owner), *directors] if (scope := scope_for(leader)).can("pipeline.decide")), None)


def _sheet(
    deal: Opportunity, place: int, *, by: Scope, leader: Scope, day: date, rng: Random, today: date, moment: Moment
) -> None:  # fmt: skip
    known = rng.sample(CODES, k=3 + place % 8)
    for step, code in enumerate(known):
        on = min(day + timedelta(days=6 * step + rng.randrange(4)), today)
        text, facts = _KNOWN[code][rng.randrange(len(_KNOWN[code]))]
        facts = dict(facts)
        if code == "SCHEDULE":
            due = deal.expected_date or today + timedelta(days=60)
            facts = {"decision_date": due.isoformat(), "decision_certainty": rng.choice(("CERTAIN", "LIKELY", "GUESS"))}
        values: dict[str, Any] = {
            "state": rng.choice(("PARTIAL", "CONFIRMED", "CONFIRMED")), "text": text, "facts": facts, "as_of_date": on,
        }  # fmt: skip
        budget = None
        if code == "BUDGET" and deal.amount:
            low, high = deal.amount * 8 // 10, deal.amount * 11 // 10
            budget = {"budget_low": low, "budget_high": high, "budget_basis": rng.choice(("SAID", "PROBED", "ESTIMATED"))}
        sheet.save_element(opportunity=deal, element=code, values=values, by=by, now=moment(on, 16), budget=budget)
        if step % 2 == 0:
            sheet.add_evidence(
                opportunity=deal, element=code, kind=rng.choice(("VISIT", "CALL", "MAIL")),
                reference=rng.choice(("现场走访", "电话回访", "技术交流会纪要")), on_date=on, by=by, now=moment(on, 17),
            )  # fmt: skip
    if place % 4 == 1:
        _red_flag(deal, place, by=by, leader=leader, today=today, moment=moment)


def _red_flag(deal: Opportunity, place: int, *, by: Scope, leader: Scope, today: date, moment: Moment) -> None:
    element, code = _FLAGS[(place // 4) % len(_FLAGS)]
    facts = {"no_date_cause": "NO_KEY_PERSON"} if element == "SCHEDULE" else {}
    on = today - timedelta(days=5)
    row = sheet.save_element(
        opportunity=deal, element=element, values={"state": "RED_FLAG", **({"facts": facts} if facts else {})}, by=by, now=moment(on, 11),
        flag_code=code,
    )  # fmt: skip
    flag = row.opportunity.red_flags.order_by("-pk").first()
    decision = ("GO_ON", "CLEARED", "", "DROP", "")[(place // 4) % 5]
    if decision and flag is not None:
        reason = _FLAG_REASONS[{"GO_ON": 0, "CLEARED": 1, "DROP": 2}[decision]]
        sheet.decide_flag(flag=flag, decision=decision, reason=reason, by=leader, now=moment(today - timedelta(days=3), 9))


def _discovery(deal: Opportunity, place: int, *, by: Scope, today: date, moment: Moment) -> None:
    now = moment(today - timedelta(days=4), 15)
    for column, text, form, answer in _SPIN[: 1 + place % (len(_SPIN) + 1)]:
        question = discovery.add_questions(opportunity=deal, column=column, texts=[{"text": text, "form": form}], by=by, now=now)[0]
        discovery.answer_question(question=question, values={"answer": answer}, by=by, now=now)
    for item, text, hours, cost in _LOSSES[: place % 4]:
        values = {"answer": text, "hours_per_month": Decimal(hours), "cost_per_hour": Decimal(cost)}
        discovery.save_amplification(opportunity=deal, item=item, values=values, by=by, now=now)
    if place % 3 == 0:
        values = {"statement": "换型降到十五分钟、主轴年返修不超过两次，夜班少排人，交期不再被扣款。", "leading_department": "PRODUCTION"}
        if place % 2 == 0:
            values["statement_confirmed_date"] = today - timedelta(days=4)  # type: ignore[assignment]
        discovery.save_discovery(opportunity=deal, values=values, by=by, now=now)


def _needs(deal: Opportunity, place: int, *, by: Scope, today: date, moment: Moment) -> None:
    on = today - timedelta(days=3)
    now = moment(on, 14)
    needs.save_three_need(opportunity=deal, kind="ENTERPRISE", values={"text": "换型慢、返修多，旺季交期被主机厂扣款"}, by=by, now=now)
    gap = {"has_gap": True, "gap": "还不知道他最担心什么"} if place % 2 else {}
    needs.save_three_need(opportunity=deal, kind="PERSONAL", values={"text": "生产副总今年要把交付率做上去", **gap}, by=by, now=now)
    for number, (description, priority, fit, function, is_confirmed) in enumerate(_NEEDS[: 1 + place % len(_NEEDS)]):
        confirmed = {"confirmed_date": on, "confirmed_name": "生产副总"} if is_confirmed and place % 3 else {}
        reach = "IN_SCOPE" if fit in {"STANDARD", "CONFIGURABLE"} else "UNDECIDED"
        values = {"description": description, "priority": priority, "fit": fit, "function": function, "range": reach, **confirmed}
        row = needs.add_need(opportunity=deal, values=values, by=by, now=now)
        if confirmed and number == 0:
            parts = {
                "method": "FFAB", "feature": "零点快换夹具", "function": "整盘更换，自动找正", "advantage": "不停主轴即可装夹",
                "benefit": "换型十五分钟，夜班少排四个人", "proof": "同行客户现场实测十二分钟",
            }  # fmt: skip
            needs.save_benefit(need=row, values=parts, by=by, now=now)
    if place % 2:
        next_actions.add_next_action(
            opportunity=deal, need="PERSONAL", way="FILL", text="再拜访一次生产副总，弄清他的顾虑", owner=deal.owner,
            due_date=today + timedelta(days=2 + place % 9), by=by, now=now,
        )  # fmt: skip


def _objections(deal: Opportunity, place: int, *, by: Scope, day: date, rng: Random, today: date, moment: Moment) -> None:
    for step in range(place % 3):
        words, standard, kind, causes, answer = _OBJECTIONS[(place + step) % len(_OBJECTIONS)]
        opened = min(day + timedelta(days=10 + 7 * step), today - timedelta(days=1))
        entry = Entry.objects.filter(code=f"objection-{standard.lower()}", state=Entry.State.PUBLISHED).order_by("pk").first()
        values: dict[str, Any] = {
            "words": words, "standard": standard, "kind": kind, "causes": list(causes), "moment": "QUOTE", "answer": answer, "entry": entry,
            "opened_date": opened, "topic": "价格" if standard in {"EXPENSIVE", "CHEAPER"} else "",
        }  # fmt: skip
        if place % 5 == 2:
            values |= {"timing": "LATER", "timing_reason": "BEYOND", "due_date": today + timedelta(days=2)}
        row = objections.log_objection(
            opportunity=deal, values=values, by=by, now=moment(opened, 16), real_issue="想让我们先把价格降下来" if kind == "HIDDEN" else ""
        )
        if place % 4 == 3:
            continue
        for number, (action, note) in enumerate(
            (("INQUIRE", "问清了主要和谁比、差在哪里"), ("SUGGEST", answer), ("DISSOLVE", "对方同意把这条放下"))
        ):
            objections.take_step(
                objection=row, action=action, note=note, by=by, now=moment(min(opened + timedelta(days=number), today), 10)
            )
        closed = min(opened + timedelta(days=3 + rng.randrange(12)), today)
        result = rng.choice(("SETTLED", "SETTLED", "SETTLED", "STANDS"))
        objections.close_objection(
            objection=row, result=result, settled_date=closed, note="", principles=["NO_ARGUING", "LISTEN"], by=by, now=moment(closed, 17)
        )
