"""What the people of the company did with the library: uses with outcomes, marks, a case that may be cited, a draft, a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random

from dingke.accounts.models import Account
from dingke.config.demo.build_accounts import Moment
from dingke.core.scope import Scope
from dingke.library.actions import marks, texts, uses
from dingke.library.models import Entry, EntryUse
from dingke.people.models import User

_SEED = 20260931
USED = 14  # accounts on which talk tracks were used
# code -> what it was used for, and what came of it (outcome, note); None: not known yet
_USES: dict[str, tuple[str, tuple[tuple[str, str] | None, ...]]] = {
    "script-expensive-spread": (
        "报价面谈",
        (("WORKED", "财务当场算了一遍，认可按日成本"), ("WORKED", ""), ("PARTLY", "仍要求分两期付款"), None),
    ),
    "script-think-unclear": ("方案汇报后", (("WORKED", "原来是担心停机换型"), ("PARTLY", "还要总工点头"), None)),
    "script-elsewhere-factors": ("采购比价", (("WORKED", "采购同意把服务写进评分"), ("FAILED", "对方只看最低价"))),
    "script-later-cost": ("年度预算沟通", (("FAILED", "集团冻结了投资"), ("PARTLY", "约定明年一月再谈"))),
    "script-phone-outline": ("电话约访", (("WORKED", "约到周三上午"), ("WORKED", "约到周五下午"), None)),
    "script-cheaper-only": ("合同谈判", (("WORKED", "以一次付清换两个点"), ("PARTLY", ""))),
    "structure-problem": ("技术交流会", (("WORKED", "总工主动追问第二步"),)),
    "opening-elements": ("方案演示", (("WORKED", ""),)),
}
_CASE = {
    "title_zh": "换型时间缩短一半：从难题到样板",
    "title_en": "Change-over time halved: from trouble to model case",
    "topic": "SUCCESS",
    "content": {
        "is_reference": True,
        "checked": ["story", "relation", "known", "assigned"],
        "parts": {
            "business": {
                "zh": "区域内的骨干制造企业，三个厂区、两班生产。",
                "en": "A leading manufacturer of the region, three plants, two shifts.",
            },
            "trouble": {
                "zh": "换型一次要四小时，订单越来越小批，交期常被打乱。",
                "en": "A change-over took four hours; lots grew smaller and dates slipped.",
            },
            "solution": {
                "zh": "按机型定制快换方案，配套备件库，由专人跟线。",
                "en": "Quick change-over by machine type, a stock of spares, one person on the line.",
            },
            "delivery": {"zh": "先做一条线，六周后推广到全部厂区。", "en": "One line first, all plants after six weeks."},
            "benefit": {"zh": "换型时间缩短一半，急单当周交付。", "en": "Change-over time halved, rush orders delivered in the same week."},
        },
    },
    "may_cite": True,
    "consent_by": "生产副总",
    "consent_proof": "案例文稿经对方书面确认，可在本地区展示",
}


def build(*, users: Mapping[str, User], today: date, moment: Moment) -> None:
    rng = Random(_SEED)
    rows = Account.objects.filter(owner__isnull=False, owner__is_active=True, archived_at__isnull=True)
    accounts = list(rows.select_related("owner").order_by("-is_key", "pk")[:USED])
    if not accounts:
        return
    turn = 0
    for code, (label, outcomes) in _USES.items():
        entry = Entry.objects.get(code=code)
        for outcome in outcomes:
            account = accounts[turn % len(accounts)]
            turn += 1
            day = today - timedelta(days=rng.randrange(4, 80))
            _use(entry, account, label, outcome, day=day, moment=moment)
    _mark(users, today=today, moment=moment)
    _write(users, accounts[0], today=today, moment=moment)


def _as(user: User | None) -> Scope:
    assert user is not None
    return Scope(user_id=user.pk, name=str(user), user_ids=frozenset({user.pk}), sees_all=True, permissions=frozenset({"*"}))


def _use(entry: Entry, account: Account, label: str, outcome: tuple[str, str] | None, *, day: date, moment: Moment) -> EntryUse:
    by = _as(account.owner)
    use = uses.note_use(entry=entry, account=account, subject_label=label, by=by, now=moment(day, 15))
    if outcome is not None:
        uses.note_outcome(use=use, outcome=outcome[0], note=outcome[1], by=by, now=moment(day, 17))
    return use


def _mark(users: Mapping[str, User], *, today: date, moment: Moment) -> None:
    readers = [users[name] for name in ("zhoumin", "chenqizhou", "lujingheng", "fangjinglan")]
    for place, code in enumerate(_USES):
        entry = Entry.objects.get(code=code)
        for reader in readers[: 1 + place % len(readers)]:
            now = moment(today - timedelta(days=3 + place), 10)
            marks.rate(entry=entry, is_useful=(place + reader.pk) % 5 != 0, by=_as(reader), now=now)
            marks.mark_read(entry=entry, is_read=True, by=_as(reader), now=now)


def _write(users: Mapping[str, User], account: Account, *, today: date, moment: Moment) -> None:
    """A reference case with permission, a draft of a seller, and a change proposed for a shipped text."""
    day = today - timedelta(days=40)
    values = {**_CASE, "account": account, "region": account.city, "consent_date": day, "cite_until": today + timedelta(days=325)}
    case = texts.create_entry(kind=Entry.Kind.CASE, values=values, by=_as(account.owner), now=moment(day, 10))
    texts.publish_text(entry=case, by=_as(users["fangjinglan"]), now=moment(day + timedelta(days=2), 9))
    draft = {
        "title_zh": "备件库能不能放在我们厂里？",
        "topic": "OBJECTION",
        "body_zh": "**客户：** 备件放在你们那里，坏了等不及。\n\n**我：** 您最怕停的是哪几台？先把这几台的易损件放到厂里，按用量结算。",
    }
    writer = _as(users["chenqizhou"])
    texts.create_entry(kind=Entry.Kind.SCRIPT, values=draft, by=writer, now=moment(today - timedelta(days=6), 16))
    entry = Entry.objects.get(code="script-market-leak")
    body = entry.body_zh + "\n\n> 机加工客户可以先问刀具与换型的损失。"
    texts.propose_text(
        entry=entry, values={"body_zh": body}, note="补一句机加工的问法", by=writer, now=moment(today - timedelta(days=2), 11)
    )
