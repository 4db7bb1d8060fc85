"""Readers' word on a page of the guide."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from config.guard.forms import Guarded
from config.guard.limits import Stage
from config.lib.text import DIGITS, UNFIT, one_line
from services.models_guide import MOBILE, GuideRating

MOST_READ = 20_000
APART = re.compile(r"(?<=\d)[ -](?=\d)")


class Line(forms.CharField):
    """One line of ordinary characters."""

    def to_python(self, value: Any) -> str:
        typed = str(super().to_python(value) or "")[:MOST_READ]
        return one_line(UNFIT.sub(" ", unicodedata.normalize("NFKC", typed)))


class RatingForm(Guarded):
    """One tick is enough. Nobody calculates or waits for it until very many ticks come from one network."""

    purpose = "guide"
    too_quick = timedelta(seconds=1)
    proved_from = Stage.HARDER

    choice = forms.ChoiceField(
        label=_("Is this list useful?"),
        choices=GuideRating.Choice.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please tick one."), "invalid_choice": _("Please tick one.")},
    )
    words = Line(
        label=_("What is unclear?"),
        max_length=200,
        required=False,
        help_text=_("One sentence. No name and no number, please: nobody is told who wrote it."),
    )

    def clean_words(self) -> str:
        words: str = self.cleaned_data["words"]
        joined = APART.sub("", words)
        if DIGITS.search(words) or DIGITS.search(joined) or re.search(MOBILE, joined):
            raise ValidationError(
                _(
                    "Please leave out phone and identity numbers: nobody can call back from here. "
                    "For an answer call the number on this page."
                ),
                code="number",
            )
        return words
