"""The entry page of the watch: what there is to see to, with its counts, for each role."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from services.calendar import load_calendar
from staff.models import Community, Person
from staff.scope import Scope
from supervision.rectification import listing
from supervision.rectification.proposals import proposals
from supervision.watch.orders import visible
from supervision.weekly import rules as weeks

WATCHING = frozenset({"secretary", "supervisor", "discipline"})
WORKING = WATCHING | {"worker"}


@dataclass
class Fact:
    label: str | Promise
    value: int | str
    url: str = ""
    light: str = ""


@dataclass
class Card:
    """One part of the watch."""

    title: str | Promise
    url: str
    icon: str
    text: str | Promise
    facts: list[Fact] = field(default_factory=list)
    more: Fact | None = None


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    person, now = cast(Person, request.user), timezone.now()
    if not person.scope().has(*WORKING, "admin"):
        raise Http404
    return render(request, "supervision/home.html", {"cards": cards(person, now)})


def cards(person: Person, now: datetime) -> list[Card]:
    scope = person.scope()
    made = [_orders(scope, now), _items(person, now), _weekly(scope, now), *_plain(scope)]
    return [card for card in made if card is not None]


def _orders(scope: Scope, now: datetime) -> Card | None:
    if not scope.has(*WORKING):
        return None
    url = "/supervision/orders/"
    unanswered = Q(answered_at__isnull=True)
    counts = (
        visible(scope)
        .filter(closed_at__isnull=True)
        .order_by()
        .aggregate(
            red=Count("pk", filter=unanswered & Q(due_at__lt=now)),
            open=Count("pk", filter=unanswered),
            answered=Count("pk", filter=~unanswered),
        )
    )
    return Card(
        _("Supervision orders"),
        url,
        "megaphone",
        _("A case pushed by name, with a day of its own."),
        [
            Fact(_("Overdue"), counts["red"], url + "?state=late", "red"),
            Fact(_("To be answered"), counts["open"], url + "?state=open"),
            Fact(_("Answered, to be accepted"), counts["answered"], url + "?state=answered"),
        ],
    )


def _items(person: Person, now: datetime) -> Card | None:
    scope = person.scope()
    if not scope.has(*WORKING):
        return None
    url = reverse("rectification")
    found = listing.figures(scope, now)
    facts = [
        Fact(_("My next step"), found.mine, url + "?only=mine"),
        Fact(_("Overdue"), found.red, url + "?state=open&state=planned&light=red", "red"),
        Fact(_("Due soon"), found.yellow, url + "?state=open&state=planned&light=yellow", "yellow"),
        Fact(_("Not ended"), found.pending, url + "?state=pending"),
        Fact(_("Came back"), found.recurred, url + "?only=recurred"),
    ]
    if scope.has("supervisor", "discipline"):
        facts.append(Fact(_("Proposals"), len(proposals(person)), reverse("rectification_proposals")))
    return Card(
        _("Rectification"),
        url,
        "list-check",
        _("Problems with a person and a day, to the third person's sign-off."),
        facts,
    )


def _weekly(scope: Scope, now: datetime) -> Card | None:
    if not scope.has(*WATCHING):
        return None
    calendar, today = load_calendar(), timezone.localdate(now)
    monday = weeks.week_to_show(today, calendar)
    places: Any = Q(pk__in=scope.led_communities)
    if scope.has("supervisor", "discipline"):
        places |= Q(street__in=scope.whole_streets)
    own = Community.objects.filter(places)
    counts = own.aggregate(
        all=Count("pk", distinct=True), confirmed=Count("pk", filter=Q(weekly_checks__monday=monday), distinct=True)
    )
    url = reverse("weekly")
    return Card(
        _("Weekly self-check"),
        url,
        "calendar-week",
        _("Counted from casework, confirmed with one click."),
        [
            Fact(_("Week"), monday.isocalendar().week, f"{url}?week={weeks.label_of(monday)}"),
            Fact(_("Confirmed"), f"{counts['confirmed']}/{counts['all']}"),
        ],
        more=Fact(_("Dispatch list"), "", reverse("weekly_dispatch")),
    )


def _plain(scope: Scope) -> list[Card]:
    """Parts that show their counts themselves."""
    parts: list[tuple[str, str | Promise, str, str | Promise, frozenset[str]]] = [
        (
            "board",
            _("Board"),
            "bar-chart",
            _("Lights, punctuality and load, each figure with its cases."),
            WATCHING | {"admin"},
        ),
        (
            "bulletin_list",
            _("Reports"),
            "file-earmark-text",
            _("Month, quarter and year, written from casework."),
            WATCHING,
        ),
        (
            "conduct_list",
            _("Conduct reports"),
            "shield-lock",
            _("For the discipline office's circle alone."),
            frozenset({"discipline"}),
        ),
        (
            "watch_state",
            _("State of the watch"),
            "activity",
            _("What is waiting, held and failing."),
            frozenset({"admin"}),
        ),
    ]
    return [Card(title, reverse(name), icon, text) for name, title, icon, text, roles in parts if scope.has(*roles)]
