"""Keeps the search terms of entries. The database mirrors them into its full-text index by itself."""

from __future__ import annotations

from collections.abc import Iterable

from dingke.library.calc.terms import terms_of
from dingke.library.calc.topics import TOPICS
from dingke.library.calc.versions import flat
from dingke.library.models import Entry, EntryTerms


def refresh_terms(entries: Iterable[Entry]) -> None:
    """Writes the terms of these entries anew."""
    rows = list(entries)
    EntryTerms.objects.filter(pk__in=[row.pk for row in rows]).delete()
    EntryTerms.objects.bulk_create([EntryTerms(entry_id=row.pk, terms=terms_for(row)) for row in rows], batch_size=200)


def terms_for(entry: Entry) -> str:
    topic = TOPICS.get(entry.kind, {}).get(entry.topic)
    titles = [entry.title_zh, entry.title_en, *([topic.zh, topic.en] if topic else [])]
    content = [words for name, words in flat({"content": entry.content}).items() if name.startswith("content.")]
    return terms_of(titles=titles, texts=[entry.body_zh, entry.body_en, entry.region, *entry.product_families, *content])
