"""Notices of warnings: the few that matter most, those nobody reacted to, and the week in one. Wired in config/wiring.py."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from dingke.accounts.notices import ACCOUNT
from dingke.core import rules
from dingke.core.links import link_to
from dingke.insights import signals
from dingke.insights.calc.alerts import LIVING, WAITING, AlertSettings
from dingke.insights.models import Alert, LossCase
from dingke.notices.actions.tell import Words, notify, settle
from dingke.notices.models import Notice
from dingke.people.models import User
from dingke.people.queries import managers_of, scope_for

RAISED, UNANSWERED, DIGEST, CASE = "alert.raised", "alert.unanswered", "alert.digest", "case.opened"


def signal_name(code: str) -> dict[str, str]:
    """The name of a signal in both languages, for a notice that is read in either."""
    known = signals.signal_of(code)
    return {"en": known.label.en, "zh": known.label.zh} if known else {"en": code, "zh": code}


def _page(alert: Alert) -> str:
    return (
        f"{link_to('insights:alerts')}?alert={alert.pk}" if link_to("insights:alerts") else link_to("workspace:account", alert.account_id)
    )


def tell_of_alert(*, alert: Alert, now: datetime) -> list[Notice]:
    """The owner hears of a new warning: what it is, without amounts; the reasons stand on the page."""
    known = signals.signal_of(alert.signal)
    action = {"en": known.action.en, "zh": known.action.zh} if known else {"en": "", "zh": ""}
    return notify(
        kind=RAISED,
        to=[alert.owner_id],
        now=now,
        subject=(ACCOUNT, alert.account_id),
        key=f"{alert.pk}:{alert.raised_at.date()}:{timezone.localdate(now)}",
        words=Words(
            title=gettext_noop("Warning at %(account)s: %(signal)s"),
            body=gettext_noop("Proposed: %(action)s"),
            values={"account": alert.account.shown_name, "signal": signal_name(alert.signal), "action": action},
            link=_page(alert),
        ),
    )


def tell_of_case(*, case: LossCase, now: datetime, without: Iterable[int | None] = ()) -> None:
    """Whoever works on a case hears that it was opened, and so do the leaders."""
    people = [case.owner_id, *(leader.pk for leader in managers_of(case.owner))]
    notify(
        kind=CASE,
        to=people,
        without=without,
        now=now,
        subject=(ACCOUNT, case.account_id),
        key=f"case:{case.pk}",
        words=Words(
            title=gettext_noop("Risk of loss at %(account)s: a case is open"),
            body=gettext_noop("First step until %(day)s: verify by talking to two roles."),
            values={"account": case.account.shown_name, "day": str(case.steps.order_by("place").first().due_date)},  # type: ignore[union-attr]
            link=link_to("insights:case", case.pk),
        ),
    )


def settled(*, alert: Alert, now: datetime) -> None:
    """Somebody reacted: the notice has done its work, unless other warnings of the account wait."""
    waiting = Alert.objects.filter(account_id=alert.account_id, state__in=WAITING, told_at__isnull=False).exclude(pk=alert.pk)
    if not waiting.exists():
        settle(subject=(ACCOUNT, alert.account_id), kinds=[RAISED, UNANSWERED], now=now)


def escalate_unanswered(*, now: datetime) -> int:
    """By the clock: warnings that an owner was told of and did not react to go to the leaders, once."""
    settings = rules.load("insights.alerts", AlertSettings)
    before = now - timedelta(days=settings.escalate_after_days)
    rows = Alert.objects.filter(
        state__in=WAITING, told_at__lte=before, escalated_at__isnull=True, owner__isnull=False, account__archived_at__isnull=True
    ).select_related("account", "owner")
    said = 0
    leaders: dict[int, list[User]] = {}
    for alert in rows.order_by("owner_id", "-expected_loss", "pk")[:2_000]:
        owner = alert.owner
        assert owner is not None
        if owner.pk not in leaders:
            leaders[owner.pk] = managers_of(owner)
        days = (timezone.localdate(now) - timezone.localdate(alert.told_at)).days
        told = notify(
            kind=UNANSWERED,
            to=[leader.pk for leader in leaders[owner.pk]],
            now=now,
            subject=(ACCOUNT, alert.account_id),
            key=f"unanswered:{alert.pk}:{timezone.localdate(alert.told_at)}",
            words=Words(
                title=gettext_noop("No reaction to a warning at %(account)s"),
                body=gettext_noop("%(owner)s was told %(days)s days ago: %(signal)s"),
                values={
                    "account": alert.account.shown_name, "owner": str(owner), "days": days, "signal": signal_name(alert.signal),
                },
                link=_page(alert),
            ),
        )  # fmt: skip
        said += len(told)
        Alert.objects.filter(pk=alert.pk).update(escalated_at=now)
    return said


def weekly_digest(*, now: datetime) -> int:
    """By the clock: on Mondays, or the first day after on which the clock runs, each owner's warnings of the week in one notice."""
    today = timezone.localdate(now)
    week = today.isocalendar()
    key = f"{week.year}-W{week.week:02d}"
    told = set(Notice.objects.filter(kind=DIGEST, key=key).order_by().values_list("recipient_id", flat=True))
    since = now - timedelta(days=7)
    said = 0
    people = User.objects.filter(is_active=True).exclude(pk__in=told)
    for person in people.filter(Q(alerts__state__in=LIVING) | Q(led_teams__isnull=False)).distinct().order_by("pk"):
        scope = scope_for(person)
        rows = Alert.objects.visible_to(scope).filter(account__archived_at__isnull=True)
        rows = rows.filter(owner_id__in=sorted(scope.user_ids))
        number = rows.order_by().aggregate(
            living=Count("pk", filter=Q(state__in=LIVING)),
            waiting=Count("pk", filter=Q(state__in=WAITING)),
            fresh=Count("pk", filter=Q(raised_at__gt=since)),
            ended=Count("pk", filter=Q(state="CLOSED", closed_at__gt=since)),
        )
        if not number["living"] and not number["ended"]:
            continue
        said += len(
            notify(
                kind=DIGEST,
                to=[person.pk],
                now=now,
                key=key,
                words=Words(
                    title=gettext_noop("Warnings of the week: %(waiting)s wait for a reaction"),
                    body=gettext_noop("%(living)s are open, %(fresh)s of them came this week; %(ended)s ended."),
                    values=dict(number),
                    link=link_to("insights:alerts"),
                ),
            )
        )
    return said
