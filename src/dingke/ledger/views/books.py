"""Settings of the books: the buckets of overdue invoices and the currency."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.ledger.actions import books_rules
from dingke.ledger.forms import AgeingForm, CurrencyForm
from dingke.ledger.queries import books as book_queries
from dingke.ledger.views.dialog import form_dialog


@door("GET", permission="settings.edit")
def books(request: DoorRequest) -> HttpResponse:
    """How the books are kept, and who changed that when."""
    return pages.page(request, "ledger/books.html", {"rules": book_queries.book_rules()})


def _saved(request: DoorRequest) -> HttpResponse:
    messages.success(request, _("Saved. It counts from now on."))
    return pages.go_to(request, reverse("ledger:books"))


@door("GET", "POST", permission="settings.edit")
def edit_ageing(request: DoorRequest) -> HttpResponse:
    rules = book_queries.book_rules()

    def save(facts: dict[str, Any], version: int | None) -> HttpResponse:
        books_rules.set_ageing(edges=facts["edges"], by=request.scope, now=timezone.now(), expected_version=version)
        return _saved(request)

    return form_dialog(
        request,
        make=partial(_with_version, AgeingForm, rules.ageing_version),
        save=save,
        initial={"edges": ", ".join(map(str, rules.edges))},
        title=_("Buckets of overdue invoices"),
        note=_("Open invoices are sorted anew at once, on the receivables page, in its export and on every account. No invoice changes."),
    )


@door("GET", "POST", permission="settings.edit")
def edit_currency(request: DoorRequest) -> HttpResponse:
    rules = book_queries.book_rules()

    def save(facts: dict[str, Any], version: int | None) -> HttpResponse:
        books_rules.set_currency(code=facts["currency"], by=request.scope, now=timezone.now(), expected_version=version)
        return _saved(request)

    return form_dialog(
        request,
        make=partial(_with_version, CurrencyForm, rules.currency_version),
        save=save,
        initial={"currency": rules.currency},
        title=_("Currency of the books"),
        note=_("Amounts in this currency are added up; amounts in others are listed and left out of sums. Nothing is converted."),
    )


def _with_version(form: Any, version: int, *args: Any, **kwargs: Any) -> Any:
    """The form knows which version of the rules it was read at."""
    kwargs["initial"] = {**kwargs.get("initial", {}), "version": version}
    return form(*args, **kwargs)
