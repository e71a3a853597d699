"""Entries of master lists that a file names by label or code: found, or added at the end of the list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Max

from dingke.core import audit
from dingke.core.importing.outcomes import Written
from dingke.core.models import ListItem
from dingke.core.scope import Scope
from dingke.core.tabular.mapping import normal


class Entries:
    """All entries of some lists, found by code or by label in either language."""

    def __init__(self, lists: Iterable[str], labels: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        """`labels` may know a text in both languages: text -> {"zh": …, "en": …}."""
        self.found: dict[tuple[str, str], ListItem] = {}
        self.labels = {normal(text): words for text, words in (labels or {}).items()}
        self.added: list[Written] = []
        for item in ListItem.objects.filter(list_code__in=list(lists)).order_by("-is_active", "position", "id"):
            self._keep(item)

    def _keep(self, item: ListItem) -> None:
        for word in (item.code, item.label_zh, item.label_en):
            self.found.setdefault((item.list_code, normal(word)), item)

    def find(self, list_code: str, text: str) -> ListItem | None:
        key = normal(text)
        words = self.labels.get(key, {})
        tried = (key, normal(str(words.get("en", ""))), normal(str(words.get("zh", ""))))
        return next((item for word in tried if word and (item := self.found.get((list_code, word)))), None)

    def add_missing(self, wanted: Iterable[tuple[str, str]], *, by: Scope, now: datetime) -> None:
        """Adds what is not there at the end of its list."""
        missing = {(code, normal(text)): text for code, text in wanted if text and self.find(code, text) is None}
        if not missing:
            return
        codes = {code for code, _key in missing}
        last = dict(ListItem.objects.filter(list_code__in=codes).order_by().values_list("list_code").annotate(last=Max("position")))
        taken = {(item.list_code, item.code) for item in self.found.values()}
        rows: list[ListItem] = []
        for (code, key), text in missing.items():
            last[code] = (last.get(code) or 0) + 10
            words = self.labels.get(key, {})
            name = base = "_".join(str(words.get("en", text)).upper().split())[:55]
            number = 1
            while (code, name) in taken:
                number += 1
                name = f"{base}_{number}"
            taken.add((code, name))
            rows.append(
                ListItem(
                    list_code=code,
                    code=name,
                    label_zh=str(words.get("zh", text))[:120],
                    label_en=str(words.get("en", text))[:120],
                    position=last[code],
                )
            )
        for row in ListItem.objects.bulk_create(rows):
            self._keep(row)
            self.added.append(Written(row._meta.label_lower, row.pk, True))
            audit.record(target=row, action="lists.add", by=by, now=now, summary=row.label)


def labels_of(list_code: str) -> list[str]:
    """Every word by which the entries of a list are known, for proposals."""
    rows = (
        ListItem.objects.filter(list_code=list_code, is_active=True).order_by("position", "id").values_list("label_zh", "label_en", "code")
    )
    return list(dict.fromkeys(word for row in rows for word in row if word))
