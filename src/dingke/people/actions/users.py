"""Verbs on people: adding, changing, closing and opening an account, passwords, a person's own profile."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from allauth.account.forms import ResetPasswordForm
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from dingke.core import access, audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.core.search_keys import pinyin_forms
from dingke.people.calc import Role
from dingke.people.models import Team, User
from dingke.people.queries.directory_source import owned_fields, why_owned

USER_FIELDS = ["username", "name", "email", "role", "team", "phone", "title", "is_active", "is_outside"]
USERNAME = re.compile(r"[a-z0-9._@+-]{1,150}")


class UnableToDeactivate(Invalid):
    """The person has to stay: nobody else could do what he or she does."""


class UnableToSendMail(Refusal):
    """The mail did not go out; nothing was changed."""


def username_from(name: str) -> str:
    """A sign-in name from a name: Darcel Schlecht -> darcel.schlecht, 周敏 -> zhoumin."""
    words = re.findall(r"[a-z0-9]+", unicodedata.normalize("NFKD", name).lower())
    return ".".join(words) if words else pinyin_forms(name)[0] or "person"


def proposed_username(name: str) -> str:
    """The sign-in name that is made from a name, with a number where it is taken; "" while there is no name."""
    if not name.strip():
        return ""
    base = username_from(name)[:140]
    taken = set(User.objects.filter(username__startswith=base).order_by().values_list("username", flat=True))
    candidate, number = base, 1
    while candidate in taken:
        number += 1
        candidate = f"{base}{number}"
    return candidate


def _problems(user: User) -> dict[str, str]:
    """What is wrong with the facts of a person, by field."""
    problems: dict[str, str] = {}
    others = User.objects.exclude(pk=user.pk)
    if not user.username or not user.name:
        problems["username" if not user.username else "name"] = _("A person needs a sign-in name and a name.")
    elif not USERNAME.fullmatch(user.username):
        problems["username"] = _("A sign-in name has small letters, figures, and . _ @ + - only.")
    elif others.filter(username=user.username).exists():
        problems["username"] = _("This sign-in name is taken.")
    if user.email:
        try:
            validate_email(user.email)
        except ValidationError:
            problems["email"] = _("This is not a mail address.")
        else:
            if others.filter(email__iexact=user.email).exists():
                problems["email"] = _("Somebody already has this mail address.")
    if user.role not in Role.__members__:
        problems["role"] = _("This role does not exist.")
    return problems


# Django 5.2 rewrote this sentence and ships no Chinese for it; named here it comes into our catalogue, for every page that shows it.
DJANGO_TOO_SHORT = ngettext_lazy(
    "This password is too short. It must contain at least %d character.",
    "This password is too short. It must contain at least %d characters.",
)


def _password_problem(password: str, user: User) -> str:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def _refuse(problems: Mapping[str, str]) -> None:
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)


@transaction.atomic
def add_user(
    *, username: str, name: str, role: Role, by: Scope, now: datetime, email: str = "", team: Team | None = None, phone: str = "",
    title: str = "", password: str | None = None,
) -> User:  # fmt: skip
    """Adds a person. Without a password the account cannot sign in until one is set by the reset mail. Raises `Invalid`."""
    access.needs(by, "people.edit").enforce()
    user = User(
        username=username.strip().lower(),
        name=name.strip(),
        email=email.strip().lower(),
        role=Role(role).value,
        team=team,
        phone=phone.strip(),
        title=title.strip(),
        pinyin=pinyin_forms(name)[0],
    )
    problems = _problems(user)
    if password and (problem := _password_problem(password, user)):
        problems["password"] = problem
    _refuse(problems)
    if password:
        user.set_password(password)
    else:
        user.set_unusable_password()
    user.save()
    audit.record(target=user, action="people.add_user", by=by, now=now, summary=user.name)
    return user


@transaction.atomic
def edit_user(
    *, user: User, values: Mapping[str, Any], by: Scope, now: datetime, action: str = "people.edit_user", reason: str = ""
) -> User:
    """Changes a person's facts. The last active administrator cannot be taken away. Raises `Invalid` naming the fields.

    Another role needs a `reason`, which the audit entry keeps.
    """
    access.needs(by, "people.edit").enforce()
    administrators = set(
        User.objects.select_for_update().filter(role=Role.ADMINISTRATOR, is_active=True).order_by("pk").values_list("pk", flat=True)
    )
    fresh = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    before = snapshot_of(fresh, USER_FIELDS)
    for field, value in values.items():
        if field in USER_FIELDS:
            setattr(fresh, field, value.strip() if isinstance(value, str) else value)
    fresh.username, fresh.email, fresh.role = fresh.username.lower(), fresh.email.lower(), str(fresh.role)
    fresh.pinyin = pinyin_forms(fresh.name)[0]
    _refuse(_problems(fresh))
    stays = fresh.role == Role.ADMINISTRATOR and fresh.is_active
    if administrators == {fresh.pk} and not stays:
        raise UnableToDeactivate(_("This is the last administrator. Make somebody else an administrator first."))
    changes = audit.changes_between(before, snapshot_of(fresh, USER_FIELDS))
    _refuse({name: why_owned() for name in sorted(set(changes) & owned_fields(user))})
    if "role" in changes:
        reason = " ".join(reason.split())[:200]
        if not reason:
            message = _("Say why the role changes. The reason stays in the audit trail.")
            raise Invalid(message, fields={"reason": message})
        changes["reason"] = ["", reason]
    if changes:
        fresh.save()
        audit.record(target=fresh, action=action, by=by, now=now, changes=changes)
    return fresh


def deactivate_user(*, user: User, by: Scope, now: datetime) -> User:
    """Closes a person's account: no more signing in, from the next click on. What the person owned stays as it is.

    Raises `UnableToDeactivate` for the last administrator and for oneself.
    """
    if user.pk == by.user_id:
        raise UnableToDeactivate(_("You cannot close your own sign-in. Ask another administrator."))
    return edit_user(user=user, values={"is_active": False}, by=by, now=now, action="people.deactivate_user")


def reactivate_user(*, user: User, by: Scope, now: datetime) -> User:
    return edit_user(user=user, values={"is_active": True}, by=by, now=now, action="people.reactivate_user")


@transaction.atomic
def set_password(*, user: User, password: str, by: Scope, now: datetime) -> None:
    """Gives a person a password to start with. It goes through the same checks as one's own; other sign-ins of the person end."""
    access.needs(by, "people.edit").enforce()
    if user.pk == by.user_id:
        raise Invalid(_("Change your own password on your profile."))
    if problem := _password_problem(password, user):
        raise Invalid(problem, fields={"password": problem})
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record(target=user, action="people.set_password", by=by, now=now, summary=user.name)


@transaction.atomic
def send_reset_mail(*, user: User, request: HttpRequest, by: Scope, now: datetime) -> None:
    """Sends the link by which the person chooses a password, in that person's language. Raises `UnableToSendMail`.

    The request is what allauth makes the address in the mail from.
    """
    access.needs(by, "people.edit").enforce()
    if not user.is_active:
        raise UnableToSendMail(_("This sign-in is closed. Open it first."))
    if not user.email:
        raise UnableToSendMail(_("There is no mail address. Enter one, or set a password by hand."))
    audit.record(target=user, action="people.send_reset_mail", by=by, now=now, summary=user.name)
    with translation.override(user.language or settings.LANGUAGE_CODE):
        form = ResetPasswordForm({"email": user.email})
        known = form.is_valid() and user.pk in {found.pk for found in form.users}
        if known:
            form.users = [user]
            try:
                form.save(request)
            except OSError as error:  # SMTP errors are OSErrors
                failed: OSError | None = error
            else:
                failed = None
    if not known:
        raise UnableToSendMail(_("The mail address %(mail)s cannot be written to.") % {"mail": user.email})
    if failed is not None:
        raise UnableToSendMail(_("The mail server did not take the mail. Check the mail settings, or set a password by hand.")) from failed


@transaction.atomic
def edit_me(*, name: str, phone: str, by: Scope, now: datetime) -> User:
    """A person's own name and mobile. Sign-in name, mail, role and team are an administrator's."""
    user = User.objects.select_for_update(of=("self",)).filter(pk=by.me).first()
    if user is None:
        raise Invalid(_("Sign in first."))
    before = snapshot_of(user, USER_FIELDS)
    user.name, user.phone = name.strip(), phone.strip()
    said = snapshot_of(user, USER_FIELDS)
    _refuse({field: why_owned() for field in sorted(set(audit.changes_between(before, said)) & owned_fields(user))})
    if not user.name:
        raise Invalid(_("You need a name."), fields={"name": _("You need a name.")})
    user.pinyin = pinyin_forms(user.name)[0]
    audit.save_with_audit(target=user, fields=USER_FIELDS, action="people.edit_me", by=by, now=now, before=before)
    return user


@transaction.atomic
def set_preferences(*, user: User, language: str = "", theme: str = "") -> None:
    """Stores how the person likes to read; empty leaves a choice as it is."""
    if language:
        user.language = language
    if theme:
        user.theme = theme
    user.save(update_fields=["language", "theme"])
