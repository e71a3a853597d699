"""The tables of playbooks and opportunities."""

from dingke.pipeline.models.opportunity import Opportunity, OpportunityCompetitor, OpportunityLine, StageSpell
from dingke.pipeline.models.playbook import Playbook, PlaybookVersion
from dingke.pipeline.models.progress import GateWaiver, StepRun
from dingke.pipeline.models.prospect import Prospect, ProspectContact, ProspectProfile

__all__ = [
    "GateWaiver",
    "Opportunity",
    "OpportunityCompetitor",
    "OpportunityLine",
    "Playbook",
    "PlaybookVersion",
    "Prospect",
    "ProspectContact",
    "ProspectProfile",
    "StageSpell",
    "StepRun",
]
