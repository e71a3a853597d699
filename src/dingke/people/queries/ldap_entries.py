"""What an entry of a directory says of a person: sign-in name, mail, team, whether it is disabled. Plain values in and out."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

Values = Mapping[str, Sequence[bytes]]
DEFAULTS: dict[str, dict[str, str]] = {
    "openldap": {
        "id": "entryUUID", "username": "uid", "name": "cn", "mail": "mail", "phone": "mobile", "title": "title", "leader": "",
    },
    "ad": {
        "id": "objectGUID", "username": "sAMAccountName", "name": "displayName", "mail": "mail", "phone": "mobile", "title": "title",
        "leader": "",
    },
}  # fmt: skip
FILTERS = {"openldap": "(objectClass=inetOrgPerson)", "ad": "(&(objectCategory=person)(objectClass=user))"}
# what tells that an account is disabled, in any of the directories
STATES = ("pwdAccountLockedTime", "shadowExpire", "userAccountControl", "accountExpires", "nsAccountLock")
_NEVER = {0, 0x7FFFFFFFFFFFFFFF}
_FOR_EVER = "000001010000Z"  # locked by an administrator; other moments are locks after wrong passwords, which pass
_AD_DISABLED = 0x2
_HEX = re.compile(r"\\([0-9A-Fa-f]{2})|\\(.)|([^\\]+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """A person as the directory has it. `ous` are the organisational units from the top."""

    dn: str
    id: str
    username: str
    name: str
    mail: str = ""
    phone: str = ""
    title: str = ""
    leader: str = ""
    ous: tuple[str, ...] = ()
    is_disabled: bool = False


def unescaped(value: str) -> str:
    r"""The text of a part of a DN: `Sales\, East` -> "Sales, East", `\E5\8D\8E` -> "华"."""
    parts: list[bytes] = []
    for code, character, plain in _HEX.findall(value):
        parts.append(bytes.fromhex(code) if code else (character or plain).encode())
    return b"".join(parts).decode("utf-8", "replace")


def text(values: Values, name: str) -> str:
    """The first value of an attribute, whose name may be written in any case."""
    found = next((values[key] for key in values if key.lower() == name.lower()), ()) if name else ()
    return found[0].decode("utf-8", "replace").strip() if found else ""


def mark(values: Values, name: str) -> str:
    """The id that stays when a person is renamed or moved. Binary ones (objectGUID) are written as a UUID."""
    raw = next((values[key] for key in values if key.lower() == name.lower()), ())
    if not raw:
        return ""
    if name.lower() == "objectguid" and len(raw[0]) == 16:
        return str(uuid.UUID(bytes_le=raw[0]))
    return raw[0].decode("utf-8", "replace")


def is_disabled(values: Values, now: datetime) -> bool:
    if text(values, "pwdAccountLockedTime") == _FOR_EVER or text(values, "nsAccountLock").lower() == "true":
        return True
    if (control := _number(text(values, "userAccountControl"))) is not None and control & _AD_DISABLED:
        return True
    expires = _number(text(values, "accountExpires"))  # in tenths of a microsecond since 1601
    if expires is not None and expires not in _NEVER and expires > 0:
        passed = now - datetime(1601, 1, 1, tzinfo=UTC)
        if expires // 10 <= passed // timedelta(microseconds=1):
            return True
    days = _number(text(values, "shadowExpire"))
    return days is not None and days >= 0 and days <= (now.date() - date(1970, 1, 1)).days


def _number(value: str) -> int | None:
    return int(value) if re.fullmatch(r"-?\d{1,19}", value) else None


def units(parts: Sequence[tuple[str, str]], base: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The organisational units of a DN below the base, from the top."""
    inner = parts[1 : len(parts) - len(base)]
    return tuple(unescaped(value) for kind, value in reversed(inner) if kind.lower() == "ou")


def pairs(written: str) -> dict[str, str]:
    """ "name=displayName,leader=manager" as a table; ValueError for what is not of this form."""
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in written.split(","))):
        field, sign, attribute = part.partition("=")
        if not sign or field.strip() not in DEFAULTS["openldap"]:
            raise ValueError(part)
        found[field.strip()] = attribute.strip()
    return found
