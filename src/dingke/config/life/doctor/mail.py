"""The mail server: whether it can be reached, and on wish whether a letter gets through."""

from __future__ import annotations

import smtplib

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils.translation import gettext as _

from dingke.config.life.doctor import Finding

PATIENCE = 8  # seconds


def server(*, send_to: str = "") -> list[Finding]:
    what = _("Mail")
    mend = _("Look at DINGKE_SMTP_HOST, _PORT, _USER, _PASSWORD and _TLS.")
    if "smtp" not in settings.EMAIL_BACKEND:
        text = _("no mail server is set: mails are written to files")
        return [Finding("mail", what, "warn", text, _("Set DINGKE_SMTP_HOST, so that people can reset their passwords."))]
    place = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        connection = get_connection(timeout=PATIENCE)
        connection.open()
        if send_to:
            letter = EmailMessage(
                _("Dingke: test mail"), _("If you read this, the mail server works."), to=[send_to], connection=connection
            )
            letter.send()
        connection.close()
    except (OSError, smtplib.SMTPException) as error:
        return [Finding("mail", what, "fail", f"{place}: {error}"[:300], mend)]
    text = _("%(place)s took a test mail for %(address)s") % {"place": place, "address": send_to} if send_to else place
    return [Finding("mail", what, "ok", text)]
