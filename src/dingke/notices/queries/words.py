"""The words of a notice in the reader's language: texts are kept in English with their values and translated when read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext, pgettext

from dingke.notices.models import Notice
from dingke.notices.queries.kinds import kind_of


def sentence(text: str, values: Mapping[str, Any]) -> str:
    """A stored text with its values. A value {"word": "Growing"} is itself translated, with its "context" where it has one;
    {"en": …, "zh": …} is a name that is kept in both languages."""
    if not text:
        return ""
    try:
        return gettext(text) % {name: _word(value) for name, value in values.items()}
    except (KeyError, TypeError, ValueError):  # a text of an older version that asks for other values
        return text


def _word(value: Any) -> str:
    if isinstance(value, Mapping):
        if "zh" in value and "en" in value:
            return str(value["zh"] if (get_language() or "zh").startswith("zh") else value["en"])
        text = str(value.get("word", ""))
        return (pgettext(str(value["context"]), text) if value.get("context") else gettext(text)) if text else ""
    return str(value)


def title_of(notice: Notice) -> str:
    return sentence(notice.title, notice.values)


def body_of(notice: Notice) -> str:
    return sentence(notice.body, notice.values)


def why_of(notice: Notice) -> str:
    kind = kind_of(notice.kind)
    return str(kind.why) if kind else ""
