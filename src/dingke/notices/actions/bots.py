"""Bots by Apprise: which services may be called, saving an address, sending, and what the service really answered."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import datetime
from types import ModuleType
from typing import Any

import requests
from apprise.plugins import (
    bark,
    custom_json,
    dingtalk,
    discord,
    feishu,
    gotify,
    lark,
    mattermost,
    ntfy,
    pushplus,
    serverchan,
    slack,
    telegram,
    wecombot,
)
from django.db import transaction
from django.utils.translation import gettext as _

from dingke.core import audit, outgoing
from dingke.core.errors import Invalid, Refusal
from dingke.core.scope import Scope
from dingke.notices import access
from dingke.notices.models import Bot
from dingke.notices.queries.kinds import kind_of

# services that speak HTTP(S) to a chat or a phone; nothing that reads a file, runs a program or talks to this machine.
# Only these plugins are ever loaded: Apprise's own way would import all of its hundred and more.
SERVICES: dict[str, tuple[str, type[Any]]] = {
    "wecombot": ("企业微信", wecombot.NotifyWeComBot),
    "dingtalk": ("钉钉", dingtalk.NotifyDingTalk),
    "feishu": ("飞书", feishu.NotifyFeishu),
    "lark": ("Lark", lark.NotifyLark),
    "bark": ("Bark", bark.NotifyBark),
    "barks": ("Bark", bark.NotifyBark),
    "schan": ("Server酱", serverchan.NotifyServerChan),
    "pushplus": ("PushPlus", pushplus.NotifyPushplus),
    "slack": ("Slack", slack.NotifySlack),
    "discord": ("Discord", discord.NotifyDiscord),
    "tgram": ("Telegram", telegram.NotifyTelegram),
    "ntfy": ("ntfy", ntfy.NotifyNtfy),
    "ntfys": ("ntfy", ntfy.NotifyNtfy),
    "gotify": ("Gotify", gotify.NotifyGotify),
    "gotifys": ("Gotify", gotify.NotifyGotify),
    "mmost": ("Mattermost", mattermost.NotifyMattermost),
    "mmosts": ("Mattermost", mattermost.NotifyMattermost),
    "json": ("JSON", custom_json.NotifyJSON),
    "jsons": ("JSON", custom_json.NotifyJSON),
}
# what people copy from the settings of a bot -> how Apprise writes it
NATIVE = (
    (re.compile(r"https://qyapi\.weixin\.qq\.com/cgi-bin/webhook/send/?\?key=([\w-]+)", re.I), "wecombot://{}"),
    (re.compile(r"https://oapi\.dingtalk\.com/robot/send/?\?access_token=(\w+)", re.I), "dingtalk://{}"),
    (re.compile(r"https://open\.feishu\.cn/open-apis/bot/v2/hook/([\w-]+)/?", re.I), "feishu://{}"),
    (re.compile(r"https://open\.larksuite\.com/open-apis/bot/v2/hook/([\w-]+)/?", re.I), "lark://{}"),
)
OWN_HOST = {"bark", "barks", "ntfy", "ntfys", "gotify", "gotifys", "mmost", "mmosts", "json", "jsons"}  # servers people run themselves
LONGEST_TITLE, LONGEST_BODY = 200, 1_500
logger = logging.getLogger("dingke.notices")
_answer: ContextVar[list[str] | None] = ContextVar("bot_answer", default=None)


class UnableToSend(Refusal):
    """The message did not go out; the sentence says what the service answered."""


# ---- saving --------------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_bot(*, name: str, address: str, by: Scope, now: datetime, for_company: bool = False, kinds: Iterable[str] = ()) -> Bot:
    """A bot of the caller's own, or of the company for the kinds that are named. Raises `Invalid` for an address that may not be called."""
    if for_company:
        access.can_set_company_bots(by).enforce()
    address = address.strip()
    service = _checked(address)
    bot = Bot(owner_id=None if for_company else by.me, name=name.strip()[:60] or service, address=address)
    bot.kinds = _known_kinds(kinds) if for_company else []
    bot.save()
    audit.record(target=bot, action="notices.add_bot", by=by, now=now, summary=f"{service} {bot.name}")
    return bot


@transaction.atomic
def edit_bot(
    *, bot: Bot, name: str, is_active: bool, by: Scope, now: datetime, address: str = "", kinds: Iterable[str] | None = None
) -> Bot:
    """Renames, pauses or re-addresses a bot. An empty address keeps the secret that is there."""
    access.can_edit_bot(by, bot).enforce()
    fresh = Bot.objects.select_for_update().get(pk=bot.pk)
    before = {"name": fresh.name, "is_active": fresh.is_active, "kinds": fresh.kinds}
    if address.strip():
        _checked(address.strip())
        fresh.address, fresh.last_problem = address.strip(), ""
    fresh.name, fresh.is_active = name.strip()[:60] or fresh.name, is_active
    if kinds is not None and fresh.owner_id is None:
        fresh.kinds = _known_kinds(kinds)
    fresh.version += 1
    fresh.save()
    changes = audit.changes_between(before, {"name": fresh.name, "is_active": fresh.is_active, "kinds": fresh.kinds})
    if address.strip():
        changes["address"] = ["•••", "•••"]
    audit.record(target=fresh, action="notices.edit_bot", by=by, now=now, changes=changes, summary=fresh.name)
    return fresh


@transaction.atomic
def remove_bot(*, bot: Bot, by: Scope, now: datetime) -> None:
    """Takes the bot away and forgets its secret."""
    access.can_edit_bot(by, bot).enforce()
    Bot.objects.filter(pk=bot.pk).update(archived_at=now, is_active=False, address="")
    audit.record(target=bot, action="notices.remove_bot", by=by, now=now, summary=bot.name)


def test_bot(*, bot: Bot, by: Scope, now: datetime) -> None:
    """Sends one message now. Raises `UnableToSend` with what the service answered."""
    access.can_edit_bot(by, bot).enforce()
    send(bot=bot, title=_("Dingke"), body=_("This is a test: this bot will bring notices of Dingke."), now=now)


def _known_kinds(kinds: Iterable[str]) -> list[str]:
    return sorted({kind for kind in kinds if kind_of(kind) is not None})


# ---- addresses ------------------------------------------------------------------------------------------------------------


def service_of(address: str) -> str:
    """The name of the service an address belongs to, "" for one that may not be called."""
    return SERVICES[_scheme(address)][0] if _plugin(address) is not None else ""


def masked(address: str) -> str:
    """The address as it may be shown: the service and the last characters, so that two can be told apart."""
    scheme = address.split("://", 1)[0].lower() if "://" in address else ""
    return f"{scheme}://••••{address.rstrip('/')[-4:]}" if len(address) > 16 else f"{scheme}://••••"


def _checked(address: str) -> str:
    """The service's name. Raises `Invalid`: unknown, not among the services, or leading inside."""
    plugin = _plugin(address) if len(address) <= 500 else None
    if plugin is None:
        message = _("This is not the address of a service that can be used. Paste the bot's webhook address of WeCom, DingTalk or Feishu.")
        raise Invalid(message, fields={"address": message})
    host = getattr(plugin, "host", "")
    if host and _scheme(address) in OWN_HOST:
        try:
            outgoing.check_host(str(host), getattr(plugin, "port", None))
        except Invalid as error:
            raise Invalid(error.message, fields={"address": error.message}) from error
    return SERVICES[_scheme(address)][0]


def _plugin(address: str) -> Any | None:
    """The one plugin behind an address, made without looking at any other; None when it is not among the services."""
    for pattern, written in NATIVE:
        if found := pattern.fullmatch(address.strip()):
            address = written.format(found.group(1))
    scheme = address.split("://", 1)[0].lower()
    if "://" not in address or scheme not in SERVICES:
        return None
    service = SERVICES[scheme][1]
    try:
        parts = service.parse_url(address)
        return service(**parts) if parts else None
    except Exception:  # a plugin's parser on odd input
        return None


def _scheme(address: str) -> str:
    """The scheme of an address as Apprise writes it."""
    for pattern, written in NATIVE:
        if pattern.fullmatch(address.strip()):
            return written.split("://", 1)[0]
    return address.split("://", 1)[0].lower()


# ---- sending -------------------------------------------------------------------------------------------------------------


def send(*, bot: Bot, title: str, body: str, now: datetime) -> None:
    """Sends one message in this thread, to public or allowed addresses only. Raises `UnableToSend`."""
    plugin = _plugin(bot.address)
    if plugin is None:
        raise UnableToSend(
            _("This is not the address of a service that can be used. Paste the bot's webhook address of WeCom, DingTalk or Feishu.")
        )
    plugin.redirects, plugin.verify_certificate = False, True
    said: list[str] = []
    token = _answer.set(said)
    try:
        with outgoing.guarded():
            done = plugin.notify(body=body[:LONGEST_BODY], title=title[:LONGEST_TITLE])
    except Exception as error:  # a plugin's own mistake must not end the worker
        logger.warning("bot %s failed: %s", bot.pk, type(error).__name__)
        done = False
    finally:
        _answer.reset(token)
    problem = "" if done else _("The service did not take the message.") + (f" ({said[-1]})" if said else "")
    Bot.objects.filter(pk=bot.pk).update(**({"last_sent_at": now, "last_problem": ""} if done else {"last_problem": problem[:300]}))
    if not done:
        raise UnableToSend(problem)


class _Listening:
    """Stands for `requests` in the plugins of the three Chinese services, which answer 200 also when they refuse.

    Their JSON says the truth in errcode (WeCom, DingTalk) or code (Feishu, Lark); other than 0 counts as refused.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(requests, name)

    def post(self, *args: Any, **kwargs: Any) -> requests.Response:
        try:
            response = requests.post(*args, **{"timeout": (5, 10), **kwargs})
        except requests.RequestException as error:
            _tell(type(error).__name__)
            raise
        try:
            answer = response.json()
        except ValueError:
            answer = None
        code = (answer.get("errcode", answer.get("code", answer.get("StatusCode", 0)))) if isinstance(answer, dict) else 0
        if response.status_code != 200:
            _tell(f"HTTP {response.status_code}")
        elif code not in (0, "0", None):
            assert isinstance(answer, dict)
            _tell(f"{code} {answer.get('errmsg') or answer.get('msg') or ''}".strip())
            response.status_code = 400
        return response


def _tell(text: str) -> None:
    said = _answer.get()
    if said is not None:
        said.append(text[:120])


def _listen(*plugins: ModuleType) -> None:
    for plugin in plugins:
        plugin.requests = _Listening()  # type: ignore[attr-defined]


_listen(wecombot, dingtalk, feishu, lark)
