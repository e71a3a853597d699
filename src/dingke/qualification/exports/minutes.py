"""The minutes of a deal review as Word: who was there, the ranking, each deal with its needs and actions, what was open from before."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from dingke.core.scope import Scope
from dingke.qualification.exports.word import WordFile
from dingke.qualification.models import NextAction
from dingke.qualification.queries import boards, reviews
from dingke.qualification.queries.reviews import ItemRow, Meeting


def minutes(scope: Scope, meeting: Meeting, *, language: str, now: datetime) -> bytes:
    review = meeting.review
    listeners = "、".join(str(row.user) for row in meeting.listeners) if language.startswith("zh") else ", ".join(
        str(row.user) for row in meeting.listeners
    )  # fmt: skip
    paper = WordFile(_("Minutes: %(title)s") % {"title": review.title}, sub=review.held_date.isoformat(), author=scope.name, at=now)
    paper.facts([(_("Chair"), str(review.chair)), (_("Listeners"), listeners), (_("Conclusion"), review.conclusion)])
    paper.heading(_("Ranking"))
    head = [_("Rank"), _("Presenter"), _("Deal"), _("7+3 elements"), _("Logic and line of thought"), _("Bearing and display"), _("Total")]
    paper.table(head, [_ranking_row(row) for row in meeting.ranked], widths=(1.3, 2.4, 5, 2, 2, 2, 1.8), numbers=(0, 3, 4, 5, 6))
    for row in meeting.rows:
        if row.sees_deal:
            _deal(paper, scope, row, language)
    return paper.content()


def _ranking_row(row: ItemRow) -> list[str]:
    parts = [str(row.mean.elements), str(row.mean.logic), str(row.mean.display), str(row.mean.total)] if row.mean else ["—"] * 4
    return [str(row.rank or "—"), str(row.item.presenter), row.name, *parts]


def _deal(paper: WordFile, scope: Scope, row: ItemRow, language: str) -> None:
    board = boards.shown(scope, row.item, language=language)
    paper.heading(row.name)
    paper.facts(
        [
            (_("Presenter"), str(row.item.presenter)),
            (_("Stage"), board["stage"]),
            (_("Amount"), board["amount"] or ""),
            (_("Expected on"), board["expected"] or ""),
            (_("Why it was on the agenda"), "; ".join(row.reasons)),
            (_("What came up"), row.item.note),
        ]
    )
    elements = [[entry["label"], str(entry["state_label"]), entry["text"] or entry["question"]] for entry in board["elements"]]
    paper.table([_("Element"), _("State"), _("What we know")], [[str(cell) for cell in line] for line in elements], widths=(3.5, 2.8, 10.2))
    needs = [[str(entry["label"]), entry["text"] or "—", entry["gap"] or "—"] for entry in board["needs"]]
    paper.table([_("Need"), _("What we know"), _("What is missing")], needs, widths=(3.5, 7, 6))
    if row.actions:
        paper.heading(_("Next actions"), level=2)
        paper.table(_head(), [_action(action) for action in row.actions], widths=(7.5, 3, 2.6, 3.4))
    if row.before:
        paper.heading(_("From the review before"), level=2)
        paper.table(_head(), [_action(action) for action in row.before], widths=(7.5, 3, 2.6, 3.4))


def _head() -> list[str]:
    return [_("Action"), _("Owner"), _("Due on"), _("State")]


def _action(action: NextAction) -> list[str]:
    return [action.text, str(action.owner), action.due_date.isoformat(), _("Done") if reviews.is_done(action) else _("Open")]
