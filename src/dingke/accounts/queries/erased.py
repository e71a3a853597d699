"""Erasures as they are told: who was erased is not known here any more, but whether somebody is the one who was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db.models import Q, QuerySet

from dingke.accounts.calc import privacy as calc
from dingke.accounts.models import Contact, ErasedKey, Erasure, ErasureProposal
from dingke.core.access import needs
from dingke.core.paging import Page, keyset_page
from dingke.core.scope import Scope

SIZE = 50
JOURNAL = "erasures.jsonl"  # beside the database and the uploads, so that a restored backup does not take it back


def digests(mark: str) -> list[str]:
    """The digests of a mark, with the present secret first and those it replaced after."""
    secrets = [settings.SECRET_KEY, *getattr(settings, "SECRET_KEY_FALLBACKS", [])]
    return [calc.digest_of(mark, secret=sha256(f"dingke.erased:{secret}".encode()).digest()) for secret in secrets]


def recognised(people: Sequence[Iterable[str]]) -> dict[int, Erasure]:
    """Which of these people (each by marks) were erased: their places, with the erasure. One or two queries whatever their number."""
    if not ErasedKey.objects.exists():
        return {}
    places: dict[str, set[int]] = {}
    for place, marks in enumerate(people):
        for mark in marks:
            for digest in digests(mark):
                places.setdefault(digest, set()).add(place)
    keys = ErasedKey.objects.filter(digest__in=list(places)).select_related("erasure").order_by("erasure__at", "pk")
    return {place: key.erasure for key in keys for place in places[key.digest]}


def erasures(scope: Scope, *, cursor: str | None = None) -> Page[Erasure]:
    """Every erasure, newest first."""
    needs(scope, "privacy.erase").enforce()
    return keyset_page(Erasure.objects.all(), order=["-at", "-pk"], size=SIZE, cursor=cursor)


def open_proposals(scope: Scope, *, cursor: str | None = None) -> Page[ErasureProposal]:
    """Whom the retention rules propose, the longest quiet first."""
    needs(scope, "privacy.erase").enforce()
    rows = ErasureProposal.objects.visible_to(scope).filter(decision=ErasureProposal.Decision.OPEN).select_related("contact__account")
    return keyset_page(rows, order=["quiet_since_date", "pk"], size=SIZE, cursor=cursor)


def proposals_by_id(scope: Scope, ids: Iterable[int]) -> QuerySet[ErasureProposal]:
    """Open proposals with these ids that the caller sees."""
    rows = ErasureProposal.objects.visible_to(scope).filter(pk__in=list(ids), decision=ErasureProposal.Decision.OPEN)
    return rows.select_related("contact__account__owner").order_by("pk")


# ---- the journal ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One erasure as the file beside the database remembers it."""

    contact: int
    account: int
    made_at: datetime
    at: datetime
    by_name: str
    reason: str
    digests: tuple[str, ...]

    def as_json(self) -> str:
        values = {
            "contact": self.contact, "account": self.account, "made_at": self.made_at.isoformat(), "at": self.at.isoformat(),
            "by_name": self.by_name, "reason": self.reason, "digests": list(self.digests),
        }  # fmt: skip
        return json.dumps(values, ensure_ascii=False)


def journal_file() -> Path:
    return Path(settings.HOME) / JOURNAL


def journal() -> list[JournalLine]:
    """Every line of the journal; a line that was cut off by a crash is passed over."""
    path, found = journal_file(), []
    if not path.is_file():
        return []
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            values = json.loads(text)
            found.append(
                JournalLine(
                    contact=int(values["contact"]),
                    account=int(values["account"]),
                    made_at=datetime.fromisoformat(values["made_at"]),
                    at=datetime.fromisoformat(values["at"]),
                    by_name=str(values["by_name"]),
                    reason=str(values["reason"]),
                    digests=tuple(values["digests"]),
                )
            )
        except (ValueError, KeyError, TypeError):
            continue
    return found


def undone_by_restore(scope: Scope) -> list[JournalLine]:
    """Erasures that the journal knows and the database does not: an older backup was restored, they have to be run again."""
    needs(scope, "privacy.erase").enforce()
    lines = journal()
    known = set(Erasure.objects.order_by().values_list("contact_number", "contact_made_at")) if lines else set()
    return list({(line.contact, line.made_at): line for line in lines if (line.contact, line.made_at) not in known}.values())


def still_there(line: JournalLine) -> Contact | None:
    """The contact that a line speaks of, when the restored backup brought it back."""
    rows = Contact.objects.select_related("account__owner").filter(Q(pk=line.contact, created_at=line.made_at, erased_at__isnull=True))
    return rows.order_by("pk").first()
