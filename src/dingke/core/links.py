"""Addresses of pages by their names: those of this page's domain and of others, and quickly, since a list has hundreds of them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse

PROBE = 8_070_605_040_302_010  # stands for an id while the address around it is found


def address(name: str, *args: Any, **kwargs: Any) -> str:
    """`reverse`, remembered: addresses without ids as a whole, those with one id as what stands before and after it."""
    values = (*args, *kwargs.values())
    if not values:
        return _whole(name, get_urlconf(), get_script_prefix())
    if len(values) == 1 and type(values[0]) is int and values[0] >= 0:
        before, after = _around(name, next(iter(kwargs), ""), get_urlconf(), get_script_prefix())
        return f"{before}{values[0]}{after}"
    return reverse(name, args=args, kwargs=kwargs)


def around(name: str, key: str) -> tuple[str, str]:
    """What stands before and after the id `key` in an address, for lists that write hundreds of them."""
    return _around(name, key, get_urlconf(), get_script_prefix())


@lru_cache(maxsize=1_024)
def _whole(name: str, _urlconf: Any, _prefix: str) -> str:
    return reverse(name)


@lru_cache(maxsize=1_024)
def _around(name: str, key: str, _urlconf: Any, _prefix: str) -> tuple[str, str]:
    found = reverse(name, kwargs={key: PROBE}) if key else reverse(name, args=[PROBE])
    before, _id, after = found.partition(str(PROBE))
    return before, after


def link_to(name: str, *args: Any) -> str:
    """The address of a page, "" when this installation does not have it (a domain may be switched off)."""
    try:
        return address(name, *args)
    except NoReverseMatch:
        return ""
