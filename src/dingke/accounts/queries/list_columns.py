"""The columns of the account list: what they are called, who sees them, how they sort, what they hold."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dingke.accounts import access
from dingke.accounts.models import Account, Standing
from dingke.accounts.queries import size_tier
from dingke.accounts.queries.list_custom import PREFIX
from dingke.core import custom_fields
from dingke.core.models import CustomField
from dingke.core.scope import Scope
from dingke.core.tables_out import CellKind


@dataclass(frozen=True, slots=True)
class Sort:
    """How a head sorts: a field, the tie breaker its index goes on with (the other way round for an index such as
    (-revenue, account)), whether rows can be without a value, and whether the first click brings the biggest first."""

    field: str
    tie: str = "pk"
    opposite_tie: bool = False
    nullable: bool = True
    big_first: bool = False
    least: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """`reads`: the fields behind the cell, all that is asked of the database for it. `is_plain`: the formatted value is the whole cell."""

    key: str
    label: str | Promise
    value: Callable[[Account], Any]
    kind: CellKind = CellKind.TEXT
    sort: Sort | None = None
    rights: tuple[str, ...] = ()
    custom_kind: str = ""
    width: int = 0
    reads: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        return self.kind in {CellKind.MONEY, CellKind.PERCENT} and self.key != "change"

    @property
    def is_number(self) -> bool:
        return self.kind in {CellKind.MONEY, CellKind.PERCENT, CellKind.WHOLE, CellKind.NUMBER}

    def look(self, account: Account) -> Hashable | None:
        """What the cell's look depends on: accounts with the same share the cell. None where each has its own."""
        read = _LOOKS.get(self.key, self.value)
        if read is None:
            return None
        found = read(account)
        return (self.key, found) if isinstance(found, Hashable) else None


def standing_of(account: Account) -> Standing | None:
    return getattr(account, "standing", None)


def change_of(standing: Standing | None) -> Decimal | None:
    """Twelve months against the twelve before, as a share; None when there was nothing before."""
    if standing is None or standing.revenue_before <= 0:
        return None
    return (standing.revenue - standing.revenue_before) / standing.revenue_before


def _from_standing(name: str) -> Callable[[Account], Any]:
    def read(account: Account) -> Any:
        standing = standing_of(account)
        return None if standing is None else getattr(standing, name)

    return read


def _face(account: Account) -> str:
    standing = standing_of(account)
    return standing.face if standing else ""


def _tags(account: Account) -> str:
    return ", ".join(sorted(link.tag.name for link in account.tag_links.all()))


# where a cell shows more, or less, than the value that is exported
_LOOKS: dict[str, Callable[[Account], Any] | None] = {
    "owner": lambda a: (a.owner_id, a.pool_at is None),
    "stage": lambda a: a.lifecycle_stage,
    "tags": lambda a: tuple(link.tag_id for link in a.tag_links.all()),
    "last_order": None,
    "last_contact": None,
    "created": None,
}

COLUMNS: tuple[Column, ...] = (
    Column("name", _("Name"), lambda a: a.name, sort=Sort("pinyin", nullable=False), width=34),
    Column(
        "owner", _("Owner"), lambda a: str(a.owner) if a.owner else None, sort=Sort("owner__pinyin"),
        reads=("owner__name", "owner__username", "pool_at"),
    ),
    Column(
        "key", _("Key account"), lambda a: a.is_key, CellKind.BOOLEAN, Sort("is_key", nullable=False, big_first=True), reads=("is_key",)
    ),
    Column("abc", _("Class"), _from_standing("abc"), sort=Sort("standing__rank", "standing__account_id"), reads=("standing__abc",)),
    Column("face", _("Face"), _face, sort=Sort("standing__face", "standing__account_id", big_first=True), reads=("standing__face",)),
    Column(
        "stage", _("Lifecycle stage"), lambda a: a.get_lifecycle_stage_display(), sort=Sort("stage_position", nullable=False),
        reads=("lifecycle_stage",),
    ),
    Column(
        "revenue", _("Revenue, 12 months"), _from_standing("revenue"), CellKind.MONEY,
        Sort("standing__revenue", "standing__account_id", opposite_tie=True, big_first=True, least=-Decimal(10) ** 15), ("amount",),
        reads=("standing__revenue",),
    ),
    Column(
        "change", _("Change on the year"), lambda a: change_of(standing_of(a)), CellKind.PERCENT, Sort("change_points"), ("amount",),
        reads=("standing__revenue", "standing__revenue_before"),
    ),
    Column(
        "margin", _("Margin"), _from_standing("margin"), CellKind.PERCENT, Sort("standing__margin", big_first=True), ("amount", "cost"),
        reads=("standing__margin",),
    ),
    Column(
        "last_order", _("Last order"), _from_standing("last_order_date"), CellKind.DATE,
        Sort("standing__last_order_date", "standing__account_id", big_first=True),
        reads=("standing__last_order_date", "standing__usual_gap_days"),
    ),
    Column(
        "last_contact", _("Last contact"), lambda a: a.last_contact_at, CellKind.MOMENT, Sort("last_contact_at", big_first=True),
        reads=("last_contact_at",),
    ),
    Column("industry", _("Industry"), lambda a: a.industry.label if a.industry else None, sort=Sort("industry__position")),
    Column(
        "region", _("Region"), lambda a: a.region.label if a.region else None, sort=Sort("region__position"),
        reads=("region__label_zh", "region__label_en"),
    ),
    Column(
        "territory", _("Territory"), lambda a: a.territory.name if a.territory else None, sort=Sort("territory__name"),
        reads=("territory__name",),
    ),
    Column("city", _("City"), lambda a: a.city, sort=Sort("city", nullable=False)),
    Column(
        "type", _("Customer type"), lambda a: a.get_customer_type_display(), sort=Sort("customer_type", nullable=False),
        reads=("customer_type",),
    ),
    Column("phone", _("Phone"), lambda a: "" if a.pool_at else a.phone, rights=("phone",), reads=("phone", "pool_at")),
    Column("size", _("Size tier"), lambda a: None, rights=("amount",), reads=("employees", "annual_revenue", "size_tier")),
    Column("tags", _("Tags"), _tags),
    Column(
        "created", _("Created"), lambda a: a.created_at, CellKind.MOMENT, Sort("created_at", nullable=False, big_first=True),
        reads=("created_at",),
    ),
)  # fmt: skip
ALWAYS = ("name", "short_name", "pinyin", "is_key", "city", "industry__label_zh", "industry__label_en")
"""What the name's cell and the pages behind a list show, whatever the columns."""
SHOWN_AT_FIRST = ("name", "owner", "abc", "stage", "revenue", "change", "last_order", "last_contact", "tags")


def _phone_outside_pool(account: Account) -> str | None:
    return account.phone if account.pool_at is None else None


def _tiers() -> Callable[[Account], Any]:
    """The size tier in words; its limits are read when the first cell asks for them."""
    limits = cache(size_tier.tier_limits)
    return lambda account: size_tier.tier_label(size_tier.tier_of(account, limits())) or None


def _custom_column(field: CustomField) -> Column:
    kinds = {CustomField.Kind.NUMBER: CellKind.NUMBER, CustomField.Kind.DATE: CellKind.DATE, CustomField.Kind.BOOLEAN: CellKind.BOOLEAN}

    def read(account: Account) -> Any:
        raw = account.custom.get(field.key)
        if raw in (None, ""):
            return None
        try:
            if field.kind == CustomField.Kind.NUMBER:
                return Decimal(str(raw))
            if field.kind == CustomField.Kind.DATE:
                return date.fromisoformat(str(raw))
        except (ValueError, ArithmeticError):
            return str(raw)
        return raw

    kind = kinds.get(CustomField.Kind(field.kind), CellKind.TEXT)
    return Column(PREFIX + field.key, field.label, read, kind, custom_kind=field.kind, reads=("custom",))


def columns_for(scope: Scope, own: Sequence[CustomField] | None = None) -> list[Column]:
    """Every column the caller may see: declared ones, then the company's own fields (read here unless given)."""
    declared = [column for column in COLUMNS if not any(scope.hides(right) for right in column.rights)]
    if not access.sees_pool_contacts(scope):
        declared = [replace(column, value=_phone_outside_pool) if column.key == "phone" else column for column in declared]
    declared = [replace(column, value=_tiers()) if column.key == "size" else column for column in declared]
    return declared + [_custom_column(field) for field in (custom_fields.definitions("account") if own is None else own)]


def chosen(available: Sequence[Column], keys: Iterable[str]) -> list[Column]:
    """The named columns in their order, the name always first; the usual ones when none is named."""
    known = {column.key: column for column in available}
    wanted = [key for key in keys if key in known] or [key for key in SHOWN_AT_FIRST if key in known]
    return [known[key] for key in dict.fromkeys(["name", *wanted])]


def sort_for(available: Sequence[Column], scope: Scope, text: str) -> tuple[str, Sort, bool]:
    """The sort that is asked ("-revenue"), if the caller may sort by it; else by name. Returns its text, rule and direction.

    The rank behind the class tells the order of amounts, so whoever does not see amounts does not sort by it.
    """
    descending, key = text.startswith("-"), text.lstrip("-")
    for column in available:
        if column.key == key and column.sort and not (key == "abc" and scope.hides("amount")):
            return text, column.sort, descending
    return "name", Sort("pinyin", nullable=False), False


def in_order(available: Sequence[Column], shown: Sequence[Column]) -> list[Column]:
    """All columns as a chooser lists them: those shown in their order, then the others."""
    return [*shown, *(column for column in available if column not in shown)]
