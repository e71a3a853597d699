"""Search terms for Chinese and Latin names: one function makes what is stored, one makes what is asked.

Stored: every CJK character and every pair of neighbours (华, 华为, 为技 …), the pinyin of the name from each syllable on
(huaweijishu, weijishu …), the initials from each character on (hwjs, wjs …), each Latin word, digits of phones and tax ids.
Asked: a CJK run becomes its pairs (one character: itself), all else a prefix. So one, two or three characters all use the index.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

from pypinyin import lazy_pinyin
from pypinyin.seg.simpleseg import seg

_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_LATIN = re.compile(r"[a-z0-9]+")
_MAX_SYLLABLES = 40
# Letters of the private-use area, which nobody types: terms behind them are found only by who has the field right.
GUARDS = {"phone": "\ue000", "invoicing": "\ue001"}
SOUND = "\ue002"  # before the sound of a company name without its legal form: the duplicate check asks for it as a whole


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).lower())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


@lru_cache(maxsize=65_536)
def _of_word(word: str) -> tuple[str, ...]:
    return tuple(lazy_pinyin(word))


def _pinyin(text: str) -> list[str]:
    """What `lazy_pinyin` gives, word by word and remembered: names of companies are made of the same few thousand words."""
    return [syllable for word in seg(text) for syllable in _of_word(word)]


def pinyin_sort_key(name: str) -> str:
    """Full pinyin without tones, Latin kept: the column lists are sorted by ("hua wei ji shu")."""
    return " ".join(_pinyin(_fold(name).strip()))[:200]


def pinyin_forms(name: str) -> tuple[str, str]:
    """Joined pinyin and initials of a name, Latin letters and digits kept: ("huaweijishu", "hwjs")."""
    syllables = _syllables(_fold(name))
    return "".join(syllables), "".join(syllable[0] for syllable in syllables)


@lru_cache(maxsize=4_096)  # an import asks for the same name several times
def _syllables(folded: str) -> tuple[str, ...]:
    parts: list[str] = []
    for piece in re.findall(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+|[a-z0-9]+", folded):
        parts.extend(_pinyin(piece) if _CJK.match(piece) else [piece])
    return tuple(parts[:_MAX_SYLLABLES])


def name_terms(name: str) -> set[str]:
    """All terms by which a name is found."""
    folded = _fold(name)
    terms: set[str] = set()
    for run in _CJK.findall(folded):
        terms.update(run)
        terms.update(run[index : index + 2] for index in range(len(run) - 1))
    terms.update(_LATIN.findall(folded))
    syllables = _syllables(folded)
    initials = "".join(syllable[0] for syllable in syllables)
    for index in range(len(syllables)):
        terms.add("".join(syllables[index:])[:60])
        terms.add(initials[index:][:30])
    terms.discard("")
    return terms


def code_terms(value: str) -> set[str]:
    """Terms of a phone, tax id or code: the whole, without separators, and for phones the last four digits and the local part."""
    joined = re.sub(r"[^a-z0-9]", "", _fold(value))
    if not joined:
        return set()
    terms = {joined}
    if joined.isdigit() and len(joined) >= 7:
        terms.add(joined[-4:])
        if joined.startswith("86") and len(joined) > 11:
            terms.add(joined[2:])
    return terms


def all_terms(names: Iterable[str], codes: Iterable[str], guarded: Mapping[str, Iterable[str]] | None = None) -> str:
    """What is stored for one searchable thing: its terms, sorted, separated by blanks.

    `guarded` maps a field right to values (phones, mail addresses, tax ids) that only people with that right find by.
    """
    terms: set[str] = set()
    for name in names:
        terms |= name_terms(name)
    for code in codes:
        terms |= code_terms(code)
    for right, values in (guarded or {}).items():
        for value in values:
            terms |= {GUARDS[right] + term for term in (name_terms(value) if "@" in value else code_terms(value))}
    return " ".join(sorted(terms))


def query_terms(text: str) -> list[tuple[str, bool]]:
    """What is asked: (term, is_prefix) pairs that must all match; empty when nothing searchable was typed."""
    folded = _fold(text)
    asked: list[tuple[str, bool]] = []
    for run in _CJK.findall(folded):
        if len(run) == 1:
            asked.append((run, False))
        else:
            asked.extend((run[index : index + 2], False) for index in range(len(run) - 1))
    latin = re.sub(r"(?<=\d)[\s\-]+(?=\d)", "", folded)
    asked.extend((word, True) for word in _LATIN.findall(latin))
    return asked[:12]
