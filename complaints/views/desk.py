"""My desk: what this person has to do, today first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.db.models import CharField, F, OuterRef, Q, Subquery, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from complaints.filters import address, midnight
from complaints.lights import Light
from complaints.models import Case, Clock
from complaints.queries import CaseQuerySet
from complaints.rows import Row, build_rows, fetch
from services.calendar import load_calendar
from staff.models import Person
from staff.scope import Scope

SHOWN, COUNTED = 5, 99


@dataclass(frozen=True)
class Drawer:
    """A part of the desk: which cases, by which instant, how many lines at most, and where all of them are listed."""

    code: str
    title: str | Promise
    cases: CaseQuerySet
    all: str
    order: str = "turn_due_at"
    size: int = SHOWN


@dataclass
class Section:
    """`count`: how many there are, "99+" where nobody would count on."""

    code: str
    title: str | Promise
    all: str
    rows: list[Row] = field(default_factory=list)
    count: str = "0"
    more: bool = False


@login_required
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    person = cast(Person, request.user)
    now = timezone.now()
    if not person.scope().has("worker", "secretary", "supervisor"):
        return render(request, "complaints/desk_quiet.html", {"roles": person.scope().roles})
    sections = [section for section in build(person, now) if section.rows]
    return render(
        request,
        "complaints/desk.html",
        {
            "sections": sections,
            "today": timezone.localdate(now),
        },
    )


def build(person: Person, now: datetime) -> list[Section]:
    """The sections in the order of the desk, the empty ones too."""
    scope, calendar = person.scope(), load_calendar()
    drawers = _drawers(scope, now)
    ids = _ids(drawers)
    cases = fetch(pk for drawer in drawers for pk in ids[drawer.code][: drawer.size])
    sections = []
    for drawer in drawers:
        found = ids[drawer.code]
        own = [cases[pk] for pk in found[: drawer.size] if pk in cases]
        rows = build_rows(own, scope, now, calendar, own_part=drawer.code == "joint")
        if drawer.order != "closed_at":
            rows.sort(key=lambda row: (row.left or 0, row.due or now))
        count = f"{COUNTED}+" if len(found) > COUNTED else str(len(found))
        sections.append(Section(drawer.code, drawer.title, drawer.all, rows, count, more=len(found) > drawer.size))
    return sections


def _drawers(scope: Scope, now: datetime) -> list[Drawer]:
    """What only this person can decide, what is late, today, what others wait for, then the rest."""
    seen = Case.objects.visible_to(scope)
    lit = seen.open().with_light(now)
    late, today, later, paused = _mine(lit, scope, now)
    return [
        *_to_decide(lit, scope, now),
        Drawer("offers", _("Waiting for my answer"), lit.offered_to(scope), address(waiting="offer", order="due")),
        late,
        today,
        Drawer(
            "joint",
            _("Parts my unit owes"),
            lit.asked_of(scope).annotate(part_due_at=_part_due(scope)),
            address(waiting="joint", order="due"),
            order="part_due_at",
        ),
        Drawer(
            "callbacks",
            _("Residents to call back"),
            seen.called_back_by(scope),
            address(waiting="callback"),
            order="closed_at",
        ),
        later,
        paused,
    ]


def _mine(lit: CaseQuerySet, scope: Scope, now: datetime) -> list[Drawer]:
    """What this person answers for, by the day it is due."""
    mine, today = lit.filter(responsible=scope.person), timezone.localdate(now)
    awake = mine.of_light(Light.GREEN, Light.YELLOW)
    tomorrow = midnight(today + timedelta(days=1))
    found: list[tuple[str, str | Promise, CaseQuerySet, dict[str, Any], int]] = [
        ("overdue", _("Overdue"), mine.open_of(now, Light.RED), {"light": "red"}, 10),
        (
            "today",
            _("Due today"),
            awake.filter(Q(("turn_due_at__lt", tomorrow))),
            {"due_from": today, "due_to": today},
            20,
        ),
        (
            "later",
            _("Due later"),
            awake.filter(Q(("turn_due_at__gte", tomorrow))),
            {"due_from": today + timedelta(days=1)},
            10,
        ),
        ("paused", _("Paused"), mine.open_of(now, Light.PAUSED), {"light": "paused"}, SHOWN),
    ]
    return [
        Drawer(code, title, cases, address(responsible=scope.person, state="open", order="due", **more), size=size)
        for code, title, cases, more, size in found
    ]


def _to_decide(lit: CaseQuerySet, scope: Scope, now: datetime) -> list[Drawer]:
    """What a secretary or supervisor has to see to beside their own cases."""
    drawers = []
    if scope.has("supervisor"):
        disputed = lit.disputed_before(scope)
        url = address(waiting="objection", order="due")
        drawers.append(Drawer("disputes", _("Objections to adjudicate"), disputed, url))
        not_solved, url = lit.open().not_solved_for(scope), address(state="open", order="due")
        drawers.append(Drawer("not_solved", _("Not solved, say the residents"), not_solved, url))
    if scope.has("secretary", "supervisor"):
        asked, url = lit.decided_by(scope), address(waiting="consent", order="due")
        drawers.append(Drawer("consents", _("Consents to decide"), asked, url))
        rated = Case.objects.visible_to(scope).badly_rated_before(scope)  # most are closed
        drawers.append(Drawer("bad_ratings", _("Bad ratings to follow up"), rated, "/ratings/", order="check_due_at"))
        red, url = lit.led_by(scope).open_of(now, Light.RED), address(state="open", light="red", order="due")
        drawers.append(Drawer("red", _("Red cases of my area"), red.exclude(responsible=scope.person), url))
    return drawers


def _part_due(scope: Scope) -> Subquery:
    """When this person's unit owes its part of a joint case."""
    open_parts = Clock.objects.filter(
        case=OuterRef("pk"), joint_task__unit__in=scope.units, joint_task__done_at__isnull=True
    )
    return Subquery(open_parts.order_by("due_at").values("due_at")[:1])


def _ids(drawers: Sequence[Drawer]) -> dict[str, list[int]]:
    """What lies in each drawer, as far as anybody counts, of all drawers in one query."""
    first, *rest = (
        drawer.cases.order_by(drawer.order, "pk").values_list(
            Value(drawer.code, output_field=CharField()), F("pk"), F(drawer.order)
        )[: COUNTED + 1]
        for drawer in drawers
    )
    found: dict[str, list[int]] = {drawer.code: [] for drawer in drawers}
    for code, pk, _at in sorted(first.union(*rest, all=True), key=lambda row: (row[2], row[1])):
        found[code].append(pk)
    return found
