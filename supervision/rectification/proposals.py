"""What casework suggests putting right. A proposal is no verdict: a person takes it up or dismisses it with a reason.

Nothing is stored of a proposal; it is there as long as what it follows from is there and nobody has decided on it.
What follows from a report on conduct is shown to its circle in the discipline office alone, and names its number only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from complaints.models import Case, Category, RatingCheck
from config.lib.errors import RuleBroken
from staff.models import Community, Person, Street, Unit
from staff.queries import stand_in
from supervision.conduct import access as conduct
from supervision.models import ConductReport, Dismissal, Escalation, RectificationItem, Step

if TYPE_CHECKING:
    from supervision.rectification.actions import Setting

Source = RectificationItem.Source
MOST = 200
TRUE = (ConductReport.Outcome.TRUE, ConductReport.Outcome.PARTLY)


@dataclass(frozen=True)
class Proposal:
    """`at`: since when it is proposed. `due_at`: a day promised already."""

    origin: str
    source: str
    street: Street
    unit: Unit
    responsible: Person | None
    problem: str
    at: datetime
    community: Community | None = None
    case: Case | None = None
    category: Category | None = None
    reference: str = ""
    due_at: datetime | None = None

    @property
    def source_name(self) -> str:
        return str(Source(self.source).label)

    def setting(self) -> Setting:
        """All that is known, to be set down as it is. Refuses where nobody can be responsible."""
        from supervision.rectification.actions import Setting

        if self.responsible is None:
            raise RuleBroken("nobody", _("Please choose who is responsible."), field="responsible")
        return Setting(
            street=self.street,
            source=self.source,
            problem=self.problem,
            unit=self.unit,
            responsible=self.responsible,
            community=self.community,
            case=self.case,
            category=self.category,
            reference=self.reference,
            origin=self.origin,
            due_at=self.due_at,
        )


def proposals(person: Person) -> list[Proposal]:
    """All that wait for this person's decision, the oldest first."""
    scope = person.scope()
    found: list[Proposal] = []
    if scope.has("supervisor"):
        found += _overdue(person)
        found += _rated(person)
    if scope.has("discipline"):
        found += _conduct(person)
    return sorted(found, key=lambda one: (one.at, one.origin))


def proposal_of(person: Person, origin: str) -> Proposal | None:
    return next((one for one in proposals(person) if one.origin == origin), None)


def _undecided(rows: QuerySet[Any], *parts: Any) -> QuerySet[Any]:
    """Those of which nobody has made an item and which nobody has dismissed. `parts` put the origin together."""
    named = rows.annotate(origin=Concat(*parts, output_field=CharField()))
    taken = RectificationItem.objects.filter(origin=OuterRef("origin"))
    dismissed = Dismissal.objects.filter(origin=OuterRef("origin"))
    found: QuerySet[Any] = named.filter(~Exists(taken), ~Exists(dismissed))
    return found


def _text(field: str) -> Cast:
    return Cast(field, CharField())


def _overdue(person: Person) -> Iterator[Proposal]:
    """Deadlines that have climbed to the rung of accountability; one proposal for a case and cycle."""
    scope = person.scope()
    rows = Escalation.objects.filter(
        step=Step.REVIEW, clock__isnull=False, clock__case__street__in=scope.whole_streets
    ).select_related(*(f"clock__case__{name}" for name in ("street", "unit", "community", "category", "responsible")))
    waiting = _undecided(rows, Value("overdue-"), _text("clock__case"), Value("-"), _text("clock__cycle"))
    seen = set()
    for row in waiting.order_by("reached_at")[:MOST]:
        assert row.clock is not None
        case = row.clock.case
        origin = f"overdue-{case.pk}-{row.clock.cycle}"
        if origin in seen:
            continue
        seen.add(origin)
        yield _of_case(
            case,
            origin=origin,
            source=Source.OVERDUE,
            at=row.reached_at,
            # Never the title: a resident wrote it, and what an item says is repeated in bulletins that are kept for good.
            problem=_("%(number)s (%(category)s) is overdue without a stated reason.")
            % {"number": case.number, "category": case.category or case.get_kind_display()},
        )


def _rated(person: Person) -> Iterator[Proposal]:
    """Bad ratings that were found to be right and are to be put right by a set day. Never shown to the rated person."""
    scope = person.scope()
    rows = (
        RatingCheck.objects.filter(
            outcome=RatingCheck.Outcome.FIX_BY, fixed_at__isnull=True, rating__case__street__in=scope.whole_streets
        )
        .exclude(rated=person)
        .exclude(rating__case__responsible=person)
        .select_related(
            *(f"rating__case__{name}" for name in ("street", "unit", "community", "category", "responsible"))
        )
        .order_by("verified_at")
    )
    for row in _undecided(rows, Value("rating-"), _text("pk"))[:MOST]:
        case = row.rating.case
        assert row.verified_at is not None
        yield _of_case(
            case,
            origin=f"rating-{row.pk}",
            source=Source.RATING,
            at=row.verified_at,
            problem=_("Bad rating on %(number)s: %(finding)s") % {"number": case.number, "finding": row.finding},
            due_at=row.fix_by_at,
        )


def _conduct(person: Person) -> list[Proposal]:
    """Reports found true, for their circle's officers alone. Only the number leaves the circle."""
    with transaction.atomic():
        who, seen = conduct.reports_for(person)
        rows = list(
            ConductReport.objects.filter(pk__in=seen, street__in=who.officer_of, outcome__in=TRUE).values_list(
                "number", "street", "community", "unit", "concluded_at"
            )
        )
        conduct.open_circle([])
    origins = {f"conduct-{row[0]}" for row in rows}
    decided = {*RectificationItem.objects.filter(origin__in=origins).values_list("origin", flat=True)}
    decided |= {*Dismissal.objects.filter(origin__in=origins).values_list("origin", flat=True)}
    streets = Street.objects.in_bulk([row[1] for row in rows])
    communities = Community.objects.in_bulk([row[2] for row in rows if row[2]])
    units = Unit.objects.in_bulk([row[3] for row in rows if row[3]])
    found = []
    for number, street, community, unit, at in rows:
        own = units.get(unit) or _unit_of(community, street)
        if street not in streets or own is None or at is None or f"conduct-{number}" in decided:
            continue
        found.append(
            Proposal(
                origin=f"conduct-{number}",
                source=Source.CONDUCT,
                street=streets[street],
                unit=own,
                responsible=_secretary(own),
                problem=_("Put right what the discipline office has found under number %(number)s.")
                % {"number": number},
                at=at,
                community=communities.get(community) or own.community,
                reference=number,
            )
        )
    return found


def _unit_of(community: int | None, street: int) -> Unit | None:
    units = Unit.objects.filter(street=street, is_active=True).select_related("community")
    if community is not None:
        return units.filter(community=community, kind=Unit.Kind.COMMUNITY).first()
    return units.filter(kind=Unit.Kind.DEPARTMENT).first()


def _secretary(unit: Unit) -> Person | None:
    """Who leads the unit, else who stands in: the finding may be about any of its people."""
    try:
        return stand_in(Person(), unit)
    except Person.DoesNotExist:
        return None


def _of_case(
    case: Case, *, origin: str, source: str, at: datetime, problem: str, due_at: datetime | None = None
) -> Proposal:
    try:
        responsible: Person | None = stand_in(case.responsible, case.unit)
    except Person.DoesNotExist:
        responsible = None
    return Proposal(
        origin=origin,
        source=source,
        street=case.street,
        unit=case.unit,
        responsible=responsible,
        problem=problem,
        at=at,
        community=case.community or case.unit.community,
        case=case,
        category=case.category,
        due_at=due_at,
    )
