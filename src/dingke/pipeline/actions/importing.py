"""Deals from a file, many at once: a constant number of queries per batch.

A deal whose account cannot be told comes in without one and carries the question; nothing that a file says of a deal is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.actions import importing as account_importing
from dingke.accounts.actions.importing_contacts import ref_of
from dingke.accounts.models import Account
from dingke.accounts.queries.finding import AccountRef, Finder, Unclear
from dingke.core import access
from dingke.core.importing.inserts import insert_rows
from dingke.core.importing.outcomes import (
    COMMON,
    Batch,
    Fate,
    Mode,
    Outcome,
    Written,
    apply_values,
    created,
    refused,
    unchanged,
    updated,
)
from dingke.core.reasons import Sentences
from dingke.core.search_keys import pinyin_sort_key
from dingke.core.tabular.mapping import normal
from dingke.ledger.actions.importing import bad_currency
from dingke.ledger.models import Product
from dingke.people.models import User
from dingke.people.queries import people_named, user_by_id
from dingke.pipeline.calc import playbook as method
from dingke.pipeline.models import Opportunity, OpportunityLine, Playbook, PlaybookVersion, StageSpell
from dingke.pipeline.queries.playbooks import content_of, offered_versions

Row = Mapping[str, Any]
State = Opportunity.State
SENTENCES = COMMON | Sentences(
    {
        "NO_PLAYBOOK": ("There is no published playbook {name}.", "没有已发布的打法“{name}”。"),
        "NO_PLAYBOOK_AT_ALL": ("There is no published playbook. Publish one first.", "尚无已发布的打法，请先发布一个。"),
        "NO_STAGE": ("{name} is no stage of the playbook {playbook}.", "“{name}”不是打法“{playbook}”的阶段。"),
        "NO_PERSON": ("There is nobody called {name} to be the owner.", "没有名为“{name}”的人员可作为负责人。"),
        "NO_OWNER": ("Nobody is named as the owner of this deal.", "未指明商机负责人。"),
        "NO_PRODUCT": ("There is no product {name} in the price list.", "价目表中没有产品“{name}”。"),
        "NO_END": ("The deal has ended, but the day is missing.", "商机已结束，但缺少结束日期。"),
        "END_BEFORE_START": ("The deal ended on {end}, before it began on {start}.", "商机结束日期 {end} 早于开始日期 {start}。"),
    }
)
END_WORDS = {
    normal(word): state
    for state, words in {
        State.WON: ("won", "closed won", "closedwon", "赢单", "成交", "已成交"),
        State.LOST: ("lost", "closed lost", "closedlost", "输单", "丢单", "失败"),
        State.DROPPED: ("dropped", "abandoned", "已放弃", "放弃", "终止"),
    }.items()
    for word in words
}
LINE_COLUMNS = ("opportunity_id", "product_id", "quantity", "unit_price", "amount")
SPELL_COLUMNS = (
    "opportunity_id",
    "playbook_version_id",
    "stage",
    "stage_position",
    "way",
    "entered_date",
    "entered_at",
    "left_date",
    "by_id",
)


class _Refused(Exception):
    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason[0])
        self.outcome = outcome


@dataclass(slots=True)
class _Book:
    """A published version with its stages, found by code and by name in either language."""

    version: PlaybookVersion
    content: method.Content
    stages: dict[str, method.Stage] = field(default_factory=dict)

    @classmethod
    def of(cls, version: PlaybookVersion) -> _Book:
        content = content_of(version)
        stages: dict[str, method.Stage] = {}
        for stage in content.stages:
            for word in (stage.code, stage.label.en, stage.label.zh):
                stages.setdefault(normal(word), stage)
        return cls(version, content, stages)

    def stage_said(self, word: object) -> method.Stage | None:
        """The stage that a recipe means: by code, by name, or by its place counted from 1."""
        if isinstance(word, int):
            return self.content.stages[min(word, len(self.content.stages)) - 1]
        return self.stages.get(normal(str(word)))


@dataclass(slots=True)
class _Known:
    """What the rows of a batch may refer to."""

    finder: Finder
    people: dict[str, User]
    products: dict[str, Product]
    books: dict[str, _Book]
    first_book: _Book | None
    stored: dict[str, Opportunity]
    caller: User | None
    today: date


def playbook_words() -> list[str]:
    """Every word by which a playbook is known, for proposals."""
    return [
        word for version in offered_versions() for word in (version.playbook.code, version.playbook.label_zh, version.playbook.label_en)
    ]


def _known(batch: Batch, finder: Finder) -> _Known:
    books: dict[str, _Book] = {}
    first: _Book | None = None
    for version in offered_versions():
        book = _Book.of(version)
        if first is None and version.playbook.unit == Playbook.Unit.PROJECT:
            first = book
        for word in (version.playbook.code, version.playbook.label_zh, version.playbook.label_en):
            books.setdefault(normal(word), book)
    products: dict[str, Product] = {}
    if any(row.get("product") for row in batch.rows):
        for product in Product.objects.order_by("-pk"):
            products[normal(product.name)] = product
        for product in list(products.values()):
            products[normal(product.code)] = product
    stored = Opportunity.objects.filter(external_key__in=[row["key"] for row in batch.rows]).order_by("pk")
    return _Known(
        finder=finder,
        people=people_named(row["agent"] for row in batch.rows if row.get("agent")),
        products=products,
        books=books,
        first_book=first,
        stored={deal.external_key: deal for deal in stored if deal.external_key},
        caller=user_by_id(batch.by.user_id) if batch.by.user_id else None,
        today=timezone.localdate(batch.now),
    )


@dataclass(slots=True)
class _Taken:
    place: int
    deal: Opportunity
    product: Product | None
    changes: dict[str, list[Any]] | None = None  # None: a new one


@transaction.atomic
def import_opportunities(batch: Batch) -> list[Outcome]:
    """Creates and updates deals by their key. Accounts that are named but not there are created when the batch says so."""
    access.needs(batch.by, "accounts.edit_all").enforce()
    refs = [ref_of(row) for row in batch.rows]
    named = [ref for ref in refs if ref]
    finder, made = account_importing.find_or_create(
        refs=named, customer_types=[Account.CustomerType.ORGANISATION] * len(named), batch=batch
    )
    known = _known(batch, finder)
    outcomes: dict[int, Outcome] = {}
    taken: list[_Taken] = []
    for place, (row, ref) in enumerate(zip(batch.rows, refs, strict=True)):
        try:
            taken.append(_deal(batch, place, row, ref, known))
        except _Refused as refusal:
            outcomes[place] = refusal.outcome
    new = [one for one in taken if one.changes is None]
    moved = _write(batch, new, [one for one in taken if one.changes])
    came = {outcome.id: outcome.written for outcome in made.values() if outcome.fate is Fate.CREATED}
    for one in taken:
        also = came.pop(one.deal.account_id, ())
        if one.changes is None:
            outcomes[one.place] = created(one.deal, *also)
        elif one.changes:
            outcomes[one.place] = updated(one.deal, one.changes, *also, *moved.get(one.deal.pk, ()))
        else:
            outcomes[one.place] = unchanged(one.deal, *also)
    return [outcomes[place] for place in range(len(batch.rows))]


def _deal(batch: Batch, place: int, row: Row, ref: AccountRef, known: _Known) -> _Taken:
    """The deal that a row makes or changes. Raises `_Refused` before anything was changed."""
    wrong = bad_currency(row)
    if wrong is not None:
        raise _Refused(wrong)
    product = _product(row, known)
    stored = known.stored.get(row["key"])
    account, question = _account(ref, known)
    book = _book(batch, row, known, stored)
    stage, state = _standing(batch, row, book, stored)
    start, end = row.get("start_date"), row.get("end_date")
    if state != State.OPEN and end is None and (stored is None or stored.ended_date is None):
        raise _Refused(refused(SENTENCES, "NO_END"))
    if start and end and end < start:
        raise _Refused(refused(SENTENCES, "END_BEFORE_START", start=start, end=end))
    values: dict[str, Any] = {"state": state, "stage": stage.code, "stage_position": book.content.place(stage.code)}
    values |= {name: row[name] for name in ("currency", "next_step", "expected_date", "end_note") if name in row}
    if account is not None:
        values |= {"account_id": account.pk, "open_question": ""}
    elif stored is None or stored.account_id is None:
        values["open_question"] = question
    if "amount" in row:
        values |= _amounts(row["amount"], state)
    if state != State.OPEN and end is not None:
        values["ended_date"] = end
    if start is not None:
        values["opened_date"] = start
    if product is not None:
        values["product_family"] = product.family
    name = row.get("name") or (_name_of(row, product, account) if stored is None else "")
    if name:
        values |= {"name": name[:200], "name_pinyin": pinyin_sort_key(name)[:400]}
    owner = _owner(row, account, known, stored)
    if owner is not None:
        values["owner_id"] = owner.pk
    if stored is not None:
        return _changed(batch, place, row, stored, product, values)
    if batch.mode == Mode.UPDATE:
        raise _Refused(refused(SENTENCES, "NOT_THERE", name=row["key"]))
    begin = start or min(known.today, end or known.today)
    deal = Opportunity(
        external_key=row["key"], playbook_version=book.version, unit=book.version.playbook.unit, mode=book.version.playbook.mode,
        probability=_probability(stage, state), stage_since=begin, **{"opened_date": begin, **values},
    )  # fmt: skip
    known.stored[row["key"]] = deal
    return _Taken(place, deal, product)


def _changed(batch: Batch, place: int, row: Row, stored: Opportunity, product: Product | None, values: dict[str, Any]) -> _Taken:
    if batch.mode == Mode.CREATE or stored.pk is None:
        raise _Refused(refused(SENTENCES, "ALREADY_THERE", name=stored.name))
    if values["stage"] != stored.stage:
        values["stage_since"] = timezone.localdate(batch.now)
    return _Taken(place, stored, product, apply_values(stored, values))


def _product(row: Row, known: _Known) -> Product | None:
    if not row.get("product"):
        return None
    product = known.products.get(normal(row["product"]))
    if product is None:
        raise _Refused(refused(SENTENCES, "NO_PRODUCT", name=row["product"]))
    return product


def _account(ref: AccountRef, known: _Known) -> tuple[Account | None, str]:
    """The account, or the question that remains."""
    if not ref:
        return None, _("Which account is this deal with?")
    try:
        account = known.finder.find(ref)
    except Unclear:
        account = None
    return account, "" if account else _("Which account is “%(name)s”?") % {"name": ref.shown[:120]}


def _owner(row: Row, account: Account | None, known: _Known, stored: Opportunity | None) -> User | None:
    if row.get("agent"):
        person = known.people.get(row["agent"])
        if person is None:
            raise _Refused(refused(SENTENCES, "NO_PERSON", name=row["agent"]))
        return person
    if stored is not None:
        return None
    owner = (account.owner if account is not None else None) or known.caller
    if owner is None:
        raise _Refused(refused(SENTENCES, "NO_OWNER"))
    return owner


def _book(batch: Batch, row: Row, known: _Known, stored: Opportunity | None) -> _Book:
    """The playbook of a row: a deal that is there keeps its version while the row names no other one."""
    name = str(row.get("playbook") or batch.options.get("playbook") or "")
    book = known.books.get(normal(name)) if name else known.first_book
    if book is None:
        code = "NO_PLAYBOOK" if name else "NO_PLAYBOOK_AT_ALL"
        raise _Refused(refused(SENTENCES, code, **({"name": name} if name else {})))
    if stored is not None and stored.playbook_version_id != book.version.pk:
        kept = known.books.get(f"#{stored.playbook_version_id}")
        if kept is None:
            kept = known.books[f"#{stored.playbook_version_id}"] = _Book.of(stored.playbook_version)
        return kept
    return book


def _standing(batch: Batch, row: Row, book: _Book, stored: Opportunity | None) -> tuple[method.Stage, State]:
    """Stage and state: by what the recipe says of the file's words, else by the names of the stages and of the states."""
    word = str(row.get("stage") or "")
    says: Mapping[str, Any] = next(
        (dict(entry) for text, entry in dict(batch.options.get("stages", {})).items() if normal(text) == normal(word)), {}
    )
    state = State(row["state"]) if row.get("state") else State(says["state"]) if "state" in says else None
    if state is None:
        state = END_WORDS.get(normal(word)) or (State(stored.state) if stored is not None and not word else State.OPEN)
    kept = book.content.stage(stored.stage) if stored is not None else None
    if word and not says and normal(word) not in END_WORDS:
        stage = book.stages.get(normal(word))
        if stage is None:
            raise _Refused(refused(SENTENCES, "NO_STAGE", name=word, playbook=book.version.playbook.label_en))
        return stage, state
    if "stage" in says:
        stage = book.stage_said(says["stage"])
        if stage is None:
            raise _Refused(refused(SENTENCES, "NO_STAGE", name=says["stage"], playbook=book.version.playbook.label_en))
        return stage, state
    return kept or book.content.stages[-1 if state == State.WON else 0], state


def _amounts(amount: Decimal, state: State) -> dict[str, Any]:
    """What the amount of a row means: of a won deal what it brought; nothing, for others, means that nobody knows."""
    if state == State.WON:
        return {"amount": amount, "won_amount": amount}
    return {"amount": amount or None}


def _probability(stage: method.Stage, state: State) -> int:
    return {State.WON: 100, State.OPEN: stage.probability}.get(state, 0)


def _name_of(row: Row, product: Product | None, account: Account | None) -> str:
    parts = [product.name if product else "", account.shown_name if account else row["key"]]
    return " · ".join(part for part in parts if part)


def _write(batch: Batch, new: Sequence[_Taken], changed: Sequence[_Taken]) -> dict[int, list[Written]]:
    Opportunity.objects.bulk_create([one.deal for one in new], batch_size=500)
    insert_rows(
        OpportunityLine,
        LINE_COLUMNS,
        [(one.deal.pk, one.product.pk, 1, _price(one), one.deal.won_amount or one.deal.amount) for one in new if one.product],
    )
    insert_rows(StageSpell, SPELL_COLUMNS, [_spell(batch, one.deal, StageSpell.Way.START) for one in new])
    if not changed:
        return {}
    names = {name.removesuffix("_id") for one in changed for name in one.changes or ()}
    for one in changed:
        one.deal.version += 1
        one.deal.updated_at = batch.now
    Opportunity.objects.bulk_update([one.deal for one in changed], [*sorted(names), "version", "updated_at"], batch_size=200)
    return _moved(batch, changed)


def _price(one: _Taken) -> Decimal | None:
    """Of a line of one piece: what it brought, else what is asked, else the list price."""
    return one.deal.won_amount or one.deal.amount or (one.product.list_price if one.product else None)


def _spell(batch: Batch, deal: Opportunity, way: StageSpell.Way) -> tuple[Any, ...]:
    return (
        deal.pk, deal.playbook_version_id, deal.stage, deal.stage_position, way.value, deal.stage_since, batch.now, deal.ended_date,
        batch.by.user_id,
    )  # fmt: skip


def _moved(batch: Batch, changed: Sequence[_Taken]) -> dict[int, list[Written]]:
    """Closes the stays of deals that changed their stage or ended, and begins new ones."""
    told: dict[int, list[Written]] = {}
    moving = {one.deal.pk: one.deal for one in changed if {"stage", "ended_date"} & set(one.changes or ())}
    restaged = {one.deal.pk for one in changed if "stage" in (one.changes or ())}
    closed, begun = [], []
    for spell in StageSpell.objects.filter(opportunity__in=moving, left_date__isnull=True).order_by("pk"):
        deal = moving[spell.opportunity_id]
        spell.left_date = deal.stage_since if deal.pk in restaged else deal.ended_date
        closed.append(spell)
        told.setdefault(deal.pk, []).append(Written(spell._meta.label_lower, spell.pk, False, {"left_date": [None, str(spell.left_date)]}))
        if deal.pk in restaged:
            way = StageSpell.Way.FORWARD if deal.stage_position >= spell.stage_position else StageSpell.Way.BACK
            values = dict(zip(SPELL_COLUMNS, _spell(batch, deal, way), strict=True))
            begun.append(StageSpell(**values))
    StageSpell.objects.bulk_update(closed, ["left_date"], batch_size=200)
    for spell in StageSpell.objects.bulk_create(begun, batch_size=500):
        told.setdefault(spell.opportunity_id, []).append(Written(spell._meta.label_lower, spell.pk, True))
    return told
