"""A dry run: what a score run would change, told and not written."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import numpy as np

from dingke.accounts.models import Account, Standing
from dingke.insights.columns import Columns
from dingke.insights.judging import Judged

SHOWN = 100


@dataclass(frozen=True)
class Change:
    """One account; `before` and `after` are codes of a class or face, "" for none."""

    account_id: int
    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Changes:
    """`counts`: "A>B" -> accounts; `accounts`: the largest of them by revenue, at most `SHOWN`."""

    counts: dict[str, int] = field(default_factory=dict)
    accounts: tuple[Change, ...] = ()

    @property
    def number(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Preview:
    as_of: date
    accounts: int
    customers: int
    classes: Changes
    faces: Changes
    candidates: Changes
    """From "" to "CANDIDATE" and back."""
    quiet: Changes
    """From "" to "QUIET" and back."""

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "as_of": self.as_of.isoformat()}


def preview_of(columns: Columns, judged: Judged) -> Preview:
    """The judgement beside the scores in place."""
    names = ("account_id", "abc", "proposed_face", "is_candidate", "is_quiet")
    rows = list(Standing.objects.order_by().values_list(*names))
    places = columns.places([row[0] for row in rows])
    kept = places >= 0

    def before(at: int, kind: str, word: str = "") -> Any:
        laid = np.full(len(columns), "", dtype=kind)
        values = [(word if row[at] else "") if word else row[at] for row in rows]
        laid[places[kept]] = np.array(values, dtype=kind)[kept] if rows else []
        return laid

    return Preview(
        as_of=columns.as_of,
        accounts=len(columns),
        customers=int((judged.rank > 0).sum()),
        classes=_changes(columns, before(1, "<U1"), judged.abc),
        faces=_changes(columns, before(2, "<U5"), judged.proposed_face),
        candidates=_changes(columns, before(3, "<U9", "CANDIDATE"), np.where(judged.is_candidate, "CANDIDATE", "")),
        quiet=_changes(columns, before(4, "<U5", "QUIET"), np.where(judged.weak.is_quiet, "QUIET", "")),
    )


def _changes(columns: Columns, before: Any, after: Any) -> Changes:
    changed = np.flatnonzero(before != after)
    counts = Counter(f"{was}>{will}" for was, will in zip(before[changed].tolist(), after[changed].tolist(), strict=True))
    first = changed[np.lexsort((columns.account_id[changed], -columns.revenue[changed]))][:SHOWN]
    names = dict(Account.objects.filter(pk__in=columns.account_id[first].tolist()).order_by().values_list("pk", "name"))
    return Changes(
        dict(sorted(counts.items())),
        tuple(
            Change(account_id, names.get(account_id, ""), str(before[place]), str(after[place]))
            for account_id, place in zip(columns.account_id[first].tolist(), first, strict=True)
        ),
    )
