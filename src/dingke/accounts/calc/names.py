"""Company names brought to one form, so that two spellings of one company meet (duplicate check, import by name).

A matching key, never shown. Pure text in, text out. Used by ``duplicates.py``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from dingke.accounts.calc.regions import is_region, region_key

# Longest first. 分公司 (branch) and 子公司 (subsidiary) are other bodies than the company and stay.
_CHINESE_FORMS: tuple[str, ...] = (
    "集团股份有限公司", "集团有限责任公司", "股份有限责任公司", "集团有限公司", "股份有限公司", "有限责任公司",
    "特殊普通合伙企业", "特殊普通合伙", "有限合伙企业", "普通合伙企业", "集团总公司", "有限公司", "股份公司",
    "集团公司", "有限合伙", "普通合伙", "合伙企业", "总公司", "集团", "公司",
)  # fmt: skip
_KEPT_ENDINGS: tuple[str, ...] = ("分公司", "子公司")
_ENGLISH_FORMS: frozenset[str] = frozenset(
    (
        "co",
        "company",
        "cos",
        "ltd",
        "limited",
        "inc",
        "incorporated",
        "llc",
        "llp",
        "lp",
        "plc",
        "gmbh",
        "ag",
        "kg",
        "kgaa",
        "sa",
        "sas",
        "sarl",
        "srl",
        "spa",
        "bv",
        "nv",
        "ab",
        "as",
        "oy",
        "oyj",
        "corp",
        "corporation",
        "pte",
        "pty",
        "sdn",
        "bhd",
        "kk",
        "group",
        "groups",
        "and",
    )
)
_BRACKETS = re.compile(r"[(\[{<《〈【〔〖「『]([^()\[\]{}<>《》〈〉【】〔〕〖〗「」『』]*)[)\]}>》〉】〕〗」』]")
_DOTTED = re.compile(r"(?<![a-z])(?:[a-z]\.){2,}[a-z]?(?![a-z])")
_CJK = r"[\u3400-\u4dbf\u4e00-\u9fff]"
_CJK_GAP = re.compile(rf"(?<={_CJK})\s+(?={_CJK})")
_CJK_EDGE = re.compile(rf"(?<={_CJK})(?=[a-z])|(?<=[a-z])(?={_CJK})")


@dataclass(frozen=True)
class CompanyName:
    """``key``: the matching form; ``regions``: the regions that stood in brackets, sorted."""

    key: str
    regions: tuple[str, ...] = ()


def normalise_company_name(name: str) -> str:
    """The matching key of a company name: 华为技术（深圳）有限公司 -> 华为技术, "Acme Co., Ltd." -> acme.

    Width, case, spaces and punctuation go, so do legal forms and a region in brackets. A name made of nothing
    else keeps what it has (公司 -> 公司): only a blank name gives "".
    """
    return split_company_name(name).key


def split_company_name(name: str) -> CompanyName:
    """The matching key together with the bracketed regions, which tell sister companies apart."""
    text = _folded(name)
    regions: list[str] = []

    def opened(found: re.Match[str]) -> str:
        inside = _spaced(found.group(1))
        if is_region(inside):
            regions.append(region_key(inside))
            return " "
        if _is_form(inside):
            return " "
        return f" {inside} "

    before = None
    stripped = text
    while stripped != before:  # brackets within brackets
        before = stripped
        stripped = _BRACKETS.sub(opened, stripped)
    words = _spaced(stripped)
    key = _without_forms(words)
    if not key:
        # Nothing but brackets and punctuation: 《上海》, (集团), "!!!". What was written is the only key there is.
        regions.clear()
        key = _spaced(text) or text.strip() or name.strip()
    return CompanyName(key="".join(key.split()) or key, regions=tuple(sorted(set(regions))))


def _folded(name: str) -> str:
    # Twice: case folding can undo the composed form.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _spaced(text: str) -> str:
    """Words with one space between them: punctuation gone, Chinese run together, dotted abbreviations closed."""
    closed = _DOTTED.sub(lambda found: found.group().replace(".", ""), text).replace("&", " and ")
    closed = re.sub(r"['’`]", "", closed)
    words = "".join(sign if _is_word_sign(sign) else " " for sign in closed)
    return " ".join(_CJK_EDGE.sub(" ", _CJK_GAP.sub("", words)).split())


def _is_word_sign(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LNM"


def _without_forms(words: str) -> str:
    """``words`` without the legal forms at the end, but never emptied: 集团公司 stays, "AB 有限公司" gives "AB"."""
    rest = words
    while shorter := _without_last_form(rest):
        rest = shorter
    return rest


def _is_form(words: str) -> bool:
    rest = words
    while rest and (shorter := _without_last_form(rest)) is not None:
        rest = shorter
    return rest == ""


def _without_last_form(words: str) -> str | None:
    """``words`` without one legal form at the end; None when there is none."""
    last = words.rsplit(" ", 1)[-1]
    if last in _ENGLISH_FORMS:
        return words.removesuffix(last).rstrip()
    form = next((form for form in _CHINESE_FORMS if last.endswith(form)), None)
    if form is None or last.endswith(_KEPT_ENDINGS):
        return None
    return words.removesuffix(form).rstrip()
