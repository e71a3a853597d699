"""Keeps one search row per account and contact. The database mirrors the terms into its full-text index by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dingke.accounts.calc.contact_keys import website_key
from dingke.accounts.models import Account, Contact, SearchEntry
from dingke.core.search_keys import all_terms

ACCOUNT, CONTACT = "account", "contact"
BATCH = 500


def refresh(account_ids: Iterable[int]) -> None:
    """Writes the rows of these accounts and their contacts anew; archived ones lose theirs."""
    ids = list(account_ids)
    for start in range(0, len(ids), BATCH):
        _refresh_batch(ids[start : start + BATCH])


def _refresh_batch(ids: Sequence[int]) -> None:
    entries = [
        _account_entry(account)
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
    SearchEntry.objects.bulk_create(entries, batch_size=BATCH)


def remove(account_ids: Iterable[int]) -> None:
    SearchEntry.objects.filter(account_id__in=list(account_ids)).delete()


def _account_entry(account: Account) -> SearchEntry:
    titles = account.invoice_titles.all()
    names = [account.name, account.short_name, account.english_name, *(title.title for title in titles)]
    codes = [account.credit_code or "", account.external_key or "", website_key(account.website)]
    guarded = {"phone": [account.phone], "invoicing": [title.tax_id for title in titles]}
    subtitle = " · ".join(part for part in (account.short_name, account.city) if part)
    return SearchEntry(
        account=account, kind=ACCOUNT, object_id=account.pk, title=account.name[:200], subtitle=subtitle[:200],
        terms=all_terms(names, codes, guarded),
    )  # fmt: skip


def _contact_entry(contact: Contact) -> SearchEntry:
    guarded = {"phone": [way.value for way in contact.ways.all()]}
    jobs = [job.title for job in contact.jobs.all() if job.is_current]
    subtitle = " · ".join([contact.account.shown_name, *jobs[:1]])
    return SearchEntry(
        account_id=contact.account_id, kind=CONTACT, object_id=contact.pk, title=contact.name, subtitle=subtitle[:200],
        terms=all_terms([contact.name], [], guarded),
    )  # fmt: skip
