"""The dispatcher: brings alerts to where they go. Any number may run; whoever dies loses nothing and repeats little.

1. While a hold is in force nothing leaves, the inbox included.
2. The inbox is ours: delivery and mark are one statement, so it needs no lease.
3. Mail and groups: take a lease on everything due for one receiver and tie it to a bundle, send the bundle under its
   key, then write proof and mark in one transaction. A bundle that was tied stays tied: a further try is the same
   message under the same key, so that a far end which knows it drops it.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import translation

from complaints.lights import is_paused
from config.lib.channels import NotDelivered
from config.models import Heartbeat
from staff.models import Person
from supervision.models import Alert, Delivery, Robot
from supervision.telling import channels, words
from supervision.telling.health import WAITING
from supervision.watch import holds, rulebook
from supervision.watch.ladder import tell_at
from supervision.watch.models import MOST_TRIES

log = logging.getLogger("linli.watch")
LEASE = timedelta(seconds=30)
AT_ONCE, BUNDLE, SECONDS = 500, 200, 45

INBOX = """
WITH found AS (
    SELECT a.id, CASE
        WHEN a.what <> 'escalation' THEN '{}'
        WHEN k.closed_at IS NOT NULL THEN '{"ended": true}'
        WHEN c.stopped_at IS NOT NULL THEN '{"meanwhile": "done"}'
        WHEN c.paused_from <= %(now)s AND (c.paused_until IS NULL OR c.paused_until > %(now)s)
            THEN '{"meanwhile": "paused"}'
        WHEN c.due_at <> e.due_at THEN '{"meanwhile": "moved"}'
        ELSE '{}' END::jsonb AS since
    FROM supervision_alert a
    LEFT JOIN complaints_case k ON k.id = a.case_id
    LEFT JOIN supervision_escalation e ON e.id = a.escalation_id
    LEFT JOIN complaints_clock c ON c.id = e.clock_id
    WHERE a.sent_at IS NULL AND a.dead_at IS NULL AND a.next_at <= %(now)s AND a.channel = 'inbox'
        AND NOT EXISTS (SELECT FROM supervision_hold WHERE released_at IS NULL)
    ORDER BY a.next_at, a.id LIMIT %(most)s FOR NO KEY UPDATE OF a SKIP LOCKED
), proof AS (
    INSERT INTO supervision_delivery (alert_id, at) SELECT id, %(now)s FROM found
)
UPDATE supervision_alert AS a
SET sent_at = %(now)s, facts = a.facts || found.since
FROM found WHERE a.id = found.id
"""


class Send(Protocol):
    """Either has delivered or raises NotDelivered. `key` is the same in every try of the same message."""

    def __call__(self, channel: str, to: Person | Robot, lines: Sequence[str], key: str) -> None: ...


@dataclass
class Sent:
    """`remaining`: due and neither delivered nor given up. `held`: why nothing leaves, "" otherwise."""

    sent: int = 0
    failed: int = 0
    remaining: int = 0
    seconds: float = 0.0
    held: str = ""


@dataclass(frozen=True)
class Parcel:
    """What goes to one receiver as one message."""

    key: uuid.UUID
    to: Person | Robot
    channel: str
    alerts: list[Alert]


def next_try(tries: int, now: datetime) -> datetime:
    """After one failure a minute later, then two, four, … at most an hour."""
    return now + timedelta(minutes=min(2 ** max(tries - 1, 0), 60))


def dispatch(*, now: datetime, send: Send = channels.send, real: bool = True) -> Sent:
    """`real`: `now` is the present, so others may read from the heartbeat that somebody is at work."""
    began, done = time.monotonic(), Sent()
    while count := _to_inboxes(now):
        done.sent += count
    while time.monotonic() - began < SECONDS:
        parcel = _take(now)
        if parcel is None:
            break
        _deliver(parcel, now, send, done)
    done.remaining = Alert.objects.filter(WAITING, next_at__lte=now).count()
    done.held = ", ".join(holds.reasons())
    if real:
        Heartbeat.objects.update_or_create(name="dispatch", defaults={"at": now})
    done.seconds = round(time.monotonic() - began, 3)
    return done


@transaction.atomic
def _to_inboxes(now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(INBOX, {"now": now, "most": AT_ONCE})
        return int(cursor.rowcount)


@transaction.atomic
def _take(now: datetime) -> Parcel | None:
    """A lease on what is due for one receiver. Leases run on the database's clock: every dispatcher has the same."""
    if holds.is_held():
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        present: datetime = cursor.fetchone()[0]
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=present)
    due = Alert.objects.filter(WAITING, free, next_at__lte=now).exclude(channel=Alert.Channel.INBOX)
    due = due.select_related("case", "robot", "recipient", "escalation__clock").select_for_update(
        skip_locked=True, of=("self",), no_key=True
    )
    first = due.order_by("next_at", "id").first()
    if first is None:
        return None
    if first.bundle is not None:
        together = list(due.filter(bundle=first.bundle).order_by("id"))
    else:
        same = due.filter(
            bundle__isnull=True, channel=first.channel, recipient=first.recipient_id, robot=first.robot_id
        )
        together = list(same.order_by("next_at", "id")[:BUNDLE])
    key = first.bundle or uuid.uuid4()
    Alert.objects.filter(pk__in=[one.pk for one in together]).update(bundle=key, leased_until=present + LEASE)
    to = first.robot or first.recipient
    assert to is not None  # a named constraint says so
    return Parcel(key, to, first.channel, together)


def _deliver(parcel: Parcel, now: datetime, send: Send, done: Sent) -> None:
    try:
        if isinstance(parcel.to, Robot) and not parcel.to.is_active:
            raise NotDelivered("switched off")
        with translation.override(settings.LANGUAGE_CODE):
            said = words.lines([_told(one, now) for one in parcel.alerts], settings.PUBLIC_URL)
        send(parcel.channel, parcel.to, said, str(parcel.key))
    except NotDelivered as error:
        done.failed += _failed(parcel, now, str(error))
    except Exception as error:  # a fault of ours: one message must not stop all the others for ever
        log.exception("An alert could not be sent: %s", parcel.channel)
        done.failed += _failed(parcel, now, type(error).__name__)
    else:
        done.sent += _arrived(parcel, now)


def _told(alert: Alert, now: datetime) -> words.Told:
    """What has changed since is said, as in the inbox. An order or an item outlives its case."""
    return words.told(alert.what, alert.step, alert.facts | _since(alert, now))


def _since(alert: Alert, now: datetime) -> dict[str, Any]:
    if alert.what != Alert.What.ESCALATION:
        return {}
    if alert.case is not None and alert.case.closed_at is not None:
        return {"ended": True}
    clock = alert.escalation.clock if alert.escalation else None
    if alert.escalation is None or clock is None:
        return {}
    if clock.stopped_at is not None:
        return {"meanwhile": "done"}
    if is_paused(clock, now):
        return {"meanwhile": "paused"}
    return {"meanwhile": "moved"} if clock.due_at != alert.escalation.due_at else {}


@transaction.atomic
def _arrived(parcel: Parcel, now: datetime) -> int:
    """Proof and mark together. Whoever was slow beyond the lease finds the work done and changes nothing."""
    rows = Alert.objects.select_for_update(no_key=True).filter(WAITING, bundle=parcel.key).order_by("pk")
    arrived = list(rows.values_list("pk", flat=True))
    Delivery.objects.bulk_create(Delivery(alert_id=pk, at=now) for pk in arrived)
    Alert.objects.filter(pk__in=arrived).update(sent_at=now, leased_until=None, error="")
    return len(arrived)


@transaction.atomic
def _failed(parcel: Parcel, now: datetime, why: str) -> int:
    rows = list(Alert.objects.select_for_update(no_key=True).filter(WAITING, bundle=parcel.key).order_by("pk"))
    quiet = rulebook.quiet_at(now)
    urgent = any(row.urgent for row in rows)  # a bundle stays together: it is one message under one key
    for row in rows:
        row.tries = min(row.tries + 1, MOST_TRIES)
        row.leased_until, row.error = None, why[:80]
        row.next_at = tell_at(next_try(row.tries, now), quiet, urgent=urgent)
        row.dead_at = now if row.tries >= MOST_TRIES else None
    Alert.objects.bulk_update(rows, ["tries", "leased_until", "error", "next_at", "dead_at"])
    return len(rows)
