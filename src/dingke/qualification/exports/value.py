"""The value of a solution as a workbook whose formulas live, and as Word for the owner of the company."""

from __future__ import annotations

import io
from datetime import datetime
from decimal import Decimal

import xlsxwriter
from django.utils.translation import gettext as _
from xlsxwriter.utility import xl_rowcol_to_cell

from dingke.core import money
from dingke.core.scope import Scope
from dingke.pipeline.models import Opportunity
from dingke.qualification.calc import value as calc
from dingke.qualification.exports.word import WordFile
from dingke.qualification.queries.value import Figure, LineShown, ValueShown

_FIGURE = 2  # the column with figures


def workbook(value: ValueShown, opportunity: Opportunity, *, by: Scope, at: datetime) -> bytes:
    """One sheet: assumptions with their sources, a formula per lever, total and payback. Changing a figure changes the result."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"title": opportunity.name, "author": by.name, "created": at.replace(tzinfo=None)})
    sheet = book.add_worksheet(_("Value")[:31])
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 34)
    sheet.set_column(2, 2, 16)
    sheet.set_column(3, 4, 40)
    title, head, group, total, soft = (
        book.add_format(look)
        for look in (
            {"bold": True, "font_size": 15, "font_color": "#0f6b5b"},
            {"bold": True, "bottom": 1, "font_color": "#55645f"},
            {"bold": True, "bg_color": "#e2f1ec"},
            {"bold": True, "num_format": "#,##0.00", "top": 1},
            {"font_color": "#55645f", "text_wrap": True},
        )
    )
    plain = {
        calc.Unit.MONEY: book.add_format({"num_format": "#,##0.00", "bg_color": "#fdf7e8"}),
        calc.Unit.PERCENT: book.add_format({"num_format": "0.00##", "bg_color": "#fdf7e8"}),
        calc.Unit.DAYS: book.add_format({"num_format": "0.0", "bg_color": "#fdf7e8"}),
        calc.Unit.NUMBER: book.add_format({"num_format": "#,##0.##", "bg_color": "#fdf7e8"}),
    }
    result = book.add_format({"num_format": "#,##0.00", "bold": True})
    sheet.write_string(0, 0, opportunity.name, title)
    sheet.write_string(1, 0, str(opportunity.account.shown_name) if opportunity.account else "", soft)
    for column, text in enumerate([_("Lever"), _("Assumption"), _("Figure"), _("Where it comes from"), _("Function that serves it")]):
        sheet.write_string(3, column, text, head)
    row, counted = 4, []
    for part in value.groups:
        if not part.lines:
            continue
        for column in range(5):
            sheet.write_string(row, column, part.label if column == 0 else "", group)
        row += 1
        for line in part.lines:
            first = row
            for figure in line.figures:
                sheet.write_string(row, 0, line.label if row == first else "")
                sheet.write_string(row, 1, figure.label)
                if figure.figure is not None:
                    sheet.write_number(row, _FIGURE, float(figure.figure), plain[calc.Unit(figure.unit)])
                else:
                    sheet.write_blank(row, _FIGURE, None, plain[calc.Unit(figure.unit)])
                sheet.write_string(row, 3, figure.source, soft)
                sheet.write_string(row, 4, line.function if row == first else "")
                row += 1
            sheet.write_string(row, 1, _("Worth a year") if line.is_counted else _("Worth a year (not counted)"))
            sheet.write_formula(row, _FIGURE, _formula(line, first), result, float(line.value or 0))
            sheet.write_string(row, 3, line.formula, soft)
            if line.is_counted:
                counted.append(xl_rowcol_to_cell(row, _FIGURE))
            row += 1
    row += 1
    sum_cell = xl_rowcol_to_cell(row, _FIGURE)
    sheet.write_string(row, 1, _("Value a year"), total)
    sheet.write_formula(row, _FIGURE, "=" + ("+".join(counted) or "0"), total, float(value.total))
    sheet.write_string(row + 1, 1, _("Price"))
    price_cell = xl_rowcol_to_cell(row + 1, _FIGURE)
    if value.price is not None:
        sheet.write_number(row + 1, _FIGURE, float(value.price), plain[calc.Unit.MONEY])
    sheet.write_string(row + 2, 1, _("Earned back after months"), total)
    months = f'=IF(AND(ISNUMBER({price_cell}),{sum_cell}>0),ROUND({price_cell}/({sum_cell}/12),1),"")'
    sheet.write_formula(row + 2, _FIGURE, months, total, float(value.payback_months) if value.payback_months is not None else "")
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L{by.name.replace('&', '&&')}&R{at:%Y-%m-%d}")
    book.close()
    return target.getvalue()


def _formula(line: LineShown, first: int) -> str:
    """The formula of the lever over its figures; rows follow the order of the inputs."""
    formula = calc.BY_CODE[line.lever].formula
    cells = [xl_rowcol_to_cell(first + place, _FIGURE) for place in range(len(line.figures))]
    if formula in {calc.Formula.SHARE, calc.Formula.MARGIN}:
        amount, percent = cells
        return f"=ROUND({amount}*{percent}/100,2)"
    if formula is calc.Formula.STOPS:
        number, each, percent = cells
        return f"=ROUND({number}*{each}*{percent}/100,2)"
    if formula is calc.Formula.DAYS:
        amount, before, after, rate = cells
        return f"=ROUND({amount}*({before}-{after})/{calc.YEAR}*{rate}/100,2)"
    amount, percent, rate = cells
    return f"=ROUND({amount}*{percent}/100*{rate}/100,2)"


def word(value: ValueShown, opportunity: Opportunity, *, by: Scope, at: datetime) -> bytes:
    """What the owner of the company reads: the sum first, then each lever with its assumptions and the function behind it."""
    customer = str(opportunity.account.shown_name) if opportunity.account else opportunity.name
    paper = WordFile(_("What the solution is worth to %(customer)s") % {"customer": customer}, sub=opportunity.name, author=by.name, at=at)
    if value.introduction:
        paper.text(value.introduction)
    paper.facts(summary(value))
    for part in value.groups:
        lines = [line for line in part.lines if line.is_counted and line.value is not None]
        if not lines:
            continue
        paper.heading(f"{part.label}: {money.exact(part.value)}")
        rows = [
            [
                line.label,
                "\n".join(_assumption(figure) for figure in line.figures),
                line.function,
                money.exact(line.value),
            ]
            for line in lines
        ]  # fmt: skip
        paper.table(
            [_("Lever"), _("Assumptions"), _("Function that serves it"), _("Worth a year")], rows, widths=(3.6, 6.2, 4, 2.8), numbers=(3,)
        )
    paper.text(_("Every figure is an assumption from the talks with you. Change one, and the result changes with it."), soft=True)
    return paper.content()


def summary(value: ValueShown) -> list[tuple[str, str]]:
    rows = [(_("Value a year"), f"{money.exact(value.total)} {value.currency}")]
    if value.freed:
        rows.append((_("Funds set free"), f"{money.exact(value.freed)} {value.currency}"))
    if value.price is not None:
        rows.append((_("Price"), f"{money.exact(value.price)} {value.currency}"))
    if value.payback_months is not None:
        rows.append((_("Earned back after months"), str(value.payback_months)))
    return rows


def _assumption(figure: Figure) -> str:
    return f"{figure.label}: {_number(figure.figure)}" + (f" ({figure.source})" if figure.source else "")


def _number(figure: Decimal | None) -> str:
    return "—" if figure is None else f"{figure:,}"
