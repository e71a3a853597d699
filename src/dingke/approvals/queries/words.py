"""Flows in words: who decides, under which conditions, what a version changed; in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from dingke.approvals.calc import Mode
from dingke.approvals.calc import flow as flows
from dingke.approvals.calc.changes import Change, What
from dingke.approvals.queries import kinds
from dingke.core.lists import items
from dingke.people.calc import Role
from dingke.people.models import ROLE_LABELS, User

OWN_STEP_WORDS: dict[flows.OwnStep, str | Promise] = {
    flows.OwnStep.UP: gettext_lazy("The leader above decides instead"),
    flows.OwnStep.AGREE: gettext_lazy("Asking counts as agreeing"),
    flows.OwnStep.LEAVE_OUT: gettext_lazy("The step falls away"),
}


class Names:
    """Names of people and regions for one page, each read once and only when a flow names one."""

    @cached_property
    def people(self) -> Mapping[int, str]:
        return {user.pk: str(user) for user in User.objects.only("pk", "name", "username").order_by("pk")}

    @cached_property
    def regions(self) -> Mapping[str, str]:
        return {item.code: item.label for item in items("regions", with_inactive=True)}


@dataclass(frozen=True, slots=True)
class StepWords:
    """One step for the page: `title` is its own label, else who decides."""

    place: int
    title: str
    who: str
    mode: str
    when: str
    clock: str

    @property
    def number(self) -> int:
        return self.place + 1


def joined(parts: Iterable[str]) -> str:
    return _(", ").join(parts)


def rule_words(rule: flows.Rule, named: Names) -> str:
    if rule.who is flows.Who.ROLE:
        known = set(Role)
        return joined(str(ROLE_LABELS[Role(role)]) for role in rule.roles if role in known)
    if rule.who is flows.Who.PERSON:
        return joined(named.people.get(person, _("somebody who is gone")) for person in rule.people)
    if rule.who in flows.LEVELLED and rule.level > 1:
        text = (
            _("leader of the asker, level %(level)s") if rule.who is flows.Who.ASKER_LEADER else _("leader of the owner, level %(level)s")
        )
        return text % {"level": rule.level}
    return {
        flows.Who.ASKER_LEADER: _("leader of the asker"),
        flows.Who.OWNER_LEADER: _("leader of the owner"),
        flows.Who.ACCOUNT_OWNER: _("owner of the account"),
        flows.Who.KEY_ACCOUNT_MANAGER: _("key account manager of the account"),
        flows.Who.DIRECTOR: _("sales director"),
        flows.Who.ADMINISTRATOR: _("administrator"),
    }[rule.who]


def rules_words(rules: Iterable[flows.Rule], named: Names) -> str:
    return joined(rule_words(rule, named) for rule in rules)


def amount_words(amount: Decimal) -> str:
    return f"{amount:,.2f}".removesuffix(".00")


def conditions_words(conditions: flows.Conditions, kind: kinds.Kind, named: Names) -> str:
    """ "" without a condition."""
    parts = []
    start, end = conditions.amount_from, conditions.amount_to
    if start is not None and end is not None:
        parts.append(_("the amount is %(start)s or more and under %(end)s") % {"start": amount_words(start), "end": amount_words(end)})
    elif start is not None:
        parts.append(_("the amount is %(start)s or more") % {"start": amount_words(start)})
    elif end is not None:
        parts.append(_("the amount is under %(end)s") % {"end": amount_words(end)})
    if conditions.types:
        parts.append(_("it is: %(types)s") % {"types": _(" or ").join(str(kind.types.get(code, code)) for code in conditions.types)})
    if conditions.regions:
        parts.append(
            _("the region is %(regions)s") % {"regions": _(" or ").join(named.regions.get(code, code) for code in conditions.regions)}
        )
    if conditions.classes:
        parts.append(_("the class is %(classes)s") % {"classes": _(" or ").join(conditions.classes)})
    return _("If %(conditions)s") % {"conditions": _(", and ").join(parts)} if parts else ""


def step_words(step: flows.StepRule, place: int, kind: kinds.Kind, named: Names) -> StepWords:
    own, other = (step.label_zh, step.label_en) if (get_language() or "zh").startswith("zh") else (step.label_en, step.label_zh)
    who = rules_words(step.rules, named)
    clock = []
    if step.remind_hours:
        clock.append(ngettext("reminded every hour", "reminded every %(num)s hours", step.remind_hours) % {"num": step.remind_hours})
    if step.escalate_hours:
        clock.append(
            ngettext(
                "the leader above is called in after an hour", "the leader above is called in after %(num)s hours", step.escalate_hours
            )
            % {"num": step.escalate_hours}
        )
    return StepWords(
        place=place,
        title=own or other or who[:1].upper() + who[1:],
        who=who,
        mode=_("all must agree") if step.mode is Mode.ALL else _("any one decides"),
        when=conditions_words(step.conditions, kind, named),
        clock=joined(clock),
    )


def change_words(changes: Iterable[Change], kind: kinds.Kind, named: Names) -> list[str]:
    said = []
    for change in changes:
        if change.what is What.SETTING:
            said.append(_setting_words(change, named))
            continue
        assert change.step is not None
        step = step_words(change.step, change.place, kind, named)
        detail = _("; ").join(part for part in (step.who, step.mode, step.when, step.clock) if part)
        text = {
            What.ADDED: _("Step %(number)s is new: %(detail)s"),
            What.REMOVED: _("Step %(number)s is gone: %(detail)s"),
            What.EDITED: _("Step %(number)s now: %(detail)s"),
            What.MOVED: _("Moved to place %(number)s: %(detail)s"),
        }[change.what]
        said.append(text % {"number": step.number, "detail": detail})
    return said


def _setting_words(change: Change, named: Names) -> str:
    if change.field == "own_step":
        return _("When the asker is an approver: %(what)s") % {"what": OWN_STEP_WORDS[change.value]}
    if change.field == "again":
        return _("Who agreed in an earlier step is not asked again") if change.value else _("Who agreed in an earlier step is asked again")
    if change.field == "bulk":
        return _("Several may be agreed to at once") if change.value else _("Each is decided by itself")
    return _("Copied to: %(who)s") % {"who": rules_words(change.value, named) or _("nobody")}
