"""How the organisation's directory is reached, as the settings say it, and which facts of a person are its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from dingke.core.errors import Refusal
from dingke.people.calc import Role
from dingke.people.models import User
from dingke.people.queries import ldap_entries as entries

GROUPS = "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup)(objectClass=group))"


class DirectoryRefused(Refusal):
    """The directory cannot be read, or the settings do not say how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the directory is and how it is read."""

    url: str
    base: str
    bind: str
    password: str = field(repr=False)
    filter: str
    attributes: dict[str, str]
    teams: str
    groups_base: str
    team_groups: str
    roles: tuple[tuple[Role, str], ...]
    role: Role
    starttls: bool
    check_certificate: bool
    ca: str
    timeout: int
    page: int

    @property
    def owned(self) -> frozenset[str]:
        """The facts of a person that the directory owns: they change there, not here."""
        found = {name for name in ("username", "name", "phone", "title") if self.attributes.get(name)}
        found |= {"email"} if self.attributes.get("mail") else set()
        found |= {"team"} if self.teams != "none" else set()
        return frozenset(found | ({"role"} if self.roles else set()))


def is_set() -> bool:
    return bool(settings.LDAP["url"])


def source() -> Source:
    """The settings as they are to be used. Raises `DirectoryRefused` naming the setting that is wrong."""
    given: dict[str, Any] = settings.LDAP
    kind = given["kind"]
    if not given["url"]:
        raise DirectoryRefused(_("No directory is set. Set DINGKE_LDAP_URL and DINGKE_LDAP_BASE."))
    if not given["url"].startswith(("ldap://", "ldaps://")):
        raise DirectoryRefused(_("DINGKE_LDAP_URL begins with ldap:// or ldaps://."))
    if not given["base"]:
        raise DirectoryRefused(_("Set DINGKE_LDAP_BASE: below which entry people are looked for."))
    if kind not in entries.DEFAULTS:
        raise DirectoryRefused(_("DINGKE_LDAP_KIND is openldap or ad."))
    if given["teams"] not in {"ou", "groups", "none"}:
        raise DirectoryRefused(_("DINGKE_LDAP_TEAMS is ou, groups or none."))
    try:
        attributes = entries.DEFAULTS[kind] | entries.pairs(given["attributes"])
    except ValueError as error:
        raise DirectoryRefused(_("DINGKE_LDAP_ATTRIBUTES cannot be read at “%(part)s”.") % {"part": error}) from error
    return Source(
        url=given["url"],
        base=given["base"],
        bind=given["bind"],
        password=given["password"],
        filter=given["filter"] or entries.FILTERS[kind],
        attributes=attributes,
        teams=given["teams"],
        groups_base=given["groups_base"] or given["base"],
        team_groups=given["team_groups"] or GROUPS,
        roles=tuple(_roles(given["roles"])),
        role=_role("DINGKE_LDAP_ROLE", given["role"]),
        starttls=bool(given["starttls"]),
        check_certificate=bool(given["check_certificate"]),
        ca=given["ca"],
        timeout=given["timeout"],
        page=max(1, given["page"]),
    )


def _roles(written: str) -> Iterator[tuple[Role, str]]:
    for part in filter(None, (part.strip() for part in written.split(";"))):
        code, _sign, group = part.partition(":")
        yield _role("DINGKE_LDAP_ROLES", code.strip().upper()), group.strip().lower()


def _role(setting: str, code: str) -> Role:
    if code not in Role.__members__ or code == Role.ADMINISTRATOR:
        raise DirectoryRefused(_("%(setting)s: “%(role)s” is not a role that a directory gives.") % {"setting": setting, "role": code})
    return Role(code)


def owned_fields(user: User) -> frozenset[str]:
    """The facts of this person that change in the directory and not here; none for people who did not come from it."""
    if not user.directory_id or not is_set():
        return frozenset()
    try:
        owned = source().owned
    except DirectoryRefused:
        return frozenset()
    return owned - {"role"} if user.role == Role.ADMINISTRATOR else owned


def why_owned() -> str:
    return _("Comes from the organisation's directory: change it there; the next synchronisation brings it here.")


def labels(owned: Iterable[str]) -> list[str]:
    """The owned facts as a page calls them."""
    words = {
        "username": _("Sign-in name"), "name": _("Full name"), "email": _("E-mail"), "phone": _("Mobile"), "title": _("Job title"),
        "team": _("Team"), "role": _("Role"),
    }  # fmt: skip
    given = set(owned)
    return [word for name, word in words.items() if name in given]
