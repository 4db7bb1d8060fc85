"""Cases in business words that chain: `Case.objects.visible_to(scope).open().red(now)`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.search import SearchQuery
from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Least

from complaints.lights import Light
from complaints.words import query_grams
from staff.scope import Scope

if TYPE_CHECKING:
    from complaints.models.case import Case as CaseRow  # noqa: F401


class CaseQuerySet(QuerySet["CaseRow"]):
    def visible_to(self, scope: Scope) -> Self:
        """The one cut by scope. Everything else (lists, counts, search, export, API) starts from it."""
        from complaints.models import Handover, JointTask

        if scope.person is None:
            return self.none()
        if scope.whole_streets and scope.streets == scope.whole_streets:
            return self.filter(street__in=scope.whole_streets)
        reach = Q(street__in=scope.whole_streets) if scope.whole_streets else Q()
        if scope.communities:
            reach |= Q(community__in=scope.communities)
        if scope.units:
            reach |= Q(unit__in=scope.units)
            asked = Q(to_unit__in=scope.units, verdict="") | Q(to_person=scope.person, verdict="")
            reach |= Q(pk__in=Handover.objects.filter(asked).values("case"))
            reach |= Q(pk__in=JointTask.objects.filter(unit__in=scope.units, cancelled=False).values("case"))
            reach |= Q(responsible=scope.person) | Q(first_contact=scope.person)
        if scope.closed_only:
            reach |= Q(street__in=scope.closed_only, status="concluded")
        # Nobody reaches beyond the streets of their posts; said aloud, the planner can walk a street's newest cases
        # and stop after one page instead of gathering and sorting everything below it.
        return self.filter(reach, street__in=scope.streets) if reach else self.none()

    def open(self) -> Self:
        return self.filter(closed_at__isnull=True)

    def closed(self) -> Self:
        return self.filter(closed_at__isnull=False)

    def held_by(self, person: int) -> Self:
        return self.filter(responsible=person)

    def about(self, words: str) -> Self:
        """Cases whose title, text, place or numbers contain all the words."""
        found = self
        for word in words.split():
            wanted = query_grams(word)
            if not wanted:
                return self.none()
            query = " & ".join("'" + gram + "'" for gram in wanted)
            found = found.filter(words__grams=SearchQuery(query, search_type="raw", config="simple"))
        return found

    def of_phone(self, number: str, scope: Scope) -> Self:
        """Cases of the resident with this phone, where this person is one of those who may see it (`rights.sees_resident`)."""
        from complaints.models import Resident

        if not scope.has("worker", "secretary", "supervisor"):
            return self.none()
        handles = Q(responsible=scope.person) | Q(first_contact=scope.person) | _area(scope)
        takes_part = handles | (Q(unit__in=scope.units) & ~Q(identity="confidential"))
        return self.filter(takes_part, pk__in=Resident.objects.with_phone(number).values("case"))

    def with_clocks(self) -> Self:
        """Joins the two clocks of the current cycle as `resolution` and `response`."""
        return self.alias(
            resolution=FilteredRelation("clocks", condition=Q(clocks__kind="resolution", clocks__cycle=F("cycle"))),
            response=FilteredRelation("clocks", condition=Q(clocks__kind="response", clocks__cycle=F("cycle"))),
        )

    def with_light(self, now: datetime) -> Self:
        """`light`: the twin of `lights.case_light` in SQL; `turn_due_at`: the nearest limit that still runs."""
        at = Coalesce(F("resolution__stopped_at"), Value(now))
        waiting = Q(resolution__stopped_at__isnull=True, response__stopped_at__isnull=True) & (
            Q(response__paused_from__isnull=True)
            | Q(response__paused_from__gt=now)
            | Q(response__paused_until__lte=now)
        )
        paused = Q(
            resolution__stopped_at__isnull=True,
            resolution__paused_from__lte=now,
            resolution__paused_until__gt=now,
        )
        return self.with_clocks().annotate(
            light=Case(
                When(paused, then=Value(Light.PAUSED)),
                When(Q(resolution__due_at__lt=at) | (waiting & Q(response__due_at__lt=now)), then=Value(Light.RED)),
                When(
                    Q(resolution__yellow_at__lt=at) | (waiting & Q(response__yellow_at__lt=now)),
                    then=Value(Light.YELLOW),
                ),
                default=Value(Light.GREEN),
                output_field=CharField(),
            ),
            turn_due_at=Case(
                When(response__stopped_at__isnull=True, then=Least("resolution__due_at", "response__due_at")),
                default=F("resolution__due_at"),
            ),
        )

    def lit(self, now: datetime, *lights: str) -> Self:
        return self.with_light(now).of_light(*lights)

    def of_light(self, *lights: str) -> Self:
        """Narrows cases that carry their light."""
        return self.filter(Q(("light__in", lights)))

    def open_of(self, now: datetime, *lights: str) -> Self:
        """Narrows cases that carry their light to open ones of these, found from their running clocks.

        So the cost follows what is late, not what is open.
        """
        signs: list[Any] = [SIGNS[Light(light)](now) for light in lights]
        found = self.open().of_light(*lights)
        return found if None in signs or not signs else found.by_clock(reduce(or_, signs), running=True)

    def by_clock(self, condition: Q, *, running: bool) -> Self:
        """Cases with a response or resolution clock that meets the condition.

        Says again what a light or a limit says already, in words an index understands.
        """
        from complaints.models import Clock

        clocks = Clock.objects.filter(condition, kind__in=[Clock.Kind.RESPONSE, Clock.Kind.RESOLUTION])
        return self.filter(pk__in=(clocks.filter(stopped_at__isnull=True) if running else clocks).values("case"))

    def red(self, now: datetime) -> Self:
        return self.lit(now, Light.RED)

    def offered_to(self, scope: Scope) -> Self:
        """Cases whose open offer waits for this person or, dispatched, for their unit."""
        from complaints.models import Handover

        mine = Q(to_person=scope.person) | Q(to_person__isnull=True, to_unit__in=scope.units)
        return self.filter(pk__in=Handover.objects.filter(mine, verdict="").values("case"))

    def asked_of(self, scope: Scope) -> Self:
        """Cases on which this person's unit still owes its part."""
        from complaints.models import JointTask

        return self.filter(pk__in=JointTask.objects.filter(unit__in=scope.units, done_at__isnull=True).values("case"))

    def decided_by(self, scope: Scope) -> Self:
        """Cases on which a consent is asked that this person may give."""
        from complaints.models import Consent

        asked = Consent.objects.filter(verdict="").exclude(asked_by=scope.person)
        return self.led_by(scope).filter(pk__in=asked.values("case")).exclude(responsible=scope.person)

    def disputed_before(self, scope: Scope) -> Self:
        """Cases whose open objection this person may adjudicate."""
        from complaints.models import Objection

        if not scope.has("supervisor"):
            return self.none()
        raised = Objection.objects.filter(decided_at__isnull=True).exclude(by=scope.person)
        return self.filter(street__in=scope.whole_streets, pk__in=raised.values("case"))

    def called_back_by(self, scope: Scope) -> Self:
        """Cases whose resident this person may call back: never one's own."""
        theirs = Q(unit__in=scope.units) | _area(scope)
        return self.filter(theirs).awaiting_callback().exclude(responsible=scope.person)

    def not_solved_for(self, scope: Scope) -> Self:
        """Open cases of a supervisor's streets that are done once more because the resident said "not solved"."""
        from complaints.models import Rating

        said = Rating.objects.filter(case=OuterRef("pk"), cycle=OuterRef("cycle") - 1, solved="no")
        again = self.filter(cycle__gt=1, street__in=scope.whole_streets)  # few, and the planner sees that
        return again.filter(Exists(said)).exclude(responsible=scope.person)

    def badly_rated_before(self, scope: Scope) -> Self:
        """Cases with a bad rating this person may follow up, with the instant it is to be verified by."""
        from complaints.models import RatingCheck

        waiting = RatingCheck.objects.filter(closed_at__isnull=True).exclude(rated=scope.person)
        first = waiting.filter(rating__case=OuterRef("pk")).order_by("due_at").values("due_at")[:1]
        found = self.filter(pk__in=waiting.values("rating__case")).exclude(responsible=scope.person)
        return found.led_by(scope).annotate(check_due_at=Subquery(first))

    def led_by(self, scope: Scope) -> Self:
        """Cases of the area this person answers for: a secretary's communities, a supervisor's streets."""
        return self.filter(_area(scope))

    def awaiting_callback(self) -> Self:
        """Concluded cases whose resident is to be asked and has not answered yet."""
        return self.filter(status="concluded", callback_wanted=True)

    def for_rows(self) -> Self:
        """All that a line of a list shows or decides on, in a fixed number of queries."""
        from complaints.models import Clock, Consent, Event, Handover, JointTask, Objection

        talked = Event.objects.filter(Q(kind__in=SPOKE + ANSWERED), case=OuterRef("pk")).exclude(
            kind="contacted", data__reached=False
        )
        asked = Consent.objects.filter(case=OuterRef("pk"), verdict="").order_by()  # there is one at most
        return (
            self.select_related("community", "grid", "unit", "category", "responsible")
            .defer("text", "extra")
            .annotate(
                consent_kind=Subquery(asked.values("kind")[:1]),
                consent_asked_by=Subquery(asked.values("asked_by")[:1]),
                resident_spoke=Subquery(talked.order_by("-seq").values("kind")[:1]),
                objected=Exists(Objection.objects.filter(case=OuterRef("pk"), decided_at__isnull=True)),
            )
            .prefetch_related(
                Prefetch(
                    "clocks",
                    queryset=Clock.objects.filter(cycle=F("case__cycle")).select_related("policy__schedule"),
                ),
                Prefetch(
                    "handovers",
                    queryset=Handover.objects.filter(verdict="").select_related("giver", "to_person", "to_unit"),
                    to_attr="open_offers",
                ),
                Prefetch(
                    "joint_tasks",
                    queryset=JointTask.objects.filter(done_at__isnull=True).select_related("unit"),
                    to_attr="open_tasks",
                ),
            )
        )


# What asks the office for a word, and what gives it.
SPOKE = ("said", "urged")
ANSWERED = ("replied", "contacted", "concluded", "called_back", "redone", "reopened")

# What is true of a running clock at least, where an open case shows the light. Nothing can be said of green.
SIGNS: dict[Light, Callable[[datetime], Q | None]] = {
    Light.RED: lambda now: Q(due_at__lt=now),
    Light.YELLOW: lambda now: Q(yellow_at__lt=now),
    Light.PAUSED: lambda now: Q(paused_from__lte=now, paused_until__gt=now),
    Light.GREEN: lambda now: None,
}


def _area(scope: Scope) -> Q:
    area = Q(community__in=scope.led_communities) | Q(unit__community__in=scope.led_communities)
    if scope.has("supervisor"):
        area |= Q(street__in=scope.whole_streets)
    return area
