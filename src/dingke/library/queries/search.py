"""Finding entries by Chinese, pinyin or English words, through the full-text index of either database."""

from __future__ import annotations

from typing import Any, cast

from django.db import connection
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value
from django.db.models.expressions import RawSQL

from dingke.core.search_keys import query_terms
from dingke.library.models import EntryTerms

_SQLITE = "SELECT rowid FROM library_search_fts WHERE library_search_fts MATCH %s"


class _Vector(Func):
    """The expression that the PostgreSQL index is on (migration 0002)."""

    template = "array_to_tsvector(string_to_array(%(expressions)s, ' '))"


class _Asked(Func):
    template = "%(expressions)s::tsquery"


class _Carries(Func):
    template = "(%(expressions)s)"
    arg_joiner = " @@ "
    output_field = BooleanField()


def index_query(text: str) -> str:
    """What the full-text index is asked, in the language of the database in use; "" when nothing searchable was typed."""
    if connection.vendor == "sqlite":
        return " AND ".join(f'"{term}"{"*" if is_prefix else ""}' for term, is_prefix in query_terms(text))
    return " & ".join(f"'{term}'{':*' if is_prefix else ''}" for term, is_prefix in query_terms(text))


def matching(text: str) -> QuerySet[EntryTerms]:
    asked = index_query(text[:100])
    if not asked:
        return EntryTerms.objects.none()
    if connection.vendor == "sqlite":
        return EntryTerms.objects.filter(Q(pk__in=RawSQL(_SQLITE, [asked])))
    return EntryTerms.objects.filter(_Carries(_Vector(F("terms")), _Asked(Value(asked))))


def entry_ids(text: str) -> QuerySet[EntryTerms, dict[str, Any]]:
    """Ids of the entries that carry every word, for filtering; whoever asks filters by what the caller may read."""
    return cast("QuerySet[EntryTerms, dict[str, Any]]", matching(text).order_by().values("entry_id"))
