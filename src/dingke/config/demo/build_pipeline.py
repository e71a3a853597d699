"""Some sixty deals of the demonstration company over every shipped playbook: running, won, lost and dropped, each with its history.

Nothing is drawn at random: the n-th deal has what the n-th place of each list says, so that every build gives the same company.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from dingke.accounts.actions.competitors import competitor_named
from dingke.accounts.models import Account, Contact
from dingke.core import lists
from dingke.core.search_keys import pinyin_sort_key
from dingke.ledger.models import Product
from dingke.pipeline.actions.ending import LOST_REASONS
from dingke.pipeline.calc.playbook import Content, Proof, Stage
from dingke.pipeline.models import Opportunity, OpportunityCompetitor, OpportunityLine, StageSpell, StepRun
from dingke.pipeline.queries.playbooks import content_of, offered_versions
from dingke.pipeline.queries.probability import likelihoods

Moment = Callable[..., datetime]
Tell = Callable[[int, int | None, str], object]
State = Opportunity.State
NUMBER = 60
SUBJECTS = (
    "二号车间产线改造", "年度备件框架", "新厂设备招标", "质检线升级", "仓储自动化一期", "节能改造", "老设备更新", "样机试用转批量",
    "海外工厂配套", "关键工位扩能", "集中采购入围", "维保续约与升级",
)  # fmt: skip
ENDINGS = (
    State.OPEN,
    State.OPEN,
    State.WON,
    State.OPEN,
    State.LOST,
    State.WON,
    State.OPEN,
    State.LOST,
    State.OPEN,
    State.WON,
    State.DROPPED,
)
NEXT_STEPS = ("约项目负责人确认需求清单", "准备价值演示", "送合同范本请法务过目", "拜访关键人", "与采购核对预算范围", "提交修订方案", "")
RIVALS = (
    ("新力数控", "报价低一成", "本地没有服务点", "用停机损失算总账"), ("远科机床", "与设计院关系深", "交期常拖延", "请样板客户说交付"),
    ("海德精机", "老供应商，用户习惯", "新机型少", "安排现场对比试切"),
)  # fmt: skip
REASONS = ("PRICE", "RIVAL_BETTER", "NO_BUDGET", "POSTPONED", "RIVAL_RELATION", "NO_KEY_PERSON")
LEARNT = ("首轮报价过早，预算尚未问清。", "关键人一直没有见到。", "方案未覆盖质检部门的要求。")


def build(*, today: date, moment: Moment, tell: Tell) -> int:
    """Gives the number of deals. Called after accounts, contacts and products are there."""
    accounts = list(
        Account.objects.filter(owner__isnull=False, archived_at__isnull=True)
        .select_related("owner")
        .order_by("-is_key", "pinyin", "pk")[:45]
    )
    versions = list(offered_versions())
    products = list(Product.objects.filter(archived_at__isnull=True).order_by("code")[:24])
    reasons = {row.code: row for row in lists.items(LOST_REASONS)}
    if not (accounts and versions):
        return 0
    deals: list[Opportunity] = []
    for number in range(NUMBER):
        tell(number, NUMBER, "deals")
        account = accounts[(number * 7) % len(accounts)]
        version = versions[number % len(versions)]
        content = content_of(version)
        state = ENDINGS[number % len(ENDINGS)]
        place = len(content.stages) - 1 if state == State.WON else (number // len(versions)) % len(content.stages)
        deals.append(_deal(number, account, version, content, place, state, reasons=reasons, today=today, moment=moment))
        _parts(deals[-1], number, products, today)
    found = likelihoods(deals)
    for deal in deals:
        if deal.state == State.OPEN:
            deal.probability = found[deal.pk].counts
    Opportunity.objects.bulk_update(deals, ["probability"])
    return len(deals)


def _deal(
    number: int, account: Account, version: Any, content: Content, place: int, state: str, *, reasons: Any, today: date, moment: Moment
) -> Opportunity:
    owner = account.owner
    assert owner is not None
    stays = [9 + (number * 5 + step * 11) % 24 for step in range(place + 1)]
    ended = today - timedelta(days=5 + (number * 13) % 300) if state != State.OPEN else None
    opened = (ended or today) - timedelta(days=sum(stays))
    amount = Decimal(80_000 + (number * number * 9_100) % 2_600_000).quantize(Decimal("0.01"))
    step = NEXT_STEPS[number % len(NEXT_STEPS)] if state == State.OPEN else ""
    stage, name = content.stages[place], f"{account.shown_name} · {SUBJECTS[number % len(SUBJECTS)]}"
    reason = reasons.get(REASONS[number % len(REASONS)]) if state in {State.LOST, State.DROPPED} else None
    knows = number % 3 != 0
    deal = Opportunity.objects.create(
        name=name, name_pinyin=pinyin_sort_key(name)[:400], account=account, owner=owner, playbook_version=version,
        stage=stage.code, stage_position=place, stage_since=(ended or today) - timedelta(days=stays[-1]), state=state,
        unit=version.playbook.unit, mode=version.playbook.mode, amount=amount, opened_date=opened,
        expected_date=today + timedelta(days=(number * 17) % 150 - 12) if state == State.OPEN else ended,
        probability={State.WON: 100}.get(State(state), 0) if state != State.OPEN else stage.probability,
        forecast=("PIPELINE", "BEST_CASE", "COMMIT")[min(2, 3 * place // len(content.stages))] if state == State.OPEN else "PIPELINE",
        next_step=step, next_step_date=today + timedelta(days=(number * 3) % 16 - 4) if step else None,
        buying_stage=stage.buying if number % 4 else "SEARCH", buying_stage_date=opened,
        problem="换型时间长，月度产能不足。" if knows else "", timetable="本季度选型，下季度初定标。" if knows else "",
        deciders="分管副总决定，设备部与采购部有影响。" if number % 2 else "",
        purchase_process="设备部提出、采购比价、副总审批。" if knows else "",
        budget_low=amount * Decimal("0.9") if knows else None, budget_high=amount * Decimal("1.2") if knows else None,
        budget_basis="SAID" if knows else "",
        cycle={"mind": 10, "levels": 20, "objections": 15, "relation": 5, "mode": "SUM"} if number % 5 == 0 else {},
        ended_date=ended, end_reason=reason, end_note=LEARNT[number % len(LEARNT)] if state == State.LOST else "",
        won_amount=(amount * Decimal("0.96")).quantize(Decimal("0.01")) if state == State.WON else None,
        lost_to=competitor_named(RIVALS[number % len(RIVALS)][0]) if state == State.LOST and number % 2 == 0 else None,
        recheck_date=today + timedelta(days=60) if state == State.DROPPED else None,
    )  # fmt: skip
    day = opened
    for step_place, days in enumerate(stays):
        one = content.stages[step_place]
        left = day + timedelta(days=days)
        is_last = step_place == place
        StageSpell.objects.create(
            opportunity=deal, playbook_version=version, stage=one.code, stage_position=step_place, way="FORWARD" if step_place else "START",
            entered_date=day, entered_at=moment(day), left_date=ended if is_last else left, by=owner,
        )  # fmt: skip
        _steps(deal, one, day, left, all_done=not is_last or state == State.WON, number=number, moment=moment)
        day = left
    return deal


def _steps(deal: Opportunity, stage: Stage, entered: date, left: date, *, all_done: bool, number: int, moment: Moment) -> None:
    contact = Contact.objects.filter(account=deal.account, archived_at__isnull=True).order_by("-is_main", "pk").first()
    rows = []
    for place, step in enumerate(stage.steps):
        done = (all_done and step.must) or (not all_done and place < len(stage.steps) * (number % 3) // 3)
        asks_contact = step.proof is Proof.CONTACT
        if done and asks_contact and contact is None:
            done = False
        rows.append(
            StepRun(
                opportunity=deal, stage=stage.code, step=step.code, assignee=deal.owner,
                due_date=entered + timedelta(days=step.days) if step.days is not None else None,
                done_at=moment(left if all_done else entered + timedelta(days=place)) if done else None,
                done_by=deal.owner if done else None, proof="见拜访记录" if done and step.proof is not Proof.NONE else "",
                proof_date=entered if done else None, contact_id_proof=contact.pk if done and asks_contact and contact else None,
            )
        )  # fmt: skip
    StepRun.objects.bulk_create(rows)


def _parts(deal: Opportunity, number: int, products: list[Product], today: date) -> None:
    if number % 2 == 0:
        name, strength, weakness, counter = RIVALS[number % len(RIVALS)]
        OpportunityCompetitor.objects.create(
            opportunity=deal, competitor=competitor_named(name), strength=strength, weakness=weakness,
            counter=counter if number % 4 else "", noted_date=today - timedelta(days=number % 30),
        )  # fmt: skip
    parts = number % 3 if products else 0
    for place in range(parts):
        product = products[(number + place * 5) % len(products)]
        price = product.list_price
        share = (deal.amount or Decimal(0)) / parts  # as many as make up the amount of the deal
        quantity = max(Decimal(1), (share / price).to_integral_value()) if price else Decimal(1)
        OpportunityLine.objects.create(
            opportunity=deal, product=product, quantity=quantity, unit_price=price,
            amount=(price * quantity).quantize(Decimal("0.01")) if price is not None else None,
        )  # fmt: skip
        if not deal.product_family and product.family:
            Opportunity.objects.filter(pk=deal.pk).update(product_family=product.family)
            deal.product_family = product.family
