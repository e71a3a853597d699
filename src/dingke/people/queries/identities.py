"""Reads about identities from elsewhere: which ways the installation offers, and which a person has connected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from dingke.core.errors import NotVisible
from dingke.core.scope import Scope
from dingke.people.models import User

COMPANY = "company"  # the one OpenID Connect server, see config/settings.py
COMPANY_SAML = "company-saml"  # and the one SAML server


@dataclass(frozen=True, slots=True)
class Way:
    """A way to sign in besides the password, as the settings offer it."""

    provider: str
    label: str
    url: str

    @property
    def words(self) -> str:
        return _("Sign in by %(name)s") % {"name": self.label}

    def address(self, **query: str) -> str:
        kept = {name: value for name, value in query.items() if value}
        return f"{self.url}?{urlencode(kept)}" if kept else self.url


def ways() -> list[Way]:
    """Those that are configured, in a fixed order."""
    offered = settings.SOCIALACCOUNT_PROVIDERS
    found = []
    if "openid_connect" in offered:
        name = str(offered["openid_connect"]["APPS"][0]["name"])
        found.append(Way(COMPANY, name, reverse("openid_connect_login", kwargs={"provider_id": COMPANY})))
    if "saml" in offered:
        found.append(Way(COMPANY_SAML, str(offered["saml"]["APPS"][0]["name"]), reverse("saml:login")))
    for provider, label in (("feishu", _("Feishu")), ("dingtalk", _("DingTalk")), ("weixin", _("WeChat"))):
        if provider in offered:
            found.append(Way(provider, label, reverse(f"{provider}_login")))
    return found


def way_for(provider: str) -> Way:
    for way in ways():
        if way.provider == provider:
            return way
    raise NotVisible(_("This way to sign in is not set up here."))


@dataclass(frozen=True, slots=True)
class WayRow:
    """A way with what the person connected by it."""

    way: Way
    identity_id: int | None
    connected_at: datetime | None


def ways_of(user: User) -> list[WayRow]:
    rows = {account.provider: account for account in SocialAccount.objects.filter(user_id=user.pk).order_by("pk")}
    return [
        WayRow(way, account.pk if account else None, account.date_joined if account else None)
        for way in ways()
        for account in [rows.get(way.provider)]
    ]


def identity_for(scope: Scope, identity_id: int) -> SocialAccount:
    """One's own. Raises `NotVisible`."""
    row = SocialAccount.objects.filter(pk=identity_id, user_id=scope.me).first()
    if row is None:
        raise NotVisible(_("This identity is not there."))
    return row
