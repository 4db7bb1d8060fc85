"""Whether telling keeps up: what lies there, and what it means. Nothing here waits for Redis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q
from django.db.models.functions import Greatest

from config.models import Heartbeat
from supervision.models import Alert
from supervision.watch import holds

LATE = timedelta(seconds=150)
WAITING = Q(sent_at__isnull=True, dead_at__isnull=True)
DEAD = Q(dead_at__isnull=False)
DISCARDED = "discarded"


@dataclass(frozen=True)
class Seen:
    """`beats`: when heartbeat ("jobs"), "sweep" and "dispatch" last ran. `oldest_due`: since when the oldest message
    nobody is sending has been due."""

    beats: dict[str, datetime]
    oldest_due: datetime | None = None
    waiting: int = 0
    dead: int = 0
    holds: tuple[str, ...] = ()


def look() -> Seen:
    """Four queries, each through an index of its own."""
    beats = dict(Heartbeat.objects.values_list("name", "at"))
    # Under a lease it is being sent; only a lease that ran out and was not renewed makes it wait again.
    found = Alert.objects.filter(WAITING).aggregate(
        waiting=Count("pk"), oldest=Min(Greatest("next_at", "leased_until"))
    )
    dead = Alert.objects.filter(DEAD).exclude(error=DISCARDED).count()
    return Seen(beats, found["oldest"], found["waiting"], dead, holds.reasons())


def judge(seen: Seen, now: datetime) -> dict[str, bool]:
    """The checks by name. A hold is somebody's decision to wait, not a fault."""
    fresh = {name: now - at <= LATE for name, at in seen.beats.items()}
    taken = seen.oldest_due is None or now - seen.oldest_due <= LATE
    return {
        "heartbeat": fresh.get("jobs", False),
        "sweep": fresh.get("sweep", False),
        "dispatch": bool(seen.holds) or (fresh.get("dispatch", True) and taken),
    }


def report(seen: Seen, now: datetime) -> dict[str, Any]:
    checks = judge(seen, now)
    last = {name: at.isoformat() for name, at in seen.beats.items()}
    return {
        "ok": all(checks.values()),
        "last": last.get("jobs"),
        **checks,
        "last_sweep": last.get("sweep"),
        "last_dispatch": last.get("dispatch"),
        "waiting": seen.waiting,
        "oldest_waiting": seen.oldest_due.isoformat() if seen.oldest_due and seen.oldest_due <= now else None,
        "held": bool(seen.holds),
        "holds": list(seen.holds),
        "dead": seen.dead,
    }
