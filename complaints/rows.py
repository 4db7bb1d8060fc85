"""Cases as the lines of a list: light, due, remaining time and what the viewer should do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from complaints.lights import Instants, Light, case_light
from complaints.lights import light as light_of
from complaints.models import Case, Clock
from complaints.next_step import Facts, Step, next_step, sentence
from complaints.queries import SPOKE
from complaints.rights import Standing
from complaints.states import Act
from services.calendar import load_calendar
from services.clock import Calendar, Hours, Mode, remaining
from staff.models import Person
from staff.scope import Scope

FRESH = timedelta(hours=2)
ROUND_THE_CLOCK = Hours(((0, 86_400),), every_day=True)


@dataclass(frozen=True)
class Row:
    """What `parts/case_row.html` shows. `left`: seconds of running time to `due`, negative once it has passed."""

    id: int
    url: str
    number: str
    light: str
    closed: bool
    title: str
    where: str
    kind: str
    category: str
    responsible: str
    due: datetime | None
    left: int | None
    provisional: bool
    around_clock: bool
    urgent: bool
    fresh: bool
    step: Step
    next_step: str
    next_url: str


def rows_of(ids: Sequence[int], person: Person, now: datetime) -> list[Row]:
    """The lines of these cases in the given order; a fixed number of queries for any number of ids."""
    found = fetch(ids)
    return build_rows([found[pk] for pk in ids if pk in found], person.scope(), now, load_calendar())


def fetch(ids: Iterable[int]) -> dict[int, Case]:
    """The cases with all that their lines need, by id."""
    wanted = set(ids)
    return {case.pk: case for case in Case.objects.filter(pk__in=wanted).for_rows()} if wanted else {}


def build_rows(
    cases: Iterable[Case], scope: Scope, now: datetime, calendar: Calendar, *, own_part: bool = False
) -> list[Row]:
    """`cases` come from `fetch`. With `own_part` light and due are those of the part the viewer's unit owes."""
    return [_row(case, scope, now, calendar, own_part) for case in cases]


def act_url(number: str, act: Act | None) -> str:
    """Where an act on a case is done; the case itself when there is none."""
    return f"/cases/{number}/" + (f"?act={act}" if act else "")


def instants(clock: Clock) -> Instants:
    return Instants(
        due_at=clock.due_at,
        yellow_at=clock.yellow_at,
        paused_from=clock.paused_from,
        paused_until=clock.paused_until,
        stopped_at=clock.stopped_at,
    )


def left_on(clock: Clock, now: datetime, calendar: Calendar) -> int:
    """Running seconds left; a pause in force takes nothing away."""
    paused = clock.paused_from and clock.paused_until and clock.paused_from <= now < clock.paused_until
    start = clock.paused_until if paused else now
    assert start is not None
    return remaining(start, clock.due_at, hours_of_clock(clock), calendar)


def hours_of_clock(clock: Clock) -> Hours:
    return ROUND_THE_CLOCK if runs_around_the_clock(clock) else clock.policy.schedule.hours()


def runs_around_the_clock(clock: Clock) -> bool:
    """Reads the clock's policy and schedule: select them with it."""
    policy = clock.policy
    mode = policy.response_mode if clock.kind == Clock.Kind.RESPONSE else policy.resolution_mode
    if clock.kind == Clock.Kind.JOINT:
        return False
    return mode == Mode.CALENDAR_DURATION or policy.schedule.hours() == ROUND_THE_CLOCK


def standing_in(case: Case, scope: Scope) -> Standing:
    """`access.standing` from what `for_rows()` has fetched, without a query."""
    row: Any = case
    if not scope.has("worker", "secretary", "supervisor"):
        return Standing()
    offer = next(iter(row.open_offers), None)
    to_me = offer is not None and (
        offer.to_person_id == scope.person if offer.to_person_id else offer.to_unit_id in scope.units
    )
    return Standing(
        responsible=case.responsible_id == scope.person,
        first_contact=case.first_contact_id == scope.person,
        in_unit=case.unit_id in scope.units,
        offered=to_me,
        in_co_unit=any(task.unit_id in scope.units for task in row.open_tasks),
        leads=case.community_id in scope.led_communities or case.unit.community_id in scope.led_communities,
        oversees=case.street_id in scope.whole_streets and scope.has("supervisor"),
        asked=row.consent_asked_by is not None and row.consent_asked_by == scope.person,
        works=True,
    )


def where(case: Case) -> str:
    return " ".join(str(part) for part in (case.community, case.grid and case.grid.name) if part)


def _row(case: Case, scope: Scope, now: datetime, calendar: Calendar, own_part: bool) -> Row:
    clocks = {clock.kind: clock for clock in case.clocks.all() if clock.kind != Clock.Kind.JOINT}
    resolution, response = clocks.get(Clock.Kind.RESOLUTION), clocks.get(Clock.Kind.RESPONSE)
    light = (
        case_light(instants(resolution), instants(response) if response else None, now) if resolution else Light.GREEN
    )
    step = next_step(_facts(case, light, resolution, response), standing_in(case, scope), now)
    turn = _turn(resolution, response)
    if own_part and (part := _part(case, scope)):
        turn, light = part, light_of(instants(part), now)
    return Row(
        id=case.pk,
        url=case.get_absolute_url(),
        number=case.number,
        light=light,
        closed=not case.is_open,
        title=case.title,
        where=where(case),
        kind=case.get_kind_display(),
        category=case.category.path.replace(">", " › ") if case.category else "",
        responsible=str(case.responsible),
        due=turn.due_at if turn else None,
        left=left_on(turn, now, calendar) if turn and case.is_open else None,
        provisional=bool(turn and turn.provisional),
        around_clock=bool(turn and runs_around_the_clock(turn)),
        urgent=case.urgency in {Case.Urgency.EMERGENCY, Case.Urgency.UTILITY},
        fresh=case.is_open and now - case.submitted_at < FRESH,
        step=step,
        next_step=sentence(step, now),
        next_url=act_url(case.number, step.act) if step.act else "",
    )


def _part(case: Case, scope: Scope) -> Clock | None:
    """The clock of what the viewer's unit still owes."""
    row: Any = case
    owed = {task.pk for task in row.open_tasks if task.unit_id in scope.units}
    return next((clock for clock in case.clocks.all() if clock.joint_task_id in owed), None)


def _turn(resolution: Clock | None, response: Clock | None) -> Clock | None:
    """The clock with the nearest limit that still runs."""
    if response and response.stopped_at is None and (resolution is None or response.due_at < resolution.due_at):
        return response
    return resolution


def _facts(case: Case, light: str, resolution: Clock | None, response: Clock | None) -> Facts:
    row: Any = case
    offer = next(iter(row.open_offers), None)
    return Facts(
        status=case.status,
        light=light,
        responsible=str(case.responsible),
        due_at=resolution.due_at if resolution else None,
        answered=response is None or response.stopped_at is not None,
        response_due_at=response.due_at if response else None,
        paused_until=resolution.paused_until if resolution else None,
        offered_to=str(offer.to_person or offer.to_unit) if offer else "",
        offered_by=str(offer.giver) if offer else "",
        dispatched=bool(offer and offer.to_person_id is None),
        asked=row.consent_kind or "",
        objected=row.objected,
        co_units=tuple(str(task.unit) for task in row.open_tasks),
        callback_wanted=case.callback_wanted,
        spoke=row.resident_spoke if row.resident_spoke in SPOKE else "",
    )
