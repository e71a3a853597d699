"""What approvers read of a waiver."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.approvals.models import Approval
from dingke.approvals.queries import Fact
from dingke.core.money import compact
from dingke.core.scope import Scope
from dingke.pipeline.models import GateWaiver, Opportunity
from dingke.pipeline.queries.playbooks import content_of


def waiver_facts(scope: Scope, approval: Approval) -> list[Fact]:
    """The deal, its stage and amount, and since when it waits there."""
    row = (
        GateWaiver.objects.select_related("opportunity__account", "opportunity__owner", "opportunity__playbook_version")
        .filter(pk=approval.subject_id)
        .order_by("pk")
        .first()
    )
    if row is None:
        return []
    deal, language = row.opportunity, get_language() or "zh"
    visible = Opportunity.objects.visible_to(scope).filter(pk=deal.pk).exists()
    stage = content_of(deal.playbook_version).stage(deal.stage)
    facts = [Fact(_("Opportunity"), deal.name, reverse("pipeline:deal", args=[deal.pk]) if visible else "")]
    if deal.account is not None:
        facts.append(Fact(_("Account"), deal.account.name))
    facts.append(Fact(_("Owner"), str(deal.owner)))
    facts.append(Fact(_("Stage"), f"{stage.label.text(language) if stage else deal.stage} · {deal.stage_since}"))
    if deal.amount is not None and not scope.hides("amount"):
        facts.append(Fact(_("Amount"), compact(deal.amount, language)))
    return facts
