"""A running deal goes over to another version of its playbook, or to another playbook (F-18); it never does so by itself."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.core.errors import Refusal
from dingke.core.locking import locked
from dingke.core.scope import Scope
from dingke.pipeline import access
from dingke.pipeline.actions.opportunity import placed
from dingke.pipeline.calc.mapping import Mapping, map_deal
from dingke.pipeline.models import Opportunity, PlaybookVersion, StageSpell, StepRun
from dingke.pipeline.queries.playbooks import content_of


class UnableToChangePlaybook(Refusal):
    """The deal stays in its playbook."""


def preview(opportunity: Opportunity, version: PlaybookVersion, *, to_stage: str = "") -> Mapping:
    """What would become of stage, steps and conditions. Changes nothing."""
    if version.state != PlaybookVersion.State.PUBLISHED:
        raise UnableToChangePlaybook(_("This version is not published yet."))
    done = set(
        StepRun.objects.filter(opportunity=opportunity, done_at__isnull=False, archived_at__isnull=True)
        .order_by()
        .values_list("stage", "step")
    )
    try:
        return map_deal(content_of(opportunity.playbook_version), content_of(version), opportunity.stage, done, to_stage)
    except ValueError as error:
        raise UnableToChangePlaybook(_("The playbook has no such stage.")) from error


@transaction.atomic
def change_version(
    *, opportunity: Opportunity, version: PlaybookVersion, by: Scope, now: datetime, today: date, to_stage: str = "", reason: str = "",
    expected_version: int | None = None,
) -> Opportunity:  # fmt: skip
    """Brings the deal into the other version, into the stage that the preview named or an earlier one. Steps done under the same code stay
    done. No gate is jumped: further on than the stage of the preview it does not go.
    """
    access.can_edit(by, opportunity).enforce()
    fresh = locked(opportunity, expected_version=expected_version, yours={})
    if fresh.state != Opportunity.State.OPEN:
        raise UnableToChangePlaybook(_("This deal has ended. Open it again first."))
    if version.pk == fresh.playbook_version_id:
        raise UnableToChangePlaybook(_("The deal runs in this version already."))
    content, natural = content_of(version), preview(fresh, version)
    target = preview(fresh, version, to_stage=to_stage)
    if content.place(target.stage) > content.place(natural.stage):
        raise UnableToChangePlaybook(_("A change of playbook jumps no gate. Choose this stage or an earlier one."))
    if version.playbook_id != fresh.playbook_version.playbook_id:
        fresh.mode, fresh.unit = version.playbook.mode, version.playbook.unit
    words = (
        reason.strip()
        or f"{fresh.playbook_version.playbook.code} {fresh.playbook_version.number} → {version.playbook.code} {version.number}"
    )
    return placed(
        fresh, content, content.place(target.stage), way=StageSpell.Way.VERSION, reason=words, by=by, now=now, today=today, version=version
    )
