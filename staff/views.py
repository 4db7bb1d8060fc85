"""The directory of the office."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from staff.directory import directory
from staff.models import Person

OFFICE = ("worker", "secretary", "supervisor", "discipline", "admin")


@login_required
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Names, posts and office phones are known to everybody who works for the street, and to nobody else."""
    scope = cast(Person, request.user).scope()
    if not scope.has(*OFFICE):
        raise PermissionDenied(_("The directory is for those who work for the street."))
    words = request.GET.get("q", "").strip()[:60]
    streets = directory(scope, timezone.localdate(), words)
    none = not any(street.communities or street.units for street in streets)
    return render(request, "staff/people.html", {"streets": streets, "words": words, "none": none})
