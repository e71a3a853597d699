"""Webhooks of the company, for those who change its settings: list, set-up, keys shown once, log, sending again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Refusal
from dingke.notices import calc, forms
from dingke.notices.actions import webhook_sending
from dingke.notices.actions import webhooks as actions
from dingke.notices.models import Webhook
from dingke.notices.queries import webhooks as queries

PERMISSION = "settings.edit"


@door("GET", permission=PERMISSION)
def listing(request: DoorRequest) -> HttpResponse:
    """Every webhook and how it goes; below them the events that can be chosen."""
    rows = [
        (row, queries.shown_address(row), webhook_sending.problem_words(row), len(row.events)) for row in queries.webhooks(request.scope)
    ]
    return pages.page(request, "notices/webhooks.html", {"rows": rows, "groups": queries.grouped_events()})


@door("GET", "POST", permission=PERMISSION)
def add(request: DoorRequest) -> HttpResponse:
    """A dialog; its answer shows the key, this once."""
    form = forms.WebhookForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            webhook, key = actions.add_webhook(**form.cleaned_data, by=request.scope, now=timezone.now())
        except Refusal as refused:
            if refused.status == 403:
                raise
            form.refuse(refused.message, refused.fields)
        else:
            return _key(request, webhook, key)
    return _form(request, form, None)


@door("GET", "POST", permission=PERMISSION)
def edit(request: DoorRequest, webhook_id: int) -> HttpResponse:
    webhook = queries.webhook_for(request.scope, webhook_id)
    form = forms.WebhookForm(request.POST if request.method == "POST" else None, initial={"name": webhook.name, "events": webhook.events})
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_webhook(webhook=webhook, **form.cleaned_data, by=request.scope, now=timezone.now())
        except Refusal as refused:
            if refused.status == 403:
                raise
            form.refuse(refused.message, refused.fields)
        else:
            messages.success(request, _("Saved."))
            return _home(request, webhook)
    return _form(request, form, webhook)


def _form(request: DoorRequest, form: forms.WebhookForm, webhook: Webhook | None) -> HttpResponse:
    context = {
        "form": form,
        "webhook": webhook,
        "shown": queries.shown_address(webhook) if webhook else "",
        "groups": queries.grouped_events(),
        "chosen": form["events"].value() or [],
    }
    return pages.page(
        request, "notices/webhook_form.html", context, partial="notices/_webhook_form.html", status=422 if form.errors else 200
    )


def _key(request: DoorRequest, webhook: Webhook, key: str, *, changed: bool = False) -> HttpResponse:
    hours = int(calc.OLD_KEY_SIGNS_FOR.total_seconds() // 3600)
    context = {"webhook": webhook, "key": key, "changed": changed, "hours": hours}
    answer = pages.page(request, "notices/webhook_key.html", context, partial="notices/_webhook_key.html")
    answer["Cache-Control"] = "no-store"
    return answer


@door("GET", permission=PERMISSION)
def detail(request: DoorRequest, webhook_id: int) -> HttpResponse:
    """One webhook, what was sent to it, and sending again."""
    webhook = queries.webhook_for(request.scope, webhook_id)
    day = timezone.localtime() - calc.OFF_AFTER
    return _detail(request, webhook, forms.AgainForm(initial={"since": day.replace(tzinfo=None), "only_missing": True}))


def _detail(request: DoorRequest, webhook: Webhook, again_form: forms.AgainForm, *, status: int = 200) -> HttpResponse:
    state, cursor = request.GET.get("state", ""), request.GET.get("cursor") or None
    page = queries.messages_of(webhook, state=state, cursor=cursor)
    now = timezone.now()
    context = {
        "webhook": webhook,
        "shown": queries.shown_address(webhook),
        "problem": webhook_sending.problem_words(webhook),
        "events": [queries.event_words(name) for name in webhook.events],
        "page": page,
        "rows": [(row, queries.event_words(row.name), webhook_sending.problem_words(row)) for row in page.items],
        "state": state,
        "states": queries.State.choices,
        "again_form": again_form,
        "old_key_signs": webhook.old_secret_until is not None and webhook.old_secret_until > now,
    }
    partial = "notices/_webhook_rows.html" if cursor else None
    return pages.page(request, "notices/webhook.html", context, partial=partial, status=status)


@door("POST", permission=PERMISSION)
def change_key(request: DoorRequest, webhook_id: int) -> HttpResponse:
    """A new key, shown this once; the old one signs beside it for a day."""
    webhook = queries.webhook_for(request.scope, webhook_id)
    return _key(request, webhook, actions.change_key(webhook=webhook, by=request.scope, now=timezone.now()), changed=True)


@door("POST", permission=PERMISSION)
def test(request: DoorRequest, webhook_id: int) -> HttpResponse:
    """Sends one message now and says what the other side answered."""
    webhook = queries.webhook_for(request.scope, webhook_id)
    try:
        row = actions.send_test(webhook=webhook, by=request.scope, now=timezone.now())
    except actions.UnableToSendEvents as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("The receiver took the test (HTTP %(status)s).") % {"status": row.status})
    return _home(request, webhook)


@door("POST", permission=PERMISSION)
def switch(request: DoorRequest, webhook_id: int) -> HttpResponse:
    webhook = queries.webhook_for(request.scope, webhook_id)
    webhook = actions.switch_webhook(webhook=webhook, on=not webhook.is_active, by=request.scope, now=timezone.now())
    messages.success(request, _("It is on.") if webhook.is_active else _("It is off: nothing is sent."))
    return _home(request, webhook)


@door("POST", permission=PERMISSION)
def remove(request: DoorRequest, webhook_id: int) -> HttpResponse:
    webhook = queries.webhook_for(request.scope, webhook_id)
    actions.remove_webhook(webhook=webhook, by=request.scope, now=timezone.now())
    messages.success(request, _("Removed: %(name)s") % {"name": webhook.name})
    return pages.go_to(request, reverse("notices:webhooks"))


@door("POST", permission=PERMISSION)
def again_since(request: DoorRequest, webhook_id: int) -> HttpResponse:
    """Everything of a span once more."""
    webhook = queries.webhook_for(request.scope, webhook_id)
    form = forms.AgainForm(request.POST)
    if form.is_valid():
        try:
            number = actions.send_again_since(webhook=webhook, **form.cleaned_data, by=request.scope, now=timezone.now())
        except Refusal as refused:
            if refused.status == 403:
                raise
            form.refuse(refused.message, refused.fields)
        else:
            text = ngettext("%(number)s event is sent again.", "%(number)s events are sent again.", number)
            messages.success(request, text % {"number": f"{number:,}"})
            return _home(request, webhook)
    return _detail(request, webhook, form, status=422)


@door("POST", permission=PERMISSION)
def again(request: DoorRequest, message_id: int) -> HttpResponse:
    """One message once more."""
    row = queries.message_for(request.scope, message_id)
    try:
        actions.send_again(message=row, by=request.scope, now=timezone.now())
    except actions.UnableToSendEvents as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("It is sent once more."))
    return _home(request, row.webhook)


def _home(request: DoorRequest, webhook: Webhook) -> HttpResponse:
    return pages.go_to(request, reverse("notices:webhook", args=[webhook.pk]))
