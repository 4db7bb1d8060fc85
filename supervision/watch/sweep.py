"""The sweep: takes the deadlines whose turn has come, writes ledger, alerts and orders, and says when to look again.

1. Look around: is this the database we knew, can the clock be believed?
2. After a change of ladders every running deadline is due for a look.
3. Far more cases to tell of than ever: hold first, then write.
4. 500 at a time, each in one transaction, until none is left. Whoever dies in between has written nothing of its 500.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from complaints.models import Case, Consent, Event
from supervision.models import Anchor, Escalation, Hold, Step
from supervision.watch import holds
from supervision.watch.issuing import Issued, issue_by_ladder, tell
from supervision.watch.ladder import Reached, Ruling, Turn, flood_limit, is_late, light_at, turn, wants_ruling
from supervision.watch.obligations import Fact, Row, Watch, insert, to_groups, to_people, watch_at
from supervision.watch.sources import CLOCKS, ITEMS, SOURCES, Running, Source, anything_due, claim, count_due, due

COUNTED_AT_ONCE = 5_000
TURNED_AT_ONCE = 5_000


@dataclass
class Swept:
    """`claimed` deadlines looked at, `transitions` rungs written, `alerts` made, of them `held`."""

    claimed: int = 0
    transitions: int = 0
    alerts: int = 0
    held: int = 0
    seconds: float = 0.0


Turned = list[tuple[Running, Turn]]


def sweep(*, now: datetime, real: bool = True, flood: bool = True) -> Swept:
    """`real`: `now` is the present, so it can be checked against other clocks. `flood` False: write, never hold."""
    began, done = time.monotonic(), Swept()
    if real:
        around, believed = holds.look_around(now)
        if not believed:
            return done
        _after_new_ladders(around, now)
    if anything_due(now):
        watch = watch_at(now)
        if flood:
            _hold_a_flood(watch)
        orders = not holds.is_held(Hold.Why.FLOOD)
        for source in SOURCES:
            while _batch(source, watch, done, orders=orders):
                pass
        if done.alerts and holds.is_held():
            done.held = done.alerts
    if real:
        _sign(now)
    done.seconds = round(time.monotonic() - began, 3)
    return done


SIGN = """
WITH anchored AS (UPDATE supervision_anchor SET last_sweep_at = %(now)s WHERE id = 1)
INSERT INTO config_heartbeat (name, at) VALUES ('sweep', %(now)s) ON CONFLICT (name) DO UPDATE SET at = %(now)s
"""


def _sign(now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SIGN, {"now": now})


@transaction.atomic
def _batch(source: Source, watch: Watch, done: Swept, *, orders: bool) -> bool:
    """One claim; False when nothing was left. `orders` False: a flood, perhaps a wrong calendar, binds nobody."""
    claimed = claim(source, watch.now)
    if not claimed:
        return False
    turned = turns(source, claimed, watch)
    written = _write_ledger(source, turned, watch)
    issued = None
    if source is CLOCKS and orders:  # before anybody is told: the rung says what came of it
        ordered = [running for running, one, _pk in written if one.rung.step == Step.ORDER]
        issued = issue_by_ladder(ordered, watch) if ordered else None
    alerts = _write_alerts(source, written, watch, issued)
    alerts += tell(issued.new, watch) if issued else 0
    _set_turns(source, turned)
    done.claimed += len(claimed)
    done.transitions += sum(len(one.skipped) + (one.told is not None) for _running, one in turned)
    done.alerts += alerts
    return True


def turns(source: Source, claimed: Sequence[Running], watch: Watch) -> Turned:
    rulings = rulings_of(source, claimed, watch)
    return [
        (one, turn(watch.ladders[one.ladder].rungs, one.deadline, watch.now, watch.days, rulings.get(one.pk, Ruling())))
        for one in claimed
    ]


def rulings_of(source: Source, claimed: Sequence[Running], watch: Watch) -> dict[int, Ruling]:
    """What was said about the delay of those clocks for which it matters. Two queries, or none."""
    if source is not CLOCKS:
        return {}
    asked_for = [
        one for one in claimed if wants_ruling(watch.ladders[one.ladder].rungs, one.deadline, watch.now, watch.days)
    ]
    if not asked_for:
        return {}
    cases = {one.case for one in asked_for}
    wished = set(
        Consent.objects.filter(case__in=cases, verdict__in=["", Consent.Verdict.APPROVED]).values_list("case", "cycle")
    )
    explained: dict[tuple[int | None, int], list[datetime]] = defaultdict(list)
    events = Event.objects.filter(case__in=cases, kind=Event.Kind.DELAY_EXPLAINED)
    for case, cycle, at in events.values_list("case", "data__cycle", "at"):
        explained[case, cycle].append(at)
    return {
        one.pk: Ruling((one.case, one.cycle) in wished, tuple(explained.get((one.case, one.cycle), ())))
        for one in asked_for
    }


Written = list[tuple[Running, Reached, int]]
LEDGER = """
INSERT INTO supervision_escalation ({column}, due_at, rung, name, step, reached_at, noticed_at, skipped, people)
SELECT pk, due_at, rung, name, step, reached_at, %s, skipped, people
FROM jsonb_to_recordset(%s::jsonb) AS row (pk bigint, due_at timestamptz, rung text, name text, step text,
    reached_at timestamptz, skipped boolean, people smallint)
ON CONFLICT DO NOTHING RETURNING id, {column}, rung, skipped
"""


def _write_ledger(source: Source, turned: Turned, watch: Watch) -> Written:
    """Everything reached, once per due instant and rung; returns what is to be told and was not there before."""
    rows: list[dict[str, Any]] = []
    told: dict[tuple[int, str], tuple[Running, Reached]] = {}
    for running, found in turned:
        rows += [_entry(running, one) | {"skipped": True, "people": 0} for one in found.skipped]
        if found.told is not None:
            people = len(watch.directory.told(found.told.rung.told, running))
            rows.append(_entry(running, found.told) | {"skipped": False, "people": people})
            told[running.pk, found.told.rung.code] = (running, found.told)
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(LEDGER.format(column=source.column), [watch.now, json.dumps(rows, ensure_ascii=False)])
        fresh = cursor.fetchall()
    return [(*told[pk, rung], escalation) for escalation, pk, rung, skipped in fresh if not skipped]


def _entry(running: Running, one: Reached) -> dict[str, Any]:
    rung = one.rung
    instants = {"due_at": str(running.deadline.due_at), "reached_at": str(one.at)}
    return {"pk": running.pk, "rung": rung.code, "name": rung.name, "step": rung.step, **instants}


def _write_alerts(source: Source, written: Written, watch: Watch, issued: Issued | None) -> int:
    rows: list[Row] = []
    for running, reached, escalation in written:
        fact = fact_of(source, running, reached, escalation, watch, issued)
        rows += to_people(fact, watch.directory.told(reached.rung.told, running), watch)
        rows += to_groups(fact, watch.directory.robots(running, reached.rung.step), watch)
    return insert(rows)


def fact_of(
    source: Source, running: Running, reached: Reached, escalation: int, watch: Watch, issued: Issued | None = None
) -> Fact:
    """`issued`: the orders of this look; None when a flood lets none be issued."""
    rung, deadline = reached.rung, running.deadline
    facts: dict[str, Any] = {
        "number": running.number,
        "light": light_at(deadline, reached.at),
        "due": deadline.due_at.isoformat(),
        "rung": rung.name,
        "link": running.link,
    }
    if is_late(reached, watch.now):
        facts["late"] = reached.at.isoformat()
    if source is CLOCKS and rung.step == Step.ORDER:
        facts |= issued.said(running) if issued else {"ordered": "held"}
    if source is ITEMS:
        facts["item"] = running.pk
    key = f"{source.column.removesuffix('_id')}-{running.pk}-{deadline.due_at.timestamp():.0f}-{rung.code}"
    return Fact(key, source.what, rung.step, watch.ladders[running.ladder].urgent, escalation, running.case, facts)


def _set_turns(source: Source, turned: Turned) -> None:
    query = f"""UPDATE {source.table} AS t SET next_turn_at = v.at
        FROM unnest(%s::bigint[], %s::timestamptz[]) AS v (id, at) WHERE t.id = v.id"""
    with connection.cursor() as cursor:
        cursor.execute(
            query,
            [
                [running.pk for running, _found in turned],
                [found.next_at and str(found.next_at) for _one, found in turned],
            ],
        )


# Before the first is written


def _after_new_ladders(around: holds.Around, now: datetime) -> None:
    """A ladder was changed: every running deadline gets a look. Interrupted, it begins again; that repeats nothing."""
    if around.ladders == around.newest_ladder:
        return
    if around.ladders is None or all(_turn_all(source, now) for source in SOURCES):
        Anchor.objects.filter(pk=1).update(ladders=around.newest_ladder)


def _turn_all(source: Source, now: datetime) -> bool:
    """Gives every deadline that is not over its look; False when some were in somebody's hands all the time."""
    query = f"""WITH found AS (
            SELECT t.id FROM {source.table} t
            WHERE {source.alive} AND t.next_turn_at IS DISTINCT FROM %s AND t.id > %s
            ORDER BY t.id LIMIT {TURNED_AT_ONCE} FOR NO KEY UPDATE SKIP LOCKED
        ), turned AS (UPDATE {source.table} AS t SET next_turn_at = %s FROM found WHERE t.id = found.id RETURNING t.id)
        SELECT max(id) FROM turned"""
    last: int | None = 0
    while last is not None:
        with connection.cursor() as cursor:
            cursor.execute(query, [now, last, now])
            last = cursor.fetchone()[0]
    left = f"SELECT EXISTS (SELECT FROM {source.table} t WHERE {source.alive} AND t.next_turn_at IS DISTINCT FROM %s)"
    with connection.cursor() as cursor:
        cursor.execute(left, [now])
        return not cursor.fetchone()[0]


def _hold_a_flood(watch: Watch) -> None:
    """Counts what is to be told, when it may be too much, before anything of it is written."""
    least = watch.rule.flood_least
    if sum(count_due(source, watch.now, least + 1) for source in SOURCES) <= least:
        return
    open_cases = Case.objects.filter(closed_at__isnull=True).count()
    limit = flood_limit(open_cases, least, watch.rule.flood_percent / 100)
    told = 0
    for source in SOURCES:
        after = 0
        while found := due(source, watch.now, after, COUNTED_AT_ONCE):
            after = found[-1].pk
            told += len(new_among(source, turns(source, found, watch)))
            if told > limit:
                holds.hold(Hold.Why.FLOOD, watch.now, limit=limit, open_cases=open_cases)
                return


def new_among(source: Source, turned: Turned) -> list[tuple[Running, Reached]]:
    """What would be told and is not in the ledger yet."""
    told = [(running, found.told) for running, found in turned if found.told is not None]
    if not told:
        return []
    field = source.column.removesuffix("_id")
    known = Escalation.objects.filter(**{f"{field}__in": [running.pk for running, _found in told]})
    before = set(known.values_list(field, "due_at", "rung"))
    return [(one, found) for one, found in told if (one.pk, one.deadline.due_at, found.rung.code) not in before]
