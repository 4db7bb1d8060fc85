"""After a calendar has changed: reckon every running clock anew. A stopped clock is never touched.

No case is changed (no event, no version, no `updated_at`): the promise is the same, only the days it is counted in are
known better now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from psycopg2.extras import execute_values

from complaints.actions.joint import joint_limit
from complaints.models import Clock, Consent
from services.calendar import load_calendar
from services.clock import Calendar, Pause
from services.models import PolicyVersion
from services.policies import Terms, promise, terms_of

BATCH = 5_000
UPDATE = """
UPDATE complaints_clock AS clock
SET yellow_at = fresh.yellow_at::timestamptz, due_at = fresh.due_at::timestamptz, provisional = fresh.provisional,
    next_turn_at = clock.started_at
FROM (VALUES %s) AS fresh (id, yellow_at, due_at, provisional)
WHERE clock.id = fresh.id AND clock.stopped_at IS NULL
"""


@dataclass
class Outcome:
    """Counts of clocks. `settled`: provisional before, official now."""

    examined: int = 0
    changed: int = 0
    earlier: int = 0
    later: int = 0
    settled: int = 0


Fresh = tuple[datetime | None, datetime, bool]


def recalculate(*, dry_run: bool, progress: Callable[[int], None] = lambda done: None) -> Outcome:
    """Reckon the running clocks anew, 5,000 to a transaction. A dry run counts and changes nothing."""
    calendar = load_calendar()
    versions = {row.pk: row for row in PolicyVersion.objects.select_related("policy", "schedule")}
    terms = {pk: terms_of(row) for pk, row in versions.items()}
    outcome = Outcome()
    for batch in _batches():
        pauses, extended = _granted(batch)
        rows = []
        for clock in batch:
            key = (clock.case_id, clock.cycle)
            fresh = _reckon(clock, terms[clock.policy_id], calendar, pauses[key], key in extended)
            if fresh != (clock.yellow_at, clock.due_at, clock.provisional):
                _count(outcome, clock, fresh)
                rows.append((clock.pk, *fresh))
        outcome.examined += len(batch)
        if rows and not dry_run:
            with transaction.atomic(), connection.cursor() as cursor:
                execute_values(cursor, UPDATE, rows, page_size=BATCH)
        progress(outcome.examined)
    return outcome


def _batches() -> Iterator[list[Clock]]:
    last = 0
    while batch := list(
        Clock.objects.filter(stopped_at__isnull=True, pk__gt=last).select_related("joint_task").order_by("pk")[:BATCH]
    ):
        last = batch[-1].pk
        yield batch


def _granted(batch: list[Clock]) -> tuple[dict[tuple[int, int], list[Pause]], set[tuple[int, int]]]:
    """Pauses and extensions of the batch's cases, by case and cycle."""
    pauses: dict[tuple[int, int], list[Pause]] = defaultdict(list)
    extended = set()
    for row in Consent.objects.filter(case__in={clock.case_id for clock in batch}, verdict=Consent.Verdict.APPROVED):
        if row.starts_at is not None:
            pauses[row.case_id, row.cycle].append((row.starts_at, row.ends_at))
        if row.kind == Consent.Kind.EXTENSION:
            extended.add((row.case_id, row.cycle))
    return pauses, extended


def _reckon(clock: Clock, terms: Terms, calendar: Calendar, pauses: list[Pause], extended: bool) -> Fresh:
    if clock.kind == Clock.Kind.JOINT:
        return _reckon_joint(clock, terms, calendar)
    times = promise(terms, clock.started_at, calendar, pauses, extended)
    if clock.kind == Clock.Kind.RESPONSE:
        assert times.response_due_at is not None  # a granted pause has an end
        return times.response_goal_at, times.response_due_at, times.response_provisional
    assert times.due_at is not None
    return times.yellow_at, times.due_at, times.provisional


def _count(outcome: Outcome, clock: Clock, fresh: Fresh) -> None:
    outcome.changed += 1
    outcome.earlier += fresh[1] < clock.due_at
    outcome.later += fresh[1] > clock.due_at
    outcome.settled += clock.provisional and not fresh[2]


def _reckon_joint(clock: Clock, terms: Terms, calendar: Calendar) -> Fresh:
    assert clock.joint_task is not None  # a named constraint says so
    return joint_limit(clock.joint_task.days, clock.started_at, terms.hours, calendar)
