"""The organisation's directory, read over LDAP: whole or not at all. A directory that breaks off in the middle is refused."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from ldap3 import BASE, NONE, SUBTREE, Connection, Server, Tls
from ldap3.core import exceptions as wrong
from ldap3.core.exceptions import LDAPException, LDAPInvalidDnError
from ldap3.utils.dn import parse_dn

from dingke.people.queries import ldap_entries as entries
from dingke.people.queries.directory_source import DirectoryRefused, Source
from dingke.people.queries.ldap_entries import Entry

MEMBERS = ("member", "uniqueMember", "memberUid")
Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Listing:
    """Everybody in the directory, with the groups each is in (by DN, small letters)."""

    people: list[Entry]
    groups: dict[str, list[tuple[str, str]]]


@contextmanager
def connected(where: Source, *, bind: str | None = None, password: str | None = None) -> Iterator[Connection]:
    """A bound connection, by default of the account in the settings. Raises `DirectoryRefused` with what is wrong, and how to mend it."""
    check = ssl.CERT_REQUIRED if where.check_certificate else ssl.CERT_NONE
    encrypted = where.url.startswith("ldaps://")
    connection = None
    try:
        tls = Tls(validate=check, ca_certs_file=where.ca or None)
        server = Server(where.url, get_info=NONE, tls=tls, connect_timeout=where.timeout)
        connection = Connection(
            server,
            user=(where.bind if bind is None else bind) or None,
            password=(where.password if password is None else password) or None,
            raise_exceptions=True,
            auto_referrals=False,
            receive_timeout=where.timeout,
        )
        connection.open()
        if where.starttls and not encrypted:
            connection.start_tls()
        connection.bind()
        yield connection
    except (LDAPException, OSError) as error:
        raise DirectoryRefused(_reason(where, error)) from error
    finally:
        if connection is not None:
            _let_go(connection)


def _let_go(connection: Connection) -> None:
    with suppress(LDAPException, OSError):  # the other side may be gone already
        connection.unbind()


def _reason(where: Source, error: Exception) -> str:
    text = str(error)
    if isinstance(error, wrong.LDAPInvalidCredentialsResult):
        return _("The directory does not accept DINGKE_LDAP_BIND with this password.")
    if isinstance(error, wrong.LDAPNoSuchObjectResult):
        return _("There is no entry %(base)s in the directory: look at DINGKE_LDAP_BASE.") % {"base": where.base}
    if "certificate" in text.lower():
        return _("The certificate of the directory is not trusted: name the authority that signed it in DINGKE_LDAP_CA. %(detail)s") % {
            "detail": text[:200]
        }
    if isinstance(error, wrong.LDAPSocketOpenError | OSError):
        return _("The directory at %(url)s does not answer. %(detail)s") % {"url": where.url, "detail": text[:200]}
    if isinstance(error, wrong.LDAPStartTLSError | wrong.LDAPUnavailableResult | wrong.LDAPProtocolErrorResult):
        return _("The directory does not offer encryption by StartTLS: use ldaps://, or set DINGKE_LDAP_STARTTLS=false. %(detail)s") % {
            "detail": text[:200]
        }
    return _("The directory broke off or refused: %(detail)s Nothing was changed.") % {"detail": text[:250]}


def read(where: Source, *, now: datetime, tell: Tell | None = None) -> Listing:
    """Everybody whom the filter finds, page by page, to the end. Raises `DirectoryRefused`; half a listing is never answered."""
    named = where.attributes
    wanted = sorted({attribute for attribute in named.values() if attribute} | set(entries.STATES))
    people: list[Entry] = []
    with connected(where) as connection:
        base = _parts(where.base)
        _look_at(connection, where.base)
        for found in connection.extend.standard.paged_search(
            where.base, where.filter, SUBTREE, attributes=wanted, paged_size=where.page, generator=True
        ):
            if found["type"] != "searchResEntry":
                continue
            values = found["raw_attributes"]
            people.append(_entry(found["dn"], values, named, base, now))
            if tell and len(people) % where.page == 0:
                tell(len(people))
        groups = _groups(connection, where) if where.roles or where.teams == "groups" else {}
    return Listing(people, groups)


def _look_at(connection: Connection, base: str) -> None:
    connection.search(base, "(objectClass=*)", BASE, attributes=["1.1"])


def _parts(dn: str) -> list[tuple[str, str]]:
    return [(kind, value) for kind, value, _separator in parse_dn(dn, strip=True)]


def same_dn(dn: str) -> str:
    """A DN in a form that can be compared; text that is none stays as it is."""
    try:
        parts = _parts(dn)
    except LDAPInvalidDnError:
        return dn.casefold()
    return ",".join(f"{kind.lower()}={entries.unescaped(value).casefold()}" for kind, value in parts)


def _entry(dn: str, values: entries.Values, named: dict[str, str], base: list[tuple[str, str]], now: datetime) -> Entry:
    return Entry(
        dn=same_dn(dn),
        id=(entries.mark(values, named["id"]) or same_dn(dn))[:200],
        username=entries.text(values, named["username"]).lower(),
        name=entries.text(values, named["name"])[:80],
        mail=entries.text(values, named["mail"]).lower(),
        phone=entries.text(values, named["phone"])[:30],
        title=entries.text(values, named["title"])[:80],
        leader=entries.text(values, named["leader"]),
        ous=entries.units(_parts(dn), base),
        is_disabled=entries.is_disabled(values, now),
    )


def _groups(connection: Connection, where: Source) -> dict[str, list[tuple[str, str]]]:
    """Member (a DN or a sign-in name) -> the groups: (DN, name)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for group in connection.extend.standard.paged_search(
        where.groups_base, where.team_groups, SUBTREE, attributes=["cn", *MEMBERS], paged_size=where.page, generator=True
    ):
        if group["type"] != "searchResEntry":
            continue
        values = group["raw_attributes"]
        place = (same_dn(group["dn"]), entries.text(values, "cn"))
        for name in MEMBERS:
            for raw in next((values[key] for key in values if key.lower() == name.lower()), ()):
                member = raw.decode("utf-8", "replace")
                found.setdefault(same_dn(member) if "=" in member else member.lower(), []).append(place)
    return found


def groups_of(person: Entry, listing: Listing) -> list[tuple[str, str]]:
    return sorted({*listing.groups.get(person.dn, []), *listing.groups.get(person.username, [])})


def rows(where: Source, listing: Listing) -> list[dict[str, Any]]:
    """The people as rows of a staff list; those that are disabled there are left out, as if they were not named."""
    by_dn = {person.dn: person for person in listing.people}
    roles = [(role, same_dn(group)) for role, group in where.roles]
    found = []
    for person in listing.people:
        if person.is_disabled:
            continue
        facts: dict[str, Any] = {"name": person.name or person.username, "username": person.username, "directory_id": person.id}
        facts |= {"email": person.mail, "phone": person.phone, "title": person.title}
        mine = groups_of(person, listing) if listing.groups else []
        places = {dn for dn, _name in mine}
        if roles:
            facts["role"] = next((role.value for role, group in roles if group in places), where.role.value)
        else:
            facts["default_role"] = where.role.value
        if where.teams == "ou":
            facts["team"] = person.ous
        elif where.teams == "groups":
            named = {group for _role, group in roles}
            teams = [name for dn, name in mine if dn not in named]
            facts["team"] = tuple(teams[:1])
        leader = by_dn.get(same_dn(person.leader)) if person.leader else None
        if leader is not None and not leader.is_disabled and leader is not person:
            facts["manager"] = leader.username
        found.append({key: value for key, value in facts.items() if value})
    return found


def count(where: Source, *, now: datetime) -> int:
    """How many people the filter finds, disabled ones too: for those who look whether all is in order."""
    return len(read(replace(where, roles=(), teams="none"), now=now).people)
