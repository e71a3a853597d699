"""What follows from assessments by itself: to-dos for those that are due, and word of a changed level."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from dingke.accounts.models import Todo
from dingke.core.links import link_to
from dingke.core.scope import Scope
from dingke.insights.calc.assessment_due import SENTENCES
from dingke.insights.events import AccountAssessed
from dingke.insights.models import Assessment
from dingke.insights.queries.assessment_due import DueRow, due_rows
from dingke.notices.actions.tell import Words, notify

LEVEL_CHANGED = "assessment.level"
ACCOUNT = "account"  # the subject of notices about an account, as config/wiring.py lists it


def remind_due_assessments(*, now: datetime) -> int:
    """By the clock: the owner of every account that is to be assessed (again) gets one to-do for it, once per assessment."""
    today = timezone.localdate(now)
    rows = [row for row in due_rows(Scope.system(), today=today) if row.is_due and not row.has_open and row.account.owner_id]
    known = set(
        Todo.objects.filter(source__startswith="assessment:", account__in=[row.account for row in rows])
        .order_by()
        .values_list("account_id", "source")
    )
    made = [_todo(row, now) for row in rows if (row.account.pk, _source(row)) not in known]
    Todo.objects.bulk_create(made)
    return len(made)


def _source(row: DueRow) -> str:
    return f"assessment:{row.assessment.pk if row.assessment else 'first'}"


def _todo(row: DueRow, now: datetime) -> Todo:
    owner = row.account.owner
    assert owner is not None
    language = owner.language or "zh-hans"
    with translation.override(language):
        title = _("Assess %(account)s again") if row.assessment else _("Assess %(account)s")
        reason = " ".join(SENTENCES.text(reason, language) for _trigger, reason in row.reasons)
        return Todo(
            account=row.account, title=(title % {"account": row.account.shown_name})[:200], reason=reason[:300], assignee=owner,
            due_date=timezone.localdate(now), source=_source(row),
        )  # fmt: skip


def tell_level_change(*, event: AccountAssessed, now: datetime) -> None:
    """The owner hears of a level that changed; the first level is no change."""
    if not event.before or event.before == event.after:
        return
    row = Assessment.objects.select_related("account").get(pk=event.assessment_id)
    notify(
        kind=LEVEL_CHANGED,
        to=[row.account.owner_id],
        without=[event.by_id],
        now=now,
        subject=(ACCOUNT, row.account_id),
        words=Words(
            title=gettext_noop("%(account)s moved from level %(before)s to %(after)s"),
            body=gettext_noop("Adjust service, product and cooperation to it."),
            values={"account": row.account.shown_name, "before": event.before, "after": event.after},
            link=link_to("insights:assessment", row.account_id),
        ),
    )
