"""The plan of a demonstration as typed in: one form per step, and the rows under it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dingke.core.forms import RefusableForm
from dingke.people.models import User
from dingke.qualification.calc import demo as calc
from dingke.qualification.forms.reviews import day
from dingke.qualification.models import DemoFollowUp, DemoListener, DemoPlan
from dingke.stakeholders.models import Stakeholder

_ATTITUDES = [("", _("unknown")), *Stakeholder.Attitude.choices]


def _text(label: Any, rows: int = 3, limit: int = 4000) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=limit, widget=forms.Textarea(attrs={"rows": rows}))


class StepForm(RefusableForm):
    """Base of a step: the day by which it is to be ready, and the version that was read."""

    step = ""
    due_day = forms.DateField(label=_("Ready by"), required=False, widget=day())
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, plan: DemoPlan, texts: dict[str, Any], people: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"due_day": plan.due.get(self.step) or None, "version": plan.version, **self.initial_of(plan)}
        super().__init__(*args, **kwargs)
        self.plan, self.texts, self.people = plan, texts, people
        self.build()

    @staticmethod
    def initial_of(plan: DemoPlan) -> dict[str, Any]:
        return {}

    def build(self) -> None:
        """Fields that come from the texts of the method."""

    def fields_of_plan(self) -> dict[str, Any]:
        return {}

    def values(self) -> dict[str, Any]:
        due: date | None = self.cleaned_data["due_day"]
        kept = {name: value for name, value in self.plan.due.items() if name != self.step}
        return {"due": {**kept, **({self.step: due.isoformat()} if due else {})}, **self.fields_of_plan()}


class AimForm(StepForm):
    step = "aim"
    product = forms.ChoiceField(label=_("Product"), choices=[("", "—"), *DemoPlan.Product.choices], required=False)
    aim_what = _text(_("What to say"))
    aim_rank = forms.ChoiceField(label=_("Who listens"), choices=[("", "—"), *DemoPlan.Rank.choices], required=False)
    aim_issues = _text(_("Which issues stand out"))

    @staticmethod
    def initial_of(plan: DemoPlan) -> dict[str, Any]:
        return {name: getattr(plan, name) for name in (*calc.QUESTIONS, "product", "aim_what", "aim_rank", "aim_issues")}

    def build(self) -> None:
        for name in calc.QUESTIONS:
            entry = self.texts["questions"][name]
            self.fields[name] = _text(entry["label"])
            self.fields[name].help_text = entry["hint"]

    def questions(self) -> list[Any]:
        return [self[name] for name in calc.QUESTIONS]

    def fields_of_plan(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name].strip() for name in (*calc.QUESTIONS, "product", "aim_what", "aim_rank", "aim_issues")}


class PlainForm(StepForm):
    """A step whose work is done in its rows."""


class AudienceForm(PlainForm):
    step = "audience"


class RehearsalStepForm(PlainForm):
    step = "rehearsal"


class StrategyForm(StepForm):
    step = "strategy"
    timing_override = _text(_("Why it is held nevertheless"), rows=2)
    supporters = _text(_("Supporters inside"), rows=2)

    @staticmethod
    def initial_of(plan: DemoPlan) -> dict[str, Any]:
        values: dict[str, Any] = {"timing_override": plan.timing_override, "supporters": plan.supporters}
        for name, entry in plan.timing.items():
            answer = entry.get("answer")
            values[f"timing-{name}"] = "" if answer is None else "yes" if answer else "no"
        for name, text in plan.positioning.items():
            values[f"rival-{name}"] = text
        for name, entry in plan.contingencies.items():
            values[f"reply-{name}"], values[f"person-{name}"] = entry.get("reply", ""), entry.get("person", "")
        return values

    def build(self) -> None:
        choices = [("", _("open")), ("yes", _("yes")), ("no", _("no"))]
        for name in calc.TIMING:
            self.fields[f"timing-{name}"] = forms.ChoiceField(
                label=self.texts["timing"][name]["label"], choices=choices, required=False, widget=forms.RadioSelect
            )
        for name in calc.RIVALS:
            self.fields[f"rival-{name}"] = _text(self.texts["rivals"][name]["label"], rows=2)
            self.fields[f"rival-{name}"].help_text = self.texts["rivals"][name]["hint"]
        for name in calc.CONTINGENCIES:
            self.fields[f"reply-{name}"] = _text(self.texts["contingencies"][name]["label"], rows=2, limit=500)
            self.fields[f"person-{name}"] = forms.ModelChoiceField(
                label=_("Who answers"), queryset=self.people, required=False, empty_label=_("nobody yet")
            )

    def timing(self) -> list[tuple[Any, dict[str, Any], bool, bool]]:
        """(field, text, whether it must be yes, whether it is answered with no)."""
        return [
            (
                self[f"timing-{name}"], self.texts["timing"][name], name in calc.TIMING_MUST,
                self.plan.timing.get(name, {}).get("answer") is False,
            )
            for name in calc.TIMING
        ]  # fmt: skip

    def rivals(self) -> list[Any]:
        return [self[f"rival-{name}"] for name in calc.RIVALS]

    def contingencies(self) -> list[tuple[Any, Any]]:
        return [(self[f"reply-{name}"], self[f"person-{name}"]) for name in calc.CONTINGENCIES]

    def fields_of_plan(self) -> dict[str, Any]:
        data = self.cleaned_data
        people = {name: data[f"person-{name}"] for name in calc.CONTINGENCIES}
        return {
            "timing_override": data["timing_override"].strip(),
            "supporters": data["supporters"].strip(),
            "timing": {name: {"answer": data[f"timing-{name}"] == "yes"} for name in calc.TIMING if data[f"timing-{name}"]},
            "positioning": {name: data[f"rival-{name}"].strip() for name in calc.RIVALS if data[f"rival-{name}"].strip()},
            "contingencies": {
                name: {"reply": data[f"reply-{name}"].strip(), "person": people[name].pk if people[name] else ""}
                for name in calc.CONTINGENCIES
            },
        }


class MaterialForm(StepForm):
    step = "material"
    minutes = forms.IntegerField(label=_("Minutes"), min_value=5, max_value=480)

    @staticmethod
    def initial_of(plan: DemoPlan) -> dict[str, Any]:
        return {"minutes": plan.minutes}

    def fields_of_plan(self) -> dict[str, Any]:
        return {"minutes": self.cleaned_data["minutes"]}


class SpeechForm(StepForm):
    step = "speech"
    opening = _text(_("Opening"), rows=5)
    closing = _text(_("Closing"), rows=4)
    opening_minutes = forms.IntegerField(label=_("Minutes for the opening"), min_value=0, max_value=60)
    closing_minutes = forms.IntegerField(label=_("Minutes for the closing"), min_value=0, max_value=60)
    groups = (("opening", calc.OPENING), ("standard", calc.STANDARD), ("closing", calc.CLOSING))

    @staticmethod
    def initial_of(plan: DemoPlan) -> dict[str, Any]:
        names = ("opening", "closing", "opening_minutes", "closing_minutes")
        marks = {f"check-{name}": True for name in plan.checks}
        return {**{name: getattr(plan, name) for name in names}, **marks, **{f"technique-{name}": True for name in plan.techniques}}

    def build(self) -> None:
        for group, codes in self.groups:
            for code in codes:
                self.fields[f"check-{code}"] = forms.BooleanField(label=self.texts[group][code]["label"], required=False)
        for code in calc.TECHNIQUES:
            self.fields[f"technique-{code}"] = forms.BooleanField(label=self.texts["techniques"][code]["label"], required=False)

    def checks(self) -> list[list[Any]]:
        return [[self[f"check-{code}"] for code in codes] for _group, codes in self.groups]

    def technique_fields(self) -> list[Any]:
        return [self[f"technique-{code}"] for code in calc.TECHNIQUES]

    def fields_of_plan(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            **{name: data[name] for name in ("opening", "closing", "opening_minutes", "closing_minutes")},
            "checks": [code for _group, codes in self.groups for code in codes if data[f"check-{code}"]],
            "techniques": [code for code in calc.TECHNIQUES if data[f"technique-{code}"]],
        }


STEPS: dict[str, type[StepForm]] = {
    "aim": AimForm, "audience": AudienceForm, "strategy": StrategyForm, "material": MaterialForm, "rehearsal": RehearsalStepForm,
    "speech": SpeechForm,
}  # fmt: skip


class DateForm(RefusableForm):
    title = forms.CharField(label=_("Title"), max_length=160)
    demo_date = forms.DateField(label=_("Day of the demonstration"), required=False, widget=day())
    place = forms.CharField(label=_("Place"), max_length=160, required=False)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=5, max_value=480)
    needs_approval = forms.BooleanField(label=_("Needs approval before the date"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class ListenerForm(RefusableForm):
    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind of listener"), choices=DemoListener.Kind.choices)
    attitude = forms.ChoiceField(label=_("Attitude"), choices=_ATTITUDES, required=False)
    weight = forms.IntegerField(label=_("Weight (1-5)"), min_value=1, max_value=5, initial=3)
    special = forms.ChoiceField(label=_("Special listener"), choices=[("", "—"), *DemoListener.Special.choices], required=False)
    profile = _text(_("Profile"), rows=2)


class BlockForm(RefusableForm):
    title = forms.CharField(label=_("Block"), max_length=160)
    structure = forms.ChoiceField(label=_("Structure"))
    form = forms.ChoiceField(label=_("Form"), required=False)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=1, max_value=240, initial=10)
    content = _text(_("What is said and shown"))
    is_dropped = forms.BooleanField(label=_("Left out"), required=False)
    drop_reason = forms.CharField(label=_("Why it is left out"), max_length=300, required=False)

    def __init__(self, *args: Any, texts: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        structure, form = self.fields["structure"], self.fields["form"]
        assert isinstance(structure, forms.ChoiceField)
        assert isinstance(form, forms.ChoiceField)
        structure.choices = [
            (code, f"{texts['structures'][code]['label']} · {texts['structures'][code]['use']}") for code in calc.STRUCTURES
        ]
        form.choices = [("", "—"), *((code, texts["forms"][code]["label"]) for code in calc.FORMS)]


class RehearsalForm(RefusableForm):
    on_date = forms.DateField(label=_("Date"), widget=day())
    is_full = forms.BooleanField(label=_("Full run"), required=False)
    questions = _text(_("Questions that were simulated, and the answers"))
    rivals = _text(_("Wording against rivals"), rows=2)
    note = _text(_("What to better"), rows=2)

    def __init__(self, *args: Any, blocks: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.blocks = list(blocks)
        for block in self.blocks:
            self.fields[f"block-{block.pk}"] = forms.IntegerField(label=block.title, min_value=0, max_value=480, required=False)
        for name, label in (
            ("time", _("Time kept")),
            ("thread", _("Logical line, one central view")),
            ("answers", _("Answers to questions")),
        ):
            self.fields[f"rating-{name}"] = forms.IntegerField(label=label, min_value=1, max_value=5, required=False)

    def minutes_fields(self) -> list[tuple[Any, int]]:
        return [(self[f"block-{block.pk}"], block.minutes) for block in self.blocks]

    def rating_fields(self) -> list[Any]:
        return [self[f"rating-{name}"] for name in ("time", "thread", "answers")]

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            **{name: data[name] for name in ("on_date", "is_full", "questions", "rivals", "note")},
            "minutes": {block.pk: data[f"block-{block.pk}"] for block in self.blocks},
            "ratings": {name: data[f"rating-{name}"] for name in ("time", "thread", "answers") if data[f"rating-{name}"]},
        }


class ResultForm(RefusableForm):
    held_date = forms.DateField(label=_("Held on"), widget=day())
    reaction = _text(_("Reactions"))
    needs_learnt = _text(_("What was learnt of the needs"), rows=2)
    next_step = forms.CharField(label=_("Next action"), max_length=200, error_messages={"required": _("Say what comes next.")})
    next_step_date = forms.DateField(label=_("Next action on"), widget=day())
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, audience: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.audience = list(audience)
        for row in self.audience:
            self.fields[f"was_there-{row.pk}"] = forms.BooleanField(
                label=_("Was there"), required=False, initial=row.was_there is not False
            )
            self.fields[f"reaction-{row.pk}"] = forms.CharField(label=_("Reaction"), required=False, max_length=500, initial=row.reaction)
            self.fields[f"attitude-{row.pk}"] = forms.ChoiceField(
                label=_("Attitude afterwards"), choices=_ATTITUDES, required=False, initial=row.attitude_after or row.attitude
            )

    def rows(self) -> list[tuple[Any, Any, Any, Any]]:
        return [(row, self[f"was_there-{row.pk}"], self[f"reaction-{row.pk}"], self[f"attitude-{row.pk}"]) for row in self.audience]

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("held_date", "reaction", "needs_learnt", "next_step", "next_step_date")}

    def people(self) -> dict[int, dict[str, Any]]:
        data = self.cleaned_data
        return {
            row.pk: {
                "was_there": data[f"was_there-{row.pk}"], "reaction": data[f"reaction-{row.pk}"],
                "attitude_after": data[f"attitude-{row.pk}"],
            }
            for row in self.audience
        }  # fmt: skip


class FollowUpForm(RefusableForm):
    kind = forms.ChoiceField(label=_("Kind"), choices=DemoFollowUp.Kind.choices, widget=forms.RadioSelect, initial="QUESTION")
    text = forms.CharField(label=_("What"), max_length=200, widget=forms.TextInput(attrs={"autofocus": True}))
    owner = forms.ModelChoiceField(label=_("Owner"), queryset=User.objects.none())
    due_date = forms.DateField(label=_("Due on"), widget=day())

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = people
