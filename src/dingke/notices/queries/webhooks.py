"""Reads of webhooks: the catalogue of events, the webhooks of the company, and the log of what was sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from dingke.core.errors import NotVisible
from dingke.core.paging import Page, keyset_page
from dingke.core.scope import Scope
from dingke.notices import access, calc
from dingke.notices.models import Webhook, WebhookDelivery

State = WebhookDelivery.State
TEST_TYPE = "dingke.test"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEvent:
    """An event that can be chosen: its name in the outbox, its type for receivers, what people call it, and the ids it carries."""

    name: str
    domain: str
    group: str | Promise
    label: str | Promise
    ids: tuple[str, ...]

    @property
    def type(self) -> str:
        return calc.event_type(domain=self.domain, name=self.name)


_catalogue: dict[str, KnownEvent] = {}


def install(events: Iterable[KnownEvent]) -> None:
    """Takes over the catalogue, made from the event table of config/wiring.py."""
    _catalogue.clear()
    _catalogue.update({event.name: event for event in events})


def known_events() -> list[KnownEvent]:
    return list(_catalogue.values())


def grouped_events() -> list[tuple[str, list[KnownEvent]]]:
    """The catalogue by what it is about, in its order."""
    groups: dict[str, list[KnownEvent]] = {}
    for event in _catalogue.values():
        groups.setdefault(str(event.group), []).append(event)
    return list(groups.items())


def event_words(name: str) -> str:
    """What people call an event; one that is gone from the product keeps its name; "" is a test."""
    return str(_catalogue[name].label) if name in _catalogue else name or _("Test")


def event_type(name: str) -> str:
    return _catalogue[name].type if name in _catalogue else TEST_TYPE if not name else f"other.{name}"


def webhooks(scope: Scope) -> list[Webhook]:
    access.can_set_webhooks(scope).enforce()
    return list(Webhook.objects.filter(archived_at__isnull=True).select_related("made_by").order_by("name", "pk"))


def webhook_for(scope: Scope, webhook_id: int) -> Webhook:
    """A webhook, for those who set them up. Raises `NotVisible`."""
    row = Webhook.objects.filter(pk=webhook_id, archived_at__isnull=True).select_related("made_by").first()
    if row is None or not access.can_set_webhooks(scope):
        raise NotVisible(_("There is no such webhook, or it is not yours."))
    return row


def message_for(scope: Scope, message_id: int) -> WebhookDelivery:
    row = WebhookDelivery.objects.filter(pk=message_id, webhook__archived_at__isnull=True).select_related("webhook", "event").first()
    if row is None or not access.can_set_webhooks(scope):
        raise NotVisible(_("There is no such delivery, or it is not yours."))
    return row


def messages_of(webhook: Webhook, *, state: str = "", cursor: str | None = None, size: int = 30) -> Page[WebhookDelivery]:
    """What was sent, is being sent, or waits; newest first."""
    rows = WebhookDelivery.objects.filter(webhook=webhook).select_related("event")
    if state in State.values:
        rows = rows.filter(state=state)
    return keyset_page(rows, order=["-pk"], size=size, cursor=cursor)


def shown_address(webhook: Webhook) -> str:
    """The address as it may be shown: its host; paths and parameters may hold secrets of the receiver."""
    parts = urlsplit(webhook.address)
    if not parts.hostname:
        return ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}/" + ("…" if parts.path.strip("/") or parts.query else "")


def visible_webhooks(scope: Scope, ids: Collection[int]) -> set[int]:
    """For notices about webhooks: who may see which."""
    if not access.can_set_webhooks(scope):
        return set()
    return set(Webhook.objects.filter(pk__in=list(ids), archived_at__isnull=True).order_by().values_list("pk", flat=True))
