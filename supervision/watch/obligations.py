"""Obligations: somebody has to be told something. Rows for many at once, in the transaction that makes them necessary."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone
from psycopg2.extras import Json, execute_values

from services.calendar import load_calendar
from supervision.models import Alert, WatchRule
from supervision.telling.wishes import AT_ONCE, DAILY
from supervision.watch import people, rulebook
from supervision.watch.ladder import Days, LadderTerms, Quiet, next_morning, out_of_quiet

COLUMNS = (
    "key, what, step, urgent, escalation_id, case_id, facts, recipient_id, robot_id, channel, made_at, next_at, "
    "tries, error"
)


@dataclass
class Watch:
    """What one sweep, or one act, knows. People are asked for when the first of them is told."""

    now: datetime
    rule: WatchRule
    ladders: dict[str, LadderTerms]
    quiet: Quiet
    days: Days
    _directory: people.Directory | None = field(default=None)

    @property
    def directory(self) -> people.Directory:
        if self._directory is None:
            self._directory = people.load(timezone.localdate(self.now))
        return self._directory

    def tell_at(self, urgent: bool) -> datetime:
        return self.now if urgent else out_of_quiet(self.now, self.quiet)


def watch_at(now: datetime) -> Watch:
    rule = rulebook.rule_at(now)
    quiet = Quiet(rule.quiet_from, rule.quiet_to)
    return Watch(now, rule, rulebook.ladders_at(now), quiet, Days(load_calendar()))


@dataclass(frozen=True)
class Fact:
    """Something people are told, before it is known whom. `key` is its name: the same fact is told to nobody twice."""

    key: str
    what: str
    step: str
    urgent: bool
    escalation: int | None
    case: int | None
    facts: dict[str, Any]

    def row(
        self, person: int | None, robot: int | None, channel: str, made_at: datetime, next_at: datetime
    ) -> tuple[Any, ...]:
        about = (self.key, self.what, self.step, self.urgent, self.escalation, self.case, Json(self.facts))
        return (*about, person, robot, channel, made_at, next_at, 0, "")


def to_people(fact: Fact, told: Iterable[int], watch: Watch) -> list[tuple[Any, ...]]:
    """The inbox always; mail as each of them wishes."""
    rows, at = [], watch.tell_at(fact.urgent)
    for person in told:
        rows.append(fact.row(person, None, Alert.Channel.INBOX, watch.now, at))
        how = watch.directory.mail(person, fact.step)
        if how in (AT_ONCE, DAILY):
            when = at if how == AT_ONCE else next_morning(watch.now, watch.quiet)
            rows.append(fact.row(person, None, Alert.Channel.MAIL, watch.now, when))
    return rows


def to_groups(fact: Fact, robots: Iterable[int], watch: Watch) -> list[tuple[Any, ...]]:
    at = watch.tell_at(fact.urgent)
    return [fact.row(None, robot, Alert.Channel.ROBOT, watch.now, at) for robot in robots]


def insert(rows: list[tuple[Any, ...]]) -> int:
    """How many were new."""
    if not rows:
        return 0
    query = f"INSERT INTO supervision_alert ({COLUMNS}) VALUES %s ON CONFLICT DO NOTHING"
    with connection.cursor() as cursor:
        execute_values(cursor, query, rows, page_size=len(rows))
        return int(cursor.rowcount)
