"""What makes the watch hold its breath: a restored database, a clock that jumped, a flood. Only people let go again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction

from supervision.models import Anchor, Hold

JUMP = timedelta(seconds=120)
AROUND = """
SELECT system_identifier || '-' || timeline_id || '-' || (SELECT oid FROM pg_database WHERE datname = current_database()),
    clock_timestamp(), anchor.identity, anchor.last_sweep_at, anchor.ladders,
    (SELECT id FROM supervision_ladderversion WHERE valid_from <= %s ORDER BY valid_from DESC, id DESC LIMIT 1)
FROM pg_control_system(), pg_control_checkpoint() LEFT JOIN supervision_anchor anchor ON anchor.id = 1
"""


class Around(NamedTuple):
    """Where we are: the database we are in and the one we knew, and the ladders every deadline was looked at under."""

    identity: str
    database_now: datetime
    known: str | None
    last_sweep_at: datetime | None
    ladders: int | None
    newest_ladder: int


def is_held(*why: Hold.Why) -> bool:
    """For any of these reasons, or for any at all."""
    held = Hold.objects.filter(released_at__isnull=True)
    return held.filter(why__in=why).exists() if why else held.exists()


def reasons() -> tuple[str, ...]:
    """Why nothing leaves, the oldest first."""
    return tuple(Hold.objects.filter(released_at__isnull=True).order_by("since").values_list("why", flat=True))


def hold(why: Hold.Why, now: datetime, **details: Any) -> None:
    """At most one of a kind is open; the first says since when."""
    Hold.objects.bulk_create([Hold(why=why, since=now, details=details)], ignore_conflicts=True)


def look_around(now: datetime) -> tuple[Around, bool]:
    """Where we are, and whether `now` can be believed. One query, unless something is wrong.

    A copy brings the anchor of the database it was made of: another cluster, timeline or database id gives it away. A
    sweep that lies in the future says that the clock was put back; whatever it did then it did too early.
    """
    with connection.cursor() as cursor:
        cursor.execute(AROUND, [now])  # a version that is not in force yet is another sweep's: turns follow the old one
        around = Around(*cursor.fetchone())
    if around.known is None:
        Anchor.objects.bulk_create([Anchor(pk=1, identity=around.identity)], ignore_conflicts=True)
    elif around.known != around.identity:
        _hold(Hold.Why.RESTORED, now, {"identity": around.identity}, was=around.known, found=around.identity)
    if around.last_sweep_at is not None and around.last_sweep_at - now > JUMP:
        _hold(Hold.Why.CLOCK, now, {"last_sweep_at": now}, last_sweep=around.last_sweep_at.isoformat())
    apart = abs(around.database_now - now)
    if apart > JUMP:
        hold(Hold.Why.CLOCK, now, database=around.database_now.isoformat(), application=now.isoformat())
    return around, apart <= JUMP


@transaction.atomic
def _hold(why: Hold.Why, now: datetime, known_from_now_on: dict[str, Any], **details: Any) -> None:
    """Noticed once, not for ever."""
    hold(why, now, **details)
    Anchor.objects.filter(pk=1).update(**known_from_now_on)
