"""What becomes of proposed lifecycle stages (D-01): accepted or dismissed by people, in bulk; told to owners; applied by rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, F
from django.utils import timezone
from django.utils.translation import get_language, gettext_noop, ngettext
from django.utils.translation import gettext as _

from dingke.accounts.actions import bulk
from dingke.accounts.actions import stages as account_stages
from dingke.accounts.actions.bulk import Outcome, Verb, Wish
from dingke.accounts.calc.lifecycle import SENTENCES, LifecycleSettings
from dingke.accounts.models import Account, Standing
from dingke.accounts.queries.stages import stored_reasons
from dingke.core import jobs, rules
from dingke.core.errors import Invalid, Refusal
from dingke.core.jobs import Progress
from dingke.core.links import link_to
from dingke.core.reasons import Reason
from dingke.core.scope import Scope
from dingke.insights.models import ScoreRun
from dingke.notices.actions.tell import Words, notify

STAGES_KIND = "stages"
PROPOSED = "stage.proposed"
AT_ONCE = 200
BATCH = 200


class UnableToSettleStages(Refusal):
    """Nothing was accepted or dismissed."""


def accept_stages(*, account_ids: Iterable[int], note: str = "", by: Scope, now: datetime) -> Outcome:
    """Moves accounts into the stages that are proposed to them, each as if by hand, with its to-dos. Rows that may not be are told."""
    chosen = _chosen(account_ids)
    rows = Standing.objects.visible_to(by).filter(account_id__in=chosen).exclude(proposed_stage="")
    rows = rows.exclude(proposed_stage=F("account__lifecycle_stage"))
    found: dict[int, str] = dict(rows.order_by().values_list("account_id", "proposed_stage"))
    whole = Outcome()
    for account_id in chosen:
        if account_id not in found:
            whole.refuse(account_id, "", _("No stage is proposed for this account, or it is not shared with you."))
    by_stage: dict[str, list[int]] = defaultdict(list)
    for account_id in chosen:
        if account_id in found:
            by_stage[found[account_id]].append(account_id)
    with transaction.atomic():
        for stage, ids in by_stage.items():
            wish = Wish(verb=Verb.STAGE, stage=stage, reason=note.strip() or _("As the figures propose"))
            part = bulk.change_many(account_ids=ids, wish=wish, by=by, now=now)
            whole.done += part.done
            whole.refused_number += part.refused_number
            whole.refused += part.refused
    return whole


def dismiss_stages(*, account_ids: Iterable[int], reason: str, by: Scope, now: datetime) -> Outcome:
    """Says no to proposed stages, all with one reason."""
    if not reason.strip():
        raise Invalid(_("Say why the stages do not fit."), fields={"note": _("Say why the stages do not fit.")})
    return _each(account_ids, lambda account: account_stages.dismiss_stage(account=account, reason=reason, by=by, now=now), by)


def resume_stages(*, account_ids: Iterable[int], by: Scope, now: datetime) -> Outcome:
    """Takes dismissals back."""
    return _each(account_ids, lambda account: account_stages.resume_stage(account=account, by=by, now=now), by)


def _each(account_ids: Iterable[int], change: Callable[[Account], object], by: Scope) -> Outcome:
    """Does it at every account that the caller sees; a refused row is told with its reason, the others are done."""
    chosen = _chosen(account_ids)
    rows = {row.pk: row for row in Account.objects.visible_to(by).select_related("owner").filter(pk__in=chosen).order_by("pk")}
    outcome = Outcome()
    with transaction.atomic():
        for account_id in chosen:
            account = rows.get(account_id)
            if account is None:
                outcome.refuse(account_id, "", _("There is no such account, or it is not shared with you."))
                continue
            try:
                with transaction.atomic():
                    change(account)
            except Refusal as refusal:
                outcome.refuse(account.pk, account.name, refusal.message)
            else:
                outcome.done += 1
    return outcome


def _chosen(account_ids: Iterable[int]) -> list[int]:
    ids = list(dict.fromkeys(account_ids))
    if not ids:
        raise UnableToSettleStages(_("Tick at least one account."))
    if len(ids) > AT_ONCE:
        raise UnableToSettleStages(_("At most %(number)s accounts are settled at once.") % {"number": AT_ONCE})
    return ids


# ---- after a run -----------------------------------------------------------------------------------------------


def settings_in_force() -> LifecycleSettings:
    return rules.load("insights.lifecycle", LifecycleSettings)


def after_run(*, run: ScoreRun, by: Scope, now: datetime) -> None:
    """In the transaction that puts new scores in place: dismissals that are over end; proposals are applied when the company wants it so,
    else each owner is told once a week how many there are."""
    account_stages.settle_dismissals(now=now)
    if settings_in_force().apply_automatically:
        if _proposed().exists():
            jobs.start(kind=STAGES_KIND, params={"run": run.pk}, by=by, now=now)
        return
    tell_owners(now=now)


def _proposed() -> Any:
    rows = Standing.objects.filter(account__archived_at__isnull=True).exclude(proposed_stage="")
    return rows.exclude(proposed_stage=F("account__lifecycle_stage"))


def tell_owners(*, now: datetime) -> int:
    """Each owner hears once a week how many stages are proposed; by the daily mail unless they chose otherwise."""
    week = timezone.localdate(now).isocalendar()
    rows = _proposed().filter(account__owner__is_active=True).order_by().values_list("account__owner_id").annotate(number=Count("pk"))
    told = 0
    for owner_id, number in rows:
        told += len(
            notify(
                kind=PROPOSED,
                to=[owner_id],
                now=now,
                key=f"{week.year}-W{week.week:02d}",
                words=Words(
                    title=gettext_noop("Lifecycle stages are proposed: %(number)s"),
                    body=gettext_noop("The figures speak for another stage. Nothing changes before you accept it."),
                    values={"number": number},
                    link=link_to("insights:stage_proposals"),
                ),
            )
        )
    return told


def apply_stages_job(progress: Progress) -> dict[str, Any]:
    """Handler of jobs of the kind "stages": what is proposed is applied, audited as done by the system."""
    done, refused = apply_stages(by=Scope.system(), now=timezone.now(), progress=progress)  # noqa: TID251 (a door of the worker)
    message = ngettext("%(num)s account moved to its proposed stage.", "%(num)s accounts moved to their proposed stages.", done)
    return {"done": done, "refused": refused, "message": message % {"num": done}}


def apply_stages(*, by: Scope, now: datetime, progress: Progress | None = None) -> tuple[int, int]:
    """Moves every account with a proposal, in batches; running it again goes on. Nothing when the setting was switched off meanwhile."""
    done = refused = last = 0
    if not settings_in_force().apply_automatically:
        return 0, 0
    whole = _proposed().count()
    language = get_language() or "zh-hans"
    while rows := list(_proposed().filter(account_id__gt=last).select_related("account").order_by("account_id")[:BATCH]):
        last = rows[-1].account_id
        for row in rows:
            reasons = [Reason.from_json(one) for one in stored_reasons(row)]
            text = " ".join(SENTENCES.text(one, language) for one in reasons if one.code in SENTENCES)
            wish = Wish(verb=Verb.STAGE, stage=row.proposed_stage, reason=(_("By rule: %(reasons)s") % {"reasons": text})[:300])
            part = bulk.change_many(account_ids=[row.account_id], wish=wish, by=by, now=now)
            done, refused = done + part.done, refused + part.refused_number
        if progress is not None:
            progress.tell(done + refused, whole, _("Moving accounts to their stages"))
    return done, refused
