"""Value selling: beginning a calculation, its lines and assumptions, and versions that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from dingke.core import audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.pipeline.models import Opportunity
from dingke.qualification import access
from dingke.qualification.calc import value as calc
from dingke.qualification.models import ValueCase, ValueLine, ValueVersion
from dingke.qualification.queries import value as reads

_CASE = ["price", "introduction"]
_LINE = ["figures", "sources", "function", "note", "is_counted"]
LARGEST = Decimal(10) ** 13


class UnableToCalculate(Refusal):
    """The calculation was not changed."""


@transaction.atomic
def begin_case(*, opportunity: Opportunity, by: Scope, now: datetime) -> ValueCase:
    """Begins the calculation of a deal with its amount as the price. Twice is once."""
    _may(by, opportunity)
    case, is_new = ValueCase.objects.get_or_create(
        opportunity=opportunity, defaults={"price": opportunity.amount, "currency": opportunity.currency}
    )
    if is_new:
        _write(case, opportunity, "value.begin", by=by, now=now)
    return case


@transaction.atomic
def edit_case(
    *, case: ValueCase, price: Decimal | None, introduction: str, by: Scope, now: datetime, expected_version: int | None = None
) -> ValueCase:
    _may(by, case.opportunity)
    if price is not None and not 0 <= price < LARGEST:
        raise Invalid(_("The price cannot be below zero."), fields={"price": _("The price cannot be below zero.")})
    fresh = locked(case, expected_version=expected_version, yours={"price": price, "introduction": introduction})
    before = snapshot_of(fresh, _CASE)
    fresh.price, fresh.introduction = price, introduction.strip()
    audit.save_with_audit(
        target=fresh, fields=_CASE, action="value.edit", by=by, now=now, before=before, account_id=case.opportunity.account_id
    )
    return fresh


@transaction.atomic
def add_line(*, case: ValueCase, lever: str, by: Scope, now: datetime, language: str) -> ValueLine:
    """Takes a lever into the calculation, with the first function that serves it."""
    _may(by, case.opportunity)
    if lever not in calc.BY_CODE:
        raise Invalid(_("This choice does not exist."))
    last = case.lines.aggregate(last=Max("position"))["last"] or 0
    function = reads.functions_of(lever, language=language)[0]
    line = ValueLine.objects.create(case=case, lever=lever, function=function, position=last + 10)
    _write(line, case.opportunity, "value.add_line", by=by, now=now)
    return line


@transaction.atomic
def save_line(
    *,
    line: ValueLine,
    figures: Mapping[str, Decimal | None],
    sources: Mapping[str, str],
    function: str,
    note: str,
    is_counted: bool,
    by: Scope,
    now: datetime,
    expected_version: int | None = None,
) -> ValueLine:
    """Saves the assumptions of a lever. Every line names the function that serves it, so that no gain stands without its reason."""
    opportunity = line.case.opportunity
    _may(by, opportunity)
    lever = calc.BY_CODE[line.lever]
    names = [entry.name for entry in lever.inputs]
    known = {name: figure for name in names if (figure := figures.get(name)) is not None}
    problems = _problems(lever, known)
    if not function.strip():
        problems["function"] = _("Name the function that serves it.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    values: dict[str, Any] = {
        "figures": {name: _plain(figure) for name, figure in known.items()},
        "sources": {name: sources[name].strip()[:200] for name in names if sources.get(name, "").strip()},
        "function": function.strip()[:200],
        "note": note.strip()[:300],
        "is_counted": is_counted,
    }
    fresh = locked(line, expected_version=expected_version, yours=values)
    before = snapshot_of(fresh, _LINE)
    for name, value in values.items():
        setattr(fresh, name, value)
    audit.save_with_audit(
        target=fresh, fields=_LINE, action="value.save_line", by=by, now=now, before=before, account_id=opportunity.account_id
    )
    return fresh


def _problems(lever: calc.Lever, known: Mapping[str, Decimal]) -> dict[str, str]:
    words = {
        "NEGATIVE": _("Not below zero."),
        "OVER_100": _("100 % at most."),
        "AFTER_OVER_BEFORE": _("It should take fewer days afterwards, not more."),
    }
    problems = {name: words[code] for name, code in calc.check(lever, known).items()}
    return problems | {name: _("This figure is too large.") for name, figure in known.items() if figure >= LARGEST}


@transaction.atomic
def set_line_archived(*, line: ValueLine, archived: bool, by: Scope, now: datetime) -> ValueLine:
    """Takes a lever out of the calculation, or brings it back."""
    opportunity = line.case.opportunity
    _may(by, opportunity)
    fresh = locked(line, expected_version=None, yours={})
    if (fresh.archived_at is not None) != archived:
        fresh.archived_at = now if archived else None
        fresh.save()
        _write(fresh, opportunity, "value.remove_line" if archived else "value.restore_line", by=by, now=now)
    return fresh


@transaction.atomic
def keep_version(*, case: ValueCase, note: str, by: Scope, now: datetime) -> ValueVersion:
    """Keeps the calculation as it stands, e.g. before it is shown to the owner of the company."""
    _may(by, case.opportunity)
    fresh = locked(case, expected_version=None, yours={})
    content = reads.content_of(fresh)
    result = reads.shown(content, language="en")
    if not any(line.value is not None and line.is_counted for line in result.lines):
        raise UnableToCalculate(_("No lever is complete yet: there is nothing to keep."))
    last = fresh.versions.aggregate(last=Max("number"))["last"] or 0
    for line in content["lines"]:
        line.pop("id")
    kept = ValueVersion.objects.create(
        case=fresh, number=last + 1, note=note.strip()[:200], content=content, total=result.total, by_id=by.user_id, at=now
    )
    _write(kept, case.opportunity, "value.keep", by=by, now=now)
    return kept


def _may(by: Scope, opportunity: Opportunity) -> None:
    access.can_see_value(by).enforce()
    access.can_edit(by, opportunity).enforce()


def _plain(figure: Decimal) -> str:
    text = format(figure, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _write(target: Any, opportunity: Opportunity, action: str, *, by: Scope, now: datetime) -> None:
    audit.record(target=target, action=action, by=by, now=now, account_id=opportunity.account_id, summary=opportunity.name)
