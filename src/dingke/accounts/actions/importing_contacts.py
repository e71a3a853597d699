"""Contacts from a file, with their job and the ways to reach them; a constant number of queries per batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from dingke.accounts.actions import importing, search_index
from dingke.accounts.calc import privacy
from dingke.accounts.models import Account, Contact, ContactJob, ContactWay, Erasure, SearchEntry
from dingke.accounts.queries import erased
from dingke.accounts.queries.finding import SENTENCES as ACCOUNT_SENTENCES
from dingke.accounts.queries.finding import AccountRef, Finder, Unclear
from dingke.core import access
from dingke.core.importing.custom import with_custom
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

WAYS = {"mobile": ContactWay.Kind.MOBILE, "phone": ContactWay.Kind.PHONE, "email": ContactWay.Kind.EMAIL, "wechat": ContactWay.Kind.WECHAT}
JOB_FACTS = (("title", "title"), ("department_kind", "department"), ("department_name", "department_name"), ("level", "level"))
FACTS = ("name", "salutation", "is_main", "note", "external_key")
SENTENCES = COMMON | Sentences(
    {
        "NOT_A_MAIL": ("“{value}” is not a mail address.", "“{value}”不是有效的邮箱地址。"),
        "ERASED": (
            "The data of this person was erased on {day} (erasure no. {number}). Add the person by hand if he or she agrees.",
            "该联系人的数据已于 {day} 删除（删除记录 {number}），不再导入。如本人同意，请手工新建。",
        ),
        "MOVED": ("{name} is a contact of {account}, not of this account.", "“{name}”是“{account}”的联系人，而非该客户的联系人。"),
    }
)


def ref_of(row: Mapping[str, Any]) -> AccountRef:
    """The account that a row names."""
    return AccountRef(key=row.get("account_key", ""), credit_code=row.get("account_credit_code", ""), name=row.get("account_name", ""))


def account_of(finder: Finder, ref: AccountRef, made: Mapping[AccountRef, Outcome]) -> Account | Outcome:
    """The account, or the refusal that says why there is none."""
    try:
        account = finder.find(ref)
    except Unclear as unclear:
        return Outcome(Fate.REFUSED, reason=unclear.reason)
    if account is not None:
        return account
    failed = made.get(ref)
    return failed if failed is not None and failed.fate is Fate.REFUSED else refused(ACCOUNT_SENTENCES, "NO_ACCOUNT", name=ref.shown)


@transaction.atomic
def import_contacts(batch: Batch) -> list[Outcome]:
    """Creates and updates contacts: found by their own key, else by account and name."""
    access.needs(batch.by, "accounts.edit_all").enforce()
    refs = [ref_of(row) for row in batch.rows]
    finder, made = importing.find_or_create(refs=refs, customer_types=[Account.CustomerType.ORGANISATION] * len(refs), batch=batch)
    accounts = [account_of(finder, ref, made) for ref in refs]
    existing = _existing(batch, accounts)
    gone = erased.recognised([_marks(row, account) for row, account in zip(batch.rows, accounts, strict=True)])
    outcomes: list[Outcome | None] = []
    new: list[tuple[int, Contact]] = []
    changed: list[tuple[int, Contact, dict[str, list[Any]]]] = []
    for place, (row, account) in enumerate(zip(batch.rows, accounts, strict=True)):
        answer = _row(batch, row, account, existing, gone.get(place))
        if isinstance(answer, Outcome):
            outcomes.append(answer)
            continue
        contact, changes = answer
        outcomes.append(None)
        if contact.pk is None:
            new.append((place, contact))
        else:
            changed.append((place, contact, changes))
    Contact.objects.bulk_create([contact for _place, contact in new], batch_size=500)
    touched = dict(new) | {place: contact for place, contact, _changes in changed}
    ways, jobs, job_changes = _ways_and_jobs(batch, touched)
    edited = [contact for _place, contact, changes in changed if changes]
    for contact in edited:
        contact.version += 1
        contact.updated_at = batch.now
    if edited:
        Contact.objects.bulk_update(edited, [*FACTS, "custom", "pinyin", "version", "updated_at"], batch_size=200)
    search_index.refresh({contact.account_id for contact in touched.values()})
    accounts_made = {outcome.id: outcome.written for outcome in made.values() if outcome.fate is Fate.CREATED}
    for place, contact in new:
        outcomes[place] = created(contact, *accounts_made.pop(contact.account_id, ()))
    for place, contact, changes in changed:
        extra = [*ways.get(contact.pk, []), *jobs.get(contact.pk, []), *job_changes.get(contact.pk, [])]
        outcomes[place] = updated(contact, changes, *extra) if changes or extra else unchanged(contact)
    return [outcome for outcome in outcomes if outcome is not None]


def _existing(batch: Batch, accounts: list[Account | Outcome]) -> dict[Any, Contact]:
    keys = [row["external_key"] for row in batch.rows if row.get("external_key")]
    ids = {account.pk for account in accounts if isinstance(account, Account)}
    names = {row["name"] for row in batch.rows if row.get("name")}
    found: dict[Any, Contact] = {}
    current = Contact.objects.filter(archived_at__isnull=True).select_related("account")
    for contact in current.filter(account_id__in=ids, name__in=names).order_by("-pk"):
        found[(contact.account_id, contact.name)] = contact
    for contact in current.filter(external_key__in=keys).order_by("pk"):
        found[contact.external_key] = contact
    return found


def _marks(row: Mapping[str, Any], account: Account | Outcome) -> list[str]:
    """By what the person of a row would be recognised, had he or she been erased."""
    if isinstance(account, Outcome):
        return []
    ways = [str(row[way]) for way in WAYS if row.get(way)]
    return privacy.marks_of(account=account.pk, name=row.get("name", ""), key=row.get("external_key"), ways=ways)


def _row(
    batch: Batch, row: Mapping[str, Any], account: Account | Outcome, existing: dict[Any, Contact], gone: Erasure | None
) -> Outcome | tuple[Contact, dict[str, list[Any]]]:
    if isinstance(account, Outcome):
        return account
    mail = row.get("email", "")
    if mail and ("@" not in mail.strip("@") or " " in mail):
        return refused(SENTENCES, "NOT_A_MAIL", value=mail)
    values = {name: row[name] for name in FACTS if name in row}
    contact = existing.get(row.get("external_key")) if row.get("external_key") else None
    contact = contact or existing.get((account.pk, row.get("name")))
    if contact is None:
        if batch.mode == Mode.UPDATE:
            return refused(SENTENCES, "NOT_THERE", name=row.get("name", ""))
        if gone is not None:
            return refused(SENTENCES, "ERASED", day=timezone.localdate(gone.at).isoformat(), number=gone.pk)
        contact = Contact(account=account, pinyin=pinyin_sort_key(row["name"]), custom=with_custom({}, row), **values)
        existing[(account.pk, contact.name)] = contact
        return contact, {}
    if contact.account_id != account.pk:
        return refused(SENTENCES, "MOVED", name=contact.name, account=contact.account.name)
    if batch.mode == Mode.CREATE or contact.pk is None:
        return refused(SENTENCES, "ALREADY_THERE", name=contact.name)
    changes = apply_values(contact, {**values, "custom": with_custom(contact.custom, row)})
    if "name" in changes:
        changes |= apply_values(contact, {"pinyin": pinyin_sort_key(contact.name)})
    return contact, changes


def _ways_and_jobs(
    batch: Batch, touched: Mapping[int, Contact]
) -> tuple[dict[int, list[Written]], dict[int, list[Written]], dict[int, list[Written]]]:
    ids = [contact.pk for contact in touched.values()]
    known = defaultdict(set)
    for contact_id, kind, value in ContactWay.objects.filter(contact_id__in=ids).order_by().values_list("contact_id", "kind", "value"):
        known[contact_id].add((kind, value))
    jobs = {job.contact_id: job for job in ContactJob.objects.filter(contact_id__in=ids, is_current=True).order_by("-pk")}
    new_ways: list[ContactWay] = []
    new_jobs: list[ContactJob] = []
    job_changes: dict[int, list[Written]] = {}
    edited: list[ContactJob] = []
    for place, contact in touched.items():
        row = batch.rows[place]
        for way, kind in WAYS.items():
            value = str(row.get(way) or "")
            if value and (kind, value) not in known[contact.pk]:
                new_ways.append(
                    ContactWay(contact=contact, kind=kind, value=value, is_main=not any(each == kind for each, _value in known[contact.pk]))
                )
                known[contact.pk].add((kind, value))
        facts = {field: row[key] for key, field in JOB_FACTS if key in row}
        job = jobs.get(contact.pk)
        if facts and job is None:
            new_jobs.append(ContactJob(contact=contact, **{"title": "", **facts}))
        elif facts and job is not None and (changes := apply_values(job, facts)):
            edited.append(job)
            job_changes[contact.pk] = [Written(job._meta.label_lower, job.pk, False, changes)]
    if edited:
        ContactJob.objects.bulk_update(edited, ["title", "department", "department_name", "level"], batch_size=200)
    return (
        _written(ContactWay.objects.bulk_create(new_ways, batch_size=500)),
        _written(ContactJob.objects.bulk_create(new_jobs, batch_size=500)),
        job_changes,
    )


def _written(rows: list[Any]) -> dict[int, list[Written]]:
    found: dict[int, list[Written]] = defaultdict(list)
    for row in rows:
        found[row.contact_id].append(Written(row._meta.label_lower, row.pk, True))
    return found


def refresh_search(contact_ids: list[int]) -> None:
    """The search rows of these contacts' accounts, anew."""
    search_index.refresh(set(Contact.objects.filter(pk__in=contact_ids).order_by().values_list("account_id", flat=True)))


def forget_search(contact_ids: list[int]) -> None:
    """Takes the search rows of contacts away that are about to go."""
    SearchEntry.objects.filter(kind=search_index.CONTACT, object_id__in=contact_ids).delete()
