"""Portraits and the positioning ladder, and how a prospect fits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.models import Account
from dingke.core.errors import NotVisible
from dingke.library.calc.ladder import Proposal, Rung, propose
from dingke.library.calc.portraits import SENTENCES, Match, PortraitFacts, Prospect, ranked
from dingke.library.models import LadderLevel, Portrait


def portraits() -> list[Portrait]:
    return list(Portrait.objects.filter(archived_at__isnull=True).select_related("ladder").order_by("position", "id"))


def ladder() -> list[LadderLevel]:
    return list(LadderLevel.objects.filter(archived_at__isnull=True).order_by("position", "id"))


def portrait_for(portrait_id: int) -> Portrait:
    row = Portrait.objects.filter(pk=portrait_id).first()
    if row is None:
        raise NotVisible(_("There is no such portrait."))
    return row


def level_for(level_id: int) -> LadderLevel:
    row = LadderLevel.objects.filter(pk=level_id).first()
    if row is None:
        raise NotVisible(_("There is no such level."))
    return row


def prospect_of(account: Account) -> Prospect:
    """What is known of an account that a portrait asks for."""
    industry = account.industry.code if account.industry_id and account.industry else ""
    return Prospect(industry=industry, sales=account.annual_revenue, staff=account.employees)


@dataclass(frozen=True, slots=True)
class Fit:
    portrait: Portrait
    match: Match
    sentences: Sequence[str]


def fits(prospect: Prospect, rows: Iterable[Portrait] | None = None) -> list[Fit]:
    """The portraits, the best fitting first, each with its reasons in words."""
    known = {row.family: row for row in (portraits() if rows is None else rows)}
    facts = [PortraitFacts(row.family, tuple(row.industries), row.sales_below, row.staff_below) for row in known.values()]
    language = get_language() or "zh"
    return [Fit(known[row.family], row, [SENTENCES.text(reason, language) for reason in row.reasons]) for row in ranked(prospect, facts)]


def proposed(problems: Iterable[str]) -> Proposal:
    """From chosen problems (codes) to levels and product families."""
    rungs = [
        Rung(row.code, row.position, tuple(str(problem["code"]) for problem in row.problems), tuple(row.families), row.is_standard)
        for row in ladder()
    ]
    return propose(problems, rungs)
