from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.forms.fields import Line, Moment
from supervision.models import Alert, Step, Wish
from supervision.telling.wishes import DEFAULTS


class WishForm(forms.Form):
    """One choice per step."""

    def __init__(self, *args: Any, chosen: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for step in Step:
            self.fields[step.value] = forms.ChoiceField(
                label=LABELS[step],
                choices=Wish.How.choices,
                initial=chosen.get(step, DEFAULTS[step]),
                widget=forms.RadioSelect,
            )


LABELS = {
    Step.TELL: _("A deadline comes near or has passed"),
    Step.REMIND: _("I am reminded and urged"),
    Step.ORDER: _("A supervision order is issued"),
    Step.REVIEW: _("An accountability review is opened"),
}


class StopForm(forms.Form):
    reason = Line(label=_("Reason"), max_length=200)


class ReleaseForm(forms.Form):
    hold = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)
    reason = Line(label=_("What you found, and why it may go on"), max_length=200)


class DiscardForm(forms.Form):
    before = Moment(label=_("Discard what was made before"))
    reason = Line(label=_("Reason"), max_length=200)


class ResendForm(forms.Form):
    alert = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    channel = forms.ChoiceField(required=False, choices=[("", ""), *Alert.Channel.choices])

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if bool(given.get("alert")) == bool(given.get("channel")):
            raise forms.ValidationError(_("Choose one message, or all of a channel."))
        return given
