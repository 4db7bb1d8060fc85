"""The board: what those who watch over the work see of it. Every number opens the cases it counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from complaints import wall
from complaints.filters import WATCHING, Choice, address, choices
from complaints.lights import Light
from complaints.models import Case
from complaints.queries import CaseQuerySet
from staff.models import Person
from staff.scope import Scope
from supervision.board import charts, flow, outcome, standing
from supervision.board.figure import SHOWN
from supervision.board.load import loads
from supervision.board.period import OWN, PERIODS, View, asked, grids_of, places
from supervision.bulletin.snapshot import terms_at

REDDEST = 10


@dataclass(frozen=True)
class Area:
    """The cases looked at, as rows, as their filter and as filters of the list; the places they are told apart by."""

    cases: CaseQuerySet
    within: dict[str, Any]
    limits: dict[str, Any]
    place: str
    labels: dict[int, str]


@login_required
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    person = cast(Person, request.user)
    scope, now = person.scope(), timezone.now()
    if not scope.has(*WATCHING):
        raise PermissionDenied(_("The board is for secretaries, supervisors, discipline officers and administrators."))
    names, today = choices(scope), timezone.localdate(now)
    communities = places(names, scope)
    grids = grids_of(names, communities)
    view = asked(request.GET, communities, grids, today)
    area = area_of(scope, view, communities, grids)
    # Numbers only, of an area that was cut out before: row by row the wall would cost more than counting does. Every one
    # of them is held against the list it opens, which stands behind the wall.
    with wall.office():
        numbers = _standing(area, names, view, now) | _outcomes(area, view, now)
    return render(
        request,
        "supervision/board.html",
        {
            **_choosers(view, communities, grids),
            **numbers,
            "loads": (people := loads(scope, view.community, now)),
            "load_chart": charts.by_light(people, across=True),
            "view": view,
            "at": now,
            "shown_lights": SHOWN,
        },
    )


def area_of(scope: Scope, view: View, communities: list[Choice], grids: list[Choice]) -> Area:
    """A street seen entirely, a secretary's communities, or the one place chosen; one community by its grids."""
    limits: dict[str, Any] = {}
    if scope.whole_streets:
        within: dict[str, Any] = {"street__in": scope.whole_streets}
    else:
        within = {"street__in": scope.streets, "community__in": scope.led_communities}  # the street leads to an index
        limits["community"] = sorted(scope.led_communities)
    for name in ("community", "grid"):
        if chosen := getattr(view, name):
            within[name] = limits[name] = chosen
    cases = Case.objects.visible_to(scope).filter(**within)
    shown = [choice for choice in communities if view.community in (None, choice.id)]
    if not view.grid and len(shown) != 1:
        return Area(cases, within, limits, "community", {choice.id: choice.label for choice in shown})
    inside = {choice.label for choice in shown}
    own = [grid for grid in grids if view.grid == grid.id or (not view.grid and grid.under in inside)]
    return Area(cases, within, limits, "grid", {grid.id: grid.label for grid in own})


def _choosers(view: View, communities: list[Choice], grids: list[Choice]) -> dict[str, Any]:
    inside = {choice.label for choice in communities if view.community in (None, choice.id)}
    return {
        "periods": [
            {"label": label, "url": closer(view, period=code, first=None, last=None), "on": code == view.code}
            for code, label in PERIODS
            if code != OWN
        ],
        "communities": communities,
        "grids": [grid for grid in grids if grid.under in inside] if view.community or len(communities) == 1 else [],
        "own": view.code == OWN,
    }


def closer(view: View, **changes: Any) -> str:
    """The board's address, changed in this; the days stay as they are."""
    days = {"first": view.period.first, "last": view.period.last} if view.code == OWN else {"period": view.code}
    given = {**days, "community": view.community, "grid": view.grid} | changes
    kept = {name: value for name, value in given.items() if value}
    return reverse("board") + "?" + urlencode(kept)


def _standing(area: Area, names: dict[str, list[Choice]], view: View, now: datetime) -> dict[str, Any]:
    """What lies open now, and how it came to that."""
    limits = area.limits | {"state": "open"}
    cells, today = standing.count(area.cases, area.place, now), timezone.localdate(now)
    total = standing.totals(cells, limits)
    by_place = standing.by_place(cells, area.place, area.labels, limits, lambda pk: closer(view, **{area.place: pk}))
    tables = standing.tables(cells, by_place, names, limits, today)
    steps = flow.steps(flow.daily(area.cases, view.period.since), total.total.count, view.period, area.limits)
    hot = flow.hot(area.cases, view.period, names["category"], area.limits, now)
    overdue: Any = area.cases.open().with_light(now).open_of(now, Light.RED)
    return {
        "total": total,
        "tables": tables,
        "table_charts": {
            table.code: charts.by_light(table.lines, across=table.code != "age") for table in tables if table.chart
        },
        "steps": steps,
        "came": sum(step.came.count for step in steps),
        "went": sum(step.went.count for step in steps),
        "in_and_out": charts.in_and_out(steps),
        "stock": charts.stock(steps),
        "quiet": not any(one.count for step in steps for one in (step.came, step.went, step.stock)),
        "hot": hot,
        "hot_chart": charts.hottest(hot),
        # Rows, not numbers: the page asks for them, behind the wall.
        "reddest": overdue.select_related("responsible")
        .order_by("turn_due_at", "pk")
        .only("number", "title", "responsible__name")[:REDDEST],
        "all_red": address(**limits, light="red", order="due"),
    }


def _outcomes(area: Area, view: View, now: datetime) -> dict[str, Any]:
    """The rates of these days."""
    terms = terms_at(view.period.until(now))  # the bulletin's of the same days
    counts = outcome.count(area.within, area.place, view.period, now)
    own = outcome.rates_of(outcome.together(counts.values()), terms, view.period, area.limits)
    lines = [
        outcome.PlaceRates(
            label,
            outcome.rates_of(counts.get(pk, {}), terms, view.period, area.limits | {area.place: pk}),
            closer(view, **{area.place: pk}),
        )
        for pk, label in area.labels.items()
    ]
    return {
        "rates": own,
        "rate_lines": lines,
        "rates_chart": charts.percentages(own),
        "minimum": terms.minimum_sample,
    }
