"""How many open cases each person of a unit answers for: a panel of the directory."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from complaints.filters import address
from complaints.lights import Light
from complaints.models import Case
from staff import queries as staff
from staff.models import Person, Post, Unit
from staff.scope import Scope


@login_required
@require_safe
def loads(request: HttpRequest, unit: int) -> HttpResponse:
    """For the street's supervisors, and for the secretary of the unit's own community."""
    scope = cast(Person, request.user).scope()
    row = get_object_or_404(Unit, pk=unit, street__in=scope.streets)
    if not may_see(scope, row):
        raise Http404
    posts = staff.current(Post.objects.filter(unit=row, role__in=staff.HANDLING_ROLES))
    gone = Q(responsible__working=Person.Working.LEFT) | Q(responsible__is_active=False)
    counted = (
        Case.objects.visible_to(scope)
        .open()
        .with_light(timezone.now())
        .filter(Q(responsible__in=posts.values("person")) | Q(gone, unit=row))
        .order_by()
        .values("responsible", "responsible__name")
        .annotate(count=Count("pk"), red=Count("pk", filter=Q(light=Light.RED)), gone=Count("pk", filter=gone))
        .order_by("-gone", "-count", "responsible__name")
    )
    lines = [
        {
            "name": line["responsible__name"],
            "count": line["count"],
            "red": line["red"],
            "gone": bool(line["gone"]),
            "url": address(responsible=line["responsible"], state="open"),
        }
        for line in counted
    ]
    page = "complaints/loads_panel.html" if request.headers.get("HX-Request") else "complaints/loads.html"
    response = render(request, page, {"unit": row, "lines": lines})
    response["Vary"] = "HX-Request"
    return response


def may_see(scope: Scope, unit: Unit) -> bool:
    overseen = scope.has("supervisor") and unit.street_id in scope.whole_streets
    return overseen or unit.community_id in scope.led_communities
