"""One table of instants feeds the rule in Python and its twin in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from complaints.lights import Instants, Light, case_light
from complaints.models import Case, Clock
from complaints.rows import fetch, instants
from tests.world import World

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Clocks:
    """What both clocks have stored, as distances from now: minus is past. `response` None: there is no such clock."""

    said: str
    light: Light
    due: timedelta
    yellow: timedelta | None = None
    pause: tuple[timedelta, timedelta] | None = None
    stopped: timedelta | None = None
    response: Clocks | None = None


def running(due: timedelta, yellow: timedelta | None = None, **more: object) -> Clocks:
    return Clocks("", Light.GREEN, due, yellow, **more)  # type: ignore[arg-type]


G, Y, R, P = Light.GREEN, Light.YELLOW, Light.RED, Light.PAUSED
NONE = timedelta(0)
ANSWERED = running(5 * HOUR, HOUR, stopped=-HOUR)
TABLE = [
    Clocks("long before yellow", G, 9 * HOUR, 5 * HOUR),
    Clocks("on the second of yellow", G, 9 * HOUR, NONE),
    Clocks("one second after yellow", Y, 9 * HOUR, -SECOND),
    Clocks("on the second it is due", Y, NONE, -HOUR),
    Clocks("one second late", R, -SECOND, -HOUR),
    Clocks("a limit that knows no yellow, before it is due", G, SECOND),
    Clocks("a limit that knows no yellow, late", R, -SECOND),
    Clocks("answered: only the resolution counts", G, 9 * HOUR, 5 * HOUR, response=running(-HOUR, -2 * HOUR, stopped=-3 * HOUR)),
    Clocks("answered too late: that is over", G, 9 * HOUR, 5 * HOUR, response=running(-4 * HOUR, stopped=-3 * HOUR)),
    Clocks("not answered, in time", G, 9 * HOUR, 5 * HOUR, response=running(2 * HOUR, HOUR)),
    Clocks("not answered, on the second of the goal", G, 9 * HOUR, 5 * HOUR, response=running(HOUR, NONE)),
    Clocks("not answered, beyond the goal", Y, 9 * HOUR, 5 * HOUR, response=running(HOUR, -SECOND)),
    Clocks("not answered, on the second of the limit", Y, 9 * HOUR, 5 * HOUR, response=running(NONE, -HOUR)),
    Clocks("not answered, beyond the limit", R, 9 * HOUR, 5 * HOUR, response=running(-SECOND, -HOUR)),
    Clocks("resolution yellow, response green", Y, 9 * HOUR, -SECOND, response=running(2 * HOUR, HOUR)),
    Clocks("resolution red, response yellow", R, -SECOND, -HOUR, response=running(HOUR, -HOUR)),
    Clocks("paused", P, 9 * HOUR, 5 * HOUR, pause=(-HOUR, HOUR)),
    Clocks("paused from this second on", P, 9 * HOUR, 5 * HOUR, pause=(NONE, HOUR)),
    Clocks("the pause ends this second", G, 9 * HOUR, 5 * HOUR, pause=(-HOUR, NONE)),
    Clocks("the pause begins in a second", G, 9 * HOUR, 5 * HOUR, pause=(SECOND, HOUR)),
    Clocks("paused although late", P, -HOUR, -2 * HOUR, pause=(-SECOND, HOUR)),
    Clocks("a pause silences the response too", P, 9 * HOUR, 5 * HOUR, pause=(-HOUR, HOUR), response=running(-HOUR)),
    Clocks("only the response is paused", G, 9 * HOUR, 5 * HOUR, response=running(-SECOND, -HOUR, pause=(-HOUR, HOUR))),
    Clocks("the response's pause is over", R, 9 * HOUR, 5 * HOUR, response=running(-SECOND, -HOUR, pause=(-HOUR, NONE))),
    Clocks("the response's pause is to come", R, 9 * HOUR, 5 * HOUR, response=running(-SECOND, pause=(SECOND, HOUR))),
    Clocks("closed long before", G, -HOUR, -2 * HOUR, stopped=-3 * HOUR, response=ANSWERED),
    Clocks("closed on the second of yellow", G, -HOUR, -2 * HOUR, stopped=-2 * HOUR),
    Clocks("closed a second after yellow", Y, -HOUR, -2 * HOUR, stopped=-2 * HOUR + SECOND),
    Clocks("closed on the second it was due", Y, -HOUR, -2 * HOUR, stopped=-HOUR),
    Clocks("closed a second late", R, -HOUR, -2 * HOUR, stopped=-HOUR + SECOND),
    Clocks("closed while the pause was in force", G, HOUR, MINUTE, pause=(-HOUR, HOUR), stopped=-MINUTE),
    Clocks("closed on time, answered late", G, HOUR, MINUTE, stopped=-MINUTE, response=running(-HOUR, stopped=-MINUTE)),
    Clocks("closed and never answered", G, HOUR, MINUTE, stopped=-MINUTE, response=running(-HOUR)),
]  # fmt: skip
NAMED = pytest.mark.parametrize("given", TABLE, ids=lambda clocks: clocks.said)


def stored(clocks: Clocks, now: datetime) -> Instants:
    def at(distance: timedelta | None) -> datetime | None:
        return None if distance is None else now + distance

    pause = clocks.pause or (None, None)
    return Instants(now + clocks.due, at(clocks.yellow), at(pause[0]), at(pause[1]), at(clocks.stopped))


@NAMED
def test_the_light_is_a_comparison_of_instants(given: Clocks) -> None:
    now = World.now
    response = stored(given.response, now) if given.response else None
    assert case_light(stored(given, now), response, now) == given.light


@NAMED
@pytest.mark.django_db
def test_the_database_sees_the_same_light(given: Clocks, world: World) -> None:
    case = lay_down(given, world)
    assert lit(world).get(pk=case.pk).light == given.light


def test_every_light_finds_exactly_its_own_cases(world: World) -> None:
    cases = [(lay_down(given, world), given.light) for given in TABLE]
    for light in Light:
        found = set(Case.objects.lit(world.now, light).values_list("pk", flat=True))
        assert found == {case.pk for case, own in cases if own == light}


def test_a_line_of_a_list_shows_the_light_the_database_filtered_by(world: World) -> None:
    for given in TABLE:
        lay_down(given, world)
    by_database = dict(lit(world).values_list("pk", "light"))
    for pk, case in fetch(by_database).items():
        clocks = {clock.kind: instants(clock) for clock in case.clocks.all()}
        assert case_light(clocks["resolution"], clocks.get("response"), world.now) == by_database[pk]


def test_the_next_limit_is_the_nearest_that_still_runs(world: World) -> None:
    waiting = lay_down(running(9 * HOUR, response=running(2 * HOUR)), world)
    answered = lay_down(running(9 * HOUR, response=running(2 * HOUR, stopped=-HOUR)), world)
    alone = lay_down(running(9 * HOUR), world)
    turn = dict(lit(world).values_list("pk", "turn_due_at"))
    assert turn == {
        waiting.pk: world.now + 2 * HOUR,
        answered.pk: world.now + 9 * HOUR,
        alone.pk: world.now + 9 * HOUR,
    }


def test_a_case_done_again_shows_the_light_of_its_new_cycle(world: World) -> None:
    case = lay_down(running(-HOUR, stopped=-MINUTE), world)
    clock = Clock.objects.get(case=case, kind="resolution")
    Clock.objects.create(
        case=case, kind="resolution", cycle=2, policy=clock.policy, started_at=world.now, due_at=world.now + HOUR
    )
    Case.objects.filter(pk=case.pk).update(cycle=2)
    assert lit(world).get(pk=case.pk).light == Light.GREEN


def lit(world: World) -> Any:
    return Case.objects.with_light(world.now)


def lay_down(given: Clocks, world: World) -> Case:
    """A case whose clocks hold exactly these instants, closed if they have stopped."""
    case = world.log(at=world.now - 90 * HOUR)
    for kind, clocks in (("resolution", given), ("response", given.response)):
        own = Clock.objects.filter(case=case, kind=kind)
        if clocks is None:
            own.delete()
            continue
        to = stored(clocks, world.now)
        own.update(
            due_at=to.due_at,
            yellow_at=to.yellow_at,
            paused_from=to.paused_from,
            paused_until=to.paused_until,
            stopped_at=to.stopped_at,
        )
    if given.stopped is not None:
        Case.objects.filter(pk=case.pk).update(
            status="concluded", outcome="resolved", closed_at=world.now + given.stopped
        )
    return case
