"""Every kind of notice on one page: what it is called, why one gets it, where it goes unless the person chose otherwise.

Who gets it and in which words is written beside the domain that knows the rows (`<domain>/notices.py`).
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from dingke.accounts import notices as accounts
from dingke.approvals import notices as approvals
from dingke.config import job_notices as jobs
from dingke.insights.actions import assessment_duties as assessments
from dingke.insights.actions import movement as stage_movement
from dingke.insights.actions import telling as insights
from dingke.ledger import notices as ledger
from dingke.notices.actions import webhook_sending as webhooks
from dingke.notices.calc import Mail, Routing, Urgency
from dingke.notices.queries.kinds import Kind
from dingke.pipeline import notices as pipeline

AT_ONCE = Routing(inbox=True, mail=Mail.NOW, bot=True)
DAILY = Routing(inbox=True, mail=Mail.DIGEST, bot=True)
QUIETLY = Routing(inbox=True, mail=Mail.OFF, bot=False)
LOW, NORMAL, URGENT = Urgency.LOW, Urgency.NORMAL, Urgency.URGENT


def _kind(key: str, group: Any, label: Any, why: Any, icon: str, urgency: Urgency, routing: Routing, permission: str = "") -> Kind:
    return Kind(key=key, group=group, label=label, why=why, icon=icon, urgency=urgency, routing=routing, permission=permission)


_APPROVALS, _ACCOUNTS, _MONEY, _WORK = _("Approvals"), _("Accounts"), _("Money"), _("Data and long work")
_WARNINGS = _("Warnings")
_DEALS = _("Opportunities")

# fmt: off
NOTICE_KINDS: list[Kind] = [
    _kind(approvals.ASKED, _APPROVALS, _("Your approval is asked for"), _("You are asked to decide, or decide for somebody."),
          "checklist", URGENT, AT_ONCE),
    _kind(approvals.REMINDED, _APPROVALS, _("Reminders of requests that wait"), _("A request has waited for you for some time."),
          "alarm", URGENT, AT_ONCE),
    _kind(approvals.DECIDED, _APPROVALS, _("Your request was decided"), _("You asked for this approval."),
          "gavel", NORMAL, AT_ONCE),
    _kind(approvals.COMMENTED, _APPROVALS, _("Comments on requests"), _("You are part of this request."),
          "message", NORMAL, DAILY),
    _kind(approvals.COPIED, _APPROVALS, _("Requests copied to you"), _("The request was copied to you."),
          "copy", LOW, QUIETLY),
    _kind(approvals.DELEGATED, _APPROVALS, _("You decide for a colleague"), _("A colleague let you decide in their place."),
          "users", NORMAL, AT_ONCE),
    _kind(pipeline.GIVEN, _DEALS, _("A deal was given to you"), _("You own this deal now."),
          "target-arrow", NORMAL, AT_ONCE, "pipeline.see"),
    _kind(pipeline.TAKEN, _DEALS, _("A deal is no longer yours"), _("You owned this deal until now."),
          "user-minus", NORMAL, AT_ONCE, "pipeline.see"),
    _kind(pipeline.WON, _DEALS, _("A deal is won"), _("The deal is yours or your team's."),
          "trophy", NORMAL, DAILY, "pipeline.see"),
    _kind(accounts.GIVEN, _ACCOUNTS, _("An account was given to you"), _("You own this account now."),
          "user-check", NORMAL, AT_ONCE),
    _kind(accounts.TAKEN, _ACCOUNTS, _("An account is no longer yours"), _("You owned this account until now."),
          "user-minus", NORMAL, AT_ONCE),
    _kind(accounts.SHARED, _ACCOUNTS, _("An account was shared with you"), _("You work on this account beside its owner."),
          "share", NORMAL, DAILY),
    _kind(accounts.RECYCLE_SOON, _ACCOUNTS, _("An account is about to return to the pool"), _("You own this account."),
          "droplet-half", URGENT, AT_ONCE),
    _kind(accounts.RECYCLED, _ACCOUNTS, _("An account returned to the pool"), _("You owned this account until now."),
          "droplets", URGENT, AT_ONCE),
    _kind(accounts.STAGE, _ACCOUNTS, _("An account changed its stage"), _("You own this account."),
          "stairs", LOW, QUIETLY),
    _kind(accounts.NOMINATION, _ACCOUNTS, _("A key account was approved or refused"), _("You own this account."),
          "rubber-stamp", NORMAL, AT_ONCE),
    _kind(accounts.KEY_ENDED, _ACCOUNTS, _("A key account mark ended"), _("You own this account, or proposed the mark."),
          "star-off", NORMAL, DAILY),
    _kind(assessments.LEVEL_CHANGED, _ACCOUNTS, _("An account moved to another level"), _("You own this account."),
          "radar-2", NORMAL, DAILY, "insights.see"),
    _kind(stage_movement.PROPOSED, _ACCOUNTS, _("Lifecycle stages are proposed"),
          _("You own accounts whose figures speak for another stage."),
          "bulb", LOW, DAILY, "insights.see"),
    _kind(accounts.DUE, _ACCOUNTS, _("A to-do is due"), _("You have to do this."),
          "calendar-due", NORMAL, DAILY),
    _kind(insights.RAISED, _WARNINGS, _("A warning at an account"), _("You own this account, or lead whoever had it last."),
          "alert-triangle", NORMAL, AT_ONCE, "insights.see"),
    _kind(insights.UNANSWERED, _WARNINGS, _("A warning without a reaction"), _("You lead the owner of this account."),
          "alarm", URGENT, AT_ONCE, "insights.see"),
    _kind(insights.CASE, _WARNINGS, _("A case of risk of loss is open"), _("You work on this case, or lead whoever does."),
          "first-aid-kit", URGENT, AT_ONCE, "insights.see"),
    _kind(insights.DIGEST, _WARNINGS, _("Warnings of the week"), _("There are warnings at your accounts, or those of your team."),
          "calendar-week", LOW, DAILY, "insights.see"),
    _kind(ledger.OVERDUE, _MONEY, _("Receivables are overdue"), _("You own this account."),
          "cash-off", NORMAL, DAILY, "ledger.see"),
    _kind(ledger.DISPUTED, _MONEY, _("A receivable is disputed"), _("You own this account."),
          "alert-triangle", URGENT, AT_ONCE, "ledger.see"),
    _kind(jobs.IMPORTED, _WORK, _("An import finished or failed"), _("You started this import."),
          "table-import", NORMAL, QUIETLY, "imports.run"),
    _kind(jobs.EXPORTED, _WORK, _("An export is ready"), _("You asked for this export."),
          "table-export", NORMAL, QUIETLY, "exports.run"),
    _kind(jobs.DUPLICATES, _WORK, _("Duplicates were found"), _("You started the search, or look after the data."),
          "copy-check", LOW, QUIETLY, "accounts.merge"),
    _kind(jobs.SET_ASIDE, _WORK, _("Work failed or was set aside"), _("You started this work, or look after the system."),
          "alert-octagon", URGENT, AT_ONCE),
    _kind(webhooks.KIND, _WORK, _("A webhook was switched off"), _("You made this webhook, or look after the system."),
          "webhook", URGENT, AT_ONCE, "settings.edit"),
]
# fmt: on
