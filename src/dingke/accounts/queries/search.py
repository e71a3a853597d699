"""Finding accounts and contacts by name, pinyin, phone or tax id, through the full-text index of either database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.db import connection
from django.db.models import BooleanField, Case, F, Func, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from dingke.accounts import access
from dingke.accounts.models import Account, Collaborator, Favourite, RecentView, SearchEntry
from dingke.core.scope import Scope
from dingke.core.search_keys import GUARDS, pinyin_forms, query_terms

ACCOUNT, CONTACT = "account", "contact"
SAMPLE = 120
LOOKED_AT = 20_000  # matches that are ordered; only one or two letters have more

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


_SHOWN = (
    "kind", "object_id", "account_id", "title", "subtitle", "account__owner_id", "account__short_name", "account__pinyin",
    "account__credit_code", "account__is_key", "account__standing__abc",
)  # fmt: skip


def search(scope: Scope, text: str, limit: int = 20) -> list[Hit]:
    """The best matches: a name that is or begins with the text first, then favourites and own accounts, then the rest.

    Looks at a bounded sample for very short texts; two queries whatever the size of the customer base. The matches are found
    first, by the full-text index, and ordered afterwards: asked for in the order of their keys, PostgreSQL would rather walk
    through the whole table.
    """
    text = " ".join(text.split())[:100]
    if not query_terms(text):
        return []
    favourites = _favourite_ids(scope)
    wanted = text.casefold()
    plain = "".join(sign for sign in wanted if sign.isalnum() and sign.isascii())
    begins = Q(title__istartswith=text) | Q(kind=ACCOUNT, account__short_name__istartswith=text)
    close = Q(account__owner_id=scope.user_id) | Q(account_id__in=favourites)
    place = Case(When(begins, then=Value(0)), When(close, then=Value(1)), default=Value(2), output_field=IntegerField())
    found = SearchEntry.objects.filter(pk__in=matching(scope, text).order_by().values("pk")[:LOOKED_AT]).annotate(place=place)
    # only pinyin can lift a row that the database puts last: then more of them are looked at
    sample = max(SAMPLE, 2 * limit) * (3 if plain else 1)
    rows = found.order_by("place", "pk").values("pk", *_SHOWN)[:sample]

    def order(row: dict[str, Any]) -> tuple[int, bool, bool, int, str, int]:
        is_close = row["account__owner_id"] == scope.user_id or row["account_id"] in favourites
        return (_nearness(row, wanted, plain), not is_close, row["kind"] != ACCOUNT, len(row["title"]), row["title"], row["pk"])

    return [_hit(row, scope, favourites) for row in sorted(rows, key=order)[:limit]]


def _nearness(row: dict[str, Any], wanted: str, plain: str) -> int:
    names = [row["title"].casefold()]
    is_account = row["kind"] == ACCOUNT
    if is_account and row["account__short_name"]:
        names.append(row["account__short_name"].casefold())
    if wanted in names or (plain and plain == (row["account__credit_code"] or "").casefold()):
        return 0
    if any(name.startswith(wanted) for name in names):
        return 1
    if plain and any(form.startswith(plain) for form in _forms(row, is_account)):
        return 1
    return 2


def _forms(row: dict[str, Any], is_account: bool) -> tuple[str, str]:
    """Joined pinyin and initials: of an account from its stored pinyin, of a person from the name."""
    if not is_account:
        return pinyin_forms(row["title"])
    syllables = row["account__pinyin"].split()
    return "".join(syllables), "".join(syllable[0] for syllable in syllables)


def _hit(row: dict[str, Any], scope: Scope, favourites: set[int]) -> Hit:
    return Hit(
        kind=row["kind"],
        object_id=row["object_id"],
        account_id=row["account_id"],
        title=row["title"],
        subtitle=row["subtitle"],
        is_own=row["account__owner_id"] == scope.user_id,
        is_favourite=row["account_id"] in favourites,
        is_key=row["account__is_key"],
        abc=row["account__standing__abc"] or "",
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
