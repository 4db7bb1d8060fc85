"""Deadlines to the second: running time, budgets, working days, thresholds. Pure; the rules are `docs/clock.md` T1-T13.

Inside, an instant is a whole number of seconds since 1970, and a year of office hours is a few sorted lists made once
per calendar: a deadline is a handful of binary searches, however far away it lies.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY = 86_400
MOST_DAYS = 36_600
MOST_SECONDS = MOST_DAYS * DAY
FURTHEST_YEARS = 200
EARLIEST_YEAR, LATEST_YEAR = 1900, 2400

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_SECOND = timedelta(seconds=1)
_REMEMBERED_HOURS = 64
_TIME_OF_DAY = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")


class ClockError(ValueError):
    """A question without an answer. `code` is for programs, the text is a plain English sentence."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Mode(StrEnum):
    BUSINESS_DURATION = "business_duration"
    CALENDAR_DURATION = "calendar_duration"
    WORKING_DAYS_CLOSE = "working_days_close"
    WORKING_DAYS_CLOSE_LATE_ROLLS = "working_days_close_late_rolls"
    WORKING_DAYS_SAME_TIME = "working_days_same_time"

    @property
    def in_days(self) -> bool:
        """Amounts are days in the working-day modes and seconds in the others."""
        return self not in (Mode.BUSINESS_DURATION, Mode.CALENDAR_DURATION)


_MODES = frozenset(Mode)

Pause = tuple[datetime, datetime | None]


class Due(NamedTuple):
    """`at` is None when an open pause comes before the budget is used up."""

    at: datetime | None
    provisional: bool


@dataclass(frozen=True)
class Hours:
    """Office windows as seconds of the local day, half-open, sorted, disjoint."""

    windows: tuple[tuple[int, int], ...]
    every_day: bool = False
    timezone: str = "Asia/Shanghai"

    def __post_init__(self) -> None:
        if not self.windows:
            raise ClockError("no_windows", "there must be at least one window")
        earlier = 0
        for opens, closes in self.windows:
            if not 0 <= opens < closes <= DAY:
                raise ClockError("bad_window", "a window must close after it opens, on the same day")
            if opens < earlier:
                raise ClockError("overlapping_windows", "windows must be in order and must not overlap")
            earlier = closes
        zone_of(self.timezone)


@dataclass(frozen=True)
class Calendar:
    """Days that differ from the plain week, and the years the State Council has published."""

    exceptions: Mapping[date, bool] = field(default_factory=dict)
    official_years: frozenset[int] = frozenset()
    _days: dict[int, list[int]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _lines: dict[Hours, _Line] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # The lists below are made from the exceptions once; a caller who changes his mapping later must not tear them.
        object.__setattr__(self, "exceptions", dict(self.exceptions))

    def is_working(self, day: date) -> bool:
        stated = self.exceptions.get(day)
        return day.weekday() < 5 if stated is None else stated

    def working_days(self, year: int) -> list[int]:
        """The ordinals of the year's working days, ascending."""
        days = self._days.get(year)
        if days is None:
            first = date(year, 1, 1).toordinal()
            # Ordinal 1 is a Monday.
            plain = {day for day in range(first, date(year + 1, 1, 1).toordinal()) if (day - 1) % 7 < 5}
            stated = {day.toordinal(): at_work for day, at_work in self.exceptions.items() if day.year == year}
            plain -= stated.keys()
            days = self._days[year] = sorted(plain.union(day for day, at_work in stated.items() if at_work))
        return days

    def line(self, hours: Hours) -> _Line:
        line = self._lines.get(hours)
        if line is None:
            if len(self._lines) >= _REMEMBERED_HOURS:
                self._lines.clear()
            all_time = hours.every_day and hours.windows == ((0, DAY),)
            line = self._lines[hours] = (_AllTime if all_time else _Line)(hours, self)
        return line


def due(
    mode: Mode, amount: int, start: datetime, hours: Hours, calendar: Calendar, pauses: Sequence[Pause] = ()
) -> Due:
    """When the budget is used up. `amount` is seconds in the duration modes and days in the working-day modes.

    A working-day limit is first found without pauses; its budget is the running time up to there, and pauses push the
    end back until that much unpaused time has run.
    """
    begin, line = _begin(mode, amount, start, hours, calendar)
    budget = _budget(mode, amount, begin, line)
    if not pauses:
        return Due(line.shown(budget.due), line.unofficial(begin, budget.year))
    merged = _merged(pauses)
    end = _spend(line, budget.origin, line.running(budget.origin, budget.due), merged)
    if end is None:
        return Due(None, line.unofficial(begin, line.local(max(begin, merged[-1][0])).year))
    return Due(line.shown(max(end.at, budget.due)), line.unofficial(begin, max(end.year, budget.year)))


def threshold(
    mode: Mode,
    amount: int,
    start: datetime,
    hours: Hours,
    calendar: Calendar,
    *,
    fraction: Decimal | float | None = None,
    left: int | None = None,
    pauses: Sequence[Pause] = (),
) -> datetime | None:
    """When a share of the budget is used, or when so much of it is left (in the unit of `amount`).

    None when an open pause comes first. With nothing to wait for the answer is the moment the budget starts to run.
    """
    if (fraction is None) == (left is None):
        raise ClockError("one_threshold", "give either a fraction or an amount left")
    begin, line = _begin(mode, amount, start, hours, calendar)
    if left is not None:
        _whole(left, "left")
        if left >= amount:
            return line.shown(begin)
        return due(mode, amount - left, start, hours, calendar, pauses).at
    assert fraction is not None
    if not 0 < fraction <= 1:
        raise ClockError("bad_fraction", "a fraction must be more than 0 and at most 1")
    budget = _budget(mode, amount, begin, line)
    used = round(line.running(budget.origin, budget.due) * fraction)
    end = _spend(line, budget.origin, used, _merged(pauses))
    return None if end is None else line.shown(end.at)


def elapsed(start: datetime, end: datetime, hours: Hours, calendar: Calendar, pauses: Sequence[Pause] = ()) -> int:
    """Running seconds in `[start, end)` outside every pause."""
    begin, until = _seconds(start), _seconds(end)
    if until < begin:
        raise ClockError("end_before_start", "the end must not be before the start")
    line = calendar.line(hours)
    total = line.running(begin, until)
    for opens, closes in _merged(pauses):
        first, last = max(begin, opens), until if closes is None else min(until, closes)
        if first < last:
            total -= line.running(first, last)
    return total


def remaining(now: datetime, due_at: datetime, hours: Hours, calendar: Calendar) -> int:
    """Running seconds from `now` to the due instant; negative once it has passed."""
    at, end, line = _seconds(now), _seconds(due_at), calendar.line(hours)
    return line.running(at, end) if at <= end else -line.running(end, at)


def is_working_day(day: date, hours: Hours, calendar: Calendar) -> bool:
    return hours.every_day or calendar.is_working(day)


def next_opening(at: datetime, hours: Hours, calendar: Calendar) -> datetime:
    """The first running second at or after `at`."""
    line = calendar.line(hours)
    return line.shown(line.opening(_seconds(at)))


def parse_windows(raw: object) -> tuple[tuple[int, int], ...]:
    """[["09:00", "12:00"], ["14:00", "24:00"]] as seconds of the day, sorted."""
    if not isinstance(raw, list | tuple):
        raise ClockError("bad_window", "windows must be a list of pairs of times")
    return tuple(sorted(_window(pair) for pair in raw))


def shown_windows(windows: Iterable[tuple[int, int]]) -> list[list[str]]:
    """The reverse of `parse_windows`, to the minute."""
    return [[f"{second // 3600:02d}:{second % 3600 // 60:02d}" for second in pair] for pair in windows]


@lru_cache(maxsize=1000)
def zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ClockError("unknown_timezone", f"{name[:60]!r} is not a known time zone") from error


class _Moment(NamedTuple):
    at: int
    year: int


class _Budget(NamedTuple):
    """`origin`: where running time begins to count. `due`: the end without pauses. `year`: the last year looked at."""

    origin: int
    due: int
    year: int


class _Year(NamedTuple):
    """One local year of running time. `used[i]` is the running time of the year up to `closes[i]`."""

    opens: list[int]
    closes: list[int]
    used: list[int]
    total: int
    days: list[int]
    day_opens: list[int]
    day_closes: list[int]


class _Line:
    """Running time of one kind of hours under one calendar, made year by year as it is asked for."""

    def __init__(self, hours: Hours, calendar: Calendar) -> None:
        self.hours = hours
        self.calendar = calendar
        self.zone = zone_of(hours.timezone)
        self.years: dict[int, _Year] = {}

    def local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at, self.zone)

    shown = local

    def year(self, number: int) -> _Year:
        year = self.years.get(number)
        if year is None:
            first, after = date(number, 1, 1).toordinal(), date(number + 1, 1, 1).toordinal()
            days = range(first, after) if self.hours.every_day else self.calendar.working_days(number)
            year = self.years[number] = _year(days, self.hours.windows, _offsets(self.hours.timezone, number))
        return year

    def running(self, begin: int, end: int) -> int:
        first, last = self.local(begin).year, self.local(end).year
        passed = _used(self.year(last), end) - _used(self.year(first), begin)
        return passed + sum(self.year(number).total for number in range(first, last))

    def advance(self, at: int, seconds: int) -> _Moment:
        """The earliest instant with that much running time since `at`: a budget used up at closing ends at closing."""
        number = first = self.local(at).year
        year = self.year(number)
        wanted = _used(year, at) + seconds
        while wanted > year.total:
            wanted -= year.total
            number += 1
            _near_enough(first, number)
            year = self.year(number)
        found = bisect_left(year.used, wanted)
        return _Moment(year.closes[found] - year.used[found] + wanted, number)

    def opening(self, at: int) -> int:
        number = first = self.local(at).year
        year = self.year(number)
        found = bisect_right(year.closes, at)
        while found == len(year.closes):
            number += 1
            _near_enough(first, number)
            year, found = self.year(number), 0
        return max(at, year.opens[found])

    def working_day_after(self, day: int, number: int, count: int) -> tuple[int, int]:
        """The `count`-th working day after the ordinal `day` of year `number`, as (year, index into its days)."""
        first, year = number, self.year(number)
        found = bisect_right(year.days, day) + count - 1
        while found >= len(year.days):
            found -= len(year.days)
            number += 1
            _near_enough(first, number)
            year = self.year(number)
        return number, found

    def before_closing(self, at: int, day: int, number: int) -> bool:
        """Whether `day` is a working day whose last window is still to close at `at`."""
        year = self.year(number)
        found = bisect_left(year.days, day)
        return found < len(year.days) and year.days[found] == day and at < year.day_closes[found]

    def unofficial(self, begin: int, last_year: int) -> bool:
        """Whether a day from the start to the last one looked at lies in a year nobody has published."""
        if self.hours.every_day:
            return False
        official = self.calendar.official_years
        return any(number not in official for number in range(self.local(begin).year, last_year + 1))


class _AllTime(_Line):
    """Round the clock, every day: plain subtraction and addition."""

    def running(self, begin: int, end: int) -> int:
        return end - begin

    def advance(self, at: int, seconds: int) -> _Moment:
        return _Moment(at + seconds, 0)

    def opening(self, at: int) -> int:
        return at


@lru_cache(maxsize=1000)
def _round_the_clock(timezone: str) -> Hours:
    return Hours(((0, DAY),), every_day=True, timezone=timezone)


def _begin(mode: Mode, amount: int, start: datetime, hours: Hours, calendar: Calendar) -> tuple[int, _Line]:
    if mode not in _MODES:
        raise ClockError("unknown_mode", f"{str(mode)[:60]!r} is not a known mode")
    _whole(amount, "amount")
    if amount > (MOST_SECONDS if mode in ("business_duration", "calendar_duration") else MOST_DAYS):
        raise ClockError("amount_too_large", "the amount must not be more than a hundred years")
    if mode == Mode.CALENDAR_DURATION:
        hours = _round_the_clock(hours.timezone)
    return _seconds(start), calendar.line(hours)


def _budget(mode: Mode, amount: int, begin: int, line: _Line) -> _Budget:
    if mode == Mode.BUSINESS_DURATION or mode == Mode.CALENDAR_DURATION:
        return _Budget(begin, *line.advance(begin, amount))
    if mode == Mode.WORKING_DAYS_SAME_TIME:
        origin = line.opening(begin)
        local = line.local(origin)
        number, found = line.working_day_after(local.toordinal(), local.year, amount)
        target = date.fromordinal(line.year(number).days[found])
        return _Budget(origin, _seconds(datetime.combine(target, local.time(), line.zone)), number)
    local = line.local(begin)
    day, number = local.toordinal(), local.year
    if mode == Mode.WORKING_DAYS_CLOSE_LATE_ROLLS and not line.before_closing(begin, day, number):
        number, found = line.working_day_after(day, number, 1)
        day = line.year(number).days[found]
    first, opening = line.working_day_after(day, number, 1)
    last, closing = line.working_day_after(day, number, amount)
    return _Budget(line.year(first).day_opens[opening], line.year(last).day_closes[closing], last)


def _spend(line: _Line, origin: int, seconds: int, pauses: Sequence[tuple[int, int | None]]) -> _Moment | None:
    """The earliest instant with so many unpaused running seconds since `origin`; None while an open pause stands."""
    if seconds <= 0:
        return _Moment(origin, 0)
    at = origin
    for opens, closes in pauses:
        if closes is not None and closes <= at:
            continue
        if opens > at:
            room = line.running(at, opens)
            if room >= seconds:
                break
            seconds -= room
        if closes is None:
            return None
        at = closes
    return line.advance(at, seconds)


def _merged(pauses: Sequence[Pause]) -> list[tuple[int, int | None]]:
    """Sorted, disjoint, in whole seconds. Only the last can be open."""
    merged: list[tuple[int, int | None]] = []
    for opens, closes in sorted(_pause_seconds(pause) for pause in pauses):
        end = None if closes == _NEVER else closes
        if not merged or (merged[-1][1] is not None and merged[-1][1] < opens):
            merged.append((opens, end))
        elif merged[-1][1] is not None and (end is None or end > merged[-1][1]):
            merged[-1] = (merged[-1][0], end)
    return merged


_NEVER = DAY * 366 * 10_000


def _pause_seconds(pause: Pause) -> tuple[int, int]:
    try:
        opens, closes = pause
    except (TypeError, ValueError) as error:
        raise ClockError("bad_pause", "a pause must be a pair of instants") from error
    if closes is None:
        return _seconds(opens), _NEVER
    first, last = _seconds(opens), _seconds(closes)
    if closes <= opens:
        raise ClockError("bad_pause", "a pause must end after it begins")
    return first, last


def _used(year: _Year, at: int) -> int:
    """Running seconds of the year before `at`."""
    found = bisect_right(year.opens, at) - 1
    if found < 0:
        return 0
    closes = year.closes[found]
    return year.used[found] - (closes - at if at < closes else 0)


def _year(days: Iterable[int], windows: tuple[tuple[int, int], ...], offsets: _Offsets) -> _Year:
    opens: list[int] = []
    closes: list[int] = []
    used: list[int] = []
    kept: list[int] = []
    day_opens: list[int] = []
    day_closes: list[int] = []
    total = 0
    for day in days:
        midnight = (day - _EPOCH_DAY) * DAY
        for first, last in _stretches(midnight, windows, offsets):
            total += last - first
            opens.append(first)
            closes.append(last)
            used.append(total)
            if not kept or kept[-1] != day:
                kept.append(day)
                day_opens.append(first)
                day_closes.append(last)
            else:
                day_closes[-1] = last
    return _Year(opens, closes, used, total, kept, day_opens, day_closes)


_Offsets = tuple[tuple[int, int, int], ...]


def _stretches(midnight: int, windows: tuple[tuple[int, int], ...], offsets: _Offsets) -> list[tuple[int, int]]:
    """The instants at which the wall clock of one day stands inside a window; `midnight` as if the zone were UTC."""
    if len(offsets) == 1:
        base = midnight - offsets[0][2]
        return [(base + opens, base + closes) for opens, closes in windows]
    return sorted(
        (max(since, midnight - offset + opens), min(until, midnight - offset + closes))
        for since, until, offset in offsets
        for opens, closes in windows
        if max(since, midnight - offset + opens) < min(until, midnight - offset + closes)
    )


@lru_cache(maxsize=4000)
def _offsets(timezone: str, year: int) -> _Offsets:
    """The zone's offsets from UTC around a local year, as (since, until, offset) in seconds."""
    zone = zone_of(timezone)
    at = (date(year, 1, 1).toordinal() - _EPOCH_DAY - 2) * DAY
    until = (date(year + 1, 1, 1).toordinal() - _EPOCH_DAY + 2) * DAY
    found: list[tuple[int, int, int]] = []
    since, offset = at, _offset(zone, at)
    while at < until:
        at += DAY
        if _offset(zone, at) != offset:
            change = _change(zone, at - DAY, at)
            found.append((since, change, offset))
            since, offset = change, _offset(zone, at)
    return (*found, (since, at, offset))


def _offset(zone: ZoneInfo, at: int) -> int:
    offset = datetime.fromtimestamp(at, zone).utcoffset()
    assert offset is not None
    return offset // _SECOND


def _change(zone: ZoneInfo, before: int, after: int) -> int:
    """The second at which the zone's offset changes between two instants."""
    old = _offset(zone, before)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after


def _seconds(at: datetime) -> int:
    if not isinstance(at, datetime) or at.utcoffset() is None:
        raise ClockError("naive_instant", "an instant must carry a time zone")
    if not EARLIEST_YEAR <= at.year <= LATEST_YEAR + FURTHEST_YEARS:
        raise ClockError("out_of_range", f"an instant must lie after {EARLIEST_YEAR} and before {LATEST_YEAR}")
    return (at - _EPOCH) // _SECOND


def _whole(amount: int, what: str) -> None:
    if isinstance(amount, bool) or not isinstance(amount, int) or amount <= 0:
        raise ClockError("bad_amount", f"the {what} must be a whole number above zero")


def _near_enough(first: int, number: int) -> None:
    if number - first > FURTHEST_YEARS:
        raise ClockError("too_far", f"the end lies more than {FURTHEST_YEARS} years ahead")


def _window(pair: object) -> tuple[int, int]:
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise ClockError("bad_window", "a window must be a pair of times")
    opens, closes = (_time_of_day(text) for text in pair)
    if opens >= closes:
        raise ClockError("bad_window", "a window must close after it opens, on the same day")
    return opens, closes


def _time_of_day(text: object) -> int:
    parts = _TIME_OF_DAY.fullmatch(text) if isinstance(text, str) else None
    if not parts:
        raise ClockError("bad_window", f"{str(text)[:20]!r} is not a time of day such as 09:00")
    hour, minute, second = (int(part or 0) for part in parts.groups())
    if minute > 59 or second > 59 or hour * 3600 + minute * 60 + second > DAY:
        raise ClockError("bad_window", f"{str(text)[:20]!r} is not a time of day such as 09:00")
    return hour * 3600 + minute * 60 + second
