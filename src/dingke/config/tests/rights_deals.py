"""Things of the deals, of the people around them and of the library, for the addresses that are asked about in test_rights.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dingke.accounts.tests.factories import NOW, TODAY

if TYPE_CHECKING:
    from dingke.config.tests.rights_things import Maker, Things


def row(model: str, **values: Any) -> Maker:
    """A thing that hangs on no account."""

    def make(things: Things) -> Any:
        from django.apps import apps

        return apps.get_model(model).objects.create(**values).pk

    return make


def library(things: Things) -> Any:
    from dingke.library.tests.factories import make_entry

    return make_entry(kind="CASE", account=things.account, owner=things.cast.owner.user).pk


def library_use(things: Things) -> Any:
    from dingke.library.tests.factories import make_entry, make_use

    return make_use(make_entry(), account=things.account, by=things.cast.owner.user).pk


def centre(things: Things) -> Any:
    from dingke.stakeholders.models import BuyingCentre

    return BuyingCentre.objects.get_or_create(account=things.account, is_standing=True)[0]


def stakeholder(things: Things) -> Any:
    from dingke.stakeholders.tests.factories import make_stakeholder

    return make_stakeholder(centre(things))


def tie(things: Things) -> Any:
    from dingke.stakeholders.tests.factories import make_line, make_stakeholder

    return make_line(stakeholder(things), make_stakeholder(centre(things), outside_name="某设计院"))


def deal(things: Things) -> Any:
    from dingke.pipeline.models import Opportunity
    from dingke.pipeline.tests.factories import make_opportunity

    return Opportunity.objects.order_by("pk").first() or make_opportunity(account=things.account, owner=things.cast.owner.user)


def version() -> Any:
    from dingke.pipeline.tests.factories import make_playbook

    return make_playbook()


def of_deal(model: str, **values: Any) -> Maker:
    return lambda things: row(model, opportunity=deal(things), **values)(things)


def sheet_part(model: str, **values: Any) -> Maker:
    from dingke.qualification.models import ConfirmedNeed, SheetElement

    def make(things: Things) -> Any:
        if model.endswith("Evidence"):
            element = SheetElement.objects.get_or_create(opportunity=deal(things), element="NEED")[0]
            return row(model, element=element, **values)(things)
        need = ConfirmedNeed.objects.create(opportunity=deal(things), description="对账", range="IN_SCOPE", confirmed_date=TODAY)
        return row(model, need=need, **values)(things)

    return make


def demo(things: Things) -> Any:
    from dingke.qualification.models import DemoPlan

    return DemoPlan.objects.get_or_create(opportunity=deal(things), title="演示", defaults={"owner": things.cast.owner.user})[0]


def value_case(things: Things) -> Any:
    from dingke.qualification.models import ValueCase

    return ValueCase.objects.get_or_create(opportunity=deal(things))[0]


def deal_review(things: Things) -> Any:
    """Called by the manager: the stranger has no part in it."""
    from dingke.qualification.models import DealReview

    review, _made = DealReview.objects.get_or_create(title="周一过堂", held_date=TODAY, chair=things.cast.manager.user)
    return review.pk


def review_item(things: Things) -> Any:
    from dingke.qualification.models import ReviewItem

    return ReviewItem.objects.get_or_create(
        review_id=things.of("deal_review_id"), opportunity=deal(things), defaults={"presenter": things.cast.owner.user}
    )[0]


def review_token(things: Things) -> str:
    """Of a review that is not open: the code leads nowhere (qualification/tests/test_reviews.py shows an open one)."""
    from dingke.qualification.models import DealReview
    from dingke.qualification.queries.reviews import link_token

    return link_token(DealReview.objects.get(pk=things.of("deal_review_id")), now=NOW)


def member(name: str) -> Maker:
    return lambda things: getattr(things.cast, name).user.pk
