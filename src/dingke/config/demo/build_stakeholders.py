"""Maps of buying centres for some accounts: roles, lines, chains, and attitudes that move over the months."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from django.db import transaction

from dingke.accounts.models import Account
from dingke.config.demo.build_accounts import Moment, Tell
from dingke.core.scope import Scope
from dingke.people.models import User
from dingke.stakeholders.actions import attitude, centre, chain, judgement, lines, needs, people
from dingke.stakeholders.models import BuyingCentre, ChainStep, Stakeholder

MAPPED = 15
_SEED = 20260930
_EVIDENCE = {
    "ACCEPT": ("评审会上主动替我们的方案说话", "答应在月底前把预算报上去", "带我们看了现场，并引荐了同事"),
    "DOUBT": ("追问主轴精度的检测依据，要求看同行案例", "担心换型时间，提出先做小批试用", "对售后响应时间还有保留"),
    "RESIST": ("认为去年的延期让他很被动，不愿再谈", "当面说现有供应商用得惯，没必要换", "拒绝参加技术交流会"),
    "INDIFFERENT": ("会上没有发言，只收下资料", "回复“按流程走就行”", "两次邀约都说没有时间"),
    "SABOTAGE": ("私下对同事说我们的设备返修率高，没有依据",),
}
_PATHS = (  # how attitudes move, oldest first
    ("DOUBT", "DOUBT", "ACCEPT"), ("RESIST", "DOUBT", "ACCEPT"), ("INDIFFERENT", "DOUBT"), ("ACCEPT",), ("DOUBT", "RESIST"),
    ("INDIFFERENT",), ("ACCEPT", "DOUBT"), ("DOUBT",),
)  # fmt: skip
_APPROACHES = ("请采购引荐，先谈停机损失的数据", "约在展会期间单独见面，只谈他负责的产线", "由我方总工出面，先把去年的延期说清楚")
_STYLES = (
    ("DRIVING", "先说结论，十分钟内讲完；只给两个方案"),
    ("ANALYTICAL", "提前一天把检测报告发过去，现场逐条对"),
    ("AMIABLE", "多问现场同事的感受，建议先试用一台"),
    ("EXPRESSIVE", "讲同行获奖的案例，会后把要点写成邮件"),
)
_BACKGROUNDS = ("从车间一路做到管理岗", "技术出身，主持过两次产线改造", "两年前从集团总部调来", "长期负责设备采购，重视合规")
_NEEDS = (
    ("CHANNELS", "希望交期稳定在六周以内，旺季不拖"),
    ("CUSTOM_PROPOSAL", "想要专门的备件包和一年两次的技术培训"),
    ("INFLUENCES", "最看重停机后的响应时间，其次才是价格"),
    ("DATA", "近两年的维修记录显示，故障集中在主轴和刀库"),
)
_RIVALS = ("远科机床", "海德精机", "新力数控")
_FORMS = ("FUNCTIONAL", "GROUP", "DIVISIONAL", "MATRIX")
_TITLES = ("新厂区加工中心采购", "二期产线改造", "检测设备升级")


def build(*, today: date, moment: Moment, tell: Tell) -> None:
    """After the first score run, so that the weightiest key accounts are known. The same company every time."""
    tell(0, None, "buying centres")
    rng = Random(_SEED)
    rows = Account.objects.filter(is_key=True, owner__isnull=False, archived_at__isnull=True, standing__rank__isnull=False)
    with transaction.atomic():
        for place, account in enumerate(rows.select_related("owner", "standing").order_by("standing__rank", "pk")[:MAPPED]):
            _map(account, place, rng=rng, today=today, moment=moment)


def _as(user: User | None) -> Scope:
    assert user is not None
    return Scope(user_id=user.pk, name=str(user), user_ids=frozenset({user.pk}), sees_all=True, permissions=frozenset({"*"}))


def _map(account: Account, place: int, *, rng: Random, today: date, moment: Moment) -> None:
    by, since = _as(account.owner), today - timedelta(days=200)
    made = centre.open_standing_centre(account=account, by=by, now=moment(since))
    people.add_known_people(centre=made, by=by, now=moment(since, 11))
    rows = list(Stakeholder.objects.filter(centre=made).select_related("centre__account", "contact").order_by("-influence", "pk"))
    if not rows:
        return
    frame = {"structure": _FORMS[place % 4], "process_note": "使用部门立项，设备部组织技术评审，采购比价后报总经办批准。"}
    centre.edit_centre(centre=made, values=frame, by=by, now=moment(since, 14))
    _roles(made, rows, place, by=by, when=moment, since=since)
    _attitudes(rows, place, rng=rng, by=by, today=today, when=moment)
    _chain(made, rows, place, by=by, when=moment, since=since)
    _judge(made, place, rng=rng, by=by, when=moment, today=today)
    way, text = _NEEDS[place % 4]
    day = today - timedelta(days=12 + 5 * place)
    needs.log_need(
        account=account, values={"channel": way, "text": text, "on_date": day, "contact": rows[-1].contact}, by=by, now=moment(day, 17)
    )
    if place in (1, 4, 8):
        title = _TITLES[place % 3]
        centre.centre_for_opportunity(account=account, title=title, by=by, now=moment(today - timedelta(days=30), 9))


def _roles(made: BuyingCentre, rows: list[Stakeholder], place: int, *, by: Scope, when: Callable[..., Any], since: date) -> None:
    """The weightiest is the leader and key person of most maps; others report there; a design institute or rival outside."""
    boss = rows[0]
    for number, row in enumerate(rows[1:], start=1):
        if number == 1 and place % 3 != 2:
            values = {"roles": [*row.roles, "PROJECT_LEADER"], "influence": 4}
            people.edit_stakeholder(stakeholder=row, values=values, by=by, now=when(since, 15))
        upper = boss if number < 3 or len(rows) < 4 else rows[1]
        if upper.pk != row.pk:
            lines.draw_line(start=row, end=upper, kind="REPORTS_TO", by=by, now=when(since, 15))
    if place % 2 == 0:
        values = {"outside_name": "中衡工业设计院", "roles": ["DESIGN_INSTITUTE"], "influence": 3}
        firm = people.add_stakeholder(centre=made, values=values, by=by, now=when(since, 16))
        lines.draw_line(start=firm, end=rows[min(1, len(rows) - 1)], kind="ADVISES", by=by, now=when(since, 16), note="编写技术规格")
    if place % 3 == 0:
        values = {"outside_name": _RIVALS[place % 3], "roles": ["COMPETITOR"], "influence": 2}
        rival = people.add_stakeholder(centre=made, values=values, by=by, now=when(since, 16))
        lines.draw_line(start=rival, end=rows[-1], kind="ADVISES", by=by, now=when(since, 16))
    if len(rows) > 3 and place % 4 == 1:
        lines.draw_line(start=rows[2], end=rows[3], kind="OPPOSES", by=by, now=when(since, 17), note="预算归属有分歧")


def _attitudes(rows: list[Stakeholder], place: int, *, rng: Random, by: Scope, today: date, when: Callable[..., Any]) -> None:
    for number, row in enumerate(rows):
        path: tuple[str, ...] = _PATHS[(place * 3 + number) % len(_PATHS)]
        if place == 5 and number == len(rows) - 1:
            path = ("DOUBT", "SABOTAGE")
        if number and (place + number) % 7 == 3:
            path = ()  # nobody has asked yet
        for step, code in enumerate(path):
            day = today - timedelta(days=170 - 55 * step - rng.randint(0, 20))
            attitude.set_attitude(
                stakeholder=row, attitude=code, evidence=rng.choice(_EVIDENCE[code]), on_date=day, by=by, now=when(day, 17)
            )
        reached = today - timedelta(days=rng.choice((2, 5, 9, 16, 24, 41, 75)))
        values: dict[str, Any] = {"last_contact_date": reached} if number < 2 or rng.random() < 0.6 else {}
        if path and path[-1] == "RESIST" and place % 2:
            values["approach"] = _APPROACHES[place % 3]
        if path and path[-1] == "ACCEPT" and number and place % 2 == 0:
            values["is_supporter"] = True
        if values:
            people.edit_stakeholder(stakeholder=row, values=values, by=by, now=when(reached, 18))
    _key(rows[0], place, by=by, today=today, when=when)
    for row, (kind, style) in zip(rows[:2], (_STYLES[place % 4], _STYLES[(place + 1) % 4]), strict=False):
        note = {"personality": kind, "style_note": style, "profile": {"background": _BACKGROUNDS[(place + row.influence) % 4]}}
        people.write_team_note(stakeholder=row, values=note, by=by, now=when(today - timedelta(days=60), 18))


def _key(row: Stakeholder, place: int, *, by: Scope, today: date, when: Callable[..., Any]) -> None:
    """Met and won, met and not asked, not met, not marked: one map shows each."""
    if place % 5 == 4:
        return
    met = today - timedelta(days=120 - 3 * place)
    ticks: tuple[bool | None, bool | None] = ((True, True), (True, None), (None, None), (True, False))[place % 5 % 4]
    values: dict[str, Any] = {"is_key_person": True, "competence_accepted": ticks[0], "impression_good": ticks[1]}
    if place % 5 != 2:
        values["first_visit_date"] = met
    people.mark_key_person(stakeholder=row, values=values, by=by, now=when(max(met, today - timedelta(days=150)), 18))


def _chain(made: BuyingCentre, rows: list[Stakeholder], place: int, *, by: Scope, when: Callable[..., Any], since: date) -> None:
    if place % 6 == 5:
        return  # nobody has asked how the decision is taken
    chain.load_chain(centre=made, family="GENERAL", by=by, now=when(since, 16))
    steps = list(ChainStep.objects.filter(centre=made, archived_at__isnull=True).select_related("centre__account").order_by("position"))
    persons = [
        next((row for row in rows if "USER" in row.roles), None),
        next((row for row in rows if "PURCHASER" in row.roles), None),
        rows[0],
    ]
    for number, (step, person) in enumerate(zip(steps, persons, strict=True)):
        if person is not None and not (number == 2 and place % 4 == 3):
            chain.edit_chain_step(step=step, values={"stakeholder": person}, by=by, now=when(since, 17))


def _judge(made: BuyingCentre, place: int, *, rng: Random, by: Scope, when: Callable[..., Any], today: date) -> None:
    codes = ("FUNCTION", "PARTNER_SERVICE", "BRAND", "PRICE")
    ours = {code: rng.randrange(60, 95, 5) for code in codes}
    rivals = [(_RIVALS[(place + turn) % 3], {code: rng.randrange(50, 90, 5) for code in codes}) for turn in range(1 + place % 2)]
    day = today - timedelta(days=40)
    if place % 3 != 2:
        judgement.save_factors(centre=made, software_type="HIGH_END", order=codes, ours=ours, rivals=rivals, by=by, now=when(day))
    ratings: dict[str, tuple[int | None, str]] = {
        "PRICE": (rng.randint(2, 5), "年度降本指标"),
        "DELIVERY": (rng.randint(3, 5), ""),
        "AFTER_SALES": (rng.randint(3, 5), "夜班也要有人接"),
        "REPUTATION": (None, ""),
    }
    judgement.save_influences(centre=made, ratings=ratings, by=by, now=when(day, 11))
