"""The stage report: the page, the lists behind its figures, the files."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.calc.lifecycle import LifecycleStage
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid, NotVisible
from dingke.core.jinja import with_query
from dingke.core.periods import Period, add_months
from dingke.core.tables_out import FileKind
from dingke.insights import exports, queries
from dingke.insights.calc.stages import Step, What
from dingke.insights.forms.stages import PeriodForm, StageListForm
from dingke.insights.queries.stage_proposals import ALL, proposal_head
from dingke.insights.queries.stages import LISTED, stage_label
from dingke.insights.views import charts

_ONE_DAY = timedelta(days=1)


def _days(period: Period) -> dict[str, str]:
    """The period as an address says it: both days belong to it."""
    return {"start": period.start.isoformat(), "until": (period.end - _ONE_DAY).isoformat()}


@door("GET", permission="insights.see")
def stages(request: DoorRequest) -> HttpResponse:
    """How many customers stand in each stage, who moved in the period, who stands too long."""
    today = timezone.localdate(timezone.now())
    form = PeriodForm(request.GET, today=today)
    period = form.period()
    report = queries.stage_report(request.scope, period=period, today=today)
    chosen = _days(period)
    usual = [
        (_("3 months"), _days(Period(add_months(form.usual.end, -3), form.usual.end))),
        (_("12 months"), _days(form.usual)),
        (_("This year"), _days(Period(today.replace(month=1, day=1), form.usual.end))),
    ]
    context = {
        "report": report,
        "form": form,
        "chosen": chosen,
        "usual": usual,
        "chart": charts.stages(report) if report.number else None,
        "can_export": request.scope.can("exports.run"),
        "proposed": proposal_head(request.scope, ALL).number,
        "list_base": reverse("insights:stage_list"),
        "tones": {Step.ON: "green", Step.BACK: "grey", Step.DECLINED: "amber"},
    }
    return pages.page(request, "insights/stages.html", context)


@door("GET", permission="insights.see")
def stage_list(request: DoorRequest) -> HttpResponse:
    """The stays behind one figure: a panel, or a page of its own."""
    today = timezone.localdate(timezone.now())
    period = PeriodForm(request.GET, today=today).period()
    asked = StageListForm(request.GET)
    if not asked.is_valid():
        raise NotVisible(_("There is no such list."))
    given: dict[str, Any] = asked.cleaned_data
    stage, what = LifecycleStage(given["stage"]), What(given["what"])
    following = LifecycleStage(given["following"]) if given["following"] else None
    rows, number = queries.stage_list(request.scope, stage=stage, what=what, following=following, period=period, today=today)
    chosen = _days(period)
    accounts = ""
    if what is What.CAME:
        days = {"moved_from_date": chosen["start"], "moved_to_date": chosen["until"]}
        accounts = with_query(reverse("accounts:list"), edited=1, moved_to=stage.value, **days)
    context = {
        "rows": rows,
        "number": number,
        "most": LISTED,
        "title": stage_label(stage),
        "sub": _words(what) if following is None else _("moved to “%(stage)s”") % {"stage": stage_label(following)},
        "chosen": chosen,
        "accounts_href": accounts,
        "here": with_query(reverse("insights:stage_list"), stage=stage.value, what=what.value, following=given["following"], **chosen),
        "can_export": request.scope.can("exports.run"),
    }
    return pages.page(request, "insights/stage_list.html", context, partial="insights/_stage_list.html")


def _words(what: What) -> str:
    return {
        What.HELD: _("in the stage during the period"),
        What.STOOD: _("in the stage when the period began"),
        What.ARRIVED: _("recorded in this stage"),
        What.CAME: _("moved here from another stage"),
        What.LEFT: _("left the stage"),
        What.ON: _("moved on"),
        What.BACK: _("moved back"),
        What.DECLINED: _("went into decline"),
        What.STANDS: _("in the stage when the period ended"),
    }[what]


@door("GET", permission="exports.run")
def export_stages(request: DoorRequest) -> HttpResponse:
    """The report, its moves, or who stands too long, as a file."""
    try:
        kind, what = FileKind(request.GET.get("format", "xlsx")), exports.Sheet(request.GET.get("what", "stages"))
    except ValueError as error:
        raise Invalid(_("Choose xlsx or csv.")) from error
    now = timezone.now()
    today = timezone.localdate(now)
    period = PeriodForm(request.GET, today=today).period()
    content, name = exports.export_stages(kind=kind, sheet=what, by=request.scope, now=now, today=today, period=period)
    return pages.table_file(content, name=name, kind=kind, day=today)
