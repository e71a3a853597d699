"""The needed profile of the funnel (P-08)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from dingke.core import rules
from dingke.core.scope import Scope
from dingke.pipeline.calc.funnel import FunnelSettings
from dingke.pipeline.models import PlaybookVersion
from dingke.pipeline.queries.funnel import RULES, settings_in_force


def store_profile(*, version: PlaybookVersion, needed: Mapping[str, int], by: Scope, now: datetime) -> FunnelSettings:
    """Keeps how many deals should stand at each stage of a playbook. Raises `Invalid`, `NotAllowed`."""
    kept = {**settings_in_force().needed, version.playbook.code: dict(needed)}
    return rules.store(key=RULES, kind=FunnelSettings, values={"needed": kept}, by=by, now=now)
