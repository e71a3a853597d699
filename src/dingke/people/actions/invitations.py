"""Verbs on invitations: asking somebody in by mail, sending again, withdrawing, and taking one up by its link or by a company identity."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.template import engines
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from dingke.core import access, audit
from dingke.core.errors import Invalid, NotVisible, Refusal
from dingke.core.scope import Scope
from dingke.people.actions.limits import count_request
from dingke.people.actions.users import UnableToSendMail, add_user, proposed_username, set_preferences
from dingke.people.calc import Role
from dingke.people.models import Invitation, Team, User
from dingke.people.queries import invitations as queries
from dingke.people.queries import scope_for

SALT = "dingke.people.invitation"
TRIES_PER_MINUTE = 30  # links opened from one address


class UnableToInvite(Invalid):
    """Nobody was invited."""


class UnableToSendAgain(Refusal):
    """No further mail was sent."""


class UnableToWithdraw(Refusal):
    """It was taken up already."""


class UnableToAccept(Refusal):
    """The link does not bring anybody in; the sentence says what to do."""

    status = 410
    code = "invitation_over"


class TooManyTries(Refusal):
    status = 429
    code = "too_many_requests"


# ---- inviting -------------------------------------------------------------------------------------------------------------


def invite(*, email: str, name: str, role: str, team: Team | None, language: str, by: Scope, now: datetime) -> Invitation:
    """Keeps an invitation and mails its link. Raises `UnableToInvite` naming the fields, `UnableToSendMail` when the mail did not go out:
    the invitation is kept then, to be sent again.
    """
    access.needs(by, "people.edit").enforce()
    email, name = email.strip().lower(), " ".join(name.split())[:80]
    if problems := _problems(email=email, role=role, team=team, language=language):
        raise UnableToInvite(next(iter(problems.values())), fields=problems)
    _limit_mails(by, now)
    with _once(email), transaction.atomic():
        invitation = Invitation(email=email, name=name, role=role, team=team, language=language, invited_by_id=by.user_id, invited_at=now)
        token = _new_link(invitation, now)
        invitation.save()
        changes = {"email": ["", email], "role": ["", role], "team": [None, team.pk if team else None]}
        audit.record(target=invitation, action="people.invite", by=by, now=now, changes=changes, summary=str(invitation))
    _send(invitation, token=token, now=now)
    return invitation


def send_again(*, invitation: Invitation, by: Scope, now: datetime) -> Invitation:
    """Mails a new link, valid from now; the older one opens nothing any more. At most one mail a minute to one address."""
    access.needs(by, "people.edit").enforce()
    _limit_mails(by, now)
    with transaction.atomic():
        fresh = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
        if fresh.accepted_at or fresh.withdrawn_at:
            raise UnableToSendAgain(_("This invitation is over. Invite again."))
        if fresh.sent_at and now - fresh.sent_at < timedelta(minutes=1):
            raise UnableToSendAgain(_("A mail went to %(mail)s a moment ago. Wait a minute.") % {"mail": fresh.email})
        if User.objects.filter(email__iexact=fresh.email).exists():
            raise UnableToSendAgain(_("%(mail)s belongs to a person here already. Withdraw the invitation.") % {"mail": fresh.email})
        token = _new_link(fresh, now)
        fresh.save(update_fields=["digest", "expires_at"])
        audit.record(target=fresh, action="people.invite_again", by=by, now=now, summary=str(fresh))
    _send(fresh, token=token, now=now)
    return fresh


@transaction.atomic
def withdraw(*, invitation: Invitation, by: Scope, now: datetime) -> Invitation:
    """The link opens nothing any more. Twice is once; what was taken up stays."""
    access.needs(by, "people.edit").enforce()
    fresh = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    if fresh.accepted_at:
        raise UnableToWithdraw(_("The invitation was taken up already. Close the sign-in of the person instead."))
    if fresh.withdrawn_at is None:
        fresh.withdrawn_at = now
        fresh.save(update_fields=["withdrawn_at"])
        audit.record(target=fresh, action="people.withdraw_invitation", by=by, now=now, summary=str(fresh))
    return fresh


def _problems(*, email: str, role: str, team: Team | None, language: str) -> dict[str, str]:
    problems: dict[str, str] = {}
    try:
        validate_email(email)
    except ValidationError:
        problems["email"] = _("This is not a mail address.")
    else:
        person = User.objects.filter(email__iexact=email).order_by("-is_active", "pk").first()
        if person is not None and person.is_active:
            problems["email"] = _("%(mail)s belongs to %(name)s already, who can sign in.") % {"mail": email, "name": person}
        elif person is not None:
            words = _("%(mail)s belongs to %(name)s, whose sign-in is closed. Open it instead.")
            problems["email"] = words % {"mail": email, "name": person}
        elif Invitation.objects.filter(email=email, accepted_at__isnull=True, withdrawn_at__isnull=True).exists():
            problems["email"] = _("%(mail)s is invited already. Send that invitation again, or withdraw it.") % {"mail": email}
    if role not in Role.__members__:
        problems["role"] = _("This role does not exist.")
    if team is not None and team.archived_at:
        problems["team"] = _("%(name)s is archived. Bring it back first.") % {"name": team.name}
    if language not in dict(settings.LANGUAGES):
        problems["language"] = _("This choice does not exist.")
    return problems


@contextmanager
def _once(email: str) -> Iterator[None]:
    """Two administrators who invite the same address in the same moment: the second one hears it."""
    try:
        yield
    except IntegrityError as error:
        words = _("%(mail)s is invited already. Send that invitation again, or withdraw it.") % {"mail": email}
        raise UnableToInvite(words, fields={"email": words}) from error


def _limit_mails(by: Scope, now: datetime) -> None:
    if count_request(limits={f"invite:{by.me}": settings.INVITATION_MAILS_PER_MINUTE}, now=now):
        raise TooManyTries(_("Too many invitations in one minute. Please wait a minute."))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _new_link(invitation: Invitation, now: datetime) -> str:
    """Signed, so that guesses are turned away without the database; random, so that it is worth nothing without this one row."""
    token = signing.dumps(secrets.token_urlsafe(24), salt=SALT)
    invitation.digest = _digest(token)
    invitation.expires_at = now + timedelta(days=settings.INVITATION_DAYS)
    return token


def _send(invitation: Invitation, *, token: str, now: datetime) -> None:
    """Outside the transaction: a slow mail server holds no lock. Raises `UnableToSendMail`."""
    with translation.override(invitation.language):
        context: dict[str, Any] = {
            "invitation": invitation,
            "inviter": invitation.invited_by,
            "link": f"{settings.SITE_URL}{reverse('people:invited', args=[token])}",
        }
        mail = EmailMultiAlternatives(
            subject=" ".join(_("Your invitation to Dingke").split()),
            body=_rendered("people/mail/invitation.txt", context),
            to=[invitation.email],
            headers={"Auto-Submitted": "auto-generated"},
        )
        mail.attach_alternative(_rendered("people/mail/invitation.html", context), "text/html")
        try:
            mail.send()
        except OSError as error:  # SMTP errors are OSErrors
            failed: OSError | None = error
        else:
            failed = None
    if failed is not None:
        words = _("The mail server did not take the mail to %(mail)s. The invitation is kept: check the mail settings, then send it again.")
        raise UnableToSendMail(words % {"mail": invitation.email}) from failed
    invitation.sent_at, invitation.mails = now, invitation.mails + 1
    invitation.save(update_fields=["sent_at", "mails"])


def _rendered(template: str, context: dict[str, Any]) -> str:
    return str(engines["jinja2"].get_template(template).render(context)).strip() + "\n"


# ---- taking up ------------------------------------------------------------------------------------------------------------


def open_invitation(*, token: str, address: str, now: datetime) -> Invitation:
    """The invitation behind a link. Raises `NotVisible` for a link that nobody sent, `UnableToAccept` for one that is over."""
    if count_request(limits={f"invited:{address}": TRIES_PER_MINUTE}, now=now):
        raise TooManyTries(_("Too many requests. Please try again in a minute."))
    return _opened(token, now)


def _opened(token: str, now: datetime, *, locked: bool = False) -> Invitation:
    try:
        signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise NotVisible(_("This link leads nowhere. Open it from the mail as a whole.")) from error
    rows = Invitation.objects.select_for_update(of=("self",)) if locked else Invitation.objects.all()
    invitation = rows.filter(digest=_digest(token)).first()
    if invitation is None:
        raise UnableToAccept(_("A newer link was sent after this one. Open the newest mail."))
    state = queries.state_of(invitation, now)
    if state is queries.State.ACCEPTED:
        raise UnableToAccept(_("This invitation was taken up already. Sign in."))
    if state is queries.State.WITHDRAWN:
        raise UnableToAccept(_("This invitation was withdrawn. Ask your administrator."))
    if state is queries.State.EXPIRED:
        raise UnableToAccept(_("This invitation is too old. Ask your administrator to send it again."))
    return invitation


@transaction.atomic
def accept(*, token: str, name: str, password: str, now: datetime) -> User:
    """Takes an invitation up: the person is there, with the role and team of the invitation, and the link is used up.

    Raises `Invalid` naming the fields (password rules, name), `UnableToAccept` when the link is over.
    """
    invitation = _opened(token, now, locked=True)
    if not password:
        raise Invalid(_("Choose a password."), fields={"password": _("Choose a password.")})
    return _person(invitation, name=name, password=password, now=now)


@transaction.atomic
def accept_by_identity(*, emails: Iterable[str], name: str, now: datetime) -> User | None:
    """The person that an open invitation to one of these verified addresses makes; None when nobody invited them."""
    rows = Invitation.objects.select_for_update(of=("self",)).filter(
        email__in=list(emails), accepted_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=now
    )
    invitation = rows.order_by("pk").first()
    if invitation is None:
        return None
    shown = name.strip() or invitation.name or invitation.email.partition("@")[0]
    return _person(invitation, name=shown, password=None, now=now)


def _person(invitation: Invitation, *, name: str, password: str | None, now: datetime) -> User:
    team = invitation.team if invitation.team and invitation.team.archived_at is None else None
    name = " ".join(name.split())[:80]
    if not name:
        raise Invalid(_("You need a name."), fields={"name": _("You need a name.")})
    user = add_user(
        username=proposed_username(name),
        name=name,
        email=invitation.email,
        role=Role(invitation.role),
        team=team,
        password=password,
        by=Scope.system(),
        now=now,
    )
    set_preferences(user=user, language=invitation.language)
    invitation.accepted_at, invitation.person = now, user
    invitation.save(update_fields=["accepted_at", "person"])
    audit.record(target=invitation, action="people.accept_invitation", by=scope_for(user), now=now, summary=user.name)
    return user
