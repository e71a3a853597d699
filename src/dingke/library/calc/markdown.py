"""Markdown to HTML that is safe to show: raw HTML in a text stays text, and what is left is cleaned again.

Pure. Two libraries, because either alone would have to be trusted: markdown-it-py turns CommonMark with tables into HTML without
letting HTML through, nh3 keeps only the tags and addresses named here.
"""

from __future__ import annotations

import re
from functools import lru_cache

from markupsafe import Markup

MOST = 40_000  # characters of one text
TAGS = {
    "p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "h2", "h3", "h4", "a",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_HEADS = {"h1": "h2", "h5": "h4", "h6": "h4"}


@lru_cache(maxsize=1)
def _reader():  # type: ignore[no-untyped-def]
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"]).disable(["image", "html_block"])


_MARKS = re.compile(r"^[ |:-]+$|^\s*(?:[#>*+-]+|\d+\.)\s+|\*\*|[*_`|]|\[([^\]]*)\]\([^)]*\)", re.M)


def beginning(text: str, length: int = 160) -> str:
    """The first words of a text without its marks, for lists; three dots when it goes on."""
    plain = " ".join(_MARKS.sub(lambda found: found.group(1) or "", text[: 4 * length]).split())
    return plain if len(plain) <= length and len(text) <= 4 * length else plain[:length].rstrip() + "…"


@lru_cache(maxsize=512)
def rendered(text: str) -> Markup:
    """The text as HTML; empty when there is none. Only http, https and mailto addresses are linked; images are not loaded."""
    if not text.strip():
        return Markup("")
    import nh3

    html: str = _reader().render(text[:MOST])
    for old, new in _HEADS.items():
        html = html.replace(f"<{old}>", f"<{new}>").replace(f"</{old}>", f"</{new}>")
    return Markup(nh3.clean(html, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"}))
