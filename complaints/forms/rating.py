"""What residents tick when they rate, and what the office writes about a bad rating."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.forms.fields import People, Words, people_with_units
from complaints.models import Case, PraiseProposal, Rating, RatingCheck, RatingTag
from complaints.ratings import MOST_FIX_DAYS
from staff import queries as staff
from staff.models import Person

LEVELS = [("", _("no answer")), *((str(level), str(level)) for level in range(5, 0, -1))]
SOLVED = [choice for choice in Rating.Solved.choices if choice[0]]


class Tags(forms.CheckboxSelectMultiple):
    """Each reason says to which levels it belongs, so that the style sheet can show those of the level ticked."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        tag = getattr(value, "instance", None)
        if tag is not None:
            option["attrs"]["data-levels"] = " ".join(str(level) for level in range(tag.lowest, tag.highest + 1))
        return option


class RatingForm(forms.Form):
    """Two questions are enough; all the rest may stay empty. Works without scripts."""

    solved = forms.ChoiceField(
        label=_("Is it solved?"),
        choices=SOLVED,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please tick one.")},
    )
    satisfied = forms.TypedChoiceField(
        label=_("Are you satisfied with how it was handled?"),
        choices=Rating.Satisfied.choices,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please tick one.")},
    )
    tags = forms.ModelMultipleChoiceField(
        label=_("What was it?"),
        queryset=RatingTag.objects.none(),
        required=False,
        widget=Tags,
    )
    text = Words(
        label=_("In your words"),
        max_length=1_000,
        rows=3,
        required=False,
        help_text=_("With “not solved”, write here what is missing: it goes to whoever does it once more."),
    )
    efficiency = forms.TypedChoiceField(
        label=_("How quick, from 5 (best) to 1"), choices=LEVELS, coerce=int, empty_value=None, required=False
    )
    result = forms.TypedChoiceField(
        label=_("How well solved, from 5 (best) to 1"), choices=LEVELS, coerce=int, empty_value=None, required=False
    )
    attitude = forms.TypedChoiceField(
        label=_("How you were treated, from 5 (best) to 1"),
        choices=LEVELS,
        coerce=int,
        empty_value=None,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tags"].queryset = RatingTag.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        level = data.get("satisfied")
        if level is not None and "tags" in data:
            # Without scripts all reasons are on the page; those of another level were ticked by mistake.
            data["tags"] = [tag for tag in data["tags"] if tag.lowest <= level <= tag.highest]
        return data


class CheckForm(forms.Form):
    """A step on a bad rating. Field names are the arguments of the act."""

    def __init__(self, *args: Any, check: RatingCheck, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.check_row = check


class VerifyForm(CheckForm):
    outcome = forms.ChoiceField(
        label=_("What has to be done"),
        choices=[choice for choice in RatingCheck.Outcome.choices if choice[0]],
        widget=forms.RadioSelect,
    )
    days = forms.IntegerField(
        label=_("Working days, when a day is set"),
        required=False,
        min_value=1,
        max_value=MOST_FIX_DAYS,
        help_text=_("At most 15."),
    )
    finding = Words(label=_("What the check found"), rows=4)


class FixForm(CheckForm):
    text = Words(label=_("What was put right"), rows=4)


class DecideForm(CheckForm):
    exclude = forms.ChoiceField(
        label=_("Decision"),
        choices=[("yes", _("by mistake or untrue: it does not count")), ("no", _("it stands and is to be put right"))],
        widget=forms.RadioSelect,
    )
    text = Words(label=_("Grounds"), rows=3)


class TellForm(CheckForm):
    text = Words(
        label=_("Answer to the resident"),
        rows=5,
        help_text=_("Shown on the page on which residents follow their case."),
    )


class CallForm(CheckForm):
    text = Words(label=_("What the resident said to it"), rows=3)


class PraiseForm(forms.Form):
    """`person` may be corrected: whoever answers for a word of praise is not always the one it is about."""

    person = People(label=_("Praised person"), queryset=Person.objects.none())
    verdict = forms.ChoiceField(
        label=_("Decision"),
        choices=[choice for choice in PraiseProposal.Verdict.choices if choice[0]],
        widget=forms.RadioSelect,
    )
    reason = Words(label=_("Grounds"), rows=2, max_length=500)

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people_with_units(  # type: ignore[attr-defined]
            staff.handlers(case.street_id), case.unit_id
        )
