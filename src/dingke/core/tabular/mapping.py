"""Proposals for the user to confirm: which header is which field, and which known value a misspelt one means.

Conservative: a missing proposal costs a click, a wrong one costs a wrong record.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Candidate", "Field", "nearest", "normal", "propose"]

_CJK = re.compile(r"[\u3400-\u9fff]")
_BRACKETED = re.compile(r"[(\[【{〔《<].*?[)\]】}〕》>]")


@dataclass(frozen=True)
class Field:
    """A field that a column can go to: its key, its labels in both languages, and other names people use."""

    key: str
    labels: tuple[str, ...]
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """A known value and how sure it is: 1.0 the same text, 0.99 the same but for spaces, case or width, less: edits."""

    value: str
    score: float


def normal(text: str) -> str:
    """A name without what does not tell names apart: width, case, spaces, punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if unicodedata.category(character)[0] in "LNS")


def propose(headers: Sequence[str], fields: Iterable[Field]) -> dict[str, str | None]:
    """header -> key of the field it most likely is, or None. No field is proposed twice.

    Exact names win over names without their bracketed part (`金额（元）`), those over small misspellings.
    """
    known: dict[str, str] = {}
    shared: set[str] = set()
    for each in fields:
        for name in (each.key, *each.labels, *each.synonyms):
            key = normal(name)
            if known.setdefault(key, each.key) != each.key:
                shared.add(key)
    for key in shared:
        # A name that two fields claim tells nothing.
        del known[key]
    known.pop("", None)
    result: dict[str, str | None] = dict.fromkeys(headers)
    taken: set[str] = set()
    for read in (_whole, _without_brackets, _misspelt):
        for header in headers:
            if result[header] is None:
                key_found = read(header, known)
                if key_found is not None and key_found not in taken:
                    result[header] = key_found
                    taken.add(key_found)
    return result


def _whole(header: str, known: dict[str, str]) -> str | None:
    return known.get(normal(header))


def _without_brackets(header: str, known: dict[str, str]) -> str | None:
    return known.get(normal(_BRACKETED.sub("", unicodedata.normalize("NFKC", header))))


def _misspelt(header: str, known: dict[str, str]) -> str | None:
    found = nearest(header, known)
    return known[found.value] if found else None


def nearest(value: str, choices: Iterable[str]) -> Candidate | None:
    """The one choice that `value` most likely means, or None.

    Spaces, case, width and punctuation do not count. Beyond that at most one edit (a letter added, lost, changed,
    or two swapped) in 5 letters or more, two in 9 or more; never in digits, never in words of one or two letters
    (Model A is not Model B), and in Chinese never a changed character (华为 is not 华威).
    Two choices equally near: None.
    """
    wanted = normal(value)
    if not wanted:
        return None
    listed = list(dict.fromkeys(choices))
    if value in listed:
        return Candidate(value, 1.0)
    same = [choice for choice in listed if normal(choice) == wanted]
    if same:
        return Candidate(same[0], 0.99) if len(same) == 1 else None
    allowed = _edits_allowed(wanted)
    if not allowed:
        return None
    best: list[tuple[int, str]] = []
    for choice in listed:
        other = normal(choice)
        if abs(len(other) - len(wanted)) > allowed or not _comparable(value, choice, wanted, other):
            continue
        distance = _distance(wanted, other, allowed)
        if distance <= min(allowed, _edits_allowed(other)):
            best.append((distance, choice))
    best.sort(key=lambda item: item[0])
    if not best or (len(best) > 1 and best[0][0] == best[1][0]):
        return None
    distance, choice = best[0]
    return Candidate(choice, round(1 - distance / max(len(wanted), len(normal(choice))), 3))


def _edits_allowed(text: str) -> int:
    if _CJK.search(text):
        return 1 if len(text) >= 6 else 0
    return 2 if len(text) >= 9 else 1 if len(text) >= 5 else 0


def _comparable(value: str, choice: str, wanted: str, other: str) -> bool:
    if _digits(wanted) != _digits(other) or _short_words(value) != _short_words(choice):
        return False
    if _CJK.search(wanted) or _CJK.search(other):
        # Lost, added or swapped characters are slips of the hand; another character is another name.
        return len(wanted) != len(other) or Counter(wanted) == Counter(other)
    return True


def _digits(text: str) -> list[str]:
    return re.findall(r"\d+", text)


def _short_words(text: str) -> Counter[str]:
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold())
    return Counter(word for word in words if len(word) <= 2)


def _distance(left: str, right: str, limit: int) -> int:
    """Edits between two texts (insert, delete, change, swap of neighbours); `limit` + 1 as soon as it is exceeded."""
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for row, character in enumerate(left, start=1):
        current = [row]
        for column, other in enumerate(right, start=1):
            cost = min(
                previous[column] + 1, current[column - 1] + 1, previous[column - 1] + (character != other)
            )  # fmt: skip
            if row > 1 and column > 1 and character == right[column - 2] and left[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before, previous = previous, current
    return previous[-1]
