"""Notices of deals: given to somebody, taken, won, a waiver decided. Wired in config/wiring.py."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_noop

from dingke.core.scope import Scope
from dingke.notices.actions.tell import Words, notify
from dingke.people.queries import managers_of, user_by_id
from dingke.pipeline.events import OpportunityGiven, OpportunityWon
from dingke.pipeline.models import Opportunity

DEAL = "opportunity"
GIVEN, TAKEN, WON = "deal.given", "deal.taken", "deal.won"


def visible_deals(scope: Scope, ids: Collection[int]) -> set[int]:
    return set(Opportunity.objects.visible_to(scope).filter(pk__in=ids).order_by().values_list("pk", flat=True))


def owner_changed(*, event: OpportunityGiven, now: datetime) -> None:
    """The new owner hears what was given, the former one what was taken; nobody hears what they did themselves."""
    deal = Opportunity.objects.select_related("owner").get(pk=event.opportunity_id)
    by = user_by_id(event.by_id) if event.by_id else None
    title = gettext_noop("%(name)s gave you the deal %(deal)s") if by else gettext_noop("The deal %(deal)s is yours now")
    values = {"name": str(by or ""), "deal": deal.name, "owner": str(deal.owner)}
    link = reverse("pipeline:deal", args=[deal.pk])
    notify(
        kind=GIVEN, to=[event.after_id], without=[event.by_id], now=now, subject=(DEAL, deal.pk),
        words=Words(title=title, values=values, link=link),
    )  # fmt: skip
    if event.before_id:
        # without a subject: the former owner may not see the deal any more, and has to hear exactly that
        taken = Words(title=gettext_noop("The deal %(deal)s is no longer yours; %(owner)s has it now"), values=values)
        notify(kind=TAKEN, to=[event.before_id], without=[event.by_id], now=now, words=taken)


def won(*, event: OpportunityWon, now: datetime) -> None:
    """The owner and the leaders above hear that a deal is won."""
    deal = Opportunity.objects.select_related("owner", "account").get(pk=event.opportunity_id)
    notify(
        kind=WON, to=[deal.owner_id, *(person.pk for person in managers_of(deal.owner))], without=[event.by_id], now=now,
        subject=(DEAL, deal.pk),
        words=Words(
            title=gettext_noop("Won: %(deal)s (%(owner)s)"), values={"deal": deal.name, "owner": str(deal.owner)},
            link=reverse("pipeline:deal", args=[deal.pk]),
        ),
    )  # fmt: skip
