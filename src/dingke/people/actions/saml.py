"""Hearing what the company's SAML server says of somebody: signed, meant for this system, in time, and once."""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils.translation import gettext as _
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Constants
from onelogin.saml2.response import OneLogin_Saml2_Response as Response

from dingke.core.errors import Refusal
from dingke.people.queries import saml as queries

logger = logging.getLogger("dingke.sign_in")
LONGEST_ANSWER = 256 * 1024
HEARD_SECONDS = 24 * 3600  # how long an assertion is remembered that names no end
DRIFT_SECONDS = 600  # by which clocks may differ, and more


class UnableToHear(Refusal):
    """The answer is not one to believe."""

    status = 403
    code = "saml_refused"


@dataclass(frozen=True, slots=True)
class Heard:
    """Whom the other side names."""

    uid: str
    mail: str
    name: str
    in_response_to: str  # "" when nobody asked


def hear_answer(*, answer: str, root: str, now: datetime) -> Heard:
    """Reads the answer that a browser brought. Raises `UnableToHear`, and `SamlNotReady` where the settings do not fit.

    Wanted: a signature of the assertion by a key of the other side, this system as audience and recipient, its issuer, a time that
    is now, and an assertion that was not used before. Why one is refused stands in the log, without what it says of the person.
    """
    described = queries.toolkit_settings(root=root, now=now)
    where = urlsplit(root)
    request: dict[str, Any] = {
        "https": "on" if where.scheme == "https" else "off",
        "http_host": where.netloc,
        "script_name": reverse("saml:answer"),
        "get_data": {},
        "post_data": {},
    }
    try:
        base64.b64decode("".join(answer.split()), validate=True)
        response = Response(described, answer)
        valid = len(answer) <= LONGEST_ANSWER and response.is_valid(request)
        if valid and described.get_sp_data()["entityId"] not in response.get_audiences():
            raise _refused("it names no audience")
        if not valid:
            raise _refused(response.get_error() or "too long")
        heard = _heard(response)
    except (binascii.Error, ValueError, SyntaxError, KeyError, IndexError) as error:  # SyntaxError: what lxml raises for broken XML
        raise _refused(str(error)) from error
    except Refusal:
        raise
    except Exception as error:  # the toolkit raises its own and bare exceptions for documents of a wrong shape
        raise _refused(f"{type(error).__name__}: {error}") from error
    ends = response.get_assertion_not_on_or_after()
    seconds = max(ends - int(now.timestamp()), 0) + DRIFT_SECONDS if ends else HEARD_SECONDS
    if not cache.add(f"people.saml.{response.get_assertion_id()}", 1, seconds):
        raise _refused("the assertion was used before")
    return heard


def _heard(response: Any) -> Heard:
    attributes: dict[str, list[str | None]] = response.get_attributes()
    name_id, kind = response.get_nameid() or "", response.get_nameid_format() or ""
    uid = _first(attributes, settings.SAML["uid"])
    if not uid and kind == Constants.NAMEID_TRANSIENT:
        logger.error("SAML: the NameID is transient and none of DINGKE_SAML_UID is there")
        raise UnableToHear(_("The sign-in server of the company names you differently each time. Tell your administrator."))
    mail = _first(attributes, settings.SAML["mail"]) or (name_id if kind == Constants.NAMEID_EMAIL_ADDRESS else "")
    uid = uid or name_id
    if not uid:
        raise _refused("it names nobody")
    return Heard(uid=uid, mail=mail, name=_first(attributes, settings.SAML["name"]), in_response_to=response.get_in_response_to() or "")


def _first(attributes: dict[str, list[str | None]], names: Sequence[str]) -> str:
    for name in names:
        for value in attributes.get(name, []):
            if value and value.strip():
                return value.strip()
    return ""


def _refused(why: str) -> UnableToHear:
    logger.warning("SAML: an answer was refused: %s", why[:300])
    return UnableToHear(_("What the sign-in server of the company sent is not valid, or too old. Begin again on the sign-in page."))
