"""Items in business words that chain: `RectificationItem.objects.visible_to(scope).open().lit(now, "red")`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Case, CharField, DateTimeField, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Least

from complaints.lights import Light
from staff.scope import Scope

if TYPE_CHECKING:
    from supervision.rectification.models import RectificationItem  # noqa: F401

RUNNING = Q(reported_at__isnull=True, withdrawn_at__isnull=True)
STATES: dict[str, Q] = {
    "withdrawn": Q(withdrawn_at__isnull=False),
    "signed_off": Q(signed_at__isnull=False),
    "verified": Q(verified_at__isnull=False, signed_at__isnull=True, withdrawn_at__isnull=True),
    "reported": Q(reported_at__isnull=False, verified_at__isnull=True, withdrawn_at__isnull=True),
    "planned": RUNNING & Q(planned_at__isnull=False),
    "open": RUNNING & Q(planned_at__isnull=True),
}


class ItemQuerySet(QuerySet["RectificationItem"]):
    def visible_to(self, scope: Scope) -> Self:
        """A supervisor's and a discipline officer's street, a secretary's community, a worker's own. Nobody else."""
        reach = Q()
        if scope.has("supervisor", "discipline"):
            reach |= Q(street__in=scope.whole_streets)
        if scope.led_communities:
            reach |= Q(community__in=scope.led_communities) | Q(unit__community__in=scope.led_communities)
        if scope.has("worker", "secretary", "supervisor"):
            reach |= Q(responsible=scope.person)
        return self.filter(reach, street__in=scope.streets) if reach else self.none()

    def open(self) -> Self:
        return self.filter(signed_at__isnull=True, withdrawn_at__isnull=True)

    def signed_off(self) -> Self:
        return self.filter(signed_at__isnull=False)

    def in_state(self, *states: str) -> Self:
        """The twin of `rules.state_of` in SQL."""
        wanted = Q(pk__in=[])
        for state in states:
            wanted |= STATES[state]
        return self.filter(wanted)

    def with_light(self, now: datetime) -> Self:
        """`light`: the twin of `lights.light`. What was reported done or withdrawn keeps the colour of that moment."""
        at = Coalesce(F("reported_at"), F("withdrawn_at"), Value(now))
        return self.annotate(
            light=Case(
                When(due_at__lt=at, then=Value(Light.RED)),
                When(yellow_at__lt=at, then=Value(Light.YELLOW)),
                default=Value(Light.GREEN),
                output_field=CharField(),
            )
        )

    def lit(self, now: datetime, *lights: str) -> Self:
        return self.with_light(now).filter(Q(("light__in", lights)))

    def waiting_for(self, scope: Scope) -> Self:
        """Items whose next step this person may take: report, verify or sign off."""
        mine = RUNNING & Q(responsible=scope.person)
        other = ~Q(responsible=scope.person) & ~Q(reported_by=scope.person)
        led = Q(community__in=scope.led_communities) | Q(unit__community__in=scope.led_communities)
        if scope.has("supervisor"):
            street = Q(street__in=scope.whole_streets)
            mine |= STATES["verified"] & street & other & ~Q(verified_by=scope.person)
            led |= street
        return self.filter(mine | (STATES["reported"] & led & other))

    def with_relapse(self) -> Self:
        """`recurred_at`: when the same problem was first heard of again; the twin of `rules.is_relapse`."""
        from complaints.models import Case as CaseRow

        window: dict[str, Any] = {
            "submitted_at__gt": OuterRef("signed_at"),
            "submitted_at__lte": OuterRef("watched_until"),
        }
        told = CaseRow.objects.exclude(kind=CaseRow.Kind.PRAISE)
        same = told.filter(community=OuterRef("community"), category=OuterRef("category"), **window)
        linked = told.filter(
            Q(category=OuterRef("category")) | Q(grid=OuterRef("case__grid")),
            duplicate_of=OuterRef("case"),
            **window,
        )
        again = self.model._default_manager.filter(
            withdrawn_at__isnull=True,
            community=OuterRef("community"),
            category=OuterRef("category"),
            set_at__gt=OuterRef("signed_at"),
            set_at__lte=OuterRef("watched_until"),
        )
        return self.annotate(
            recurred_at=Least(_first(same, "submitted_at"), _first(linked, "submitted_at"), _first(again, "set_at"))
        )

    def recurred(self) -> Self:
        return self.with_relapse().filter(Q(("recurred_at__isnull", False)))

    def for_rows(self) -> Self:
        return self.select_related("street", "community", "unit", "case", "category", "responsible", "set_by")


def _first(rows: QuerySet[Any], field: str) -> Subquery:
    return Subquery(rows.order_by(field).values(field)[:1], output_field=DateTimeField())
