"""Guard 1 of A-08 before an incentive is given: the last one judged by the rules in force, and the facts for those who decide."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.queries.approving import account_facts
from dingke.approvals.models import Approval
from dingke.approvals.queries import Fact
from dingke.core import rules
from dingke.core.money import compact
from dingke.core.scope import Scope
from dingke.insights.calc.guards import GuardSettings, IncentiveChange, Level, incentive_return
from dingke.insights.calc.rules import key_of
from dingke.insights.queries.sentences import sentence
from dingke.ledger.actions.incentive_requests import Finding, typed
from dingke.ledger.models import Incentive
from dingke.ledger.queries.account_money import GivenIncentive


def judge_incentive(last: GivenIncentive) -> Finding:
    """Extra gross profit by extra incentive of the last one, against the line of the guard (as shipped 1)."""
    amount = last.incentive.amount
    change = IncentiveChange(last.incentive.account_id, amount - last.extra_incentive, amount, last.profit_before, last.profit)
    result = incentive_return(change, rules.load(key_of("guards"), GuardSettings))
    return Finding(result.level is Level.BREACH, result.sentence, result.figure)


def incentive_facts(scope: Scope, approval: Approval) -> list[Fact]:
    """What is to be given, for which days, and what the last one returned: to those who see amounts and costs."""
    values = typed(approval.payload["values"])
    facts = account_facts(scope, approval.subject_id)
    facts.append(Fact(_("Kind"), str(Incentive.Kind(values["kind"]).label)))
    if not scope.hides("amount"):
        facts.append(Fact(_("Amount"), compact(Decimal(values["amount"]), get_language() or "zh")))
    facts.append(Fact(_("Days"), f"{values['start_date']} – {values['end_date']}"))
    text = sentence(scope, approval.payload["sentence"])
    if text:
        facts.append(Fact(_("Guard on incentives"), text, tone="red"))
    return facts
