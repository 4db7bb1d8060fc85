"""Believable instants: in office hours, on working days, ending at the moment the demo is made."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from django.utils import timezone

from complaints.lights import Instants, Light, case_light
from services.calendar import load_calendar
from services.clock import Hours, Mode, due, elapsed, next_opening, parse_windows
from services.policies import Promise, Terms, load_terms, promise

OFFICE = Hours(parse_windows([["09:00", "12:00"], ["14:00", "18:00"]]))
LOOK_BACK = timedelta(days=40)
STEP = timedelta(minutes=47)


class Times:
    def __init__(self, now: datetime, rng: Random) -> None:
        self.now, self.rng = now, rng
        self.calendar = load_calendar()
        self.terms = load_terms(now)
        self._starts: dict[tuple[str, bool], list[tuple[datetime, Light]]] = {}

    def office(self, at: datetime) -> datetime:
        return next_opening(at, OFFICE, self.calendar)

    def worked(self, start: datetime, hours: float) -> datetime:
        """So many office hours after `start`."""
        end = due(Mode.BUSINESS_DURATION, max(60, int(hours * 3600)), start, OFFICE, self.calendar).at
        assert end is not None  # there is no pause
        return end

    def soon(self, at: datetime, low: float, high: float) -> datetime:
        """A few office hours after `at`, but never after now: then somewhere between the two."""
        later = self.worked(at, self.rng.uniform(low, high))
        return later if later < self.now else at + (self.now - at) * self.rng.uniform(0.2, 0.5)

    def promise(self, code: str, start: datetime) -> Promise:
        return promise(self.terms[code], start, self.calendar)

    def share(self, code: str, start: datetime, share: float) -> datetime:
        """When `share` of the time for resolution has been used; more than 1 is late."""
        end = self.promise(code, start).due_at
        assert end is not None  # there is no pause
        if self.terms[code].hours.every_day:
            return start + (end - start) * share
        budget = elapsed(start, end, OFFICE, self.calendar)
        return self.worked(start, budget * share / 3600)

    def long_ago(self, *, at_least: float, at_most: float = 365) -> datetime:
        """An office moment at least and at most so many days before now."""
        while True:
            day = timezone.localtime(self.now - timedelta(days=self.rng.uniform(at_least, at_most)))
            hour = self.rng.choice([9, 9, 10, 10, 11, 14, 14, 15, 16, 17])
            opened = self.office(day.replace(hour=hour, minute=0, second=0, microsecond=0))
            at = opened + timedelta(minutes=self.rng.randrange(55), seconds=self.rng.randrange(60))
            if at < self.now - timedelta(days=at_least * 0.8):
                return at

    def start(self, code: str, light: str, *, answered: bool, high: float = 1.0) -> datetime:
        """A start that shows `light` now; `answered`: the resident has been contacted. From the newest share `high`."""
        fit = [at for at, shown in self._table(code, answered) if shown == light]
        if not fit:
            return self.now - timedelta(minutes=30)
        in_office = [at for at in fit if self._in_office(at)]
        fit = in_office if len(in_office) > 5 else fit
        chosen = self.rng.choice(fit[: max(3, round(len(fit) * high))])
        sooner = chosen - timedelta(seconds=self.rng.randrange(60, 2400))
        return sooner if self._light(self.terms[code], sooner, answered) == light else chosen

    def _in_office(self, at: datetime) -> bool:
        return self.office(at) == at.replace(microsecond=0)

    def _table(self, code: str, answered: bool) -> list[tuple[datetime, Light]]:
        key = (code, answered)
        if key not in self._starts:
            count = int(LOOK_BACK / STEP)
            starts = [(self.now - timedelta(minutes=4) - STEP * n).replace(microsecond=0) for n in range(count)]
            self._starts[key] = [(at, self._light(self.terms[code], at, answered)) for at in starts]
        return self._starts[key]

    def _light(self, terms: Terms, start: datetime, answered: bool) -> Light:
        times = promise(terms, start, self.calendar)
        assert times.due_at is not None
        assert times.response_due_at is not None
        response = Instants(times.response_due_at, times.response_goal_at, stopped_at=start if answered else None)
        return case_light(Instants(times.due_at, times.yellow_at), response, self.now)
