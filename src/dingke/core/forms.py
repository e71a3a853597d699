"""A form that an action refused: its words stand beside the fields they are about."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms


class RefusableForm(forms.Form):
    def refuse(self, message: str, fields: Mapping[str, str]) -> None:
        """Puts the refusal of an action beside the fields it names."""
        known = {name: text for name, text in fields.items() if name in self.fields}
        for name, text in known.items():
            self.add_error(name, text)
        if not known:
            self.add_error(None, message)
