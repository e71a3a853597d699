"""Many new accounts compared with those that are there: for an import, a fixed number of queries per batch whatever its size.

Candidates share a key with the new account: credit code, matching name, its sound, its beginning or end, a phone, a website.
A key that more than a few accounts share says nothing (a switchboard, 中国…) and brings no candidates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Right, Substr

from dingke.accounts.calc import duplicates
from dingke.accounts.calc.duplicates import DuplicateMatch, DuplicateRecord, DuplicateSettings, name_similarity
from dingke.accounts.models import Account, SearchEntry
from dingke.accounts.queries.duplicates import duplicate_settings, records_of
from dingke.core.models import ImportChange
from dingke.core.scope import Scope
from dingke.core.search_keys import GUARDS, SOUND, code_terms

MOST_IN_BLOCK = 60
ENDS = 6  # characters at either end of a name; one slip spoils one end only
LONG = 8  # a shorter name with a slip is no longer alike enough
TERMS = 500  # asked of the full-text index at once
LOADED = 2_000  # accounts compared at once
Pairs = dict[str, set[int]]
_SQLITE = "SELECT rowid FROM accounts_search_fts WHERE accounts_search_fts MATCH %s"
# One question for many terms reads what was added lately only once; the planner would guess far too many rows and read the whole table.
_POSTGRES = """SELECT account_id, terms FROM accounts_searchentry
    WHERE array_to_tsvector(string_to_array(terms, ' ')) @@ %s::tsquery"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """The account that a new one resembles most, of those that the caller sees when there is one.

    `is_certain`: the same credit code, or the same name by its matching key with nothing against it, and only one such.
    """

    account_id: int
    name: str
    match: DuplicateMatch
    is_visible: bool
    is_certain: bool


def likenesses(scope: Scope, asked: Sequence[DuplicateRecord], *, run_id: int | None = None) -> list[Likeness | None]:
    """For each new account what it resembles, if anything reaches the threshold. What the run brought itself does not count."""
    settings = duplicate_settings()
    living = Account.objects.filter(archived_at__isnull=True).order_by()
    if (first := _first_of(run_id)) is not None:
        living = living.filter(pk__lt=first)
    wanted = _candidates(living, asked, settings)
    others = _records(living, sorted(set().union(*wanted)))
    matches: list[list[tuple[int, DuplicateMatch]]] = []
    for record, ids in zip(asked, wanted, strict=True):
        ranked = duplicates.rank(record, [others[pk][1] for pk in sorted(ids) if pk in others], settings=settings)
        matches.append([(item.id, item.match) for item in ranked])
    found = {pk for rows in matches for pk, _match in rows}
    seen = _visible(scope, found)
    return [_best(rows, {pk: others[pk][0] for pk, _match in rows}, seen) for rows in matches]


def _first_of(run_id: int | None) -> int | None:
    """The first account that the run created: what came from there on is not looked at, whatever the size of a batch."""
    if run_id is None:
        return None
    rows = ImportChange.objects.filter(run_id=run_id, target=Account._meta.label_lower, is_created=True)
    return rows.order_by("id").values_list("target_id", flat=True).first()


def _visible(scope: Scope, ids: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for part in _parts(sorted(ids), LOADED):
        found |= set(Account.objects.visible_to(scope).filter(pk__in=part).order_by().values_list("pk", flat=True))
    return found


def _best(rows: Sequence[tuple[int, DuplicateMatch]], names: dict[int, str], seen: set[int]) -> Likeness | None:
    if not rows:
        return None
    certain = [pk for pk, match in rows if _is_certain(match)]
    pk, match = min(rows, key=lambda row: (row[0] not in seen, -row[1].score, row[0]))
    return Likeness(account_id=pk, name=names[pk], match=match, is_visible=pk in seen, is_certain=certain == [pk])


def _is_certain(match: DuplicateMatch) -> bool:
    codes = {reason.code for reason in match.reasons}
    return "SAME_CREDIT_CODE" in codes or ("SAME_NAME" in codes and not codes & {"OTHER_CREDIT_CODE", "OTHER_REGION"})


def _records(living: QuerySet[Account], ids: Sequence[int]) -> dict[int, tuple[str, DuplicateRecord]]:
    found: dict[int, tuple[str, DuplicateRecord]] = {}
    for part in _parts(ids, LOADED):
        rows = list(living.filter(pk__in=part).only("pk", "name", "credit_code", "phone", "website"))
        records = records_of(rows)
        found |= {row.pk: (row.name, records[row.pk]) for row in rows}
    return found


def _candidates(living: QuerySet[Account], asked: Sequence[DuplicateRecord], settings: DuplicateSettings) -> list[set[int]]:
    by_code = _holders(living, "credit_code", {record.credit_code for record in asked} - {""})
    by_name = _holders(living, "name_key", {record.name_key for record in asked} - {""})
    by_term = _carriers({term for record in asked for term in _terms(record)})
    long = {record.name_key for record in asked if len(record.name_key) >= LONG}
    near = _near_names(living, long, settings)
    found: list[set[int]] = []
    for record in asked:
        ids = by_code.get(record.credit_code, set()) | by_name.get(record.name_key, set()) | near.get(record.name_key, set())
        for term in _terms(record):
            block = by_term.get(term, set())
            ids |= block if len(block) <= MOST_IN_BLOCK else set()
        found.append(ids)
    return found


def _holders(living: QuerySet[Account], name: str, values: set[str]) -> Pairs:
    if not values:
        return {}
    rows = living.filter(**{f"{name}__in": sorted(values)}).values_list(name, "pk")
    return _under(rows)


def _under(rows: Iterable[tuple[Any, int]]) -> Pairs:
    found: Pairs = defaultdict(set)
    for key, pk in rows:
        found[key].add(pk)
    return found


def _near_names(living: QuerySet[Account], names: set[str], settings: DuplicateSettings) -> Pairs:
    """Names that share six characters at either end, and are alike enough to be worth a full comparison."""
    if not names:
        return {}
    found: Pairs = defaultdict(set)
    keys = living.annotate(begins=Substr("name_key", 1, ENDS), ends=Right("name_key", ENDS))
    for place, cut in (("begins", slice(None, ENDS)), ("ends", slice(-ENDS, None))):
        asked: dict[str, list[str]] = defaultdict(list)
        for name in sorted(names):
            asked[name[cut]].append(name)
        held: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for key, name, pk in keys.filter(**{f"{place}__in": sorted(asked)}).values_list(place, "name_key", "pk"):
            held[key].append((name, pk))
        for key, others in held.items():
            if len(others) <= MOST_IN_BLOCK:
                for name in asked[key]:
                    found[name] |= {pk for other, pk in others if _alike(name, other, settings)}
    return found


def _alike(name: str, other: str, settings: DuplicateSettings) -> bool:
    if min(len(name), len(other)) * 2 < settings.similar_from * (len(name) + len(other)):
        return name in other or other in name
    return name in other or other in name or name_similarity(name, other) >= settings.similar_from


def _terms(record: DuplicateRecord) -> Iterator[str]:
    """Terms of the search index: the sound of the name, phones in the forms they are written, the website."""
    if record.pinyin:
        yield SOUND + record.pinyin
    for phone in record.phones:
        yield GUARDS["phone"] + phone
        if phone.startswith("0"):
            yield GUARDS["phone"] + phone[1:]
    if record.domain:
        yield from (term for term in code_terms(record.domain) if not term.isdigit())


def _carriers(terms: set[str]) -> Pairs:
    """Accounts whose search rows, or those of their contacts, carry a term; a few hundred terms a question."""
    found: Pairs = defaultdict(set)
    for part in _parts(sorted(terms), TERMS):
        asked = set(part)
        for account_id, carried in _rows_carrying(part):
            for term in asked.intersection(carried.split()):
                found[term].add(account_id)
    return found


def _rows_carrying(terms: Sequence[str]) -> list[tuple[int, str]]:
    if connection.vendor == "sqlite":
        inner = RawSQL(_SQLITE, [" OR ".join(f'"{term}"' for term in terms)])
        return list(SearchEntry.objects.filter(pk__in=inner).order_by().values_list("account_id", "terms"))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(_POSTGRES, [" | ".join(f"'{term}'" for term in terms)])
        rows: list[tuple[int, str]] = cursor.fetchall()
        cursor.execute("SET LOCAL enable_seqscan = on")
        return rows


def _parts(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
