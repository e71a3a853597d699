"""What is known of a relation: behaviours evidenced, levels entered, opportunities seen (A-16, A-17, D-16); reviews (A-19, D-06)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.models import Account
from dingke.core import audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.insights import access
from dingke.insights.calc import maturity
from dingke.insights.models import AccountReview, AccountReviewCheck, PortfolioReview, RelationshipMark
from dingke.people.models import User


class UnableToMark(Refusal):
    """The mark on the relation cannot be kept."""


@transaction.atomic
def mark_relationship(
    *, account: Account, kind: str, code: str, on_date: date, evidence: str, by: Scope, now: datetime
) -> RelationshipMark:
    """Keeps one mark with its day and evidence. Raises `Invalid` without evidence or for a day that lies ahead."""
    access.can_assess(by, account).enforce()
    if maturity.item_of(kind, code) is None:
        raise UnableToMark(_("There is no such level or behaviour."))
    problems: dict[str, str] = {}
    if not evidence.strip():
        problems["evidence"] = _("By what is it seen? A level counts with its evidence only.")
    if on_date > timezone.localdate(now):
        problems["on_date"] = _("The day lies in the future.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    mark = RelationshipMark.objects.create(
        account=account, kind=kind, code=code, on_date=on_date, evidence=evidence.strip(), noted_by_name=by.name
    )
    changes = {name: [None, value] for name, value in snapshot_of(mark, ["kind", "code", "on_date", "evidence"]).items()}
    audit.record(target=mark, action="insights.mark_relationship", by=by, now=now, account_id=account.pk, changes=changes, summary=code)
    return mark


@transaction.atomic
def remove_mark(*, mark: RelationshipMark, by: Scope, now: datetime) -> RelationshipMark:
    """Takes a mark away; it stays in the audit trail. Doing it twice is no harm."""
    access.can_assess(by, mark.account).enforce()
    fresh = locked(mark, expected_version=None, yours={})
    if fresh.archived_at is None:
        fresh.archived_at = now
        fresh.save()
        audit.record(target=fresh, action="insights.remove_mark", by=by, now=now, account_id=fresh.account_id, summary=fresh.code)
    return fresh


@transaction.atomic
def review_account(
    *, account: Account, checks: Mapping[str, tuple[bool, str]], conclusion: str, by: Scope, now: datetime, review_date: date | None = None
) -> AccountReview:
    """A-19: the five principles, each met with evidence or not met. `checks` maps a code to (met, evidence)."""
    access.can_assess(by, account).enforce()
    today = timezone.localdate(now)
    day = review_date or today
    problems: dict[str, str] = {}
    if day > today:
        problems["review_date"] = _("The day lies in the future.")
    for item in maturity.PRINCIPLES:
        met, evidence = checks.get(item.code, (False, ""))
        if met and not evidence.strip():
            problems[f"evidence_{item.code}"] = _("By what is it seen? A principle counts with its evidence only.")
    if not conclusion.strip():
        problems["conclusion"] = _("Say what follows from the review.")
    if problems:
        raise Invalid(_("Nothing was saved yet. Please look at the marked fields."), fields=problems)
    review = AccountReview.objects.create(account=account, review_date=day, conclusion=conclusion.strip(), held_by_name=by.name)
    rows = [
        AccountReviewCheck(review=review, code=item.code, is_met=met, evidence=evidence.strip())
        for item in maturity.PRINCIPLES
        for met, evidence in (checks.get(item.code, (False, "")),)
    ]
    AccountReviewCheck.objects.bulk_create(rows)
    met_number = f"{sum(row.is_met for row in rows)}/{len(rows)}"
    audit.record(target=review, action="insights.review_account", by=by, now=now, account_id=account.pk, summary=met_number)
    return review


@transaction.atomic
def review_portfolio(
    *,
    month: date,
    checks: Mapping[str, tuple[bool, str]],
    conclusion: str,
    by: Scope,
    now: datetime,
    expected_version: int | None = None,
) -> PortfolioReview:
    """D-06: the caller's own review of a month; writing it again in the same month corrects it. Each reminder that was done says how."""
    access.can_review_portfolio(by).enforce()
    reviewer = User.objects.filter(pk=by.me).first()
    if reviewer is None:
        raise UnableToMark(_("A review is held by a person."))
    month = month.replace(day=1)
    problems: dict[str, str] = {}
    if month > timezone.localdate(now):
        problems["month"] = _("This month has not begun yet.")
    for item in maturity.REMINDERS:
        done, note = checks.get(item.code, (False, ""))
        if done and not note.strip():
            problems[f"note_{item.code}"] = _("Say what you saw or did.")
    if not any(done for done, _note in checks.values()):
        problems[f"done_{maturity.REMINDERS[0].code}"] = _("Tick at least one reminder that you looked at.")
    if problems:
        raise Invalid(_("Nothing was saved yet. Please look at the marked fields."), fields=problems)
    known = {item.code for item in maturity.REMINDERS}
    stored = {code: {"done": done, "note": note.strip()} for code, (done, note) in checks.items() if code in known}
    row = PortfolioReview.objects.filter(month_date=month, reviewer=reviewer).first()
    if row is None:
        row = PortfolioReview(month_date=month, reviewer=reviewer)
        before: dict[str, object] = {}
    else:
        row = locked(row, expected_version=expected_version, yours={"checks": stored, "conclusion": conclusion.strip()})
        before = snapshot_of(row, ["checks", "conclusion"])
    row.checks, row.conclusion, row.held_at = stored, conclusion.strip(), now
    row.save()
    changes = audit.changes_between(before, snapshot_of(row, ["checks", "conclusion"]))
    audit.record(target=row, action="insights.review_portfolio", by=by, now=now, changes=changes, summary=f"{month:%Y-%m}")
    return row
