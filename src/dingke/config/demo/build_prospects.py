"""The prospect board of the demonstration company: two target profiles and fifteen companies on their way (D-02 to D-05)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from dingke.accounts.calc.key_account import Answer, Judgement
from dingke.accounts.calc.key_account_lists import CRITERIA, ENTRY_TESTS
from dingke.accounts.calc.nomination import Rating
from dingke.core.lists import items
from dingke.people.models import User
from dingke.people.queries import scope_for
from dingke.pipeline.actions import prospects

PROFILES = (
    {
        "title": "华东汽车零部件龙头", "industries": ["AUTO_PARTS", "AUTO"], "regions": ["EAST"], "size_tiers": ["ABOVE"],
        "need": "多基地供应不同步，停线一次损失数十万", "goal": 30,
    },
    {
        "title": "新能源电池扩产企业", "industries": ["BATTERY", "ENERGY"], "regions": ["EAST", "SOUTH", "SOUTHWEST"],
        "size_tiers": ["ABOVE"], "need": "扩产期设备交期与售后响应跟不上", "goal": 20,
    },
)  # fmt: skip
# profile, company, industry, region, source, employees, days ago found, how far, passed tests, ratings, next step, in days
COMPANIES = (
    (0, "南通精锻传动", "AUTO_PARTS", "CN-32", "TRADE_FAIR", 1200, 74, "ADMITTED", 4, (4, 4, 5, 3, 4), "", 0),
    (0, "宁波海曙转向系统", "AUTO_PARTS", "CN-33", "PARTNER_REFERRAL", 860, 61, "DEVELOP", 4, (4, 3, 5, 2, 4), "与采购总监确认试样清单", 2),
    (0, "芜湖江北制动科技", "AUTO_PARTS", "CN-34", "INDUSTRY_REPORT", 640, 55, "DEVELOP", 3, (3, 4, 3, 3, 4), "带技术经理走访二工厂", 6),
    (1, "常州启元电芯", "BATTERY", "CN-32", "COMPETITOR_CUSTOMER", 2300, 50, "DEVELOP", 3, (5, 4, 3, 3, 3), "请质量负责人来厂审核", -3),
    (0, "苏州工业园博远电驱", "AUTO_PARTS", "CN-32", "TRADE_FAIR", 420, 44, "SCREEN", 3, (3, 3, 4, 2, 4), "约总经理见面", 4),
    (0, "台州路桥同步器厂", "AUTO_PARTS", "CN-33", "CUSTOMER_REFERRAL", 310, 40, "SCREEN", 2, (2, 3, 3, 3, 2), "了解年用量", 9),
    (1, "惠州仲恺储能", "ENERGY", "CN-44", "INDUSTRY_REPORT", 980, 36, "SCREEN", 4, (4, 4, 4, 3, 5), "由销售总监出面拜访", 1),
    (1, "宜宾临港正极材料", "BATTERY", "CN-51", "MARKET_RESEARCH", 1500, 30, "SCREEN", 3, (4, 3, 3, 2, 4), "取得供应商准入表", 12),
    (0, "扬州邗江铸铝件", "AUTO_PARTS", "CN-32", "YELLOW_PAGES", 260, 28, "DROPPED", 0, (2, 2, 2, 1, 2), "", 0),
    (0, "上海嘉定热管理", "AUTO_PARTS", "CN-31", "TRADE_FAIR", 720, 21, "SEARCH", 0, (), "电话约访", 1),
    (0, "合肥新站座椅骨架", "AUTO_PARTS", "CN-34", "INDUSTRY_REPORT", 1100, 18, "SEARCH", 0, (), "核实年采购额", 5),
    (1, "溧阳天目湖隔膜", "BATTERY", "CN-32", "COMPETITOR_CUSTOMER", 540, 15, "SEARCH", 0, (), "找到设备部负责人", 3),
    (1, "珠海金湾逆变器", "ENERGY", "CN-44", "ADVERTISING", 380, 12, "SEARCH", 0, (), "", 0),
    (1, "成都青白江电池壳", "BATTERY", "CN-51", "PARTNER_REFERRAL", 450, 8, "SEARCH", 0, (), "请介绍人引见", 2),
    (0, "无锡惠山齿轮", "AUTO_PARTS", "CN-32", "PRIVATE_NETWORK", 300, 5, "SEARCH", 0, (), "电话约访", -1),
)
REACHED = ("SEARCH", "SCREEN", "DEVELOP", "ADMITTED")


def build(*, users: Mapping[str, User], today: date, moment: Callable[..., datetime]) -> None:
    """Puts the companies on the board through the product's own actions, owned by those who sell there."""
    sellers = [users[name] for name in ("zhoumin", "chenqizhou") if name in users]
    scopes = [scope_for(user) for user in sellers]
    known = {code: {item.code: item.pk for item in items(code)} for code in ("industries", "regions", "account_sources")}
    start = today - timedelta(days=80)
    profiles = [prospects.save_profile(profile=None, values=values, by=scopes[0], now=moment(start)) for values in PROFILES]
    for place, company in enumerate(COMPANIES):
        which, name, industry, region, source, employees, ago, reached, passed, ratings, step, due = company
        by, day = scopes[place % len(scopes)], today - timedelta(days=ago)
        values: dict[str, Any] = {
            "profile": profiles[which].pk, "name": name, "industry": known["industries"].get(industry),
            "region": known["regions"].get(region), "source": known["account_sources"][source], "employees": employees,
            "next_step": step, "next_date": today + timedelta(days=due) if step else None,
        }  # fmt: skip
        row = prospects.add_prospect(values=values, by=by, now=moment(day), today=day)
        if reached == "SEARCH":
            continue
        later = day + timedelta(days=max(ago // 3, 1))
        row = prospects.screen_prospect(
            prospect=row,
            tests={
                item.key: Judgement(Answer.YES if number < passed else Answer.NO, "年报与现场走访")
                for number, item in enumerate(ENTRY_TESTS)
            },
            criteria={item.key: Rating(rating) for item, rating in zip(CRITERIA, ratings, strict=True)},
            means="电话访谈与公开年报",
            by=by,
            now=moment(later),
            today=later,
        )
        if reached in {"DEVELOP", "ADMITTED"}:
            _develop(row, by=by, from_day=later, today=today, moment=moment, is_admitted=reached == "ADMITTED")


def _develop(row: Any, *, by: Any, from_day: date, today: date, moment: Callable[..., datetime], is_admitted: bool) -> None:
    day = from_day + timedelta(days=5)
    row = prospects.develop_prospect(prospect=row, by=by, now=moment(day), today=day)
    steps = (
        ("电话约访采购负责人", "约定下周到访"),
        ("首次到访，参观产线", "见到采购总监，了解年用量与现有供方"),
        ("寄送同行案例与样品", ""),
    )
    for number, (title, result) in enumerate(steps):
        due = min(day + timedelta(days=7 * (number + 1)), today + timedelta(days=4 + number))
        step = prospects.plan_contact(prospect=row, title=title, due_date=due, by=by, now=moment(day))
        if result and due <= today:
            prospects.finish_contact(step=step, result=result, by=by, now=moment(due), today=due)
    if is_admitted:
        last = today - timedelta(days=20)
        prospects.admit_prospect(prospect=row, by=by, now=moment(last), today=last)
