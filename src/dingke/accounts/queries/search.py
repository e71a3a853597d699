"""Finding accounts and contacts by name, pinyin, phone or tax id, through the full-text index of either database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.db import connection
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value
from django.db.models.expressions import RawSQL

from dingke.accounts import access
from dingke.accounts.models import Account, Collaborator, Favourite, RecentView, SearchEntry
from dingke.core.scope import Scope
from dingke.core.search_keys import GUARDS, pinyin_forms, query_terms

ACCOUNT, CONTACT = "account", "contact"
SAMPLE = 120

_SQLITE = "SELECT rowid FROM accounts_search_fts WHERE accounts_search_fts MATCH %s"


class _Vector(Func):
    """The expression that the PostgreSQL index is on (migration 0003)."""

    template = "array_to_tsvector(string_to_array(%(expressions)s, ' '))"


class _Asked(Func):
    template = "%(expressions)s::tsquery"


class _Carries(Func):
    template = "(%(expressions)s)"
    arg_joiner = " @@ "
    output_field = BooleanField()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Something found. A contact leads to its account."""

    kind: str
    object_id: int
    account_id: int
    title: str
    subtitle: str
    is_own: bool = False
    is_favourite: bool = False
    is_key: bool = False
    abc: str = ""


def index_query(text: str, rights: Iterable[str] = ()) -> str:
    """What the full-text index is asked, in the language of the database in use; "" when nothing searchable was typed.

    Guarded values (phones, tax ids of invoice titles) are asked for only with their field rights.
    """
    guards = ["", *(GUARDS[right] for right in rights)]
    groups = []
    for term, is_prefix in query_terms(text):
        marks = guards if is_prefix else [""]
        if connection.vendor == "sqlite":
            alternatives = [f'"{mark}{term}"{"*" if is_prefix else ""}' for mark in marks]
            groups.append("(" + " OR ".join(alternatives) + ")")
        else:
            alternatives = [f"'{mark}{term}'{':*' if is_prefix else ''}" for mark in marks]
            groups.append("(" + " | ".join(alternatives) + ")")
    return (" AND " if connection.vendor == "sqlite" else " & ").join(groups)


def _carries(asked: str) -> Q:
    if connection.vendor == "sqlite":
        return Q(pk__in=RawSQL(_SQLITE, [asked]))
    return Q(_Carries(_Vector(F("terms")), _Asked(Value(asked))))


def matching(scope: Scope, text: str) -> QuerySet[SearchEntry]:
    """The search rows the caller sees that carry every term, by the index.

    In the public pool people and phones are not found by those who would not be shown them.
    """
    rights = [right for right in GUARDS if not scope.hides(right)]
    asked = index_query(text, rights)
    if not asked:
        return SearchEntry.objects.none()
    rows = SearchEntry.objects.visible_to(scope).filter(_carries(asked))
    if access.sees_pool_contacts(scope):
        return rows
    shared = Collaborator.objects.filter(user_id=scope.me).order_by().values("account_id")
    unguarded = index_query(text)
    named = Q(kind=ACCOUNT) if unguarded == asked else Q(kind=ACCOUNT) & _carries(unguarded)
    return rows.filter(Q(account__pool_at__isnull=True) | Q(account_id__in=shared) | named)


def account_ids(scope: Scope, text: str) -> QuerySet[SearchEntry, dict[str, Any]]:
    """Ids of accounts whose own names or codes match, for filtering a list."""
    return cast("QuerySet[SearchEntry, dict[str, Any]]", matching(scope, text).filter(kind=ACCOUNT).order_by().values("account_id"))


def search(scope: Scope, text: str, limit: int = 20) -> list[Hit]:
    """The best matches: a name that is or begins with the text first, then favourites and own accounts, then the rest.

    Looks at a bounded sample for very short texts; four queries whatever the size of the customer base.
    """
    text = " ".join(text.split())[:100]
    rows = matching(scope, text).select_related("account", "account__standing").order_by("pk")
    if not query_terms(text):
        return []
    favourites = _favourite_ids(scope)
    close = Q(account__owner_id=scope.user_id) | Q(account_id__in=favourites)
    candidates: dict[int, SearchEntry] = {}
    wanted = text.casefold()
    plain = "".join(sign for sign in wanted if sign.isalnum() and sign.isascii())
    begins = Q(title__istartswith=text) | Q(kind=ACCOUNT, account__short_name__istartswith=text)
    for part in (rows.filter(begins), rows.filter(close), rows):
        if not plain and len(candidates) >= limit:
            break  # Chinese characters only: the rest could not come before these
        for entry in part[: max(SAMPLE, 2 * limit)]:
            candidates.setdefault(entry.pk, entry)

    def order(entry: SearchEntry) -> tuple[int, bool, bool, int, str, int]:
        is_close = entry.account.owner_id == scope.user_id or entry.account_id in favourites
        return (_nearness(entry, wanted, plain), not is_close, entry.kind != ACCOUNT, len(entry.title), entry.title, entry.pk)

    best = sorted(candidates.values(), key=order)[:limit]
    return [_hit(entry, scope, favourites) for entry in best]


def _nearness(entry: SearchEntry, wanted: str, plain: str) -> int:
    names = [entry.title.casefold()]
    if entry.kind == ACCOUNT and entry.account.short_name:
        names.append(entry.account.short_name.casefold())
    if wanted in names or (plain and plain == (entry.account.credit_code or "").casefold()):
        return 0
    if any(name.startswith(wanted) for name in names):
        return 1
    if plain and any(form.startswith(plain) for form in pinyin_forms(entry.title)):
        return 1
    return 2


def _hit(entry: SearchEntry, scope: Scope, favourites: Iterable[int]) -> Hit:
    standing = getattr(entry.account, "standing", None)
    return Hit(
        kind=entry.kind,
        object_id=entry.object_id,
        account_id=entry.account_id,
        title=entry.title,
        subtitle=entry.subtitle,
        is_own=entry.account.owner_id == scope.user_id,
        is_favourite=entry.account_id in set(favourites),
        is_key=entry.account.is_key,
        abc=standing.abc if standing else "",
    )


def _favourite_ids(scope: Scope) -> set[int]:
    if scope.user_id is None:
        return set()
    return set(Favourite.objects.filter(user_id=scope.me).order_by("-at", "-id").values_list("account_id", flat=True)[:500])


def favourites(scope: Scope, limit: int = 8) -> list[Hit]:
    """The caller's favourites that he or she still sees, newest first."""
    rows = Favourite.objects.visible_to(scope).filter(user_id=scope.me, account__archived_at__isnull=True)
    rows = rows.select_related("account", "account__standing").order_by("-at", "-id")[:limit]
    return [_account_hit(row.account, scope, is_favourite=True) for row in rows]


def recent(scope: Scope, limit: int = 8) -> list[Hit]:
    """What the caller opened last and still sees."""
    rows = RecentView.objects.visible_to(scope).filter(user_id=scope.me, account__archived_at__isnull=True)
    rows = rows.select_related("account", "account__standing").order_by("-at", "-id")[:limit]
    known = _favourite_ids(scope)
    return [_account_hit(row.account, scope, is_favourite=row.account_id in known) for row in rows]


def _account_hit(account: Account, scope: Scope, *, is_favourite: bool) -> Hit:
    standing = getattr(account, "standing", None)
    subtitle = " · ".join(part for part in (account.short_name, account.city) if part)
    return Hit(
        kind=ACCOUNT,
        object_id=account.pk,
        account_id=account.pk,
        title=account.name,
        subtitle=subtitle,
        is_own=account.owner_id == scope.user_id,
        is_favourite=is_favourite,
        is_key=account.is_key,
        abc=standing.abc if standing else "",
    )
