"""Reads of the key-account mark: the draft at hand, the history, profiles side by side, confirmed faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.calc.key_account import CriterionRating, Verdict
from dingke.accounts.calc.nomination import Answers, answers_from, verdict
from dingke.accounts.models import Account, FaceMark, Nomination
from dingke.accounts.queries.account import account_for, visible_accounts
from dingke.core.access import Answer
from dingke.core.errors import NotVisible
from dingke.core.hints import Hint, hint
from dingke.core.scope import Scope

QUANTITY_HINT = "accounts.purchase_quantity"  # A-04 criterion 1, answered by whoever knows the orders
SIDE_BY_SIDE = 6
CHOICES = 200


@dataclass(frozen=True)
class Desk:
    """What the nomination page starts from."""

    account: Account
    draft: Nomination | None
    answers: Answers
    verdict: Verdict
    waiting: Nomination | None
    before: Nomination | None
    found_by: tuple[str, ...]
    hint: Hint | None
    can_nominate: Answer
    can_end: Answer


@dataclass(frozen=True)
class Profile:
    """One account's bars of A-04."""

    account: Account
    nomination: Nomination
    ratings: tuple[CriterionRating, ...]
    notes: dict[str, str]

    def rating(self, key: str) -> int | None:
        return next((bar.rating for bar in self.ratings if bar.key == key), None)


def answers_of(nomination: Nomination) -> Answers:
    return answers_from(
        reason=nomination.reason,
        features=nomination.features,
        tests=nomination.tests,
        criteria=nomination.criteria,
        benefits=nomination.benefits,
    )


def nomination_desk(scope: Scope, account_id: int, *, today: date) -> Desk:
    """The account, its draft (else the answers of the last nomination that came to nothing), and where it stands."""
    account = account_for(scope, account_id)
    rows = list(
        Nomination.objects.filter(account=account, archived_at__isnull=True)
        .select_related("proposed_by", "approval")
        .order_by("-proposed_at", "-pk")[:20]
    )
    draft = next((row for row in rows if row.state == Nomination.State.DRAFT), None)
    waiting = next((row for row in rows if row.state == Nomination.State.PROPOSED), None)
    before = next((row for row in rows if row.state in {Nomination.State.REJECTED, Nomination.State.WITHDRAWN}), None)
    start = draft or before
    answers = answers_of(start) if start else Answers()
    standing = getattr(account, "standing", None)
    return Desk(
        account=account,
        draft=draft,
        answers=answers,
        verdict=verdict(answers),
        waiting=waiting,
        before=before,
        found_by=tuple(str(code) for code in standing.candidate_methods) if standing else (),
        hint=None if scope.hides("amount") else hint(QUANTITY_HINT, scope=scope, record_id=account.pk, today=today),
        can_nominate=access.can_nominate(scope, account),
        can_end=access.can_end_mark(scope, account),
    )


def nominations_of(scope: Scope, account: Account) -> list[Nomination]:
    """The history of the mark (A-01): everything that was proposed, newest first, without drafts."""
    rows = Nomination.objects.visible_to(scope).filter(account=account, archived_at__isnull=True).exclude(state=Nomination.State.DRAFT)
    return list(rows.select_related("proposed_by", "approval").order_by("-proposed_at", "-pk")[:CHOICES])


def nomination_for(scope: Scope, nomination_id: int) -> Nomination:
    """One nomination with its account. Raises `NotVisible`.

    Whoever is asked to approve it sees it with its request, even where the account is not theirs to see.
    """
    rows = Nomination.objects.select_related("account", "account__owner", "account__standing", "proposed_by", "approval").filter(
        pk=nomination_id, archived_at__isnull=True
    )
    row = (
        rows.visible_to(scope).order_by("pk").first()
        or rows.filter(approval__steps__voices__approver_id=scope.user_id or 0).order_by("pk").first()
    )
    if row is None:
        raise NotVisible(_("There is no such nomination, or it is not shared with you."))
    return row


def profile_choices(scope: Scope) -> list[Account]:
    """Accounts whose profile can be compared: those with a nomination, in pinyin order."""
    rated = Nomination.objects.filter(account=OuterRef("pk"), archived_at__isnull=True).exclude(criteria={})
    return list(visible_accounts(scope).filter(Exists(rated)).only("pk", "name", "short_name", "pinyin")[:CHOICES])


def profiles(scope: Scope, account_ids: Sequence[int]) -> list[Profile]:
    """The newest profile of each account asked for, in the order asked, as far as the caller sees them. One query."""
    wanted = list(dict.fromkeys(account_ids))[:SIDE_BY_SIDE]
    rows = (
        Nomination.objects.visible_to(scope)
        .filter(account_id__in=wanted, archived_at__isnull=True, account__archived_at__isnull=True)
        .exclude(criteria={})
        .select_related("account")
        .order_by("account_id", "-proposed_at", "-pk")
    )
    newest: dict[int, Nomination] = {}
    for row in rows:
        newest.setdefault(row.account_id, row)
    found = []
    for account_id in wanted:
        if (nomination := newest.get(account_id)) is not None:
            answers = answers_of(nomination)
            notes = {key: rating.note for key, rating in answers.criteria.items() if rating.note}
            found.append(Profile(nomination.account, nomination, verdict(answers).profile, notes))
    return found


def face_history(scope: Scope, account: Account) -> list[FaceMark]:
    """Confirmed faces of an account (A-10), newest first; confirming is done where the figures are."""
    return list(
        FaceMark.objects.visible_to(scope).filter(account=account).select_related("confirmed_by").order_by("-confirmed_at", "-pk")[:50]
    )
