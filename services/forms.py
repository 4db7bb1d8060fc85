"""The administrators' forms."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.validators import MinValueValidator
from django.utils.translation import gettext_lazy as _

from config.lib.errors import RuleBroken
from services.actions import FIGURES, check_change, next_version
from services.clock import Mode
from services.models import PolicyVersion
from services.notices import decoded
from staff.models import Person

if TYPE_CHECKING:
    VersionForm = forms.ModelForm[PolicyVersion]
else:
    VersionForm = forms.ModelForm

MOST_BYTES = 1_000_000
AMOUNTS = {
    "response_goal": "response_mode",
    "response_limit": "response_mode",
    "resolution_limit": "resolution_mode",
    "yellow_left": "resolution_mode",
    "extension": "resolution_mode",
}


class NoticeForm(forms.Form):
    """A notice as a file or as text; a preview puts the file's text into the box so that it is chosen only once."""

    file = forms.FileField(label=_("file"), required=False, help_text=_("The yearly notice as JSON or CSV."))
    text = forms.CharField(
        label=_("text of the notice"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 14, "class": "vLargeTextField"}),
    )
    year = forms.IntegerField(
        label=_("year"), required=False, help_text=_("A notice for another year is refused. Leave empty to follow it.")
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        file = cleaned.get("file")
        if file and file.size > MOST_BYTES:
            self.add_error("file", _("The file is too large for a notice."))
        elif file:
            try:
                cleaned["text"] = decoded(file.read())
            except RuleBroken as refusal:
                self.add_error("file", str(refusal))
        if not cleaned.get("text") and not self.errors:
            self.add_error("file", _("Choose a file or paste the text of the notice."))
        return cleaned


def _amount(label: Any, help_text: Any = "", *, required: bool = True) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        help_text=help_text,
        required=required,
        max_digits=9,
        decimal_places=3,
        validators=[MinValueValidator(0)],
    )


class PolicyVersionForm(VersionForm):
    """Amounts are typed in hours or in working days and kept in seconds or in days."""

    response_goal = _amount(_("response goal"), _("Hours or days, as counted above. Yellow from here on."))
    response_limit = _amount(_("response limit"), _("Red from here on."))
    resolution_limit = _amount(_("resolution limit"), _("Hours or days, as counted above."))
    yellow_left = _amount(_("yellow with this much left"), _("In the unit of the resolution limit."), required=False)
    extension = _amount(_("extension"), _("Granted once; in the unit of the resolution limit; 0 means none."))
    valid_from = forms.SplitDateTimeField(
        label=_("valid from"), required=False, widget=AdminSplitDateTime, help_text=_("Leave empty for: at once.")
    )
    reason = forms.CharField(label=_("reason for the change"), max_length=200)

    by: Person
    now: datetime

    class Meta:
        model = PolicyVersion
        fields = ["policy", *FIGURES, "valid_from", "reason"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name, mode in AMOUNTS.items():
            if cleaned.get(name) is not None and cleaned.get(mode):
                cleaned[name] = self._stored(name, Mode(cleaned[mode]), cleaned[name])
        if not self.errors:
            self._check(cleaned)
        return cleaned

    def figures(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in FIGURES}

    def validate_unique(self) -> None:
        """The version number is given by the act."""

    def validate_constraints(self) -> None:
        """The act names the field; the constraints would say the same once more."""

    def _stored(self, name: str, mode: Mode, typed: Decimal) -> int:
        if not mode.in_days:
            return round(typed * 3600)
        if typed != int(typed):
            self.add_error(name, _("Please give whole days."))
        return int(typed)

    def _check(self, cleaned: dict[str, Any]) -> None:
        policy = cleaned["policy"]
        latest = policy.versions.order_by("-version").first()
        at = cleaned["valid_from"] or self.now
        figures = {name: cleaned[name] for name in FIGURES}
        version = next_version(policy, latest, by=self.by, reason=cleaned["reason"], valid_from=at, figures=figures)
        try:
            check_change(version, latest, self.now)
        except RuleBroken as refusal:
            self.add_error(refusal.field, str(refusal))


def typed_amounts(version: PolicyVersion) -> dict[str, Any]:
    """The figures of a version as the form shows them."""
    figures = {name: getattr(version, name) for name in FIGURES}
    for name, mode in AMOUNTS.items():
        if figures[name] is not None and not Mode(figures[mode]).in_days:
            figures[name] = Decimal(figures[name]) / 3600
    return {**figures, "schedule": version.schedule_id, "policy": version.policy_id}
