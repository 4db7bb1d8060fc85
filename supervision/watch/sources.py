"""What has deadlines: the clocks of cases, supervision orders, rectification items. One SQL statement claims each.

A claim locks the deadline and its case at once and skips whatever somebody else holds. People's acts lock the case
first and its clocks later: a sweep that held a clock and waited for the case would lock both out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from supervision.models import Alert
from supervision.watch.ladder import Deadline

BATCH = 500


class Running(NamedTuple):
    """A deadline and what has to be known to tell people of it.

    `handler` None: whoever works at the unit. `of_response`: the first response is late, the case itself perhaps not.
    """

    pk: int
    deadline: Deadline
    ladder: str
    street: int
    unit: int
    case: int | None
    cycle: int
    community: int | None
    handler: int | None
    number: str
    link: str
    of_response: bool = False


@dataclass(frozen=True)
class Source:
    """`column` is the escalation's key to it. `runs` is the condition of the partial index, word for word; `alive` what
    is not over, looked at again or not.
    """

    column: str
    what: str
    table: str
    runs: str
    alive: str
    columns: str
    joins: str
    with_case: bool


CLOCKS = Source(
    column="clock_id",
    what=Alert.What.ESCALATION,
    table="complaints_clock",
    runs="t.stopped_at IS NULL AND t.next_turn_at IS NOT NULL",
    alive="t.stopped_at IS NULL",
    columns="""t.id, t.started_at, t.due_at, t.yellow_at, t.paused_from, t.paused_until,
        CASE WHEN t.kind = 'joint' THEN 'joint' WHEN p.urgent THEN 'urgent' WHEN t.kind = 'response' THEN 'response'
            ELSE 'ordinary' END,
        k.street_id, coalesce(j.unit_id, k.unit_id), k.id, t.cycle, k.community_id,
        CASE WHEN j.id IS NULL THEN k.responsible_id END, k.number, '/cases/' || k.number || '/', t.kind = 'response'""",
    joins="""JOIN complaints_case k ON k.id = t.case_id
        JOIN services_policyversion v ON v.id = t.policy_id JOIN services_policy p ON p.id = v.policy_id
        LEFT JOIN complaints_jointtask j ON j.id = t.joint_task_id""",
    with_case=True,
)
# An order is answered by whoever answers for its case now; the row says to whom it was issued.
ORDERS = Source(
    column="order_id",
    what=Alert.What.ORDER,
    table="supervision_supervisionorder",
    runs="t.closed_at IS NULL AND t.next_turn_at IS NOT NULL",
    alive="t.closed_at IS NULL AND t.answered_at IS NULL",
    columns="""t.id, t.issued_at, t.due_at, t.yellow_at, NULL::timestamptz, NULL::timestamptz, 'order',
        t.street_id, k.unit_id, t.case_id, 1, k.community_id, k.responsible_id, t.number,
        '/supervision/orders/' || t.id || '/'""",
    joins="JOIN complaints_case k ON k.id = t.case_id",
    with_case=True,
)
ITEMS = Source(
    column="item_id",
    what=Alert.What.ITEM,
    table="supervision_rectificationitem",
    runs="t.reported_at IS NULL AND t.withdrawn_at IS NULL AND t.next_turn_at IS NOT NULL",
    alive="t.reported_at IS NULL AND t.withdrawn_at IS NULL",
    columns="""t.id, t.set_at, t.due_at, t.yellow_at, NULL::timestamptz, NULL::timestamptz, 'item',
        t.street_id, t.unit_id, t.case_id, 1, t.community_id, t.responsible_id, t.number,
        '/supervision/rectification/' || t.id || '/'""",
    joins="",
    with_case=False,
)
SOURCES = (CLOCKS, ORDERS, ITEMS)


def claim(source: Source, now: datetime, most: int = 0) -> list[Running]:
    """Up to `most` deadlines that have to be looked at, locked until the end of the transaction."""
    return _rows(claim_query(source), [now, most or BATCH])


def claim_query(source: Source) -> str:
    case = " FOR KEY SHARE OF k SKIP LOCKED" if source.with_case else ""
    # No id in the order: all that fell due at one instant would be read and sorted for each batch.
    return f"""SELECT {source.columns} FROM {source.table} t {source.joins}
        WHERE {source.runs} AND t.next_turn_at <= %s ORDER BY t.next_turn_at LIMIT %s
        FOR NO KEY UPDATE OF t SKIP LOCKED{case}"""


def due(source: Source, now: datetime, after: int, most: int) -> list[Running]:
    """The same by id and without a lock, to count beforehand."""
    query = f"""SELECT {source.columns} FROM {source.table} t {source.joins}
        WHERE {source.runs} AND t.next_turn_at <= %s AND t.id > %s ORDER BY t.id LIMIT %s"""
    return _rows(query, [now, after, most])


def running(source: Source, after: int, most: int) -> list[Running]:
    """Everything that is not over, by id."""
    query = f"""SELECT {source.columns} FROM {source.table} t {source.joins}
        WHERE {source.alive} AND t.id > %s ORDER BY t.id LIMIT %s"""
    return _rows(query, [after, most])


def of_street(source: Source, street: int) -> list[Running]:
    """Everything there ever was, for the tale of a demo street."""
    owner = "k" if source.with_case else "t"
    return _rows(f"SELECT {source.columns} FROM {source.table} t {source.joins} WHERE {owner}.street_id = %s", [street])


def of_ids(source: Source, ids: Sequence[int]) -> list[Running]:
    return _rows(f"SELECT {source.columns} FROM {source.table} t {source.joins} WHERE t.id = ANY (%s)", [list(ids)])


def count_due(source: Source, now: datetime, most: int) -> int:
    query = f"""SELECT count(*) FROM (SELECT 1 FROM {source.table} t
        WHERE {source.runs} AND t.next_turn_at <= %s ORDER BY t.next_turn_at LIMIT %s) AS found"""
    with connection.cursor() as cursor:
        cursor.execute(query, [now, most])
        return int(cursor.fetchone()[0])


# Asked for the first, not whether there is one before now: with most rows stopped in the past, the planner would believe
# that every other row matches and read the table.
FIRST_TURN = "SELECT least({})".format(
    ", ".join(
        f"(SELECT t.next_turn_at FROM {one.table} t WHERE {one.runs} ORDER BY t.next_turn_at LIMIT 1)"
        for one in SOURCES
    )
)


def anything_due(now: datetime) -> bool:
    """One question for all sources: nearly every sweep ends here."""
    with connection.cursor() as cursor:
        cursor.execute(FIRST_TURN)
        first = cursor.fetchone()[0]
    return first is not None and first <= now


def _rows(query: str, arguments: Sequence[Any]) -> list[Running]:
    with connection.cursor() as cursor:
        cursor.execute(query, arguments)
        return [Running(row[0], Deadline(*row[1:6]), *row[6:]) for row in cursor.fetchall()]
