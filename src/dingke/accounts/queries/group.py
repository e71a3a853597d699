"""The group of companies around an account, drawn as a tree: only what the caller sees has a name, the rest is counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from dingke.accounts.models import Account
from dingke.core.scope import Scope

LEVELS = 8
AT_MOST = 400


@dataclass
class Member:
    """A company of the group. `account` None: it is there, but not for this caller. `hidden`: such companies right below."""

    account: Account | None
    children: list[Member] = field(default_factory=list)
    hidden: int = 0


@dataclass(frozen=True)
class Group:
    root: Member
    seen: int
    hidden: int
    revenue: Decimal | None
    is_cut: bool

    @property
    def is_alone(self) -> bool:
        return self.seen + self.hidden <= 1


def group_of(scope: Scope, account: Account) -> Group:
    """The tree from the uppermost company down. Queries: one per level, eight each way at most, and one for what is seen."""
    top = _top(account)
    below: dict[int, list[int]] = {}
    known = {top}
    level = [top]
    for _depth in range(LEVELS):
        rows = Account.objects.filter(parent_id__in=level, archived_at__isnull=True).exclude(pk__in=known).order_by("pinyin", "pk")
        pairs = list(rows.values_list("pk", "parent_id")[: AT_MOST - len(known)])
        for pk, parent_id in pairs:
            below.setdefault(parent_id or 0, []).append(pk)
        level = [pk for pk, _parent in pairs]
        known.update(level)
        if not level or len(known) >= AT_MOST:
            break
    seen = {
        row.pk: row for row in Account.objects.visible_to(scope).filter(pk__in=known).select_related("standing", "owner").order_by("pk")
    }
    root = _member(top, below, seen)
    revenue = None if scope.hides("amount") else _revenue(seen.values())
    return Group(root=root, seen=len(seen), hidden=len(known) - len(seen), revenue=revenue, is_cut=len(known) >= AT_MOST)


def _top(account: Account) -> int:
    top, above, passed = account.pk, account.parent_id, {account.pk}
    for _depth in range(LEVELS):
        row = (
            Account.objects.filter(pk=above, archived_at__isnull=True).order_by("pk").values_list("pk", "parent_id").first()
            if above
            else None
        )
        if row is None or row[0] in passed:
            break
        top, above = row
        passed.add(top)
    return top


def _member(pk: int, below: dict[int, list[int]], seen: dict[int, Account]) -> Member:
    member = Member(seen.get(pk))
    for child in below.get(pk, ()):
        if _shows(child, below, seen):
            member.children.append(_member(child, below, seen))
        else:
            member.hidden += _size(child, below)
    return member


def _shows(pk: int, below: dict[int, list[int]], seen: dict[int, Account]) -> bool:
    return pk in seen or any(_shows(child, below, seen) for child in below.get(pk, ()))


def _size(pk: int, below: dict[int, list[int]]) -> int:
    return 1 + sum(_size(child, below) for child in below.get(pk, ()))


def _revenue(accounts: Iterable[Account]) -> Decimal | None:
    known = [account.standing.revenue for account in accounts if hasattr(account, "standing")]
    return sum(known, Decimal(0)) if known else None
