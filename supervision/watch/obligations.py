"""Obligations: somebody has to be told something. Rows for many at once, in the transaction that makes them necessary."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from services.calendar import load_calendar
from supervision.models import Alert, WatchRule
from supervision.telling.wishes import AT_ONCE, DAILY
from supervision.watch import people, rulebook
from supervision.watch.ladder import Days, LadderTerms, Quiet, next_morning, tell_at

# As one JSON text: PostgreSQL takes thousands of rows apart far faster than Python quotes them.
INSERT = """
INSERT INTO supervision_alert (key, what, step, urgent, escalation_id, case_id, facts, recipient_id, robot_id, channel,
    made_at, next_at, tries, error)
SELECT key, what, step, urgent, escalation, "case", facts, person, robot, channel, made_at, next_at, 0, ''
FROM jsonb_to_recordset(%s::jsonb) AS row (key text, what text, step text, urgent boolean, escalation bigint,
    "case" bigint, facts jsonb, person bigint, robot bigint, channel text, made_at timestamptz, next_at timestamptz)
ON CONFLICT DO NOTHING
"""
Row = dict[str, Any]


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
        return tell_at(self.now, self.quiet, urgent=urgent)


def watch_at(now: datetime) -> Watch:
    rule = rulebook.rule_at(now)
    return Watch(now, rule, rulebook.ladders_at(now), rulebook.quiet_of(rule), Days(load_calendar()))


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

    def row(self, channel: str, made_at: datetime, next_at: datetime, **to: int) -> Row:
        """`to`: person or robot."""
        return {**self.__dict__, **to, "channel": channel, "made_at": str(made_at), "next_at": str(next_at)}


def to_people(fact: Fact, told: Iterable[int], watch: Watch) -> list[Row]:
    """The inbox always; mail as each of them wishes."""
    rows, at = [], watch.tell_at(fact.urgent)
    for person in told:
        rows.append(fact.row(Alert.Channel.INBOX.value, watch.now, at, person=person))
        how = watch.directory.mail(person, fact.step)
        if how in (AT_ONCE, DAILY):
            when = at if how == AT_ONCE else next_morning(watch.now, watch.quiet)
            rows.append(fact.row(Alert.Channel.MAIL.value, watch.now, when, person=person))
    return rows


def to_groups(fact: Fact, robots: Iterable[int], watch: Watch) -> list[Row]:
    at = watch.tell_at(fact.urgent)
    return [fact.row(Alert.Channel.ROBOT.value, watch.now, at, robot=robot) for robot in robots]


def insert(rows: list[Row]) -> int:
    """How many were new."""
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [json.dumps(rows, ensure_ascii=False)])
        return int(cursor.rowcount)
