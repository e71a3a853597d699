"""How a case "risk of loss" begins (D-11): its row, its five steps, the warning it answers, and the rule that opens one."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from dingke.accounts.models import Account, AccountCompetitor, Competitor
from dingke.core import audit
from dingke.core.scope import Scope
from dingke.insights.actions.telling import settled, tell_of_case
from dingke.insights.calc import cases as method
from dingke.insights.calc.alerts import WAITING, AlertSettings
from dingke.insights.models import Alert, CaseStep, LossCase
from dingke.people.models import User

RIVAL_SIGNALS = {"COMPETITOR_SEEN"}
MOST_BY_RULE = 200  # cases that one run opens


def begin_case(
    *, account: Account, kind: str, owner: User, by: Scope, now: datetime, rival: Competitor | None = None, alert: Alert | None = None,
    value: Decimal = Decimal(0), note: str = "", deadline: date | None = None, by_rule: bool = False,
) -> LossCase:  # fmt: skip
    """Writes the case and its steps; whoever asks for it has checked what may be done."""
    opened = timezone.localdate(now)
    case = LossCase.objects.create(
        account=account, alert=alert, kind=kind, rival=rival, owner=owner, value=value, note=note.strip(), opened_at=now,
        opened_by_name="" if by_rule else by.name, deadline_date=deadline or method.deadline(opened),
    )  # fmt: skip
    CaseStep.objects.bulk_create(
        CaseStep(case=case, place=place, code=step.code.value, due_date=step.due)
        for place, step in enumerate(method.planned_steps(opened), start=1)
    )
    if alert is not None:
        alert.state, alert.act, alert.acted_at, alert.acted_by_name = Alert.State.ACTED, Alert.Act.CASE, now, "" if by_rule else by.name
        alert.snoozed_until = None
        alert.version += 1
        alert.save()
        settled(alert=alert, now=now)
    changes = {"kind": [None, kind], "rival": [None, str(rival) if rival else None], "owner": [None, str(owner)]}
    audit.record(target=case, action="insights.open_case", by=by, now=now, account_id=account.pk, changes=changes, summary=note[:300])
    tell_of_case(case=case, now=now, without=[by.user_id])
    return case


def kind_for(alert: Alert) -> tuple[str, Competitor | None]:
    """What a warning points to: a rival that was seen, else a need that goes away."""
    if alert.signal not in RIVAL_SIGNALS:
        return LossCase.Kind.NEED_LOST, None
    seen = AccountCompetitor.objects.filter(account_id=alert.account_id, archived_at__isnull=True).select_related("competitor")
    newest = seen.order_by("-noted_date", "-pk").first()
    return LossCase.Kind.RIVAL, newest.competitor if newest else None


@transaction.atomic
def open_by_rule(*, settings: AlertSettings, by: Scope, now: datetime) -> int:
    """Opens a case where a probability and the class of the customer ask for one, and none is open and none came of the warning."""
    of_account = LossCase.objects.filter(account=OuterRef("account"), state=LossCase.State.OPEN)
    rows = (
        Alert.objects.filter(
            state__in=WAITING,
            probability__gte=settings.case_from,
            account__standing__abc__in=settings.case_for_classes,
            account__owner__is_active=True,
            account__archived_at__isnull=True,
            expected_loss__gt=0,
        )
        .exclude(Exists(of_account))
        .exclude(Exists(LossCase.objects.filter(alert=OuterRef("pk"))))
        .select_related("account", "account__owner")
        .order_by("-expected_loss", "pk")
    )
    opened: set[int] = set()
    for alert in rows[: MOST_BY_RULE * 2]:
        if alert.account_id in opened or len(opened) >= MOST_BY_RULE:
            continue
        kind, rival = kind_for(alert)
        owner = alert.account.owner
        assert owner is not None
        begin_case(
            account=alert.account, kind=kind, rival=rival, owner=owner, alert=alert, value=alert.value, by=by, now=now, by_rule=True
        )  # fmt: skip
        opened.add(alert.account_id)
    return len(opened)
