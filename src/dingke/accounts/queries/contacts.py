"""People at the customer as pages show them: who sits where (C-01 4, 5), how to reach them, what they agreed to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import QuerySet

from dingke.accounts import access
from dingke.accounts.calc.masking import masked_phone
from dingke.accounts.models import Account, Consent, Contact, ContactJob, ContactWay
from dingke.core.scope import Scope

PHONES = {ContactWay.Kind.MOBILE.value, ContactWay.Kind.PHONE.value}
CONSENT_STATES = ("AGREED", "REFUSED", "NONE")
# The departments that the dossier keeps apart (C-01 4), and the three levels (C-01 5), top first.
DEPARTMENTS = [ContactJob.Department.USING, ContactJob.Department.PURCHASING, ContactJob.Department.SUPPORTING]
LEVELS = [ContactJob.Level.TOP, ContactJob.Level.MANAGER, ContactJob.Level.OPERATOR]


def account_phone(scope: Scope, account: Account) -> str:
    """The account's own number as this caller sees it; nothing while it lies in the pool and the caller is not above it."""
    return shown_phone(scope, account.phone) if access.can_see_contacts(scope, account) else ""


def shown_phone(scope: Scope, number: str) -> str:
    """A phone number as this caller sees it."""
    return masked_phone(number) if number and scope.hides("phone") else number


@dataclass(frozen=True)
class ShownWay:
    kind: str
    label: str
    value: str
    href: str
    is_main: bool


def shown_way(scope: Scope, way: ContactWay) -> ShownWay:
    """A way to reach somebody as this caller sees it; a WeChat name that is a phone number counts as one."""
    is_phone = way.kind in PHONES or sum(sign.isdigit() for sign in way.value) >= 7 and way.kind != ContactWay.Kind.EMAIL
    hidden = is_phone and scope.hides("phone")
    scheme = {"MOBILE": "tel:", "PHONE": "tel:", "EMAIL": "mailto:"}.get(way.kind, "")
    href = (
        ""
        if hidden or not scheme
        else scheme + (way.value if scheme == "mailto:" else "".join(sign for sign in way.value if sign.isdigit() or sign == "+"))
    )
    return ShownWay(way.kind, str(way.get_kind_display()), masked_phone(way.value) if hidden else way.value, href, way.is_main)


@dataclass(frozen=True)
class Person:
    """A contact with what its card shows."""

    contact: Contact
    jobs: tuple[ContactJob, ...]
    former_jobs: tuple[ContactJob, ...]
    ways: tuple[ShownWay, ...]
    consents: tuple[Consent, ...]

    @property
    def consent_state(self) -> str:
        """AGREED when some channel is agreed to, REFUSED when every statement says no, NONE when nothing was written down."""
        if not self.consents:
            return "NONE"
        return "AGREED" if any(row.is_given for row in self.consents) else "REFUSED"

    @property
    def job_line(self) -> str:
        return " · ".join(part for job in self.jobs[:1] for part in (job.title, job.department_name) if part)


@dataclass(frozen=True)
class Seat:
    """A department of the customer by level: who is known there. Empty cells are gaps to fill."""

    department: str
    label: str
    names: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def is_empty(self) -> bool:
        return not any(names for _level, names in self.names)


@dataclass(frozen=True)
class People:
    """Everybody known at an account, those who left or were archived apart, and the seats of C-01."""

    here: tuple[Person, ...]
    gone: tuple[Person, ...]
    seats: tuple[Seat, ...]
    hidden: str = ""
    consent: str = ""  # the state that `here` is narrowed to
    consent_counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def main(self) -> Person | None:
        return next((person for person in self.here if person.contact.is_main), None)


def contacts_of(scope: Scope, account: Account) -> QuerySet[Contact]:
    """Everybody at an account, the main contact first, ready for `people_at`: four queries whatever their number.

    Nobody while the account lies in the public pool and the caller is not above it.
    """
    if not access.can_see_contacts(scope, account):
        return Contact.objects.none()
    return (
        Contact.objects.visible_to(scope)
        .filter(account=account)
        .prefetch_related("jobs", "ways", "consents")
        .order_by("-is_main", "pinyin", "pk")
    )


def people_at(scope: Scope, account: Account, *, consent: str = "") -> People:
    """Everybody at an account; `consent` narrows those who are there to a state of `Person.consent_state`."""
    people = [_person(scope, contact) for contact in contacts_of(scope, account)]
    here = tuple(person for person in people if person.contact.archived_at is None and person.contact.left_date is None)
    gone = tuple(person for person in people if person not in here)
    counts = {state: sum(person.consent_state == state for person in here) for state in CONSENT_STATES}
    wanted = consent if consent in CONSENT_STATES else ""
    return People(
        here=tuple(person for person in here if not wanted or person.consent_state == wanted),
        gone=gone,
        seats=_seats(here),
        hidden=access.can_see_contacts(scope, account).reason,
        consent=wanted,
        consent_counts=counts,
    )


def pickable(scope: Scope, account: Account) -> QuerySet[Contact]:
    """The people an entry or a day can be about."""
    return Contact.objects.visible_to(scope).filter(account=account, archived_at__isnull=True).order_by("-is_main", "pinyin", "pk")


def _person(scope: Scope, contact: Contact) -> Person:
    jobs = list(contact.jobs.all())
    newest: dict[str, Consent] = {}
    for consent in contact.consents.all():
        newest.setdefault(consent.channel, consent)
    return Person(
        contact=contact,
        jobs=tuple(job for job in jobs if job.is_current),
        former_jobs=tuple(job for job in jobs if not job.is_current),
        ways=tuple(shown_way(scope, way) for way in contact.ways.all()),
        consents=tuple(newest.values()),
    )


def _seats(people: Iterable[Person]) -> tuple[Seat, ...]:
    known: dict[tuple[str, str], list[str]] = {}
    for person in people:
        for job in person.jobs:
            known.setdefault((job.department, job.level), []).append(person.contact.name)
    others = [value for value in ContactJob.Department if value not in DEPARTMENTS and any(key[0] == value for key in known)]
    return tuple(
        Seat(
            department=department.value,
            label=str(department.label),
            names=tuple((str(level.label), tuple(known.get((department.value, level.value), ()))) for level in LEVELS),
        )
        for department in [*DEPARTMENTS, *others]
    )
