"""What people type about their notices. Shape only: actions decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from dingke.core.forms import RefusableForm
from dingke.notices.calc import Mail, Routing
from dingke.notices.models import Rhythm
from dingke.notices.queries import preferences
from dingke.notices.queries.kinds import Kind, all_kinds
from dingke.notices.queries.webhooks import known_events

DAYS = [(0, _("Mon")), (1, _("Tue")), (2, _("Wed")), (3, _("Thu")), (4, _("Fri")), (5, _("Sat")), (6, _("Sun"))]


class RhythmForm(RefusableForm):
    quiet_from = forms.TimeField(label=_("Quiet from"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    quiet_to = forms.TimeField(label=_("until"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    quiet_days = forms.TypedMultipleChoiceField(
        label=_("On these days"), choices=DAYS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    digest_hour = forms.TypedChoiceField(label=_("Digest at"), coerce=int, choices=[(hour, f"{hour:02d}:00") for hour in range(24)])
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = self.fields["time_zone"]
        assert isinstance(zones, forms.ChoiceField)
        zones.choices = [(zone, zone.replace("_", " ")) for zone in preferences.time_zones()]


def rhythm_initial(rhythm: Rhythm) -> dict[str, Any]:
    return {
        "quiet_from": rhythm.quiet_from,
        "quiet_to": rhythm.quiet_to,
        "quiet_days": rhythm.quiet_days if rhythm.pk else list(range(7)),
        "digest_hour": rhythm.digest_hour,
        "time_zone": str(preferences.zone_of(rhythm)),
    }


class BotForm(RefusableForm):
    """A bot: for adding with an address, for editing the address may stay empty."""

    name = forms.CharField(label=_("Name"), max_length=60, required=False)
    address = forms.CharField(
        label=_("Webhook address"),
        max_length=500,
        required=False,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…"}
        ),
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)
    kinds = forms.MultipleChoiceField(label=_("Says these notices"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = self.fields["kinds"]
        assert isinstance(kinds, forms.ChoiceField)
        kinds.choices = [(kind.key, kind.label) for kind in all_kinds()]


class WebhookForm(RefusableForm):
    """A webhook: for adding with an address, for editing the address may stay empty."""

    name = forms.CharField(label=_("Name"), max_length=60, required=False)
    address = forms.CharField(
        label=_("Address"),
        max_length=1_000,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "https://erp.example.com/dingke"}),
    )
    events = forms.MultipleChoiceField(label=_("Events"), error_messages={"required": _("Choose at least one event.")})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        events = self.fields["events"]
        assert isinstance(events, forms.ChoiceField)
        events.choices = [(event.name, event.label) for event in known_events()]


def _moment(label: Any, *, required: bool) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=required,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class AgainForm(RefusableForm):
    """Which span of events is sent again."""

    since = _moment(_("From"), required=True)
    until = _moment(_("To"), required=False)
    only_missing = forms.BooleanField(label=_("Only what did not arrive"), required=False, initial=True)


def routings_from(data: QueryDict, kinds: list[Kind]) -> dict[str, Routing]:
    """The table of choices as posted: `inbox-<kind>`, `mail-<kind>`, `bot-<kind>`; kinds that were not on the page are left alone."""
    found: dict[str, Routing] = {}
    for kind in kinds:
        mail = data.get(f"mail-{kind.key}") or ""
        if mail in Mail.__members__:
            found[kind.key] = Routing(inbox=f"inbox-{kind.key}" in data, mail=Mail(mail), bot=f"bot-{kind.key}" in data)
    return found
