"""The shape of a nomination: three answers per feature and test, five ratings, the benefits with their measures."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from dingke.accounts.calc.key_account import HIGHEST_RATING, LOWEST_RATING, Answer, Judgement
from dingke.accounts.calc.key_account_lists import BENEFITS, CRITERIA, ENTRY_TESTS, FEATURES, ListItem
from dingke.accounts.calc.nomination import Answers, Rating

ANSWERS = [(Answer.YES.value, _("Yes")), (Answer.NO.value, _("No")), (Answer.UNKNOWN.value, _("Unknown"))]
RATINGS = [(str(number), str(number)) for number in range(LOWEST_RATING, HIGHEST_RATING + 1)]
LONGEST = 1_000


class NominationForm(forms.Form):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Why is this account to be a key account?"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language = get_language() or "zh"
        for group, items in (("feature", FEATURES), ("test", ENTRY_TESTS)):
            for item in items:
                self._answer(group, item)
        for item in CRITERIA:
            self.fields[f"criterion-{item.key}"] = forms.ChoiceField(
                label=item.label.text(self.language), choices=RATINGS, required=False, widget=forms.RadioSelect
            )
            self.fields[f"criterion-{item.key}-note"] = self._words(_("Note"))
        for item in BENEFITS:
            self.fields[f"benefit-{item.key}"] = forms.BooleanField(label=item.label.text(self.language), required=False)
            self.fields[f"benefit-{item.key}-measure"] = self._words(_("Measured by"))

    def _answer(self, group: str, item: ListItem) -> None:
        name = f"{group}-{item.key}"
        self.fields[name] = forms.ChoiceField(
            label=item.label.text(self.language), choices=ANSWERS, required=False, widget=forms.RadioSelect
        )
        self.fields[f"{name}-words"] = self._words(_("Evidence") if group == "feature" else _("Justification"))

    def _words(self, label: Any) -> forms.CharField:
        return forms.CharField(label=label, required=False, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 1}))

    @staticmethod
    def initial_of(answers: Answers, version: int | None) -> dict[str, Any]:
        """The form's start values for stored answers; what was never answered is unknown."""
        start: dict[str, Any] = {"version": version, "reason": answers.reason}
        for group, items, said in (("feature", FEATURES, answers.features), ("test", ENTRY_TESTS, answers.tests)):
            for item in items:
                judgement = said.get(item.key, Judgement(Answer.UNKNOWN))
                start[f"{group}-{item.key}"], start[f"{group}-{item.key}-words"] = judgement.answer.value, judgement.evidence
        for key, rating in answers.criteria.items():
            start[f"criterion-{key}"], start[f"criterion-{key}-note"] = str(rating.rating or ""), rating.note
        for key, measure in answers.benefits.items():
            start[f"benefit-{key}"], start[f"benefit-{key}-measure"] = True, measure
        return start

    def answers(self) -> Answers:
        """What was entered; readable even where a field did not pass, so that a preview never stands still."""
        given = self.cleaned_data

        def judged(group: str, items: tuple[ListItem, ...]) -> dict[str, Judgement]:
            return {
                item.key: Judgement(
                    Answer(given.get(f"{group}-{item.key}") or Answer.UNKNOWN), (given.get(f"{group}-{item.key}-words") or "").strip()
                )
                for item in items
            }

        ratings = {item.key: given.get(f"criterion-{item.key}") for item in CRITERIA}
        return Answers(
            reason=(given.get("reason") or "").strip(),
            features=judged("feature", FEATURES),
            tests=judged("test", ENTRY_TESTS),
            criteria={
                key: Rating(int(rating) if rating else None, (given.get(f"criterion-{key}-note") or "").strip())
                for key, rating in ratings.items()
            },
            benefits={
                item.key: (given.get(f"benefit-{item.key}-measure") or "").strip() for item in BENEFITS if given.get(f"benefit-{item.key}")
            },
        )

    def rows(self, group: str) -> list[tuple[ListItem, Any, Any]]:
        """(item, answer field, words field) of a group, for the page."""
        items = {"feature": FEATURES, "test": ENTRY_TESTS, "criterion": CRITERIA, "benefit": BENEFITS}[group]
        words = {"feature": "words", "test": "words", "criterion": "note", "benefit": "measure"}[group]
        return [(item, self[f"{group}-{item.key}"], self[f"{group}-{item.key}-{words}"]) for item in items]


class EndMarkForm(forms.Form):
    reason = forms.CharField(label=_("Why does the mark end?"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
