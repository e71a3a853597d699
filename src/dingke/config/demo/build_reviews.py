"""Deal reviews of the demonstration company: last week's, closed, with its decisions; and today's, open and waiting for its first deal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from django.db import transaction

from dingke.core.scope import Scope
from dingke.people.models import User
from dingke.people.queries import scope_for
from dingke.pipeline.models import Opportunity
from dingke.qualification.actions import next_actions, review_results, reviews

Moment = Callable[..., datetime]
CHAIR = "fangjinglan"
PEOPLE = ("lujingheng", "zhoumin", "chenqizhou", "caiyike", "hezhongyan", "pengliheng")
SCORES = ((30, 10, 15), (40, 15, 15), (45, 15, 15), (36, 12, 12), (48, 16, 14))
DECIDED = (
    ("再拜访一次，问清预算与立项时间", 3, True),
    ("请售前准备同行案例，约总经理见面", 5, False),
    ("核实竞争对手报价，补齐应对策略", 9, False),
)


def build(*, users: Mapping[str, User], today: date, moment: Moment) -> None:
    """Through the product's own actions; with fewer than three open deals nothing is built."""
    people = [users[name] for name in PEOPLE if name in users]
    deals = list(
        Opportunity.objects.filter(state=Opportunity.State.OPEN, account__isnull=False, archived_at__isnull=True, owner__in=people)
        .select_related("account", "owner")
        .order_by("stage_since", "pk")[:6]
    )
    if CHAIR not in users or len(deals) < 3:
        return
    chair = scope_for(users[CHAIR])
    with transaction.atomic():
        _last_week(deals[:3], people, chair=chair, day=today - timedelta(days=7), moment=moment)
        review = reviews.plan_review(title="本周项目过堂", held_date=today, people=people, by=chair, now=moment(today, 8))
        for deal in deals[1:4]:
            reviews.put_on_agenda(review=review, opportunity=deal, by=chair, now=moment(today, 8), today=today)
        reviews.open_review(review=review, by=chair, now=moment(today, 9))


def _last_week(deals: list[Opportunity], people: list[User], *, chair: Scope, day: date, moment: Moment) -> None:
    review = reviews.plan_review(title="上周项目过堂", held_date=day, people=people, by=chair, now=moment(day, 8))
    for deal in deals:
        reviews.put_on_agenda(review=review, opportunity=deal, by=chair, now=moment(day, 8), today=day)
    review = reviews.open_review(review=review, by=chair, now=moment(day, 9))
    for place, item in enumerate(review.items.select_related("opportunity", "opportunity__owner", "presenter").order_by("position")):
        item = reviews.show_item(item=item, by=chair, now=moment(day, 9))
        for number, listener in enumerate(people):
            if listener.pk != item.presenter_id:
                elements, logic, display = SCORES[(place + number) % len(SCORES)]
                reviews.give_score(item=item, elements=elements, logic=logic, display=display, by=scope_for(listener), now=moment(day, 10))
        reviews.close_scores(item=item, by=chair, now=moment(day, 10))
        text, days, is_done = DECIDED[place % len(DECIDED)]
        action = review_results.decide_action(
            item=item, text=text, owner=item.presenter, due_date=day + timedelta(days=days), by=chair, now=moment(day, 11)
        )
        if is_done:
            next_actions.finish_next_action(action=action, by=scope_for(item.presenter), now=moment(day + timedelta(days=days - 1), 16))
    reviews.close_review(review=review, conclusion="三个项目都缺预算与决策流程，下周先补事实，再谈价格。", by=chair, now=moment(day, 12))
