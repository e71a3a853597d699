"""Rows for tests, each valid by itself; what a test is about is passed by name."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

from dingke.accounts.models import Account
from dingke.accounts.tests.factories import NOW, TODAY
from dingke.core.search_keys import pinyin_sort_key
from dingke.people.models import User
from dingke.pipeline.models import Opportunity, Playbook, PlaybookVersion, StageSpell

_numbers = itertools.count(1)

CONTENT: dict[str, Any] = {
    "stages": [
        {
            "code": "LEAD", "zh": "线索", "en": "Lead", "purpose": {"zh": "确认商机", "en": "Confirm the chance"}, "probability": 10, "days": 30,
            "steps": [{"code": "CALL", "zh": "电话邀约", "en": "Phone appointment", "days": 3, "proof": "NOTE"}],
            "exit": [{"key": "ACCOUNT", "check": "ACCOUNT_KNOWN"}],
        },
        {
            "code": "OFFER", "zh": "方案", "en": "Proposal", "purpose": {"zh": "给出合适的方案", "en": "Show a fitting solution"}, "probability": 40,
            "days": 45, "buying": "COMPARE",
            "exit": [
                {"key": "AMOUNT", "check": "AMOUNT_KNOWN"},
                {"key": "BUDGET", "check": "BUDGET_KNOWN", "must": False},
            ],
        },
        {
            "code": "TERMS", "zh": "谈判", "en": "Negotiation", "purpose": {"zh": "谈妥条款", "en": "Agree on terms"}, "probability": 70, "days": 30,
            "exit": [{"key": "DATE", "check": "EXPECTED_DATE_SET"}],
        },
        {
            "code": "DELIVERY", "zh": "实施", "en": "Delivery", "purpose": {"zh": "按约交付", "en": "Deliver as agreed"}, "probability": 95,
        },
    ]
}  # fmt: skip


def make_playbook(code: str = "", *, content: dict[str, Any] | None = None, published: bool = True, **fields: Any) -> PlaybookVersion:
    """A published version of a playbook of its own; four stages (LEAD, OFFER, TERMS, DELIVERY) unless `content` says otherwise."""
    code = code or f"BOOK{next(_numbers)}"
    fields.setdefault("mode", Playbook.Mode.PROJECT)
    playbook, _created = Playbook.objects.get_or_create(
        code=code, defaults={"label_zh": "项目销售", "label_en": "Project selling", "is_own": True, **fields}
    )
    number = playbook.versions.count() + 1
    return PlaybookVersion.objects.create(
        playbook=playbook,
        number=number,
        state=PlaybookVersion.State.PUBLISHED if published else PlaybookVersion.State.DRAFT,
        content=content or CONTENT,
        published_at=NOW if published else None,
    )


def make_opportunity(
    name: str = "", *, account: Account | None = None, owner: User, version: PlaybookVersion | None = None, stage: str = "", **fields: Any
) -> Opportunity:
    """An open deal in the first stage (or `stage`) of a playbook, with its stay in the stage written down."""
    version = version or make_playbook()
    codes = [one["code"] for one in version.content["stages"]]
    stage = stage or codes[0]
    name = name or f"产线改造项目{next(_numbers)}"
    fields = {
        "amount": Decimal("120000.00"), "opened_date": TODAY, "stage_since": TODAY, "mode": version.playbook.mode,
        "unit": version.playbook.unit, "probability": version.content["stages"][codes.index(stage)].get("probability", 0), **fields,
    }  # fmt: skip
    row = Opportunity.objects.create(
        name=name, name_pinyin=pinyin_sort_key(name), account=account, owner=owner, playbook_version=version, stage=stage,
        stage_position=codes.index(stage), **fields,
    )  # fmt: skip
    StageSpell.objects.create(
        opportunity=row, playbook_version=version, stage=stage, stage_position=row.stage_position, way=StageSpell.Way.START,
        entered_date=row.stage_since, entered_at=NOW, left_date=row.ended_date,
    )  # fmt: skip
    return row
