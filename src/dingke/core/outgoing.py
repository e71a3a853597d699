"""The one guard before calls to addresses that a user typed in: nothing private, nothing of this machine or its network.

`check_address` answers early, for a form. `guarded` is what holds: inside it every connection of this thread is looked at when
it is made, after names were resolved, so that neither a name that changes its address between check and call, nor a redirect,
nor a library's own ideas lead inside. The administrator opens single hosts by DINGKE_ALLOWED_PRIVATE_HOSTS.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from dingke.core.errors import Invalid

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
SCHEMES = ("https", "http")
_allowed: ContextVar[tuple[IPNetwork, ...] | None] = ContextVar("outgoing_allowed", default=None)
_watching = False


class AddressNotAllowed(OSError):
    """The call would have gone to an address that is not public. An OSError, so that HTTP libraries treat it as a failed connection."""


def check_address(address: str) -> None:
    """Raises `Invalid` with a sentence unless every address behind the host of this URL is public or allowed."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme.lower() not in SCHEMES or not host:
        raise Invalid(_("Only addresses that begin with https:// or http:// can be called."))
    check_host(host, port)


def check_host(host: str, port: int | None = None) -> None:
    """Raises `Invalid` unless every address behind the name is public or allowed."""
    try:
        found = addresses_of(host, port)
    except OSError as error:
        raise Invalid(_("There is no host called %(host)s.") % {"host": host}) from error
    allowed = allowed_networks()
    if not found or any(not may_reach(address, allowed) for address in found):
        raise Invalid(
            _("%(host)s lies in a private network. An administrator can allow it in the settings of the server.") % {"host": host}
        )


def addresses_of(host: str, port: int | None = None) -> list[IPAddress]:
    """Every address that the operating system gives for a name: also for 127.1, 2130706433 and 0x7f000001."""
    rows = socket.getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)
    return sorted({_address(str(row[4][0])) for row in rows}, key=str)


def may_reach(address: IPAddress, allowed: tuple[IPNetwork, ...] = ()) -> bool:
    """Public, or in one of the allowed networks. What an IPv6 address wraps (mapped, 6to4, Teredo, NAT64) counts as well."""
    if any(address.version == network.version and address in network for network in allowed):
        return True
    inner = _wrapped(address)
    if inner is not None:
        return may_reach(inner, allowed)
    return address.is_global and not address.is_multicast and not address.is_reserved


def allowed_networks() -> tuple[IPNetwork, ...]:
    """What DINGKE_ALLOWED_PRIVATE_HOSTS opens: addresses, networks such as 10.1.0.0/16, and host names as they resolve now."""
    found: list[IPNetwork] = []
    for entry in settings.ALLOWED_PRIVATE_HOSTS:
        try:
            found.append(ipaddress.ip_network(entry.strip("[]"), strict=False))
        except ValueError:
            try:
                found += [ipaddress.ip_network(address) for address in addresses_of(entry)]
            except OSError:
                continue  # a name that does not resolve opens nothing
    return tuple(found)


@contextmanager
def guarded() -> Iterator[None]:
    """Inside, this thread reaches public and allowed addresses only; a call elsewhere fails with `AddressNotAllowed`.

    The interpreter itself announces each connection before it is made (PEP 578), whatever library makes it.
    """
    _watch()
    token = _allowed.set(allowed_networks())
    try:
        yield
    finally:
        _allowed.reset(token)


def _watch() -> None:
    global _watching
    if not _watching:
        _watching = True
        sys.addaudithook(_look)


def _look(event: str, arguments: tuple[object, ...]) -> None:
    if event not in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        return
    allowed = _allowed.get()
    if allowed is None:
        return
    target = arguments[1] if len(arguments) > 1 else None
    if event != "socket.connect" and target is None:  # a datagram on a socket that was connected, and looked at, before
        return
    if not isinstance(target, tuple) or not target:  # a Unix socket
        raise AddressNotAllowed("only internet addresses can be called")
    try:
        address = _address(str(target[0]))
    except ValueError as error:  # a name would be resolved after this look
        raise AddressNotAllowed(f"{target[0]} was not resolved") from error
    if not may_reach(address, allowed):
        raise AddressNotAllowed(f"{address} is not a public address")


def _address(text: str) -> IPAddress:
    return ipaddress.ip_address(text.split("%", 1)[0])


def _wrapped(address: IPAddress) -> IPAddress | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in ipaddress.ip_network("64:ff9b::/96") or int(address) >> 32 == 0:  # NAT64; IPv4-compatible
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if int(address) > 1 else None
    return None
