"""Value assessments over several quarters, what is known of the relations, and reviews: judged by the people of the company."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from django.db import transaction

from dingke.accounts.models import Account
from dingke.config.demo.build_accounts import Moment, Tell
from dingke.core.periods import add_months
from dingke.core.scope import Scope
from dingke.insights.actions import assessments as actions
from dingke.insights.actions import relationship
from dingke.insights.calc import maturity
from dingke.insights.calc.assessment_parts import PARTS
from dingke.insights.models import Assessment
from dingke.people.models import User

ASSESSED = 11
_SEED = 20260930
# code -> what is said when it is good, and when it is not
_NOTES: dict[str, tuple[str, str]] = {
    "COST_TO_SERVE": ("订单集中、交付有计划，很少临时上门", "每月两三次加急交付，技术人员常驻成本高"),
    "DEPTH": ("已参与其年度工艺规划，双方有固定联络小组", "只与采购部门往来，生产和工艺部门接触少"),
    "POTENTIAL": ("明年新建两条产线，并有意带我们进入其海外工厂", "产能已满，近两年没有扩产打算"),
    "FUTURE": ("其工艺要求带动了我方新产品立项", "对我方产品方向影响有限"),
    "COMPLAINTS": ("近一年没有投诉", "近半年两次投诉交期，其中一次尚在整改"),
    "COMMITMENT": ("已口头确认续签三年框架协议", "采购表示明年重新招标，正在接触另一家供应商"),
    "REFERRALS": ("介绍了两家同行，其中一家已下单", "还没有介绍过客户"),
    "REFERENCES": ("愿意接待参观，已写入案例集", "婉拒公开案例"),
    "MARKET_VOICE": ("行业协会评选的示范企业，同行口碑好", "第三方资料显示其在同行中影响一般"),
    "WILLINGNESS": ("设备部长在行业会议上主动推荐我们", "表示可以私下介绍，不便公开推荐"),
}
_TALKS = (
    "希望把常用规格的交期稳定在七天以内，并每季度一起复盘一次质量。",
    "最关心停机损失，期望我们派工程师参与换型，减少调试时间。",
    "明年预算收紧，希望给出综合成本方案，而不只是降价。",
    "期望有固定的对接人，问题当天有回音。",
)
_LONG_TERM = (
    "三年内随其扩产仍有一半以上的增量空间，关键在进入新产线的选型阶段。",
    "规模稳定，长期价值在于它在行业里的示范作用。",
    "品类还可以扩展，但要先把交付做稳，否则份额会被替换。",
    "未来两年看其海外布局，若同步配套，可带来新的市场。",
)
_EVIDENCE: dict[str, str] = {
    "SELF_RESPECT": "报价坚持价值测算，没有用低价换单，对方总工认可",
    "CUSTOMER_CENTRED": "在其车间跟班三天后才提出方案",
    "PROFESSIONAL": "技术交流会由我方主讲，资料齐备",
    "DETAIL": "包装按其线边货架改小，省去一次分拣",
    "NO_UNCERTAINTY": "每周一发送在途与到货清单",
    "EVIDENCE": "寿命对比报告由双方共同签字",
    "STANDARD": "三个厂区使用同一份服务规范",
    "PROMISES": "承诺的备件库按期建成，十二个月没有断供",
    "NEEDS": "分别掌握了采购、工艺、生产和高层的需求",
    "QUANTIFIED": "测算每件节省 0.42 元，全年约 36 万元，财务已确认",
    "VISIBLE": "每季度提交效益看板，已做三期",
    "URGENT": "停产当晚送货到厂，避免损失约 20 万元",
}
_RUNGS = {
    "BASIC": "按目录产品下单，年度框架合同",
    "CUSTOM": "为其定制两款成形产品，独立编号",
    "JOINT_RND": "与其工艺所签订联合开发协议",
    "JOINT_MARKET": "共同参展，联合发布解决方案",
}
_PRINCIPLES = {
    "CUSTOMER_CENTRED": "调整送货时间以配合其夜班生产",
    "INDIVIDUAL": "设专用编码与专属包装",
    "LONG_TERM": "每半年评估关系，已签三年框架",
    "RISK": "对其单一型号依赖已提示，并准备了替代方案",
    "DYNAMIC": "随其产品换型更新了供货清单",
}


def build(*, users: Mapping[str, User], today: date, moment: Moment, tell: Tell) -> None:
    """After the first score run, so that there are figures to judge by."""
    rng = Random(_SEED)
    tell(0, None, "assessments")
    rows = Account.objects.filter(is_key=True, owner__isnull=False, standing__rank__isnull=False, archived_at__isnull=True)
    accounts = list(rows.select_related("owner", "standing").order_by("standing__rank", "pk")[:ASSESSED])
    with transaction.atomic():
        for place, account in enumerate(accounts):
            by = _as(account.owner)
            _relate(account, place, rng=rng, by=by, today=today, moment=moment)
            _assess(account, place, rng=rng, by=by, today=today, moment=moment)
        _reviews(users, today=today, moment=moment)


def _as(user: User | None) -> Scope:
    assert user is not None
    return Scope(user_id=user.pk, name=str(user), sees_all=True, permissions=frozenset({"*"}))


def _assess(account: Account, place: int, *, rng: Random, by: Scope, today: date, moment: Moment) -> None:
    """One to four assessments, a quarter apart; the newest of some is old enough to be due."""
    number, base, slope = 1 + (place * 3 + 2) % 4, 84 - 3.4 * place, rng.choice((-5, -2, 2, 4, 6))
    age = (12, 20, 160, 35, 48, 70, 200, 25, 30, 55, 40)[place % 11]
    days = [add_months(today - timedelta(days=age), -3 * back) for back in reversed(range(number))]
    for turn, day in enumerate(days):
        back = len(days) - 1 - turn
        ratings = {}
        for part in (part for part in PARTS if not part.is_measured):
            points = min(96, max(12, round(base - slope * back + rng.uniform(-13, 13))))
            good, poor = _NOTES[part.code]
            if rng.random() > 0.12 or part.code in {"DEPTH", "COMMITMENT", "REFERRALS"}:
                ratings[part.code] = actions.Rating(Decimal(points), good if points >= 58 else poor)
        row = actions.save_assessment(
            account=account,
            given=actions.Given(
                ratings=ratings,
                long_term=_LONG_TERM[place % 4],
                customer_talk=_TALKS[(place + turn) % 4],
                talk_date=day - timedelta(days=rng.randint(2, 12)),
            ),
            by=by,
            now=moment(day),
        )
        if back or place % 3 == 0:
            actions.adjust_cooperation(
                assessment=row, adjustments="按评估结果调整走访频次和备货，并更新年度合作清单。", next_date=row.next_date or day,
                by=by, now=moment(day, 15),
            )  # fmt: skip
        _as_it_stood(row, account, day, is_newest=not back)


def _as_it_stood(row: Assessment, account: Account, day: date, *, is_newest: bool) -> None:
    """What was measured then, as far as the stored scores still tell: the year before stands for what lies far back."""
    standing = account.standing
    changes: dict[str, object] = {"measured_date": day, "quiet_then": False, "class_then": standing.abc_before or standing.abc}
    if standing.revenue_before > 0 and (not is_newest or standing.is_quiet):
        changes["revenue_then"] = standing.revenue_before
    Assessment.objects.filter(pk=row.pk).update(**changes)


def _relate(account: Account, place: int, *, rng: Random, by: Scope, today: date, moment: Moment) -> None:
    since = today - timedelta(days=420)
    behaviours = maturity.BEHAVIOURS[: (12, 9, 5, 8, 4, 7, 2, 6, 3, 4, 1)[place % 11]]
    marks = [("BEHAVIOUR", item.code, _EVIDENCE[item.code], rng.randint(10, 380)) for item in behaviours]
    reached = (4, 3, 2, 2, 1, 2, 1, 1, 2, 1, 1)[place % 11]
    marks += [("LADDER", item.code, _RUNGS[item.code], 400 - 110 * step) for step, item in enumerate(maturity.LADDER[:reached])]
    if reached < len(maturity.LADDER):
        following = maturity.LADDER[reached]
        marks.append(("OPPORTUNITY", following.code, f"其生产环节提出{following.label.zh}的想法，约在下季度讨论", 18))
    for step, item in enumerate(maturity.RELATIONS[: min(4, 1 + reached // 2 + (place < 2))]):
        marks.append(("RELATION", item.code, f"{item.label.zh}：{item.asks.zh}", 390 - 120 * step))
    for kind, code, evidence, back in marks:
        day = max(since, today - timedelta(days=max(1, back)))
        relationship.mark_relationship(account=account, kind=kind, code=code, on_date=day, evidence=evidence, by=by, now=moment(day))
    if place < 5:
        day = today - timedelta(days=15 + 6 * place)
        checks = {code: (number != place, text if number != place else "") for number, (code, text) in enumerate(_PRINCIPLES.items())}
        relationship.review_account(
            account=account, checks=checks, conclusion="继续深化，下次回顾前补上未达到的一项。", by=by, now=moment(day)
        )


def _reviews(users: Mapping[str, User], *, today: date, moment: Moment) -> None:
    """Two months of two people; the month that runs is still to do."""
    notes = {
        "TIME": "本月走访的六成给了利润最高的五家客户",
        "PROFIT": "重新看了有量无利的两家，调整了报价",
        "HIDDEN": "标准制定单位利润低，但带来两个项目",
        "BOTH": "新开发三家，老客户走访没有减少",
        "CONTACT": "对账电话中了解到一家客户准备扩产",
    }
    for place, name in enumerate(("zhoumin", "lujingheng")):
        for back in (1, 2):
            month = add_months(today.replace(day=1), -back)
            checks = {
                code: (number != place + back, note if number != place + back else "") for number, (code, note) in enumerate(notes.items())
            }
            relationship.review_portfolio(
                month=month,
                checks=checks,
                conclusion="下月把时间再向前五家集中。",
                by=_as(users[name]),
                now=moment(month + timedelta(days=25)),
            )
