"""How the company's SAML server and this system know each other: read from the settings and from the server's metadata."""

from __future__ import annotations

import logging
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils.translation import gettext as _
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Constants
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser as MetadataParser
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from dingke.core.errors import NotVisible, Refusal

logger = logging.getLogger("dingke.sign_in")
METADATA_KEY = "people.saml.metadata"
FRESH_SECONDS, KEPT_SECONDS = 3600, 7 * 24 * 3600
WAIT_SECONDS = 10
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class SamlNotReady(Refusal):
    """The settings do not fit, or the metadata of the other side cannot be read."""

    status = 503
    code = "saml_not_ready"


def ensure_offered() -> None:
    """Raises `NotVisible` where the settings name no SAML server."""
    if "saml" not in settings.SOCIALACCOUNT_PROVIDERS:
        raise NotVisible(_("This way to sign in is not set up here."))


def own_entity_id() -> str:
    """The name of this system at the other side: the same whatever host name a browser used."""
    return str(settings.SAML["own_entity_id"]) or settings.SITE_URL + reverse("saml:metadata")


def other_side(now: datetime) -> dict[str, Any]:
    """Entity id, sign-on address and certificates of the company's server, as the toolkit wants them. Raises `SamlNotReady`."""
    if settings.SAML["metadata"]:
        found = _by_metadata(now)
    else:
        found = {
            "entityId": settings.SAML["entity_id"],
            "singleSignOnService": {"url": settings.SAML["sign_on_url"], "binding": Constants.BINDING_HTTP_REDIRECT},
            "x509certMulti": {"signing": certificates_in(str(settings.SAML["certificates"]))},
        }
    lacking = [
        name
        for name, value in (
            (_("entity id"), found.get("entityId")),
            (_("sign-on address"), found.get("singleSignOnService", {}).get("url")),
            (_("certificate"), found.get("x509cert") or found.get("x509certMulti", {}).get("signing")),
        )
        if not value
    ]
    if lacking:
        logger.error("SAML: the other side is not described whole: %s", ", ".join(lacking))
        raise SamlNotReady(_("The settings of SAML are not complete: %(what)s missing.") % {"what": ", ".join(lacking)})
    return found


def certificates_in(text: str) -> list[str]:
    """Every certificate of a file in PEM format: during a change of keys the old one and the new one."""
    return _PEM.findall(text)


def certificates_of(found: dict[str, Any]) -> list[x509.Certificate]:
    """Those the other side may sign with."""
    texts = found.get("x509certMulti", {}).get("signing") or [found["x509cert"]]
    whole = [text if "BEGIN" in text else f"-----BEGIN CERTIFICATE-----\n{text.strip()}\n-----END CERTIFICATE-----\n" for text in texts]
    return [x509.load_pem_x509_certificate(text.encode()) for text in whole]


def _by_metadata(now: datetime) -> dict[str, Any]:
    """Read once an hour. A server that does not answer is believed to be as it was, for a week."""
    kept: tuple[float, dict[str, Any]] | None = cache.get(METADATA_KEY)
    if kept is not None and now.timestamp() - kept[0] < FRESH_SECONDS:
        return kept[1]
    place, entity_id = str(settings.SAML["metadata"]), str(settings.SAML["entity_id"]) or None
    try:
        if urlsplit(place).scheme in {"http", "https"}:
            parsed = MetadataParser.parse_remote(place, entity_id=entity_id, timeout=WAIT_SECONDS)
        else:
            parsed = MetadataParser.parse(Path(place).read_bytes(), entity_id=entity_id)
    except Exception as error:  # the toolkit raises bare exceptions for what it cannot read
        logger.error("SAML: the metadata at %s cannot be read: %s", place, error)
        if kept is not None:
            return kept[1]
        raise SamlNotReady(_("The sign-in server of the company does not answer. Please try again in a minute.")) from error
    found: dict[str, Any] = parsed.get("idp", {})
    cache.set(METADATA_KEY, (now.timestamp(), found), KEPT_SECONDS)
    return found


def toolkit_settings(*, root: str, now: datetime | None) -> OneLogin_Saml2_Settings:
    """Everything the toolkit needs for one request that came to `root` ("https://crm.example.com").

    Without `now` this side alone, for its own metadata. Raises `SamlNotReady`.
    """
    own = settings.SAML
    described: dict[str, Any] = {
        "strict": True,
        "sp": {
            "entityId": own_entity_id(),
            "assertionConsumerService": {"url": root + reverse("saml:answer"), "binding": Constants.BINDING_HTTP_POST},
            "NameIDFormat": Constants.NAMEID_UNSPECIFIED,
            "x509cert": own["own_certificate"],
            "privateKey": own["own_key"],
            **({"x509certNew": own["next_certificate"]} if own["next_certificate"] else {}),
        },
        "security": {
            "authnRequestsSigned": bool(own["own_key"]),
            "wantAssertionsSigned": True,
            "wantNameId": False,
            "wantAttributeStatement": False,
            "requestedAuthnContext": False,
            "rejectDeprecatedAlgorithm": True,
            "allowRepeatAttributeName": True,
            "signatureAlgorithm": Constants.RSA_SHA256,
            "digestAlgorithm": Constants.SHA256,
            "allowSingleLabelDomains": True,  # hosts of an intranet
            "metadataValidUntil": "",  # what was imported at the other side does not run out
            "metadataCacheDuration": "",
        },
    }
    if now is not None:
        described["idp"] = other_side(now)
    try:
        return OneLogin_Saml2_Settings(described, sp_validation_only=now is None)
    except Exception as error:  # keys and certificates that are none come as bare exceptions
        logger.error("SAML: the settings do not fit: %s", error)
        raise SamlNotReady(_("SAML is not set up right here. Your administrator finds out why with dingke doctor.")) from error
