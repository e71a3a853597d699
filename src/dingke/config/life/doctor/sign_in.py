"""The company's SAML server, where the settings name one: described whole, reachable, with keys that still hold."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from dingke.config.life.doctor import Finding
from dingke.core.errors import Refusal
from dingke.people.queries import saml

SOON = timedelta(days=30)


def saml_server(now: datetime) -> list[Finding]:
    if "saml" not in settings.SOCIALACCOUNT_PROVIDERS:
        return []
    try:
        described = saml.toolkit_settings(root=settings.SITE_URL, now=now)
        certificates = saml.certificates_of(described.get_idp_data())
    except Refusal as refused:
        mend = _("Look at the settings DINGKE_SAML_… and at the metadata; the log names what does not fit.")
        return [Finding("saml", "SAML", "fail", refused.message, mend)]
    except ValueError as error:
        return [Finding("saml", "SAML", "fail", str(error)[:300], _("Give the certificate of the other side in PEM format."))]
    last = max(certificate.not_valid_after_utc for certificate in certificates)
    day = f"{last:%Y-%m-%d}"
    mend = _("Ask the other side for its next certificate, and put it beside the old one before the change (docs/operations.md).")
    if last <= now:
        return [Finding("saml", "SAML", "warn", _("the certificate of the other side ended on %(day)s") % {"day": day}, mend)]
    if last <= now + SOON:
        return [Finding("saml", "SAML", "warn", _("the certificate of the other side ends on %(day)s") % {"day": day}, mend)]
    return [Finding("saml", "SAML", "ok", _("%(number)s keys, until %(day)s") % {"number": len(certificates), "day": day})]
