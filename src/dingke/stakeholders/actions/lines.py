"""Lines of a map: who reports to whom, who advises or opposes whom (C-08)."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dingke.core import audit
from dingke.core.errors import Invalid
from dingke.core.scope import Scope
from dingke.stakeholders import access
from dingke.stakeholders.actions.centre import UnableToChangeMap
from dingke.stakeholders.calc.layout import would_close_circle
from dingke.stakeholders.models import BuyingCentre, Line, Stakeholder


@transaction.atomic
def draw_line(*, start: Stakeholder, end: Stakeholder, kind: str, by: Scope, now: datetime, note: str = "") -> Line:
    """ "start reports to end", "start advises end", "start opposes end". Reports never run in a circle."""
    access.can_edit_map(by, start.centre).enforce()
    if kind not in Line.Kind.values:
        message = _("This kind of line does not exist.")
        raise Invalid(message, fields={"kind": message})
    if start.centre_id != end.centre_id or start.archived_at is not None or end.archived_at is not None:
        raise UnableToChangeMap(_("Both ends of a line stand on the same map."))
    if start.pk == end.pk:
        raise UnableToChangeMap(_("A line runs between two people."))
    BuyingCentre.objects.select_for_update().get(pk=start.centre_id)  # two lines drawn at once must not close a circle together
    if kind == Line.Kind.REPORTS_TO:
        reports = Line.objects.filter(centre_id=start.centre_id, kind=kind).order_by("pk").values_list("start_id", "end_id")
        if would_close_circle(start=start.pk, end=end.pk, reports=reports):
            raise UnableToChangeMap(
                _("%(upper)s already reports to %(lower)s, directly or over others. Remove that line first, or turn this one round.")
                % {"upper": end.shown_name, "lower": start.shown_name}
            )
    try:
        with transaction.atomic():
            row = Line.objects.create(centre_id=start.centre_id, start=start, end=end, kind=kind, note=note.strip()[:200])
    except IntegrityError as error:
        raise UnableToChangeMap(_("This line is there already.")) from error
    _note(row, "stakeholders.draw_line", {"line": [None, in_words(row)]}, by=by, now=now)
    return row


@transaction.atomic
def remove_line(*, line: Line, by: Scope, now: datetime) -> None:
    access.can_edit_map(by, line.centre).enforce()
    _note(line, "stakeholders.remove_line", {"line": [in_words(line), None]}, by=by, now=now)
    line.delete()


def in_words(line: Line) -> str:
    return f"{line.start.shown_name} → {line.end.shown_name} · {line.kind}"


def _note(line: Line, action: str, changes: dict[str, list[str | None]], *, by: Scope, now: datetime) -> None:
    centre = line.centre
    audit.record(target=centre, action=action, by=by, now=now, changes=changes, account_id=centre.account_id, summary=in_words(line))
