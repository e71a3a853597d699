"""Reads of value selling: the calculation of a deal in words and figures, its versions, and what it stands on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from dingke.core.errors import NotVisible
from dingke.core.scope import Scope
from dingke.pipeline.models import Opportunity
from dingke.qualification.calc import value as calc
from dingke.qualification.models import ValueCase, ValueLine, ValueVersion


@dataclass(frozen=True, slots=True)
class Figure:
    """One assumption: what it is, the figure, and where it comes from."""

    name: str
    label: str
    unit: str
    figure: Decimal | None
    source: str


@dataclass(frozen=True, slots=True)
class LineShown:
    line_id: int  # 0 in a saved version
    lever: str
    label: str
    formula: str
    figures: tuple[Figure, ...]
    function: str
    note: str
    is_counted: bool
    value: Decimal | None
    freed: Decimal | None

    @property
    def missing(self) -> int:
        return sum(1 for figure in self.figures if figure.figure is None)

    @property
    def unsourced(self) -> int:
        return sum(1 for figure in self.figures if figure.figure is not None and not figure.source)


@dataclass(frozen=True, slots=True)
class GroupShown:
    code: str
    label: str
    lines: tuple[LineShown, ...]
    value: Decimal


@dataclass(frozen=True, slots=True)
class ValueShown:
    """A calculation, as it is or as it was saved."""

    price: Decimal | None
    currency: str
    introduction: str
    groups: tuple[GroupShown, ...]
    total: Decimal
    freed: Decimal
    payback_months: Decimal | None
    overlaps: tuple[tuple[str, str], ...]

    @property
    def lines(self) -> tuple[LineShown, ...]:
        return tuple(line for group in self.groups for line in group.lines)

    @property
    def per_month(self) -> Decimal:
        return (self.total / 12).quantize(Decimal("0.01"))


def case_of(scope: Scope, opportunity: Opportunity) -> ValueCase | None:
    rows = ValueCase.objects.visible_to(scope).filter(opportunity=opportunity)
    return rows.select_related("opportunity", "opportunity__account", "opportunity__owner").first()


def line_for(scope: Scope, line_id: int) -> ValueLine:
    rows = ValueLine.objects.visible_to(scope).select_related("case", "case__opportunity", "case__opportunity__account")
    line = rows.filter(pk=line_id).first()
    if line is None:
        raise NotVisible(_("This line is gone."))
    return line


def versions(case: ValueCase) -> list[ValueVersion]:
    return list(case.versions.select_related("by").order_by("-number"))


def version_of(case: ValueCase, number: int) -> ValueVersion:
    found = case.versions.filter(number=number).first()
    if found is None:
        raise NotVisible(_("This version does not exist."))
    return found


def content_of(case: ValueCase) -> dict[str, Any]:
    """The calculation as JSON: what a version keeps, and what the page, the workbook and the Word file are drawn from."""
    lines = [
        {
            "id": line.pk, "lever": line.lever, "figures": dict(line.figures), "sources": dict(line.sources), "function": line.function,
            "note": line.note, "counted": line.is_counted,
        }
        for line in case.lines.filter(archived_at__isnull=True).order_by("position", "pk")
    ]  # fmt: skip
    price = str(case.price) if case.price is not None else None
    return {"price": price, "currency": case.currency, "introduction": case.introduction, "lines": lines}


def shown(content: Mapping[str, Any], *, language: str) -> ValueShown:
    """The calculation in words; every figure is computed anew from its assumptions."""
    stored: Sequence[Mapping[str, Any]] = [row for row in content["lines"] if row["lever"] in calc.BY_CODE]
    lines = [calc.Line(row["lever"], figures_of(row["figures"]), row["counted"]) for row in stored]
    price = Decimal(content["price"]) if content["price"] is not None else None
    result = calc.calculate(lines, price=price)
    rows = [_line(row, worth, language) for row, worth in zip(stored, result.lines, strict=True)]
    groups = tuple(
        GroupShown(
            group.value,
            label.text(language),
            tuple(row for row in rows if calc.BY_CODE[row.lever].group is group),
            result.by_group[group],
        )
        for group, label in calc.GROUPS.items()
    )
    pairs = calc.overlapping([line.lever for line in lines if line.is_counted])
    return ValueShown(
        price=price,
        currency=content["currency"],
        introduction=content["introduction"],
        groups=groups,
        total=result.total,
        freed=result.freed,
        payback_months=result.payback_months,
        overlaps=tuple((calc.BY_CODE[first].label.text(language), calc.BY_CODE[second].label.text(language)) for first, second in pairs),
    )


def _line(row: Mapping[str, Any], worth: calc.Worth, language: str) -> LineShown:
    lever, known = calc.BY_CODE[row["lever"]], figures_of(row["figures"])
    figures = tuple(
        Figure(entry.name, entry.label.text(language), entry.unit.value, known.get(entry.name), str(row["sources"].get(entry.name, "")))
        for entry in lever.inputs
    )
    return LineShown(
        line_id=int(row.get("id") or 0), lever=lever.code, label=lever.label.text(language),
        formula=calc.WORDS[lever.formula].text(language),
        figures=figures, function=row["function"], note=row["note"], is_counted=row["counted"], value=worth.value, freed=worth.freed,
    )  # fmt: skip


def figures_of(stored: Mapping[str, Any]) -> dict[str, Decimal]:
    """Figures as stored in text; what is no number is as good as unknown."""
    known: dict[str, Decimal] = {}
    for name, text in stored.items():
        try:
            figure = Decimal(str(text))
        except InvalidOperation:
            continue
        if figure.is_finite():
            known[name] = figure
    return known


def levers_to_choose(*, language: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Groups with their levers, for the chooser."""
    return [
        (label.text(language), [(lever.code, lever.label.text(language)) for lever in calc.LEVERS if lever.group is group])
        for group, label in calc.GROUPS.items()
    ]


def functions_of(lever: str, *, language: str) -> list[str]:
    return [label.text(language) for label in calc.BY_CODE[lever].functions]
