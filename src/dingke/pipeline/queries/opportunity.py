"""One deal for a caller."""

from __future__ import annotations

from django.utils.translation import gettext as _

from dingke.core.errors import NotVisible
from dingke.core.scope import Scope
from dingke.pipeline.models import Opportunity


def opportunity_for(scope: Scope, opportunity_id: int) -> Opportunity:
    """The deal with what its head shows, archived ones included. Raises `NotVisible` when it is not there for the caller."""
    found = (
        Opportunity.objects.visible_to(scope)
        .select_related(
            "account", "account__owner", "owner", "playbook_version", "playbook_version__playbook", "source", "end_reason", "lost_to",
            "buying_centre",
        )
        .filter(pk=opportunity_id)
        .order_by("pk")
        .first()
    )  # fmt: skip
    if found is None:
        raise NotVisible(_("There is no such deal, or it is not shared with you."))
    return found
