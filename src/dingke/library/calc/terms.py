"""The search terms of an entry: titles by Chinese, pinyin and English; texts by their characters, pairs and words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dingke.core.search_keys import name_terms

_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_LATIN = re.compile(r"[a-z0-9]+")
_MOST = 4_000  # of one entry: a text of a few pages


def terms_of(*, titles: Iterable[str], texts: Iterable[str]) -> str:
    """What is stored: sorted, separated by blanks. Pinyin stands for titles only; a page of text would make noise of it."""
    terms: set[str] = set()
    for title in titles:
        terms |= name_terms(title)
    for text in texts:
        folded = text.lower()
        for run in _CJK.findall(folded):
            terms.update(run)
            terms.update(run[index : index + 2] for index in range(len(run) - 1))
        terms.update(word[:40] for word in _LATIN.findall(folded))
        if len(terms) > _MOST:
            break
    return " ".join(sorted(terms))
