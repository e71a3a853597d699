"""The filters of the account list as one value: read from an address or a saved view, written back, put into words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dingke.accounts.calc.size_tier import SizeTier
from dingke.accounts.models import Account, FaceMark, Tag
from dingke.accounts.queries.list_custom import PREFIX, OwnTest, day_from, names_of, number_from, period_words, tests_from, words
from dingke.accounts.queries.size_tier import tier_choices
from dingke.core import custom_fields
from dingke.core.jinja import wan
from dingke.core.models import CustomField, ListItem
from dingke.core.scope import Scope
from dingke.people.models import Territory, User

MINE, TEAMS, NOBODY = "mine", "teams", "none"
ABC = ("A", "B", "C")
_LIMITS: dict[str, tuple[str, Any]] = {"revenue_min": ("amount", None), "revenue_max": ("amount", None), "size": ("amount", ())}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFilter:
    """Every field is empty when it does not filter. `owner` holds "mine", "teams", "none" or ids of people, `territory` "none" or ids.

    `moved_to` asks the stage history: accounts that moved into one of the stages (with the dates alone: into another stage)
    within the period. How a new account began is no move. `stage_days` asks how long the present stage has lasted.
    """

    text: str = ""
    owner: tuple[str, ...] = ()
    key: str = ""
    abc: tuple[str, ...] = ()
    face: tuple[str, ...] = ()
    stage: tuple[str, ...] = ()
    proposed_stage: tuple[str, ...] = ()
    size: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    industry: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    territory: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    pool: str = ""
    favourite: str = ""
    archived: str = ""
    quiet_days: int | None = None
    order_days: int | None = None
    revenue_min: Decimal | None = None
    revenue_max: Decimal | None = None
    moved_to: tuple[str, ...] = ()
    moved_from_date: date | None = None
    moved_to_date: date | None = None
    stage_days: int | None = None
    custom: tuple[OwnTest, ...] = ()

    @property
    def is_empty(self) -> bool:
        return self == AccountFilter()

    def params(self) -> dict[str, str | list[str]]:
        """The filters that are set, ready for an address or a saved view."""
        found: dict[str, str | list[str]] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "custom":
                for test in self.custom:
                    found |= test.params()
            elif isinstance(value, tuple) and value:
                found[field.name] = list(value)
            elif not isinstance(value, tuple) and value not in ("", None):
                found[field.name] = str(value)
        return found


def _texts(value: Any) -> list[str]:
    return [str(item) for item in (value if isinstance(value, (list, tuple)) else [value])]


def _among(values: Iterable[str], allowed: Iterable[str]) -> tuple[str, ...]:
    known = set(allowed)
    return tuple(dict.fromkeys(value for value in values if value in known))


def _ids(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value.isascii() and value.isdigit() and len(value) < 18))[:50]


def _days(text: str) -> int | None:
    return min(int(text), 3650) if text.isascii() and text.isdigit() and int(text[:9]) > 0 else None


def names(own: Sequence[CustomField]) -> set[str]:
    """Every name that a filter has in an address."""
    return {field.name for field in fields(AccountFilter) if field.name != "custom"} | names_of(own)


def filter_from(params: Mapping[str, Any], scope: Scope, *, own: Sequence[CustomField] | None = None) -> AccountFilter:
    """Reads the filters of an address or saved view. What does not exist, or the caller may not see, is left out.

    `own` are the definitions of the company's fields, for whoever has read them already.
    """
    if own is None:
        own = custom_fields.definitions("account") if any(name.startswith(PREFIX) for name in params) else ()

    def many(name: str) -> list[str]:
        return _texts(params.get(name, []))

    def one(name: str) -> str:
        return (many(name) or [""])[-1].strip()

    owners, territories = many("owner"), many("territory")
    read = AccountFilter(
        text=" ".join(one("text").split())[:100],
        owner=(*_among(owners, (MINE, TEAMS, NOBODY)), *_ids(owners)),
        key=one("key") if one("key") in {"yes", "no"} else "",
        abc=_among(many("abc"), ABC),
        face=_among(many("face"), [*FaceMark.Face.values]),
        stage=_among(many("stage"), Account.Stage.values),
        proposed_stage=_among(many("proposed_stage"), Account.Stage.values),
        size=_among(many("size"), list(SizeTier)),
        type=_among(many("type"), Account.CustomerType.values),
        industry=_ids(many("industry")),
        region=_ids(many("region")),
        territory=(*_among(territories, (NOBODY,)), *_ids(territories)),
        tag=_ids(many("tag")),
        pool="yes" if one("pool") == "yes" else "",
        favourite="yes" if one("favourite") == "yes" else "",
        archived="yes" if one("archived") == "yes" else "",
        quiet_days=_days(one("quiet_days")),
        order_days=_days(one("order_days")),
        revenue_min=number_from(one("revenue_min")),
        revenue_max=number_from(one("revenue_max")),
        moved_to=_among(many("moved_to"), Account.Stage.values),
        moved_from_date=day_from(one("moved_from_date")),
        moved_to_date=day_from(one("moved_to_date")),
        stage_days=_days(one("stage_days")),
        custom=tests_from(many, own),
    )
    hidden = {name: empty for name, (right, empty) in _LIMITS.items() if scope.hides(right)}
    return replace(read, **hidden) if hidden else read


@dataclass(frozen=True, slots=True)
class Chip:
    """One set filter in words, and the filters that remain when it is taken off."""

    key: str
    text: str
    without: AccountFilter


def chips(filters: AccountFilter, scope: Scope, *, own: Sequence[CustomField] | None = None) -> list[Chip]:
    """The set filters in words; names are read with one query per kind of name."""
    found: list[Chip] = []

    def add(key: str, text: str, **cleared: Any) -> None:
        found.append(Chip(key, text, replace(filters, **(cleared or {key: type(getattr(AccountFilter(), key))()}))))

    if filters.text:
        add("text", _("Name: %(text)s") % {"text": filters.text})
    if filters.owner:
        add("owner", _("Owner: %(names)s") % {"names": _joined(_owner_names(filters.owner))})
    if filters.key:
        add("key", _("Key accounts") if filters.key == "yes" else _("Not key accounts"))
    if filters.abc:
        add("abc", _("Class: %(names)s") % {"names": _joined(filters.abc)})
    for key, label, names in (
        ("face", _("Face: %(names)s"), dict(FaceMark.Face.choices)),
        ("stage", _("Stage: %(names)s"), dict(Account.Stage.choices)),
        ("proposed_stage", _("Proposed stage: %(names)s"), dict(Account.Stage.choices)),
        ("size", _("Size tier: %(names)s"), dict(tier_choices())),
        ("type", _("Type: %(names)s"), dict(Account.CustomerType.choices)),
    ):
        if values := getattr(filters, key):
            add(key, label % {"names": _joined(str(names[value]) for value in values)})
    for key, label in (("industry", _("Industry: %(names)s")), ("region", _("Region: %(names)s"))):
        if values := getattr(filters, key):
            add(key, label % {"names": _joined(item.label for item in ListItem.objects.filter(pk__in=values).order_by("position", "id"))})
    if filters.territory:
        add("territory", _("Territory: %(names)s") % {"names": _joined(_territory_names(filters.territory))})
    if filters.tag:
        add(
            "tag",
            _("Tag: %(names)s")
            % {"names": _joined(Tag.objects.filter(pk__in=filters.tag).order_by("name").values_list("name", flat=True))},
        )
    if filters.quiet_days:
        text = ngettext("No contact for %(days)s day", "No contact for %(days)s days", filters.quiet_days) % {"days": filters.quiet_days}
        add("quiet_days", text, quiet_days=None)
    if filters.order_days:
        text = ngettext("No order for %(days)s day", "No order for %(days)s days", filters.order_days) % {"days": filters.order_days}
        add("order_days", text, order_days=None)
    if filters.moved_to or filters.moved_from_date or filters.moved_to_date:
        add("moved_to", _moved_text(filters), moved_to=(), moved_from_date=None, moved_to_date=None)
    if filters.stage_days:
        text = ngettext("In its stage for %(days)s day", "In its stage for %(days)s days or longer", filters.stage_days)
        add("stage_days", text % {"days": filters.stage_days}, stage_days=None)
    if filters.revenue_min is not None or filters.revenue_max is not None:
        add("revenue", _revenue_text(filters), revenue_min=None, revenue_max=None)
    for key, text in (("pool", _("In the public pool")), ("favourite", _("My favourites")), ("archived", _("Archived"))):
        if getattr(filters, key):
            add(key, text)
    if filters.custom:
        labels = {field.key: field.label for field in (custom_fields.definitions("account") if own is None else own)}
        for test in filters.custom:
            add(PREFIX + test.key, words(test, labels), custom=tuple(other for other in filters.custom if other != test))
    return found


def _moved_text(filters: AccountFilter) -> str:
    stages = dict(Account.Stage.choices)
    text = (
        _("Moved to %(names)s") % {"names": _joined(str(stages[stage]) for stage in filters.moved_to)}
        if filters.moved_to
        else _("Changed stage")
    )
    if not (filters.moved_from_date or filters.moved_to_date):
        return text
    return _("%(text)s, %(period)s") % {"text": text, "period": period_words(filters.moved_from_date, filters.moved_to_date)}


def _revenue_text(filters: AccountFilter) -> str:
    low, high = filters.revenue_min, filters.revenue_max
    if low is not None and high is not None:
        return _("Revenue %(low)s to %(high)s") % {"low": wan(low), "high": wan(high)}
    return _("Revenue from %(low)s") % {"low": wan(low)} if low is not None else _("Revenue up to %(high)s") % {"high": wan(high)}


def _owner_names(owners: Iterable[str]) -> list[str]:
    words = {MINE: _("mine"), TEAMS: _("my teams"), NOBODY: _("nobody")}
    ids = [owner for owner in owners if owner not in words]
    names = [words[owner] for owner in owners if owner in words]
    return names + ([str(user) for user in User.objects.filter(pk__in=ids).order_by("pinyin", "id")] if ids else [])


def _territory_names(territories: Iterable[str]) -> list[str]:
    ids = [territory for territory in territories if territory != NOBODY]
    names = [_("none")] if NOBODY in territories else []
    return names + (list(Territory.objects.filter(pk__in=ids).order_by("name", "id").values_list("name", flat=True)) if ids else [])


def _joined(names: Iterable[str]) -> str:
    return _(", ").join(names)
