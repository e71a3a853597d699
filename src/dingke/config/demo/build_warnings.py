"""What people of the demonstration company did about the first warnings: a to-do, a snooze, a false alarm, two cases, a watch list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from dingke.accounts.actions import marks
from dingke.accounts.models import Account, Contact
from dingke.core import lists
from dingke.core.scope import Scope
from dingke.insights.actions import cases, reactions
from dingke.insights.actions.telling import escalate_unanswered
from dingke.insights.models import Alert, LossCase
from dingke.people.models import User

Moment = Callable[..., datetime]
WATCHED = 6
WATCHERS = ("fangjinglan", "lujingheng", "zhoumin", "chenqizhou")


def report_unanswered(*, now: datetime) -> int:
    """What nobody answered after an earlier run went to the leaders, as the clock would have done."""
    return escalate_unanswered(now=now)


def build(*, users: Mapping[str, User], today: date, moment: Moment) -> None:
    """Works on what the score run of the day saw; with fewer warnings less is done."""
    now = moment(today, 18)
    waiting = list(
        Alert.objects.filter(state=Alert.State.OPEN, account__owner__isnull=False, expected_loss__gt=0)
        .select_related("account", "account__owner", "account__standing")
        .order_by("-expected_loss", "pk")[:40]
    )
    with_case = set(LossCase.objects.order_by().values_list("account_id", flat=True))
    free = _one_each([alert for alert in waiting if alert.account_id not in with_case])
    if free:
        reactions.act_by_todo(alert=free[0], by=_as(free[0].account.owner), now=now)
    if len(free) > 1:
        reason = "客户搬迁新厂，停产三周，采购已书面说明。"
        reactions.snooze_alert(alert=free[1], until=today + timedelta(days=21), reason=reason, by=_as(free[1].account.owner), now=now)
    if len(free) > 2:
        reason = "集团统一改为半年集中下单，节奏变化已确认。"
        reactions.close_alert(alert=free[2], outcome="FALSE_ALARM", reason=reason, by=_as(free[2].account.owner), now=now)
    if len(free) > 3:
        _worked_on(free[3], today=today, moment=moment)
    if len(free) > 4:
        _decided(free[4].account, today=today, moment=moment)
    if len(free) > 5:
        values = {"category": "CONTRACT", "sign": "框架协议年底到期，对方采购部正在比价。", "likelihood": 2, "impact": 3}
        values |= {"response": "十一月底前提交续签方案，请事业部总经理拜会。", "due_date": today + timedelta(days=30), "owner": None}
        cases.save_risk(account=free[5].account, values=values, by=_as(free[5].account.owner), now=now)
    _watch(users, now=now)


def _one_each(alerts: list[Alert]) -> list[Alert]:
    """The first warning of each account."""
    found: dict[int, Alert] = {}
    for alert in alerts:
        found.setdefault(alert.account_id, alert)
    return list(found.values())


def _worked_on(alert: Alert, *, today: date, moment: Moment) -> None:
    """A case of this week: verified with two people, the cause is being looked for."""
    account, by = alert.account, _as(alert.account.owner)
    note = "连续两次询价后没有下单，车间反映在试用另一家的样件。"
    case = cases.open_case(
        account=account, kind="RIVAL", rival_name=_rival(account), alert=alert, note=note, by=by, now=moment(today, 18)
    )  # fmt: skip
    people = list(Contact.objects.filter(account=account, left_date__isnull=True).order_by("-is_main", "pk")[:2])
    if len(people) == 2:
        found = "使用部门确认在试样件，采购部称价格低约一成，尚未定点。"
        cases.do_step(step=case.steps.get(place=1), note=found, talked_to=people, by=by, now=moment(today, 18))


def _decided(account: Account, *, today: date, moment: Moment) -> None:
    """A case of last month that ended well."""
    by = _as(account.owner)
    opened, closed = today - timedelta(days=45), today - timedelta(days=12)
    case = cases.open_case(
        account=account, kind="RIVAL", rival_name=_rival(account), note="对方报价更低，要求我们跟价。", by=by, now=moment(opened)
    )  # fmt: skip
    cases.do_step(step=case.steps.get(place=2), note="主因是交期不稳，价格只是由头。", by=by, now=moment(opened + timedelta(days=5)))
    cases.do_step(step=case.steps.get(place=3), note="设安全库存，生产副总上门说明。", by=by, now=moment(opened + timedelta(days=11)))
    reason = lists.items("loss_reasons").filter(code="DELIVERY").first()
    lesson = "交期预警要早于客户感受，每周向客户通报在途。"
    cases.close_case(case=case, result="KEPT", reason=reason, lesson=lesson, by=by, now=moment(closed))


def _rival(account: Account) -> str:
    known = account.account_competitors.select_related("competitor").order_by("pk").first()
    return known.competitor.name if known else "同城另一家供应商"


def _watch(users: Mapping[str, User], *, now: datetime) -> None:
    for name in WATCHERS:
        person = users.get(name)
        if person is None:
            continue
        rows = Account.objects.filter(archived_at__isnull=True, standing__isnull=False)
        own = rows.filter(owner=person)
        for account in (own if own.exists() else rows).order_by("-standing__revenue", "pk")[:WATCHED]:
            marks.watch(account=account, by=_as(person), now=now)


def _as(user: User | None) -> Scope:
    """The person, with every right."""
    assert user is not None
    return Scope(user_id=user.pk, name=str(user), user_ids=frozenset({user.pk}), sees_all=True, permissions=frozenset({"*"}))
