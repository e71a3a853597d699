"""Maps for tests, each row valid by itself."""

from __future__ import annotations

from datetime import date
from typing import Any

from dingke.accounts.models import Account
from dingke.accounts.tests.factories import NOW, TODAY, make_contact
from dingke.stakeholders.models import BuyingCentre, ChainStep, Line, Stakeholder, Stance


def make_centre(account: Account, **fields: Any) -> BuyingCentre:
    """The standing map, unless a title makes it a deal's own."""
    fields.setdefault("is_standing", not fields.get("title"))
    return BuyingCentre.objects.create(account=account, **fields)


def make_stakeholder(centre: BuyingCentre, name: str = "陈立群", **fields: Any) -> Stakeholder:
    """A contact of the account on the map, or somebody outside when `outside_name` is given."""
    if "contact" not in fields and not fields.get("outside_name"):
        fields["contact"] = make_contact(centre.account, name)
    fields.setdefault("roles", ["PURCHASER"])
    return Stakeholder.objects.create(centre=centre, **fields)


def make_stance(stakeholder: Stakeholder, attitude: str, *, on_date: date = TODAY, evidence: str = "原话", **fields: Any) -> Stance:
    """Only the statement: what holds is written by the action."""
    return Stance.objects.create(
        stakeholder=stakeholder, attitude=attitude, influence=stakeholder.influence, evidence=evidence, on_date=on_date, at=NOW, **fields
    )


def make_line(start: Stakeholder, end: Stakeholder, kind: str = "REPORTS_TO") -> Line:
    return Line.objects.create(centre_id=start.centre_id, start=start, end=end, kind=kind)


def make_step(centre: BuyingCentre, label: str = "财务部", *, kind: str = "SELECTION", **fields: Any) -> ChainStep:
    fields.setdefault("position", ChainStep.objects.filter(centre=centre).count() + 1)
    return ChainStep.objects.create(centre=centre, kind=kind, label=label, **fields)
