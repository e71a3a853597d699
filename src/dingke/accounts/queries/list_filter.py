"""The filters of the account list as one value: read from an address or a saved view, written back, put into words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dingke.accounts.models import Account, FaceMark, Tag
from dingke.core.jinja import wan
from dingke.core.models import ListItem
from dingke.core.scope import Scope
from dingke.people.models import User

MINE, TEAMS, NOBODY = "mine", "teams", "none"
ABC = ("A", "B", "C")
_LIMITS = {"revenue_min": "amount", "revenue_max": "amount"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFilter:
    """Every field is empty when it does not filter. `owner` holds "mine", "teams", "none" or ids of people."""

    text: str = ""
    owner: tuple[str, ...] = ()
    key: str = ""
    abc: tuple[str, ...] = ()
    face: tuple[str, ...] = ()
    stage: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    industry: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    pool: str = ""
    favourite: str = ""
    archived: str = ""
    quiet_days: int | None = None
    order_days: int | None = None
    revenue_min: Decimal | None = None
    revenue_max: Decimal | None = None

    @property
    def is_empty(self) -> bool:
        return self == AccountFilter()

    def params(self) -> dict[str, str | list[str]]:
        """The filters that are set, ready for an address or a saved view."""
        found: dict[str, str | list[str]] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, tuple) and value:
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


def _amount(text: str) -> Decimal | None:
    try:
        number = Decimal(text.replace(",", "").strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < Decimal(10) ** 15 else None


def filter_from(params: Mapping[str, Any], scope: Scope) -> AccountFilter:
    """Reads the filters of an address or saved view. What does not exist, or the caller may not see, is left out."""

    def many(name: str) -> list[str]:
        return _texts(params.get(name, []))

    def one(name: str) -> str:
        return (many(name) or [""])[-1].strip()

    owners = many("owner")
    read = AccountFilter(
        text=" ".join(one("text").split())[:100],
        owner=(*_among(owners, (MINE, TEAMS, NOBODY)), *_ids(owners)),
        key=one("key") if one("key") in {"yes", "no"} else "",
        abc=_among(many("abc"), ABC),
        face=_among(many("face"), [*FaceMark.Face.values]),
        stage=_among(many("stage"), Account.Stage.values),
        type=_among(many("type"), Account.CustomerType.values),
        industry=_ids(many("industry")),
        region=_ids(many("region")),
        tag=_ids(many("tag")),
        pool="yes" if one("pool") == "yes" else "",
        favourite="yes" if one("favourite") == "yes" else "",
        archived="yes" if one("archived") == "yes" else "",
        quiet_days=_days(one("quiet_days")),
        order_days=_days(one("order_days")),
        revenue_min=_amount(one("revenue_min")),
        revenue_max=_amount(one("revenue_max")),
    )
    hidden = {name: None for name, right in _LIMITS.items() if scope.hides(right)}
    return replace(read, **hidden) if hidden else read  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Chip:
    """One set filter in words, and the filters that remain when it is taken off."""

    key: str
    text: str
    without: AccountFilter


def chips(filters: AccountFilter, scope: Scope) -> list[Chip]:
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
        ("type", _("Type: %(names)s"), dict(Account.CustomerType.choices)),
    ):
        if values := getattr(filters, key):
            add(key, label % {"names": _joined(str(names[value]) for value in values)})
    for key, label in (("industry", _("Industry: %(names)s")), ("region", _("Region: %(names)s"))):
        if values := getattr(filters, key):
            add(key, label % {"names": _joined(item.label for item in ListItem.objects.filter(pk__in=values).order_by("position", "id"))})
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
    if filters.revenue_min is not None or filters.revenue_max is not None:
        add("revenue", _revenue_text(filters), revenue_min=None, revenue_max=None)
    for key, text in (("pool", _("In the public pool")), ("favourite", _("My favourites")), ("archived", _("Archived"))):
        if getattr(filters, key):
            add(key, text)
    return found


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


def _joined(names: Iterable[str]) -> str:
    return _(", ").join(names)
