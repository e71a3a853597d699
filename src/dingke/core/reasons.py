"""Reasons as records: a method answers with codes and figures, a page shows the sentence in English or Chinese.

Pure: no Django, no clock. Written sentences live beside the method that gives them, in a ``Sentences`` table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from string import Formatter


@dataclass(frozen=True, order=True)
class Label:
    """The name of something in both languages."""

    en: str
    zh: str

    def text(self, language: str) -> str:
        return self.zh if is_chinese(language) else self.en


@dataclass(frozen=True)
class Reason:
    """Why a method said what it said: an upper-case code and the figures behind it.

    ``params`` holds text, numbers, Decimal, dates, ``Label`` (shown in the reader's language), ``None``,
    and sequences of these.
    """

    code: str
    params: Mapping[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """A form that a JSON column keeps without loss; ``Reason.from_json`` reads it back."""
        return {"code": self.code, "params": {name: _packed(value) for name, value in self.params.items()}}

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> Reason:
        """ValueError when ``stored`` was not written by ``as_json``."""
        code, params = stored.get("code"), stored.get("params")
        if not isinstance(code, str) or not isinstance(params, Mapping):
            raise ValueError("a stored reason needs a code and params")
        return cls(code, {str(name): _unpacked(value) for name, value in params.items()})


class Sentences:
    """The sentences of one method: code -> (English, Chinese) templates with ``{param}`` fields.

    A field takes a format: ``{share:.1%}``, ``{amount:,.2f}``. ValueError when the two languages use different fields.
    """

    def __init__(self, templates: Mapping[str, tuple[str, str]]) -> None:
        for code, (en, zh) in templates.items():
            if not code.isupper():
                raise ValueError(f"the reason code {code!r} is not upper case")
            if not en or not zh:
                raise ValueError(f"the reason {code} needs a sentence in both languages")
            if _fields(en) != _fields(zh):
                raise ValueError(f"the sentences of {code} use different fields")
        self._templates = dict(templates)

    def __contains__(self, code: object) -> bool:
        return code in self._templates

    def __iter__(self) -> Iterator[str]:
        return iter(self._templates)

    def __len__(self) -> int:
        return len(self._templates)

    def __or__(self, other: Sentences) -> Sentences:
        """Both tables as one; ValueError when a code stands in both with different sentences."""
        for code in other:
            if code in self and self._templates[code] != other._templates[code]:
                raise ValueError(f"the reason code {code} has two meanings")
        return Sentences({**self._templates, **other._templates})

    def fields(self, code: str) -> frozenset[str]:
        """The params a reason of this code has to carry."""
        return _fields(self._templates[code][0])

    def text(self, reason: Reason, language: str) -> str:
        """The sentence in ``language`` ("zh-hans", "zh" -> Chinese, else English).

        ValueError when the code is unknown or a param is missing.
        """
        if reason.code not in self._templates:
            raise ValueError(f"no sentence for the reason {reason.code}")
        missing = self.fields(reason.code) - set(reason.params)
        if missing:
            raise ValueError(f"the reason {reason.code} lacks {', '.join(sorted(missing))}")
        en, zh = self._templates[reason.code]
        shown = {name: _shown(value, language) for name, value in reason.params.items()}
        return (zh if is_chinese(language) else en).format_map(shown)


def is_chinese(language: str) -> bool:
    return language.lower().startswith("zh")


def _fields(template: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)


def _shown(value: object, language: str) -> object:
    if isinstance(value, Label):
        return value.text(language)
    if isinstance(value, list | tuple):
        return ("、" if is_chinese(language) else ", ").join(str(_shown(part, language)) for part in value)
    return value


def _packed(value: object) -> object:
    # Tagged, because a sentence formats the figure again: "0.8" as text would not take {share:.1%}.
    if isinstance(value, Label):
        return {"en": value.en, "zh": value.zh}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, list | tuple):
        return [_packed(part) for part in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise ValueError(f"a reason cannot carry a {type(value).__name__}")


def _unpacked(value: object) -> object:
    if isinstance(value, list):
        return tuple(_unpacked(part) for part in value)
    if isinstance(value, Mapping):
        if "decimal" in value:
            return Decimal(str(value["decimal"]))
        if "date" in value:
            return date.fromisoformat(str(value["date"]))
        if "en" in value and "zh" in value:
            return Label(str(value["en"]), str(value["zh"]))
        raise ValueError("a stored reason holds an unknown value")
    return value
