"""Tables of the customer base, by topic."""

from dingke.accounts.models.account import (
    Account,
    AccountTag,
    Collaborator,
    Favourite,
    InvoiceTitle,
    Merge,
    OwnershipChange,
    RecentView,
    SearchEntry,
    StageChange,
    Tag,
)
from dingke.accounts.models.contact import Consent, Contact, ContactJob, ContactWay, KeyDate
from dingke.accounts.models.dossier import AccountCompetitor, Competitor, DossierEntry, Question
from dingke.accounts.models.duplicates import DuplicatePair
from dingke.accounts.models.handover import Handover, HandoverRow
from dingke.accounts.models.privacy import ErasedKey, Erasure, ErasureProposal
from dingke.accounts.models.standing import FaceMark, Nomination, StageDismissal, Standing
from dingke.accounts.models.work import Note, Todo

__all__ = [
    "Account",
    "AccountCompetitor",
    "AccountTag",
    "Collaborator",
    "Competitor",
    "Consent",
    "Contact",
    "ContactJob",
    "ContactWay",
    "DossierEntry",
    "DuplicatePair",
    "ErasedKey",
    "Erasure",
    "ErasureProposal",
    "FaceMark",
    "Favourite",
    "Handover",
    "HandoverRow",
    "InvoiceTitle",
    "KeyDate",
    "Merge",
    "Nomination",
    "Note",
    "OwnershipChange",
    "Question",
    "RecentView",
    "SearchEntry",
    "StageChange",
    "StageDismissal",
    "Standing",
    "Tag",
    "Todo",
]
