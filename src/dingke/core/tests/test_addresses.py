"""Where a request comes from: only what trusted proxies wrote counts."""

from __future__ import annotations

import pytest
from django.test import RequestFactory, override_settings

from dingke.core.addresses import client_address


def address(remote: str, forwarded: str = "") -> str:
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=remote, **headers))


def test_without_trusted_proxies_the_header_counts_nothing():
    assert address("198.51.100.7", "203.0.113.9") == "198.51.100.7"


@pytest.mark.parametrize(
    ("remote", "forwarded", "seen"),
    [
        ("10.0.0.2", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.2", "1.2.3.4, 203.0.113.9", "203.0.113.9"),  # the caller wrote 1.2.3.4 himself
        ("10.0.0.2", "203.0.113.9, 10.0.0.3", "203.0.113.9"),  # two proxies
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "nonsense", "10.0.0.2"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),  # past the proxy
        ("", "203.0.113.9", "203.0.113.9"),  # a local socket
        ("10.0.0.2", "2001:db8::1", "2001:db8::1"),
    ],
)
@override_settings(TRUSTED_PROXIES=["10.0.0.0/8"])
def test_behind_trusted_proxies(remote, forwarded, seen):
    assert address(remote, forwarded) == seen
