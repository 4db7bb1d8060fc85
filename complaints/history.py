"""Proving that history is whole: every case's chain, the numbers given out, and daily heads kept outside the database.

A chain shows a row that was changed, put in or taken out of it; the case's own version and head show a tail cut off;
the counters show a case that is gone with all its rows. Whoever rewrites all of that at once still meets the daily
heads, and whoever rewrites those too meets their copy in a file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import groupby
from multiprocessing import get_context
from operator import itemgetter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import django
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from complaints.chain import Link, day_hash, link_hash
from complaints.models import DayHead

GRACE = timedelta(minutes=10)  # an event is stamped before its transaction commits
MOST_PROBLEMS = 1_000
WORTH_A_PROCESS = 50_000
PIN_LOCK = 7_204_118  # any number that nothing else locks

EVENTS = """
    SELECT e.case_id, c.number, c.version, c.head,
           e.seq, e.kind, e.at, e.recorded_at, e.by_id, e.data::text, e.prev, e.hash
    FROM complaints_event e LEFT JOIN complaints_case c ON c.id = e.case_id
    WHERE e.case_id BETWEEN %s AND %s ORDER BY e.case_id, e.seq
"""
SILENT = """
    SELECT number, version FROM complaints_case c
    WHERE NOT EXISTS (SELECT FROM complaints_event e WHERE e.case_id = c.id) ORDER BY id
"""
NUMBERED = """
    SELECT street_id, to_date(parts[1], 'YYYYMMDD') AS day, parts[2]::int AS place, number
    FROM complaints_case, LATERAL regexp_match(number, '-([0-9]{8})-([0-9]+)$') AS parts
"""
GONE = f"""
    WITH numbered AS ({NUMBERED})
    SELECT s.code, k.day, place FROM complaints_casecounter k
    JOIN staff_street s ON s.id = k.street_id CROSS JOIN LATERAL generate_series(1, k.last) AS place
    LEFT JOIN numbered n USING (street_id, day, place) WHERE n.number IS NULL ORDER BY 1, 2, 3
"""
UNCOUNTED = f"""
    WITH numbered AS ({NUMBERED})
    SELECT c.number FROM complaints_case c LEFT JOIN numbered n USING (number)
    LEFT JOIN complaints_casecounter k ON (k.street_id, k.day) = (n.street_id, n.day)
    WHERE k.last IS NULL OR n.place NOT BETWEEN 1 AND k.last ORDER BY 1
"""
HASHES = """
    SELECT (recorded_at AT TIME ZONE %s)::date AS day, hash FROM complaints_event
    WHERE recorded_at >= %s AND recorded_at < %s ORDER BY 1, hash COLLATE "C"
"""


@dataclass(frozen=True)
class Problem:
    """`code` is for programs, `text` the sentence for people."""

    code: str
    text: str
    case: str = ""
    seq: int | None = None
    day: str = ""


@dataclass
class Report:
    events: int = 0
    problems: list[Problem] = field(default_factory=list)
    pinned_to: date | None = None

    @property
    def ok(self) -> bool:
        return not self.problems

    def add(self, other: Report) -> None:
        self.events += other.events
        self.problems += other.problems

    def as_dict(self) -> dict[str, Any]:
        return {
            "events": self.events,
            "ok": self.ok,
            "pinned_to": self.pinned_to and self.pinned_to.isoformat(),
            "problems": [asdict(problem) for problem in self.problems[:MOST_PROBLEMS]],
            "problems_in_all": len(self.problems),
        }


# Verifying


def verify(*, jobs: int = 1) -> Report:
    """Recompute everything. Several `jobs` share the chains among processes, which see only committed rows."""
    report = Report()
    for part in _chains(jobs):
        report.add(part)
    report.problems += [*_silent_cases(), *_numbers()]
    heads = list(DayHead.objects.order_by("day"))
    report.pinned_to = heads[-1].day if heads else None
    report.problems += [*_days(heads), *_copy(heads)]
    return report


def _chains(jobs: int) -> Iterable[Report]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(case_id), max(case_id), count(*) FROM complaints_event")
        first, last, count = cursor.fetchone()
    if not count:
        return []
    if jobs < 2 or count < WORTH_A_PROCESS:
        return [verify_chains(first, last)]
    step = (last - first) // (jobs * 4) + 1
    starts = range(first, last + 1, step)
    one = partial(_in_process, str(connection.settings_dict["NAME"]), step)
    # Not forked: a child would close the parent's connection on its way out.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=django.setup) as pool:
        return list(pool.map(one, starts))


def _in_process(database: str, count: int, first: int) -> Report:
    connection.settings_dict["NAME"] = database
    return verify_chains(first, first + count - 1)


def verify_chains(first: int, last: int) -> Report:
    """The chains of the cases from one id to another, in the order of their rows."""
    report = Report()
    for rows in _by_case(first, last):
        report.events += len(rows)
        report.problems += _chain(rows)
    return report


def _by_case(first: int, last: int) -> Iterator[list[tuple[Any, ...]]]:
    # Inside a transaction: outside, the server would have to keep the whole result for the cursor.
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(EVENTS, [first, last])
        for _case, rows in groupby(cursor, key=itemgetter(0)):
            yield list(rows)


def _chain(rows: list[tuple[Any, ...]]) -> Iterator[Problem]:
    _id, number, version, head, *_rest = rows[0]
    if number is None:
        yield Problem("case_missing", _("Events are here, but their case (row %(id)s) is not.") % {"id": _id})
        return
    place, before = 0, ""
    for *_case, seq, kind, at, recorded_at, by, data, prev, stored in rows:
        if seq != place + 1:
            yield Problem(
                "event_removed",
                _("Events %(from)d to %(to)d are gone.") % {"from": place + 1, "to": seq - 1},
                number,
                seq,
            )
        elif prev != before:
            yield Problem(
                "chain_broken", _("Event %(seq)d does not follow the one before it.") % {"seq": seq}, number, seq
            )
        if link_hash(prev, Link(number, seq, kind, at, recorded_at, by, json.loads(data))) != stored:
            yield Problem("event_changed", _("Event %(seq)d is not what was recorded.") % {"seq": seq}, number, seq)
        place, before = seq, stored
    if place < version:
        yield Problem(
            "tail_cut", _("Events %(from)d to %(to)d are gone.") % {"from": place + 1, "to": version}, number, place + 1
        )
    elif place > version:
        yield Problem(
            "event_inserted",
            _("Events after number %(seq)d were never recorded.") % {"seq": version},
            number,
            version + 1,
        )
    elif before != head:
        yield Problem("head_differs", _("The last event is not the one the case knows of."), number, place)


def _silent_cases() -> Iterator[Problem]:
    for number, version in _rows(SILENT):
        yield Problem(
            "tail_cut", _("Events %(from)d to %(to)d are gone.") % {"from": 1, "to": max(version, 1)}, number, 1
        )


def _numbers() -> Iterator[Problem]:
    for code, day, place in _rows(GONE):
        number = f"{code}-{day:%Y%m%d}-{place:04d}"
        yield Problem("case_removed", _("The number was given out, but the case is gone."), number, day=day.isoformat())
    for (number,) in _rows(UNCOUNTED):
        yield Problem("case_inserted", _("The case carries a number that was never given out."), number)


def _days(heads: list[DayHead]) -> Iterator[Problem]:
    """Each pinned day's digest, reckoned anew from the rows recorded on it."""
    if not heads:
        return
    before = dict(zip([head.day for head in heads], ["", *(head.hash for head in heads)], strict=False))
    found: dict[date, tuple[int, str]] = {}
    for day, hashes in _hashes(None, heads[-1].day):
        if day in before:
            found[day] = day_hash(before[day], day.isoformat(), hashes)
        else:
            yield Problem(
                "day_not_pinned",
                _("Events are recorded on %(day)s, which has no head although later days have.") % {"day": day},
                day=day.isoformat(),
            )
    for head in heads:
        events, digest = found.get(head.day) or day_hash(before[head.day], head.day.isoformat(), [])
        if (events, digest) != (head.events, head.hash):
            yield Problem(
                "day_differs",
                _("%(events)d events are recorded on %(day)s, not the %(pinned)d that were when it ended.")
                % {"events": events, "day": head.day, "pinned": head.events}
                if events != head.events
                else _("The events recorded on %(day)s are not those that were when it ended.") % {"day": head.day},
                day=head.day.isoformat(),
            )


def _copy(heads: list[DayHead]) -> Iterator[Problem]:
    """The file and the table must say the same."""
    table = {head.day.isoformat(): (head.events, head.hash) for head in heads}
    outside: dict[str, tuple[int, str]] = {}
    for place, line in enumerate(_lines(), 1):
        try:
            kept = json.loads(line)
            day, said = str(kept["day"]), (kept["events"], kept["hash"])
        except (ValueError, KeyError, TypeError):
            yield Problem("copy_unreadable", _("Line %(line)d of the copy cannot be read.") % {"line": place})
            continue
        if outside.setdefault(day, said) != said or table.get(day, said) != said:
            yield Problem(
                "copy_differs", _("The copy of the head of %(day)s says something else.") % {"day": day}, day=day
            )
        elif day not in table:
            yield Problem("head_removed", _("The head of %(day)s is in the copy only.") % {"day": day}, day=day)
    for day in table.keys() - outside.keys():
        yield Problem("copy_missing", _("The head of %(day)s is not in the copy.") % {"day": day}, day=day)


def _lines() -> list[str]:
    try:
        return copy_path().read_text().splitlines()
    except FileNotFoundError:
        return []


def _rows(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


# Pinning


def copy_path() -> Path:
    return Path(settings.DATA_DIR) / "history" / "heads.jsonl"


@transaction.atomic
def pin_days(*, now: datetime) -> list[DayHead]:
    """Digest every day that has ended and is not pinned yet, days without events included.

    The line in the file comes before the commit: after a crash in between, the same line is reckoned again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PIN_LOCK])
    last = DayHead.objects.order_by("day").last()
    first = last.day + timedelta(days=1) if last else _first_day()
    until = (now - GRACE).astimezone(_zone()).date() - timedelta(days=1)
    made, before = [], last.hash if last else ""
    for day, hashes in _every_day(first, until) if first and first <= until else ():
        events, before = day_hash(before, day.isoformat(), hashes)
        made.append(DayHead.objects.create(day=day, events=events, hash=before, made_at=now))
    _append(made)
    return made


def _append(heads: list[DayHead]) -> None:
    known = set(_lines())
    lines = [
        json.dumps({"day": head.day.isoformat(), "events": head.events, "hash": head.hash}, sort_keys=True)
        for head in heads
    ]
    new = [line for line in lines if line not in known]
    if not new:
        return
    path = copy_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        torn = path.stat().st_size and not path.read_bytes().endswith(b"\n")
        file.write(("\n" if torn else "") + "".join(line + "\n" for line in new))
        file.flush()
        os.fsync(file.fileno())


def _first_day() -> date | None:
    rows = _rows("SELECT min(recorded_at) FROM complaints_event")
    first: datetime | None = rows[0][0]
    return first and first.astimezone(_zone()).date()


def _every_day(first: date, until: date) -> Iterator[tuple[date, Iterable[str]]]:
    due = first
    for day, hashes in _hashes(first, until):
        while due < day:
            yield due, ()
            due += timedelta(days=1)
        yield day, hashes
        due = day + timedelta(days=1)
    while due <= until:
        yield due, ()
        due += timedelta(days=1)


def _hashes(first: date | None, until: date) -> Iterator[tuple[date, Iterator[str]]]:
    """The sorted hashes of the events recorded on each day of the office's time; days without events are left out."""
    since = _midnight(first) if first else datetime.min.replace(tzinfo=UTC)
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(HASHES, [settings.TIME_ZONE, since, _midnight(until + timedelta(days=1))])
        for day, rows in groupby(cursor, key=itemgetter(0)):
            yield day, map(itemgetter(1), rows)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), _zone())


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)
