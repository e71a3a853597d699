"""Erasing a person: by what a person is recognised, and what is redacted.

Pure: strings and plain values in and out. Nothing here raises.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

PLACEHOLDER = "已删除的联系人 #{number}"
REDACTED = "[已删除 erased]"
SHORTEST = 2  # a single character is in too many other words to be replaced in a free text


def placeholder(number: int) -> str:
    """What stands for the person wherever the name stood."""
    return PLACEHOLDER.format(number=number)


def phone_mark(value: str) -> str:
    """The digits of a phone number without the Chinese country code; "" for what is too short to tell a person."""
    digits = re.sub(r"\D", "", value).removeprefix("00")
    if digits.startswith("86") and len(digits) > 11:
        digits = digits[2:]
    return digits if len(digits) >= 7 else ""


def marks_of(*, account: int, name: str, key: str | None, ways: Iterable[str]) -> list[str]:
    """By what a person is recognised when a file brings him or her again: every phone and address, the key in another system, and the
    name at this account.
    """
    marks = set()
    for way in ways:
        text = way.strip().lower()
        if "@" in text:
            marks.add(f"mail:{text}")
        elif phone := phone_mark(text):
            marks.add(f"phone:{phone}")
        elif text:
            marks.add(f"other:{text}")
    if key and key.strip():
        marks.add(f"key:{key.strip()}")
    if name.strip():
        marks.add(f"name:{account}:{''.join(name.split()).lower()}")
    return sorted(marks)


def digest_of(mark: str, *, secret: bytes) -> str:
    """HMAC-SHA-256 of a mark, 64 hex digits: nobody without the secret can try phone numbers against it."""
    return hmac.new(secret, mark.encode(), sha256).hexdigest()


def without_words(text: str, words: Iterable[str], instead: str) -> str:
    """The text with every one of the words replaced, the longest first; words of one character stay."""
    found = sorted({word for word in words if len(word) >= SHORTEST}, key=len, reverse=True)
    if not found or not text:
        return text
    return re.sub("|".join(re.escape(word) for word in found), lambda _match: instead, text)


def value_without_words(value: Any, words: Iterable[str], instead: str) -> Any:
    """`without_words` through lists and maps; other values stay."""
    if isinstance(value, str):
        return without_words(value, words, instead)
    if isinstance(value, list):
        return [value_without_words(item, words, instead) for item in value]
    if isinstance(value, dict):
        return {key: value_without_words(item, words, instead) for key, item in value.items()}
    return value


def redacted(value: Any) -> Any:
    """The shape of a change without what it says: texts and maps become the mark, numbers, truth values and gaps stay."""
    if isinstance(value, str):
        return REDACTED if value else value
    if isinstance(value, dict):
        return REDACTED if value else value
    if isinstance(value, list):
        return [redacted(item) for item in value]
    return value
