"""One map and what hangs on it, for a caller who sees the account."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from dingke.accounts.models import Account, Contact
from dingke.core.errors import NotVisible
from dingke.core.scope import Scope
from dingke.stakeholders import access
from dingke.stakeholders.models import BuyingCentre, ChainStep, Line, NeedEntry, Stakeholder

TEAM_ONLY = ("profile", "personality", "style_note")  # read by queries.person alone, after its rule said yes


def _missing() -> NotVisible:
    return NotVisible(_("This is not there, or the account is not shared with you."))


def centre_for(scope: Scope, centre_id: int) -> BuyingCentre:
    """Raises `NotVisible`; also for people who do not see the contacts of an account in the pool."""
    rows = BuyingCentre.objects.visible_to(scope).select_related("account__owner")
    found = rows.filter(pk=centre_id).order_by("pk").first()
    if found is None or not access.can_see_people(scope, found.account):
        raise _missing()
    return found


def standing_of(scope: Scope, account: Account) -> BuyingCentre | None:
    return BuyingCentre.objects.visible_to(scope).filter(account=account, is_standing=True).select_related("account__owner").first()


def maps_of(scope: Scope, account: Account) -> list[BuyingCentre]:
    """Every map of an account that is not put away, the standing one first."""
    rows = BuyingCentre.objects.visible_to(scope).filter(account=account, archived_at__isnull=True)
    return list(rows.order_by("-is_standing", "-pk")[:50])


def _one(rows: QuerySet[Any], scope: Scope, pk: int, account: str) -> Any:
    found = rows.visible_to(scope).filter(pk=pk).order_by("pk").first()  # type: ignore[attr-defined]
    if found is None:
        raise _missing()
    owner = found.account if account == "account" else found.centre.account
    if not access.can_see_people(scope, owner):
        raise _missing()
    return found


def stakeholder_for(scope: Scope, pk: int) -> Stakeholder:
    """Without what is for the account team alone: `queries.person` has it."""
    rows = Stakeholder.objects.select_related("centre__account__owner", "contact").prefetch_related("contact__jobs").defer(*TEAM_ONLY)
    found: Stakeholder = _one(rows, scope, pk, "centre")
    return found


def line_for(scope: Scope, pk: int) -> Line:
    found: Line = _one(Line.objects.select_related("centre__account__owner", "start__contact", "end__contact"), scope, pk, "centre")
    return found


def step_for(scope: Scope, pk: int) -> ChainStep:
    found: ChainStep = _one(ChainStep.objects.select_related("centre__account__owner", "stakeholder__contact"), scope, pk, "centre")
    return found


def need_for(scope: Scope, pk: int) -> NeedEntry:
    found: NeedEntry = _one(NeedEntry.objects.select_related("account__owner", "contact", "source"), scope, pk, "account")
    return found


def people_on(scope: Scope, centre: BuyingCentre) -> QuerySet[Stakeholder]:
    """Everybody who stands on the map, the weightiest first."""
    rows = Stakeholder.objects.visible_to(scope).filter(centre=centre, archived_at__isnull=True)
    return rows.select_related("contact").defer(*TEAM_ONLY).order_by("-influence", "pk")


def contacts_to_add(scope: Scope, centre: BuyingCentre) -> QuerySet[Contact]:
    """People of the account who are there and not on this map yet."""
    here = Stakeholder.objects.filter(centre=centre, archived_at__isnull=True, contact__isnull=False).order_by().values("contact_id")
    rows = Contact.objects.visible_to(scope).filter(account_id=centre.account_id, archived_at__isnull=True, left_date__isnull=True)
    return rows.exclude(pk__in=here).order_by("-is_main", "pinyin", "pk")


def contacts_of(scope: Scope, account: Account) -> QuerySet[Contact]:
    rows = Contact.objects.visible_to(scope).filter(account=account, archived_at__isnull=True)
    return rows.order_by("-is_main", "pinyin", "pk")
