"""Two accounts side by side before they are merged: the differing fields with what is proposed, and what will move."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dingke.accounts.calc.duplicates import rank
from dingke.accounts.calc.merging import Side, is_blank, proposed_side
from dingke.accounts.models import Account, Merge
from dingke.accounts.queries import duplicates, search
from dingke.accounts.queries.account import account_for
from dingke.accounts.queries.merge_relations import How, colliding, moving
from dingke.core import money
from dingke.core.models import CustomField
from dingke.core.paging import Page, keyset_page
from dingke.core.scope import Scope

FIELDS = [
    "name", "short_name", "english_name", "credit_code", "external_key", "customer_type", "form", "industry", "region", "source", "parent",
    "phone", "website", "city", "address", "employees", "annual_revenue", "founded_year", "influence", "description", "territory",
    "lifecycle_stage",
]  # fmt: skip
CUSTOM = "custom_"
_LABELS: dict[str, str | Promise] = {"territory": gettext_lazy("Territory"), "parent": gettext_lazy("Parent company")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A field on both sides. `proposed` is the side whose value is taken unless somebody says otherwise."""

    name: str
    label: str
    kept: str
    gone: str
    proposed: Side
    is_same: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """Rows of one kind: how many go over, how many both have, how many get another number."""

    label: str
    count: int
    stay: int
    renamed: int
    is_filled: bool  # the account that stays has its own, so these stay where they are


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    kept: Account
    gone: Account
    choices: list[Choice]
    moving: list[Moving]

    @property
    def different(self) -> list[Choice]:
        return [choice for choice in self.choices if not choice.is_same]

    @property
    def same(self) -> list[Choice]:
        return [choice for choice in self.choices if choice.is_same]

    @property
    def rows_moving(self) -> int:
        return sum(moving.count for moving in self.moving)


def side_by_side(scope: Scope, kept: Account, gone: Account) -> Comparison:
    """Everything the merge page shows; the number of queries does not depend on the number of rows."""
    return Comparison(kept=kept, gone=gone, choices=field_choices(kept, gone, scope=scope), moving=what_moves(kept, gone))


def field_choices(kept: Account, gone: Account, *, scope: Scope | None = None) -> list[Choice]:
    """All facts of both, custom fields by their definitions. A parent company that the reader does not see is not named."""
    found = []
    parents = Account.objects.filter(pk__in=[kept.parent_id or 0, gone.parent_id or 0]).order_by()
    seen = set(parents.visible_to(scope).values_list("pk", flat=True)) if scope else None
    for name in FIELDS:
        ours, theirs = getattr(kept, name), getattr(gone, name)
        texts = [_shown(account, name) for account in (kept, gone)]
        if name == "parent" and seen is not None:
            texts = [
                text if parent is None or parent.pk in seen else _("an account of another team")
                for text, parent in zip(texts, (ours, theirs), strict=True)
            ]
        found.append(_choice(name, _label(name), texts[0], texts[1], ours, theirs))
    for definition in CustomField.objects.filter(target="account", is_active=True).order_by("position", "id"):
        ours, theirs = kept.custom.get(definition.key), gone.custom.get(definition.key)
        found.append(_choice(f"{CUSTOM}{definition.key}", definition.label, _plain(ours), _plain(theirs), ours, theirs))
    return [choice for choice in found if choice.kept or choice.gone]


def _choice(name: str, label: str, kept_text: str, gone_text: str, kept: Any, gone: Any) -> Choice:
    side = proposed_side(kept, gone)
    if name == "customer_type" and gone == Account.CustomerType.KEY:
        side = Side.GONE
    if name == "lifecycle_stage" and kept == Account.Stage.POTENTIAL:
        side = Side.GONE if gone != kept else Side.KEPT
    return Choice(
        name=name,
        label=label,
        kept=kept_text,
        gone=gone_text,
        proposed=side,
        is_same=kept_text == gone_text and (name != "parent" or kept == gone),
    )


def _label(name: str) -> str:
    return str(_LABELS.get(name) or Account._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def _shown(account: Account, name: str) -> str:
    value = getattr(account, name)
    if is_blank(value):
        return ""
    if name in {"customer_type", "form", "lifecycle_stage"}:
        return str(getattr(account, f"get_{name}_display")())
    if name == "annual_revenue":
        return f"{money.exact(value)} {account.currency}"
    return str(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "" if is_blank(value) else str(value)


def what_moves(kept: Account, gone: Account) -> list[Moving]:
    found = []
    for _key, relation, mover in moving():
        total = relation.rows(gone.pk).exclude(pk=kept.pk).count() if relation.model is Account else relation.rows(gone.pk).count()
        if not total:
            continue
        both = colliding(relation, mover, kept_id=kept.pk, gone_id=gone.pk).count() if mover.once_by or mover.numbered else 0
        filled = mover.how is How.FILL and relation.rows(kept.pk).exists()
        stay = total if filled else both if mover.once_by else 0
        found.append(
            Moving(
                label=str(mover.label),
                count=total - stay,
                stay=stay,
                renamed=both if mover.numbered else 0,
                is_filled=filled,
            )
        )
    return found


def merged_target(scope: Scope, account: Account) -> Account | None:
    """The account that a merged one lives on in, at the end of the chain; None when it was not merged or is not seen."""
    seen = {account.pk}
    target = account
    while target.merged_into_id is not None and target.merged_into_id not in seen:
        seen.add(target.merged_into_id)
        target = Account.objects.get(pk=target.merged_into_id)
    if target.pk == account.pk:
        return None
    return Account.objects.visible_to(scope).filter(pk=target.pk).order_by("pk").first()


def for_merge(scope: Scope, account_id: int) -> Account:
    """One side of a merge, with the names the page shows."""
    return account_for(scope, account_id)


def partners(scope: Scope, account: Account, text: str) -> list[tuple[Account, list[str]]]:
    """Accounts to merge with: those named like the text, else the likely duplicates the caller sees, with the reasons."""
    if text:
        ids = [
            hit.account_id for hit in search.search(scope, text, limit=12) if hit.kind == search.ACCOUNT and hit.account_id != account.pk
        ]
        rows = Account.objects.visible_to(scope).filter(pk__in=ids, archived_at__isnull=True).select_related("owner").order_by("pk")
        by_id = {row.pk: row for row in rows}
        return [(by_id[pk], []) for pk in ids if pk in by_id]
    record = duplicates.records_of([account])[account.pk]
    candidates = duplicates.candidates(record, exclude=account.pk)
    mine = Account.objects.visible_to(scope).filter(pk__in=candidates).select_related("owner").order_by("pk")
    by_id = {row.pk: row for row in mine}
    ranked = rank(record, duplicates.records_of(by_id.values()).values(), threshold=0.4)[:8]
    return [(by_id[item.id], duplicates.reason_texts(scope, [account, by_id[item.id]], item.match.reasons)) for item in ranked]


def merges(scope: Scope, *, cursor: str | None) -> Page[Merge]:
    """What was merged within the caller's reach, newest first; undone ones too."""
    rows = Merge.objects.visible_to(scope).select_related("kept", "kept__owner", "gone")
    return keyset_page(rows, order=["-pk"], cursor=cursor)


def merge_for(scope: Scope, merge_id: int) -> Merge | None:
    return Merge.objects.visible_to(scope).filter(pk=merge_id).select_related("kept", "gone").order_by("pk").first()


def moved_rows(merge: Merge) -> int:
    return sum(len(record.get("moved", [])) for record in merge.moved.values() if isinstance(record, dict))


def with_counts(rows: Iterable[Merge]) -> list[tuple[Merge, int]]:
    return [(row, moved_rows(row)) for row in rows]
