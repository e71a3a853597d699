"""The portfolio page: the page, its list at other cut-offs, the run, the export, decisions on guards, retention economics."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core import jobs, pages
from dingke.core import rules as stored_rules
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid, NotVisible
from dingke.core.links import link_to
from dingke.core.tables_out import FileKind
from dingke.insights import access, actions, exports, queries
from dingke.insights.calc import retention as method
from dingke.insights.calc.guards import Guard
from dingke.insights.calc.rules import key_of
from dingke.insights.forms import GuardForm, RetentionForm
from dingke.insights.views import charts
from dingke.people.queries import user_by_id

SHOWN = 50


def _share(request: DoorRequest, name: str) -> Decimal | None:
    """A cut-off from the address, in percent: a=82.5. Anything else counts as not given."""
    try:
        value = Decimal(request.GET.get(name, ""))
    except InvalidOperation:
        return None
    return value / 100 if value.is_finite() and 0 < value <= 100 else None


def _shown(request: DoorRequest) -> int | None:
    return None if request.GET.get("all") else SHOWN


@door("GET", permission="insights.see")
def portfolio(request: DoorRequest) -> HttpResponse:
    """Who carries the company, who weakens, who should be a key account."""
    found = queries.portfolio(request.scope, a_until=_share(request, "a"), b_until=_share(request, "b"))
    context = {
        "p": found,
        "cut": found.cut,
        "shown": _shown(request),
        "pareto_chart": charts.pareto(found.cut),
        "matrix_chart": None if found.hides_cost or found.hides_amount else charts.matrix(found.cut, found.average_margin),
        "unknown_margin": [line for line in found.cut.lines if line.margin is None and (line.revenue is None or line.revenue > 0)][:SHOWN],
        "can_export": request.scope.can("exports.run"),
        "import_href": link_to("imports:start"),
        "nominate_href": {
            one.account_id: link_to("accounts:nominate", one.account_id) if request.scope.can("accounts.nominate") else ""
            for one in found.candidates
        },
    }
    return pages.page(request, "insights/portfolio.html", context)


@door("GET", permission="insights.see")
def pareto_list(request: DoorRequest) -> HttpResponse:
    """The list behind the curve, cut at other shares: the page asks for it while the line moves."""
    shown = _shown(request)
    cut = queries.cut(
        request.scope,
        queries.newest_run(),
        a_until=_share(request, "a"),
        b_until=_share(request, "b"),
        in_full=queries.POINTS if shown is None else shown,
    )
    context = {
        "cut": cut,
        "shown": shown,
        "hides_cost": request.scope.hides("cost"),
        "hides_amount": request.scope.hides("amount"),
    }
    return pages.page(request, "insights/pareto_list.html", context, partial="insights/_pareto_list.html")


@door("POST", permission="insights.score")
def score(request: DoorRequest) -> HttpResponse:
    """Starts a run and shows its progress."""
    access.can_score(request.scope).enforce()
    job = jobs.start(kind=actions.SCORE_KIND, params={}, by=request.scope, now=timezone.now())
    job.refresh_from_db()
    return pages.page(request, "core/job.html", {"job": job}, partial="core/_job.html")


@door("GET", permission="exports.run")
def export(request: DoorRequest) -> HttpResponse:
    """The list as a file."""
    try:
        kind = FileKind(request.GET.get("format", "xlsx"))
    except ValueError as error:
        raise Invalid(_("Choose xlsx or csv.")) from error
    now = timezone.now()
    content = exports.export_list(kind=kind, by=request.scope, now=now, a_until=_share(request, "a"), b_until=_share(request, "b"))
    return pages.table_file(content, name=_("Portfolio"), kind=kind, day=timezone.localdate(now))


@door("GET", "POST", permission="insights.decide")
def guard(request: DoorRequest, guard: str) -> HttpResponse:
    """Dialog: what is decided on a guard, by whom it is owned, until when."""
    if guard not in set(Guard):
        raise NotVisible(_("There is no such guard."))
    now = timezone.now()
    form = GuardForm(request.POST or None, scope=request.scope, initial={"owner": request.scope.user_id})
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = form.cleaned_data
        owner = user_by_id(int(given["owner"]))
        if owner is None:
            raise NotVisible(_("There is no such colleague."))
        try:
            actions.decide_guard(
                guard=guard, decision=given["decision"], owner=owner, review_date=given["review_date"], by=request.scope, now=now
            )
            response = pages.trigger(HttpResponse(status=204), "dk:guard-decided")
            return pages.toast(response, _("Decision logged."))
        except Invalid as error:
            for name in error.fields or {"decision": ""}:
                form.add_error(name, error.message)
    line = next((one for one in queries.guards(request.scope) if one.guard == guard), None)
    context = {"form": form, "guard": guard, "line": line}
    return pages.page(
        request, "insights/guard.html", context, partial="insights/_guard.html", status=422 if request.method == "POST" else 200
    )


@door("GET", permission="insights.see")
def retention(request: DoorRequest) -> HttpResponse:
    """What keeping costs against winning: computed from the address, nothing is stored."""
    language = get_language() or "zh-hans"
    stored = stored_rules.load(key_of("retention"), method.RetentionSettings)
    initial = {"cost_per_win": 8000, "claim": method.RetentionClaim(stored.claim).value}
    form = RetentionForm(request.GET if "cost_per_win" in request.GET else initial, language=language)
    result, settings = None, None
    if form.is_valid():
        given = form.cleaned_data
        own = given["own_percent"] / 100 if given["own_percent"] else None
        try:
            settings = method.RetentionSettings(method.RetentionClaim(given["claim"]), own)
            result = method.retention_cost(cost_per_win=given["cost_per_win"], budget=given["budget"], settings=settings)
        except ValueError:
            form.add_error("own_percent" if given["claim"] == "OWN" and not own else "cost_per_win", _("A figure over 0 is needed here."))
    context = {
        "form": form,
        "result": result,
        "settings": settings,
        "claims": [(one, one.label.text(language)) for one in method.CLAIMS],
        "discrepancy": method.DISCREPANCY.text(language),
    }
    return pages.page(request, "insights/retention.html", context, partial="insights/_retention.html")
