"""The arithmetic of `manage.py worktime`: plain rows in, plain rows out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from services.clock import DAY, Calendar, ClockError, Hours, Mode, Pause, due, elapsed, parse_windows

ELAPSED = "elapsed"
MODES = (ELAPSED, *Mode)
DAY_RULES = {"CN_WORKDAY": False, "EVERY_DAY": True}


def answers(rows: Iterable[object], calendar: Calendar) -> list[dict[str, Any]]:
    """One answer per row, in order. A row that cannot be answered says why and stops nobody else."""
    return [_answer(row, calendar) for row in rows]


def _answer(row: object, calendar: Calendar) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        return {"id": None, "error": "a row must be an object"}
    try:
        return {"id": row.get("id"), **_reckoned(row, calendar)}
    except (ValueError, TypeError, OverflowError) as error:
        return {"id": row.get("id"), "error": str(error)}


def _reckoned(row: Mapping[str, Any], calendar: Calendar) -> dict[str, Any]:
    mode: Any = row.get("mode")
    if mode not in MODES:
        raise ClockError("unknown_mode", f"{_short(mode)} is not a known mode")
    hours, start, pauses = _hours(row.get("schedule"), mode), _instant(row, "start"), _pauses(row.get("pauses"))
    if mode == ELAPSED:
        return {"seconds": elapsed(start, _instant(row, "end"), hours, calendar, pauses)}
    amount = "working_days" if Mode(mode).in_days else "duration_seconds"
    if row.get(amount) is None:
        raise ClockError("missing", f"{amount} is missing")
    found = due(Mode(mode), row[amount], start, hours, calendar, pauses)
    return {"due": found.at and found.at.isoformat(), "provisional": found.provisional}


def _hours(schedule: object, mode: str) -> Hours:
    if schedule is None and mode == Mode.CALENDAR_DURATION:
        schedule = {}
    if not isinstance(schedule, Mapping):
        raise ClockError("missing", "schedule is missing")
    zone = schedule.get("timezone", "Asia/Shanghai")
    if not isinstance(zone, str):
        raise ClockError("unknown_timezone", f"{_short(zone)} is not a known time zone")
    if mode == Mode.CALENDAR_DURATION:
        return _kept_hours(((0, DAY),), True, zone)
    rule = schedule.get("day_rule", "CN_WORKDAY")
    if not isinstance(rule, str) or rule not in DAY_RULES:
        raise ClockError("unknown_day_rule", f"{_short(rule)} is not a known day rule")
    return _kept_hours(parse_windows(schedule.get("windows")), DAY_RULES[rule], zone)


@lru_cache(maxsize=500)
def _kept_hours(windows: tuple[tuple[int, int], ...], every_day: bool, timezone: str) -> Hours:
    return Hours(windows, every_day, timezone)


def _instant(row: Mapping[str, Any], name: str) -> datetime:
    if row.get(name) is None:
        raise ClockError("missing", f"{name} is missing")
    return _parsed(row[name])


def _parsed(text: object) -> datetime:
    try:
        return datetime.fromisoformat(text)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise ClockError("bad_instant", f"{_short(text)} is not an instant with a zone in ISO 8601") from error


def _pauses(pauses: object) -> list[Pause]:
    if pauses is None:
        return []
    if not isinstance(pauses, list) or any(not isinstance(pair, list) or len(pair) != 2 for pair in pauses):
        raise ClockError("bad_pause", "pauses must be a list of pairs of instants")
    return [(_parsed(first), None if last is None else _parsed(last)) for first, last in pauses]


def _short(value: object) -> str:
    return repr(value)[:60]
