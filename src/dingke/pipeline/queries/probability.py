"""Probability by history: what became of deals that had been in a stage of a playbook, whichever version."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count, Q

from dingke.pipeline.calc.probability import Likelihood, Share, likelihood
from dingke.pipeline.calc.rules import PipelineRules
from dingke.pipeline.models import Opportunity, StageSpell
from dingke.pipeline.queries.playbooks import contents, pipeline_rules

State = Opportunity.State


def history_shares(stages: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Share]:
    """(playbook id, stage) -> how many ended deals had been there and how many of them were won: one query, whole company."""
    wanted = set(stages)
    rows = (
        StageSpell.objects.filter(
            playbook_version__playbook_id__in={book for book, _stage in wanted}, stage__in={stage for _book, stage in wanted},
            opportunity__state__in=[State.WON, State.LOST, State.DROPPED], opportunity__archived_at__isnull=True,
        )
        .order_by()
        .values("playbook_version__playbook_id", "stage")
        .annotate(
            cases=Count("opportunity", distinct=True), won=Count("opportunity", distinct=True, filter=Q(opportunity__state=State.WON))
        )
    )  # fmt: skip
    return {(row["playbook_version__playbook_id"], row["stage"]): Share(row["won"], row["cases"]) for row in rows}


def likelihoods(deals: Iterable[Opportunity], *, rules: PipelineRules | None = None) -> dict[int, Likelihood]:
    """All three probabilities of deals, in a fixed number of queries. The deals carry `playbook_version`."""
    rows, rules = list(deals), rules or pipeline_rules()
    known = contents({deal.playbook_version_id for deal in rows})
    shares = history_shares((deal.playbook_version.playbook_id, deal.stage) for deal in rows)
    found = {}
    for deal in rows:
        stage = known[deal.playbook_version_id].stage(deal.stage)
        found[deal.pk] = likelihood(
            by_stage=stage.probability if stage else 0, history=shares.get((deal.playbook_version.playbook_id, deal.stage), Share(0, 0)),
            by_hand=deal.hand_probability, least_cases=rules.least_cases,
        )  # fmt: skip
    return found
