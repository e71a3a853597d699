"""What people type into the library: one entry with both languages side by side, uses, the calculators, portraits and levels."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Account
from dingke.core import lists
from dingke.core.scope import Scope
from dingke.library.calc.factors import FACTORS, LEAST, MOST
from dingke.library.calc.parts import CASE_CAUTIONS, CASE_KEY_POINTS, parts_of
from dingke.library.calc.topics import TOPICS
from dingke.library.models import Entry, EntryUse, LadderLevel
from dingke.library.queries.list import families

BODY = 20_000
PART = 3_000
LANGUAGES = ("zh", "en")


def _area(rows: int, lang: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "lang": "zh-CN" if lang == "zh" else "en"})


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


def field_label(name: str) -> str:
    return str(getattr(Entry._meta.get_field(name), "verbose_name", name))


class EntryForm(forms.Form):
    """The fields that the kind has. `pairs` names what stands side by side: (label, Chinese field, English field)."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    title_zh = forms.CharField(label=_("Chinese title"), max_length=200, required=False)
    title_en = forms.CharField(label=_("English title"), max_length=200, required=False)
    body_zh = forms.CharField(label=_("Chinese text"), max_length=BODY, required=False, widget=_area(12, "zh"))
    body_en = forms.CharField(label=_("English text"), max_length=BODY, required=False, widget=_area(12, "en"))
    topic = forms.ChoiceField(label=_("Topic"), required=False)
    industries = forms.MultipleChoiceField(label=_("Industries"), required=False, help_text=_("None: fits every trade."))
    product_families = forms.MultipleChoiceField(label=_("Product families"), required=False, help_text=_("None: fits every product."))
    note = forms.CharField(label=_("What is new"), max_length=300, required=False)

    def __init__(self, *args: Any, entry: Entry, scope: Scope, objections: Iterable[Entry] = (), **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "library_%s")
        super().__init__(*args, **kwargs)
        self.entry = entry
        content = entry.content or {}
        language = get_language() or "zh"
        self.parts = parts_of(entry.kind, entry.topic, is_reference=bool(content.get("is_reference")))
        self.pairs: list[tuple[str, str, str]] = [(gettext("Title"), "title_zh", "title_en")]
        for code, label in self.parts:
            for lang in LANGUAGES:
                self.fields[f"part_{code}_{lang}"] = forms.CharField(
                    label=label.text(language), max_length=PART, required=False, widget=_area(3, lang),
                    initial=((content.get("parts") or {}).get(code) or {}).get(lang, ""),
                )  # fmt: skip
            self.pairs.append((label.text(language), f"part_{code}_zh", f"part_{code}_en"))
        self.pairs.append((gettext("Text (Markdown)"), "body_zh", "body_en"))
        own = [(entry.topic, entry.topic)] if entry.topic and entry.topic not in TOPICS.get(entry.kind, {}) else []
        topics = [(code, label.text(language)) for code, label in TOPICS.get(entry.kind, {}).items()]
        self._choices("topic", [("", "—"), *topics, *own])
        self._choices("industries", [(item.code, item.label) for item in lists.items("industries")])
        self._choices("product_families", [(name, name) for name in dict.fromkeys([*families(), *entry.product_families])])
        self.labels = ["topic", "industries", "product_families"]
        self._by_kind(entry, objections)

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _by_kind(self, entry: Entry, objections: Iterable[Entry]) -> None:
        if entry.kind == Entry.Kind.QUESTION:
            for name, kind in (("spin", Entry.Spin), ("form", Entry.Form), ("dimension", Entry.Dimension)):
                self.fields[name] = forms.ChoiceField(label=field_label(name), required=False, choices=[("", "—"), *kind.choices])
                self.labels.append(name)
        if entry.kind == Entry.Kind.SCRIPT:
            self.about_rows = {str(row.pk): row for row in objections}
            choices = [("", "—"), *((key, row.title) for key, row in self.about_rows.items())]
            self.fields["about"] = forms.ChoiceField(label=_("Answers which objection"), required=False, choices=choices)
            self.labels.append("about")
        self.consent: list[str] = []
        if entry.kind == Entry.Kind.CASE:
            self._case(entry)

    def _case(self, entry: Entry) -> None:
        content = entry.content or {}
        language = get_language() or "zh"
        self.fields["is_reference"] = forms.BooleanField(
            label=_("Reference case, shown to customers"), required=False, initial=bool(content.get("is_reference")),
            help_text=_("Needs the permission of the customer before it is published."),
        )  # fmt: skip
        self.fields["region"] = forms.CharField(label=_("Region"), max_length=60, required=False)
        self.fields["may_cite"] = forms.BooleanField(label=_("The customer allows us to cite"), required=False)
        self.fields["consent_by"] = forms.CharField(label=_("Who allowed it"), max_length=120, required=False)
        self.fields["consent_date"] = _day(_("Allowed on"))
        self.fields["cite_until"] = _day(_("May be cited until"))
        self.fields["consent_proof"] = forms.CharField(
            label=_("Proof of the permission"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}),
            help_text=_("A mail, a letter, the paragraph of the contract."),
        )  # fmt: skip
        self.fields["checked"] = forms.MultipleChoiceField(
            label=_("Checked before it goes out"), required=False, widget=forms.CheckboxSelectMultiple, initial=content.get("checked", []),
            choices=[(code, label.text(language)) for code, label in (*CASE_KEY_POINTS, *CASE_CAUTIONS)],
        )  # fmt: skip
        self.labels += ["is_reference", "region"]
        self.consent = ["may_cite", "consent_by", "consent_date", "cite_until", "consent_proof", "checked"]

    def facts(self) -> dict[str, Any]:
        """The fields of the entry; the parts go back into its content."""
        data = self.cleaned_data
        content = dict(self.entry.content or {})
        parts = {code: {lang: data[f"part_{code}_{lang}"].strip() for lang in LANGUAGES} for code, _label in self.parts}
        kept = {code: texts for code, texts in (content.get("parts") or {}).items() if code not in parts}
        content["parts"] = {**kept, **{code: texts for code, texts in parts.items() if any(texts.values())}}
        if not content["parts"]:
            content.pop("parts")
        facts: dict[str, Any] = {name: data[name] for name in ("title_zh", "title_en", "body_zh", "body_en", "topic", "industries")}
        facts["product_families"] = data["product_families"]
        for name in ("spin", "form", "dimension"):
            if name in self.fields:
                facts[name] = data[name]
        if "about" in self.fields:
            facts["about"] = self.about_rows.get(data["about"])
        if self.entry.kind == Entry.Kind.CASE:
            content["is_reference"] = data["is_reference"]
            content["checked"] = data["checked"]
            facts |= {name: data[name] for name in ("region", "may_cite", "consent_by", "consent_date", "cite_until", "consent_proof")}
        facts["content"] = {name: value for name, value in content.items() if value not in (False, [], {})}
        return facts


class UseForm(forms.Form):
    """Used by hand, not from a deal: with whom, for what, and what came of it."""

    subject_label = forms.CharField(label=_("Used for"), max_length=200, required=False, help_text=_("A visit, a call, a mail."))
    outcome = forms.ChoiceField(label=_("Outcome"), required=False, choices=[("", _("Not known yet")), *EntryUse.Outcome.choices])
    outcome_note = forms.CharField(label=_("What came of it"), max_length=300, required=False)
    account = forms.CharField(label=_("Account"), required=False, widget=forms.Select(attrs={"data-search": True}))
    wide = ("subject_label", "outcome_note", "account")

    def account_id(self) -> int | None:
        text = self.cleaned_data.get("account") or ""
        return int(text) if text.isascii() and text.isdigit() else None


class CalculatorForm(forms.Form):
    """J-08: a price, years of use, and what it brings in a month."""

    price = forms.DecimalField(label=_("Price"), min_value=Decimal(0), max_digits=18, decimal_places=2)
    years = forms.DecimalField(label=_("Years of use"), min_value=Decimal("0.1"), max_value=Decimal(50), max_digits=4, decimal_places=1)
    gain = forms.DecimalField(
        label=_("Gain per month"), min_value=Decimal(0), max_digits=18, decimal_places=2, required=False,
        help_text=_("From the customer's own numbers: hours saved, errors avoided."),
    )  # fmt: skip


class FactorsForm(forms.Form):
    """J-09: us and up to two rivals, each scored 1 to 5 on quality, price and service."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "zh"
        scores = [(str(score), str(score)) for score in range(LEAST, MOST + 1)]
        for who in ("us", "rival1", "rival2"):
            if who != "us":
                self.fields[f"{who}_name"] = forms.CharField(label=_("Name"), max_length=60, required=False)
            for code, label in FACTORS:
                self.fields[f"{who}_{code}"] = forms.ChoiceField(label=label.text(language), choices=scores, initial="3", required=False)


class PairsField(forms.CharField):
    """Lines of "中文 | English": one thing per line, in both languages."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 5}))
        super().__init__(max_length=PART, required=False, help_text=_("One per line: Chinese | English"), **kwargs)

    @staticmethod
    def shown(rows: Iterable[dict[str, str]]) -> str:
        return "\n".join(" | ".join(part for part in (row.get("zh", ""), row.get("en", "")) if part) for row in rows)

    @staticmethod
    def read(text: str) -> list[dict[str, str]]:
        rows = []
        for line in text.splitlines():
            zh, _bar, en = (part.strip() for part in line.partition("|"))
            if zh or en:
                rows.append({"zh": zh or en, "en": en or zh})
        return rows


class PortraitForm(forms.Form):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    family = forms.CharField(label=_("Product family"), max_length=80, help_text=_("As in the price list."))
    family_en = forms.CharField(label=_("English name"), max_length=80, required=False)
    industries = forms.MultipleChoiceField(label=_("Industries"), required=False, help_text=_("None: fits every trade."))
    industry_zh = forms.CharField(label=_("Suitable trades (Chinese)"), max_length=300, required=False)
    industry_en = forms.CharField(label=_("Suitable trades (English)"), max_length=300, required=False)
    sales_below = forms.DecimalField(label=_("Yearly sales below"), max_digits=18, decimal_places=2, min_value=Decimal(0), required=False)
    staff_below = forms.IntegerField(label=_("Staff below"), min_value=0, required=False)
    ladder = forms.ChoiceField(label=_("Level"), required=False)
    operators = PairsField(label=_("Who works with it"))
    needs = PairsField(label=_("Needs"))
    values = PairsField(label=_("Worth to the customer"))
    wide = ("operators", "needs", "values")
    lines = ("operators", "needs", "values")

    def __init__(self, *args: Any, levels: Iterable[LadderLevel] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.levels = {str(row.pk): row for row in levels}
        self.fields["ladder"].choices = [("", "—"), *((key, row.label) for key, row in self.levels.items())]  # type: ignore[attr-defined]
        self.fields["industries"].choices = [(item.code, item.label) for item in lists.items("industries")]  # type: ignore[attr-defined]

    def facts(self) -> dict[str, Any]:
        facts = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        facts |= {name: PairsField.read(facts[name]) for name in self.lines}
        return {**facts, "ladder": self.levels.get(facts["ladder"])}


class LevelForm(forms.Form):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    label_zh = forms.CharField(label=_("Chinese name"), max_length=120)
    label_en = forms.CharField(label=_("English name"), max_length=120)
    is_standard = forms.BooleanField(
        label=_("Part of standard management"), required=False, help_text=_("Higher levels of standard management include the lower ones.")
    )
    problems = PairsField(label=_("Problems it solves"))
    families = forms.CharField(
        label=_("Product families"), required=False, max_length=PART, help_text=_("One per line."), widget=forms.Textarea(attrs={"rows": 4})
    )
    wide = ("problems", "families", "is_standard")
    lines = ("problems",)

    def __init__(self, *args: Any, level: LadderLevel | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.level = level

    def facts(self) -> dict[str, Any]:
        facts = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        known = {row["zh"]: row["code"] for row in (self.level.problems if self.level else [])}
        taken = set(known.values())
        problems: list[dict[str, str]] = []
        for row in PairsField.read(facts["problems"]):
            code = known.get(row["zh"])
            if code is None:  # new, or renamed: a code that no other problem has
                number = len(problems) + 1
                while f"OWN_{number}" in taken:
                    number += 1
                code = f"OWN_{number}"
                taken.add(code)
            problems.append({"code": code, **row})
        return {**facts, "problems": problems, "families": [line.strip() for line in facts["families"].splitlines() if line.strip()]}


class FitForm(forms.Form):
    """What is known of a prospect: by typing, or from an account."""

    industry = forms.ChoiceField(label=_("Industry"), required=False)
    sales = forms.DecimalField(label=_("Yearly sales"), required=False, min_value=Decimal(0), max_digits=18, decimal_places=2)
    staff = forms.IntegerField(label=_("Employees"), required=False, min_value=0, max_value=10_000_000)

    def __init__(self, *args: Any, account: Account | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["industry"].choices = [("", "—"), *((item.code, item.label) for item in lists.items("industries"))]  # type: ignore[attr-defined]
