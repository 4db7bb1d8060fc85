from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from config.lib.errors import RuleBroken
from config.lib.text import unfit
from staff.models import Community, Street
from supervision.bulletin.actions import MOST_WORDS
from supervision.bulletin.periods import Period, parse


class WordsField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 4})
        super().__init__(required=False, max_length=MOST_WORDS, widget=widget, **kwargs)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if unfit(text):
            raise ValidationError(_("There are characters in it that cannot be kept."))
        return text


class TextsForm(forms.Form):
    """What people add to the figures. Nothing has to be written. `seen`: the print of the words they had before them."""

    seen = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
    praise = WordsField(label=_("Praise"), help_text=_("Comes first. Confirmed praise is listed by itself."))
    foreword = WordsField(label=_("The whole picture"))
    problems = WordsField(label=_("Problems to put right"))
    asks = WordsField(label=_("What is asked next"), help_text=_("Left empty, it follows from the figures."))
    public_words = WordsField(label=_("Words to residents"), help_text=_("Residents read this: it names nobody."))


class CorrectForm(forms.Form):
    what_changed = WordsField(label=_("What changes and why"))


class DraftForm(forms.Form):
    """`area`: a street's code, or street code and community id, of those this person may draft for."""

    area = forms.ChoiceField(label=_("Whose bulletin"))
    period = forms.CharField(label=_("Period"), max_length=7, help_text=_("2026-10, 2026-Q4 or 2026"))

    def __init__(self, *args: Any, areas: list[tuple[Street, Community | None]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.areas = {
            f"{street.pk}-{community.pk if community else ''}": (street, community) for street, community in areas
        }
        self.fields["area"].choices = [  # type: ignore[attr-defined]
            (key, str(community or street)) for key, (street, community) in self.areas.items()
        ]

    def clean_area(self) -> tuple[Street, Community | None]:
        return self.areas[self.cleaned_data["area"]]

    def clean_period(self) -> Period:
        try:
            return parse(self.cleaned_data["period"].strip())
        except RuleBroken as wrong:
            raise ValidationError(_("Write a month as 2026-10, a quarter as 2026-Q4, a year as 2026.")) from wrong
