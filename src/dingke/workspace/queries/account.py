"""The page of one account: what its head says, what one may do and why not, the next step, the figures with their company."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.calc import pool
from dingke.accounts.models import Account, AccountTag, Collaborator, Nomination, Todo
from dingke.accounts.queries import account as accounts
from dingke.accounts.queries import contacts, days, holding, record, size_tier, stages, steps
from dingke.accounts.queries import pool as pool_queries
from dingke.accounts.queries.contacts import People
from dingke.accounts.queries.days import ComingDay
from dingke.accounts.queries.record import Event
from dingke.accounts.queries.size_tier import TierFacts
from dingke.accounts.queries.stages import Proposal
from dingke.accounts.queries.steps import DossierState, Step
from dingke.core.access import YES, Answer, needs, no
from dingke.core.custom_fields import definitions
from dingke.core.links import link_to
from dingke.core.models import CustomField
from dingke.core.scope import Scope
from dingke.insights.models import ScoreRun


@dataclass(frozen=True)
class Deed:
    """Something one may do with the account; with `why_not` it is shown greyed with the reason. `how`: go, dialog or post."""

    label: str
    icon: str
    href: str
    how: str = "dialog"
    why_not: str = ""
    confirm: str = ""
    is_danger: bool = False


@dataclass(frozen=True)
class Mark:
    """A pill in the head, or a line above the page, that asks to be looked at."""

    text: str
    tone: str
    icon: str
    title: str = ""


@dataclass(frozen=True)
class Figures:
    """The stored scores with what they are compared with. None where unknown or hidden from this caller."""

    as_of: date
    revenue: Decimal | None
    change: Decimal | None
    is_new: bool
    margin: Decimal | None
    company_margin: Decimal | None
    share: Decimal | None
    rank: int | None
    customers: int | None
    days_since_order: int | None
    usual_gap: Decimal | None
    last_order: date | None
    is_quiet: bool
    shows_amount: bool
    shows_margin: bool
    chart: dict[str, Any] | None


@dataclass(frozen=True)
class Desk:
    """Everything the page of an account shows at once; panels of other domains load by themselves."""

    account: Account
    stage_label: str
    stage_strategy: str
    stage_proposal: Proposal | None
    tier: TierFacts | None
    pills: list[Mark]
    warnings: list[Mark]
    deeds: list[Deed]
    more: list[Deed]
    can_edit: Answer
    is_favourite: bool
    tags: list[str]
    collaborators: list[Collaborator]
    people: People
    todos: list[Todo]
    done: list[Todo]
    coming: list[ComingDay]
    dossier: DossierState
    steps: list[Step]
    figures: Figures | None
    recent: list[Event]
    custom: list[tuple[CustomField, Any]]
    today: date
    me: int

    @property
    def todo_rows(self) -> list[tuple[Todo, str, bool]]:
        """Each open to-do, when it is due in words, and whether the caller may work on it."""
        return [
            (todo, steps.due_in_words(todo.due_date, self.today), bool(self.can_edit) or todo.assignee_id == self.me) for todo in self.todos
        ]


def account_desk(scope: Scope, account_id: int, *, today: date) -> Desk:
    """Raises `NotVisible`. A fixed number of queries, whatever hangs on the account."""
    account = accounts.account_for(scope, account_id)
    can_edit = access.can_edit(scope, account)
    people = contacts.people_at(scope, account)
    coming = days.coming(days.days_of(scope, account), today=today)
    todos = list(steps.open_todos(scope, account)[:50])
    dossier = steps.dossier_state(scope, account, today=today)
    figures = figures_of(scope, account, today=today)
    nomination = Nomination.objects.filter(account=account, state=Nomination.State.PROPOSED).order_by("pk").first()
    return Desk(
        account=account,
        stage_label=stages.stage_label(account.lifecycle_stage),
        stage_strategy=stages.guide_of(account.lifecycle_stage).strategy.text(get_language() or "zh"),
        stage_proposal=stages.proposal_for(scope, account),
        tier=None if scope.hides("amount") else size_tier.tier_facts(account),
        pills=_pills(account, figures, nomination),
        warnings=_warnings(scope, account, today=today),
        deeds=_deeds(scope, account, can_edit),
        more=_more(scope, account, can_edit, nomination),
        can_edit=can_edit,
        is_favourite=holding.is_favourite(scope, account),
        tags=list(AccountTag.objects.filter(account=account).order_by("tag__name").values_list("tag__name", flat=True)),
        collaborators=holding.collaborators_of(scope, account),
        people=people,
        todos=todos,
        done=steps.done_todos(scope, account, at_most=5),
        coming=[one for one in coming if one.days_left is None or one.days_left <= 60],
        dossier=dossier,
        steps=steps.steps_for(
            account,
            todos=todos,
            coming=coming,
            people=len(people.here),
            has_main_contact=people.main is not None,
            dossier=dossier,
            today=today,
        ),
        figures=figures,
        recent=record.recent(scope, account),
        custom=[(field, account.custom[field.key]) for field in definitions("account") if field.key in account.custom],
        today=today,
        me=scope.me,
    )


def figures_of(scope: Scope, account: Account, *, today: date) -> Figures | None:
    """The latest stored scores of the account; None before the first score run."""
    standing = getattr(account, "standing", None)
    if standing is None:
        return None
    shows_amount, shows_margin = not scope.hides("amount"), not scope.hides("cost")
    run = ScoreRun.objects.filter(pk=standing.run_id).order_by("pk").first()
    summary: dict[str, Any] = run.summary if run else {}
    before = standing.revenue_before
    average = summary.get("average_margin")
    quarters = standing.evidence.get("quarters", []) if isinstance(standing.evidence, dict) else []
    return Figures(
        as_of=standing.as_of_date,
        revenue=standing.revenue if shows_amount else None,
        change=(standing.revenue - before) / before if shows_amount and before > 0 else None,
        is_new=before == 0 and standing.revenue > 0,
        margin=standing.margin if shows_margin else None,
        company_margin=Decimal(str(average)) if shows_margin and average is not None else None,
        share=standing.share if shows_amount else None,
        rank=standing.rank,
        customers=summary.get("customers"),
        days_since_order=(today - standing.last_order_date).days if standing.last_order_date else None,
        usual_gap=standing.usual_gap_days,
        last_order=standing.last_order_date,
        is_quiet=standing.is_quiet,
        shows_amount=shows_amount,
        shows_margin=shows_margin,
        chart=_chart(quarters, shows_margin=shows_margin) if shows_amount and quarters else None,
    )


def _chart(quarters: list[Any], *, shows_margin: bool) -> dict[str, Any]:
    """Turnover by quarter as bars; the margin as a line for those who see costs."""
    names, revenues = [row[0] for row in quarters], [_figure(row[1]) for row in quarters]
    series: list[dict[str, Any]] = [{"name": _("Revenue"), "type": "bar", "data": revenues, "itemStyle": {"color": "var(--dk-chart-area)"}}]
    axes: list[dict[str, Any]] = [{"type": "value", "axisLabel": {"formatter": "@wan"}, "splitNumber": 4}]
    margins = [
        _figure(row[2]) / revenue if row[2] is not None and revenue else None for row, revenue in zip(quarters, revenues, strict=True)
    ]
    if shows_margin and any(margin is not None for margin in margins):
        axes.append({"type": "value", "axisLabel": {"formatter": "@percent"}, "splitLine": {"show": False}, "min": 0, "alignTicks": True})
        series.append(
            {
                "name": _("Margin"),
                "type": "line",
                "yAxisIndex": 1,
                "data": margins,
                "itemStyle": {"color": "var(--dk-chart-2)"},
                "tooltip": {"valueFormatter": "@percent"},
            }
        )
    series[0]["tooltip"] = {"valueFormatter": "@wan"}
    return {
        "tooltip": {"trigger": "axis"},
        "legend": {"right": 0, "top": 0},
        "xAxis": {"type": "category", "data": names},
        "yAxis": axes,
        "series": series,
    }


def _figure(value: Any) -> float:
    return float(value or 0)


def _pills(account: Account, figures: Figures | None, nomination: Nomination | None) -> list[Mark]:
    """What is not said by the class, face and stage marks."""
    pills: list[Mark] = []
    if account.archived_at is not None:
        pills.append(Mark(_("Archived"), "grey", "archive"))
    if account.pool_at is not None:
        pills.append(Mark(_("In the public pool"), "amber", "ripple"))
    if nomination is not None:
        pills.append(Mark(_("Nominated, waiting for approval"), "bronze", "hourglass"))
    if figures is not None and figures.is_quiet:
        pills.append(Mark(_("Buying rhythm broken"), "amber", "alert-triangle", _("Longer without an order than usual")))
    return pills


def _warnings(scope: Scope, account: Account, *, today: date) -> list[Mark]:
    found: list[Mark] = []
    if account.merged_into is not None:
        found.append(Mark(_("This account was merged into %(name)s.") % {"name": account.merged_into.name}, "grey", "git-merge"))
    elif account.archived_at is not None:
        found.append(
            Mark(
                _("This account is archived since %(day)s. It stands in no list; nothing was deleted.")
                % {"day": timezone.localdate(account.archived_at)},
                "grey",
                "archive",
            )
        )
    if account.owner_id and account.owner_id in scope.user_ids and account.recycle_notice_at is not None and account.archived_at is None:
        decision = pool.recycle_decision(pool_queries.holding_facts(account), pool_queries.pool_rules(), today=today)
        if decision.step != pool.PoolStep.KEEP:
            day = today + timedelta(days=decision.days_left or 0)
            found.append(
                Mark(
                    _("Without contact this account goes back to the public pool on %(day)s.") % {"day": day}, "amber", "clock-exclamation"
                )
            )
    return found


def _deeds(scope: Scope, account: Account, can_edit: Answer) -> list[Deed]:
    """The few things done most, as buttons; all others are in the menu."""
    reason = can_edit.reason
    deeds = [
        Deed(_("Log a contact"), "phone-plus", link_to("accounts:note_new", account.pk), why_not=reason),
        Deed(_("Add a to-do"), "checkbox", link_to("accounts:todo_new", account.pk), why_not=reason),
        Deed(_("Edit"), "pencil", link_to("accounts:edit", account.pk), how="go", why_not=reason),
    ]
    if account.pool_at is not None and (claim := link_to("accounts:claim", account.pk)):
        deeds.insert(0, Deed(_("Claim it"), "hand-grab", claim, how="post", why_not=needs(scope, "accounts.claim").reason))
    return deeds


def _more(scope: Scope, account: Account, can_edit: Answer, nomination: Nomination | None) -> list[Deed]:
    share, give, store = access.can_share(scope, account), access.can_assign(scope, account), access.can_archive(scope, account)
    deeds = [
        Deed(_("Lifecycle stage"), "stairs-up", link_to("accounts:stage", account.pk), why_not=can_edit.reason),
        Deed(_("Share with colleagues"), "users-plus", link_to("accounts:share", account.pk), why_not=share.reason),
        Deed(_("Assign to somebody"), "user-share", link_to("accounts:assign", account.pk), why_not=give.reason),
    ]
    if needs(scope, "accounts.assign"):
        deeds.append(Deed(_("Who sees it, and why"), "eye-question", link_to("accounts:why", account.pk)))
    if not account.is_key and (href := link_to("accounts:nominate", account.pk)):
        waiting = no(_("A nomination is waiting for its decision.")) if nomination else YES
        answer = access.can_nominate(scope, account)
        deeds.append(Deed(_("Nominate as key account"), "award", href, how="go", why_not=(answer if not answer else waiting).reason))
    if account.is_key and (href := link_to("accounts:key_account_history", account.pk)):
        deeds.append(Deed(_("Key account mark"), "award", href, how="go"))
    if account.pool_at is None and (href := link_to("accounts:release", account.pk)):
        deeds.append(Deed(_("Release to the pool"), "arrow-back-up", href, why_not=access.can_release(scope, account).reason))
    if href := link_to("accounts:merge", account.pk):
        deeds.append(Deed(_("Merge with a duplicate"), "git-merge", href, how="go", why_not=needs(scope, "accounts.merge").reason))
    if scope.can("accounts.create") and account.archived_at is None:
        deeds.append(Deed(_("Add a subsidiary"), "building-plus", f"{link_to('accounts:new')}?parent={account.pk}", how="go"))
    if account.archived_at is None:
        is_key = no(_("A key account is not archived. End its mark first.")) if account.is_key else YES
        question = _("Archive this account? It leaves every list with all that hangs on it. Nothing is deleted; it can be restored.")
        deeds.append(
            Deed(
                _("Archive"),
                "archive",
                link_to("accounts:archive", account.pk),
                how="post",
                why_not=(store if not store else is_key).reason,
                confirm=question,
                is_danger=True,
            )
        )
    else:
        deeds.append(Deed(_("Restore"), "restore", link_to("accounts:restore", account.pk), how="post", why_not=store.reason))
    return [deed for deed in deeds if deed.href]
