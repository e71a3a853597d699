"""Accounts that may be there twice: candidates for one that is being typed, and the pairs that were found in the whole company."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import F, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.calc import duplicates
from dingke.accounts.calc.contact_keys import phone_key, website_key
from dingke.accounts.calc.credit_code import check_credit_code
from dingke.accounts.calc.duplicates import DuplicateRecord, DuplicateSettings
from dingke.accounts.calc.names import split_company_name
from dingke.accounts.models import Account, ContactWay, DuplicatePair, SearchEntry
from dingke.accounts.queries import search
from dingke.core import rules
from dingke.core.paging import CappedCount, Page, capped_count, keyset_page
from dingke.core.reasons import Reason
from dingke.core.scope import Scope
from dingke.core.search_keys import GUARDS, code_terms, pinyin_forms
from dingke.people.queries import managers_of

RULES = "accounts.duplicates"
PER_QUESTION = 40  # rows that one question to an index may bring
MOST_CANDIDATES = 200
HINT_FROM = 0.5  # a name that is still being typed says less
_PHONES = [ContactWay.Kind.MOBILE.value, ContactWay.Kind.PHONE.value]


def duplicate_settings() -> DuplicateSettings:
    return rules.load(RULES, DuplicateSettings)


# ---- records ----------------------------------------------------------------------------------------------------


def record(*, id: int = 0, name: str = "", credit_code: str = "", phones: Iterable[str] = (), website: str = "") -> DuplicateRecord:
    """What is compared, from what was typed or stored."""
    parts = split_company_name(name)
    code = check_credit_code(credit_code) if credit_code.strip() else None
    return DuplicateRecord(
        id=id, name_key=parts.key[:200], pinyin=pinyin_forms(parts.key)[0], regions=parts.regions,
        credit_code=code.normalised if code is not None and code.valid else "",
        phones=frozenset(phone_key(phone) for phone in phones) - {""}, domain=website_key(website),
    )  # fmt: skip


def records_of(accounts: Iterable[Account]) -> dict[int, DuplicateRecord]:
    """The records of stored accounts with the phones of their people: one query."""
    rows = list(accounts)
    phones: dict[int, set[str]] = {account.pk: {account.phone} for account in rows}
    ways = ContactWay.objects.filter(contact__account_id__in=phones, contact__archived_at__isnull=True, kind__in=_PHONES).order_by()
    for account_id, value in ways.values_list("contact__account_id", "value"):
        phones[account_id].add(value)
    return {
        account.pk: record(
            id=account.pk,
            name=account.name,
            credit_code=account.credit_code or "",
            phones=phones[account.pk],
            website=account.website,
        )
        for account in rows
    }


# ---- candidates by index ----------------------------------------------------------------------------------------


def candidates(asked: DuplicateRecord, *, exclude: int = 0) -> list[int]:
    """Ids of living accounts worth comparing, over the whole company: a fixed number of questions, each to an index, each capped."""
    found: dict[int, None] = {}
    living = Account.objects.filter(archived_at__isnull=True).exclude(pk=exclude).order_by()
    if asked.credit_code:
        found |= dict.fromkeys(living.filter(credit_code=asked.credit_code).values_list("pk", flat=True)[:PER_QUESTION])
    if len(asked.name_key) >= 2:
        found |= dict.fromkeys(living.filter(_begins("name_key", asked.name_key)).values_list("pk", flat=True)[:PER_QUESTION])
        for question in _name_questions(asked):
            found |= dict.fromkeys(_asked(question))
    for phone in sorted(asked.phones)[:3]:
        mark = GUARDS["phone"]
        forms = {phone, phone.removeprefix("0")}
        found |= dict.fromkeys(_asked([[mark + form for form in sorted(forms)]]))
        ways = ContactWay.objects.filter(kind__in=_PHONES, value=phone).order_by()
        found |= dict.fromkeys(ways.values_list("contact__account_id", flat=True)[:PER_QUESTION])
    if asked.domain:
        found |= dict.fromkeys(_asked([sorted(code_terms(asked.domain))]))
    found.pop(exclude, None)
    return list(found)[:MOST_CANDIDATES]


def _begins(field: str, text: str) -> Q:
    """A prefix in the form that the index of the database in use serves."""
    if connection.vendor == "sqlite":  # its LIKE with ESCAPE uses no index
        return Q(**{f"{field}__gte": text, f"{field}__lt": text + "\U0010ffff"})
    return Q(**{f"{field}__startswith": text})


def _name_questions(asked: DuplicateRecord) -> list[list[list[str]]]:
    """Questions to the search terms: three neighbouring characters at four places of the name (a typing slip spoils one of
    them), words of a Latin name, and the sound.
    """
    key = asked.name_key
    questions: list[list[list[str]]] = []
    if key.isascii():
        questions.append([[key], [key]])
    else:
        places = dict.fromkeys([0, max(0, len(key) // 3), max(0, len(key) * 2 // 3 - 1), max(0, len(key) - 3)])
        for place in places:
            part = key[place : place + 3]
            pairs = [part[index : index + 2] for index in range(len(part) - 1)]
            if pairs and all(not pair.isascii() for pair in pairs):
                questions.append([[pair] for pair in pairs])
    if len(asked.pinyin) >= 6:
        questions.append([[asked.pinyin[:60] + "*"]])
    return questions


def _asked(groups: Sequence[Sequence[str]]) -> list[int]:
    """Accounts with a search row that carries one term of every group; "*" at the end asks for a prefix."""
    rows = SearchEntry.objects.order_by()
    if connection.vendor == "sqlite":
        text = " AND ".join("(" + " OR ".join(_fts(term) for term in group) + ")" for group in groups)
        # the index hands over its first rows: a bounded look, however common the words are
        inner = RawSQL(f"SELECT rowid FROM accounts_search_fts WHERE accounts_search_fts MATCH %s LIMIT {PER_QUESTION}", [text])
        rows = rows.filter(pk__in=inner)
    else:
        text = " & ".join("(" + " | ".join(_ts(term) for term in group) + ")" for group in groups)
        rows = rows.filter(search._Carries(search._Vector(F("terms")), search._Asked(Value(text))))
    return list(rows.values_list("account_id", flat=True)[:PER_QUESTION])


def _fts(term: str) -> str:
    plain = term.rstrip("*").replace('"', "")
    return f'"{plain}"{"*" if term.endswith("*") else ""}'


def _ts(term: str) -> str:
    plain = term.rstrip("*").replace("\\", "").replace("'", "")
    return f"'{plain}'{':*' if term.endswith('*') else ''}"


# ---- the hint while typing --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """An account the caller sees, with the reasons in words."""

    account: Account
    score: float
    reasons: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """What the form says: accounts the caller sees, and whom to ask about those that others keep (nothing of theirs shows)."""

    similar: list[Similar]
    ask: list[str]
    has_hidden: bool

    @property
    def is_certain(self) -> bool:
        return any(item.score >= 0.85 for item in self.similar) or self.has_hidden


NO_HINT = Hint(similar=[], ask=[], has_hidden=False)
SHOWN, ASKED_ABOUT = 5, 3


def hint(scope: Scope, asked: DuplicateRecord, *, exclude: int = 0) -> Hint:
    """Looks over all accounts. Of those that the caller does not see nothing is handed out but the name of a manager to ask."""
    ids = candidates(asked, exclude=exclude)
    if not ids:
        return NO_HINT
    settings = duplicate_settings()
    rows = {row.pk: row for row in Account.objects.filter(pk__in=ids, archived_at__isnull=True).select_related("owner", "owner__team")}
    ranked = duplicates.rank(asked, records_of(rows.values()).values(), threshold=HINT_FROM, settings=settings)
    seen = set(Account.objects.visible_to(scope).filter(pk__in=[item.id for item in ranked]).order_by().values_list("pk", flat=True))
    mine = [item for item in ranked if item.id in seen][:SHOWN]
    # a loose likeness to what others keep is not told: it could be fished for
    hidden = [rows[item.id] for item in ranked if item.id not in seen and item.match.score >= settings.threshold]
    return Hint(
        similar=[
            Similar(
                account=rows[item.id],
                score=item.match.score,
                reasons=reason_texts(scope, [rows[item.id]], item.match.reasons, typed=asked),
            )
            for item in mine
        ],
        ask=_whom_to_ask(hidden[:ASKED_ABOUT]),
        has_hidden=bool(hidden),
    )


def _whom_to_ask(accounts: Iterable[Account]) -> list[str]:
    names: dict[str, None] = {}
    for account in accounts:
        leaders = managers_of(account.owner) if account.owner is not None else []
        for leader in leaders[:1]:
            names[str(leader)] = None
    return list(names)


def reason_texts(
    scope: Scope, accounts: Sequence[Account], reasons: Iterable[Reason], *, typed: DuplicateRecord | None = None
) -> list[str]:
    """Reasons in the reader's language. A phone shows only to those who see the phones of every account concerned, or who typed it."""
    shows_phones = not scope.hides("phone") and all(access.can_see_contacts(scope, account) for account in accounts)
    found = []
    for reason in reasons:
        if reason.code == "SAME_PHONE" and not shows_phones:
            shared = reason.params.get("phones")
            known = typed is not None and isinstance(shared, list | tuple) and set(shared) <= typed.phones
            if not known:
                found.append(_("They share a phone."))
                continue
        found.append(duplicates.SENTENCES.text(reason, get_language() or "zh"))
    return found


# ---- pairs ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRow:
    pair: DuplicatePair
    reasons: list[str]
    can_merge: bool
    can_dismiss: bool


def pairs(scope: Scope, *, dismissed: bool = False) -> QuerySet[DuplicatePair]:
    """Pairs of living accounts that the caller sees both of."""
    rows = DuplicatePair.objects.filter(
        dismissed_at__isnull=not dismissed, account__archived_at__isnull=True, other__archived_at__isnull=True
    )
    rows = rows.visible_to(scope)
    if not scope.sees_all:
        rows = rows.filter(other__in=Account.objects.visible_to(scope).order_by().values("pk"))
    return rows


def pair_page(scope: Scope, *, dismissed: bool, cursor: str | None) -> tuple[list[PairRow], str | None]:
    """Most alike first; the number of queries does not depend on the number of rows."""
    rows = pairs(scope, dismissed=dismissed).select_related("account", "account__owner", "other", "other__owner")
    page: Page[DuplicatePair] = keyset_page(rows, order=["-score", "-pk"], cursor=cursor, size=30)
    # one look for all rows instead of one per account
    shared = set(_editable_by_sharing(scope, page.items))
    return [_row(scope, pair, shared) for pair in page.items], page.next_cursor


def _editable_by_sharing(scope: Scope, rows: Iterable[DuplicatePair]) -> list[int]:
    from dingke.accounts.models import Collaborator

    ids = [pk for pair in rows for pk in (pair.account_id, pair.other_id)]
    shared = Collaborator.objects.filter(account_id__in=ids, user_id=scope.me, level=Collaborator.Level.EDIT).order_by()
    return list(shared.values_list("account_id", flat=True))


def _row(scope: Scope, pair: DuplicatePair, shared: set[int]) -> PairRow:
    both = [pair.account, pair.other]
    edits_all = scope.can("*") or scope.can("accounts.edit_all")
    editable = all(
        edits_all
        or (scope.can("accounts.edit") and account.pool_at is None and (account.owner_id in scope.user_ids or account.pk in shared))
        for account in both
    )
    seen = all(account.pool_at is None or access.sees_pool_contacts(scope) for account in both)
    reasons = [Reason.from_json(stored) for stored in pair.reasons]
    texts = reason_texts(scope, both if seen else [], reasons) if seen else _without_phones(reasons)
    return PairRow(
        pair=pair,
        reasons=texts,
        can_merge=editable and (scope.can("accounts.merge") or scope.can("*")),
        can_dismiss=editable,
    )


def _without_phones(reasons: Iterable[Reason]) -> list[str]:
    language = get_language() or "zh"
    return [_("They share a phone.") if reason.code == "SAME_PHONE" else duplicates.SENTENCES.text(reason, language) for reason in reasons]


def pair_for(scope: Scope, pair_id: int) -> DuplicatePair | None:
    rows = DuplicatePair.objects.visible_to(scope).filter(pk=pair_id, other__in=Account.objects.visible_to(scope).order_by().values("pk"))
    return rows.select_related("account", "other").order_by("pk").first()


def pair_count(scope: Scope) -> CappedCount:
    return capped_count(pairs(scope))


def last_search(scope: Scope) -> str:
    """When pairs were last looked for, as the newest find says; "" when never."""
    newest = DuplicatePair.objects.visible_to(scope).order_by("-found_at").values_list("found_at", flat=True).first()
    return newest.isoformat() if newest else ""
