"""The ladder: which rungs a deadline has reached, which of them is told, and when to look again. Plain values only.

A rung is reached strictly after its instant, as a light turns: on the second itself the promise is kept. So the next
look is one second after the instant of the next rung.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from complaints.lights import is_paused
from services.clock import Calendar, Hours, is_working_day

SECOND = timedelta(seconds=1)
LATE = timedelta(minutes=10)  # noticed later than this after its instant, a rung is told as late
OFFICE = Hours(((0, 24 * 3600),))  # working days only: rungs keep the time of day


@dataclass(frozen=True)
class RungTerms:
    """One rung as plain values. `offset` in minutes or working days; negative is before."""

    code: str
    name: str
    point: str
    offset: int
    unit: str
    step: str
    told: tuple[str, ...]
    unless_explained: bool = False


@dataclass(frozen=True)
class LadderTerms:
    code: str
    urgent: bool
    rungs: tuple[RungTerms, ...]


class Deadline(NamedTuple):
    """The instants of a clock, an order or an item."""

    started_at: datetime
    due_at: datetime
    yellow_at: datetime | None = None
    paused_from: datetime | None = None
    paused_until: datetime | None = None

    @property
    def stopped_at(self) -> None:
        """Only what still runs is looked at."""


class Reached(NamedTuple):
    rung: RungTerms
    at: datetime


class Turn(NamedTuple):
    """What one look finds. `told` is the highest rung reached; `skipped` the lower ones; `next_at` the next look."""

    told: Reached | None
    skipped: tuple[Reached, ...]
    next_at: datetime | None


class Ruling(NamedTuple):
    """Why a deadline is late, as far as anybody said: consents asked for before it, and the explanations."""

    asked: bool = False
    explained_at: tuple[datetime, ...] = ()


@dataclass
class Days:
    """Moves an instant by working days and keeps its time of day; remembers what it has counted."""

    calendar: Calendar
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo(OFFICE.timezone))
    _known: dict[tuple[date, int], date] = field(default_factory=dict)

    def moved(self, at: datetime, days: int) -> datetime:
        """`days` working days strictly after (or before) the local day of `at`."""
        local = at.astimezone(self.zone)
        day = self._day(local.date(), days)
        return datetime.combine(day, local.timetz().replace(tzinfo=None), self.zone)

    def _day(self, day: date, days: int) -> date:
        found = self._known.get((day, days))
        if found is None:
            found, left, step = day, abs(days), timedelta(days=1 if days > 0 else -1)
            while left:
                found += step
                left -= is_working_day(found, OFFICE, self.calendar)
            self._known[day, days] = found
        return found


def instant(rung: RungTerms, deadline: Deadline, days: Days) -> datetime | None:
    """When the rung is reached; None when it has no place: no yellow, or before the deadline began to run."""
    base = deadline.yellow_at if rung.point == "yellow" else deadline.due_at
    if base is None:
        return None
    if rung.offset == 0:
        return base
    at = base + timedelta(minutes=rung.offset) if rung.unit == "minutes" else days.moved(base, rung.offset)
    return at if at >= deadline.started_at else None


def turn(rungs: Sequence[RungTerms], deadline: Deadline, now: datetime, days: Days, ruling: Ruling) -> Turn:
    """One look at a deadline.

    1. Paused: silence until the pause ends.
    2. A rung only for what is unexplained is passed over when a reason was stated by its instant.
    3. The highest rung reached is told; the lower ones are skipped (they may stand in the ledger already).
    """
    if is_paused(deadline, now):
        return Turn(None, (), deadline.paused_until)
    reached, coming = [], []
    for place, rung in enumerate(rungs):
        at = instant(rung, deadline, days)
        if at is None:
            continue
        if at >= now:
            coming.append(at)
        elif not rung.unless_explained or late_without_reason(ruling, at):
            reached.append((at, place, rung))
    reached.sort(key=lambda one: one[:2])
    climbed = [Reached(rung, at) for at, _place, rung in reached]
    next_at = min(coming) + SECOND if coming else None
    return Turn(climbed[-1] if climbed else None, tuple(climbed[:-1]), next_at)


def late_without_reason(ruling: Ruling, at: datetime) -> bool:
    """Whether nobody had asked for more time in this cycle, or explained the delay, by `at`. Ask it only when red."""
    return not ruling.asked and not any(said <= at for said in ruling.explained_at)


def wants_ruling(rungs: Iterable[RungTerms], deadline: Deadline, now: datetime, days: Days) -> bool:
    """Whether the answer depends on what was said about the delay: spares asking for it."""
    return any(
        rung.unless_explained and (at := instant(rung, deadline, days)) is not None and at < now for rung in rungs
    )


def is_late(reached: Reached, now: datetime) -> bool:
    return now - reached.at > LATE


# When people are told


@dataclass(frozen=True)
class Quiet:
    """From `begin` to `end` local time nobody is woken; equal: never quiet."""

    begin: time
    end: time


def tell_at(now: datetime, quiet: Quiet, *, urgent: bool) -> datetime:
    """Now, or the end of the quiet hours."""
    return now if urgent else out_of_quiet(now, quiet)


def out_of_quiet(now: datetime, quiet: Quiet) -> datetime:
    local = now.astimezone(ZoneInfo(OFFICE.timezone))
    at = local.time()
    if quiet.begin <= quiet.end:
        silent = quiet.begin <= at < quiet.end
    else:
        silent = at >= quiet.begin or at < quiet.end
    if not silent:
        return now
    ends = local.replace(hour=quiet.end.hour, minute=quiet.end.minute, second=0, microsecond=0)
    return ends if ends > local else ends + timedelta(days=1)


def next_morning(now: datetime, quiet: Quiet) -> datetime:
    """The next end of the quiet hours: when the daily digest goes out."""
    local = now.astimezone(ZoneInfo(OFFICE.timezone))
    ends = local.replace(hour=quiet.end.hour, minute=quiet.end.minute, second=0, microsecond=0)
    return ends if ends > local else ends + timedelta(days=1)


def flood_limit(open_cases: int, least: int, share: float) -> int:
    """More cases than this told of in one sweep are held back until somebody has looked."""
    return max(least, int(open_cases * share))


def light_at(deadline: Deadline, at: datetime) -> str:
    if at >= deadline.due_at:
        return "red"
    return "yellow" if deadline.yellow_at is not None and at >= deadline.yellow_at else "green"
