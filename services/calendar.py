"""The working calendar kept in the database, as the plain value that the clock reckons with."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from services.clock import Calendar, Hours
from services.models import CalendarDay, CalendarRevision, CalendarYear, Schedule

# Notices come out between late October and mid-November.
WARNING_FROM = (11, 15)

_kept: dict[UUID, Calendar] = {}


def load_calendar() -> Calendar:
    """The whole calendar; one small query when nothing changed. Ask once per request or command and pass it down."""
    # The token is read first: a change in between makes the next caller load again, never keep something stale.
    token = CalendarRevision.objects.values_list("token", flat=True).first()
    known = None if token is None else _kept.get(token)
    if known is not None:
        return known
    calendar = Calendar(
        dict(CalendarDay.objects.values_list("date", "is_working")),
        frozenset(CalendarYear.objects.filter(status=CalendarYear.Status.OFFICIAL).values_list("year", flat=True)),
    )
    if token is not None:
        _kept.clear()
        _kept[token] = calendar
    return calendar


def hours_of(schedule: Schedule) -> Hours:
    return schedule.hours()


def calendar_warning(today: date, calendar: Calendar | None = None) -> str | None:
    """What administrators are told while deadlines rest on a year whose arrangement is not imported."""
    official = (calendar or load_calendar()).official_years
    if today.year not in official:
        year = today.year
    elif (today.month, today.day) >= WARNING_FROM and today.year + 1 not in official:
        year = today.year + 1
    else:
        return None
    return _(
        "The holiday arrangement for %(year)s has not been imported. Deadlines that reach into it are provisional: "
        "please import the State Council's notice."
    ) % {"year": year}
