"""Opening maps: the standing one of an account, and a deal's own that starts from it; the facts of a map as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dingke.accounts.models import Account
from dingke.core import audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.stakeholders import access
from dingke.stakeholders.calc.purchase import PROCESS_OF
from dingke.stakeholders.models import BuyingCentre, ChainStep, Line, Stakeholder, Stance

FRAME = ["title", "structure", "process_note", "product_family", "company_size"]
_COPIED = [
    "contact_id", "outside_name", "roles", "influence", "attitude", "attitude_date", "is_supporter", "is_key_person", "competence_accepted",
    "impression_good", "first_visit_date", "alone_talk_date", "last_contact_date", "approach", "profile", "personality", "style_note", "x",
    "y",
]  # fmt: skip


class UnableToChangeMap(Refusal):
    """The map stays as it is."""


@transaction.atomic
def open_standing_centre(*, account: Account, by: Scope, now: datetime) -> BuyingCentre:
    """The account's standing map, made when there is none."""
    found = BuyingCentre.objects.filter(account=account, is_standing=True).first()
    if found is not None:
        return found
    access.can_edit(by, account).enforce()
    try:
        with transaction.atomic():
            centre = BuyingCentre.objects.create(account=account, is_standing=True)
    except IntegrityError:  # somebody else opened it at the same moment
        return BuyingCentre.objects.get(account=account, is_standing=True)
    audit.record(target=centre, action="stakeholders.open", by=by, now=now, account_id=account.pk)
    return centre


@transaction.atomic
def centre_for_opportunity(*, account: Account, title: str, by: Scope, now: datetime) -> BuyingCentre:
    """A map of its own for a deal, copied from the account's standing one: people, lines, chain, attitudes. The caller keeps its id."""
    access.can_edit(by, account).enforce()
    source = BuyingCentre.objects.filter(account=account, is_standing=True).first()
    centre = BuyingCentre(account=account, title=" ".join(title.split())[:200])
    if source is not None:
        for field in ("structure", "process_note", "product_family", "company_size", "factors", "influences"):
            setattr(centre, field, getattr(source, field))
    centre.save()
    people = _copy_people(source, centre, by=by, now=now) if source is not None else {}
    audit.record(
        target=centre, action="stakeholders.open", by=by, now=now, account_id=account.pk, summary=centre.title,
        changes={"people": [None, len(people)]},
    )  # fmt: skip
    return centre


def _copy_people(source: BuyingCentre, centre: BuyingCentre, *, by: Scope, now: datetime) -> dict[int, Stakeholder]:
    rows = list(Stakeholder.objects.filter(centre=source, archived_at__isnull=True).order_by("pk"))
    made = {row.pk: Stakeholder(centre=centre, **{name: getattr(row, name) for name in _COPIED}) for row in rows}
    for copy in made.values():
        copy.save()
    Stance.objects.bulk_create(
        Stance(
            stakeholder=copy, attitude=copy.attitude, influence=copy.influence, on_date=copy.attitude_date, by_id=by.user_id, at=now,
            evidence=_("Taken over from the standing map of the account."),
        )
        for copy in made.values()
        if copy.attitude and copy.attitude_date
    )  # fmt: skip
    lines = Line.objects.filter(centre=source, start_id__in=made, end_id__in=made).order_by("pk")
    Line.objects.bulk_create(
        Line(centre=centre, start=made[row.start_id], end=made[row.end_id], kind=row.kind, note=row.note) for row in lines
    )
    steps = ChainStep.objects.filter(centre=source, archived_at__isnull=True).order_by("position", "pk")
    for row in steps:
        person = made.get(row.stakeholder_id) if row.stakeholder_id else None
        ChainStep.objects.create(centre=centre, position=row.position, kind=row.kind, label=row.label, stakeholder=person, note=row.note)
    return made


@transaction.atomic
def edit_centre(
    *, centre: BuyingCentre, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> BuyingCentre:
    """Form of organisation, business process, product family, purchase process. Raises `Invalid`, `StaleRecord`."""
    access.can_edit_map(by, centre).enforce()
    fresh = locked(centre, expected_version=expected_version, yours=values)
    before = snapshot_of(fresh, FRAME)
    for name, value in values.items():
        if name not in FRAME:
            raise Invalid(_("Unknown fields: %(names)s") % {"names": name})
        setattr(fresh, name, value)
    problems: dict[str, str] = {}
    if fresh.structure and fresh.structure not in BuyingCentre.Structure.values:
        problems["structure"] = _("This form of organisation does not exist.")
    if fresh.company_size and fresh.company_size not in PROCESS_OF:
        problems["company_size"] = _("This purchase process does not exist.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    audit.save_with_audit(
        target=fresh, fields=FRAME, action="stakeholders.edit_map", by=by, now=now, before=before, account_id=fresh.account_id
    )
    return fresh
