"""The account form: new and edit, the company picker, the live check of the credit code."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.actions import account as actions
from dingke.accounts.calc.credit_code import check_credit_code
from dingke.accounts.forms.account import AccountForm, base_of, differences, initial_of, with_choices
from dingke.accounts.models import Account
from dingke.accounts.queries import account as queries
from dingke.accounts.queries import form as form_queries
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, NotVisible, Refusal, StaleRecord


def _form(request: DoorRequest, pickers: form_queries.Pickers, account: Account | None, data: QueryDict | None) -> AccountForm:
    address = reverse("accounts:parents")
    return AccountForm(data, pickers=pickers, account=account, parents_url=f"{address}?except={account.pk}" if account else address)


def _page(request: DoorRequest, form: AccountForm, account: Account | None, **more: Any) -> HttpResponse:
    context = {
        "form": form,
        "account": account,
        "base": base_of(form.initial),
        "version": account.version if account else "",
        "stale": [],
        **more,
    }
    return pages.page(request, "accounts/form.html", context, status=422 if form.errors else 200)


@door("GET", "POST", permission="accounts.create")
def new(request: DoorRequest) -> HttpResponse:
    pickers = form_queries.pickers(request.scope)
    form = _form(request, pickers, None, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        for name in ("name", "parent", "credit_code"):
            if value := request.GET.get(name):
                form.initial[name] = value
        return _page(request, _form_with_parent(request, pickers, form), None)
    if form.is_valid():
        try:
            account = actions.create_account(values=form.values(), tags=form.cleaned_data["tags"], by=request.scope, now=timezone.now())
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            messages.success(request, _("%(name)s was created.") % {"name": account.shown_name})
            return pages.go_to(request, reverse("workspace:account", args=[account.pk]))
    return _page(request, form, None)


def _form_with_parent(request: DoorRequest, pickers: form_queries.Pickers, form: AccountForm) -> AccountForm:
    """The company that a link named as the parent has to stand in the picker."""
    form.fields["parent"].widget.choices = form.parent_choices()  # type: ignore[attr-defined]
    return form


@door("GET", "POST")
def edit(request: DoorRequest, account_id: int) -> HttpResponse:
    account = queries.account_for(request.scope, account_id)
    access.can_edit(request.scope, account).enforce()
    pickers = form_queries.pickers(request.scope, account)
    if request.method != "POST":
        return _page(request, _form(request, pickers, account, None), account)
    stored = initial_of(account, pickers)
    form = _form(request, pickers, account, with_choices(request.POST, stored=stored))
    base, version = request.POST.get("base", ""), request.POST.get("version", "")
    if not form.is_valid():
        return _page(request, form, account, base=base, version=version)
    try:
        actions.edit_account(
            account=account,
            values=form.values(),
            tags=form.cleaned_data["tags"],
            by=request.scope,
            now=timezone.now(),
            expected_version=int(version) if version.isdigit() else 0,
        )
    except StaleRecord:
        return _stale_page(request, form, account, stored, base)
    except (NotAllowed, NotVisible):
        raise
    except Refusal as refused:
        form.refuse(refused.message, refused.fields)
        return _page(request, form, account, base=base, version=version)
    messages.success(request, _("Saved."))
    return pages.go_to(request, reverse("workspace:account", args=[account.pk]))


def _stale_page(request: DoorRequest, form: AccountForm, account: Account, stored: dict[str, Any], base: str) -> HttpResponse:
    """Both versions side by side. The next save is based on the stored one, so what the person chooses holds."""
    rows = differences(form, stored=stored, base=base)
    last = queries.last_edit(request.scope, account)
    more = {"stale": rows, "base": base_of(stored), "version": account.version, "last_edit": last}
    context = {"form": form, "account": account, **more}
    return pages.page(request, "accounts/form.html", context, status=409)


@door("GET")
def parents(request: DoorRequest) -> HttpResponse:
    """Companies for the picker of the parent company."""
    rows = form_queries.parent_choices(request.scope, request.GET.get("q", ""))
    without = request.GET.get("except", "")
    return JsonResponse({"items": [{"value": row.pk, "text": row.name, "sub": row.city} for row in rows if str(row.pk) != without]})


@door("GET")
def credit_code(request: DoorRequest) -> HttpResponse:
    """What the form says under the credit code while one types."""
    typed = request.GET.get("credit_code", "").strip()
    except_id = request.GET.get("account", "")
    checked = check_credit_code(typed) if typed else None
    context: dict[str, Any] = {"typed": typed, "problem": actions.credit_code_problem(typed) if typed else "", "holder": None, "code": ""}
    if checked is not None and checked.valid:
        context["code"] = checked.normalised
        context["holder"] = form_queries.holder_of_code(
            request.scope, checked.normalised, except_id=int(except_id) if except_id.isdigit() else None
        )
    return pages.fragment(request, "accounts/_credit_code.html", context)
