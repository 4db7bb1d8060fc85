"""What makes the watch hold its breath: a restored database, a clock that jumped, a flood. Only people let go again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from supervision.models import Anchor, Hold

JUMP = timedelta(seconds=120)
IDENTITY = """
SELECT system_identifier || '-' || timeline_id || '-' || (SELECT oid FROM pg_database WHERE datname = current_database()),
    clock_timestamp()
FROM pg_control_system(), pg_control_checkpoint()
"""


def is_held() -> bool:
    return Hold.objects.filter(released_at__isnull=True).exists()


def hold(why: Hold.Why, now: datetime, **details: Any) -> None:
    """At most one of a kind is open; the first says since when."""
    Hold.objects.bulk_create([Hold(why=why, since=now, details=details)], ignore_conflicts=True)


@transaction.atomic
def look_around(now: datetime) -> tuple[Anchor, bool]:
    """Where we are, and whether `now` can be believed.

    A copy brings the anchor of the database it was made of: another cluster, timeline or database id gives it away. A
    sweep that lies in the future says that the clock was put back; whatever it did then it did too early.
    """
    with connection.cursor() as cursor:
        cursor.execute(IDENTITY)
        identity, database_now = cursor.fetchone()
    anchor = Anchor.objects.filter(pk=1).first()
    if anchor is None:
        Anchor.objects.bulk_create([Anchor(pk=1, identity=identity)], ignore_conflicts=True)
        anchor = Anchor.objects.get(pk=1)
    if anchor.identity != identity:
        hold(Hold.Why.RESTORED, now, was=anchor.identity, found=identity)
        Anchor.objects.filter(pk=1).update(identity=identity)
    if anchor.last_sweep_at is not None and anchor.last_sweep_at - now > JUMP:
        hold(Hold.Why.CLOCK, now, last_sweep=anchor.last_sweep_at.isoformat())
        Anchor.objects.filter(pk=1).update(last_sweep_at=now)
    apart = abs(database_now - now)
    if apart > JUMP:
        hold(Hold.Why.CLOCK, now, database=database_now.isoformat(), application=now.isoformat())
    return anchor, apart <= JUMP
