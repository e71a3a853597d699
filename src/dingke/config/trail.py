"""The audit trail across domains: what records are called and where they are, what was done in words, how an old value goes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from dingke.accounts.actions import account, contacts, dates
from dingke.accounts.models import Account, Contact, KeyDate
from dingke.accounts.queries import parts, record_words
from dingke.accounts.queries.account import account_for
from dingke.config import trail_words
from dingke.core.links import link_to
from dingke.core.scope import Scope
from dingke.core.trail import Kind, Restorer, Words
from dingke.ledger.actions import products
from dingke.ledger.models import Product
from dingke.ledger.queries import records
from dingke.people import actions as people_actions
from dingke.people.models import User
from dingke.people.queries import directory


def _page(name: str) -> Callable[[int, int | None], str]:
    return lambda record_id, _account: link_to(name, record_id)


def _of_account(record_id: int, account_id: int | None) -> str:
    return link_to("workspace:account", account_id) if account_id else ""


KINDS: dict[str, Kind] = {
    "accounts.account": Kind(label=_("Account"), link=_page("workspace:account")),
    "accounts.contact": Kind(label=_("Contact"), link=_of_account),
    "accounts.note": Kind(label=_("Timeline entry"), link=_of_account),
    "accounts.todo": Kind(label=_("To-do"), link=_of_account),
    "accounts.keydate": Kind(label=_("Key date"), link=_of_account),
    "accounts.invoicetitle": Kind(label=_("Invoice title"), link=_of_account),
    "accounts.dossierentry": Kind(label=_("Dossier fact"), link=_of_account),
    "accounts.question": Kind(label=_("Open question"), link=_of_account),
    "accounts.accountcompetitor": Kind(label=_("Competitor at the account"), link=_of_account),
    "accounts.nomination": Kind(label=_("Nomination"), link=_page("accounts:nomination")),
    "accounts.stagedismissal": Kind(label=_("Dismissed stage"), link=_of_account),
    "accounts.tag": Kind(label=_("Tag"), link=lambda _id, _account: link_to("accounts:tags")),
    "approvals.approval": Kind(label=_("Request for approval"), link=_page("approvals:detail")),
    "insights.alert": Kind(label=_("Warning"), link=_of_account),
    "insights.losscase": Kind(label=_("Case of risk of loss"), link=_page("insights:case")),
    "insights.risk": Kind(label=_("Risk"), link=_of_account),
    "insights.assessment": Kind(
        label=_("Value assessment"), link=lambda _id, account: link_to("insights:assessment", account) if account else ""
    ),
    "insights.relationshipmark": Kind(label=_("Mark on the relation"), link=_of_account),
    "insights.accountreview": Kind(label=_("Review of the account"), link=_of_account),
    "insights.portfolioreview": Kind(label=_("Monthly portfolio review"), link=lambda _id, _account: link_to("insights:portfolio_review")),
    "ledger.order": Kind(label=_("Order"), link=_of_account),
    "ledger.receivable": Kind(label=_("Receivable"), link=_of_account),
    "ledger.payment": Kind(label=_("Payment"), link=_of_account),
    "ledger.incentive": Kind(label=_("Incentive"), link=_of_account),
    "ledger.product": Kind(label=_("Product"), link=lambda _id, _account: link_to("ledger:products")),
    "library.entry": Kind(label=_("Entry of the library"), link=_page("library:entry")),
    "library.portrait": Kind(label=_("Portrait"), link=lambda _id, _account: link_to("library:portraits")),
    "library.ladderlevel": Kind(label=_("Level of the ladder"), link=lambda _id, _account: link_to("library:ladder")),
    "stakeholders.buyingcentre": Kind(label=_("Map of a buying centre"), link=_page("stakeholders:map")),
    "stakeholders.stakeholder": Kind(label=_("Person on a map"), link=_of_account),
    "stakeholders.chainstep": Kind(label=_("Step of a decision chain"), link=_of_account),
    "stakeholders.needentry": Kind(label=_("Need or preference"), link=_of_account),
    "pipeline.prospect": Kind(label=_("Prospect"), link=_page("pipeline:prospect")),
    "pipeline.prospectprofile": Kind(label=_("Target profile"), link=lambda _id, _account: link_to("pipeline:prospects")),
    "pipeline.opportunity": Kind(label=_("Opportunity"), link=_page("pipeline:deal")),
    "pipeline.opportunitycompetitor": Kind(label=_("Rival in a deal"), link=_of_account),
    "pipeline.steprun": Kind(label=_("Step of a deal"), link=_of_account),
    "pipeline.playbook": Kind(label=_("Playbook"), link=_page("pipeline:playbook")),
    "qualification.dealreview": Kind(label=_("Deal review"), link=_page("qualification:review")),
    "qualification.reviewitem": Kind(label=_("Deal on the agenda of a review"), link=_of_account),
    "qualification.demoplan": Kind(label=_("Demonstration plan"), link=_page("qualification:demo_plan")),
    "qualification.demolistener": Kind(label=_("Listener of a demonstration"), link=_of_account),
    "qualification.demoblock": Kind(label=_("Block of a demonstration"), link=_of_account),
    "qualification.demorehearsal": Kind(label=_("Rehearsal"), link=_of_account),
    "qualification.demofollowup": Kind(label=_("What a demonstration left open"), link=_of_account),
    "qualification.valuecase": Kind(label=_("Value calculation"), link=_of_account),
    "qualification.valueline": Kind(label=_("Lever of a value calculation"), link=_of_account),
    "qualification.valueversion": Kind(label=_("Version of a value calculation"), link=_of_account),
    "qualification.sheetelement": Kind(label=_("Element of a 7+3 sheet"), link=_of_account),
    "qualification.discovery": Kind(label=_("Discovery sheet"), link=_of_account),
    "qualification.spinquestion": Kind(label=_("SPIN question"), link=_of_account),
    "qualification.amplification": Kind(label=_("Amplified need"), link=_of_account),
    "qualification.threeneed": Kind(label=_("One of the three needs"), link=_of_account),
    "qualification.nextaction": Kind(label=_("Next action of a deal"), link=_of_account),
    "qualification.confirmedneed": Kind(label=_("Need of a deal"), link=_of_account),
    "qualification.needbenefit": Kind(label=_("Benefit for a need"), link=_of_account),
    "qualification.objection": Kind(label=_("Objection"), link=_of_account),
    "notices.webhook": Kind(label=_("Webhook"), link=_page("notices:webhook")),
    "people.user": Kind(label=_("Person"), link=_page("people:person")),
    "people.team": Kind(label=_("Team"), link=lambda record_id, _account: f"{link_to('people:teams')}?team={record_id}"),
    "people.invitation": Kind(label=_("Invitation"), link=lambda _id, _account: link_to("people:invitations")),
    "people.territory": Kind(label=_("Territory"), link=lambda _id, _account: link_to("people:territories")),
    "people.apitoken": Kind(label=_("Access token")),
    "core.job": Kind(label=_("Long work"), link=_page("core:job")),
    "core.setting": Kind(label=_("Rules")),
    "core.listitem": Kind(label=_("List entry"), link=lambda _id, _account: link_to("core:lists")),
    "core.customfield": Kind(label=_("Field of your own"), link=lambda _id, _account: link_to("core:fields")),
    "core.savedview": Kind(label=_("Saved view")),
    "core.importrun": Kind(label=_("Import")),
}

ACTIONS: dict[str, Words] = {
    **record_words.ACTIONS,
    **trail_words.ACTIONS,
    "accounts.hand_over": _("handed over what a leaver had"),
    "accounts.hand_back": _("took a hand-over back"),
    "accounts.nomination_handed": _("handed a nomination on"),
    "accounts.export": _("exported accounts"),
    "accounts.export_fetched": _("fetched an exported file"),
    "accounts.export_dossier": _("exported a dossier"),
    "ledger.export": _("exported orders and money"),
    "insights.export": _("exported values"),
    "audit.export": _("exported the audit trail"),
    "approvals.ask": _("asked for approval"),
    "approvals.decide": _("decided on a request"),
    "approvals.withdraw": _("took a request back"),
    "approvals.hand_over": _("gave an approval to somebody else"),
    "approvals.hand_back": _("gave an approval back"),
    "people.add_user": _("added a person"),
    "people.edit_user": _("changed a person"),
    "people.directory_sync": _("brought people from the directory"),
    "people.directory_refused": _("could not bring people from the directory"),
    "people.edit_me": _("changed the own profile"),
    "people.deactivate_user": _("closed a sign-in"),
    "people.reactivate_user": _("opened a sign-in"),
    "people.set_password": _("set a password"),
    "people.send_reset_mail": _("sent a password link"),
    "people.reset_second_factor": _("reset a second factor"),
    "people.end_session": _("signed a person out on one device"),
    "people.end_sessions": _("signed a person out everywhere"),
    "people.create_token": _("made an access token"),
    "people.revoke_token": _("revoked an access token"),
    "people.invite": _("invited somebody"),
    "people.invite_again": _("sent an invitation again"),
    "people.withdraw_invitation": _("withdrew an invitation"),
    "people.accept_invitation": _("took up an invitation"),
    "people.add_team": _("added a team"),
    "people.rename_team": _("renamed a team"),
    "people.lead_team": _("changed who leads a team"),
    "people.move_team": _("moved a team"),
    "people.move_member": _("moved a person to another team"),
    "people.archive_team": _("archived a team"),
    "people.restore_team": _("brought a team back"),
    "people.add_territory": _("added a territory"),
    "people.edit_territory": _("changed a territory"),
    "people.archive_territory": _("archived a territory"),
    "people.restore_territory": _("brought a territory back"),
    "settings.edit": _("changed rules"),
    "todos.hand_over": _("handed a to-do over"),
    "views.hand_over": _("handed a shared view over"),
    "products.edit": _("changed a product"),
    "ledger.edit_order": _("changed an order"),
    "ledger.cancel_order": _("cancelled an order"),
    "ledger.record_payment": _("recorded a payment"),
}

FIELDS: dict[str, Words] = {
    **record_words.FIELDS,
    "handover": _("Number of the hand-over"),
    "given": _("Handed over"),
    "kept": _("Changed since"),
    "to": _("Who takes over"),
    "leaders": _("Leaders"),
    "members": _("Members"),
    "regions": _("Regions"),
    "industries": _("Industries"),
    "path": _("Place in the tree"),
    "teams": _("Number of teams"),
    "moved_accounts": _("Accounts that came along"),
    "no_longer_sees": _("No longer see them"),
    "sees_now": _("See them from then on"),
    "rows": _("Rows"),
    "filters": _("Filters"),
    "columns": _("Columns"),
    "format": _("Format"),
    "decision": _("Decision"),
    "approver": _("Approver"),
    "requested_by": _("Asked by"),
    "proposed_by": _("Proposed by"),
    "is_active": _("May sign in"),
    "proposed_stage": _("Proposed stage"),
    "size_tier": _("Size tier"),
    "outcome": _("Outcome"),
    "act": _("What was done"),
    "snoozed_until": _("Snoozed until"),
    "snooze_reason": _("Why it can wait"),
    "close_reason": _("Why it was closed"),
    "result": _("Result"),
    "rival": _("Rival"),
    "step": _("Step"),
    "sign": _("Sign"),
    "likelihood": _("Probability"),
    "impact": _("Impact"),
    "response": _("Response"),
    "team_only": _("For the account team alone"),
    "attitude": _("Attitude"),
    "evidence": _("Evidence"),
    "line": _("Line of a map"),
    "people": _("People on the map"),
    "roles": _("Roles"),
    "x": _("Place across"),
    "y": _("Place down"),
}


def _write_account(*, record: Account, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None) -> object:
    return account.edit_account(account=record, values=values, by=by, now=now, expected_version=expected_version)


def _write_contact(*, record: Contact, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None) -> object:
    return contacts.edit_contact(contact=record, values=values, by=by, now=now, expected_version=expected_version)


def _write_date(*, record: KeyDate, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None) -> object:
    return dates.edit_key_date(key_date=record, values=values, by=by, now=now, expected_version=expected_version)


def _write_product(*, record: Product, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None) -> object:
    return products.edit_product(product=record, values=values, by=by, now=now, expected_version=expected_version)


def _write_user(*, record: User, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None) -> object:
    """A person carries no version; the row is locked and was compared with the entry a moment ago."""
    return people_actions.edit_user(user=record, values=values, reason=str(_("put back from the audit trail")), by=by, now=now)


RESTORERS: dict[str, Restorer] = {
    "accounts.account": Restorer(fields=tuple(account.FACTS), load=account_for, write=_write_account),
    "accounts.contact": Restorer(
        fields=("name", "salutation", "note", "custom", "left_date"), load=parts.contact_for, write=_write_contact
    ),
    "accounts.keydate": Restorer(
        fields=("kind", "label", "on_date", "is_yearly", "remind_days"), load=parts.key_date_for, write=_write_date
    ),
    "ledger.product": Restorer(fields=tuple(products.FACTS), load=records.product_for, write=_write_product),
    "people.user": Restorer(
        fields=("username", "name", "email", "role", "team", "phone", "title"), load=directory.person_for, write=_write_user
    ),
}  # fmt: skip
