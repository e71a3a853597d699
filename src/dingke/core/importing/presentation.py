"""What the pages of the wizard show: made from plan, file and proposals, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core.importing import dry_run, engine, proposals, setup, targets
from dingke.core.importing.outcomes import Alike, Said
from dingke.core.importing.rows import Prepared
from dingke.core.importing.targets import Field, ImportTarget, Kind
from dingke.core.models import ImportFile, ImportRun
from dingke.core.reasons import Label
from dingke.core.scope import Scope
from dingke.core.tabular.errors import FileRefused

ENCODINGS = [("", "—"), ("utf-8", "UTF-8"), ("gb18030", "GB18030 / GBK"), ("utf-16", "UTF-16"), ("big5", "Big5")]
ORDERS = ("ymd", "dmy", "mdy")
FACTORS = ("1", "1000", "10000", "1000000", "100000000")


def language() -> str:
    return get_language() or "zh-hans"


def word(label: Label) -> str:
    return label.text(language())


def told(reason: Said) -> str:
    return reason[1] if language().startswith("zh") else reason[0]


def delimiters() -> list[tuple[str, str]]:
    return [("", "—"), (",", _("Comma")), (";", _("Semicolon")), ("\t", _("Tab")), ("|", "|")]


def order_words() -> dict[str, str]:
    return {"ymd": _("year month day"), "dmy": _("day month year"), "mdy": _("month day year")}


def factor_words() -> dict[str, str]:
    return {
        "1": _("as it stands"),
        "1000": _("thousands"),
        "10000": _("ten thousands 万"),
        "1000000": _("millions"),
        "100000000": _("hundred millions 亿"),
    }


def alike_choices() -> list[tuple[str, str]]:
    """What may be done with a row that would create what seems to be there already."""
    return [
        (Alike.CREATE.value, _("create them anyway")),
        (Alike.SKIP.value, _("leave them out")),
        (Alike.UPDATE.value, _("update the one that is certainly the same, leave out the others")),
    ]


def missing_choices() -> list[tuple[str, str]]:
    """What may be done with records of the system that a whole file does not name."""
    return [
        ("KEEP", _("stay as they are")),
        ("CLOSE", _("are closed")),
        ("CLOSE_MANY", _("are closed, also when there are many")),
    ]


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """One column of the file in the mapping table."""

    header: str
    index: int
    samples: list[str]
    field: str
    is_date: bool
    is_money: bool
    order: str
    order_is_certain: bool
    orders: list[str]
    factor: str


def columns(
    part: ImportFile, target: ImportTarget | None, headers: Sequence[str], sample: Sequence[tuple[int, list[str]]]
) -> list[ColumnRow]:
    by_header = {spec["column"]: (key, spec) for key, spec in part.mapping.get("fields", {}).items() if "column" in spec}
    rows = []
    for index, header in enumerate(headers):
        key, spec = by_header.get(header, ("", {}))
        field = target.field(key) if target and key else None
        texts = list(dict.fromkeys(cells[index] for _number, cells in sample if index < len(cells) and cells[index]))[:3]
        rows.append(
            ColumnRow(
                header=header,
                index=index,
                samples=texts,
                field=key,
                is_date=bool(field and field.kind is Kind.DATE),
                is_money=bool(field and field.kind is Kind.MONEY),
                order=spec.get("order") or "",
                order_is_certain=bool(spec.get("order_is_certain")),
                orders=list(spec.get("orders") or ORDERS),
                factor=str(spec.get("factor", "1")),
            )
        )
    return rows


def made_fields(part: ImportFile, target: ImportTarget | None) -> list[tuple[str, str]]:
    """Fields that no column gives: constants, templates, values from another file."""
    found: list[tuple[str, str]] = []
    for key, spec in part.mapping.get("fields", {}).items():
        field = target.field(key) if target else None
        if field is None or "column" in spec:
            continue
        if spec.get("automatic"):
            text = _("made of %(columns)s and a running number") % {"columns": ", ".join(spec["sequence_of"])}
        elif "template" in spec:
            text = str(spec["template"])
        elif "lookup" in spec:
            text = _("from another file: the one with the largest %(sum)s") % {"sum": spec["lookup"]["largest"]}
        else:
            text = str(spec.get("value", ""))
        found.append((word(field.label), text))
    return found


@dataclass(frozen=True, slots=True)
class KeyChoice:
    code: str
    text: str
    chosen: bool


def keys(part: ImportFile, target: ImportTarget | None) -> list[KeyChoice]:
    if target is None:
        return []
    chosen = engine.key_of(part, target)
    found = []
    for code in target.keys_for(part.mapping.get("fields", {})):
        fields = [field for name in code.split("+") if (field := target.field(name))]
        found.append(KeyChoice(code, " + ".join(word(field.label) for field in fields), code == chosen))
    return found


def field_choices(target: ImportTarget | None) -> list[tuple[str, str, bool]]:
    return [(field.key, word(field.label), field.required) for field in target.fields] if target else []


def file_context(part: ImportFile, by: Scope) -> dict[str, Any]:
    """Everything the page of one file shows. A file that cannot be read so is told in words, and stays editable."""
    target = targets.known_target(part.target)
    siblings = list(part.run.files.order_by("position", "id"))
    context: dict[str, Any] = {
        "part": part,
        "run": part.run,
        "target": target,
        "siblings": siblings,
        "targets": [(each.key, word(each.label)) for each in setup.allowed_targets(by)],
        "encodings": ENCODINGS,
        "delimiters": delimiters(),
        "orders": order_words(),
        "factors": factor_words(),
        "fields": field_choices(target),
        "notices": [],
        "problem": "",
        "table": None,
        "headers": [],
        "sample": [],
        "columns": [],
        "made": [],
        "key_choices": [],
        "questions": [],
        "word": word,
        "remembered": None,
    }
    try:
        with setup.opened(part) as table:
            context["table"] = table
            headers = table.headers
        headers, sample = dry_run.sample_cells(part)
        context["questions"] = proposals.value_questions(part, siblings)
    except setup.FileNotReadable as refusal:
        context["problem"] = refusal.message
        return context
    except FileRefused as refused:
        context["problem"] = refused.describe(language())
        return context
    memory = proposals.remembered(headers, part.target)
    context |= {
        "headers": headers,
        "sample": sample,
        "columns": columns(part, target, headers, sample),
        "made": made_fields(part, target),
        "key_choices": keys(part, target),
        "notices": list(setup.notices_of(part, language())),
        "remembered": memory,
    }
    return context


def preview_rows(part: ImportFile) -> tuple[list[Field], list[Prepared]]:
    """The mapped fields and the first rows as they would be taken."""
    target = targets.known_target(part.target)
    if target is None:
        return [], []
    mapped = part.mapping.get("fields", {})
    siblings = list(part.run.files.order_by("position", "id"))
    return [field for field in target.fields if field.key in mapped], dry_run.preview(part, siblings)


def cell(field: Field, value: Any) -> str:
    """A typed value as people read it."""
    if value is None or value == "":
        return ""
    choice = next((each for each in field.choices if each.code == value), None)
    if choice is not None:
        return word(choice.label)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return f"{value:,}" if isinstance(value, Decimal) else str(value)


def sure_questions(parts: Sequence[ImportFile]) -> list[tuple[ImportFile, proposals.ValueQuestion]]:
    """The misspelt values of a recognised set of files, with what they surely mean."""
    return [(part, question) for part in parts for question in proposals.value_questions(part, parts) if question.is_sure]


def summary(run: ImportRun, parts: Sequence[ImportFile]) -> list[dict[str, Any]]:
    """One line per file for the setup and check pages."""
    rows = []
    for part in parts:
        target = targets.known_target(part.target)
        mapped = part.mapping.get("fields", {})
        where: Mapping[str, Any] = part.mapping.get("where") or {}
        where_not: Mapping[str, Any] = part.mapping.get("where_not") or {}
        rule = "; ".join(
            [
                *(f"{key} = {', '.join(values)}" for key, values in where.items()),
                *(f"{key} ≠ {', '.join(values)}" for key, values in where_not.items()),
            ]
        )
        rows.append(
            {
                "part": part,
                "label": word(target.label) if target else "",
                "icon": target.icon if target else "help-circle",
                "mapped": len(mapped),
                "rule": rule,
            }
        )
    return rows
