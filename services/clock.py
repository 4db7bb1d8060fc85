"""Deadlines to the second: running time, budgets, working days, thresholds. Pure; the rules are `docs/clock.md` T1-T13."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple


class Mode(StrEnum):
    BUSINESS_DURATION = "business_duration"
    CALENDAR_DURATION = "calendar_duration"
    WORKING_DAYS_CLOSE = "working_days_close"
    WORKING_DAYS_CLOSE_LATE_ROLLS = "working_days_close_late_rolls"
    WORKING_DAYS_SAME_TIME = "working_days_same_time"


Pause = tuple[datetime, datetime | None]


@dataclass(frozen=True)
class Calendar:
    """Days that differ from the plain week, and the years the State Council has published."""

    exceptions: Mapping[date, bool] = field(default_factory=dict)
    official_years: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Hours:
    """Office windows as seconds of the local day, half-open, sorted, disjoint."""

    windows: tuple[tuple[int, int], ...]
    every_day: bool = False
    timezone: str = "Asia/Shanghai"


class Due(NamedTuple):
    """`at` is None when an open pause comes before the budget is used up."""

    at: datetime | None
    provisional: bool


def due(
    mode: Mode, amount: int, start: datetime, hours: Hours, calendar: Calendar, pauses: Sequence[Pause] = ()
) -> Due:
    raise NotImplementedError


def elapsed(
    start: datetime, end: datetime, hours: Hours, calendar: Calendar, pauses: Sequence[Pause] = ()
) -> int:
    raise NotImplementedError
