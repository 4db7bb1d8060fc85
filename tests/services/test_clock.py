"""The clock, rule by rule, and against a stepper that counts seconds one by one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from chinese_calendar import constants
from hypothesis import given, settings
from hypothesis import strategies as st

from services.clock import (
    DAY,
    MOST_DAYS,
    MOST_SECONDS,
    Calendar,
    ClockError,
    Hours,
    Mode,
    Pause,
    due,
    elapsed,
    is_working_day,
    next_opening,
    parse_windows,
    remaining,
    shown_windows,
    threshold,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = 3600
OFFICE_DAY = 7 * HOUR

CALENDAR = Calendar(
    dict.fromkeys(constants.holidays, False) | dict.fromkeys(constants.workdays, True), frozenset(range(2004, 2027))
)
OFFICE = Hours(parse_windows([["09:00", "12:00"], ["14:00", "18:00"]]))
DUTY = Hours(parse_windows([["08:00", "20:00"]]), every_day=True)
CLOCK_ROUND = Hours(parse_windows([["00:00", "24:00"]]), every_day=True)

BUSINESS = Mode.BUSINESS_DURATION
ROUND = Mode.CALENDAR_DURATION
CLOSE = Mode.WORKING_DAYS_CLOSE
ROLLS = Mode.WORKING_DAYS_CLOSE_LATE_ROLLS
SAME = Mode.WORKING_DAYS_SAME_TIME


def at(text: str, zone: str = "Asia/Shanghai") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def end(
    mode: Mode, amount: int, start: str, pauses: Sequence[tuple[str, str | None]] = (), hours: Hours = OFFICE
) -> str:
    found = due(mode, amount, at(start), hours, CALENDAR, spans(pauses)).at
    return shown(found) if found else "paused"


def spans(pauses: Sequence[tuple[str, str | None]]) -> list[Pause]:
    return [(at(first), at(last) if last else None) for first, last in pauses]


def shown(instant: datetime) -> str:
    return instant.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


# T1, T3: instants and windows


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ClockError) as refused:
        due(CLOSE, 1, datetime(2026, 11, 20, 9), OFFICE, CALENDAR)
    assert refused.value.code == "naive_instant"


def test_the_zone_a_resident_wrote_in_does_not_matter() -> None:
    utc = at("2026-11-20 01:30:00", "UTC")
    assert due(BUSINESS, HOUR, utc, OFFICE, CALENDAR) == due(
        BUSINESS, HOUR, at("2026-11-20 09:30:00"), OFFICE, CALENDAR
    )


def test_seconds_are_kept_and_parts_of_a_second_are_dropped() -> None:
    assert end(BUSINESS, 61, "2026-11-20 09:00:07.900000") == "2026-11-20 09:01:08"


def test_windows_are_read_with_midnight_as_24_00() -> None:
    assert parse_windows([["14:00", "24:00"], ["9:00", "12:00:30"]]) == ((9 * HOUR, 12 * HOUR + 30), (14 * HOUR, DAY))
    assert shown_windows(OFFICE.windows) == [["09:00", "12:00"], ["14:00", "18:00"]]


@pytest.mark.parametrize(
    "windows",
    [
        None,
        "09:00-12:00",
        [],
        [["09:00"]],
        [["12:00", "09:00"]],
        [["09:00", "09:00"]],
        [["22:00", "06:00"]],
        [["24:00", "24:00"]],
        [["09:60", "12:00"]],
        [["09:00", "24:01"]],
        [["nine", "12:00"]],
        [[9, 12]],
        [["09:00", "12:00"], ["11:59", "18:00"]],
    ],
)
def test_windows_that_make_no_sense_are_refused(windows: object) -> None:
    with pytest.raises(ClockError):
        Hours(parse_windows(windows))


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "America"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ClockError) as refused:
        Hours(OFFICE.windows, timezone=zone)
    assert refused.value.code == "unknown_timezone"


# T2: working days


@pytest.mark.parametrize(
    ("day", "at_work"),
    [
        ("2024-02-04", True),  # Sunday made up for the Spring Festival
        ("2024-02-10", False),
        ("2024-02-18", True),
        ("2024-04-07", True),
        ("2024-10-12", True),
        ("2025-01-26", True),
        ("2025-01-28", False),
        ("2025-02-08", True),
        ("2025-04-27", True),
        ("2025-09-28", True),
        ("2025-10-08", False),
        ("2026-01-02", False),
        ("2026-01-04", True),
        ("2026-02-14", True),
        ("2026-02-15", False),
        ("2026-02-24", True),
        ("2026-02-28", True),
        ("2026-05-09", True),
        ("2026-09-20", True),
        ("2026-10-07", False),
        ("2026-10-10", True),
        ("2026-11-21", False),
        ("2027-01-01", True),  # nobody has published 2027: a plain Friday
    ],
)
def test_people_are_at_work_as_the_state_council_says(day: str, at_work: bool) -> None:
    assert is_working_day(date.fromisoformat(day), OFFICE, CALENDAR) is at_work


def test_the_duty_desk_is_staffed_every_day() -> None:
    assert is_working_day(date(2026, 2, 17), DUTY, CALENDAR)


def test_a_calendar_does_not_follow_a_mapping_that_changes_under_it() -> None:
    exceptions = {date(2026, 11, 20): False}
    calendar = Calendar(exceptions)
    exceptions.clear()
    assert not calendar.is_working(date(2026, 11, 20))


# T5, T6: running time and budgets of office time

BUDGETS = [
    ("within a window", HOUR, "2026-11-20 09:30:00", "2026-11-20 10:30:00"),
    ("over lunch", 2 * HOUR, "2026-11-20 11:00:00", "2026-11-20 15:00:00"),
    ("used up exactly at lunch", HOUR, "2026-11-20 11:00:00", "2026-11-20 12:00:00"),
    ("one second past lunch", HOUR + 1, "2026-11-20 11:00:00", "2026-11-20 14:00:01"),
    ("used up exactly at closing", 4 * HOUR, "2026-11-20 14:00:00", "2026-11-20 18:00:00"),
    ("one second past closing", 4 * HOUR + 1, "2026-11-20 14:00:00", "2026-11-23 09:00:01"),
    ("a whole day", OFFICE_DAY, "2026-11-20 00:00:00", "2026-11-20 18:00:00"),
    ("a start in the lunch hour", HOUR, "2026-11-20 12:30:00", "2026-11-20 15:00:00"),
    ("a start at the closing second", 1, "2026-11-20 18:00:00", "2026-11-23 09:00:01"),
    ("a start one second before closing", 1, "2026-11-20 17:59:59", "2026-11-20 18:00:00"),
    ("a start at the opening second", 1, "2026-11-20 09:00:00", "2026-11-20 09:00:01"),
    ("a start before opening", 1, "2026-11-20 08:59:59", "2026-11-20 09:00:01"),
    ("a weekend arrival waits for Monday", HOUR, "2026-11-21 10:00:00", "2026-11-23 10:00:00"),
    ("a make-up Saturday counts", HOUR, "2026-02-14 10:00:00", "2026-02-14 11:00:00"),
    ("over the Spring Festival", HOUR, "2026-02-14 17:30:00", "2026-02-24 09:30:00"),
    ("over National Day into a make-up Saturday", 3 * OFFICE_DAY, "2026-09-30 18:00:00", "2026-10-10 18:00:00"),
    ("over New Year into a make-up Sunday", OFFICE_DAY, "2025-12-31 18:00:00", "2026-01-04 18:00:00"),
]


@pytest.mark.parametrize(("case", "amount", "start", "expected"), BUDGETS, ids=[row[0] for row in BUDGETS])
def test_a_budget_of_office_time(case: str, amount: int, start: str, expected: str) -> None:
    assert end(BUSINESS, amount, start) == expected
    assert elapsed(at(start), at(expected), OFFICE, CALENDAR) == amount
    assert elapsed(at(start), at(expected) - timedelta(seconds=1), OFFICE, CALENDAR) == amount - 1


def test_a_window_that_ends_at_midnight_touches_the_next_day() -> None:
    evening = Hours(parse_windows([["00:00", "02:00"], ["22:00", "24:00"]]), every_day=True)
    assert end(BUSINESS, 2 * HOUR, "2026-11-20 22:00:00", hours=evening) == "2026-11-21 00:00:00"
    assert end(BUSINESS, 2 * HOUR + 1, "2026-11-20 22:00:00", hours=evening) == "2026-11-21 00:00:01"


def test_the_duty_desk_runs_through_a_holiday() -> None:
    assert end(BUSINESS, 13 * HOUR, "2026-02-16 08:00:00", hours=DUTY) == "2026-02-17 09:00:00"


def test_a_budget_of_five_years_is_found_as_surely_as_one_of_an_hour() -> None:
    days = sum(len(CALENDAR.working_days(year)) for year in range(2020, 2025))
    assert end(BUSINESS, days * OFFICE_DAY, "2020-01-01 00:00:00") == "2024-12-31 18:00:00"


def test_running_time_is_half_open_and_cannot_run_backwards() -> None:
    noon = at("2026-11-20 12:00:00")
    assert elapsed(noon, noon, OFFICE, CALENDAR) == 0
    with pytest.raises(ClockError) as refused:
        elapsed(noon, noon - timedelta(seconds=1), OFFICE, CALENDAR)
    assert refused.value.code == "end_before_start"


def test_what_is_left_is_counted_in_office_time_and_turns_negative() -> None:
    monday_ten = at("2026-11-23 10:00:00")
    assert remaining(at("2026-11-20 17:00:00"), monday_ten, OFFICE, CALENDAR) == 2 * HOUR
    assert remaining(monday_ten, monday_ten, OFFICE, CALENDAR) == 0
    assert remaining(at("2026-11-24 10:00:00"), monday_ten, OFFICE, CALENDAR) == -OFFICE_DAY


@pytest.mark.parametrize(
    ("instant", "opening"),
    [
        ("2026-11-20 08:00:00", "2026-11-20 09:00:00"),
        ("2026-11-20 10:00:00", "2026-11-20 10:00:00"),
        ("2026-11-20 12:00:00", "2026-11-20 14:00:00"),
        ("2026-11-20 18:00:00", "2026-11-23 09:00:00"),
        ("2026-12-31 18:00:00", "2027-01-01 09:00:00"),
    ],
)
def test_the_next_opening(instant: str, opening: str) -> None:
    assert shown(next_opening(at(instant), OFFICE, CALENDAR)) == opening


# T7: round the clock


def test_round_the_clock_pays_no_heed_to_office_hours_or_holidays() -> None:
    assert end(ROUND, 24 * HOUR, "2026-02-16 23:59:59") == "2026-02-17 23:59:59"
    assert end(ROUND, 2 * HOUR, "2026-12-31 23:00:00") == "2027-01-01 01:00:00"


# T8: working days to closing

WORKING_DAYS = [
    ("Friday evening, one day", 1, "2026-11-20 17:30:00", "2026-11-23 18:00:00"),
    ("the first second of a day, one day", 1, "2026-11-20 00:00:00", "2026-11-23 18:00:00"),
    ("after closing, one day", 1, "2026-11-20 23:59:59", "2026-11-23 18:00:00"),
    ("Saturday, one day", 1, "2026-11-21 10:00:00", "2026-11-23 18:00:00"),
    ("five days", 5, "2026-11-20 17:30:00", "2026-11-27 18:00:00"),
    ("before a make-up Saturday", 1, "2026-02-13 10:00:00", "2026-02-14 18:00:00"),
    ("on a make-up Saturday", 1, "2026-02-14 10:00:00", "2026-02-24 18:00:00"),
    ("through the Spring Festival and its make-up days", 5, "2026-02-13 10:00:00", "2026-02-27 18:00:00"),
    ("through the Spring Festival of 2024", 5, "2024-02-08 10:00:00", "2024-02-21 18:00:00"),
    ("through the Spring Festival of 2025", 3, "2025-01-25 10:00:00", "2025-02-05 18:00:00"),
    ("through National Day 2025", 2, "2025-09-29 10:00:00", "2025-10-09 18:00:00"),
    ("over the year end", 1, "2025-12-31 10:00:00", "2026-01-04 18:00:00"),
    ("fifteen days into an unpublished year", 15, "2026-12-18 10:00:00", "2027-01-08 18:00:00"),
]


@pytest.mark.parametrize(("case", "days", "start", "expected"), WORKING_DAYS, ids=[row[0] for row in WORKING_DAYS])
def test_working_days_never_count_the_day_of_receipt(case: str, days: int, start: str, expected: str) -> None:
    assert end(CLOSE, days, start) == expected


def test_calendar_days_are_working_days_of_a_desk_that_never_closes() -> None:
    assert end(CLOSE, 15, "2026-11-20 17:30:00", hours=CLOCK_ROUND) == "2026-12-06 00:00:00"


# T9: late receipt


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-11-20 17:59:59", "2026-11-23 18:00:00"),
        ("2026-11-20 18:00:00", "2026-11-24 18:00:00"),
        ("2026-11-20 12:30:00", "2026-11-23 18:00:00"),
        ("2026-11-21 10:00:00", "2026-11-24 18:00:00"),
        ("2026-02-14 18:00:00", "2026-02-25 18:00:00"),
        ("2026-12-31 18:00:00", "2027-01-04 18:00:00"),
    ],
)
def test_late_receipt_counts_as_the_next_working_day(start: str, expected: str) -> None:
    assert end(ROLLS, 1, start) == expected


# T10: same time of day


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2026-11-20 17:30:15", 1, "2026-11-23 17:30:15"),
        ("2026-11-20 12:30:00", 1, "2026-11-23 14:00:00"),
        ("2026-11-20 18:00:00", 1, "2026-11-24 09:00:00"),
        ("2026-11-21 10:00:00", 2, "2026-11-25 09:00:00"),
        ("2026-02-13 10:00:00", 2, "2026-02-24 10:00:00"),
        ("2026-12-31 11:00:00", 1, "2027-01-01 11:00:00"),
    ],
)
def test_so_many_working_days_later_at_the_same_time(start: str, days: int, expected: str) -> None:
    assert end(SAME, days, start) == expected


# T4: pauses


def test_time_does_not_run_in_a_pause() -> None:
    pause = [("2026-11-20 10:00:00", "2026-11-20 11:00:00")]
    assert end(BUSINESS, 2 * HOUR, "2026-11-20 09:00:00", pause) == "2026-11-20 12:00:00"


def test_only_office_time_lost_in_a_pause_is_given_back() -> None:
    weekend = [("2026-11-20 17:00:00", "2026-11-23 10:00:00")]
    assert end(BUSINESS, 2 * HOUR, "2026-11-20 16:00:00", weekend) == "2026-11-23 11:00:00"


def test_overlapping_pauses_count_once() -> None:
    pauses = [
        ("2026-11-20 10:30:00", "2026-11-20 11:00:00"),
        ("2026-11-20 10:00:00", "2026-11-20 10:45:00"),
        ("2026-11-20 10:10:00", "2026-11-20 10:20:00"),
    ]
    assert end(BUSINESS, 2 * HOUR, "2026-11-20 09:00:00", pauses) == "2026-11-20 12:00:00"


def test_a_budget_used_up_as_the_pause_begins_is_due_there() -> None:
    pause = [("2026-11-20 10:00:00", "2026-11-20 11:00:00")]
    assert end(BUSINESS, HOUR, "2026-11-20 09:00:00", pause) == "2026-11-20 10:00:00"
    assert end(BUSINESS, HOUR + 1, "2026-11-20 09:00:00", pause) == "2026-11-20 11:00:01"


def test_a_clock_started_in_a_pause_waits_for_its_end() -> None:
    pause = [("2026-11-19 10:00:00", "2026-11-20 11:00:00")]
    assert end(BUSINESS, HOUR, "2026-11-20 09:00:00", pause) == "2026-11-20 12:00:00"


def test_an_open_pause_leaves_no_due_instant() -> None:
    assert end(BUSINESS, 2 * HOUR, "2026-11-20 09:00:00", [("2026-11-20 10:00:00", None)]) == "paused"
    assert end(CLOSE, 5, "2026-11-20 09:00:00", [("2026-11-24 10:00:00", None)]) == "paused"
    assert end(ROUND, HOUR, "2026-11-20 09:00:00", [("2026-11-19 10:00:00", None)]) == "paused"


def test_an_open_pause_after_the_budget_changes_nothing() -> None:
    assert end(BUSINESS, HOUR, "2026-11-20 09:00:00", [("2026-11-20 10:00:00", None)]) == "2026-11-20 10:00:00"
    assert end(CLOSE, 1, "2026-11-20 09:00:00", [("2026-11-23 18:00:00", None)]) == "2026-11-23 18:00:00"


def test_a_pause_that_swallows_another_open_pause_stays_open() -> None:
    pauses = [("2026-11-20 09:30:00", None), ("2026-11-20 09:40:00", "2026-11-20 09:50:00")]
    assert end(BUSINESS, HOUR, "2026-11-20 09:00:00", pauses) == "paused"


@pytest.mark.parametrize(
    "pause",
    [
        (at("2026-11-20 10:00:00"), at("2026-11-20 10:00:00")),
        (at("2026-11-20 10:00:00"), at("2026-11-20 09:00:00")),
        (at("2026-11-20 10:00:00"),),
        (None, None),
        (datetime(2026, 11, 20), None),
        7,
    ],
)
def test_a_pause_that_makes_no_sense_is_refused(pause: object) -> None:
    with pytest.raises(ClockError):
        due(BUSINESS, HOUR, at("2026-11-20 09:00:00"), OFFICE, CALENDAR, [pause])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("pause", "expected"),
    [
        (("2026-11-23 09:00:00", "2026-11-23 12:00:00"), "2026-11-24 12:00:00"),
        (("2026-11-23 00:00:00", "2026-11-24 00:00:00"), "2026-11-24 18:00:00"),
        (("2026-11-20 09:00:00", "2026-11-20 18:00:00"), "2026-11-23 18:00:00"),  # the receipt day never counts
        (("2026-11-21 00:00:00", "2026-11-22 23:00:00"), "2026-11-23 18:00:00"),  # nothing runs at a weekend
        (("2026-11-23 17:00:00", "2026-11-24 10:00:00"), "2026-11-24 11:00:00"),
    ],
)
def test_a_pause_pushes_a_working_day_limit_by_the_office_time_lost(pause: tuple[str, str], expected: str) -> None:
    assert end(CLOSE, 1, "2026-11-20 10:00:00", [pause]) == expected


def test_a_same_time_limit_never_falls_before_its_own_hour() -> None:
    night = [("2026-11-23 20:00:00", "2026-11-24 06:00:00")]
    assert end(SAME, 1, "2026-11-23 09:00:00", night) == "2026-11-24 09:00:00"
    morning = [("2026-11-23 10:00:00", "2026-11-23 11:00:00")]
    assert end(SAME, 1, "2026-11-23 09:00:00", morning) == "2026-11-24 10:00:00"


def test_running_time_leaves_pauses_out() -> None:
    pauses = spans([("2026-11-20 11:00:00", "2026-11-20 15:00:00"), ("2026-11-20 17:00:00", None)])
    assert elapsed(at("2026-11-20 09:00:00"), at("2026-11-23 18:00:00"), OFFICE, CALENDAR, pauses) == 4 * HOUR


# T12: thresholds


def test_a_light_turns_when_a_share_of_the_budget_is_used() -> None:
    start = at("2026-11-20 11:00:00")
    assert threshold(BUSINESS, 2 * HOUR, start, OFFICE, CALENDAR, fraction=0.5) == at("2026-11-20 12:00:00")
    assert threshold(BUSINESS, 2 * HOUR, start, OFFICE, CALENDAR, fraction=0.75) == at("2026-11-20 14:30:00")
    assert threshold(ROUND, 24 * HOUR, start, OFFICE, CALENDAR, fraction=Decimal("0.5")) == at("2026-11-20 23:00:00")


def test_the_share_of_working_days_is_counted_from_the_next_opening() -> None:
    start = at("2026-11-20 17:30:00")
    assert threshold(CLOSE, 1, start, OFFICE, CALENDAR, fraction=Decimal("0.7")) == at("2026-11-23 15:54:00")
    assert threshold(CLOSE, 1, start, OFFICE, CALENDAR, fraction=1) == at("2026-11-23 18:00:00")


def test_a_share_is_rounded_to_the_second() -> None:
    start = at("2026-11-20 09:00:00")
    assert threshold(BUSINESS, 7, start, OFFICE, CALENDAR, fraction=0.5) == at("2026-11-20 09:00:04")
    assert threshold(BUSINESS, 1, start, OFFICE, CALENDAR, fraction=0.1) == start


def test_a_light_turns_when_so_many_days_are_left() -> None:
    start = at("2026-11-20 17:30:00")
    assert threshold(CLOSE, 5, start, OFFICE, CALENDAR, left=1) == at("2026-11-26 18:00:00")
    assert threshold(CLOSE, 1, start, OFFICE, CALENDAR, left=1) == start


def test_a_pause_moves_the_yellow_light_too() -> None:
    start = at("2026-11-20 09:00:00")
    pause = spans([("2026-11-20 10:00:00", "2026-11-20 11:00:00")])
    assert threshold(BUSINESS, 4 * HOUR, start, OFFICE, CALENDAR, fraction=0.5, pauses=pause) == at(
        "2026-11-20 12:00:00"
    )
    assert threshold(BUSINESS, 4 * HOUR, start, OFFICE, CALENDAR, left=2 * HOUR, pauses=pause) == at(
        "2026-11-20 12:00:00"
    )
    still = spans([("2026-11-20 10:00:00", None)])
    assert threshold(BUSINESS, 4 * HOUR, start, OFFICE, CALENDAR, fraction=0.5, pauses=still) is None


@pytest.mark.parametrize("asked", [{}, {"fraction": 0.5, "left": 1}, {"fraction": 0}, {"fraction": 1.5}, {"left": 0}])
def test_a_threshold_is_either_a_share_or_a_rest(asked: dict[str, float]) -> None:
    with pytest.raises(ClockError):
        threshold(CLOSE, 5, at("2026-11-20 09:00:00"), OFFICE, CALENDAR, **asked)  # type: ignore[arg-type]


# T14: provisional years


@pytest.mark.parametrize(
    ("mode", "amount", "start", "hours", "provisional"),
    [
        (CLOSE, 5, "2026-11-20 10:00:00", OFFICE, False),
        (CLOSE, 9, "2026-12-18 10:00:00", OFFICE, False),  # 31 December, the last published day
        (CLOSE, 10, "2026-12-18 10:00:00", OFFICE, True),
        (CLOSE, 1, "2027-03-01 10:00:00", OFFICE, True),
        (CLOSE, 1, "2003-12-31 10:00:00", OFFICE, True),
        (SAME, 1, "2026-12-31 10:00:00", OFFICE, True),
        (BUSINESS, HOUR, "2026-12-31 17:00:00", OFFICE, False),
        (BUSINESS, HOUR + 1, "2026-12-31 17:00:00", OFFICE, True),
        (CLOSE, 5, "2026-12-31 10:00:00", DUTY, False),  # every day is every day in any year
        (ROUND, 48 * HOUR, "2026-12-31 10:00:00", OFFICE, False),
    ],
)
def test_a_due_that_needs_an_unpublished_year_says_so(
    mode: Mode, amount: int, start: str, hours: Hours, provisional: bool
) -> None:
    assert due(mode, amount, at(start), hours, CALENDAR).provisional is provisional


def test_a_day_that_closes_at_midnight_does_not_need_the_next_year() -> None:
    all_day = Hours(((0, DAY),))
    found = due(CLOSE, 1, at("2026-12-30 10:00:00"), all_day, CALENDAR)
    assert (found.at, found.provisional) == (at("2027-01-01 00:00:00"), False)


def test_a_pause_can_push_a_due_into_an_unpublished_year() -> None:
    pause = spans([("2026-12-22 09:00:00", "2027-01-05 09:00:00")])
    assert due(CLOSE, 5, at("2026-12-18 10:00:00"), OFFICE, CALENDAR, pause).provisional


def test_an_open_pause_is_provisional_only_when_the_start_or_the_pause_is() -> None:
    start = at("2026-12-01 10:00:00")
    assert not due(CLOSE, 5, start, OFFICE, CALENDAR, spans([("2026-12-03 09:00:00", None)])).provisional
    assert due(CLOSE, 60, start, OFFICE, CALENDAR, spans([("2027-01-05 09:00:00", None)])).provisional


def test_publishing_the_year_moves_the_due_and_takes_the_mark_away() -> None:
    holiday = date(2027, 1, 1)
    published = Calendar({**CALENDAR.exceptions, holiday: False}, CALENDAR.official_years | {2027})
    before = due(CLOSE, 1, at("2026-12-31 10:00:00"), OFFICE, CALENDAR)
    after = due(CLOSE, 1, at("2026-12-31 10:00:00"), OFFICE, published)
    assert (shown(before.at), before.provisional) == ("2027-01-01 18:00:00", True)  # type: ignore[arg-type]
    assert (shown(after.at), after.provisional) == ("2027-01-04 18:00:00", False)  # type: ignore[arg-type]


# what other helpdesks got wrong


def test_a_case_that_arrives_at_a_weekend_is_not_instantly_late() -> None:
    assert end(BUSINESS, 1, "2026-11-22 03:00:00") == "2026-11-23 09:00:01"


def test_a_pause_is_added_in_office_time_not_to_the_creation_time() -> None:
    overnight = [("2026-11-19 17:30:00", "2026-11-20 09:30:00")]
    assert end(BUSINESS, 2 * HOUR, "2026-11-19 17:00:00", overnight) == "2026-11-20 11:00:00"


def test_a_new_limit_keeps_the_pauses_already_taken() -> None:
    pause = [("2026-11-20 10:00:00", "2026-11-20 11:00:00")]
    assert end(BUSINESS, 2 * HOUR, "2026-11-20 09:00:00", pause) == "2026-11-20 12:00:00"
    assert end(BUSINESS, 3 * HOUR, "2026-11-20 09:00:00", pause) == "2026-11-20 15:00:00"


def test_a_case_reopened_after_a_month_has_its_whole_new_budget() -> None:
    assert end(CLOSE, 3, "2026-11-20 17:30:00") == "2026-11-25 18:00:00"


# bounds


@pytest.mark.parametrize("amount", [0, -1, True, 1.5, "5", None, MOST_SECONDS + 1])
def test_an_amount_that_makes_no_sense_is_refused(amount: object) -> None:
    with pytest.raises(ClockError):
        due(BUSINESS, amount, at("2026-11-20 09:00:00"), OFFICE, CALENDAR)  # type: ignore[arg-type]


def test_a_search_that_would_never_end_is_refused() -> None:
    one_second = Hours(((0, 1),))
    with pytest.raises(ClockError) as refused:
        due(BUSINESS, MOST_SECONDS, at("2026-11-20 09:00:00"), one_second, CALENDAR)
    assert refused.value.code == "too_far"
    with pytest.raises(ClockError):
        due(CLOSE, MOST_DAYS + 1, at("2026-11-20 09:00:00"), OFFICE, CALENDAR)
    with pytest.raises(ClockError):
        due("fortnight", 1, at("2026-11-20 09:00:00"), OFFICE, CALENDAR)  # type: ignore[arg-type]


@pytest.mark.parametrize("year", [1, 1899, 9999])
def test_a_year_out_of_all_reason_is_refused(year: int) -> None:
    with pytest.raises(ClockError) as refused:
        due(CLOSE, 5, datetime(year, 6, 1, tzinfo=SHANGHAI), OFFICE, CALENDAR)
    assert refused.value.code == "out_of_range"


# other zones, where a day may have 23 or 25 hours or be missing


@pytest.mark.parametrize(
    ("zone", "start", "amount", "expected"),
    [
        ("America/New_York", "2026-03-07 12:00:00", 24 * HOUR, "2026-03-08 13:00:00"),  # 02:00-03:00 does not exist
        ("America/New_York", "2026-10-31 12:00:00", 24 * HOUR, "2026-11-01 11:00:00"),  # 01:00-02:00 comes twice
        ("Pacific/Apia", "2011-12-29 12:00:00", 24 * HOUR, "2011-12-31 12:00:00"),  # 30 December was skipped
        ("Asia/Shanghai", "1986-05-03 12:00:00", 24 * HOUR, "1986-05-04 13:00:00"),
    ],
)
def test_a_day_is_as_long_as_its_zone_makes_it(zone: str, start: str, amount: int, expected: str) -> None:
    hours = Hours(((0, DAY // 2), (DAY // 2, DAY)), every_day=True, timezone=zone)
    found = due(BUSINESS, amount, at(start, zone), hours, CALENDAR).at
    assert found == at(expected, zone)
    assert elapsed(at(start, zone), at(expected, zone), hours, CALENDAR) == amount


def test_a_window_in_an_hour_that_comes_twice_is_open_twice() -> None:
    hours = Hours(parse_windows([["01:15", "01:30"]]), every_day=True, timezone="America/New_York")
    midnight, dawn = at("2026-11-01 00:00:00", "America/New_York"), at("2026-11-01 06:00:00", "America/New_York")
    assert elapsed(midnight, dawn, hours, CALENDAR) == 30 * 60
    spring = at("2026-03-08 00:00:00", "America/New_York"), at("2026-03-08 06:00:00", "America/New_York")
    gone = Hours(parse_windows([["02:15", "02:30"]]), every_day=True, timezone="America/New_York")
    assert elapsed(*spring, gone, CALENDAR) == 0


# T1-T13 against a stepper


class Stepper:
    """Counts second by second over 70 days around a make-up week; windows a few seconds long keep it quick."""

    FIRST = date(2026, 1, 20)
    DAYS = 70

    def __init__(self, hours: Hours, pauses: list[Pause]) -> None:
        self.hours, self.pauses = hours, pauses
        self.days = [self.FIRST + timedelta(days=step) for step in range(self.DAYS)]
        self.open_days = [day for day in self.days if hours.every_day or CALENDAR.is_working(day)]
        self.seconds = [second for day in self.open_days for second in self.of_day(day)]

    def of_day(self, day: date) -> list[datetime]:
        midnight = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
        return [
            midnight + timedelta(seconds=second)
            for opens, closes in self.hours.windows
            for second in range(opens, closes)
        ]

    def running(self, start: datetime) -> list[datetime]:
        return [second for second in self.seconds if second >= start]

    def unpaused(self, seconds: list[datetime]) -> list[datetime]:
        return [
            second
            for second in seconds
            if not any(first <= second and (last is None or second < last) for first, last in self.pauses)
        ]

    def used_up(self, start: datetime, budget: int) -> datetime | None:
        running = self.unpaused(self.running(start))
        return running[budget - 1] + timedelta(seconds=1) if len(running) >= budget else None

    def due(self, mode: Mode, amount: int, start: datetime) -> datetime | None:
        if mode == BUSINESS:
            return self.used_up(start, amount)
        origin, nominal = self.working_days(mode, amount, start)
        budget = len([second for second in self.running(origin) if second < nominal])
        end = self.used_up(origin, budget)
        return end and max(end, nominal)

    def working_days(self, mode: Mode, amount: int, start: datetime) -> tuple[datetime, datetime]:
        if mode == SAME:
            origin = self.running(start)[0]
            later = [day for day in self.open_days if day > origin.date()]
            return origin, datetime.combine(later[amount - 1], origin.time(), SHANGHAI)
        received = start.date()
        if mode == ROLLS and not [second for second in self.running(start) if second.date() == received]:
            received = next(day for day in self.open_days if day > received)
        later = [day for day in self.open_days if day > received]
        return self.of_day(later[0])[0], self.of_day(later[amount - 1])[-1] + timedelta(seconds=1)


WINDOWS = st.sampled_from(
    [
        ((9 * HOUR, 9 * HOUR + 4),),
        ((9 * HOUR, 9 * HOUR + 3), (14 * HOUR, 14 * HOUR + 2)),
        ((0, 2), (DAY - 3, DAY)),
        ((0, 1), (1, 2), (12 * HOUR, 12 * HOUR + 5)),
    ]
)
EDGES = [
    0,
    1,
    2,
    9 * HOUR - 1,
    9 * HOUR,
    9 * HOUR + 2,
    9 * HOUR + 3,
    9 * HOUR + 4,
    12 * HOUR + 1,
    14 * HOUR + 1,
    DAY - 1,
]
INSTANTS = st.builds(
    lambda day, second: datetime(2026, 1, 20, tzinfo=SHANGHAI) + timedelta(days=day, seconds=second),
    st.integers(0, 30),
    st.one_of(st.sampled_from(EDGES), st.integers(0, DAY - 1)),
)
PAUSES = st.lists(
    st.builds(
        lambda first, length: (first, None if length is None else first + timedelta(seconds=length)),
        INSTANTS,
        st.one_of(st.integers(1, 5), st.integers(1, 6 * DAY), st.just(DAY), st.none()),
    ),
    max_size=4,
)


@settings(max_examples=400, deadline=None)
@given(
    mode=st.sampled_from([BUSINESS, CLOSE, ROLLS, SAME]),
    windows=WINDOWS,
    every_day=st.booleans(),
    amount=st.integers(1, 7),
    start=INSTANTS,
    pauses=PAUSES,
)
def test_the_clock_agrees_with_a_stepper(
    mode: Mode, windows: tuple[tuple[int, int], ...], every_day: bool, amount: int, start: datetime, pauses: list[Pause]
) -> None:
    hours = Hours(windows, every_day)
    found = due(mode, amount, start, hours, CALENDAR, pauses)
    assert found.at == Stepper(hours, pauses).due(mode, amount, start)
    assert not found.provisional


@settings(max_examples=200, deadline=None)
@given(windows=WINDOWS, every_day=st.booleans(), start=INSTANTS, length=st.integers(0, 20 * DAY), pauses=PAUSES)
def test_running_time_agrees_with_a_stepper(
    windows: tuple[tuple[int, int], ...], every_day: bool, start: datetime, length: int, pauses: list[Pause]
) -> None:
    hours, until = Hours(windows, every_day), start + timedelta(seconds=length)
    stepper = Stepper(hours, pauses)
    counted = len([second for second in stepper.unpaused(stepper.running(start)) if second < until])
    assert elapsed(start, until, hours, CALENDAR, pauses) == counted


@settings(max_examples=200, deadline=None)
@given(
    mode=st.sampled_from([BUSINESS, CLOSE, ROLLS, SAME]),
    windows=WINDOWS,
    amount=st.integers(1, 7),
    start=INSTANTS,
    pauses=PAUSES,
    percent=st.integers(1, 100),
)
def test_a_threshold_agrees_with_a_stepper(
    mode: Mode, windows: tuple[tuple[int, int], ...], amount: int, start: datetime, pauses: list[Pause], percent: int
) -> None:
    hours, fraction = Hours(windows), Decimal(percent) / 100
    stepper = Stepper(hours, pauses)
    origin, budget = start, amount
    if mode != BUSINESS:
        origin, nominal = stepper.working_days(mode, amount, start)
        budget = len([second for second in stepper.running(origin) if second < nominal])
    used = round(budget * fraction)
    expected = stepper.used_up(origin, used) if used else origin
    assert threshold(mode, amount, start, hours, CALENDAR, fraction=fraction, pauses=pauses) == expected


@settings(max_examples=100, deadline=None)
@given(amount=st.integers(1, 200), start=INSTANTS, pauses=PAUSES)
def test_round_the_clock_agrees_with_a_stepper(amount: int, start: datetime, pauses: list[Pause]) -> None:
    expected: datetime | None = start
    counted = 0
    while counted < amount and expected is not None:
        inside = [last for first, last in pauses if first <= expected and (last is None or expected < last)]
        if not inside:
            counted, expected = counted + 1, expected + timedelta(seconds=1)
        else:
            expected = inside[0]
    assert due(ROUND, amount, start, OFFICE, CALENDAR, pauses).at == expected
