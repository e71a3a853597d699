"""Brings in the shipped playbooks (playbooks/playbooks.yaml): version 1 of each; a newer text becomes a new version.

Running deals keep theirs. A playbook that the company put away stays away; its draft is never touched.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction
from django.db.models import Max

from dingke.core.lists import PLAYBOOKS
from dingke.pipeline.calc.playbook import Content, parse, stored
from dingke.pipeline.models import Playbook, PlaybookVersion

FILE = PLAYBOOKS / "playbooks.yaml"
PROGRAM = "Dingke"


def read_playbooks(file: Path = FILE) -> list[dict[str, Any]]:
    """Every shipped playbook with its content as stored. Raises `Unsound` when one is not sound."""
    rows = yaml.safe_load(file.read_text(encoding="utf-8"))["playbooks"]
    return [{**row, "content": stored(_sound(row["stages"]))} for row in rows]


def _sound(stages: list[dict[str, Any]]) -> Content:
    return parse({"stages": [{name: _flat(value) for name, value in row.items()} for row in stages]})


def _flat(value: Any) -> Any:
    """A list inside a list is taken in place, so that playbooks can share steps and conditions."""
    if not isinstance(value, list):
        return value
    return [one for part in value for one in (part if isinstance(part, list) else [part])]


@transaction.atomic
def load_shipped(*, now: datetime, file: Path = FILE) -> int:
    """Returns how many versions came. Run again without a new release it changes nothing."""
    added = 0
    for place, row in enumerate(read_playbooks(file), start=1):
        playbook, is_new = Playbook.objects.get_or_create(
            code=row["code"],
            defaults={
                "label_zh": row["zh"], "label_en": row["en"], "unit": row["unit"], "mode": row["mode"], "position": place * 10,
                "industries": row.get("industries", []), "product_families": row.get("families", []), "is_own": False,
            },
        )  # fmt: skip
        shipped = playbook.versions.filter(published_by_name=PROGRAM).order_by("-number").first()
        if not is_new and shipped is not None and shipped.content == row["content"]:
            continue
        number = (playbook.versions.aggregate(last=Max("number"))["last"] or 0) + 1
        PlaybookVersion.objects.create(
            playbook=playbook, number=number, state=PlaybookVersion.State.PUBLISHED, content=row["content"], published_at=now,
            published_by_name=PROGRAM,
        )  # fmt: skip
        added += 1
    return added
