"""Another version of the playbook, or another playbook, for a running deal: what would become of it, then the change."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.pipeline import access
from dingke.pipeline.actions import versions as actions
from dingke.pipeline.queries.opportunity import opportunity_for
from dingke.pipeline.queries.playbooks import content_of, name_of, offered_versions, version_for
from dingke.pipeline.views.answers import moved


@door("GET", "POST", permission="pipeline.see")
def version(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    """`to` names the version; without it the offered ones are shown."""
    deal = opportunity_for(request.scope, opportunity_id)
    access.can_edit(request.scope, deal).enforce()
    given = request.POST.get("to", "") or request.GET.get("to", "")
    offered = [(one, name_of(one.playbook)) for one in offered_versions() if one.pk != deal.playbook_version_id]
    context = {"deal": deal, "offered": offered, "target": None}
    if given.isdigit():
        target = version_for(request.scope, int(given))
        stage = request.POST.get("stage", "") or request.GET.get("stage", "")
        if request.method == "POST":
            expected = request.POST.get("version", "")
            actions.change_version(
                opportunity=deal, version=target, to_stage=stage, reason=request.POST.get("reason", ""), by=request.scope,
                now=timezone.now(), today=timezone.localdate(), expected_version=int(expected) if expected.isdigit() else None,
            )  # fmt: skip
            return moved(request, deal.pk, _("The deal runs in the other version now."))
        mapping = actions.preview(deal, target, to_stage=stage)
        language = get_language() or "zh-hans"
        old, new = content_of(deal.playbook_version), content_of(target)
        reachable = new.stages[: new.place(actions.preview(deal, target).stage) + 1]
        steps = {(one.code, step.code): step.label.text(language) for book in (old, new) for one in book.stages for step in one.steps}
        conditions = {
            (one.code, gate.key): gate.label.text(language) if gate.label else gate.check
            for book in (old, new)
            for one in book.stages
            for gate in (*one.entry, *one.exit)
        }
        context |= {
            "target": target, "target_name": name_of(target.playbook), "mapping": mapping,
            "stages": [(one.code, one.label.text(language)) for one in reachable], "steps": steps, "conditions": conditions,
        }  # fmt: skip
    return pages.page(request, "pipeline/version.html", context)
