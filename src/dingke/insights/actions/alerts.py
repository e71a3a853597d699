"""What a run saw becomes warnings: opened, renewed, woken, ended by themselves; owners are told of the few that matter most (O-19)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from dingke.accounts.models import Account, OwnershipChange
from dingke.core import rules
from dingke.core.access import needs
from dingke.core.errors import trace_id
from dingke.core.models import AuditEntry
from dingke.core.scope import Scope
from dingke.insights import signals
from dingke.insights.actions.case_opening import open_by_rule
from dingke.insights.actions.telling import tell_of_alert
from dingke.insights.calc import alerts as method
from dingke.insights.calc.alerts import LIVING, AlertSettings, AlertState, Outcome, Verdict
from dingke.insights.calc.rhythm import FACT
from dingke.insights.calc.warning import BASIS, Combined, Context, Sign, SignalColumns, WarningSettings
from dingke.insights.columns import Columns
from dingke.insights.judging import Judged
from dingke.insights.models import Alert, LossCase
from dingke.insights.valuing import year_at_stake
from dingke.people.models import User
from dingke.people.queries import managers_of, user_by_id

BATCH = 500
LOOKED_AT = 20_000  # customers with the greatest expected loss that a run turns into warnings
_PLACES = Decimal("0.0001")
_CENT = Decimal("0.01")


@dataclass
class Raised:
    """What became of the signs of a run."""

    opened: int = 0
    renewed: int = 0
    woken: int = 0
    silent: int = 0
    ended: int = 0
    told: int = 0
    cases: int = 0


@dataclass(frozen=True)
class _Seen:
    """A sign with its figures as they are stored."""

    sign: Sign
    probability: Decimal
    value: Decimal
    loss: Decimal


def alert_settings() -> AlertSettings:
    return rules.load("insights.alerts", AlertSettings)


def raise_alerts_after_run(*, columns: Columns, judged: Judged, by: Scope, now: datetime) -> Raised:
    """The last step of a score run: every signal judges the company, and what they see becomes warnings."""
    settings = judged.rules.warning
    context = Context(
        columns.as_of,
        SignalColumns.of(columns, abc=judged.abc, continuing_value=year_at_stake(columns, judged)),
        settings,
        judged.rules.weakening,
        facts={FACT: judged.rhythms},  # the rhythms of this run: a warning and what the scores say of silence never differ
    )
    return raise_alerts_of_run(combined=signals.judge_company(context), settings=settings, as_of=columns.as_of, by=by, now=now)


def raise_alerts_of_run(*, combined: Combined, settings: WarningSettings, as_of: date, by: Scope, now: datetime) -> Raised:
    """The signs of a columnar run: records are made of the customers with the greatest expected loss, and of those who have a
    warning that lives."""
    living = set(Alert.objects.filter(state__in=LIVING).order_by().values_list("account_id", flat=True).distinct())
    known = [row for row, account_id in enumerate(combined.account_id.tolist()) if account_id in living] if living else []
    rows = sorted({*combined.warned()[:LOOKED_AT].tolist(), *known})
    values: dict[int, Decimal] = {}
    signs: list[Sign] = []
    for row, found in combined.signs_of(np.asarray(rows, dtype=np.int64), settings):
        account_id, value = int(combined.account_id[row]), float(combined.value[row])
        values[account_id] = Decimal(0) if value != value else Decimal(str(round(value, 2)))
        for sign in found:
            weight = settings.weight(sign.signal)
            facts = {**sign.facts, BASIS: str(combined.basis[row])}
            signs.append(Sign(sign.account_id, sign.signal, weight * sign.probability, sign.reasons, facts))
    return raise_alerts(signs=signs, values=values, as_of=as_of, by=by, now=now)


@transaction.atomic
def raise_alerts(*, signs: Iterable[Sign], values: Mapping[int, Decimal], as_of: date, by: Scope, now: datetime) -> Raised:
    """Turns the signs of one run into warnings, in one transaction. `values`: a year's value at stake of each account.

    At most one warning of a signal lives at an account. A sign that is there no longer ends its warning. Running it twice with the
    same signs changes nothing the second time.
    """
    needs(by, "insights.score").enforce()
    settings, result = alert_settings(), Raised()
    accounts = _accounts(signs := list(signs))
    seen = {(one.sign.account_id, one.sign.signal): one for one in _weighed(signs, values) if one.sign.account_id in accounts}
    living = {(row.account_id, row.signal): row for row in Alert.objects.filter(state__in=LIVING).order_by("pk").iterator()}
    closed = _closed(key for key in seen if key not in living)
    fresh: list[_Seen] = []
    changed: list[Alert] = []
    today = timezone.localdate(now)
    for key, one in sorted(seen.items(), key=lambda item: (-item[1].loss, item[0])):
        row = living.get(key) or closed.get(key)
        said = method.verdict(_standing(row) if row else None, probability=one.probability, loss=one.loss, today=today, settings=settings)
        if said is Verdict.RAISE:
            fresh.append(one)
        elif row is not None and said is not Verdict.KEEP_QUIET:
            changed.append(_renewed(row, one, as_of, wake=said is Verdict.WAKE))
            result.renewed += 1
            result.woken += said is Verdict.WAKE
        else:
            result.silent += 1
    result.opened = _open(fresh, living, accounts, settings=settings, as_of=as_of, now=now)
    Alert.objects.bulk_update(changed, _EVIDENCE, batch_size=BATCH)
    result.ended = _end(living, set(seen), as_of=as_of, by=by, now=now)
    _mark_gone(set(seen), as_of)
    result.cases = open_by_rule(settings=settings, by=by, now=now)
    result.told = tell_owners(now=now)
    return result


_EVIDENCE = ["state", "probability", "value", "expected_loss", "reasons", "facts", "shown_date", "category", "told_at", "snoozed_until"]


def _weighed(signs: Iterable[Sign], values: Mapping[int, Decimal]) -> Iterator[_Seen]:
    for sign in signs:
        probability = Decimal(str(round(min(max(sign.probability, 0.0), 1.0), 4))).quantize(_PLACES)
        value = values.get(sign.account_id, Decimal(0)).quantize(_CENT)
        yield _Seen(sign, probability, max(value, Decimal(0)), method.expected_loss(value, probability))


def _accounts(signs: Sequence[Sign]) -> dict[int, tuple[int | None, str]]:
    """Current accounts of the signs: owner and class."""
    found: dict[int, tuple[int | None, str]] = {}
    ids = sorted({sign.account_id for sign in signs})
    for start in range(0, len(ids), BATCH):
        rows = Account.objects.filter(pk__in=ids[start : start + BATCH], archived_at__isnull=True).order_by()
        found |= {pk: (owner_id, abc or "") for pk, owner_id, abc in rows.values_list("pk", "owner_id", "standing__abc")}
    return found


def _closed(keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Alert]:
    """The newest closed warning of each of these accounts and signals."""
    wanted = set(keys)
    ids = sorted({account_id for account_id, _signal in wanted})
    newest: dict[tuple[int, str], Alert] = {}
    for start in range(0, len(ids), BATCH):
        rows = Alert.objects.filter(account_id__in=ids[start : start + BATCH], state=AlertState.CLOSED).order_by("closed_at", "pk")
        newest |= {(row.account_id, row.signal): row for row in rows}
    return {key: row for key, row in newest.items() if key in wanted}


def _standing(row: Alert) -> method.Standing:
    return method.Standing(
        state=AlertState(row.state),
        judged_probability=row.judged_probability,
        judged_loss=row.judged_loss,
        snoozed_until=row.snoozed_until,
        closed_date=timezone.localdate(row.closed_at) if row.closed_at else None,
        outcome=Outcome(row.outcome) if row.outcome else None,
        gone_date=row.gone_date,
    )


def _evidence(one: _Seen, as_of: date) -> dict[str, Any]:
    known = signals.signal_of(one.sign.signal)
    return {
        "probability": one.probability,
        "value": one.value,
        "expected_loss": one.loss,
        "reasons": [reason.as_json() for reason in one.sign.reasons],
        "facts": one.sign.facts,
        "shown_date": as_of,
        "category": known.category.value if known else Alert.Category.MARKET,
    }


def _renewed(row: Alert, one: _Seen, as_of: date, *, wake: bool) -> Alert:
    for name, value in _evidence(one, as_of).items():
        setattr(row, name, value)
    if wake:
        row.state, row.told_at, row.snoozed_until = Alert.State.OPEN, None, None
    return row


def _open(
    fresh: Sequence[_Seen], living: Mapping[tuple[int, str], Alert], accounts: Mapping[int, tuple[int | None, str]],
    *, settings: AlertSettings, as_of: date, now: datetime,
) -> int:  # fmt: skip
    """New warnings, the greatest loss first, as many as each owner has room for."""
    room: dict[int | None, int] = {}
    for row in living.values():
        room[row.owner_id] = room.get(row.owner_id, settings.most_per_owner) - 1
    leaders = _leaders_of_ownerless([one.sign.account_id for one in fresh if accounts[one.sign.account_id][0] is None])
    rows: list[Alert] = []
    for one in fresh:
        owner_id = accounts[one.sign.account_id][0] or leaders.get(one.sign.account_id)
        left = room.setdefault(owner_id, settings.most_per_owner)
        if left > 0:
            room[owner_id] = left - 1
            rows.append(
                Alert(
                    account_id=one.sign.account_id, signal=one.sign.signal, owner_id=owner_id, raised_at=now, **_evidence(one, as_of)
                )
            )  # fmt: skip
    Alert.objects.bulk_create(rows, batch_size=BATCH)
    return len(rows)


def _leaders_of_ownerless(account_ids: Sequence[int]) -> dict[int, int]:
    """Whoever leads the last owner answers for an account without one; else the first director."""
    last: dict[int, int | None] = {}
    for start in range(0, len(account_ids), BATCH):
        rows = OwnershipChange.objects.filter(account_id__in=account_ids[start : start + BATCH]).order_by("at", "pk")
        for account_id, before, after in rows.values_list("account_id", "before_id", "after_id"):
            last[account_id] = after or before
    chosen: dict[int | None, int | None] = {}
    found: dict[int, int] = {}
    for account_id in account_ids:
        person = last.get(account_id)
        if person not in chosen:
            user = user_by_id(person) if person else None
            above = managers_of(user) if user else list(User.objects.filter(is_active=True, role="DIRECTOR").order_by("pk")[:1])
            chosen[person] = above[0].pk if above else None
        if leader := chosen[person]:
            found[account_id] = leader
    return found


def _end(living: Mapping[tuple[int, str], Alert], seen: set[tuple[int, str]], *, as_of: date, by: Scope, now: datetime) -> int:
    """Warnings whose sign is gone end, visibly; one that a case works on ends with the case."""
    gone = [row for key, row in living.items() if key not in seen]
    with_case = set(LossCase.objects.filter(state=LossCase.State.OPEN, alert__isnull=False).order_by().values_list("alert_id", flat=True))
    ended: list[Alert] = []
    for row in gone:
        outcome = method.end_without_sign(AlertState(row.state), acted=bool(row.act), has_open_case=row.pk in with_case)
        if outcome is None:
            continue
        row.state, row.outcome, row.closed_at, row.gone_date = Alert.State.CLOSED, outcome.value, now, as_of
        row.judged_probability, row.judged_loss = row.probability, row.expected_loss
        ended.append(row)
    fields = ["state", "outcome", "closed_at", "gone_date", "judged_probability", "judged_loss"]
    Alert.objects.bulk_update(ended, fields, batch_size=BATCH)
    AuditEntry.objects.bulk_create(
        [
            AuditEntry(
                at=now, actor_id=by.user_id, actor_name=by.name, action="insights.alert_ended", target=Alert._meta.label_lower,
                target_id=row.pk, account_id=row.account_id, changes={"outcome": ["", row.outcome]}, trace_id=trace_id.get(),
            )
            for row in ended
        ],
        batch_size=BATCH,
    )  # fmt: skip
    return len(ended)


def _mark_gone(seen: set[tuple[int, str]], as_of: date) -> None:
    """Closed as lost, and the sign is not there any more: should it come back, it is news."""
    rows = Alert.objects.filter(state=AlertState.CLOSED, outcome=Outcome.LOST, gone_date__isnull=True).order_by("pk")
    ids = [pk for pk, account_id, signal in rows.values_list("pk", "account_id", "signal") if (account_id, signal) not in seen]
    for start in range(0, len(ids), BATCH):
        Alert.objects.filter(pk__in=ids[start : start + BATCH]).update(gone_date=as_of)


def tell_owners(*, now: datetime) -> int:
    """Tells each owner of the warnings that matter most, within what a week has room for. Nobody is told twice of the same."""
    budget = alert_settings().told_per_week
    since = now - timedelta(days=7)
    lately = Alert.objects.filter(told_at__gt=since, owner__isnull=False).order_by().values_list("owner_id").annotate(Count("pk"))
    told_lately: dict[int, int] = {owner: number for owner, number in lately if owner}
    waiting = Alert.objects.filter(state=AlertState.OPEN, told_at__isnull=True, owner__is_active=True, account__archived_at__isnull=True)
    rows = waiting.order_by("owner_id", "-expected_loss", "pk").values_list("pk", "owner_id", "expected_loss")
    chosen = method.to_tell(
        (method.Candidate(pk, owner, loss) for pk, owner, loss in rows.iterator() if owner), told_lately, per_week=budget
    )
    ids = [one.alert_id for one in chosen]
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        for alert in Alert.objects.filter(pk__in=part).select_related("account").order_by("-expected_loss", "pk"):
            tell_of_alert(alert=alert, now=now)
        Alert.objects.filter(pk__in=part).update(told_at=now)
    return len(ids)
