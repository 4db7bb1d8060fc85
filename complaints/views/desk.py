"""My desk: what this person has to do, today first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from django.contrib.auth.decorators import login_required
from django.db.models import CharField, F, OuterRef, Subquery, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from complaints.filters import address
from complaints.lights import Light
from complaints.models import Case, Clock
from complaints.queries import CaseQuerySet
from complaints.rows import Row, build_rows, fetch
from services.calendar import load_calendar
from staff.models import Person
from staff.scope import Scope

MINE, ELSE = 50, 10


@dataclass(frozen=True)
class Drawer:
    """A part of the desk: which cases, by which instant, how many at most, and where all of them are listed."""

    code: str
    title: str | Promise
    cases: CaseQuerySet
    all: str
    order: str = "turn_due_at"
    size: int = ELSE


@dataclass
class Section:
    code: str
    title: str | Promise
    all: str
    rows: list[Row] = field(default_factory=list)
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
            "shown": {section.code: section for section in sections},
            "today": timezone.localdate(now),
        },
    )


def build(person: Person, now: datetime) -> list[Section]:
    """The sections in the order of the desk, the empty ones too."""
    scope = person.scope()
    drawers = _drawers(scope, now)
    ids = _ids(drawers)
    cases = fetch(pk for found in ids.values() for pk in found)
    calendar = load_calendar()
    sections: list[Section] = []
    for drawer in drawers:
        own = [cases[pk] for pk in ids[drawer.code] if pk in cases]
        rows = build_rows(own[: drawer.size], scope, now, calendar, own_part=drawer.code == "joint")
        section = Section(drawer.code, drawer.title, drawer.all, rows, more=len(own) > drawer.size)
        sections += _by_day(section, now) if drawer.code == "mine" else [section]
    rank = {code: place for place, code in enumerate(ORDER)}
    return sorted(sections, key=lambda section: rank[section.code])


ORDER = ("disputes", "consents", "red", "offers", "overdue", "today", "joint", "callbacks", "later", "paused")


def _drawers(scope: Scope, now: datetime) -> list[Drawer]:
    me = scope.person
    seen = Case.objects.visible_to(scope)
    lit = seen.open().with_light(now)
    part = Clock.objects.filter(
        case=OuterRef("pk"), joint_task__unit__in=scope.units, joint_task__done_at__isnull=True
    ).order_by("due_at")
    drawers = [
        Drawer(
            "mine",
            _("My cases"),
            lit.filter(responsible=me),
            address(responsible=me, state="open", order="due"),
            size=MINE,
        ),
        Drawer("offers", _("Waiting for my answer"), lit.offered_to(scope), address(waiting="offer", order="due")),
        Drawer(
            "joint",
            _("Parts my unit owes"),
            lit.asked_of(scope).annotate(part_due_at=Subquery(part.values("due_at")[:1])),
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
    ]
    if scope.has("secretary", "supervisor"):
        area = lit.led_by(scope)
        drawers += [
            Drawer("consents", _("Consents to decide"), lit.decided_by(scope), address(waiting="consent", order="due")),
            Drawer(
                "red",
                _("Red cases of my area"),
                area.of_light(Light.RED).exclude(responsible=me),
                address(state="open", light="red", order="due"),
            ),
        ]
    if scope.has("supervisor"):
        drawers.append(
            Drawer(
                "disputes",
                _("Objections to adjudicate"),
                lit.disputed_before(scope),
                address(waiting="objection", order="due"),
            )
        )
    return drawers


def _ids(drawers: Sequence[Drawer]) -> dict[str, list[int]]:
    """One more than each drawer shows, of all drawers in one query."""
    first, *rest = (
        drawer.cases.order_by(drawer.order, "pk").values_list(
            Value(drawer.code, output_field=CharField()), F("pk"), F(drawer.order)
        )[: drawer.size + 1]
        for drawer in drawers
    )
    found: dict[str, list[int]] = {drawer.code: [] for drawer in drawers}
    for code, pk, _at in sorted(first.union(*rest, all=True), key=lambda row: (row[2], row[1])):
        found[code].append(pk)
    return found


def _by_day(mine: Section, now: datetime) -> list[Section]:
    """My cases in groups, each by the running time left."""
    groups = {
        "overdue": Section("overdue", _("Overdue"), mine.all),
        "today": Section("today", _("Due today"), mine.all),
        "later": Section("later", _("Due later"), mine.all, more=mine.more),
        "paused": Section("paused", _("Paused"), mine.all),
    }
    for row in mine.rows:
        groups[_group(row, now)].rows.append(row)
    for group in groups.values():
        group.rows.sort(key=lambda row: (row.left or 0, row.due or now))
    return list(groups.values())


def _group(row: Row, now: datetime) -> str:
    if row.light == Light.PAUSED:
        return "paused"
    if row.due is None:
        return "later"
    if row.due < now:
        return "overdue"
    return "today" if timezone.localdate(row.due) == timezone.localdate(now) else "later"
