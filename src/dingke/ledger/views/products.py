"""The price list: what is sold, for how much, and which products carry the profit."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.ledger.actions import products as actions
from dingke.ledger.forms import ProductForm
from dingke.ledger.queries import lists, records
from dingke.ledger.views.dialog import done, form_dialog
from dingke.ledger.views.orders import kept


def _shown(request: DoorRequest) -> dict[str, Any]:
    return {
        "can_edit": request.scope.can("products.edit"),
        "hides_amount": request.scope.hides("amount"),
        "hides_cost": request.scope.hides("cost"),
    }


@door("GET", permission="ledger.see")
def products(request: DoorRequest) -> HttpResponse:
    """The price list by family, with what was sold of each in twelve months."""
    wanted = lists.product_filter(request.GET)
    context = {
        "found": lists.products_list(request.scope, wanted, today=timezone.localdate(), cursor=request.GET.get("cursor")),
        "wanted": wanted,
        "query": kept(request, "q", "family", "only"),
        **_shown(request),
    }
    if request.GET.get("cursor"):
        return pages.fragment(request, "ledger/_product_rows.html", context)
    return pages.page(request, "ledger/products.html", context, partial="ledger/_products.html")


@door("GET", "POST", permission="products.edit")
def new_product(request: DoorRequest) -> HttpResponse:
    def save(facts: dict[str, Any], version: int | None) -> HttpResponse:
        saved = actions.create_product(values=facts, by=request.scope, now=timezone.now())
        return done(_("%(name)s is on the price list.") % {"name": saved.name})

    return form_dialog(request, make=ProductForm, save=save, initial={}, title=_("New product"))


@door("GET", "POST", permission="products.edit")
def edit_product(request: DoorRequest, product_id: int) -> HttpResponse:
    found = records.product_for(request.scope, product_id)

    def save(facts: dict[str, Any], version: int | None) -> HttpResponse:
        saved = actions.edit_product(product=found, values=facts, by=request.scope, now=timezone.now(), expected_version=version)
        return done(_("%(name)s is saved.") % {"name": saved.name})

    return form_dialog(
        request,
        make=ProductForm,
        save=save,
        initial={name: getattr(found, name) for name in ("code", "name", "family", "list_price", "unit_cost", "is_high_profit")},
        title=_("Edit product"),
        sub=f"{found.code} {found.name}",
        note=_("Orders keep the price and cost they were sold at."),
        record=found,
    )


@door("POST", permission="products.edit")
def high_profit(request: DoorRequest, product_id: int) -> HttpResponse:
    """Flips the high-profit flag and answers the row."""
    found = records.product_for(request.scope, product_id)
    saved = actions.mark_high_profit(
        product=found, is_high_profit=request.POST.get("is_high_profit") == "1", by=request.scope, now=timezone.now()
    )
    row = lists.one_product(request.scope, saved, today=timezone.localdate())
    return pages.fragment(request, "ledger/_product_row.html", {"row": row, **_shown(request)})


@door("POST", permission="products.edit")
def archive_product(request: DoorRequest, product_id: int) -> HttpResponse:
    found = actions.archive_product(product=records.product_for(request.scope, product_id), by=request.scope, now=timezone.now())
    text = _("%(name)s is off the price list.") % {"name": found.name}
    return done(text, undo_url=reverse("ledger:restore_product", args=[found.pk]))


@door("POST", permission="products.edit")
def restore_product(request: DoorRequest, product_id: int) -> HttpResponse:
    found = actions.restore_product(product=records.product_for(request.scope, product_id), by=request.scope, now=timezone.now())
    return done(_("%(name)s is on the price list again.") % {"name": found.name})
