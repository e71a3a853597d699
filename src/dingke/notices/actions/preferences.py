"""What a person chooses: where each kind goes, when it is quiet, when the digest comes; turning a kind off by a link."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from dingke.core import audit
from dingke.core.errors import Invalid, NotVisible
from dingke.core.scope import Scope
from dingke.notices.calc import Mail, Routing
from dingke.notices.models import Preference, Rhythm
from dingke.notices.queries import preferences
from dingke.notices.queries.kinds import all_kinds, kind_of
from dingke.people.models import User

SALT = "dingke.notices.off"
MAIL, BOT, ALL, DIGEST = "mail", "bot", "all", "digest"


@transaction.atomic
def set_routings(*, routings: Mapping[str, Routing], by: Scope) -> None:
    """Saves the caller's choices; a choice that equals the kind's own routing needs no row, so that later defaults apply."""
    for key, routing in routings.items():
        _choose(by.me, key, routing)


def _choose(user_id: int, key: str, routing: Routing) -> None:
    kind = kind_of(key)
    if kind is None:
        raise Invalid(_("This kind of notice does not exist."))
    if routing == kind.routing:
        Preference.objects.filter(user_id=user_id, kind=key).delete()
    else:
        Preference.objects.update_or_create(
            user_id=user_id, kind=key, defaults={"inbox": routing.inbox, "mail": routing.mail.value, "bot": routing.bot}
        )


@transaction.atomic
def set_rhythm(
    *, quiet_from: time | None, quiet_to: time | None, quiet_days: Iterable[int], time_zone: str, digest_hour: int, by: Scope
) -> Rhythm:
    """Saves quiet hours (both times or none), time zone and digest hour of the caller."""
    problems: dict[str, str] = {}
    days = sorted(set(quiet_days))
    if (quiet_from is None) != (quiet_to is None):
        problems["quiet_to" if quiet_to is None else "quiet_from"] = _("Quiet hours need a beginning and an end.")
    if any(not 0 <= day <= 6 for day in days):
        problems["quiet_days"] = _("This day does not exist.")
    if not 0 <= digest_hour <= 23:
        problems["digest_hour"] = _("An hour is 0 to 23.")
    if time_zone and not preferences.known_zone(time_zone):
        problems["time_zone"] = _("This time zone does not exist.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    row, _created = Rhythm.objects.update_or_create(
        user_id=by.me,
        defaults={
            "quiet_from": quiet_from, "quiet_to": quiet_to, "quiet_days": days, "time_zone": time_zone, "digest_hour": digest_hour,
        },
    )  # fmt: skip
    return row


# ---- turning off by one click ------------------------------------------------------------------------------------------


def off_token(*, user_id: int, kind: str, channel: str) -> str:
    """The signed part of a link that turns a kind off on one channel (mail, bot) or all of them; `digest` with no kind."""
    return signing.Signer(salt=SALT, sep="~").sign(f"{user_id}~{kind}~{channel}")


def read_token(token: str) -> tuple[User, str, str]:
    """Who, which kind, which channel. Raises `NotVisible` for a link that nobody signed or whose person is gone."""
    try:
        number, kind, channel = signing.Signer(salt=SALT, sep="~").unsign(token).split("~")
        user_id = int(number)
    except (signing.BadSignature, ValueError) as error:
        raise NotVisible(_("This link is broken. You can choose what you hear under your notices.")) from error
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None or (kind_of(kind) is None and channel != DIGEST):
        raise NotVisible(_("This link is broken. You can choose what you hear under your notices."))
    return user, kind, channel


@transaction.atomic
def turn_off_by_link(*, token: str, now: datetime) -> tuple[str, str]:
    """Does what the link says; doing it twice changes nothing more. The signature stands for the person: no sign-in needed."""
    user, kind, channel = read_token(token)
    by = Scope(user_id=user.pk, name=str(user))
    if channel == DIGEST:
        own = preferences.own_routings(user.pk)
        for each in all_kinds():
            if own.get(each.key, each.routing).mail is Mail.DIGEST:
                _turn_off(user.pk, each.key, MAIL)
    else:
        _turn_off(user.pk, kind, channel)
    audit.record(target=user, action="notices.turn_off", by=by, now=now, summary=f"{kind or channel} {channel}".strip())
    return kind, channel


@transaction.atomic
def turn_off(*, kind: str, channel: str, by: Scope) -> None:
    """Turns a kind off for the caller: on one channel or on all."""
    if kind_of(kind) is None or channel not in (MAIL, BOT, ALL):
        raise Invalid(_("This kind of notice does not exist."))
    _turn_off(by.me, kind, channel)


@transaction.atomic
def turn_on_again(*, kind: str, by: Scope) -> None:
    """Back to the routing that the kind has for everybody."""
    Preference.objects.filter(user_id=by.me, kind=kind).delete()


def _turn_off(user_id: int, key: str, channel: str) -> None:
    kind = kind_of(key)
    assert kind is not None  # both callers have checked it
    now = preferences.routings(key, [user_id]).get(user_id, kind.routing)
    _choose(
        user_id,
        key,
        Routing(
            inbox=now.inbox and channel != ALL,
            mail=Mail.OFF if channel in (MAIL, ALL) else now.mail,
            bot=now.bot and channel not in (BOT, ALL),
        ),
    )
