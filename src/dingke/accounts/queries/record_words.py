"""How the record says what was done: a phrase after the person's name, an icon, and names of fields that no model names."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Collaborator, Consent

# action code -> phrase; "*.verb" for actions of other domains, "*" for the rest
ACTIONS: dict[str, str | Promise] = {
    "accounts.create": _("created the account"),
    "accounts.edit": _("changed the account"),
    "accounts.assigned": _("assigned the account"),
    "accounts.claimed": _("claimed the account from the pool"),
    "accounts.released": _("released the account to the pool"),
    "accounts.recycled": _("returned the account to the pool by rule"),
    "accounts.recycle_notice": _("announced that the account goes back to the pool"),
    "accounts.share": _("shared the account"),
    "accounts.unshare": _("ended sharing"),
    "accounts.archive": _("archived the account"),
    "accounts.restore": _("restored the account"),
    "accounts.stage": _("moved the account to another stage"),
    "accounts.merge": _("merged a duplicate into this account"),
    "accounts.merged_away": _("merged this account into another"),
    "accounts.unmerge": _("undid a merge"),
    "accounts.nominate": _("nominated the account as a key account"),
    "accounts.mark_key": _("made it a key account"),
    "accounts.end_key": _("ended the key account mark"),
    "accounts.confirm_face": _("confirmed the face"),
    "contacts.add": _("added a contact"),
    "contacts.edit": _("changed a contact"),
    "contacts.consent": _("wrote down a consent"),
    "contacts.archive": _("archived a contact"),
    "contacts.restore": _("restored a contact"),
    "notes.edit": _("corrected an entry"),
    "notes.archive": _("took an entry away"),
    "notes.restore": _("brought an entry back"),
    "todos.add": _("added a to-do"),
    "todos.edit": _("changed a to-do"),
    "todos.finish": _("finished a to-do"),
    "todos.reopen": _("reopened a to-do"),
    "todos.snooze": _("put a to-do off"),
    "todos.reassign": _("handed a to-do on"),
    "todos.archive": _("dropped a to-do"),
    "todos.restore": _("took a to-do up again"),
    "dates.add": _("added a day to remember"),
    "dates.edit": _("changed a day to remember"),
    "dates.archive": _("removed a day to remember"),
    "dates.restore": _("brought a day to remember back"),
    "invoices.add": _("added invoicing details"),
    "invoices.edit": _("changed invoicing details"),
    "invoices.archive": _("removed invoicing details"),
    "invoices.restore": _("brought invoicing details back"),
    "*.add": _("added something"),
    "*.create": _("created something"),
    "*.edit": _("changed something"),
    "*.archive": _("removed something"),
    "*.restore": _("brought something back"),
    "*.decide": _("decided"),
    "*": _("changed something"),
}

ICONS: dict[str, str] = {
    "NOTE": "note",
    "CALL": "phone",
    "MEETING": "users",
    "MAIL": "mail",
    "WECHAT": "brand-wechat",
    "accounts.create": "building-plus",
    "accounts.assigned": "user-share",
    "accounts.claimed": "hand-grab",
    "accounts.released": "arrow-back-up",
    "accounts.recycled": "recycle",
    "accounts.share": "users-plus",
    "accounts.stage": "stairs-up",
    "accounts.nominate": "award",
    "accounts.mark_key": "award",
    "add": "plus",
    "create": "plus",
    "edit": "pencil",
    "archive": "archive",
    "restore": "restore",
    "finish": "check",
    "reopen": "rotate",
    "snooze": "clock-pause",
    "reassign": "user-share",
    "consent": "writing-sign",
    "decide": "gavel",
}

FIELDS: dict[str, str | Promise] = {
    "jobs": _("Jobs"),
    "ways": _("Ways of contact"),
    "owner": _("Owner"),
    "contact": _("Contact"),
    "assignee": _("Who does it"),
    "title": _("Title"),
    "due_date": _("Due"),
    "done_at": _("Done"),
    "archived_at": _("Archived"),
    "kind": _("Kind"),
    "text": _("Text"),
    "at": _("When"),
    "custom": _("Own fields"),
    "custom_fields": _("Own fields"),
    "face": _("Face"),
    "extra_step": _("Extra step"),
    "external_key": _("Key in your other systems"),
    "currency": _("Currency"),
    "state": _("State"),
}

# actions whose changes carry codes of their own: names of the fields, words of the values
CODED: dict[str, tuple[dict[Any, Any], dict[Any, Any]]] = {
    "contacts.consent": (dict(Consent.Channel.choices), {True: _("agrees"), False: _("does not agree")}),
    "accounts.share": ({}, dict(Collaborator.Level.choices)),
    "accounts.unshare": ({}, dict(Collaborator.Level.choices)),
}
