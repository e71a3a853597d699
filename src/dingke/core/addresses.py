"""Where a request comes from, also behind a proxy."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

NOWHERE = "0.0.0.0"


def client_address(request: HttpRequest) -> str:
    """The caller's address. `X-Forwarded-For` counts only as far as the proxies named in DINGKE_TRUSTED_PROXIES wrote it.

    Read from the right: each trusted proxy appended whom it saw, so the first address that is no trusted proxy is the caller.
    Whatever stands further left, the caller may have written himself.
    """
    seen = str(request.META.get("REMOTE_ADDR") or "")
    if not _parsed(seen):
        seen = "" if settings.TRUSTED_PROXIES else NOWHERE  # a local socket carries no address
    chain = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    while chain and (not seen or _is_trusted(seen)):
        following = chain.pop()
        if not _parsed(following):
            break
        seen = following
    return _parsed(seen) or NOWHERE


def _parsed(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        return ""


def _is_trusted(address: str) -> bool:
    parsed = ip_address(address)
    return any(parsed in network for network in _networks(tuple(settings.TRUSTED_PROXIES)))


@lru_cache(maxsize=8)
def _networks(names: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(name, strict=False) for name in names)
