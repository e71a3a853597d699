"""Mails: one notice, or a day's notices, plain and HTML, in the reader's language, with a way to turn them off by one click."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import engines
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dingke.notices.actions import preferences as actions
from dingke.notices.models import Notice
from dingke.notices.queries import preferences, words
from dingke.people.models import User


@dataclass(frozen=True, slots=True)
class Line:
    title: str
    body: str
    why: str
    count: int
    link: str


def absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def language_of(user: User) -> str:
    return user.language or settings.LANGUAGE_CODE


def line_of(notice: Notice) -> Line:
    """The notice in the language that is active."""
    link = absolute(reverse("notices:open", args=[notice.pk]) if notice.is_listed or not notice.link else notice.link)
    return Line(words.title_of(notice), words.body_of(notice), words.why_of(notice), notice.count, link)


def send_notice(*, notice: Notice, to: User) -> None:
    """One mail about one notice. Raises what the mail server's connection raises."""
    with translation.override(language_of(to)):
        line = line_of(notice)
        token = actions.off_token(user_id=to.pk, kind=notice.kind, channel=actions.MAIL)
        context = {"line": line, "kind": preferences.kind_words(notice.kind)}
        _send(to, subject=line.title, template="notice", context=context, token=token, off_text=_("Turn off mails of this kind"))


def send_digest(*, notices: Sequence[Notice], to: User) -> None:
    """One mail about what a day brought."""
    with translation.override(language_of(to)):
        number = len(notices)
        subject = ngettext("%(number)s notice from Dingke", "%(number)s notices from Dingke", number) % {"number": number}
        groups: dict[str, list[Line]] = {}
        for notice in notices:
            groups.setdefault(preferences.kind_words(notice.kind), []).append(line_of(notice))
        token = actions.off_token(user_id=to.pk, kind="", channel=actions.DIGEST)
        context = {"groups": groups, "subject": subject}
        _send(to, subject=subject, template="digest", context=context, token=token, off_text=_("Turn off the digest"))


def _send(to: User, *, subject: str, template: str, context: dict[str, Any], token: str, off_text: str) -> None:
    off = absolute(reverse("notices:off", args=[token]))
    whole = {
        **context, "off": off, "off_text": off_text, "preferences": absolute(reverse("notices:preferences")),
    }  # fmt: skip
    mail = EmailMultiAlternatives(
        subject=" ".join(f"{subject} · {_('Dingke')}".split())[:180],
        body=_rendered(f"notices/mail/{template}.txt", whole),
        to=[to.email],
        headers={"List-Unsubscribe": f"<{off}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "Auto-Submitted": "auto-generated"},
    )
    mail.attach_alternative(_rendered(f"notices/mail/{template}.html", whole), "text/html")
    mail.send()


def _rendered(template: str, context: dict[str, Any]) -> str:
    return str(engines["jinja2"].get_template(template).render(context)).strip() + "\n"
