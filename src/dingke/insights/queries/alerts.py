"""Warnings as pages and the API read them: always within the caller's reach, amounts only for roles that see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.models import Account, Collaborator
from dingke.core.errors import NotVisible
from dingke.core.paging import CappedCount, Page, capped_count, keyset_page
from dingke.core.reasons import Reason
from dingke.core.scope import Scope
from dingke.insights import signals
from dingke.insights.calc.alerts import LIVING, WAITING
from dingke.insights.calc.warning import BASIS, BASIS_LABELS
from dingke.insights.models import Alert

SIZE = 30
MINE, TEAM, ALL = "mine", "team", "all"
STATES: dict[str, list[str]] = {
    "waiting": [state.value for state in WAITING],
    "living": [state.value for state in LIVING],
    **{state: [state] for state in Alert.State.values},
}


@dataclass(frozen=True)
class AlertFilter:
    """`who`: mine, team (those the caller leads) or all that the caller sees; `state`: "waiting", "living" or one state."""

    who: str = MINE
    state: str = "living"
    signal: str = ""
    abc: str = ""
    owner_id: int | None = None
    account_id: int | None = None

    def params(self) -> dict[str, str | int | None]:
        return {
            "who": self.who, "state": self.state, "signal": self.signal, "abc": self.abc, "owner": self.owner_id,
        }  # fmt: skip


@dataclass(frozen=True)
class AlertRow:
    """A warning with its words in the reader's language. Amounts None when the role hides them."""

    alert: Alert
    label: str
    action: str
    sentences: tuple[str, ...]
    value: Decimal | None
    basis: str
    """What the value at stake is; "" where an older warning does not say, or the role hides amounts."""
    loss: Decimal | None
    days: int
    may_react: bool
    more: int = 0
    """How many other signals speak of the same customer, where a list shows each customer once."""

    @property
    def account(self) -> Account:
        return self.alert.account


@dataclass(frozen=True)
class AlertHead:
    """What stands above the list: numbers of the caller's choice of people."""

    waiting: int
    living: int
    snoozed: int
    loss: Decimal | None
    who_choices: tuple[tuple[str, str], ...]
    signals: tuple[tuple[str, str], ...]
    owners: tuple[tuple[int, str], ...]


def who_choices(scope: Scope) -> tuple[tuple[str, str], ...]:
    """Mine first; a leader's team, and everything within reach."""
    choices = [(MINE, _("Mine"))]
    if len(scope.user_ids) > 1 and not scope.sees_all:
        choices.append((TEAM, _("Team")))
    return (*choices, (ALL, _("All I see")))


def usual_who(scope: Scope) -> str:
    """Leaders look at their people, roles with company-wide reach at all, the others at their own."""
    return ALL if scope.sees_all else TEAM if len(scope.user_ids) > 1 else MINE


def _visible(scope: Scope) -> QuerySet[Alert]:
    return Alert.objects.visible_to(scope).filter(account__archived_at__isnull=True)


def _of_people(scope: Scope, who: str) -> QuerySet[Alert]:
    rows = _visible(scope)
    if who == MINE:
        return rows.filter(owner_id=scope.me)
    return rows.filter(owner_id__in=sorted(scope.user_ids)) if who == TEAM else rows


def filtered(scope: Scope, wanted: AlertFilter) -> QuerySet[Alert]:
    rows = _of_people(scope, wanted.who).filter(state__in=STATES.get(wanted.state, list(LIVING)))
    if wanted.signal:
        rows = rows.filter(signal=wanted.signal)
    if wanted.abc:
        rows = rows.filter(account__standing__abc=wanted.abc)
    if wanted.owner_id is not None:
        rows = rows.filter(owner_id=wanted.owner_id)
    return rows if wanted.account_id is None else rows.filter(account_id=wanted.account_id)


def alert_page(
    scope: Scope, wanted: AlertFilter, *, today: date, cursor: str | None = None, size: int = SIZE
) -> tuple[Page[Alert], list[AlertRow]]:
    """One page, the greatest expected loss first; closed ones the latest first."""
    order = ["-closed_at", "pk"] if wanted.state == Alert.State.CLOSED else ["-expected_loss", "pk"]
    rows = filtered(scope, wanted).select_related("account", "account__owner", "account__standing", "owner")
    page = keyset_page(rows, order=order, size=size, cursor=cursor)
    return page, rows_of(scope, page.items, today=today)


def number_of(scope: Scope, wanted: AlertFilter) -> CappedCount:
    return capped_count(filtered(scope, wanted))


def alert_head(scope: Scope, who: str) -> AlertHead:
    rows = _of_people(scope, who)
    numbers = rows.order_by().aggregate(
        waiting=Count("pk", filter=Q(state__in=WAITING)),
        living=Count("pk", filter=Q(state__in=LIVING)),
        snoozed=Count("pk", filter=Q(state="SNOOZED")),
    )
    # an account whose several signals speak is at stake once: by its worst one
    worst = rows.filter(state__in=LIVING).order_by().values("account_id").annotate(worst=Max("expected_loss")).aggregate(loss=Sum("worst"))
    language = get_language() or "zh-hans"
    owners: Iterable[tuple[int, str]] = []
    if who != MINE:
        living = rows.filter(state__in=LIVING, owner__isnull=False).order_by()
        owners = living.values_list("owner_id", "owner__name").distinct()[:200]
    return AlertHead(
        waiting=numbers["waiting"],
        living=numbers["living"],
        snoozed=numbers["snoozed"],
        loss=None if scope.hides("amount") else worst["loss"] or Decimal(0),
        who_choices=who_choices(scope),
        signals=tuple(sorted(((one.code, one.label.text(language)) for one in signals.signals()), key=lambda pair: pair[1])),
        owners=tuple(sorted(owners, key=lambda pair: pair[1])),
    )


def alert_for(scope: Scope, alert_id: int) -> Alert:
    """One warning. Raises `NotVisible`."""
    found = Alert.objects.visible_to(scope).select_related("account", "account__owner", "owner").filter(pk=alert_id).order_by("pk").first()
    if found is None:
        raise NotVisible(_("There is no such warning, or its account is not shared with you."))
    return found


def row_of(scope: Scope, alert: Alert, *, today: date) -> AlertRow:
    return rows_of(scope, [alert], today=today)[0]


def rows_of(scope: Scope, alerts: Sequence[Alert], *, today: date) -> list[AlertRow]:
    """The words and rights of warnings, in one question more, however many there are."""
    editable = _editable(scope, alerts)
    hides = scope.hides("amount")
    language = get_language() or "zh-hans"
    found: list[AlertRow] = []
    for alert in alerts:
        known = signals.signal_of(alert.signal)
        found.append(
            AlertRow(
                alert=alert,
                label=known.label.text(language) if known else alert.signal,
                action=known.action.text(language) if known else "",
                sentences=tuple(evidence(scope, alert)),
                value=None if hides else alert.value,
                basis="" if hides or (basis := BASIS_LABELS.get(alert.facts.get(BASIS, ""))) is None else basis.text(language),
                loss=None if hides else alert.expected_loss,
                days=(today - timezone.localdate(alert.raised_at)).days,
                may_react=alert.is_living and editable[alert.account_id],
            )
        )
    return found


def evidence(scope: Scope, alert: Alert) -> list[str]:
    """The sentences behind a warning in the reader's language, without what the role does not see."""
    known = signals.signal_of(alert.signal)
    if known is None or (known.tells and scope.hides(known.tells)):
        return []
    reasons = [Reason.from_json(one) for one in alert.reasons]
    return [known.sentences.text(one, get_language() or "zh-hans") for one in reasons if one.code in known.sentences]


def _editable(scope: Scope, alerts: Sequence[Alert]) -> Mapping[int, bool]:
    """As `accounts.access.can_edit` answers, for many accounts at once."""
    accounts = {alert.account_id: alert.account for alert in alerts}
    if scope.can("*") or scope.can("accounts.edit_all"):
        return {pk: account.archived_at is None for pk, account in accounts.items()}
    if not scope.can("accounts.edit") or not accounts:
        return dict.fromkeys(accounts, False)
    rows = Collaborator.objects.filter(user_id=scope.me, level=Collaborator.Level.EDIT, account_id__in=list(accounts))
    shared = set(rows.order_by().values_list("account_id", flat=True))
    return {
        pk: account.archived_at is None and account.pool_at is None and (account.owner_id in scope.user_ids or pk in shared)
        for pk, account in accounts.items()
    }


def top_of(scope: Scope, *, today: date, most: int = 5) -> tuple[list[AlertRow], int]:
    """What waits for the caller, each customer once by its strongest signal, the greatest expected loss first, and how many warnings there
    are; of the team when the caller has none."""
    rows = _visible(scope).filter(owner_id=scope.me, state__in=WAITING)
    if not scope.sees_all and len(scope.user_ids) > 1:
        rows = _visible(scope).filter(owner_id__in=sorted(scope.user_ids), state__in=WAITING)
    elif scope.sees_all and not rows.exists():
        rows = _visible(scope).filter(state__in=WAITING)
    of_account = rows.filter(account_id=OuterRef("account_id")).order_by()
    greater = Q(expected_loss__gt=OuterRef("expected_loss")) | Q(expected_loss=OuterRef("expected_loss"), pk__lt=OuterRef("pk"))
    strongest = rows.filter(~Exists(of_account.filter(greater)))
    shown = list(
        strongest.select_related("account", "account__owner", "account__standing", "owner").order_by("-expected_loss", "pk")[:most]
    )
    listed = rows.filter(account_id__in=[alert.account_id for alert in shown]).order_by().values("account_id")
    number = dict(listed.annotate(number=Count("pk")).values_list("account_id", "number"))
    told = [replace(row, more=number[row.alert.account_id] - 1) for row in rows_of(scope, shown, today=today)]
    return told, rows.count()


def alerts_of_account(scope: Scope, account: Account, *, today: date, closed: int = 10) -> tuple[list[AlertRow], list[AlertRow]]:
    """The warnings that live at an account, and the last ones that ended."""
    rows = Alert.objects.visible_to(scope).filter(account=account).select_related("account", "account__owner", "owner")
    living = list(rows.filter(state__in=LIVING).order_by("-expected_loss", "pk"))
    ended = list(rows.filter(state=Alert.State.CLOSED).order_by("-closed_at", "-pk")[:closed])
    told = rows_of(scope, [*living, *ended], today=today)
    return told[: len(living)], told[len(living) :]
