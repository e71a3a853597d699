"""The kinds of notices and the rule by which each subject is seen: tables of config/wiring.py, taken over here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise

from dingke.core.scope import Scope
from dingke.notices.calc import Mail, Routing, Urgency
from dingke.notices.models import Notice

Words = str | Promise
Sight = Callable[[Scope, Collection[int]], set[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of notice: what it is called, why one gets it, where it goes unless the person chose otherwise."""

    key: str
    group: Words
    label: Words
    why: Words
    icon: str
    urgency: Urgency = Urgency.NORMAL
    routing: Routing = field(default_factory=lambda: Routing(mail=Mail.DIGEST, bot=True))
    permission: str = ""  # shown in the preferences of those who can get it at all


_kinds: dict[str, Kind] = {}
_subjects: dict[str, Sight] = {}


def install(kinds: Iterable[Kind], subjects: Mapping[str, Sight]) -> None:
    """Takes over both tables. A subject's rule is called as `rule(scope, ids)` and gives the ids that the caller sees."""
    _kinds.clear()
    _kinds.update({kind.key: kind for kind in kinds})
    _subjects.clear()
    _subjects.update(subjects)


def all_kinds() -> list[Kind]:
    return list(_kinds.values())


def kinds_for(scope: Scope) -> list[Kind]:
    return [kind for kind in _kinds.values() if not kind.permission or scope.can(kind.permission)]


def kind_of(key: str) -> Kind | None:
    return _kinds.get(key)


def known_subject(subject: str) -> bool:
    return subject == "" or subject in _subjects


def seen_by(scope: Scope, notices: Collection[Notice]) -> set[int]:
    """The ids of those notices whose subject the caller may see now: one question per sort of subject. Unknown subjects are not seen."""
    wanted: dict[str, set[int]] = {}
    for notice in notices:
        wanted.setdefault(notice.subject, set()).add(notice.subject_id)
    visible = {subject: _subjects[subject](scope, ids) for subject, ids in wanted.items() if subject in _subjects}
    return {notice.pk for notice in notices if not notice.subject or notice.subject_id in visible.get(notice.subject, set())}
