"""The ladder on plain values: which rung a deadline has reached, which is told, when to look again."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.clock import Calendar
from supervision.watch.ladder import (
    Days,
    Deadline,
    Quiet,
    Ruling,
    RungTerms,
    flood_limit,
    instant,
    late_without_reason,
    light_at,
    next_morning,
    out_of_quiet,
    tell_at,
    turn,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
# A make-up Saturday and a Monday off, as the State Council likes to have them.
DAYS = Days(Calendar({date(2026, 11, 21): True, date(2026, 11, 23): False}, frozenset({2026})))


def at(day: int, hour: int = 18, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=SHANGHAI)


def rung(code: str, offset: int = 0, point: str = "due", unit: str = "working_days", **more: bool) -> RungTerms:
    return RungTerms(code, code, point, offset, unit, "tell", ("handler",), **more)


BEFORE, YELLOW, RED = rung("before", -1), rung("yellow", point="yellow"), rung("red")
ORDER, REVIEW = rung("order", 1), rung("review", 5, unless_explained=True)
LADDER = (BEFORE, YELLOW, RED, ORDER, REVIEW)
DUE = Deadline(at(11, 9), at(18), at(17, 15))
SAID_NOTHING = Ruling()


def codes(now: datetime, deadline: Deadline = DUE, ruling: Ruling = SAID_NOTHING) -> tuple[str, list[str]]:
    found = turn(LADDER, deadline, now, DAYS, ruling)
    return (found.told.rung.code if found.told else "", [one.rung.code for one in found.skipped])


@pytest.mark.parametrize(
    ("offset", "reached"),
    [
        (-1, at(17)),
        (0, at(18)),
        (1, at(19)),
        (3, at(21)),  # the make-up Saturday counts
        (4, at(24)),  # the Monday off does not
        (5, at(25)),
        (-6, at(10)),
    ],
)
def test_working_days_follow_the_state_councils_calendar_and_keep_the_time_of_day(
    offset: int, reached: datetime
) -> None:
    early = DUE._replace(started_at=at(1))
    assert instant(rung("x", offset), early, DAYS) == reached


def test_minutes_are_minutes_at_night_too() -> None:
    assert instant(rung("x", 30, unit="minutes"), DUE._replace(due_at=at(18, 23, 45)), DAYS) == at(19, 0, 15)


def test_a_reminder_before_the_clock_began_to_run_has_no_place() -> None:
    assert instant(BEFORE, DUE._replace(started_at=at(17, 18, 1)), DAYS) is None
    assert instant(YELLOW, DUE._replace(yellow_at=None), DAYS) is None


def test_on_the_second_itself_the_promise_is_kept() -> None:
    assert codes(at(18)) == ("before", ["yellow"])
    found = turn(LADDER, DUE, at(18), DAYS, SAID_NOTHING)
    assert found.next_at == at(18, 18, 0, 1), "and the next look is one second later"
    assert codes(at(18, 18, 0, 1))[0] == "red"


def test_the_next_look_is_the_next_rung_and_after_the_last_there_is_none() -> None:
    looks = [at(12, 9)]
    while (found := turn(LADDER, DUE, looks[-1], DAYS, SAID_NOTHING)).next_at:
        looks.append(found.next_at)
    assert looks[1:] == [at(17, 15, 0, 1), at(17, 18, 0, 1), at(18, 18, 0, 1), at(19, 18, 0, 1), at(25, 18, 0, 1)]
    assert found.told is not None
    assert found.told.rung == REVIEW


def test_after_a_day_of_downtime_only_the_highest_rung_is_told() -> None:
    assert codes(at(20)) == ("order", ["yellow", "before", "red"])


def test_a_pause_is_silent_and_looked_at_when_it_ends() -> None:
    paused = DUE._replace(paused_from=at(18, 9), paused_until=at(24, 9))
    found = turn(LADDER, paused, at(20), DAYS, SAID_NOTHING)
    assert (found.told, found.skipped, found.next_at) == (None, (), at(24, 9))
    assert turn(LADDER, paused, at(24, 9), DAYS, SAID_NOTHING).told is not None, "half-open: at its end it is over"


@pytest.mark.parametrize(
    ("ruling", "told"),
    [
        (SAID_NOTHING, "review"),
        (Ruling(asked=True), "order"),
        (Ruling(explained_at=(at(20),)), "order"),
        (Ruling(explained_at=(at(25),)), "order"),
        (Ruling(explained_at=(at(25, 18, 0, 1),)), "review"),  # too late by a second
    ],
)
def test_a_reason_stated_in_time_spares_the_review(ruling: Ruling, told: str) -> None:
    assert codes(at(26), ruling=ruling)[0] == told
    assert late_without_reason(ruling, at(25)) == (told == "review")


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (at(18, 20, 59), at(18, 20, 59)),
        (at(18, 21), at(19, 8)),
        (at(18, 23, 59), at(19, 8)),
        (at(19, 0, 0), at(19, 8)),
        (at(19, 7, 59), at(19, 8)),
        (at(19, 8), at(19, 8)),
    ],
)
def test_nobody_is_woken_at_night(now: datetime, told: datetime) -> None:
    night = Quiet(time(21), time(8))
    assert tell_at(now, night, urgent=False) == told
    assert tell_at(now, night, urgent=True) == now


def test_quiet_hours_may_lie_in_the_day_or_nowhere() -> None:
    noon = Quiet(time(12), time(14))
    assert out_of_quiet(at(18, 13), noon) == at(18, 14)
    assert out_of_quiet(at(18, 11), noon) == at(18, 11)
    never = Quiet(time(8), time(8))
    assert all(out_of_quiet(at(18, hour), never) == at(18, hour) for hour in range(24))


def test_the_daily_digest_goes_out_when_the_next_day_begins() -> None:
    night = Quiet(time(21), time(8))
    assert next_morning(at(18, 10), night) == at(19, 8)
    assert next_morning(at(19, 7), night) == at(19, 8)
    assert next_morning(at(19, 8), night) == at(20, 8)


@pytest.mark.parametrize(("open_cases", "limit"), [(0, 200), (999, 200), (1_000, 200), (1_005, 201), (50_000, 10_000)])
def test_a_flood_is_measured_by_the_open_cases(open_cases: int, limit: int) -> None:
    assert flood_limit(open_cases, 200, 0.2) == limit


def test_the_light_told_is_that_of_the_rung() -> None:
    assert [light_at(DUE, one) for one in (at(17, 14), at(17, 15), at(18), at(18) + timedelta(days=9))] == [
        "green",
        "yellow",
        "red",
        "red",
    ]
