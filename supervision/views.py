"""What those who watch over the work see."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from complaints.filters import address, choices
from complaints.lights import Light
from complaints.rows import rows_of
from staff.models import Person
from supervision import board as figures

REDDEST = 20


@login_required
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    person = cast(Person, request.user)
    scope, now = person.scope(), timezone.now()
    if not scope.has("secretary", "supervisor", "discipline", "admin"):
        raise PermissionDenied(_("The board is for secretaries, supervisors, discipline officers and administrators."))
    area, limits = figures.area_of(scope), figures.limits_of(scope)
    cells, names = figures.count(area, now), choices(scope)
    overdue: Any = area.with_light(now).open_of(now, Light.RED)
    red = overdue.order_by("turn_due_at", "pk").values_list("pk", flat=True)[: REDDEST + 1]
    ids = list(red)
    return render(
        request,
        "supervision/board.html",
        {
            "total": figures.totals(cells, limits),
            "tables": figures.tables(cells, names, limits, timezone.localdate(now)),
            "lights": figures.SHOWN,
            "rows": rows_of(ids[:REDDEST], person, now),
            "more_red": len(ids) > REDDEST,
            "all_red": address(**limits, light="red", order="due"),
            "at": now,
        },
    )
