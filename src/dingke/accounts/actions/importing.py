"""Accounts from a file, many at once: the same rules as one by one, a constant number of queries per batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from dingke.accounts.actions import search_index
from dingke.accounts.actions.importing_alike import alike_of, certain_accounts, kept_key
from dingke.accounts.actions.importing_parents import connect_parents
from dingke.accounts.actions.importing_tags import write_tags
from dingke.accounts.calc import credit_code
from dingke.accounts.calc.credit_code import check_credit_code, normalise_credit_code
from dingke.accounts.calc.names import normalise_company_name
from dingke.accounts.models import Account, OwnershipChange, StageChange
from dingke.accounts.queries.finding import AccountRef, Finder, Unclear
from dingke.core import access
from dingke.core.importing.custom import with_custom
from dingke.core.importing.inserts import insert_rows
from dingke.core.importing.list_entries import Entries
from dingke.core.importing.outcomes import (
    COMMON,
    Alike,
    Batch,
    Fate,
    Mode,
    Outcome,
    Said,
    Written,
    apply_values,
    created,
    refused,
    said,
    unchanged,
    updated,
)
from dingke.core.reasons import Sentences
from dingke.core.search_keys import pinyin_sort_key
from dingke.people.models import User
from dingke.people.queries import people_named

LISTS = {"industry": "industries", "region": "regions", "source": "account_sources"}
PLAIN = (
    "name",
    "short_name",
    "english_name",
    "customer_type",
    "form",
    "phone",
    "website",
    "city",
    "address",
    "employees",
    "annual_revenue",
    "currency",
    "founded_year",
    "influence",
    "description",
    "external_key",
)
SENTENCES = COMMON | Sentences(
    {
        "NO_PERSON": ("There is nobody called {name} to be the owner.", "没有名为“{name}”的人员可作为负责人。"),
        "PERSON_LEFT": ("{name} no longer works here and cannot own accounts.", "“{name}”已离职，不能作为负责人。"),
        "NO_ENTRY": ("“{value}” is not in the list {list}.", "“{value}”不在“{list}”列表中。"),
        "INFLUENCE": ("Influence goes from 0 to 100, not {value}.", "影响力的范围是 0 到 100，不能是 {value}。"),
        "NEGATIVE": ("{value} cannot be below zero.", "{value} 不能小于零。"),
        "CODE_TAKEN": ("The credit code {code} belongs to {name}.", "统一社会信用代码 {code} 属于“{name}”。"),
        "KEY_TAKEN": ("The key {key} belongs to {name}.", "编号 {key} 属于“{name}”。"),
        "SAME_AS": ("This is the same account as {name} in this file.", "与本文件中的“{name}”是同一客户。"),
    }
)
LIST_NAMES = {"industries": "industries 行业", "regions": "regions 区域", "account_sources": "sources 来源"}


class _Refused(Exception):
    def __init__(self, reason: Said) -> None:
        super().__init__(reason[0])
        self.reason = reason


@dataclass(slots=True)
class _Context:
    batch: Batch
    finder: Finder
    entries: Entries
    people: dict[str, User]
    new: list[tuple[int, Account, list[str]]] = field(default_factory=list)
    changed: list[tuple[int, Account, dict[str, list[Any]], User | None]] = field(default_factory=list)
    parents: list[tuple[Account, str]] = field(default_factory=list)
    former_owners: dict[int, int | None] = field(default_factory=dict)
    tags: list[tuple[Account, list[str]]] = field(default_factory=list)


@transaction.atomic
def import_accounts(batch: Batch) -> list[Outcome]:
    """Creates and updates accounts by the batch's key. A parent that comes later in the file is connected by `finish_parents`."""
    access.needs(batch.by, "accounts.create").enforce()
    access.needs(batch.by, "accounts.edit_all").enforce()
    context = _prepared(batch)
    outcomes: list[Outcome | None] = []
    for place, row in enumerate(batch.rows):
        try:
            outcomes.append(_row(context, place, row))
        except (_Refused, Unclear) as refusal:
            outcomes.append(Outcome(Fate.REFUSED, reason=refusal.reason))
    for place, existing in _look_for_alike(context, outcomes).items():
        try:
            outcomes[place] = _taken_as(context, place, existing)
        except _Refused as refusal:
            outcomes[place] = Outcome(Fate.REFUSED, reason=refusal.reason)
    _write(context, outcomes)
    return [outcome for outcome in outcomes if outcome is not None]


def _taken_as(context: _Context, place: int, existing: Account) -> Outcome | None:
    """A row that certainly means an account which no key of the file finds: its facts go there."""
    if context.batch.mode == Mode.CREATE:
        return refused(SENTENCES, "ALREADY_THERE", name=existing.name)
    if any(account.pk == existing.pk for _place, account, _changes, _owner in context.changed):
        return refused(SENTENCES, "SAME_AS", name=existing.name)
    row = context.batch.rows[place]
    values = kept_key(existing, _values(context, row))
    _refuse_taken(context.finder, values, existing)
    return _changed(context, place, existing, values, row)


def _look_for_alike(context: _Context, outcomes: list[Outcome | None]) -> dict[int, Account]:
    """Rows that would create what seems to be there already: told, and by the person's choice left out or taken as the
    account that is there. Returns those that were taken, by the place of their row."""
    batch = context.batch
    found = alike_of(batch, [account for _place, account, _tags in context.new])
    certain = certain_accounts(batch, found)
    kept: list[tuple[int, Account, list[str]]] = []
    dropped: set[int] = set()
    meant: dict[int, Account] = {}
    for entry, each in zip(context.new, found, strict=True):
        place, account, _tags = entry
        if each is None:
            kept.append(entry)
            continue
        resemblance, likeness = each
        batch.alike[place] = resemblance
        if batch.when_alike is Alike.CREATE:
            kept.append(entry)
            continue
        dropped.add(id(account))
        context.finder.forget(account)
        outcomes[place] = Outcome(Fate.REFUSED, reason=resemblance.text)
        if likeness.is_certain and (existing := certain.get(likeness.account_id)) is not None:
            meant[place] = existing
    context.new = kept
    context.parents = [(account, name) for account, name in context.parents if id(account) not in dropped]
    return meant


def _prepared(batch: Batch) -> _Context:
    rows = batch.rows
    refs = [_ref(row) for row in rows] + [AccountRef(name=row["parent"]) for row in rows if row.get("parent")]
    entries = Entries(LISTS.values(), batch.options.get("labels"))
    if batch.creates_related:
        wanted = [(code, row[name]) for row in rows for name, code in LISTS.items() if row.get(name)]
        entries.add_missing(wanted, by=batch.by, now=batch.now)
    people = people_named(row["owner"] for row in rows if row.get("owner"))
    return _Context(batch, Finder(refs, batch.by), entries, people)


def _ref(row: Mapping[str, Any]) -> AccountRef:
    return AccountRef(key=row.get("external_key", ""), credit_code=row.get("credit_code", ""), name=row.get("name", ""))


def _row(context: _Context, place: int, row: Mapping[str, Any]) -> Outcome | None:
    batch, finder = context.batch, context.finder
    values = _values(context, row)
    existing = finder.find(_by_key(_ref(row), batch.key))
    if existing is None:
        if batch.mode == Mode.UPDATE:
            return refused(SENTENCES, "NOT_THERE", name=row.get("name") or _ref(row).shown)
        if "name" not in values:
            values["name"] = _ref(row).shown
        _refuse_taken(finder, values, None)
        account = _built(context, values, row)
        context.new.append((place, account, _tag_names(row)))
        finder.add(account)
        return None
    if existing.pk is None:
        return refused(SENTENCES, "SAME_AS", name=existing.name)
    if batch.mode == Mode.CREATE:
        return refused(SENTENCES, "ALREADY_THERE", name=existing.name)
    _refuse_taken(finder, values, existing)
    return _changed(context, place, existing, values, row)


def _by_key(ref: AccountRef, key: str) -> AccountRef:
    """What the account is looked up by. Keys and codes come first and a name counts only where they do not contradict it."""
    return AccountRef(name=ref.name) if key == "name" and ref.name else ref


def _values(context: _Context, row: Mapping[str, Any]) -> dict[str, Any]:
    """Model attributes of a row, checked."""
    values: dict[str, Any] = {name: row[name] for name in PLAIN if name in row}
    if "name" in values:
        values["name"] = " ".join(values["name"].split())
    for name in ("employees", "annual_revenue", "founded_year"):
        if values.get(name) is not None and values[name] < 0:
            raise _Refused(said(SENTENCES, "NEGATIVE", value=values[name]))
    if "influence" in values and not 0 <= values["influence"] <= 100:
        raise _Refused(said(SENTENCES, "INFLUENCE", value=values["influence"]))
    if row.get("credit_code"):
        checked = check_credit_code(row["credit_code"])
        if not checked.valid:
            assert checked.reason is not None
            sentences = credit_code.SENTENCES
            raise _Refused((sentences.text(checked.reason, "en"), sentences.text(checked.reason, "zh")))
        values["credit_code"] = checked.normalised
    for name, code in LISTS.items():
        if row.get(name):
            item = context.entries.find(code, row[name])
            if item is None:
                raise _Refused(said(SENTENCES, "NO_ENTRY", value=row[name], list=LIST_NAMES[code]))
            values[f"{name}_id"] = item.pk
    if row.get("owner"):
        owner = context.people.get(row["owner"])
        if owner is None:
            raise _Refused(said(SENTENCES, "NO_PERSON", name=row["owner"]))
        if not owner.is_active:
            raise _Refused(said(SENTENCES, "PERSON_LEFT", name=row["owner"]))
        values["owner_id"] = owner.pk
    return values


def _refuse_taken(finder: Finder, values: Mapping[str, Any], account: Account | None) -> None:
    code, key = values.get("credit_code"), values.get("external_key")
    holder = finder.by_code.get(normalise_credit_code(code)) if code else None
    if holder is not None and holder is not account and holder.archived_at is None and (account is None or holder.pk != account.pk):
        raise _Refused(said(SENTENCES, "CODE_TAKEN", code=code, name=holder.name))
    holder = finder.by_key.get(key) if key else None
    if holder is not None and holder is not account and (account is None or holder.pk != account.pk):
        raise _Refused(said(SENTENCES, "KEY_TAKEN", key=key, name=holder.name))


def _named(account: Account) -> None:
    account.name_key = normalise_company_name(account.name)[:200]
    account.pinyin = pinyin_sort_key(account.name)


def _built(context: _Context, values: Mapping[str, Any], row: Mapping[str, Any]) -> Account:
    batch = context.batch
    account = Account(**values, custom=with_custom({}, row))
    _named(account)
    if account.owner_id is None and batch.options.get("owner") == "ME":
        account.owner_id = batch.by.user_id
    account.owned_since, account.pool_at = (batch.now, None) if account.owner_id else (None, batch.now)
    account.stage_since = batch.now.date()
    if row.get("parent"):
        context.parents.append((account, row["parent"]))
    return account


def _changed(context: _Context, place: int, account: Account, values: dict[str, Any], row: Mapping[str, Any]) -> Outcome | None:
    owner = None
    if "owner_id" in values and values["owner_id"] != account.owner_id:
        owner = context.people[row["owner"]]
        values |= {"owned_since": context.batch.now, "pool_at": None}
    before_owner = account.owner_id
    changes = apply_values(account, {**values, "custom": with_custom(account.custom, row)})
    if "name" in changes:
        for name, value in {"name_key": normalise_company_name(account.name)[:200], "pinyin": pinyin_sort_key(account.name)}.items():
            changes |= apply_values(account, {name: value})
    if owner is not None:
        context.former_owners[account.pk] = before_owner
    if row.get("parent"):
        context.parents.append((account, row["parent"]))
    context.tags.append((account, _tag_names(row)))
    context.changed.append((place, account, changes, owner))
    return None


def _tag_names(row: Mapping[str, Any]) -> list[str]:
    text = str(row.get("tags", ""))
    for mark in "；，、,|":
        text = text.replace(mark, ";")
    return [" ".join(name.split())[:40] for name in text.split(";") if name.strip()]


def _write(context: _Context, outcomes: list[Outcome | None]) -> None:
    batch = context.batch
    also: list[Written] = list(context.entries.added)
    accounts = [account for _place, account, _tags in context.new]
    Account.objects.bulk_create(accounts, batch_size=500)
    context.tags.extend((account, tags) for _place, account, tags in context.new)
    for account in accounts:
        context.finder.add(account)
    name = batch.by.name
    insert_rows(
        OwnershipChange,
        ("account_id", "kind", "before_id", "after_id", "at", "by_name", "reason"),
        [(account.pk, OwnershipChange.Kind.CREATED, None, account.owner_id, batch.now, name, "") for account in accounts],
    )
    insert_rows(
        StageChange,
        ("account_id", "before", "after", "since_date", "by_name", "reason"),
        [(account.pk, "", account.lifecycle_stage, account.stage_since, name, "") for account in accounts],
    )
    changes_of = {account.pk: changes for _place, account, changes, _owner in context.changed}
    connect_parents(context.parents, finder=context.finder, changes_of=changes_of, run_id=batch.run_id)
    history = _owner_history(context)
    tagged = write_tags(context.tags)
    moved = [account for _place, account, changes, _owner in context.changed if changes]
    for account in moved:
        account.version += 1
        account.updated_at = batch.now
    if moved:
        names = {name.removesuffix("_id") for _place, _account, changes, _owner in context.changed for name in changes}
        Account.objects.bulk_update(moved, [*sorted(names), "version", "updated_at"], batch_size=200)
    search_index.add_new(accounts)
    search_index.refresh(account.pk for account in moved)
    for place, account, _tags in context.new:
        outcomes[place] = created(account, *also)
        also = []
    for place, account, changes, _owner in context.changed:
        extra = [*also, *history.get(account.pk, []), *tagged.get(account.pk, [])]
        also = []
        outcomes[place] = (
            updated(account, changes, *extra) if changes else unchanged(account, *extra) if not extra else updated(account, {}, *extra)
        )


def _owner_history(context: _Context) -> dict[int, list[Written]]:
    batch = context.batch
    rows = [
        OwnershipChange(
            account=account,
            kind=OwnershipChange.Kind.ASSIGNED,
            before_id=context.former_owners[account.pk],
            after=owner,
            at=batch.now,
            by_name=batch.by.name,
        )  # type: ignore[attr-defined]
        for _place, account, _changes, owner in context.changed
        if owner is not None
    ]
    return {row.account_id: [Written(row._meta.label_lower, row.pk, True)] for row in OwnershipChange.objects.bulk_create(rows)}


def find_or_create(*, refs: Sequence[AccountRef], customer_types: Sequence[str], batch: Batch) -> tuple[Finder, dict[AccountRef, Outcome]]:
    """The accounts that rows of another kind name; with the batch's `create_related` those that are not there are created.

    Returns the finder and, for each ref that was created or refused, its outcome.
    """
    finder = Finder(refs, batch.by)
    if not batch.creates_related or not access.needs(batch.by, "accounts.create"):
        return finder, {}
    missing: dict[AccountRef, dict[str, Any]] = {}
    for ref, customer_type in zip(refs, customer_types, strict=True):
        if not ref or ref in missing:
            continue
        try:
            if finder.find(ref) is None:
                missing[ref] = _as_row(ref, customer_type)
        except Unclear:
            continue
    if not missing:
        return finder, {}
    inner = Batch(
        rows=list(missing.values()), mode=Mode.CREATE, key="", by=batch.by, now=batch.now, run_id=batch.run_id, options=batch.options
    )
    context = _Context(inner, finder, Entries([]), {})
    outcomes: list[Outcome | None] = []
    for place, row in enumerate(inner.rows):
        try:
            outcomes.append(_row(context, place, row))
        except (_Refused, Unclear) as refusal:
            outcomes.append(Outcome(Fate.REFUSED, reason=refusal.reason))
    meant = _look_for_alike(context, outcomes)
    _write(context, outcomes)
    for place, ref in enumerate(missing):
        if place in meant:
            finder.means[ref], outcomes[place] = meant[place], None
        if place in inner.alike:
            batch.alike[refs.index(ref)] = inner.alike[place]
    return finder, {ref: outcome for ref, outcome in zip(missing, outcomes, strict=True) if outcome is not None}


def _as_row(ref: AccountRef, customer_type: str) -> dict[str, Any]:
    row = {
        "name": ref.name or ref.key or ref.credit_code,
        "external_key": ref.key,
        "credit_code": ref.credit_code,
        "customer_type": customer_type,
    }
    if customer_type == Account.CustomerType.CONSUMER:
        row["form"] = Account.Form.INDIVIDUAL
    return {name: value for name, value in row.items() if value}
