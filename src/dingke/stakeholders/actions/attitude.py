"""How somebody stands to us: every statement is kept with its day and evidence, the newest holds (C-09)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import audit, bus
from dingke.core.errors import Invalid
from dingke.core.locking import locked
from dingke.core.scope import Scope
from dingke.stakeholders import access
from dingke.stakeholders.actions.centre import UnableToChangeMap
from dingke.stakeholders.events import AttitudeChanged
from dingke.stakeholders.models import Stakeholder, Stance


@transaction.atomic
def set_attitude(*, stakeholder: Stakeholder, attitude: str, evidence: str, on_date: date, by: Scope, now: datetime) -> Stance:
    """Writes down an attitude as of a day, with what it was read from. Raises `Invalid` naming the fields to mend.

    A statement on an earlier day than the newest is kept for the history and changes nothing that holds.
    """
    access.can_edit_map(by, stakeholder.centre).enforce()
    problems: dict[str, str] = {}
    if attitude not in Stakeholder.Attitude.values:
        problems["attitude"] = _("Choose one of the attitudes.")
    if not evidence.strip():
        problems["evidence"] = _("Say what it was read from: words, a deed, a mail.")
    if on_date > timezone.localdate(now):
        problems["on_date"] = _("An attitude cannot be noted for the future.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    fresh = locked(stakeholder, expected_version=None, yours={})
    if fresh.archived_at is not None:
        raise UnableToChangeMap(_("%(name)s was taken off the map meanwhile. Put the person back first.") % {"name": fresh.shown_name})
    before = fresh.attitude
    row = Stance.objects.create(
        stakeholder=fresh,
        attitude=attitude,
        influence=fresh.influence,
        evidence=evidence.strip(),
        on_date=on_date,
        by_id=by.user_id,
        at=now,
    )
    newest = Stance.objects.filter(stakeholder=fresh).order_by("-on_date", "-pk").first() or row
    fresh.attitude, fresh.attitude_date = newest.attitude, newest.on_date
    fresh.save()
    account_id = fresh.centre.account_id
    audit.record(
        target=fresh, action="stakeholders.attitude", by=by, now=now, account_id=account_id, summary=fresh.shown_name,
        changes={"attitude": [before, attitude], "on_date": [None, on_date.isoformat()], "evidence": [None, row.evidence]},
    )  # fmt: skip
    if fresh.attitude != before:
        bus.publish(
            AttitudeChanged(
                account_id=account_id, centre_id=fresh.centre_id, stakeholder_id=fresh.pk, before=before, after=fresh.attitude,
                by_id=by.user_id,
            ),
            now=now,
        )  # fmt: skip
    return row
