"""A person's own marks: that the page was seen."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone

from dingke.accounts.actions import marks as actions
from dingke.accounts.queries import account as accounts
from dingke.core.doors import DoorRequest, door


@door("POST")
def seen(request: DoorRequest, account_id: int) -> HttpResponse:
    account = accounts.account_for(request.scope, account_id)
    actions.record_view(account=account, by=request.scope, now=timezone.now())
    return HttpResponse(status=204)
