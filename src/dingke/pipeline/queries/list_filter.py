"""What the pages of deals are filtered by: the board, the list, the weeks, the forecast and the reports share it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.models import Competitor
from dingke.core.models import ListItem
from dingke.core.scope import Scope
from dingke.ledger.models import Product
from dingke.people import queries as people
from dingke.people.models import Team, User
from dingke.pipeline.models import Opportunity, OpportunityLine, Playbook, PlaybookVersion
from dingke.pipeline.queries.playbooks import content_of

MINE = "mine"
NONE = "none"
State = Opportunity.State
DUE = ("overdue", "none", "week", "month", "quarter")


@dataclass(frozen=True, slots=True, kw_only=True)
class DealFilter:
    """`owner`: "mine" or an id; `state`: a state, or "" for all; `due`: one of `DUE`; `reason`, `rival`, `sector`, `product`: an id or
    "none"; days are the first and last one that count. An empty text or None asks nothing."""

    text: str = ""
    state: str = State.OPEN.value
    owner: str = ""
    team: int | None = None
    playbook: int | None = None
    stage: str = ""
    family: str = ""
    product: str = ""
    account: int | None = None
    sector: str = ""
    forecast: str = ""
    due: str = ""
    next_step: str = ""
    question: str = ""
    reason: str = ""
    rival: str = ""
    expected_from: date | None = None
    expected_to: date | None = None
    ended_from: date | None = None
    ended_to: date | None = None
    opened_from: date | None = None
    opened_to: date | None = None
    stage_days: int | None = None

    def params(self) -> dict[str, str]:
        """As an address says it."""
        found = {}
        for field in fields(self):
            value, default = getattr(self, field.name), field.default
            if value == default or value is None:
                continue
            text = value.isoformat() if isinstance(value, date) else str(value)
            found[field.name] = text or "all"
        return found

    @property
    def is_empty(self) -> bool:
        return not self.params()

    def without(self, *names: str) -> DealFilter:
        blank = DealFilter()
        return replace(self, **{name: getattr(blank, name) for name in names})


_DAYS = tuple(name for name in DealFilter.__slots__ if name.endswith(("_from", "_to")))
_NUMBERS = ("team", "playbook", "account", "stage_days")
_REFERENCES = ("product", "sector", "reason", "rival")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def deal_filter(data: Mapping[str, Any]) -> DealFilter:
    """Reads an address; what cannot be read asks nothing."""
    given = {name: str(data.get(name, "") or "").strip() for name in DealFilter.__slots__}
    state = given["state"]
    values: dict[str, Any] = {
        "text": given["text"][:100],
        "state": "" if state == "all" else state if state in State.values else State.OPEN.value,
        "owner": given["owner"] if given["owner"] == MINE or _number(given["owner"]) else "",
        "stage": given["stage"][:40],
        "family": given["family"][:80],
        "forecast": given["forecast"] if given["forecast"] in Opportunity.Forecast.values else "",
        "due": given["due"] if given["due"] in DUE else "",
        "next_step": given["next_step"] if given["next_step"] in {NONE, "late"} else "",
        "question": "yes" if given["question"] == "yes" else "",
    }
    values |= {name: given[name] if given[name] == NONE or _number(given[name]) else "" for name in _REFERENCES}
    values |= {name: _number(given[name]) for name in _NUMBERS}
    values |= {name: _day(given[name]) for name in _DAYS}
    return DealFilter(**values)


def first_product() -> Subquery:
    """The product that a deal is about: that of its first line."""
    return Subquery(OpportunityLine.objects.filter(opportunity=OuterRef("pk")).order_by("id").values("product_id")[:1])


def visible_deals(scope: Scope) -> QuerySet[Opportunity]:
    """Deals the caller sees, without archived ones and those of archived accounts."""
    rows = Opportunity.objects.visible_to(scope).current()
    return rows.filter(Q(account__isnull=True) | Q(account__archived_at__isnull=True))


def filtered(scope: Scope, wanted: DealFilter, *, today: date) -> QuerySet[Opportunity]:
    """The visible deals that pass every filter, without an order."""
    rows = visible_deals(scope).order_by()
    if wanted.text:
        text = wanted.text
        rows = rows.filter(
            Q(name__icontains=text)
            | Q(name_pinyin__icontains=text.lower())
            | Q(account__name__icontains=text)
            | Q(account__short_name__icontains=text)
            | Q(account__pinyin__istartswith=text.lower())
            | Q(external_key=text)
        )
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.owner:
        rows = rows.filter(owner_id=scope.me if wanted.owner == MINE else int(wanted.owner))
    if wanted.team is not None:
        rows = rows.filter(owner__in=_people_of(wanted.team))
    plain = {"playbook_version__playbook": wanted.playbook, "account": wanted.account}
    rows = rows.filter(**{path: value for path, value in plain.items() if value is not None})
    texts = {"stage": wanted.stage, "product_family": wanted.family, "forecast": wanted.forecast}
    rows = rows.filter(**{path: value for path, value in texts.items() if value})
    for path, value in (("end_reason", wanted.reason), ("lost_to", wanted.rival), ("account__industry", wanted.sector)):
        if value:
            rows = rows.filter(**({f"{path}__isnull": True} if value == NONE else {path: int(value)}))
    if wanted.product == NONE:
        rows = rows.filter(~Exists(OpportunityLine.objects.filter(opportunity=OuterRef("pk"))))
    elif wanted.product:
        rows = rows.alias(first_product=first_product()).filter(first_product=int(wanted.product))
    if wanted.due:
        rows = rows.filter(_due(wanted.due, today))
    if wanted.next_step:
        rows = rows.filter(next_step="") if wanted.next_step == NONE else rows.filter(next_step_date__lt=today)
    if wanted.question:
        rows = rows.exclude(open_question="")
    if wanted.stage_days is not None:
        rows = rows.filter(stage_since__lt=today - timedelta(days=wanted.stage_days))
    for name, path in (("expected", "expected_date"), ("ended", "ended_date"), ("opened", "opened_date")):
        start, end = getattr(wanted, f"{name}_from"), getattr(wanted, f"{name}_to")
        if start is not None:
            rows = rows.filter(**{f"{path}__gte": start})
        if end is not None:
            rows = rows.filter(**{f"{path}__lte": end})
    return rows


def _people_of(team_id: int) -> QuerySet[User]:
    """Everybody in a team and those below it."""
    team = Team.objects.filter(pk=team_id).order_by("pk").first()
    if team is None:
        return User.objects.none()
    return User.objects.filter(team__path__startswith=team.path).order_by().values("pk")  # type: ignore[return-value]


def _due(code: str, today: date) -> Q:
    if code == "none":
        return Q(expected_date__isnull=True)
    if code == "overdue":
        return Q(expected_date__lt=today)
    if code == "week":
        monday = today - timedelta(days=today.weekday())
        return Q(expected_date__gte=monday, expected_date__lt=monday + timedelta(days=7))
    if code == "month":
        return Q(expected_date__year=today.year, expected_date__month=today.month)
    first = (today.month - 1) // 3 * 3 + 1
    return Q(expected_date__year=today.year, expected_date__month__gte=first, expected_date__month__lt=first + 3)


@dataclass(frozen=True, slots=True)
class FilterChoices:
    owners: list[tuple[str, str]]
    teams: list[tuple[str, str]]
    families: list[tuple[str, str]]
    playbooks: list[tuple[str, str]]


def choices(scope: Scope, *, chinese: bool) -> FilterChoices:
    """What the selects of the filter bar offer: four queries, however many deals there are."""
    families = Product.objects.exclude(family="").order_by("family").values_list("family", flat=True).distinct()
    books = Playbook.objects.filter(archived_at__isnull=True).order_by("position", "id")
    return FilterChoices(
        owners=[(str(user.pk), str(user)) for user in people.colleagues(scope)[:200]],
        teams=[(str(team.pk), "\u2003" * (team.path.count("/") - 2) + team.name) for team in people.team_tree(scope)],
        families=[(family, family) for family in families[:100]],
        playbooks=[(str(book.pk), book.label_zh if chinese else book.label_en) for book in books],
    )


DUE_LABELS = {
    "overdue": lambda: _("Expected date has passed"),
    "none": lambda: _("Without an expected date"),
    "week": lambda: _("Expected this week"),
    "month": lambda: _("Expected this month"),
    "quarter": lambda: _("Expected this quarter"),
}


def chips(wanted: DealFilter, *, stages: Mapping[str, str]) -> list[tuple[str, DealFilter]]:
    """What is filtered beyond the bar, in words, each with the filter that is left when it is taken off."""
    found: list[tuple[str, DealFilter]] = []

    def add(text: str, *names: str) -> None:
        found.append((text, wanted.without(*names)))

    if wanted.due:
        add(DUE_LABELS[wanted.due](), "due")
    if wanted.stage:
        add(stages.get(wanted.stage, wanted.stage), "stage")
    if wanted.forecast:
        add(str(Opportunity.Forecast(wanted.forecast).label), "forecast")
    if wanted.next_step:
        add(_("Without a next step") if wanted.next_step == NONE else _("Next step is late"), "next_step")
    if wanted.question:
        add(_("With an open question"), "question")
    if wanted.stage_days is not None:
        add(_("More than %(days)s days in the stage") % {"days": wanted.stage_days}, "stage_days")
    if wanted.account is not None:
        add(_("One account"), "account")
    named: tuple[tuple[str, str, Any, str], ...] = (
        ("product", wanted.product, Product, _("Without a product")),
        ("sector", wanted.sector, ListItem, _("Without an industry")),
        ("reason", wanted.reason, ListItem, _("Without a reason")),
        ("rival", wanted.rival, Competitor, _("No rival named")),
    )
    for name, value, model, without in named:
        if value:
            row = None if value == NONE else model.objects.filter(pk=int(value)).order_by("pk").first()
            add(without if value == NONE else str(getattr(row, "label", None) or getattr(row, "name", None) or value), name)
    spans = (("expected", _("Expected %(span)s")), ("ended", _("Ended %(span)s")), ("opened", _("Opened %(span)s")))
    for name, words in spans:
        start, end = getattr(wanted, f"{name}_from"), getattr(wanted, f"{name}_to")
        if start or end:
            add(words % {"span": f"{start or ''} – {end or ''}".strip()}, f"{name}_from", f"{name}_to")
    return found


def stage_names() -> dict[str, str]:
    """Codes of stages -> names, of every published playbook."""
    chinese = (get_language() or "zh").startswith("zh")
    rows = PlaybookVersion.objects.filter(state=PlaybookVersion.State.PUBLISHED).order_by("pk")
    found = {}
    for version in rows:
        for stage in content_of(version).stages:
            found[stage.code] = stage.label.zh if chinese else stage.label.en
    return found


def groups_of(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Rows of `.values(…).annotate(…)` as plain records."""
    return list(rows)
