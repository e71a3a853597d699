"""Page doors of delegations: who decides for whom while somebody is away."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.approvals.actions import delegations as actions
from dingke.approvals.forms import DelegationForm
from dingke.approvals.queries import delegations as queries
from dingke.approvals.queries import kinds
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, Refusal
from dingke.people import queries as people


@door("GET", "POST")
def delegations(request: DoorRequest) -> HttpResponse:
    """My delegations and those to me, and the form of a new one."""
    scope, now = request.scope, timezone.now()
    users = list(people.colleagues(scope))
    listed = [(code, str(kind.label)) for code, kind in kinds.kinds().items()]
    form = DelegationForm(
        request.POST if request.method == "POST" else None, users=users, kinds=listed, initial={"start_date": timezone.localdate(now)}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        by_id = {user.pk: user for user in users}
        try:
            row = actions.delegate(
                giver=by_id[int(data["giver"])] if data["giver"] else by_id[scope.me],
                taker=by_id[int(data["taker"])],
                start_date=data["start_date"],
                end_date=data["end_date"],
                kind_codes=data["kinds"],
                reason=data["reason"],
                by=scope,
                now=now,
            )
        except NotAllowed:
            raise
        except Refusal as refusal:
            form.refuse(dict(refusal.fields or {}), refusal.message)
        else:
            said = _("%(taker)s decides for %(giver)s from %(start)s to %(end)s.")
            messages.success(request, said % {"taker": row.taker, "giver": row.giver, "start": row.start_date, "end": row.end_date})
            return pages.go_to(request, reverse("approvals:delegations"))
    context = {"board": queries.board(scope, today=timezone.localdate(now)), "form": form}
    return pages.page(request, "approvals/delegations.html", context, status=422 if form.errors else 200)


@door("POST")
def end_delegation(request: DoorRequest, delegation_id: int) -> HttpResponse:
    row = queries.delegation_for(request.scope, delegation_id)
    actions.end_delegation(delegation=row, by=request.scope, now=timezone.now())
    messages.success(request, _("The delegation has ended."))
    return pages.go_to(request, reverse("approvals:delegations"))
