"""Weeks, and when one may be confirmed. Pure: days in, answers out."""

from __future__ import annotations

import re
from datetime import date, timedelta
from enum import StrEnum

from services.clock import Calendar

WEEK = timedelta(days=7)
LABEL = re.compile(r"([0-9]{4})-W([0-9]{2})")
YEARS = range(2000, 2200)


class State(StrEnum):
    CONFIRMED = "confirmed"
    OPEN = "open"
    TO_COME = "to_come"
    NOT_YET = "not_yet"
    UNCONFIRMED = "unconfirmed"


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def label_of(monday: date) -> str:
    """The week as an address names it: 2026-W47."""
    year, week, _day = monday.isocalendar()
    return f"{year}-W{week:02d}"


def monday_from(label: str) -> date | None:
    """The Monday of a week named in an address; None for what is no week."""
    found = LABEL.fullmatch(label)
    if not found or int(found.group(1)) not in YEARS:
        return None
    try:
        return date.fromisocalendar(int(found.group(1)), int(found.group(2)), 1)
    except ValueError:
        return None


def opens_on(monday: date, calendar: Calendar) -> date:
    """The week's last working day, a make-up Sunday included; Friday where nobody is at work all week."""
    days = [monday + timedelta(days=n) for n in range(7)]
    return max((day for day in days if calendar.is_working(day)), default=days[4])


def closes_on(monday: date) -> date:
    """The last day: the Sunday after. Later the lights of that week could not be told any more."""
    return monday + 2 * WEEK - timedelta(days=1)


def state_of(monday: date, today: date, calendar: Calendar, *, confirmed: bool) -> State:
    if confirmed:
        return State.CONFIRMED
    if today < monday:
        return State.TO_COME
    if today < opens_on(monday, calendar):
        return State.NOT_YET
    return State.OPEN if today <= closes_on(monday) else State.UNCONFIRMED


def weeks_to_remind_of(today: date, calendar: Calendar) -> list[date]:
    """Weeks whose secretaries are told today: from the last working day, or the first after a week without one."""
    monday = monday_of(today)
    if not calendar.is_working(today):
        return []
    found = [monday - WEEK] if not calendar.is_working(opens_on(monday - WEEK, calendar)) else []
    return [*found, monday] if today >= opens_on(monday, calendar) else found


def week_to_show(today: date, calendar: Calendar) -> date:
    """This week as soon as it may be confirmed, before that the week gone by."""
    monday = monday_of(today)
    return monday if today >= opens_on(monday, calendar) else monday - WEEK


def week_to_dispatch(today: date) -> date:
    """On a Monday this week, later the next one."""
    return today if today.weekday() == 0 else monday_of(today) + WEEK
