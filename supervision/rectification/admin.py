"""The numbers of rectification, as data with a history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from supervision.models import RectificationRule

if TYPE_CHECKING:
    RuleBase = admin.ModelAdmin[RectificationRule]
    FormBase = ModelForm[RectificationRule]
else:
    RuleBase, FormBase = admin.ModelAdmin, ModelForm


class RuleForm(FormBase):
    class Meta:
        model = RectificationRule
        fields = ["days", "yellow_left", "recurrence_days", "valid_from", "reason"]

    def clean_valid_from(self) -> object:
        day = self.cleaned_data["valid_from"]
        if day < timezone.localdate():
            raise ValidationError(_("A rule begins today or later: what it has decided already stays."))
        return day


@admin.register(RectificationRule)
class RectificationRuleAdmin(RuleBase):
    """A rule is never changed: a later one takes over, and items keep the rule they were set down under."""

    form = RuleForm
    list_display = ["valid_from", "days", "yellow_left", "recurrence_days", "reason", "by"]
    list_select_related = ["by"]

    def save_model(self, request: HttpRequest, obj: RectificationRule, form: FormBase, change: bool) -> None:
        obj.by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    def has_change_permission(self, request: HttpRequest, obj: RectificationRule | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: RectificationRule | None = None) -> bool:
        return False
