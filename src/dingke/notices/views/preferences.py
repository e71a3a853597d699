"""What a person hears and where; bots; what could not be sent; the link in a mail that turns a kind off."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Refusal
from dingke.notices import forms
from dingke.notices.actions import bots, deliver
from dingke.notices.actions import preferences as actions
from dingke.notices.models import Bot
from dingke.notices.queries import preferences as queries
from dingke.notices.queries.kinds import kinds_for


@door("GET", "POST")
def preferences(request: DoorRequest) -> HttpResponse:
    """Where each kind of notice goes; the rhythm, the own bots and failed deliveries beside it."""
    if request.method == "POST":
        actions.set_routings(routings=forms.routings_from(request.POST, kinds_for(request.scope)), by=request.scope)
        messages.success(request, _("Saved."))
        return pages.go_to(request, reverse("notices:preferences"))
    rhythm = queries.rhythm_of(request.scope)
    return _preferences(request, forms.RhythmForm(initial=forms.rhythm_initial(rhythm)))


@door("POST")
def rhythm(request: DoorRequest) -> HttpResponse:
    """Quiet hours, digest hour, time zone."""
    form = forms.RhythmForm(request.POST)
    if form.is_valid():
        try:
            actions.set_rhythm(**form.cleaned_data, by=request.scope)
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            messages.success(request, _("Saved."))
            return pages.go_to(request, reverse("notices:preferences"))
    return _preferences(request, form, status=422)


def _preferences(request: DoorRequest, form: forms.RhythmForm, status: int = 200) -> HttpResponse:
    context = {
        "groups": queries.choices(request.scope),
        "rhythm": form,
        "bots": [(bot, bots.masked(bot.address), bots.service_of(bot.address)) for bot in queries.own_bots(request.scope)],
        "failed": _failed(request),
        "mail": queries.mail_address(request.scope),
    }
    return pages.page(request, "notices/preferences.html", context, status=status)


@door("GET", permission="settings.edit")
def company(request: DoorRequest) -> HttpResponse:
    """The bots of the company's groups, and what could not be sent to anybody."""
    context = {
        "bots": [(bot, bots.masked(bot.address), bots.service_of(bot.address), _kinds(bot)) for bot in queries.company_bots(request.scope)],
        "failed": _failed(request),
    }
    return pages.page(request, "notices/company.html", context)


@door("GET", "POST")
def add_bot(request: DoorRequest) -> HttpResponse:
    """A bot of one's own; `for=company` one of the company, for those who set up the company's."""
    for_company = (request.POST.get("for") or request.GET.get("for")) == "company"
    form = forms.BotForm(request.POST or None, initial={"is_active": True})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            bots.add_bot(
                name=data["name"],
                address=data["address"],
                kinds=data["kinds"],
                for_company=for_company,
                by=request.scope,
                now=timezone.now(),
            )
        except Refusal as refused:
            if refused.status == 403:
                raise
            form.refuse(refused.message, refused.fields)
        else:
            messages.success(request, _("Saved. Send a test to see whether it works."))
            return pages.go_to(request, _home(for_company))
    return _bot_form(request, form, None, for_company)


@door("GET", "POST")
def edit_bot(request: DoorRequest, bot_id: int) -> HttpResponse:
    bot = queries.bot_for(request.scope, bot_id)
    form = forms.BotForm(request.POST or None, initial={"name": bot.name, "is_active": bot.is_active, "kinds": bot.kinds})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            bots.edit_bot(
                bot=bot, name=data["name"], address=data["address"], is_active=data["is_active"], kinds=data["kinds"],
                by=request.scope, now=timezone.now(),
            )  # fmt: skip
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            messages.success(request, _("Saved."))
            return pages.go_to(request, _home(bot.owner_id is None))
    return _bot_form(request, form, bot, bot.owner_id is None)


def _bot_form(request: DoorRequest, form: forms.BotForm, bot: Bot | None, for_company: bool) -> HttpResponse:
    context = {"form": form, "bot": bot, "for_company": for_company, "secret": bots.masked(bot.address) if bot else ""}
    return pages.page(request, "notices/bot.html", context, partial="notices/_bot_form.html", status=422 if form.errors else 200)


@door("POST")
def test_bot(request: DoorRequest, bot_id: int) -> HttpResponse:
    """Sends one message now and says what the service answered."""
    bot = queries.bot_for(request.scope, bot_id)
    try:
        bots.test_bot(bot=bot, by=request.scope, now=timezone.now())
    except bots.UnableToSend as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("The service took the message. Look whether it arrived."))
    return pages.go_to(request, _home(bot.owner_id is None))


@door("POST")
def remove_bot(request: DoorRequest, bot_id: int) -> HttpResponse:
    bot = queries.bot_for(request.scope, bot_id)
    bots.remove_bot(bot=bot, by=request.scope, now=timezone.now())
    messages.success(request, _("Removed: %(name)s") % {"name": bot.name})
    return pages.go_to(request, _home(bot.owner_id is None))


@door("POST")
def send_again(request: DoorRequest, delivery_id: int) -> HttpResponse:
    deliver.send_again(delivery=queries.delivery_for(request.scope, delivery_id), by=request.scope, now=timezone.now())
    messages.success(request, _("It is sent once more."))
    return pages.go_to(request, _home(request.POST.get("for") == "company"))


@csrf_exempt
def off(request: HttpRequest, token: str) -> HttpResponse:
    """The link of a mail or message: GET asks, POST does it (also the mail program by itself, RFC 8058). Open: the signature is the key."""
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    _user, kind, channel = actions.read_token(token)
    if request.method == "POST":
        actions.turn_off_by_link(token=token, now=timezone.now())
    context = {"label": queries.kind_words(kind) if kind else "", "channel": channel, "done": request.method == "POST"}
    return pages.page(request, "notices/off.html", context)


def _failed(request: DoorRequest) -> list[tuple[object, str, str]]:
    rows = queries.failed_deliveries(request.scope, size=20).items
    return [(row, queries.kind_words(row.notice.kind), deliver.problem_words(row)) for row in rows]


def _kinds(bot: Bot) -> list[str]:
    return [queries.kind_words(kind) for kind in bot.kinds]


def _home(for_company: bool) -> str:
    return reverse("notices:company" if for_company else "notices:preferences")
