"""Accounts that a file names: by their key in other systems, by credit code, by name. A few queries however many are asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from dingke.accounts.calc.credit_code import normalise_credit_code
from dingke.accounts.calc.names import normalise_company_name
from dingke.accounts.models import Account
from dingke.core.importing.outcomes import Said, said
from dingke.core.reasons import Sentences
from dingke.core.scope import Scope

SENTENCES = Sentences(
    {
        "NO_ACCOUNT": ("There is no account {name}.", "没有客户“{name}”。"),
        "SEVERAL_ACCOUNTS": (
            "Several accounts are called {name}. Give their key or credit code.",
            "有多个客户名为“{name}”，请提供客户编号或统一社会信用代码。",
        ),
        "ARCHIVED_ACCOUNT": ("The account {name} is archived. Restore it first.", "客户“{name}”已归档，请先恢复。"),
    }
)


@dataclass(frozen=True, slots=True)
class AccountRef:
    """How a row names an account; what is blank is not looked at."""

    key: str = ""
    credit_code: str = ""
    name: str = ""

    @property
    def shown(self) -> str:
        return self.name or self.key or self.credit_code

    def __bool__(self) -> bool:
        return bool(self.key or self.credit_code or self.name)


class Finder:
    """The accounts that some refs may mean, loaded at once; accounts created on the way are added."""

    def __init__(self, refs: Iterable[AccountRef], scope: Scope) -> None:
        self.by_key: dict[str, Account] = {}
        self.by_code: dict[str, Account] = {}
        self.by_name: dict[str, list[Account]] = defaultdict(list)
        self.by_name_key: dict[str, list[Account]] = defaultdict(list)
        self.means: dict[AccountRef, Account] = {}  # told by somebody else than a key, a code or a name
        asked = list(refs)
        keys = {ref.key for ref in asked if ref.key}
        codes = {normalise_credit_code(ref.credit_code) for ref in asked if ref.credit_code}
        names = {normalise_company_name(ref.name)[:200] for ref in asked if ref.name}
        for condition, wanted in ((Q(external_key__in=keys), keys), (Q(credit_code__in=codes), codes), (Q(name_key__in=names), names)):
            if wanted:
                for account in Account.objects.visible_to(scope).filter(condition).select_related("merged_into").order_by("pk"):
                    self.add(account)

    def add(self, account: Account) -> None:
        if account.external_key:
            self.by_key[account.external_key] = account
        if account.credit_code and (account.archived_at is None or account.credit_code not in self.by_code):
            self.by_code[account.credit_code] = account
        if account.archived_at is None:
            for table, name in ((self.by_name, account.name), (self.by_name_key, account.name_key)):
                if all(other is not account and (account.pk is None or other.pk != account.pk) for other in table[name]):
                    table[name].append(account)

    def forget(self, account: Account) -> None:
        """Takes out an account that was added and will not be created."""
        for single in (self.by_key, self.by_code):
            for key in [key for key, held in single.items() if held is account]:
                del single[key]
        for table in (self.by_name, self.by_name_key):
            for key in {account.name, account.name_key} & table.keys():
                table[key] = [held for held in table[key] if held is not account]

    def find(self, ref: AccountRef) -> Account | None:
        """The account, or None when nothing fits. Raises `Unclear` when it cannot be told or is archived."""
        if ref in self.means:
            return self.means[ref]
        if ref.key and (account := self.by_key.get(ref.key)):
            return _living(account, ref)
        if ref.credit_code and (account := self.by_code.get(normalise_credit_code(ref.credit_code))):
            return _living(account, ref)
        if not ref.name:
            return None
        rows = self.by_name.get(ref.name) or self.by_name_key.get(normalise_company_name(ref.name)[:200]) or []
        rows = [account for account in rows if not _contradicts(account, ref)]
        if len(rows) > 1:
            raise Unclear(said(SENTENCES, "SEVERAL_ACCOUNTS", name=ref.name))
        return rows[0] if rows else None


class Unclear(Exception):
    """A ref that fits several accounts or an archived one; `reason` says so in both languages."""

    def __init__(self, reason: Said) -> None:
        super().__init__(reason[0])
        self.reason = reason


def _contradicts(account: Account, ref: AccountRef) -> bool:
    """Whether an account of this name has another key or code than the ref: a namesake."""
    if ref.key and account.external_key and account.external_key != ref.key:
        return True
    return bool(ref.credit_code and account.credit_code and account.credit_code != normalise_credit_code(ref.credit_code))


def _living(account: Account, ref: AccountRef) -> Account:
    if account.archived_at is None:
        return account
    if account.merged_into is not None and account.merged_into.archived_at is None:
        return account.merged_into
    raise Unclear(said(SENTENCES, "ARCHIVED_ACCOUNT", name=ref.shown))
