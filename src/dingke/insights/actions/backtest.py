"""The replay of early warning on the company's own orders, kept for the page; the same on a file of purchases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.models import Account
from dingke.core import company as house
from dingke.core import jobs
from dingke.core import rules as stored_rules
from dingke.core.errors import Refusal
from dingke.core.jobs import Progress
from dingke.core.models import Job
from dingke.core.scope import Scope
from dingke.insights import access, signals, snapshot
from dingke.insights.calc import backtest as method
from dingke.insights.calc.history import History
from dingke.insights.calc.rules import key_of
from dingke.insights.calc.warning import WarningSettings
from dingke.insights.calc.weakening import WeakeningSettings
from dingke.insights.models import Backtest, BacktestCase

BACKTEST_KIND = "backtest"
MONTHS = 24
KEPT = 3
BATCH = 2_000


class UnableToReplay(Refusal):
    """There is not enough history."""


def warning_settings() -> WarningSettings:
    return stored_rules.load(key_of("warning"), WarningSettings)


def weakening_settings() -> WeakeningSettings:
    return stored_rules.load(key_of("weakening"), WeakeningSettings)


def start_backtest(*, by: Scope, now: datetime) -> Job:
    """Queues a replay; it speaks of the whole company."""
    access.can_score(by).enforce()
    return jobs.start(kind=BACKTEST_KIND, params={}, by=by, now=now)


def backtest_job(progress: Progress) -> dict[str, Any]:
    """Handler of jobs of the kind "backtest"."""
    by = Scope(user_id=progress.job.owner_id, name=progress.job.owner_name, sees_all=True, permissions=frozenset({"*"}))
    now = timezone.now()  # noqa: TID251 (called by the worker)
    return _said(run_backtest(by=by, now=now, progress=progress, ended=lambda kept: progress.finish(_said(kept))))


def _said(kept: Backtest) -> dict[str, Any]:
    message = _("%(cuts)s months replayed.") % {"cuts": len(kept.result["cuts"])}
    return {"backtest": kept.pk, "message": message, "url": reverse("insights:backtest")}


def run_backtest(*, by: Scope, now: datetime, progress: Any = None, ended: Callable[[Backtest], None] | None = None) -> Backtest:
    """Replays the months of the company's own orders and keeps the result. Raises `UnableToReplay` without enough of them.

    `ended` is called last in the transaction that keeps it.
    """
    from dingke.insights.metrics import gather
    from dingke.insights.metrics import history as orders

    access.can_score(by).enforce()
    _tell(progress, 1, _("Reading what changed"))
    snapshot.refresh()
    engine = snapshot.engine()
    try:
        tables = snapshot.tables(engine)
        last = gather.latest_order_day(engine, tables)
        day = min(last, timezone.localdate(now)) if last else None
        told = orders.history(engine, tables, as_of=day, currency=house.currency()) if day else None
    finally:
        engine.disconnect()
    if told is None or day is None:
        raise UnableToReplay(_("There are no orders to replay yet."))
    result = replay(told, settings=warning_settings(), weakening=weakening_settings(), progress=progress)
    if not result.judged:
        raise UnableToReplay(
            _("The orders do not reach back far enough: customers with three order days and half a year after them are needed.")
        )
    with transaction.atomic():
        kept = _keep(result, day, by=by, now=now)
        if ended is not None:
            ended(kept)
    return kept


def replay(
    history: History,
    *,
    settings: WarningSettings,
    weakening: WeakeningSettings,
    cuts: list[date] | None = None,
    progress: Any = None,
) -> method.Backtest:
    """At the month ends that history allows, or at the given days."""
    return method.replay(
        history,
        cuts=method.monthly_cuts(history, months=MONTHS, settings=settings) if cuts is None else cuts,
        judge=signals.judge_company,
        settings=settings,
        weakening=weakening,
        tell=lambda done, total: _tell(progress, 5 + 90 * done // max(total, 1), _("Replaying the months")),
    )


def _tell(progress: Any, percent: int, message: str) -> None:
    if progress is not None:
        progress.tell(percent, 100, message)


@transaction.atomic
def _keep(result: method.Backtest, as_of: date, *, by: Scope, now: datetime) -> Backtest:
    settings = {name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(warning_settings()).items()}
    kept = Backtest.objects.create(at=now, by_name=by.name, as_of_date=as_of, settings=settings, result=result.as_json())
    cases = result.cases
    living = set(Account.objects.filter(archived_at__isnull=True).order_by().values_list("pk", flat=True).iterator())
    rows = (
        BacktestCase(backtest=kept, account_id=case.account_id, rule=case.rule, what=case.what, on_date=case.day, lead_days=case.lead)
        for case in cases
        if case.account_id in living
    )
    while batch := list(islice(rows, BATCH)):
        BacktestCase.objects.bulk_create(batch)
    old = Backtest.objects.order_by("-id").values_list("pk", flat=True)[KEPT:]
    Backtest.objects.filter(pk__in=list(old)).delete()
    return kept
