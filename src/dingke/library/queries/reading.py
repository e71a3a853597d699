"""One entry as it is read: its parts as HTML, what hangs on it, what it was used for, what was said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from markupsafe import Markup

from dingke.accounts.models import Account
from dingke.core import lists
from dingke.core.errors import NotVisible
from dingke.core.reasons import is_chinese
from dingke.core.scope import Scope
from dingke.library import access
from dingke.library.calc.markdown import rendered
from dingke.library.calc.parts import parts_of
from dingke.library.calc.topics import label_of
from dingke.library.calc.versions import TEXT_FIELDS, Difference, differences
from dingke.library.models import Entry, EntryMark, EntryUse, EntryVersion
from dingke.library.queries.entries import entries

USES = 12


@dataclass(frozen=True, slots=True)
class Part:
    code: str
    label: str
    html: Markup


@dataclass(frozen=True, slots=True)
class Reading:
    entry: Entry
    topic: str
    parts: Sequence[Part]
    body: Markup
    industries: Sequence[str]
    is_proposed: bool  # filled by us, not in the sources
    variants: Sequence[Entry]  # talk tracks of an objection
    neighbours: Sequence[Entry]  # others of the same topic
    uses: Sequence[EntryUse]
    outcomes: dict[str, int]
    versions: Sequence[EntryVersion]
    proposals: Sequence[EntryVersion]
    mark: EntryMark | None
    may_edit: bool
    may_propose: bool
    may_publish: bool
    edit_hint: str
    sees_account: bool
    cite_ended: bool


def _shown(texts: object) -> str:
    """The reader's language, else the other one."""
    if not isinstance(texts, dict):
        return str(texts or "")
    first, second = ("zh", "en") if is_chinese(get_language() or "zh") else ("en", "zh")
    return str(texts.get(first) or texts.get(second) or "")


def parts_for(entry: Entry) -> list[Part]:
    """The parts of an entry that are filled, in their order, in the reader's language."""
    language = get_language() or "zh"
    content = entry.content or {}
    filled = content.get("parts") or {}
    known = parts_of(entry.kind, entry.topic, is_reference=bool(content.get("is_reference")))
    return [
        Part(code, label.text(language), rendered(_shown(filled[code]))) for code, label in known if code in filled and _shown(filled[code])
    ]


def read(scope: Scope, entry: Entry, *, today: date) -> Reading:
    language = get_language() or "zh"
    uses = EntryUse.objects.visible_to(scope).filter(entry=entry)
    counted = dict(EntryUse.objects.filter(entry=entry).exclude(outcome="").order_by().values_list("outcome").annotate(Count("pk")))
    edit = access.can_edit(scope, entry)
    versions = EntryVersion.objects.filter(entry=entry).defer("text")
    proposals = [row for row in versions if row.state == EntryVersion.State.PROPOSED]
    codes = set(entry.industries)
    return Reading(
        entry=entry,
        topic=label_of(entry.kind, entry.topic, language),
        parts=parts_for(entry),
        body=rendered(entry.body),
        industries=[item.label for item in lists.items("industries", with_inactive=True) if item.code in codes] if codes else [],
        is_proposed=bool((entry.content or {}).get("is_proposed")),
        variants=list(entries(scope, about=entry.pk, today=today)[:20]),
        neighbours=list(
            entries(scope, kinds=[entry.kind], topic=entry.topic, today=today)
            .exclude(pk=entry.pk)
            .defer("body_zh", "body_en", "content")[:8]
        ),
        uses=list(uses.select_related("account").order_by("-used_at", "-id")[:USES]),
        outcomes={code: counted.get(code, 0) for code in EntryUse.Outcome.values},
        versions=[row for row in versions if row.state != EntryVersion.State.PROPOSED],
        proposals=proposals if access.can_publish(scope) else [row for row in proposals if row.by_id == scope.user_id],
        mark=EntryMark.objects.filter(entry=entry, user_id=scope.me).first(),
        may_edit=bool(edit),
        may_propose=bool(access.can_propose(scope)),
        may_publish=bool(access.can_publish(scope)),
        edit_hint=edit.reason,
        sees_account=entry.account_id is not None and Account.objects.visible_to(scope).filter(pk=entry.account_id).exists(),
        cite_ended=entry.cite_until is not None and entry.cite_until < today,
    )


def version_for(scope: Scope, entry: Entry, number: int) -> EntryVersion:
    """NotVisible when there is none; a proposal is seen by those who publish and by whoever made it."""
    row = EntryVersion.objects.filter(entry=entry, number=number).first()
    if row is None or (row.state == EntryVersion.State.PROPOSED and not access.can_publish(scope) and row.by_id != scope.user_id):
        raise NotVisible(_("There is no such version."))
    return row


def compared(entry: Entry, version: EntryVersion) -> list[Difference]:
    """From the text in force to that of the version."""
    return differences({name: getattr(entry, name) for name in TEXT_FIELDS}, version.text)


def use_for(scope: Scope, use_id: int) -> EntryUse:
    row = EntryUse.objects.visible_to(scope).select_related("entry", "account").filter(pk=use_id).first()
    if row is None:
        raise NotVisible(_("There is no such use."))
    return row


def mark_for(scope: Scope, entry: Entry) -> EntryMark | None:
    return EntryMark.objects.filter(entry=entry, user_id=scope.me).first()
