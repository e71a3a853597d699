"""The Jinja2 environment: strict in tests, autoescaped always, with the few helpers that every template uses."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

import jinja2
from django.conf import settings
from django.contrib.messages import get_messages
from django.templatetags.static import static
from django.urls import NoReverseMatch
from django.utils import timezone, translation
from markupsafe import Markup

from dingke.core import company, links, money, navigation, shell


def environment(**options: Any) -> jinja2.Environment:
    if getattr(settings, "DINGKE_STRICT_TEMPLATES", False):
        options["undefined"] = jinja2.StrictUndefined
    options.setdefault("extensions", ["jinja2.ext.i18n", "jinja2.ext.do"])
    options["trim_blocks"] = options["lstrip_blocks"] = True
    env = jinja2.Environment(**options)
    env.install_gettext_callables(translation.gettext, translation.ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.globals.update(
        static=static_file,
        url=url,
        url_or_none=url_or_none,
        url_around=links.around,
        halves=halves,
        table_cells=table_cells,
        icon=icon,
        language=language,
        languages=settings.LANGUAGES,
        menu=navigation.entries_for,
        shell_part=shell.part,
        shell_place=shell.place,
        with_query=with_query,
        currency=company.currency,
        messages_for=get_messages,
    )
    env.filters.update(
        wan=wan,
        money=money.exact,
        percent=percent,
        day=day,
        moment=moment,
        ago_days=ago_days,
        json=to_json,
        initial=initial,
        number=number,
    )
    return env


url = links.address


@lru_cache(maxsize=1_024)
def _static(path: str) -> str:
    return static(path)


def static_file(path: str) -> str:
    """The hashed address of a static file; it stays what it is while the process lives, but for who develops."""
    return static(path) if settings.DEBUG else _static(path)


def halves(text: str) -> tuple[str, str]:
    """What stands before and after the gap "{}" of a text that many rows fill with their own names."""
    before, _gap, after = text.partition("{}")
    return before, after


class Column(Protocol):
    """A column of a table. A plain one shows its value as its kind is written; of the others rows with the same `look` share the cell,
    and None gives each row its own."""

    key: Any
    kind: Any
    value: Any

    @property
    def is_plain(self) -> bool: ...

    def look(self, row: Any) -> Hashable | None: ...


def table_cells(
    rows: Sequence[Any], columns: Sequence[Column], heads: dict[str, Markup], make: Callable[..., Markup]
) -> Iterator[tuple[Any, Markup]]:
    """Each row with its cells in one piece. `heads`: the opening tag by the key of the column; `make(row, column)`: a macro for what
    stands in it, asked once for cells that look alike."""
    known: dict[Hashable, str] = {}
    ready = [(column, heads[column.key], _PLAIN.get(column.kind) if column.is_plain else None) for column in columns]
    for row in rows:
        cells = []
        for column, head, plain in ready:
            if plain is not None:
                cells.append(f"{head}{plain(column.value(row))}</td>")
                continue
            look = column.look(row)
            cell = None if look is None else known.get(look)
            if cell is None:
                cell = f"{head}{make(row, column).strip()}</td>"
                if look is not None:
                    known[look] = cell
            cells.append(cell)
        yield row, Markup("".join(cells))


def url_or_none(name: str, *args: Any, **kwargs: Any) -> str | None:
    """The address, or None where no domain serves it: panels and actions that are not there are left out."""
    try:
        return links.address(name, *args, **kwargs)
    except NoReverseMatch:
        return None


def language() -> str:
    return translation.get_language() or settings.LANGUAGE_CODE


def with_query(base: str, **params: Any) -> str:
    """The address with query parameters; those without a value are left out."""
    query = urlencode([(key, value) for key, value in params.items() if value not in (None, "")], doseq=True)
    return f"{base}?{query}" if query else base


def wan(amount: Decimal | None) -> str:
    return money.compact(amount, language())


def number(value: Any) -> str:
    return "—" if value is None else f"{value:,}"


def percent(value: Decimal | float | None, digits: int = 1) -> str:
    """A share of 1 as percent: 0.316 -> 31.6%."""
    return "—" if value is None else f"{value * 100:.{digits}f}%"


_PLAIN: dict[str, Callable[[Any], str]] = {"money": money.exact, "percent": percent}  # digits and signs: nothing to escape


def day(value: date | None) -> str:
    """A day as people write it: 2026-09-30 in both languages sorts and aligns."""
    return "—" if value is None else value.isoformat()[:10]


def moment(value: datetime | None) -> str:
    if value is None:
        return "—"
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"


def ago_days(value: date | None, today: date) -> int | None:
    return None if value is None else (today - value).days


def initial(name: str) -> str:
    return (name or "?").strip()[:1].upper()


def to_json(value: Any) -> Markup:
    """JSON for a data attribute or a script block of type application/json."""
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e").replace("'", "\\u0027"))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)


ICONS = Path(__file__).parent / "vendor_icons.json"


@lru_cache(maxsize=1)
def _icons() -> dict[str, str]:
    """Name -> inner SVG of every Tabler outline icon, collected by the set-up."""
    if not ICONS.exists():
        raise FileNotFoundError("the front-end files are missing: run `make setup`")
    return dict(json.loads(ICONS.read_text(encoding="utf-8")))


@lru_cache(maxsize=512)
@lru_cache(maxsize=2_048)
def icon(name: str, label: str = "") -> Markup:
    """A Tabler outline icon as inline SVG, hidden from screen readers unless labelled. KeyError on an unknown name."""
    described = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup(
        '<svg class="icon" width="18" height="18" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
        'stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>'
    ).format(described, Markup(_icons()[name]))
