"""The terms of the rates: versions are added and looked at, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from supervision.bulletin.actions import change_terms
from supervision.models import RateTerms

if TYPE_CHECKING:
    TermsBase = admin.ModelAdmin[RateTerms]
else:
    TermsBase = admin.ModelAdmin

FIGURES = (
    "minimum_sample",
    "partly",
    "response_weight",
    "resolution_weight",
    "satisfaction_weight",
    "suppress_below",
)


@admin.register(RateTerms)
class RateTermsAdmin(TermsBase):
    list_display = ["version", "valid_from", *FIGURES, "author", "reason"]
    fields = [*FIGURES, "reason"]

    def has_change_permission(self, request: HttpRequest, obj: RateTerms | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: RateTerms | None = None) -> bool:
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        latest = RateTerms.objects.order_by("-version").first()
        return {name: getattr(latest, name) for name in FIGURES} if latest else {}

    def save_model(self, request: HttpRequest, obj: RateTerms, form: Any, change: bool) -> None:
        made = change_terms(
            by=request.user,  # type: ignore[arg-type]
            now=timezone.now(),
            reason=obj.reason,
            **{name: getattr(obj, name) for name in FIGURES},
        )
        obj.pk, obj.version, obj.valid_from = made.pk, made.version, made.valid_from
