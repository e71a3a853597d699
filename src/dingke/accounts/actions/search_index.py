"""Keeps one search row per account and contact. The database mirrors the terms into its full-text index by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dingke.accounts.calc.contact_keys import website_key
from dingke.accounts.models import Account, Contact, InvoiceTitle, SearchEntry
from dingke.core.importing.inserts import insert_rows
from dingke.core.search_keys import SOUND, all_terms, pinyin_forms

ACCOUNT, CONTACT = "account", "contact"
BATCH = 500
Entry = tuple[int, str, int, str, str, str]  # account, kind, thing, title, subtitle, terms


def refresh(account_ids: Iterable[int]) -> None:
    """Writes the rows of these accounts and their contacts anew; archived ones lose theirs."""
    ids = list(account_ids)
    for start in range(0, len(ids), BATCH):
        _refresh_batch(ids[start : start + BATCH])


def _refresh_batch(ids: Sequence[int]) -> None:
    entries = [
        _account_entry(account, account.invoice_titles.all())
        for account in Account.objects.filter(pk__in=ids, archived_at__isnull=True).prefetch_related("invoice_titles").order_by("pk")
    ]
    contacts = (
        Contact.objects.filter(account_id__in=ids, archived_at__isnull=True, account__archived_at__isnull=True)
        .select_related("account")
        .prefetch_related("ways", "jobs")
        .order_by("pk")
    )
    entries.extend(_contact_entry(contact) for contact in contacts)
    SearchEntry.objects.filter(account_id__in=ids).delete()
    _insert(entries)


def add_new(accounts: Iterable[Account]) -> None:
    """Writes the rows of accounts that were created this moment, with nothing hanging on them yet, without reading them again."""
    _insert([_account_entry(account, ()) for account in accounts])


def _insert(entries: Sequence[Entry]) -> None:
    insert_rows(SearchEntry, ("account_id", "kind", "object_id", "title", "subtitle", "terms"), entries)


def remove(account_ids: Iterable[int]) -> None:
    SearchEntry.objects.filter(account_id__in=list(account_ids)).delete()


def _account_entry(account: Account, titles: Iterable[InvoiceTitle]) -> Entry:
    titles = list(titles)
    names = [account.name, account.short_name, account.english_name, *(title.title for title in titles)]
    codes = [account.credit_code or "", account.external_key or "", website_key(account.website)]
    guarded = {"phone": [account.phone], "invoicing": [title.tax_id for title in titles]}
    subtitle = " · ".join(part for part in (account.short_name, account.city) if part)
    sound = pinyin_forms(account.name_key)[0]
    terms = " ".join([all_terms(names, codes, guarded), *([SOUND + sound] if sound else [])])
    return account.pk, ACCOUNT, account.pk, account.name[:200], subtitle[:200], terms


def _contact_entry(contact: Contact) -> Entry:
    guarded = {"phone": [way.value for way in contact.ways.all()]}
    jobs = [job.title for job in contact.jobs.all() if job.is_current]
    subtitle = " · ".join([contact.account.shown_name, *jobs[:1]])
    return contact.account_id, CONTACT, contact.pk, contact.name, subtitle[:200], all_terms([contact.name], [], guarded)
