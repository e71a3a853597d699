"""The only rule of who sees which account, and the queryset by which every other table follows it.

A caller sees an account that is their own or of somebody they lead, that is shared with them, that lies in one of their
territories, or that is in the public pool; roles with company-wide reach see all. Everything that hangs on an account is seen
with it: a model names its way to the account in ACCOUNT_PATH, and `.visible_to(scope)` is one subquery.
"""

from __future__ import annotations

from typing import Any, Self, TypeVar

from django.apps import apps
from django.core import checks
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q

from dingke.core.scope import Scope

M = TypeVar("M", bound=models.Model, covariant=True)
UNSCOPED_APPS = {"core", "people", "notices", "approvals"}
# tables of the business domains that hang on no account, each with the reason
WITHOUT_ACCOUNT = {
    "accounts.Tag": "names only",
    "accounts.Competitor": "names only",
    "accounts.Erasure": "says that somebody was erased, without saying who; seen with privacy.erase",
    "accounts.ErasedKey": "digests of an erasure, read by imports only",
    "accounts.Handover": "speaks of a person; seen by whoever may hand that person's things over",
    "accounts.HandoverRow": "part of a hand-over",
    "ledger.Product": "the price list is known to everybody who sells",
    "pipeline.Playbook": "ways to sell are known to everybody who sells",
    "pipeline.PlaybookVersion": "part of a playbook",
    "pipeline.ProspectProfile": "what the company looks for is known to everybody who sells",
    "library.LadderLevel": "which product solves what is known to everybody who sells",
    "library.Portrait": "whom a product is for is known to everybody who sells",
    "qualification.DealReview": "a meeting; seen by its chair and those it invites, the deals on its agenda by their account",
    "qualification.ReviewListener": "part of a deal review",
    "insights.PortfolioReview": "a person's review of all their customers; seen by that person and whoever leads them",
    "insights.Backtest": "a replay speaks of the company, its cases hang on accounts",
    "insights.ScoreRun": "a run speaks of the company, its scores hang on accounts",
    "insights.GuardDecision": "guards speak of the company; seen with insights.see",
    "insights.FeedMark": "the person's own mark",
    "config.Release": "the installation itself",
    "config.Beat": "the installation itself",
    "config.DutyRun": "the installation itself",
}


def account_condition(scope: Scope) -> Q | None:
    """The condition on an account row; None means every account."""
    if scope.sees_all:
        return None
    if scope.user_id is None:
        return Q(pk__in=[])
    from dingke.accounts.models import Collaborator

    shared = Collaborator.objects.filter(user_id=scope.user_id).order_by().values("account_id")
    rule = Q(owner_id__in=sorted(scope.user_ids)) | Q(pk__in=shared)
    if scope.territory_ids:
        rule |= Q(territory_id__in=sorted(scope.territory_ids))
    if scope.sees_pool:
        rule |= Q(pool_at__isnull=False)
    return rule


class AccountScopedQuerySet(models.QuerySet[M]):
    """A queryset that knows the way to the account (`ACCOUNT_PATH` of its model; "" on the account itself).

    A model whose rows may lack an account also says `OWNER_PATH`: such a row is seen by its owner and by whoever leads the owner.
    """

    def visible_to(self, scope: Scope) -> Self:
        condition = account_condition(scope)
        if condition is None:
            return self
        path: str = self.model.ACCOUNT_PATH  # type: ignore[attr-defined]
        if not path:
            return self.filter(condition)
        from dingke.accounts.models import Account

        visible = Q(**{f"{path}__in": Account.objects.filter(condition).order_by().values("pk")})
        owner_path: str = getattr(self.model, "OWNER_PATH", "")
        if owner_path:
            visible |= Q(**{f"{path}__isnull": True, f"{owner_path}__in": sorted(scope.user_ids)})
        return self.filter(visible)

    def current(self) -> Self:
        """Without what was archived."""
        return self.filter(archived_at__isnull=True)


@checks.register(checks.Tags.models)
def every_model_names_its_account(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Refuses a business model without a valid path to the account."""
    problems: list[checks.CheckMessage] = []
    for model in apps.get_models():
        label = f"{model._meta.app_label}.{model.__name__}"
        if (
            not model.__module__.startswith("dingke.")
            or model._meta.app_label in UNSCOPED_APPS
            or label in WITHOUT_ACCOUNT
            or model._meta.auto_created
        ):
            continue
        path = getattr(model, "ACCOUNT_PATH", None)
        if path is None:
            problems.append(
                checks.Error(
                    f"{label} has no ACCOUNT_PATH",
                    hint="Name its way to the account, or list it in WITHOUT_ACCOUNT with the reason.",
                    id="dingke.E001",
                )
            )
        elif path and not _leads_to_account(model, path):
            problems.append(checks.Error(f"{label}.ACCOUNT_PATH = {path!r} does not lead to an account", id="dingke.E002"))
        if path is not None and not isinstance(model._default_manager.all(), AccountScopedQuerySet):
            problems.append(checks.Error(f"{label} does not use AccountScopedQuerySet", id="dingke.E003"))
    return problems


def _leads_to_account(model: type[models.Model], path: str) -> bool:
    current: Any = model
    for part in path.split("__"):
        try:
            field = current._meta.get_field(part)
        except FieldDoesNotExist:
            return False
        current = field.related_model
        if current is None:
            return False
    return bool(current._meta.label == "accounts.Account")
