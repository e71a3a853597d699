"""What the maps hold of one person, for the page that says what is held of somebody."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from dingke.accounts.models import Contact
from dingke.accounts.queries.privacy import MOST, Part
from dingke.core.scope import Scope
from dingke.stakeholders import access
from dingke.stakeholders.calc.personality import PERSONALITY_OF, PROFILE_FIELDS
from dingke.stakeholders.calc.roles import ROLE_OF
from dingke.stakeholders.calc.support import GUIDE_OF, Attitude
from dingke.stakeholders.models import NeedEntry, Stakeholder, Stance
from dingke.stakeholders.queries.map import said, title_of


def parts_of(scope: Scope, contact: Contact) -> list[Part]:
    """Maps, attitudes, needs. What is for the account team alone is named to others, and handed out by the team (A-18)."""
    rows = list(Stakeholder.objects.filter(contact=contact).select_related("centre").order_by("-centre__is_standing", "pk")[:MOST])
    on_team = bool(rows) and bool(access.is_on_team(scope, contact.account))
    facts = tuple((title_of(row.centre), label, value) for row in rows for label, value in _facts(row, on_team=on_team) if value)
    stances = Stance.objects.filter(stakeholder__contact=contact).select_related("by").order_by("-on_date", "-pk")[:MOST]
    needs = NeedEntry.objects.filter(contact=contact).select_related("by").order_by("-on_date", "-pk")[:MOST]
    return [
        Part(
            "buying_centre", _("Buying centre"), _("How the person takes part in decisions, as the account team judges it."),
            (("map", _("Map")), ("field", _("Field")), ("value", _("What is stored"))), facts,
        ),
        Part(
            "attitudes", _("Attitudes"), _("Every statement is kept; the newest holds."),
            (("on_date", _("Date")), ("attitude", _("Attitude")), ("evidence", _("Evidence")), ("author", _("Who wrote it"))),
            tuple((row.on_date, said(GUIDE_OF[Attitude(row.attitude)].label), row.evidence, str(row.by or "")) for row in stances),
        ),
        Part(
            "needs", _("Needs and preferences"), _("What the person told us."),
            (("on_date", _("Date")), ("text", _("What was learnt")), ("author", _("Who wrote it"))),
            tuple((row.on_date, row.text, str(row.by or "")) for row in needs),
        ),
    ]  # fmt: skip


def _facts(row: Stakeholder, *, on_team: bool) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = [
        (_("Roles"), ", ".join(said(ROLE_OF[code].label) for code in row.roles if code in ROLE_OF)),
        (_("Influence (1-5)"), row.influence),
        (_("Inside supporter"), row.is_supporter),
        (_("Key person"), row.is_key_person),
        (_("Approach"), row.approach),
        (_("First visit"), row.first_visit_date),
        (_("Last contact"), row.last_contact_date),
    ]
    if row.competence_accepted is not None:
        found.append((_("Accepts our competence"), _("Yes") if row.competence_accepted else _("No")))
    if row.impression_good is not None:
        found.append((_("Has a good impression of us"), _("Yes") if row.impression_good else _("No")))
    if on_team:
        kind = PERSONALITY_OF.get(row.personality)
        found += [(_("Personality"), said(kind.label) if kind else ""), (_("How to talk with this person"), row.style_note)]
        found += [(said(label), row.profile.get(key, "")) for key, label in PROFILE_FIELDS.items()]
    elif row.personality or row.style_note or row.profile:
        found.append((_("Personality, style and profile"), _("Stored; seen by the account team alone, which hands it out on request.")))
    return found
