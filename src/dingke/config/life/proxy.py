"""What a proxy says about a request counts when the proxy is known; what anybody else says is taken away."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse

LOOPBACK = ("127.0.0.0/8", "::1/128")  # a proxy on the same machine is trusted when none is named
SAID = ("HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT", "HTTP_FORWARDED")


@lru_cache(maxsize=8)
def _networks(names: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(name, strict=False) for name in names)


def is_proxy(address: str) -> bool:
    """Whether the other end of the connection is a proxy of ours. A local socket has no address and is one."""
    if not address:
        return True
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in _networks(tuple(settings.TRUSTED_PROXIES) or LOOPBACK))


class ProxyMiddleware:
    """First of all: `X-Forwarded-Proto` and its like from a stranger would let a plain request pass for an encrypted one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_proxy(str(request.META.get("REMOTE_ADDR") or "")):
            for name in SAID:
                request.META.pop(name, None)
        return self.get_response(request)
