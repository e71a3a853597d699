"""What a person may do with an account that he or she sees."""

from __future__ import annotations

from django.utils.translation import gettext as _

from dingke.accounts.models import Account, Collaborator, Contact, Note, Todo
from dingke.core.access import YES, Answer, needs, no
from dingke.core.scope import Scope
from dingke.people.models import User


def can_create(scope: Scope) -> Answer:
    """Everybody who sells may create accounts."""
    return needs(scope, "accounts.create")


def can_edit(scope: Scope, account: Account) -> Answer:
    """The owner, a colleague it is shared with for editing, the leaders above the owner, and roles that edit everything."""
    if scope.can("*") or scope.can("accounts.edit_all"):
        return _not_archived(account)
    if not scope.can("accounts.edit"):
        return no(_("Your role reads accounts but does not edit them."))
    if account.pool_at is not None:
        return no(_("This account is in the public pool. Claim it first."))
    if account.owner_id in scope.user_ids:
        return _not_archived(account)
    shared = Collaborator.objects.filter(account=account, user_id=scope.me, level=Collaborator.Level.EDIT).exists()
    if shared:
        return _not_archived(account)
    return no(_("This account belongs to %(owner)s. Ask to be added as a collaborator with editing.") % {"owner": account.owner or "—"})


def _not_archived(account: Account) -> Answer:
    return YES if account.archived_at is None else no(_("This account is archived. Restore it first."))


def can_assign(scope: Scope, account: Account) -> Answer:
    """Leaders give accounts of their teams to their people; directors and administrators any account to anybody."""
    if scope.can("*"):
        return YES
    if not scope.can("accounts.assign"):
        return no(_("Only a manager or director assigns accounts."))
    if scope.sees_all or account.owner_id in scope.user_ids or account.pool_at is not None:
        return YES
    return no(_("This account belongs to another team."))


def can_share(scope: Scope, account: Account) -> Answer:
    """The owner and everybody above decide who works on the account beside the owner; a collaborator does not."""
    if scope.can("*") or scope.can("accounts.edit_all") or account.owner_id in scope.user_ids:
        return _not_archived(account)
    return no(_("Only the owner or a manager shares an account."))


def can_archive(scope: Scope, account: Account) -> Answer:
    """Leaders archive and restore accounts of their teams; directors and administrators any."""
    if scope.can("*"):
        return YES
    if not scope.can("accounts.archive"):
        return no(_("Only a manager or director archives accounts."))
    if scope.sees_all or account.owner_id in scope.user_ids:
        return YES
    return no(_("This account belongs to another team."))


def can_release(scope: Scope, account: Account) -> Answer:
    """The owner and everybody above may give an account back to the public pool; a key account stays."""
    if account.is_key:
        return no(_("A key account is not released to the pool. End its mark first."))
    if scope.can("*") or scope.can("accounts.edit_all") or account.owner_id in scope.user_ids:
        return _not_archived(account)
    return no(_("Only the owner or a manager gives an account back to the pool."))


def can_claim(scope: Scope, account: Account) -> Answer:
    """Whoever sells from accounts of their own may take one out of the public pool."""
    if not (scope.can("*") or scope.can("accounts.claim")):
        return no(_("Your role does not claim accounts from the pool."))
    if account.pool_at is None or account.archived_at is not None:
        return no(_("This account is not in the public pool."))
    return YES


def sees_pool_contacts(scope: Scope) -> bool:
    """Whether people and phones in the public pool show without a claim: the part of the rule below that asks for no account."""
    return scope.can("*") or scope.sees_all or scope.can("accounts.assign")


def can_see_contacts(scope: Scope, account: Account) -> Answer:
    """People and phones of an account in the public pool show only after it is claimed, but to those above it: leaders,
    roles with company-wide reach, and colleagues it was shared with by name.
    """
    if account.pool_at is None or sees_pool_contacts(scope):
        return YES
    if Collaborator.objects.filter(account=account, user_id=scope.me).exists():
        return YES
    return no(_("Contacts of an account in the public pool are shown once you have claimed it."))


def can_nominate(scope: Scope, account: Account) -> Answer:
    """Whoever may edit an account and sells may nominate it as a key account."""
    if not (scope.can("*") or scope.can("accounts.nominate")):
        return no(_("Your role does not nominate key accounts."))
    return can_edit(scope, account)


def can_end_mark(scope: Scope, account: Account) -> Answer:
    """Leaders end the key-account mark of accounts of their teams; directors and administrators of any."""
    if scope.can("*"):
        return YES
    if not scope.can("accounts.assign"):
        return no(_("Only a manager or director ends the mark of a key account."))
    if scope.sees_all or account.owner_id in scope.user_ids:
        return YES
    return no(_("This account belongs to another team."))


def can_merge(scope: Scope, kept: Account, gone: Account) -> Answer:
    """Whoever may merge must be able to edit both accounts."""
    if not (scope.can("*") or scope.can("accounts.merge")):
        return no(_("Only a manager, director or administrator merges accounts."))
    return can_edit(scope, kept) and can_edit(scope, gone)


def leads_both(scope: Scope, kept: Account, gone: Account) -> bool:
    """Whether both accounts are the caller's own, of people the caller leads, or in the pool; roles with every account lead all."""
    return scope.sees_all or all(one.owner_id is None or one.owner_id in scope.user_ids for one in (kept, gone))


def can_ask_merge(scope: Scope, kept: Account, gone: Account) -> Answer:
    """Whoever may merge, and may edit one of the two, asks the others by the flow of merges."""
    if not (scope.can("*") or scope.can("accounts.merge")):
        return no(_("Only a manager, director or administrator merges accounts."))
    for account in (kept, gone):
        answer = _not_archived(account)
        if not answer:
            return answer
    return can_edit(scope, kept) or can_edit(scope, gone)


def can_ask_to_keep(scope: Scope, account: Account) -> Answer:
    """The owner and everybody above may ask that an account stays although the rules of the pool would take it back."""
    if account.owner_id is None:
        return no(_("This account is in the public pool. Claim it first."))
    if account.is_key:
        return no(_("Key accounts do not go to the pool."))
    if scope.can("*") or scope.can("accounts.edit_all") or account.owner_id in scope.user_ids:
        return _not_archived(account)
    return no(_("Only the owner or a manager asks for this."))


def can_undo_merge(scope: Scope, kept: Account) -> Answer:
    """Whoever may merge and leads the account that was kept may take a merge back."""
    if not (scope.can("*") or scope.can("accounts.merge")):
        return no(_("Only a manager, director or administrator merges accounts."))
    return can_edit(scope, kept)


def can_dismiss_pair(scope: Scope, account: Account, other: Account) -> Answer:
    """Whoever may edit both accounts says that they are two companies."""
    return can_edit(scope, account) and can_edit(scope, other)


def can_edit_note(scope: Scope, note: Note) -> Answer:
    """The author of a timeline entry corrects it, and so do the leaders above the author; the account must be editable."""
    if not (scope.can("*") or scope.can("accounts.edit_all") or note.author_id is None or note.author_id in scope.user_ids):
        return no(_("Only %(author)s or a manager corrects this entry.") % {"author": note.author})
    return can_edit(scope, note.account)


def can_work_on_todo(scope: Scope, todo: Todo) -> Answer:
    """Whoever has to do it, and whoever may edit the account."""
    if todo.assignee_id == scope.user_id and todo.account.archived_at is None:
        return YES
    return can_edit(scope, todo.account)


def can_edit_invoicing(scope: Scope, account: Account) -> Answer:
    """Invoicing details need the field right and the right to edit the account; finance keeps them for every account."""
    if scope.hides("invoicing"):
        return no(_("Your role does not see invoicing details."))
    return _not_archived(account) if scope.can("ledger.edit") else can_edit(scope, account)


def can_hand_over(scope: Scope, leaver: User) -> Answer:
    """Whoever manages people hands over for everybody; a leader for the people of the teams led; nobody for oneself."""
    if leaver.pk == scope.user_id:
        return no(_("You cannot hand over what is your own here. Ask an administrator or your manager."))
    if scope.can("*") or scope.can("people.edit"):
        return YES
    if not scope.can("accounts.assign"):
        return no(_("Only an administrator or the person's manager hands over."))
    if scope.sees_all or leaver.pk in scope.user_ids:
        return YES
    return no(_("%(name)s is not in your teams.") % {"name": leaver})


def can_see_held(scope: Scope, contact: Contact) -> Answer:
    """Everything that is held of a person is shown to administrators, directors, and the leaders of the account's owner."""
    return can_see_held_at(scope, contact.account)


def can_see_held_at(scope: Scope, account: Account) -> Answer:
    """The same for everybody at an account."""
    if scope.can("*") or scope.can("privacy.erase"):
        return YES
    if scope.can("accounts.archive") and account.owner_id in scope.user_ids:
        return YES
    return no(_("Only an administrator or a leader of this account opens what is held of a person."))


def can_erase(scope: Scope, contact: Contact) -> Answer:
    """Directors and administrators erase a person's data, once, and not while a legal hold is set."""
    answer = needs(scope, "privacy.erase")
    if not answer:
        return answer
    if contact.erased_at is not None:
        return no(_("The data of this person was erased already."))
    if contact.hold_reason:
        return no(_("A legal hold is set: %(reason)s. Lift it first, once it no longer applies.") % {"reason": contact.hold_reason})
    return YES
