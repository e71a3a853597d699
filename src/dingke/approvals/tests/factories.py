"""Requests for tests; what a test is about is passed by name."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dingke.approvals import actions
from dingke.approvals.models import Approval

NOW = datetime(2026, 9, 30, 2, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def ask(*, by: Any, steps: Sequence[tuple[str, Sequence[Any], str]], now: datetime = NOW, **fields: Any) -> Approval:
    number = next(_numbers)
    values = {
        "kind": "tests.thing",
        "subject_id": number,
        "title": f"江州重工集团有限公司 {number}",
        "reason": "年采购额大，且为行业标杆。",
        "link": "/",
    }
    return actions.ask_approval(**(values | fields), steps=steps, by=by, now=now)
